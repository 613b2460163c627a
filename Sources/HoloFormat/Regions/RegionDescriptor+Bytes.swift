import HoloModel

extension RegionDescriptor {
  /// The descriptor record (HWP-Format.md, section 7).
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: byteCount)
    bytes.append(root)
    bytes += [component.rawValue, chunking.rawValue, UInt8(shape.count), 0]
    for extent in shape { bytes.append(littleEndian: extent) }

    var attributes: [UInt8] = []
    var count = Attribute.append(FileAttributes(permissions: permissions, modified: modified), to: &attributes)
    if changedWhileRead {
      Attribute.append(Attribute.Tag.changed, [], to: &attributes)
      count += 1
    }
    for (tag, value) in [(Attribute.Tag.header, header), (Attribute.Tag.tail, tail)] where !value.isEmpty {
      Attribute.append(tag, value, to: &attributes)
      count += 1
    }
    if let quantization {
      Attribute.append(Attribute.Tag.quantization, quantization.encoded, to: &attributes)
      count += 1
    }
    for (tag, value) in placeAttributes {
      Attribute.append(tag, value, to: &attributes)
      count += 1
    }
    bytes.append(littleEndian: count)
    return bytes + attributes
  }

  /// What says where the region belongs in a file of many, or that it is a blob.
  var placeAttributes: [(tag: UInt16, value: [UInt8])] {
    var attributes: [(tag: UInt16, value: [UInt8])] = []
    if let member { attributes.append((Attribute.Tag.member, member.encoded)) }
    if let fileByteCount {
      var value: [UInt8] = []
      value.append(littleEndian: fileByteCount)
      attributes.append((Attribute.Tag.file, value))
    }
    if let blobVersion {
      var value: [UInt8] = []
      value.append(littleEndian: blobVersion)
      attributes.append((Attribute.Tag.blob, value))
    }
    return attributes
  }

  /// Reads a descriptor record that takes up all of the cursor.
  ///
  /// - Parameter chunkings: those that the container may have.
  init(
    name: String, elementType: ElementType, chunkings: [Chunking] = [.grid], from cursor: inout ByteCursor
  ) throws(FormatError) {
    let byteCount: UInt64 = try cursor.read()
    let root = try cursor.readDigest256()
    let componentCode: UInt8 = try cursor.read()
    guard let component = Component(rawValue: componentCode) else {
      throw cursor.error(.unsupportedFeature, "the component \(componentCode) is not known to this version")
    }
    let chunkingCode: UInt8 = try cursor.read()
    guard let chunking = Chunking(rawValue: chunkingCode), chunkings.contains(chunking) else {
      throw cursor.error(.unsupportedFeature, "the chunking \(chunkingCode) is not known to this version")
    }
    let rank: UInt8 = try cursor.read()
    try cursor.expectZero(1)
    var shape: [UInt64] = []
    guard rank <= HWP.Limit.rank else { throw cursor.malformed("the shape has \(rank) extents") }
    for _ in 0..<rank { shape.append(try cursor.read()) }
    self.init(
      name: name, component: component, elementType: elementType, shape: shape, byteCount: byteCount, root: root,
      chunking: chunking)
    try readAttributes(from: &cursor)
    try cursor.expectEnd(of: "a region's descriptor")
    if let problem { throw cursor.malformed(problem) }
  }

  private mutating func readAttributes(from cursor: inout ByteCursor) throws(FormatError) {
    let count: UInt16 = try cursor.read()
    var file = FileAttributes()
    var changed = false
    var header: [UInt8] = []
    var tail: [UInt8] = []
    var member: RegionMember?
    var fileByteCount: UInt64?
    var blobVersion: UInt32?
    var quantization: RegionQuantization?
    try Attribute.read(count: count, from: &cursor) { (tag, value) throws(FormatError) in
      switch tag {
      case Attribute.Tag.changed: changed = true
      case Attribute.Tag.header: header = try value.read(count: value.remaining)
      case Attribute.Tag.tail: tail = try value.read(count: value.remaining)
      case Attribute.Tag.quantization: quantization = try RegionQuantization(from: &value)
      case Attribute.Tag.member: member = try RegionMember(from: &value)
      case Attribute.Tag.file: fileByteCount = try value.read()
      case Attribute.Tag.blob: blobVersion = try value.read()
      default: return try Attribute.take(tag, &value, into: &file)
      }
      return true
    }
    permissions = file.permissions
    modified = file.modified
    changedWhileRead = changed
    self.header = header
    self.tail = tail
    self.member = member
    self.fileByteCount = fileByteCount
    self.blobVersion = blobVersion
    self.quantization = quantization
  }
}
