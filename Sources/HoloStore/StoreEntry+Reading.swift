import HoloFormat
import HoloSystem

extension StoreEntry.Snapshot {
  /// Reads header, trailer and manifest of a container.
  init(reading file: OpenFile) throws(FormatError) {
    let source: FileSource
    do { source = try FileSource(file) } catch { throw FormatError(error) }
    if try ContainerFormat.of(source, path: file.path) == .wave {
      let reader = try WaveReader.open(source, path: file.path)
      self.init(
        id: reader.snapshotID, containerID: reader.containerID, createdNanoseconds: reader.createdNanoseconds,
        summary: reader.summary, totals: reader.totals)
      return
    }
    let reader = try ContainerReader.open(source, path: file.path)
    self.init(
      id: reader.snapshotID, containerID: reader.containerID,
      createdNanoseconds: reader.header?.createdNanoseconds ?? 0,
      summary: reader.summary, totals: reader.totals)
  }
}
