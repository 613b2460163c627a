import HoloModel

/// Gathers the index of up to 4,096 chunks and makes the segment frame of it (HWP-Format.md, section 6).
struct SegmentEncoder {
  private var frameByteCounts: [UInt8] = []
  private var layerRecords: [UInt8] = []
  private var chainingValues: [UInt8] = []
  private var codings: [UInt8] = []
  private var partRecords: [UInt8] = []
  private var rawChainingValues: [UInt8] = []
  private(set) var frameCount = 0
  private(set) var chunkCount = 0
  private(set) var partCount = 0

  var isEmpty: Bool { chunkCount == 0 && partCount == 0 && frameCount == 0 }
  var partByteCount: Int { partRecords.count }

  mutating func removeAll() {
    frameByteCounts.removeAll(keepingCapacity: true)
    layerRecords.removeAll(keepingCapacity: true)
    chainingValues.removeAll(keepingCapacity: true)
    codings.removeAll(keepingCapacity: true)
    partRecords.removeAll(keepingCapacity: true)
    rawChainingValues.removeAll(keepingCapacity: true)
    frameCount = 0
    chunkCount = 0
    partCount = 0
  }

  /// - Parameters:
  ///   - raw: that of the bytes that were read, in a quantized region.
  ///   - coding: its record.
  ///   - frame: number and length of the frame that was just written for this chunk; nil where its stream is empty.
  mutating func append(
    chainingValue: Digest256, raw: Digest256?, coding: [UInt8], frame: (number: UInt32, byteCount: UInt32)?
  ) {
    layerRecords += [0, UInt8(coding.count), 0, 0]
    layerRecords.append(littleEndian: frame?.number ?? HWP.noFrame)
    chainingValues.append(chainingValue)
    if let raw { rawChainingValues.append(raw) }
    codings += coding
    chunkCount += 1
    if let frame {
      frameByteCounts.append(littleEndian: frame.byteCount)
      frameCount += 1
    }
  }

  mutating func append(part: [UInt8]) {
    partRecords += part
    partCount += 1
  }

  /// A part record (section 7). `descriptor`: of the region that ends with it.
  static func part(
    name: [UInt8], elementType: ElementType, isQuantized: Bool, firstChunk: UInt64, chunkCount: Int,
    descriptor: [UInt8]?
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(name.count))
    let flags = (descriptor == nil ? 0 : HWP.PartFlag.final) | (isQuantized ? HWP.PartFlag.quantized : 0)
    bytes += [flags, elementType.rawValue]
    bytes.append(littleEndian: firstChunk)
    bytes.append(littleEndian: UInt32(chunkCount))
    bytes += name
    if let descriptor {
      bytes.append(littleEndian: UInt32(descriptor.count))
      bytes += descriptor
    }
    return bytes
  }

  func encoded(offset: UInt64, frame: UInt32, containerID: Digest128) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      256 + frameByteCounts.count + layerRecords.count + chainingValues.count + codings.count + partRecords.count
        + rawChainingValues.count + chunkCount)
    bytes.append(littleEndian: HWP.Magic.segment)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: HWP.Tag.segment)
    bytes.append(littleEndian: offset)
    bytes.append(littleEndian: frame)
    bytes.append(littleEndian: UInt32(frameCount))
    bytes.append(littleEndian: UInt32(chunkCount))
    bytes.append(littleEndian: UInt32(chunkCount))
    bytes.append(littleEndian: UInt32(partCount))
    bytes.append(littleEndian: UInt16(1))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt32(codings.count))
    bytes.append(littleEndian: UInt32(partRecords.count))
    var extensions: [UInt8] = []
    if !rawChainingValues.isEmpty {
      Attribute.append(HWP.Extension.rawChainingValues, rawChainingValues, to: &extensions)
    }
    bytes.append(littleEndian: UInt32(extensions.count))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(containerID)
    bytes += frameByteCounts
    bytes += layerRecords
    bytes += chainingValues
    bytes += [UInt8](repeating: 1, count: chunkCount)
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
