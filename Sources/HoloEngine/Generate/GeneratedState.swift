import HoloFormat
import HoloModel
import HoloSystem

/// The files of a state that is being generated.
final class GeneratedState {
  private let target: RestoreTarget
  private let seed: UInt64
  private let cancellation: Cancellation
  private let buffer: PageBuffer
  private(set) var report = StateGenerator.Report()
  private(set) var directories: [DirectoryEntry] = []

  init(target: RestoreTarget, seed: UInt64, cancellation: Cancellation) throws(HoloError) {
    self.target = target
    self.seed = seed
    self.cancellation = cancellation
    do { buffer = try PageBuffer(byteCount: GeneratedFile.bufferByteCount) } catch { throw HoloError(wrapping: error) }
  }

  private func write(
    _ name: String, _ body: (GeneratedFile) throws(HoloError) -> Void
  ) throws(HoloError) {
    try cancellation.check()
    let file = try GeneratedFile(name, in: target, buffer: buffer)
    try body(file)
    report.byteCount += try file.complete()
    report.fileCount += 1
  }

  private func write(_ name: String, _ text: String) throws(HoloError) {
    try write(name) { (file) throws(HoloError) in try file.append(text) }
  }

  // MARK: Profiles

  /// A cubic grid of complex numbers with documents in it, and the index that finds them.
  func writeField(byteCount: UInt64, below directory: String = "") throws(HoloError) {
    let side = Self.side(cells: byteCount / 16)
    let cells = side * side * side
    try write(directory + "psi.c128") { (file) throws(HoloError) in
      let levels = (0..<256).map { SIMD2<Double>(Double($0) / 255, 0) }
      var text = DocumentText()
      var used = 0
      for document in DocumentSequence(seed: seed, cells: cells) {
        let bytes = text.write(document)
        var offset = 0
        try file.append(SIMD2<Double>.self, count: bytes.count) { room in
          for index in room.indices { room[index] = levels[Int(bytes[offset + index])] }
          offset += room.count
        }
        used += bytes.count
        if document.number % 1_024 == 0 { try cancellation.check() }
      }
      try file.append(SIMD2<Double>.self, count: cells - used) { $0.update(repeating: .zero) }
    }
    try write(directory + "index/documents.json") { (file) throws(HoloError) in
      try file.append("{\"side\":\(side),\"documents\":[")
      for document in DocumentSequence(seed: seed, cells: cells) {
        var random = Xoshiro256(seed: document.seed, stream: 0x1D)
        let id = (0..<4).map { _ in Self.hexadecimal(random.next()) }.joined()
        try file.append(
          (document.number == 0 ? "\n" : ",\n")
            + "{\"id\":\"\(id)\",\"start\":\(document.start),\"length\":\(document.length),\"kind\":\"\(document.kind)\"}"
        )
      }
      try file.append("\n]}\n")
    }
  }

  /// A matrix of superpositions, 1,024 wide, as NumPy writes it.
  func writeMatrix(byteCount: UInt64, below directory: String = "") throws(HoloError) {
    let rows = max(1, Int(clamping: byteCount / 16 / 1_024))
    try write(directory + "memory_matrix.npy") { (file) throws(HoloError) in
      try file.append(Self.numPyHeader(type: "<c16", shape: "(\(rows), 1024)"))
      try append(SIMD2<Double>.self, rows * 1_024, to: file, ElementFields(seed: seed).superpositions())
    }
    try write(directory + "index/rows.json", Self.list("row", count: min(rows, 4_096), seed: seed))
  }

  func writePhasors(byteCount: UInt64, below directory: String = "") throws(HoloError) {
    try write(directory + "phasors.c64") { (file) throws(HoloError) in
      try append(SIMD2<Float>.self, max(1, Int(clamping: byteCount / 8)), to: file, ElementFields(seed: seed).phasors())
    }
    try write(directory + "index/symbols.json", Self.list("symbol", count: 256, seed: seed))
  }

