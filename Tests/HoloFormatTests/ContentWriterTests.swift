import HoloFormat
import HoloModel
import Testing

/// What a writer refuses of regions that are cut by their content.
@Suite struct ContentWriterTests {
  private let zeros = Coding(width: 1, methods: [.constant([0])])
  private let value = BLAKE3.hash([1])

  private func kind(
    features: UInt64 = HWP.Feature.content, _ body: (ContainerWriter) throws -> Void
  ) throws -> FormatError.Kind? {
    let container = try TestContainer(requiredFeatures: features)
    do { try body(container.writer) } catch let error as FormatError { return error.kind }
    return nil
  }

  /// Appends chunks of these lengths, after a region was begun.
  private func appending(_ lengths: Int...) throws -> FormatError.Kind? {
    try kind { writer in
      try writer.beginRegion(name: "c", elementType: .bytes, chunking: .content)
      for length in lengths { try writer.append(chunk: value, length: length, coding: zeros, frame: nil) }
    }
  }

  @Test("A region is cut by its content where the header tells, of bytes, and exact")
  func regions() throws {
    func beginning(_ type: ElementType, isQuantized: Bool = false, features: UInt64) throws -> FormatError.Kind? {
      try kind(features: features) {
        try $0.beginRegion(name: "c", elementType: type, isQuantized: isQuantized, chunking: .content)
      }
    }
    let all = HWP.Feature.content | HWP.Feature.quantization
    #expect(try beginning(.bytes, features: all) == nil)
    #expect(try beginning(.bytes, features: HWP.Feature.quantization) == .invalidInput)
    #expect(try beginning(.u8, features: all) == .invalidInput)
    #expect(try beginning(.f32, isQuantized: true, features: all) == .invalidInput)
    #expect(try beginning(.bytes, isQuantized: true, features: all) == .invalidInput)
  }

  @Test("A region begun anew is what it was: bytes, and exact")
  func regionsBegunAnew() throws {
    func restarting(_ type: ElementType?, isQuantized: Bool = false) throws -> FormatError.Kind? {
      try kind(features: HWP.Feature.content | HWP.Feature.quantization) { writer in
        try writer.beginRegion(name: "c", elementType: .bytes, chunking: .content)
        try writer.restartRegion(elementType: type, isQuantized: isQuantized)
      }
    }
    #expect(try restarting(nil) == nil)
    #expect(try restarting(.bytes) == nil)
    #expect(try restarting(.u8) == .invalidInput)
    #expect(try restarting(.bytes, isQuantized: true) == .invalidInput)
  }

  @Test("Chunks have 1,024 to 262,144 bytes, the last one fewer")
  func lengths() throws {
    #expect(try appending(1_024, 262_144, 1) == nil)
    #expect(try appending(0) == .invalidInput)
    #expect(try appending(-1) == .invalidInput)
    #expect(try appending(262_145) == .invalidInput)
    #expect(try appending(1_023, 1_024) == .invalidInput)
    #expect(try appending(1_024, 1, 1) == .invalidInput)
  }

