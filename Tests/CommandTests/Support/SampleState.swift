import Glibc
import TestSupport

/// A state with one of everything that a file system has in store for us.
struct SampleState {
  let directory: ScratchDirectory
  /// Below the scratch directory.
  static let name = "state"

  var path: String { "\(directory.path)/\(Self.name)" }
  var tree: [[UInt8]: Tree.Entry] { Tree.read(path) }

  /// Bytes of the largest region: two chunks and a bit.
  static let fieldByteCount = 2 * 262_144 + 16

  /// Bytes that no compression makes shorter: two chunks, and they stand in the container as they are.
  private static let noise: [UInt8] = {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<300_000).map { _ in
      // Marsaglia's xorshift64 ("Xorshift RNGs", 2003).
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state >> 32)
    }
  }()

  init(in directory: ScratchDirectory) throws {
    self.directory = directory
    // Values of a grid of byte/255.0, imaginary parts zero: as the holographic core holds them.
    let field = (0..<Self.fieldByteCount / 16).flatMap { index -> [UInt8] in
      let value = Double((index &* 2_654_435_761) >> 7 & 255) / 255
      return withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } + [UInt8](repeating: 0, count: 8)
    }
    try directory.write(field, to: "state/psi.c128")
    try directory.write(Self.noise, to: "state/noise.bin")
    try directory.write(Array(#"{"tags": ["a", "b"]}"#.utf8), to: "state/index/tags.json")
    try directory.write(Array(#"{"dimension": 3}"#.utf8), to: "state/config/core.json")
    try directory.write(Array(#"{"queries": 12}"#.utf8), to: "state/stats/run.json")
    try directory.write(Array(#"{"owner": "nobody"}"#.utf8), to: "state/meta/owner.json")
    try directory.write([], to: "state/empty.bin")
    try directory.write(Array("two words".utf8), to: "state/two words.txt")
    try directory.write(Array("line\nbreak".utf8), to: "state/line\nbreak.txt")
    try directory.write(Array("typed".utf8), to: "state/\u{1B}[31mred.txt")
    try directory.write([1, 2, 3], to: "state/odd.f32")
    try directory.write([], to: Array("state/caf".utf8) + [0xE9] + Array(".bin".utf8))
    mkdir("\(path)/nothing in here", 0o750)
    chmod("\(path)/index/tags.json", 0o640)
    try directory.link(to: "psi.c128", at: "state/link")
  }

  /// Changes one bit of the second chunk of `noise.bin` in a container written with `--transform none`; returns where.
  @discardableResult
  func damageNoise(in container: String) throws -> Int {
    let bytes = try directory.read(container)
    let needle = Self.noise[280_000..<280_032]
    guard let range = bytes.firstRange(of: needle) else { throw Command.Failure(description: "no noise in it") }
    try directory.flipBit(at: range.lowerBound, of: container)
    return range.lowerBound
  }
}
