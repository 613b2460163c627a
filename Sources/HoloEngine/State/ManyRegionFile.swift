import HoloFormat
import HoloModel
import HoloSystem

/// A file that holds several arrays, and becomes several regions: a host and its members (HWP-Format.md, section 7).
enum ManyRegionFile {
  case safetensors
  case numPyArchive

  /// Only files of these names are looked into.
  init?(fileName: [UInt8]) {
    func has(_ suffix: String) -> Bool { fileName.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
    if has(".safetensors") {
      self = .safetensors
    } else if has(".npz") {
      self = .numPyArchive
    } else {
      return nil
    }
  }

  /// An array in the file.
  private struct StoredArray {
    var name: String
    var elementType: ElementType
    var shape: [UInt64]
    var extent: FileExtent
  }

  /// The host, then its members by name; nil where the file is malformed or has no member: such a file is plain bytes,
  /// never an error. A member whose name could be no file below the host's, beside the others, stays in the host.
  func regions(
    name: String, component: Component, location: RegionSource.Location, path: String, syscalls: Syscalls
  ) throws(SystemError) -> [RegionSource]? {
    let file = try RegionSource.open(location, syscalls)
    let status = try file.status()
    let source = try FileSource(file)
    let arrays = Self.named(try arrays(source), below: name)
    guard !arrays.isEmpty, source.byteCount == UInt64(clamping: status.byteCount) else { return nil }

    func region(_ name: String, _ type: ElementType, _ shape: [UInt64], _ extents: [FileExtent]) -> RegionSource {
      RegionSource(
        name: name, component: component, location: location, path: path, status: status, elementType: type,
        shape: shape, extents: extents)
    }
    let extents = arrays.map(\.extent).sorted { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }
    var host = region(name, .bytes, [], FileExtent.gaps(between: extents, fileByteCount: source.byteCount))
    host.fileByteCount = source.byteCount
    return [host]
      + arrays.map { array in
        var member = region(array.name, array.elementType, array.shape, [array.extent])
        // The CRC-32 of the archive's directory, which a reader checks.
        member.isChecksummed = self == .numPyArchive
        member.member = RegionMember(offset: array.extent.offset, host: name)
        return member
      }
  }

  private func arrays(_ source: FileSource) throws(SystemError) -> [StoredArray] {
    switch self {
    case .safetensors:
      return try SafetensorsHeader.read(source)?.tensors.map {
        StoredArray(
          name: RegionName.escape(Array($0.name.utf8)), elementType: $0.elementType, shape: $0.shape,
          extent: FileExtent(offset: $0.offset, byteCount: $0.byteCount))
      } ?? []
    case .numPyArchive:
      var arrays: [StoredArray] = []
      for member in try ZipDirectory.read(source)?.members ?? [] {
        if let array = try Self.array(member, source) { arrays.append(array) }
      }
      return arrays
    }
  }

  /// The array in a member of an archive that is stored as it is; nil for any other, which stays where it is.
  private static func array(_ member: ZipDirectory.Member, _ source: FileSource) throws(SystemError) -> StoredArray? {
    guard member.method == .stored, member.name.suffix(4).elementsEqual(".npy".utf8),
      let header = try NumPyHeader.read(source, at: member.offset, byteCount: member.byteCount),
      let byteCount = header.elementByteCount, byteCount <= member.byteCount - UInt64(header.byteCount)
    else { return nil }
    return StoredArray(
      name: RegionName.escape(Array(member.name.dropLast(4))), elementType: header.elementType, shape: header.shape,
      extent: FileExtent(offset: member.offset + UInt64(header.byteCount), byteCount: byteCount))
  }

  /// Those whose name can be a file below the host's, each under that name and in the order of the names.
  private static func named(_ arrays: [StoredArray], below host: String) -> [StoredArray] {
    var named: [(key: [UInt8], array: StoredArray)] = []
    for array in arrays where RegionName.components(array.name) != nil {
      var array = array
      array.name = host + "/" + array.name
      if RegionName.components(array.name) != nil { named.append((FileTree.key(array.name), array)) }
    }
    named.sort { $0.key.lexicographicallyPrecedes($1.key) }
    var kept: [(key: [UInt8], array: StoredArray)] = []
    for entry in named {
      // Neither a second one of the name, nor one that would need it as a directory.
      if let last = kept.last, entry.key == last.key || entry.key.starts(with: last.key + [0]) { continue }
      kept.append(entry)
    }
    return kept.map(\.array).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
