import HoloModel
import HoloSystem

/// How a restored file is named until it is complete: `.NAME.TOKEN.partial`. Half of the token is random, the other half
/// proves that a restore made the name, so that no one else's file is ever taken for one that a restore left behind.
enum PartialTargetName {
  private static let halfByteCount = 16
  private static let end = Array(".partial".utf8)

  static func random(beside name: [UInt8]) -> [UInt8] {
    let random = String(Digest128.random().hexadecimal.prefix(halfByteCount))
    let form = PartialName(base: name, tokenByteCount: 2 * halfByteCount)
    let start = form.name(token: random).dropLast(end.count)
    return form.name(token: random + proof(of: Array(start)))
  }

  /// Whether `random` made this name.
  static func isOurs(_ name: [UInt8]) -> Bool {
    let start = name.dropLast(end.count + halfByteCount)
    guard start.count > halfByteCount, name.suffix(end.count) == end[...] else { return false }
    return Array(name.dropFirst(start.count).dropLast(end.count)) == Array(proof(of: Array(start)).utf8)
  }

  /// Of the name up to the random half.
  private static func proof(of start: [UInt8]) -> String {
    let context = Array("HoloSnap restore, partial file: ".utf8)
    return String(BLAKE3.hash(context + start).short.hexadecimal.prefix(halfByteCount))
  }
}
