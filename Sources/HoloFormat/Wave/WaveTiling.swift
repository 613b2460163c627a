import HoloModel

/// How parts and runs lie in the file (WAVE-Format.md, section 3).
struct WaveTiling {
  private struct PlacedRun {
    var offset: UInt64
    var byteCount: UInt64
    var kind: WavePartKind
  }

  private let parts: [WavePart]
  /// In the file's order.
  private let runs: [PlacedRun]
  private let blockByteCount: UInt64

  init(parts: [WavePart], regions: WaveRegions, sampleType: ElementType?) {
    self.parts = parts
    blockByteCount = UInt64(SampleFormat(sampleType).blockByteCount)
    var runs: [PlacedRun] = []
    runs.reserveCapacity(regions.count)
    for region in regions.indices {
      let kind = regions.kind(ofRegion: region, sampleType: sampleType)
      let byteCount = regions.byteCount(ofRegion: region)
      for index in regions.runRange(ofRegion: region) {
        let run = regions.run(index, ofRegion: region, byteCount: byteCount)
        runs.append(PlacedRun(offset: run.offset, byteCount: run.byteCount, kind: kind))
      }
    }
    runs.sort { $0.offset < $1.offset }
    self.runs = runs
  }

  /// Throws where runs and parts do not fit each other exactly. The cursor is for errors.
  func check(_ cursor: ByteCursor) throws(FormatError) {
    var next = 0
    for part in parts {
      var position = part.offset
      let first = next
      while next < runs.count, runs[next].offset < part.end {
        let run = runs[next]
        guard run.kind == part.kind, run.offset == WAVE.aligned(position), run.byteCount <= part.end - run.offset else {
          throw cursor.error(.malformed, "the \(run.byteCount) bytes of a region at offset \(run.offset) do not fit")
        }
        position = run.offset + run.byteCount
        next += 1
      }
      let isFiller = part.kind == .samples && next == first && part.byteCount == blockByteCount
      guard isFiller || (next > first && position == part.end) else {
        throw cursor.error(.malformed, "the part at offset \(part.offset) does not end with a region")
      }
    }
    guard next == runs.count else { throw cursor.error(.malformed, "a region lies outside the parts") }
  }

  /// Where zeros stand, in the file's order; the tiling holds.
  func forEachGap(_ body: (Range<UInt64>) -> Bool) {
    var next = 0
    for part in parts {
      var position = part.offset
      while next < runs.count, runs[next].offset < part.end {
        let run = runs[next]
        if position < run.offset, !body(position..<run.offset) { return }
        position = run.offset + run.byteCount
        next += 1
      }
      let end = WAVE.even(part.end)
      if position < end, !body(position..<end) { return }
    }
  }
}
