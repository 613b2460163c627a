import HoloFormat
import HoloSystem

extension StoreEntry.Snapshot {
  /// Reads header, trailer and manifest of a container.
  init(reading file: OpenFile) throws(FormatError) {
    let source: FileSource
    do { source = try FileSource(file) } catch { throw FormatError(error) }
    switch try OpenedContainer.open(source, path: file.path) {
    case .hwp(let reader):
      self.init(
        id: reader.snapshotID, containerID: reader.containerID,
        createdNanoseconds: reader.header?.createdNanoseconds ?? 0,
        summary: reader.summary, totals: reader.totals, ancestorIDs: reader.ancestorIDs)
    case .wave(let reader):
      self.init(
        id: reader.snapshotID, containerID: reader.containerID, createdNanoseconds: reader.createdNanoseconds,
        summary: reader.summary, totals: reader.totals, ancestorIDs: [])
    }
  }
}
