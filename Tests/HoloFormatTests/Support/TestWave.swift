import HoloFormat
import HoloModel

/// Writes `.wave` files of bytes in memory, and reads them back down to the bytes.
enum TestWave {
  typealias Content = (descriptor: RegionDescriptor, bytes: [UInt8])

  static func region(
    _ name: String, _ bytes: [UInt8], _ type: ElementType = .bytes, component: Component = .memory
  ) -> Content {
    var descriptor = TestContainer.descriptor(name, bytes, type: type)
    descriptor.component = component
    return (descriptor, bytes)
  }

  static func writer(
    _ sink: any PatchableSink, sampleType: ElementType?, partByteLimit: UInt64 = WAVE.Limit.partByteCount
  ) throws -> WaveWriter {
    try WaveWriter(
      sink: sink, containerID: TestContainer.id, createdNanoseconds: TestContainer.created, sampleType: sampleType,
      partByteLimit: partByteLimit)
  }

  static func sampleType(_ state: [Content]) -> ElementType? {
    WaveWriter.sampleType(of: state.map { ($0.descriptor.elementType, $0.descriptor.byteCount) })
  }

  /// - Parameter state: in its order; it is written by group.
  @discardableResult
  static func write(
    _ state: [Content], to sink: any PatchableSink, directories: [DirectoryEntry] = [],
    partByteLimit: UInt64 = WAVE.Limit.partByteCount
  ) throws -> ContainerReceipt {
    let writer = try writer(sink, sampleType: sampleType(state), partByteLimit: partByteLimit)
    func group(_ index: Int) -> WavePartKind {
      writer.group(of: state[index].descriptor.elementType, state[index].descriptor.component)
    }
    for ordinal in state.indices.sorted(by: { (group($0), $0) < (group($1), $1) }) {
      let (descriptor, bytes) = state[ordinal]
      try begin(writer, descriptor, ordinal: ordinal)
      try append(bytes, to: writer)
      try writer.endRegion(descriptor)
    }
    return try finish(writer, directories: directories)
  }

  static func bytes(
    of state: [Content], directories: [DirectoryEntry] = [], partByteLimit: UInt64 = WAVE.Limit.partByteCount
  ) throws -> [UInt8] {
    let sink = MemorySink()
    try write(state, to: sink, directories: directories, partByteLimit: partByteLimit)
    return sink.bytes
  }

  static func begin(_ writer: WaveWriter, _ descriptor: RegionDescriptor, ordinal: Int) throws {
    try writer.beginRegion(
      name: descriptor.name, component: descriptor.component, elementType: descriptor.elementType, ordinal: ordinal)
  }

  static func append(_ bytes: [UInt8], to writer: WaveWriter) throws {
    for (index, start) in stride(from: 0, to: bytes.count, by: ChunkGeometry.chunkByteCount).enumerated() {
      let part = Array(bytes[start..<min(bytes.count, start + ChunkGeometry.chunkByteCount)])
      let value = TestContainer.chainingValue(part, chunk: UInt64(index))
      try part.withUnsafeBytes { try writer.append(chunk: value, bytes: $0) }
    }
  }

  static func finish(_ writer: WaveWriter, directories: [DirectoryEntry] = []) throws -> ContainerReceipt {
    try writer.finish(directories: directories) { TestContainer.summary(totals: $0) }
  }

  /// Every check there is: what opening checks, the zeros, each chunk, each root. The first thing that is wrong.
  static func problem(_ bytes: [UInt8]) -> FormatError? {
    let source = MemorySource(bytes)
    do throws(FormatError) {
      let reader = try WaveReader.open(source, path: "")
      if let problem = reader.verifyOutside().first { return problem }
      for region in reader.regions.indices { _ = try reader.bytes(ofRegion: region) }
      return nil
    } catch { return error }
  }
}

extension WaveReader {
  /// The bytes of a region; each chunk is compared with its chaining value, and all with the root.
  func bytes(ofRegion region: Int) throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    let descriptor = regions[region]
    for index in 0..<descriptor.gridChunkCount {
      let chunk = try regions.chunk(index, ofRegion: region)
      var part = [UInt8](repeating: 0, count: chunk.byteCount)
      let count = part.withUnsafeMutableBytes { (try? source.read(into: $0, at: chunk.offset)) ?? -1 }
      guard count == chunk.byteCount, TestContainer.chainingValue(part, chunk: index) == chunk.chainingValue else {
        throw FormatError(.damaged, "the chunk does not match its chaining value", chunk: index)
      }
      bytes += part
    }
    guard BLAKE3.hash(bytes) == descriptor.root else { throw FormatError(.damaged, "the root differs") }
    return bytes
  }
}

/// Where things stand in a sound `.wave`, and a way to put its hashes right again after its bytes were bent.
struct WaveBytes {
  var bytes: [UInt8]
  /// The first byte of the notes; of the table; of the trailer.
  let notes: Int
  let table: Range<Int>
  let trailer: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    trailer = bytes.count - 144
    notes = bytes.integer(at: trailer + 16)
    let start: Int = bytes.integer(at: trailer + 24)
    table = start..<(start + bytes.integer(at: trailer + 32, as: Int.self))
  }

  /// Sections of the table.
  var partCount: Int { Int(bytes.integer(at: table.lowerBound + 24, as: UInt32.self)) }
  var runCount: Int { Int(bytes.integer(at: table.lowerBound + 28, as: UInt32.self)) }
  var parts: Int { table.lowerBound + 104 }
  var runs: Int { parts + 16 * partCount }
  var chainingValues: Int { runs + 16 * runCount }
  var records: Int { chainingValues + 32 * bytes.integer(at: table.lowerBound + 88, as: Int.self) }

  /// Sets the hashes to what the bytes are.
  mutating func reseal() {
    put(BLAKE3.hash(Array(bytes[table])), at: trailer + 40)
    put(BLAKE3.hash(Array(bytes[..<4_096]) + Array(bytes[notes..<table.lowerBound])), at: trailer + 72)
    resealTrailer()
  }

  mutating func resealTrailer() {
    let check = BLAKE3.hash(Array(bytes[trailer..<(trailer + 120)])).short
    check.withBytes { bytes.replaceSubrange((trailer + 120)..<(trailer + 136), with: $0) }
  }

  private mutating func put(_ digest: Digest256, at offset: Int) {
    digest.withBytes { bytes.replaceSubrange(offset..<(offset + 32), with: $0) }
  }
}

extension [UInt8] {
  func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type = Value.self) -> Value {
    Value(littleEndian: withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) })
  }
}
