import Foundation
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

/// Files past 4 GiB. Nearly all of them is holes: they take no space, and nobody reads the zeros.
@Suite struct WaveLongFormTests {
  private static let chunk = ChunkGeometry.chunkByteCount

  /// Writes a region of so many bytes, zeros but for the last four, and then another one. The zeros' chaining values are
  /// made up.
  private func write(byteCount: UInt64, type: ElementType, component: Component, to sink: HoleySink) throws {
    let writer = try TestWave.writer(sink, sampleType: .f32)
    try writer.beginRegion(name: "long", component: component, elementType: type, ordinal: 0)
    let zeros = [UInt8](repeating: 0, count: Self.chunk)
    var tree = RegionTree()
    let count = ChunkGeometry.chunkCount(regionByteCount: byteCount)
    for index in 0..<count {
      let part = ChunkGeometry.chunkByteCount(at: index, regionByteCount: byteCount)
      let value = BLAKE3.hash(Array(String(index).utf8))
      tree.append(value)
      sink.leavesHoles = index < count - 1
      let bytes = sink.leavesHoles ? zeros : Array(zeros[..<(part - 4)]) + [1, 2, 3, 4]
      try bytes.withUnsafeBytes { try writer.append(chunk: value, bytes: $0) }
    }
    try writer.endRegion(
      RegionDescriptor(
        name: "long", component: component, elementType: type, shape: [], byteCount: byteCount,
        root: try #require(tree.root())))
    let last = TestWave.region("last", [5, 6, 7, 8], type, component: component)
    try TestWave.begin(writer, last.descriptor, ordinal: 1)
    try TestWave.append(last.bytes, to: writer)
    try writer.endRegion(last.descriptor)
    _ = try TestWave.finish(writer)
  }

  private func withFile(
    byteCount: UInt64, type: ElementType = .f32, component: Component = .memory,
    _ body: (_ path: String, _ reader: WaveReader) throws -> Void
  ) throws {
    let directory = ScratchDirectory()
    let file = try Syscalls().open(directory.path("a.wave"), O_RDWR | O_CREAT | O_EXCL)
    try write(byteCount: byteCount, type: type, component: component, to: HoleySink(file))
    try body(directory.path("a.wave"), try WaveReader.open(try FileSource(file), path: "a.wave"))
  }

  /// Frames that soundfile and scipy find, and the four bytes of the last one of each region.
  private func look(_ path: String, frames: UInt64, longRegionFrames: UInt64) throws {
    let program = """
      import sys, warnings, scipy.io.wavfile, soundfile
      warnings.simplefilter("ignore", scipy.io.wavfile.WavFileWarning)
      frames, at = int(sys.argv[2]), int(sys.argv[3])
      mapped = scipy.io.wavfile.read(sys.argv[1], mmap=True)[1]
      assert mapped.shape == (frames,), mapped.shape
      with soundfile.SoundFile(sys.argv[1]) as file:
          assert (file.frames, file.channels, file.samplerate) == (frames, 1, 48000), file
          for place, expected in ((at - 1, [1, 2, 3, 4]), (frames - 1, [5, 6, 7, 8])):
              file.seek(place)
              assert file.read(1, dtype="float32").tobytes() == bytes(expected), place
              assert mapped[place].tobytes() == bytes(expected), place
      """
    let result = try OutsideProgram.run([
      OutsideProgram.python, "-c", program, path, String(frames), String(longRegionFrames),
    ])
    #expect(result.status == 0, "\(result.output)")
  }

  /// More than 2³² samples: the second region's place fits no cue.
  @Test(.enabled(if: OutsideProgram.imports("soundfile, scipy.io.wavfile")))
  func soundfileReadsTheLastSamples() throws {
    let byteCount = UInt64(17) << 30
    try withFile(byteCount: byteCount) { path, reader in
      #expect(reader.regions.map(\.byteCount) == [byteCount, 4])
      let last = try reader.regions.chunk(0, ofRegion: 1)
      #expect(last.offset == 4_096 + byteCount && last.byteCount == 4)
      #expect(try reader.bytes(ofRegion: 1) == [5, 6, 7, 8])
      #expect(
        try reader.regions.chunk(byteCount / UInt64(Self.chunk) - 1, ofRegion: 0).offset == 4_096 + byteCount - 262_144)
      #expect(reader.verifyOutside().isEmpty)
      let head = try reader.source.first(4_096)
      #expect(Array(head[..<8]) == Array("RF64".utf8) + [255, 255, 255, 255])
      #expect(head.integer(at: 20) == reader.source.byteCount - 8)
      #expect(head.integer(at: 28) == byteCount + 4 && head.integer(at: 36) == byteCount / 4 + 1)
      let notes = try reader.source.bytes(Int(byteCount) + 4_096 + 4, count: 12)
      #expect(Array(notes[..<4]) == Array("cue ".utf8) && notes.integer(at: 8) == UInt32(1))
      try look(path, frames: byteCount / 4 + 1, longRegionFrames: byteCount / 4)
    }
  }

  /// The longest file in short form, and the shortest in long form.
  @Test(.enabled(if: OutsideProgram.imports("soundfile, scipy.io.wavfile")))
  func theFormChangesWhereTheSizesNeedIt() throws {
    // The longest whole pages that go into short form. The table's length hangs on the number of chunks: tried twice.
    var byteCount = (UInt64(1) << 32) - (1 << 20)
    for _ in 0..<2 {
      try withFile(byteCount: byteCount) { _, reader in
        let rest = reader.source.byteCount - byteCount
        byteCount = ((1 << 32) + 6 - rest) / 4_096 * 4_096
      }
    }
    for (byteCount, form) in [(byteCount, "RIFF"), (byteCount + 4_096, "RF64")] {
      try withFile(byteCount: byteCount) { path, reader in
        let head = try reader.source.first(4)
        #expect(String(decoding: head, as: UTF8.self) == form)
        #expect((reader.source.byteCount - 8 < UInt32.max) == (form == "RIFF"))
        #expect(reader.source.byteCount > (1 << 32) - 10_000 && reader.source.byteCount < (1 << 32) + 10_000)
        try look(path, frames: byteCount / 4 + 1, longRegionFrames: byteCount / 4)
      }
    }
  }

  /// Beside the samples: parts of at most 1 GiB.
  @Test func aLongRegionBesideTheSamplesIsCutIntoParts() throws {
    let byteCount = UInt64(5) << 30
    try withFile(byteCount: byteCount, type: .u32, component: .index) { _, reader in
      #expect(reader.sampleType == .f32)
      #expect(reader.verifyOutside().isEmpty)
      #expect(try reader.bytes(ofRegion: 1) == [5, 6, 7, 8])
      var ends: [UInt64] = []
      var previous: UInt64?
      for index in 0..<reader.regions[0].gridChunkCount {
        let chunk = try reader.regions.chunk(index, ofRegion: 0)
        if let previous, chunk.offset != previous { ends.append(previous) }
        previous = chunk.offset + UInt64(chunk.byteCount)
      }
      // Of each part's 1 GiB, less than a page is before its region: room for one chunk less than without.
      #expect(ends.count == 5)
      let last = try reader.regions.chunk(reader.regions[0].gridChunkCount - 1, ofRegion: 0)
      #expect(Array(try reader.source.bytes(Int(last.offset) + last.byteCount - 4, count: 4)) == [1, 2, 3, 4])
    }
  }
}

/// Writes a file, and leaves holes where it is told to.
private final class HoleySink: PatchableSink {
  private let file: OpenFile
  private var byteCount: UInt64 = 0
  var leavesHoles = false

  init(_ file: OpenFile) { self.file = file }

  func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    // Chunks only: what is shorter is not zeros.
    if !leavesHoles || bytes.count < ChunkGeometry.chunkByteCount { try file.write(bytes, at: Int64(byteCount)) }
    byteCount += UInt64(bytes.count)
  }

  func overwrite(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
    try file.write(bytes, at: Int64(offset))
  }

  func truncate(to byteCount: UInt64) throws(SystemError) {
    try file.truncate(to: Int64(byteCount))
    self.byteCount = byteCount
  }
}

extension RandomAccessSource {
  fileprivate func bytes(_ offset: Int, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let found = try bytes.withUnsafeMutableBytes { try read(into: $0, at: UInt64(offset)) }
    #expect(found == count)
    return bytes
  }

  fileprivate func first(_ count: Int) throws -> [UInt8] { try bytes(0, count: count) }
}
