import HoloFormat
import HoloModel
import Testing

/// What comes back of a `.wave` that is damaged outside the bytes of its regions.
@Suite struct WaveSalvageTests {
  private static let chunk = ChunkGeometry.chunkByteCount

  /// Samples, other parts, an empty region, one of two chunks, one with a header; a directory.
  private static let state: [TestWave.Content] = {
    var header = TestWave.region("d", [1, 2, 3, 4, 5, 6], .u16)
    header.descriptor.header = [7, 8, 9]
    header.descriptor.permissions = 0o644
    return [
      TestWave.region("c", [1, 2, 3], component: .configuration), TestWave.region("a", [1, 2, 3, 4], .f32), header,
      TestWave.region("long", (0..<(chunk + 5)).map { UInt8(truncatingIfNeeded: $0 / 3) }),
      TestWave.region("b", [5, 6, 7, 8, 9, 10, 11, 12], .f32), TestWave.region("e", []),
    ]
  }()

  private static func sound() throws -> [UInt8] {
    try TestWave.bytes(of: state, directories: [DirectoryEntry(name: "f", permissions: 0o700)])
  }

  /// The regions that come back to the byte, by the names that they come back with.
  private func recovered(_ bytes: [UInt8]) throws -> (whole: [String: [UInt8]], salvage: WaveSalvage) {
    let source = MemorySource(bytes)
    let salvage = try WaveSalvage.scan(source, path: "x.wave")
    var whole: [String: [UInt8]] = [:]
    for (index, descriptor) in salvage.regions.enumerated() {
      var content: [UInt8] = []
      var isSound = true
      for number in 0..<descriptor.gridChunkCount {
        let chunk = try salvage.regions.chunk(number, ofRegion: index)
        let part = try source.bytes(at: chunk.offset, count: UInt64(chunk.byteCount), path: "")
        isSound = isSound && TestContainer.chainingValue(part, chunk: number) == chunk.chainingValue
        content += part
      }
      if isSound && BLAKE3.hash(content) == descriptor.root { whole[descriptor.name] = content }
    }
    return (whole, salvage)
  }

  private func expectEverything(_ bytes: [UInt8], _ comment: Comment) throws {
    let (whole, salvage) = try recovered(bytes)
    for region in Self.state { #expect(whole[region.descriptor.name] == region.bytes, comment) }
    #expect(whole.count == Self.state.count && salvage.problems == [], comment)
    #expect(salvage.directories.map(\.name) == ["f"], comment)
  }

  @Test func aSoundFileComesBack() throws { try expectEverything(Self.sound(), "sound") }

  @Test func nothingIsLostByABadByteInHeadNotesOrTrailer() throws {
    let bytes = try Self.sound()
    let places = WaveBytes(bytes)
    let head = Array(0..<160) + [4_087, 4_088, 4_095]
    for position in head + Array(places.notes..<places.table.lowerBound) + Array(places.trailer..<bytes.count) {
      var bent = bytes
      bent[position] ^= 1 << (position % 8)
      try expectEverything(bent, "byte \(position)")
      #expect(try ContainerFormat.of(MemorySource(bent), path: "") == .wave, "byte \(position)")
    }
  }

  @Test func nothingIsLostByAPartThatDoesNotBeginRight() throws {
    let bytes = try Self.sound()
    let places = WaveBytes(bytes)
    var offset = 4_096
    for part in 0..<(places.partCount - 1) {
      offset += places.bytes.integer(at: places.parts + 16 * part + 8, as: Int.self)
      offset += offset % 2 + 8
      var bent = bytes
      bent[offset - 5] ^= 1
      #expect(throws: FormatError.self) { try WaveReader.open(MemorySource(bent), path: "") }
      try expectEverything(bent, "part at \(offset)")
    }
    #expect(offset > 4_096)
  }

  @Test func nothingIsLostWithTheTrailer() throws {
    let bytes = try Self.sound()
    let places = WaveBytes(bytes)
    // With the table's hash, and without.
    for count in [bytes.count - 1, places.trailer + 72, places.trailer + 71, places.table.upperBound] {
      try expectEverything(Array(bytes[..<count]), "\(count) bytes")
    }
  }

  @Test func aBadByteInTheTableLosesOneRegionAtMost() throws {
    let bytes = try Self.sound()
    let places = WaveBytes(bytes)
    let contents = Self.state.map(\.bytes)
    for position in places.table {
      for bit in [0, 5] {
        var bent = bytes
        bent[position] ^= 1 << bit
        let (whole, salvage) = try recovered(bent)
        #expect(
          whole.count >= Self.state.count - 1,
          "byte \(position) of the file, \(position - places.records) of the records, bit \(bit): \(salvage.problems)")
        #expect(whole.values.allSatisfy(contents.contains), "byte \(position)")
        // Whatever may be wrong with a name is said.
        let names = Set(Self.state.map(\.descriptor.name))
        if salvage.problems.isEmpty { #expect(Set(salvage.regions.map(\.name)) == names, "byte \(position)") }
      }
    }
  }

  @Test func aBadChainingValueIsMadeAnew() throws {
    var bytes = try Self.sound()
    let places = WaveBytes(bytes)
    let records = places.records
    for position in stride(from: places.chainingValues, to: records, by: 32) {
      bytes[position] ^= 1
      try expectEverything(bytes, "byte \(position)")
      bytes[position] ^= 1
    }
  }

  @Test func regionsListedBeforeTheCutComeBack() throws {
    let bytes = try Self.sound()
    let places = WaveBytes(bytes)
    var counts: [Int] = []
    for count in stride(from: places.records, to: places.table.upperBound, by: 7) {
      let (whole, salvage) = try recovered(Array(bytes[..<count]))
      counts.append(whole.count)
      #expect(!salvage.problems.isEmpty, "\(count) bytes")
      for (name, content) in whole {
        #expect(Self.state.contains { $0.descriptor.name == name && $0.bytes == content }, "\(count) bytes")
      }
    }
    #expect(counts == counts.sorted() && counts.first == 0 && counts.last == Self.state.count)
    #expect(throws: FormatError.self) {
      try WaveSalvage.scan(MemorySource(Array(bytes[..<places.notes])), path: "x.wave")
    }
  }

  /// A container in a region has a table, too; it is not taken for that of the file around it.
  @Test func aContainerInARegionIsLeftAlone() throws {
    let inner = try Self.sound()
    let outer = try TestWave.bytes(of: [TestWave.region("inner.wave", inner), TestWave.region("z", [1])])
    let cut = Array(outer.dropLast())
    #expect(try recovered(cut).whole == ["inner.wave": inner, "z": [1]])
    #expect(throws: FormatError.self) {
      // The same container id: the tests' only one. Of another one nothing would be found at all.
      var bent = Array(outer[..<WaveBytes(outer).notes])
      bent[124] ^= 1
      _ = try WaveSalvage.scan(MemorySource(bent), path: "x.wave")
    }
  }

  @Test func aNewerVersionIsNotSearched() throws {
    var places = WaveBytes(try Self.sound())
    places.bytes[102] = 2
    places.reseal()
    let error = #expect(throws: FormatError.self) { try WaveSalvage.scan(MemorySource(places.bytes), path: "") }
    #expect(error?.kind == .unsupportedVersion)
  }
}
