import HoloModel

/// One of the layers of a chunk, as a segment records it (HWP-Format.md, section 6).
package struct SegmentLayer: Hashable, Sendable {
  /// On-disk codes: set in stone.
  enum Kind: UInt8 {
    case whole = 0
    case blocks = 1
  }

  /// The blocks that it replaces; nil: it gives the whole chunk.
  package var blocks: BlockMask?
  /// Of those blocks' bytes, or of the chunk's.
  package var coding: Coding
  /// Where its frame stands.
  package var containerID: Digest128
  /// The frame's number in that container; nil where every component is constant.
  package var frame: UInt32?

  package init(blocks: BlockMask? = nil, coding: Coding, containerID: Digest128, frame: UInt32?) {
    self.blocks = blocks
    self.coding = coding
    self.containerID = containerID
    self.frame = frame
  }

  /// Bytes that it gives, of a chunk of so many.
  package func byteCount(chunkByteCount: Int) -> Int {
    blocks?.byteCount(chunkByteCount: chunkByteCount) ?? chunkByteCount
  }

  /// The mask and the coding, as stored; nil where a rule of section 5 is broken, or they are too long for a layer.
  var encoded: [UInt8]? {
    guard let coding = coding.encoded else { return nil }
    var bytes: [UInt8] = []
    if let blocks { bytes.append(littleEndian: blocks.bits) }
    bytes += coding
    return bytes.count <= UInt8.max ? bytes : nil
  }

  var kind: Kind { blocks == nil ? .whole : .blocks }
}
