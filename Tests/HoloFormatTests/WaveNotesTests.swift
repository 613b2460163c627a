import HoloFormat
import HoloModel
import Testing

/// What a `.wave` says to other programs (WAVE-Format.md, section 4).
@Suite struct WaveNotesTests {
  private struct RIFFChunk {
    var id: String
    var content: [UInt8]
  }

  private func chunks(_ bytes: [UInt8]) -> [RIFFChunk] {
    var chunks: [RIFFChunk] = []
    var position = 0
    while position + 8 <= bytes.count {
      let size = Int(bytes.integer(at: position + 4, as: UInt32.self))
      let start = position + 8
      chunks.append(
        RIFFChunk(
          id: String(decoding: bytes[position..<(position + 4)], as: UTF8.self),
          content: Array(bytes[start..<(start + size)])))
      position = start + size + size % 2
    }
    #expect(position == bytes.count)
    return chunks
  }

  private func notes(_ state: [TestWave.Content]) throws -> [RIFFChunk] {
    let wave = WaveBytes(try TestWave.bytes(of: state))
    return chunks(Array(wave.bytes[wave.notes..<(wave.table.lowerBound - 8)]))
  }

  private func text(_ chunk: RIFFChunk) -> String {
    #expect(chunk.content.last == 0)
    return String(decoding: chunk.content.dropFirst(4).dropLast(), as: UTF8.self)
  }

  @Test(arguments: [0, 1, 2_499, 2_500, 2_501])
  func theFirst2500RegionsHaveCues(count: Int) throws {
    let state =
      (0..<count).map { TestWave.region("r\($0)", [1, 2, 3, 4], .f32) } + [TestWave.region("other", [1, 2, 3])]
    let notes = try notes(state)
    let expected = min(count, 2_500)
    #expect(notes.map(\.id) == (count == 0 ? ["LIST"] : ["cue ", "LIST", "LIST"]))
    guard count > 0 else { return }
    let cues = notes[0].content
    #expect(cues.count == 4 + 24 * expected && cues.integer(at: 0) == UInt32(expected))
    for index in 0..<expected {
      let place = 4 + 24 * index
      // A page holds 1,024 values.
      let words = [0, 4, 12, 16, 20].map { cues.integer(at: place + $0, as: UInt32.self) }
      #expect(words == [UInt32(index + 1), UInt32(1_024 * index), 0, 0, UInt32(1_024 * index)])
      #expect(Array(cues[(place + 8)..<(place + 12)]) == Array("data".utf8))
    }
    let labels = chunks(Array(notes[1].content.dropFirst(4)))
    #expect(labels.map(\.id) == Array(repeating: "labl", count: expected))
    #expect(labels.map { $0.content.integer(at: 0) } == (1...expected).map { UInt32($0) })
    #expect(labels.map(text) == (0..<expected).map { "r\($0)" })
  }

  @Test(arguments: [254, 255, 256, 257, 4_096])
  func aLabelIsCutBetweenCharacters(byteCount: Int) throws {
    for name in [
      String(repeating: "n", count: byteCount), "n" + String(repeating: "é", count: (byteCount - 1) / 2),
      String(repeating: "𝄞", count: byteCount / 4),
    ] {
      let labels = chunks(Array(try notes([TestWave.region(name, [1, 2, 3, 4], .f32)])[1].content.dropFirst(4)))
      let label = text(try #require(labels.first))
      #expect(name.hasPrefix(label))
      #expect(label == name || (252...255).contains(label.utf8.count))
    }
  }

  @Test func programTimeAndSeriesAreNamed() throws {
    let information = try #require(try notes([]).last)
    #expect(Array(information.content.prefix(4)) == Array("INFO".utf8))
    let texts = chunks(Array(information.content.dropFirst(4)))
    #expect(texts.map(\.id) == ["ISFT", "ICRD", "INAM"])
    #expect(
      texts.map { String(decoding: $0.content, as: UTF8.self) } == [
        "tests 1\0", "2026-11-23T20:13:05.123456789Z\0", "core\0",
      ])
  }
}
