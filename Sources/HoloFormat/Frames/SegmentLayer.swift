import HoloModel

/// One of the layers of a chunk, as a segment records it (HWP-Format.md, section 6).
package struct SegmentLayer: Hashable, Sendable {
  /// On-disk codes: set in stone.
  enum Kind: UInt8 {
    case whole = 0
    case blocks = 1
    case difference = 2
  }

  /// What becomes of the chunk that the layers before it gave.
  package enum Effect: Hashable, Sendable {
    /// There are none: it gives all of the chunk.
    case whole
    /// It replaces these blocks.
    case blocks(BlockMask)
    /// It is added to integers.
    case difference(DifferenceOrder)
  }

  package var effect: Effect
  /// Of the chunk, of the blocks one after the other, or of the differences.
  package var coding: Coding
  /// Where its frame stands.
  package var containerID: Digest128
  /// The frame's number in that container; nil where every component is constant.
  package var frame: UInt32?

  package init(_ effect: Effect = .whole, coding: Coding, containerID: Digest128, frame: UInt32?) {
    self.effect = effect
    self.coding = coding
    self.containerID = containerID
    self.frame = frame
  }

  /// Bytes that it gives, of a chunk of so many.
  package func byteCount(chunkByteCount: Int) -> Int {
    blocks?.byteCount(chunkByteCount: chunkByteCount) ?? chunkByteCount
  }

  /// The blocks that it replaces; nil: it gives or changes all of the chunk.
  package var blocks: BlockMask? { if case .blocks(let blocks) = effect { blocks } else { nil } }

  /// What its differences are added to; nil of any other layer.
  package var order: DifferenceOrder? { if case .difference(let order) = effect { order } else { nil } }

  /// Mask or order, and the coding, as stored; nil where a rule of section 5 is broken, or they are too long for a layer.
  var encoded: [UInt8]? {
    guard let coding = coding.encoded else { return nil }
    var bytes: [UInt8] = []
    switch effect {
    case .whole: break
    case .blocks(let blocks): bytes.append(littleEndian: blocks.bits)
    case .difference(let order): bytes.append(order.rawValue)
    }
    bytes += coding
    return bytes.count <= UInt8.max ? bytes : nil
  }

  var kind: Kind {
    switch effect {
    case .whole: .whole
    case .blocks: .blocks
    case .difference: .difference
    }
  }

  /// The inverse of ``encoded``, in all of the cursor.
  static func parse(_ kind: Kind, _ cursor: inout ByteCursor) throws(FormatError) -> (Effect, Coding) {
    let effect: Effect
    switch kind {
    case .whole: effect = .whole
    case .blocks: effect = .blocks(BlockMask(bits: try cursor.read()))
    case .difference:
      let code: UInt8 = try cursor.read()
      guard let order = DifferenceOrder(rawValue: code) else {
        throw cursor.error(.unsupportedFeature, "the order \(code) of differences is not known to this version")
      }
      effect = .difference(order)
    }
    return (effect, try Coding(from: &cursor))
  }

  /// Whether it gives the same of whatever was before, though maybe named from another container.
  package func isLike(_ other: Self) -> Bool {
    effect == other.effect && coding == other.coding && frame == other.frame
      && (frame == nil || containerID == other.containerID)
  }
}
