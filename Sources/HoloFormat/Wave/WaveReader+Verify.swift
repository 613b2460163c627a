import HoloModel

extension WaveReader {
  /// Checks the bytes that no hash covers: those between regions are zero. Everything else outside the regions was
  /// checked when the file was opened. Returns everything that is wrong, not only the first thing.
  ///
  /// - Parameter progress: called with the bytes read since the last call; false stops, and returns what was found so
  ///   far.
  package func verifyOutside(progress: ((UInt64) -> Bool)? = nil) -> [FormatError] {
    var problems: [FormatError] = []
    table.tiling(sampleType: sampleType).forEachGap { gap in
      let byteCount = gap.upperBound - gap.lowerBound
      do throws(FormatError) {
        let bytes = try source.bytes(at: gap.lowerBound, count: byteCount, path: path)
        if let position = bytes.firstIndex(where: { $0 != 0 }) {
          problems.append(
            FormatError(
              .damaged, "bytes between regions are not zero", path: path, offset: gap.lowerBound + UInt64(position)))
        }
      } catch {
        problems.append(error)
      }
      return progress?(byteCount) ?? true
    }
    return problems
  }
}
