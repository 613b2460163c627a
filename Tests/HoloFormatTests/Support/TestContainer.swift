import CWaveKernels
import HoloFormat
import HoloModel

/// Writes containers of bytes in memory, and reads them back down to the bytes.
struct TestContainer {
  static let id = [UInt8](1...16).withUnsafeBytes { Digest128($0) }
  static let created: Int64 = 1_795_464_785_123_456_789

  let sink = MemorySink()
  let writer: ContainerWriter
  let encoder = LZ4FrameEncoder(level: .fast)
  private(set) var descriptors: [RegionDescriptor] = []

  init(chunksPerSegment: Int = 4_096, requiredFeatures: UInt64 = 0) throws {
    writer = try ContainerWriter(
      sink: sink, containerID: Self.id, createdNanoseconds: Self.created, requiredFeatures: requiredFeatures,
      chunksPerSegment: chunksPerSegment)
  }

  /// What stands in a region.
  static func descriptor(
    _ name: String, _ bytes: [UInt8], type: ElementType = .bytes, shape: [UInt64] = []
  ) -> RegionDescriptor {
    RegionDescriptor(
      name: name, component: .memory, elementType: type, shape: shape, byteCount: UInt64(bytes.count),
      root: BLAKE3.hash(bytes))
  }

  mutating func add(_ name: String, _ bytes: [UInt8]) throws {
    try add(Self.descriptor(name, bytes), bytes)
  }

  mutating func add(_ descriptor: RegionDescriptor, _ bytes: [UInt8]) throws {
    try writer.beginRegion(name: descriptor.name, elementType: descriptor.elementType)
    try append(bytes, chunks: 0..<descriptor.gridChunkCount)
    try writer.endRegion(descriptor)
    descriptors.append(descriptor)
  }

  /// Appends chunks of a region of these bytes: as constants where all bytes are equal, else as they are.
  func append(_ bytes: [UInt8], chunks: Range<UInt64>) throws {
    for chunk in chunks {
      let start = Int(chunk) * ChunkGeometry.chunkByteCount
      let part = Array(bytes[start..<min(bytes.count, start + ChunkGeometry.chunkByteCount)])
      let value = Self.chainingValue(part, chunk: chunk)
      if part.allSatisfy({ $0 == part[0] }) {
        try writer.append(chunk: value, coding: Coding(width: 1, methods: [.constant([part[0]])]), frame: nil)
      } else {
        let frame = frame(of: part)
        try frame.withUnsafeBytes {
          try writer.append(chunk: value, coding: .stored, frame: ($0, BLAKE3.hash($0).short))
        }
      }
    }
  }

  func frame(of stream: [UInt8], stripes: [Int]? = nil) -> [UInt8] {
    encoder.frame(of: stream, stripes: stripes ?? [stream.count])
  }

  @discardableResult
  func finish(directories: [DirectoryEntry] = []) throws -> ContainerReceipt {
    try writer.finish(directories: directories) { TestContainer.summary(totals: $0) }
  }

  static func summary(totals: ContainerTotals, series: String = "core") -> Summary {
    Summary(
      creator: "tests 1", createdNanoseconds: created, type: "full", series: series, reason: "test", host: "here",
      priority: -3, parent: nil, totals: totals, seconds: 0.25, backend: "host", device: "cpu \"α\"\n")
  }

  /// The chaining value of a chunk (BLAKE3 without the ROOT flag).
  static func chainingValue(_ bytes: [UInt8], chunk: UInt64) -> Digest256 {
    var span = wave_span(
      offset: 0, firstLeaf: chunk * ChunkGeometry.leavesPerChunk, length: UInt32(bytes.count), flags: 0)
    var digest = wave_digest()
    bytes.withUnsafeBufferPointer { wave_host_checksum($0.baseAddress, &span, 1, &digest, nil) }
    return withUnsafeBytes(of: digest.cv) { Digest256($0) }
  }
}

extension LZ4FrameEncoder {
  func frame(of stream: [UInt8], stripes: [Int]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.frameBound(streamByteCount: stream.count)) { target, count in
      count = stream.withUnsafeBytes {
        // As many as a byte has planes, or more: then they are planes.
        let natures: [StreamStripe] = stripes.map { stripes.count >= 8 ? .plane($0) : .plain($0) }
        return encode($0, stripes: natures, into: UnsafeMutableRawBufferPointer(target))
      }
    }
  }
}

extension LZ4FrameDecoder {
  static func stream(of frame: [UInt8], byteCount: Int, verify: Bool = true) throws(LZ4FrameError) -> [UInt8] {
    var stream = [UInt8](repeating: 0, count: byteCount)
    let failure: LZ4FrameError? = frame.withUnsafeBytes { frame in
      stream.withUnsafeMutableBytes { target in
        do throws(LZ4FrameError) {
          try decode(frame, into: target, streamByteCount: byteCount, verifyContentChecksum: verify)
        } catch { return error }
        return nil
      }
    }
    if let failure { throw failure }
    return stream
  }
}

extension MemorySource {
  func bytes(_ extent: FrameExtent) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: extent.byteCount)
    let count = bytes.withUnsafeMutableBytes { read(into: $0, at: extent.offset) }
    return Array(bytes[..<count])
  }
}

extension ChunkMap {
  /// The bytes of a region whose chunks are constant or stored as they are; each is compared with its place and what proves it.
  func bytes(ofRegion region: Int, from source: MemorySource) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let isOnGrid = regions[region].chunking == .grid
    for index in 0..<regions.chunkCount(ofRegion: region) {
      let chunk = try chunk(index, ofRegion: region)
      guard chunk.offset == UInt64(bytes.count) else { throw FormatError(.malformed, "the chunk stands elsewhere") }
      let part: [UInt8]
      if let frame = chunk.frame {
        part = try LZ4FrameDecoder.stream(of: source.bytes(frame), byteCount: chunk.streamByteCount)
      } else if case .constant(let word)? = chunk.coding.methods.first {
        part = Array(repeating: word[0], count: chunk.byteCount)
      } else {
        throw FormatError(.malformed, "no frame and no constant")
      }
      let value = isOnGrid ? TestContainer.chainingValue(part, chunk: index) : BLAKE3.hash(part)
      guard value == chunk.chainingValue else {
        throw FormatError(.damaged, "the chunk does not match its chaining value")
      }
      bytes += part
    }
    guard isOnGrid || BLAKE3.hash(bytes) == regions[region].root else {
      throw FormatError(.damaged, "the chunks do not give the region's root")
    }
    return bytes
  }
}