  func writeWaves(byteCount: UInt64, below directory: String = "") throws(HoloError) {
    let side = Self.side(cells: byteCount / 4)
    try write(directory + "waves.npy") { (file) throws(HoloError) in
      try file.append(Self.numPyHeader(type: "<f4", shape: "(\(side), \(side), \(side))"))
      try append(Float.self, side * side * side, to: file, ElementFields(seed: seed).waveField(side: side))
    }
  }

  /// Something of each, and what else a state's directory may hold.
  func writeMixture(byteCount: UInt64) throws(HoloError) {
    let share = byteCount / 100
    try writeField(byteCount: share * 45, below: "grid/")
    try writeMatrix(byteCount: share * 20, below: "bindings/")
    try writePhasors(byteCount: share * 15, below: "phases/")
    try writeWaves(byteCount: share * 15, below: "waves/")
    var random = Xoshiro256(seed: seed, stream: 0x517E)
    // Small beside the arrays, also where those are small.
    let unit = max(1, min(64, Int(clamping: byteCount >> 16)))
    for type in ElementType.allCases where type != .bytes {
      let count = 1 + random.below(64) * unit
      try write("small/\(type.name).\(type.name)") { (file) throws(HoloError) in
        try file.append(UInt8.self, count: count * type.byteCount) { room in
          for index in room.indices { room[index] = UInt8(truncatingIfNeeded: random.next() >> 32) & 0x3F }
        }
      }
    }
    try write("small/ragged.f64") { (file) throws(HoloError) in
      try file.append([UInt8](repeating: 7, count: 8 * 100 + 3))
    }
    try write("small/notes of today.txt", "The second line is empty.\n\nA name may have spaces, and ümlauts.\n")
    try write("small/empty.dat", "")
    directories.append(DirectoryEntry(name: "small/nothing here", permissions: 0o755))
    try target.begin(directories)
  }

  /// What a memory keeps beside its arrays.
  func writeSettings(profile: String) throws(HoloError) {
    try write(
      "config/engine.json",
      "{\"profile\":\"\(profile)\",\"seed\":\(seed),\"dimension\":1024,\"threshold\":0.35,\"decay\":0.0,\"layers\":7}\n"
    )
    try write(
      "stats/counters.json",
      "{\"files\":\(report.fileCount),\"bytes\":\(report.byteCount),\"recalls\":\(seed % 1_000),\"misses\":0}\n")
    try write("meta/state.json", "{\"kind\":\"generated\",\"format\":1,\"profile\":\"\(profile)\"}\n")
  }

  // MARK: Pieces

  private func append<Element: BitwiseCopyable>(
    _ type: Element.Type, _ count: Int, to file: GeneratedFile,
    _ fill: (UnsafeMutableBufferPointer<Element>) -> Void
  ) throws(HoloError) {
    // In steps, so that a request to stop is soon heard.
    var left = count
    while left > 0 {
      try cancellation.check()
      let step = min(left, 1 << 20)
      try file.append(type, count: step, fill: fill)
      left -= step
    }
  }

  /// The side of the largest cube of so many cells; at least 1.
  static func side(cells: UInt64) -> Int {
    var side: UInt64 = 1
    while (side + 1) * (side + 1) * (side + 1) <= cells { side += 1 }
    return Int(side)
  }

  /// Version 1.0, padded to a multiple of 64 bytes (NumPy Enhancement Proposal 1).
  static func numPyHeader(type: String, shape: String) -> [UInt8] {
    let literal = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    let length = (10 + literal.utf8.count + 1 + 63) / 64 * 64 - 10
    let padding = String(repeating: " ", count: length - literal.utf8.count - 1)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
      + Array((literal + padding + "\n").utf8)
  }

  private static func list(_ noun: String, count: Int, seed: UInt64) -> String {
    var random = Xoshiro256(seed: seed, stream: 0x115)
    let items = (0..<count).map { "{\"\(noun)\":\($0),\"id\":\"\(hexadecimal(random.next()))\"}" }
    return "[\n" + items.joined(separator: ",\n") + "\n]\n"
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
