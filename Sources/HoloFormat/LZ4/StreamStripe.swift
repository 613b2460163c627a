/// A run of a stream that differs in nature from its neighbours, by its length: what LZ4 may make of it.
package enum StreamStripe: Hashable, Sendable {
  /// Words, a dictionary, indices: rich in repeats.
  case plain(Int)
  /// A bit plane: rich in repeats, or noise.
  case plane(Int)
  /// What an entropy coder has put out: never anything to be found.
  case coded(Int)

  var byteCount: Int {
    switch self {
    case .plain(let byteCount), .plane(let byteCount), .coded(let byteCount): byteCount
    }
  }
}