  @Test("A chunk has a length exactly where it is not on the grid")
  func lengthOrNot() throws {
    #expect(
      try kind { writer in
        try writer.beginRegion(name: "c", elementType: .bytes, chunking: .content)
        try writer.append(chunk: value, coding: zeros, frame: nil)
      } == .invalidInput)
    #expect(
      try kind { writer in
        try writer.beginRegion(name: "g", elementType: .bytes)
        try writer.append(chunk: value, length: 1_024, coding: zeros, frame: nil)
      } == .invalidInput)
    #expect(try kind { try $0.append(chunk: value, length: 1_024, coding: zeros, frame: nil) } == .invalidInput)
  }

  @Test("A chunk has one layer, whole and not of codes, of this container or of an ancestor where the header tells")
  func layers() throws {
    let other = [UInt8](2...17).withUnsafeBytes { Digest128($0) }
    func appending(_ layer: SegmentLayer, features: UInt64) throws -> FormatError.Kind? {
      try kind(features: features) { writer in
        try writer.beginRegion(name: "c", elementType: .bytes, chunking: .content)
        try writer.append(chunk: value, length: 1_024, layer: layer)
      }
    }
    let all = HWP.Feature.content | HWP.Feature.layers | HWP.Feature.differences | HWP.Feature.quantization
    let layer = SegmentLayer(coding: .stored, containerID: other, frame: 3)
    #expect(try appending(layer, features: all) == nil)
    #expect(try appending(layer, features: HWP.Feature.content) == .invalidInput)
    let blocks = SegmentLayer(.blocks(BlockMask(bits: 1)), coding: .stored, containerID: other, frame: 3)
    #expect(try appending(blocks, features: all) == .invalidInput)
    var codes = Coding(width: 4, methods: [.raw])
    codes.quantization = Coding.Codes(quantizer: .grid(step: 1, low: 0, high: 1), exceptionCount: 0)
    #expect(
      try appending(SegmentLayer(coding: codes, containerID: other, frame: 3), features: all) == .invalidInput)
    #expect(
      try kind(features: all) { writer in
        try writer.beginRegion(name: "c", elementType: .bytes, chunking: .content)
        try writer.append(chunk: value, length: 1_024, coding: codes, frame: nil)
      } == .invalidInput)
  }

  @Test("A descriptor that contradicts the chunks ends no region")
  func descriptors() throws {
    let bytes = [UInt8](repeating: 0, count: 3_000)
    func ending(_ lengths: [Int], _ change: (inout RegionDescriptor) -> Void) throws -> FormatError.Kind? {
      let container = try TestContainer(requiredFeatures: HWP.Feature.content)
      try container.writer.beginRegion(name: "c", elementType: .bytes, chunking: .content)
      try container.appendContent(bytes, lengths: lengths)
      var descriptor = TestContainer.contentDescriptor("c", bytes, version: 3)
      change(&descriptor)
      do { try container.writer.endRegion(descriptor) } catch { return error.kind }
      return nil
    }
    for lengths in [[3_000], [1_500, 1_500]] {
      #expect(try ending(lengths) { _ in } == nil)
      #expect(try ending(lengths) { $0.byteCount = 2_999 } == .invalidInput)
      #expect(try ending(lengths) { $0.byteCount = 262_144 } == .invalidInput)
      #expect(try ending(lengths) { $0.chunking = .grid } == .invalidInput)
      #expect(try ending(lengths) { $0.shape = [3_000] } == .invalidInput)
      #expect(try ending(lengths) { $0.header = [1] } == .invalidInput)
      #expect(try ending(lengths) { $0.tail = [1] } == .invalidInput)
      #expect(try ending(lengths) { $0.fileByteCount = 3_000 } == .invalidInput)
      #expect(try ending(lengths) { $0.elementType = .u8 } == .invalidInput)
    }
    #expect(try ending([3_000]) { $0.root = Digest256() } == .invalidInput)
    // The hashes of several chunks do not tell.
    #expect(try ending([1_500, 1_500]) { $0.root = Digest256() } == nil)
  }

  @Test("A blob on the grid is bytes and nothing else")
  func blobs() throws {
    func ending(_ type: ElementType, _ change: (inout RegionDescriptor) -> Void = { _ in }) throws -> FormatError.Kind?
    {
      try kind(features: 0) { writer in
        try writer.beginRegion(name: "b", elementType: type)
        var descriptor = TestContainer.descriptor("b", [], type: type)
        descriptor.blobVersion = 1
        change(&descriptor)
        try writer.endRegion(descriptor)
      }
    }
    #expect(try ending(.bytes) == nil)
    #expect(try ending(.u8) == .invalidInput)
    #expect(try ending(.bytes) { $0.shape = [0] } == .invalidInput)
    #expect(try ending(.bytes) { $0.tail = [1] } == .invalidInput)
    #expect(try ending(.bytes) { $0.fileByteCount = 0 } == .invalidInput)
  }
}
