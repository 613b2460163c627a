import HoloFormat
import HoloModel
import HoloSystem

/// A state held in memory, for the bench: its regions are captured where they lie.
package final class MemoryState {
  package let description: StateDescription
  private let pages: [PageBuffer]

  /// Reads every region of a state into memory of its own.
  package init(loading state: StateDescription, syscalls: Syscalls = Syscalls()) throws(HoloError) {
    var pages: [PageBuffer] = []
    var regions: [RegionSource] = []
    for source in state.regions {
      do {
        let buffer = try PageBuffer(byteCount: Int(clamping: source.byteCount))
        let file = try source.open(syscalls)
        let elements = FileExtent(offset: UInt64(source.headerByteCount), byteCount: source.byteCount)
        var reader = ExtentReader(source.extents ?? [elements])
        guard try reader.read(into: buffer.bytes, from: file) else {
          throw HoloError(.changed, "the file changes while it is read", place: .init(path: source.path))
        }
        pages.append(buffer)
        regions.append(
          RegionSource(
            name: source.name, component: source.component, elementType: source.elementType, shape: source.shape,
            memory: UnsafeRawBufferPointer(buffer.bytes)))
      } catch { throw HoloError(ofBench: error) }
    }
    self.pages = pages
    description = StateDescription(regions: regions, series: state.series)
  }
}
