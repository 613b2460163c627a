import HoloFormat
import HoloModel
import Testing

/// What a blob, and a region that is cut by its content, must not be beside that (HWP-Format.md, section 15).
@Suite struct BlobRuleTests {
  private typealias Tag = UInt16
  private static let blob: Tag = 0x8006

  /// A container of one region, one of whose attributes gets another tag.
  private func refused(
    _ descriptor: RegionDescriptor, _ bytes: [UInt8], from old: Tag, length: UInt32, to new: Tag
  ) throws -> FormatError? {
    let isCut = descriptor.chunking == .content
    var container = try TestContainer(requiredFeatures: isCut ? HWP.Feature.content : 0)
    if isCut {
      try container.writer.beginRegion(name: descriptor.name, elementType: descriptor.elementType, chunking: .content)
      try container.appendContent(bytes, lengths: [bytes.count])
      try container.writer.endRegion(descriptor)
    } else {
      try container.add(descriptor, bytes)
    }
    try container.finish()
    var bent = container.sink.bytes
    #expect(exercise(bent) == nil)
    func head(_ tag: Tag) -> [UInt8] {
      var head: [UInt8] = [0, 0, 0, 0, 0, 0]
      head.put(tag, at: 0)
      head.put(length, at: 2)
      return head
    }
    let layout = try Layout(bent)
    let range = try #require(bent.firstRange(of: head(old)))
    bent.replaceSubrange(range, with: head(new))
    layout.reseal(&bent)
    return exercise(bent)
  }

  private func expect(_ error: FormatError?, _ message: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(error?.kind == .malformed, sourceLocation: sourceLocation)
    #expect(
      error?.message.contains(message) == true, "\(error?.message ?? "")", sourceLocation: sourceLocation)
  }

  private let bytes: [UInt8] = [1, 2, 3, 4]

  @Test("A version has four bytes", arguments: [3, 5])
  func versionLength(count: Int) throws {
    var descriptor = TestContainer.descriptor("b", bytes)
    descriptor.tail = [UInt8](repeating: 7, count: count)
    #expect(
      try refused(descriptor, bytes, from: 0x8002, length: UInt32(count), to: Self.blob)?.kind == .malformed)
  }

  @Test("Only bytes are a blob") func elementTypes() throws {
    for type in ElementType.allCases where type != .bytes && type.byteCount <= 4 {
      var descriptor = TestContainer.descriptor("b", bytes, type: type)
      descriptor.tail = [1, 0, 0, 0]
      expect(try refused(descriptor, bytes, from: 0x8002, length: 4, to: Self.blob), "is more than bytes")
    }
  }

  @Test("A blob has no shape, and no header") func shapeAndHeader() throws {
    var shaped = TestContainer.descriptor("b", bytes, shape: [4])
    shaped.tail = [1, 0, 0, 0]
    expect(try refused(shaped, bytes, from: 0x8002, length: 4, to: Self.blob), "is more than bytes")
    var headed = TestContainer.descriptor("b", bytes)
    headed.header = [9]
    headed.tail = [1, 0, 0, 0]
    expect(try refused(headed, bytes, from: 0x8002, length: 4, to: Self.blob), "is more than bytes")
  }

  @Test("What is cut by its content has neither header nor tail", arguments: [0x8001, 0x8002] as [UInt16])
  func headerOfContent(tag: UInt16) throws {
    let descriptor = TestContainer.contentDescriptor("c", bytes, version: 1)
    expect(try refused(descriptor, bytes, from: Self.blob, length: 4, to: tag), "is more than bytes")
  }

  /// A time of which eight bytes are an offset, and four the name of a host.
  @Test("What is cut by its content is no member") func memberOfContent() throws {
    var descriptor = TestContainer.contentDescriptor("hos0/c", bytes)
    descriptor.modified = Timestamp(seconds: 0, nanoseconds: 0x3073_6F68)
    expect(try refused(descriptor, bytes, from: 2, length: 12, to: 0x8004), "is more than bytes")
  }

  @Test("An attribute that an older reader would not know is refused as unsupported") func unknownAttribute() throws {
    let descriptor = TestContainer.contentDescriptor("c", bytes, version: 1)
    let error = try refused(descriptor, bytes, from: Self.blob, length: 4, to: 0x8007)
    #expect(error?.kind == .unsupportedFeature)
  }
}
