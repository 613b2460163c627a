import HoloModel

/// What can be had of a container whose trailer, manifest or segments are lost (HWP-Format.md, section 11).
///
/// Works on an intact container too. Regions of ``chunks`` have a whole index; whether their payload is whole shows
/// when it is read.
package struct Salvage: Sendable {
  package let containerID: Digest128
  /// Nil where it is lost.
  package let header: ContainerHeader?
  /// The container, where its manifest is whole: then summary, directories and frame hashes are known too.
  package let reader: ContainerReader?
  /// The regions, and what is lost.
  package let chunks: ChunkMap

  package var summary: Summary? { reader?.summary }
  package var directories: DirectoryTable { reader?.directories ?? .empty }

  /// Reads the whole file. Throws where no index is left, or the file is none of ours.
  ///
  /// - Parameter ancestors: where other containers are that it may need; nil: nowhere.
  package static func scan(
    _ source: any RandomAccessSource, path: String, ancestors: (any AncestorSource)? = nil
  ) throws(FormatError) -> Salvage {
    let header = try readHeader(source, path: path)
    if let salvage = try scan(source, header: header, path: path, ancestors) { return salvage }
    // The container id in a header that nothing proves may be damaged itself.
    if header != nil, let salvage = try scan(source, header: nil, path: path, ancestors) { return salvage }
    let begin = try source.bytes(at: 0, count: min(16, source.byteCount), path: path)
    throw ContainerHeader.hasTag(begin)
      ? FormatError(.truncated, "no index of any region is left in the container", path: path)
      : FormatError(.notAContainer, "the file is not a HoloSnap container", path: path)
  }

  private static func scan(
    _ source: any RandomAccessSource, header: ContainerHeader?, path: String, _ ancestors: (any AncestorSource)?
  ) throws(FormatError) -> Salvage? {
    var scan = SalvageScan(source: source, containerID: header?.containerID, path: path, ancestors: ancestors)
    try scan.run()
    if let manifest = scan.manifest {
      let trailer = try? ContainerReader.readTrailer(source, path: path)
      let reader = ContainerReader(
        source: source, path: path, header: header, trailer: trailer, manifest: manifest, ancestors: ancestors)
      return Salvage(
        containerID: manifest.containerID, header: header, reader: reader, chunks: reader.intactIndex())
    }
    guard let containerID = scan.containerID, !scan.segments.isEmpty else { return nil }
    return Salvage(containerID: containerID, header: header, reader: nil, chunks: try scan.makeMap())
  }

  /// The header, nil where it is damaged. Throws for a version or a feature that is not known: then nothing can be
  /// trusted to mean what it seems to.
  private static func readHeader(
    _ source: any RandomAccessSource, path: String
  ) throws(FormatError) -> ContainerHeader? {
    let bytes = try source.bytes(at: 0, count: min(UInt64(HWP.Size.header), source.byteCount), path: path)
    guard bytes.count == HWP.Size.header, ContainerHeader.hasTag(bytes) else { return nil }
    if let trailer = try? ContainerReader.readTrailer(source, path: path) {
      do throws(FormatError) { try ContainerReader.checkGuard(source, header: bytes, trailer, path: path) } catch {
        if error.kind == .damaged { return nil }
      }
    }
    let header = try ContainerHeader(bytes, path: path)
    try header.check(bytes, path: path)
    return header
  }
}
