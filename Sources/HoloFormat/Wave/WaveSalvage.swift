import HoloModel

/// What can be had of a `.wave` that cannot be opened (WAVE-Format.md, section 7): of a head, notes or a trailer that are
/// damaged or missing nothing is needed; of a table that is damaged, every region that can be proved by its bytes.
package struct WaveSalvage: Sendable {
  package let regions: WaveRegions
  package let directories: [DirectoryEntry]
  /// Of the directory that is the state, if it is one.
  package let root: FileAttributes?
  /// Of these regions.
  package let totals: ContainerTotals
  /// What is lost, and what cannot be proved of the regions.
  package let problems: [FormatError]
  /// The table is as it was written: so are modes, times and directories, which nothing else covers.
  package let isTableProved: Bool

  /// Throws where the table is not found, or means something that this version does not know.
  package static func scan(_ source: any RandomAccessSource, path: String) throws(FormatError) -> WaveSalvage {
    let head = try WaveHead.bytes(of: source, path: path)
    let trailer = try? WaveTrailer(of: source, path: path)
    try checkVersion(head, trailer, source, path: path)
    let found: WaveFoundTable
    if let trailer {
      found = try WaveFoundTable(trailer, source, path: path)
    } else if let last = try WaveFoundTable.last(in: source, head: head, path: path) {
      found = last
    } else {
      throw FormatError(.damaged, "nothing can be found in a .wave without its table", path: path)
    }
    // Which of the table's lengths is damaged does not show: the reading that proves most is the right one.
    let readings = WaveTableSections.readings(of: found.bytes, byteCount: found.byteCount).map { sections in
      WaveTableSalvage(found, sections, source, path: path)
    }
    guard let best = readings.max(by: { $0.provedCount < $1.provedCount }) else {
      throw FormatError(
        .damaged, "the table's lengths are damaged", path: path, offset: found.offset, byteCount: found.byteCount)
    }
    return best.result
  }

  /// A head that nothing disproves is believed: what a newer version wrote may mean something else.
  private static func checkVersion(
    _ head: [UInt8], _ trailer: WaveTrailer?, _ source: any RandomAccessSource, path: String
  ) throws(FormatError) {
    if let trailer {
      let notes = try source.bytes(
        at: trailer.noteOffset, count: trailer.tableOffset - trailer.noteOffset, path: path)
      if BLAKE3.hash(head + notes) != trailer.guardHash { return }
    }
    guard WaveHead.hasTag(head), head.count == WAVE.Size.head else { return }
    try WaveHead.checkVersion(head, path: path)
    _ = try WaveHead(head, path: path)
  }
}
