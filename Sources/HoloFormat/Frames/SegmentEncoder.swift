import HoloModel

/// Gathers the index of up to 4,096 chunks and makes the segment frame of it (HWP-Format.md, section 6).
struct SegmentEncoder {
  /// The container that is being written, then the others that layers stand in.
  private(set) var containerIDs: [Digest128]
  private var containerIndexes: [Digest128: UInt16] = [:]
  private var frameByteCounts: [UInt8] = []
  private var layerRecords: [UInt8] = []
  private var chainingValues: [UInt8] = []
  private var codings: [UInt8] = []
  private var partRecords: [UInt8] = []
  private var rawChainingValues: [UInt8] = []
  private var lengths: [UInt8] = []
  private var layerCounts: [UInt8] = []
  private var digestMask: [UInt8] = []
  private var digests: [UInt8] = []
  private(set) var frameCount = 0
  private(set) var chunkCount = 0
  private(set) var partCount = 0

  /// Whether nothing in it is stored here, and `other` says the same.
  func isCovered(by other: Segment) -> Bool {
    frameCount == 0 && chunkCount > 0
      && other.says(
        chainingValues: chainingValues, rawChainingValues: rawChainingValues, lengths: lengths,
        parts: partRecords)
  }

  init(containerID: Digest128) { containerIDs = [containerID] }

  var isEmpty: Bool { chunkCount == 0 && partCount == 0 && frameCount == 0 }
  var partByteCount: Int { partRecords.count }

  mutating func removeAll() {
    frameByteCounts.removeAll(keepingCapacity: true)
    layerRecords.removeAll(keepingCapacity: true)
    chainingValues.removeAll(keepingCapacity: true)
    codings.removeAll(keepingCapacity: true)
    partRecords.removeAll(keepingCapacity: true)
    rawChainingValues.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    layerCounts.removeAll(keepingCapacity: true)
    digestMask.removeAll(keepingCapacity: true)
    digests.removeAll(keepingCapacity: true)
    containerIDs.removeSubrange(1...)
    containerIndexes.removeAll(keepingCapacity: true)
    frameCount = 0
    chunkCount = 0
    partCount = 0
  }

  /// Whether there is room for so many containers more.
  func hasRoom(forContainers count: Int) -> Bool { containerIDs.count + count <= HWP.Limit.containerCount }

  /// Appends a chunk; its layers follow.
  ///
  /// - Parameters:
  ///   - raw: the chaining value of the bytes that were read, in a quantized region.
  ///   - length: of a chunk that is cut by its content.
  mutating func append(chainingValue: Digest256, raw: Digest256?, length: Int? = nil) {
    chainingValues.append(chainingValue)
    if let raw { rawChainingValues.append(raw) }
    if let length { lengths.append(littleEndian: UInt32(length)) }
    layerCounts.append(0)
    chunkCount += 1
    if digestMask.count * 8 < chunkCount { digestMask.append(0) }
  }

  /// Appends a layer to the last chunk.
  ///
  /// - Parameters:
  ///   - record: its mask, if it has one, and its coding.
  ///   - frame: the number of its frame, and its length if it was just written.
  mutating func append(
    layer kind: SegmentLayer.Kind, record: [UInt8], containerID: Digest128, frame: (number: UInt32, byteCount: UInt32?)?
  ) {
    layerRecords += [kind.rawValue, UInt8(record.count)]
    layerRecords.append(littleEndian: index(of: containerID))
    layerRecords.append(littleEndian: frame?.number ?? HWP.noFrame)
    codings += record
    layerCounts[chunkCount - 1] += 1
    if let byteCount = frame?.byteCount {
      frameByteCounts.append(littleEndian: byteCount)
      frameCount += 1
    }
  }

  /// Appends the digests of the blocks of the last chunk's last layer.
  mutating func append(blockDigests: [Digest128]) {
    guard !blockDigests.isEmpty else { return }
    digestMask[(chunkCount - 1) / 8] |= 1 << UInt8((chunkCount - 1) % 8)
    digests.append(UInt8(blockDigests.count))
    for digest in blockDigests { digests.append(digest) }
  }

