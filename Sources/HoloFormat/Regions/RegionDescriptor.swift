import HoloModel

/// A moment with nanoseconds, as file systems keep it.
package struct Timestamp: Hashable, Sendable {
  /// Since 1970-01-01T00:00:00Z.
  package var seconds: Int64
  /// Less than 10⁹.
  package var nanoseconds: UInt32

  package init(seconds: Int64, nanoseconds: UInt32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// What a region is (HWP-Format.md, section 7).
package struct RegionDescriptor: Hashable, Sendable {
  /// Canonical, as ``RegionName/escape(_:)`` makes it. Names are compared by their UTF-8 bytes, never as `String`.
  package var name: String
  package var component: Component
  package var elementType: ElementType
  /// Outermost extent first; empty: no shape.
  package var shape: [UInt64]
  package var byteCount: UInt64
  /// BLAKE3 of the region's bytes.
  package var root: Digest256
  package var chunking: Chunking
  /// Bytes of the file before the region's.
  package var header: [UInt8]
  /// Bytes of the file after the region's.
  package var tail: [UInt8]
  /// POSIX permission bits.
  package var permissions: UInt32?
  package var modified: Timestamp?
  /// The source changed while it was read, and the user allowed it.
  package var changedWhileRead: Bool
  /// Of a region that is a part of a file of many regions.
  package var member: RegionMember?
  /// Of a host, which holds what is in no member: the length of its file.
  package var fileByteCount: UInt64?
  /// Of a blob: the version that a program gave to what it wrote.
  package var blobVersion: UInt32?
  /// Of a region whose numbers were captured within a bound.
  package var quantization: RegionQuantization?

  package init(
    name: String, component: Component, elementType: ElementType, shape: [UInt64], byteCount: UInt64, root: Digest256,
    chunking: Chunking = .grid, header: [UInt8] = [], tail: [UInt8] = [], permissions: UInt32? = nil,
    modified: Timestamp? = nil, changedWhileRead: Bool = false, member: RegionMember? = nil,
    fileByteCount: UInt64? = nil, blobVersion: UInt32? = nil, quantization: RegionQuantization? = nil
  ) {
    self.name = name
    self.component = component
    self.elementType = elementType
    self.shape = shape
    self.byteCount = byteCount
    self.root = root
    self.chunking = chunking
    self.header = header
    self.tail = tail
    self.permissions = permissions
    self.modified = modified
    self.changedWhileRead = changedWhileRead
    self.member = member
    self.fileByteCount = fileByteCount
    self.blobVersion = blobVersion
    self.quantization = quantization
  }

  /// Of a region on the grid. Where one is cut by its content, how often is told by its parts.
  package var gridChunkCount: UInt64 { ChunkGeometry.chunkCount(regionByteCount: byteCount) }

  /// What breaks a rule of section 7, or nil. Of the name only what a member's has to be.
  var problem: String? {
    if byteCount > HWP.Limit.regionByteCount {
      return "the region's length \(byteCount) is more than a region can have"
    }
    if byteCount % UInt64(elementType.byteCount) != 0 {
      return "the region's length \(byteCount) is not a multiple of its element's \(elementType.byteCount) bytes"
    }
    if shape.count > HWP.Limit.rank { return "the shape has \(shape.count) extents" }
    if !shape.isEmpty && Self.elementCount(of: shape) != byteCount / UInt64(elementType.byteCount) {
      return "the shape does not give the region's length"
    }
    if header.count > HWP.Limit.attributeByteCount || tail.count > HWP.Limit.attributeByteCount {
      return "the header or the tail is longer than 16 MiB"
    }
    if let problem = placeProblem ?? contentProblem { return problem }
    if let quantization {
      guard quantization.mode.applies(to: elementType) else {
        return "the region is quantized as its element type cannot be"
      }
      guard quantization.isInRange else { return "the region's quantization has numbers that are none" }
      guard quantization.exactCount <= byteCount / UInt64(elementType.wordByteCount) else {
        return "the region's quantization keeps more words than there are"
      }
    }
    return FileAttributes(permissions: permissions, modified: modified).problem
  }

  /// What is wrong with a region's place in a file of many, or nil.
  private var placeProblem: String? {
    guard member != nil || fileByteCount != nil else { return nil }
    if member != nil && fileByteCount != nil || blobVersion != nil || !header.isEmpty || !tail.isEmpty {
      return "a region of a file of many has attributes that exclude each other"
    }
    if let fileByteCount, fileByteCount > HWP.Limit.regionByteCount || fileByteCount < byteCount {
      return "the host of a file of \(fileByteCount) bytes has \(byteCount)"
    }
    guard let member else { return nil }
    if !CanonicalName.isValid(member.host) { return "the name of the member's host is not canonical" }
    let prefix = Array(member.host.utf8) + [UInt8(ascii: "/")]
    if !name.utf8.starts(with: prefix) || name.utf8.count == prefix.count {
      return "the member's name is not below its host's"
    }
    let (end, overflow) = member.offset.addingReportingOverflow(byteCount)
    return overflow || end > HWP.Limit.regionByteCount ? "the member lies past the end of any file" : nil
  }

  /// What is wrong with a region that is a blob, or cut by its content, or nil.
  private var contentProblem: String? {
    guard blobVersion != nil || chunking == .content else { return nil }
    let isPlain = elementType == .bytes && shape.isEmpty && header.isEmpty && tail.isEmpty && quantization == nil
    guard isPlain, member == nil, fileByteCount == nil else {
      return "a region that is a blob, or cut by its content, is more than bytes"
    }
    return nil
  }

  /// The exact product of the extents, 0 where one is 0; nil where it does not fit.
  static func elementCount(of shape: [UInt64]) -> UInt64? {
    if shape.contains(0) { return 0 }
    var product: UInt64 = 1
    for extent in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      product = next
    }
    return product
  }
}

/// A directory of the state: keeps empty ones, modes and times (HWP-Format.md, section 8).
package struct DirectoryEntry: Hashable, Sendable {
  /// Canonical, as that of a region.
  package var name: String
  package var permissions: UInt32?
  package var modified: Timestamp?

  package init(name: String, permissions: UInt32? = nil, modified: Timestamp? = nil) {
    self.name = name
    self.permissions = permissions
    self.modified = modified
  }
}

/// The mode and the time that regions and directories can have.
package struct FileAttributes: Hashable, Sendable {
  package var permissions: UInt32?
  package var modified: Timestamp?

  package init(permissions: UInt32? = nil, modified: Timestamp? = nil) {
    self.permissions = permissions
    self.modified = modified
  }

  var problem: String? {
    if let permissions, permissions > 0o7777 { return "the mode has more than the permission bits" }
    if let modified, modified.nanoseconds >= 1_000_000_000 { return "the time has more than 999,999,999 nanoseconds" }
    return nil
  }
}