  private mutating func index(of containerID: Digest128) -> UInt16 {
    if containerID == containerIDs[0] { return 0 }
    if let index = containerIndexes[containerID] { return index }
    let index = UInt16(containerIDs.count)
    containerIDs.append(containerID)
    containerIndexes[containerID] = index
    return index
  }

  mutating func append(part: [UInt8]) {
    partRecords += part
    partCount += 1
  }

  /// A part record (section 7). `descriptor`: of the region that ends with it.
  static func part(
    of region: OpenRegion, chunkCount: Int, descriptor: [UInt8]?
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    let name = Array(region.name.utf8)
    bytes.append(littleEndian: UInt16(name.count))
    let flags =
      (descriptor == nil ? 0 : HWP.PartFlag.final) | (region.isQuantized ? HWP.PartFlag.quantized : 0)
      | (region.chunking == .content ? HWP.PartFlag.content : 0)
    bytes += [flags, region.elementType.rawValue]
    bytes.append(littleEndian: region.indexedCount)
    bytes.append(littleEndian: UInt32(chunkCount))
    bytes += name
    if let descriptor {
      bytes.append(littleEndian: UInt32(descriptor.count))
      bytes += descriptor
    }
    return bytes
  }

  func encoded(offset: UInt64, frame: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      256 + frameByteCounts.count + layerRecords.count + chainingValues.count + codings.count + partRecords.count
        + rawChainingValues.count + lengths.count + chunkCount + digests.count + digestMask.count + 16
        * containerIDs.count)
    bytes.append(littleEndian: HWP.Magic.segment)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: HWP.Tag.segment)
    bytes.append(littleEndian: offset)
    bytes.append(littleEndian: frame)
    bytes.append(littleEndian: UInt32(frameCount))
    bytes.append(littleEndian: UInt32(chunkCount))
    bytes.append(littleEndian: UInt32(layerRecords.count / HWP.Size.layerRecord))
    bytes.append(littleEndian: UInt32(partCount))
    bytes.append(littleEndian: UInt16(containerIDs.count))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt32(codings.count))
    bytes.append(littleEndian: UInt32(partRecords.count))
    var extensions: [UInt8] = []
    if !digests.isEmpty { Attribute.append(HWP.Extension.blockDigests, digestMask + digests, to: &extensions) }
    if !rawChainingValues.isEmpty {
      Attribute.append(HWP.Extension.rawChainingValues, rawChainingValues, to: &extensions)
    }
    if !lengths.isEmpty { Attribute.append(HWP.Extension.chunkLengths, lengths, to: &extensions) }
    bytes.append(littleEndian: UInt32(extensions.count))
    bytes.append(littleEndian: UInt32(0))
    for id in containerIDs { bytes.append(id) }
    bytes += frameByteCounts
    bytes += layerRecords
    bytes += chainingValues
    bytes += layerCounts
    bytes += codings
    bytes += partRecords
    bytes += extensions
    bytes.append(littleEndian: UInt64(0))
    bytes.append(littleEndian: UInt64(0))
    return bytes.sealed()
  }
}

extension [UInt8] {
  /// A skippable frame whose last 16 bytes are left for the check: with its size and its check set.
  consuming func sealed() -> [UInt8] {
    setSkippableSize()
    let covered = count - HWP.Size.check
    let check = withUnsafeBytes { BLAKE3.hash(UnsafeRawBufferPointer(rebasing: $0[..<covered])).short }
    check.withBytes { replaceSubrange(covered..., with: $0) }
    return self
  }

  /// True where the last 16 bytes are the check of those before them.
  var hasValidCheck: Bool {
    guard count >= HWP.Size.check else { return false }
    let covered = count - HWP.Size.check
    return withUnsafeBytes { BLAKE3.hash(UnsafeRawBufferPointer(rebasing: $0[..<covered])).short }
      == digest128(at: covered)
  }
}
