import HoloFormat
import HoloModel
import TestSupport
import Testing

@Suite struct LZ4FrameTests {
  /// Stripes of each nature, side by side.
  private func mixed(_ stripes: [Int], _ generator: inout SeededGenerator) -> [UInt8] {
    stripes.enumerated().flatMap { index, count in
      switch index % 3 {
      case 0: generator.bytes(count)
      case 1: [UInt8](repeating: UInt8(index & 255), count: count)
      default: (0..<count).map { UInt8($0 / 7 & 15) }
      }
    }
  }

  @Test(
    arguments: [
      [1], [2], [12], [13], [64], [4095], [4096], [4097], [262_143], [262_144], [262_145], [270_336],
      [Int](repeating: 8192, count: 32), [Int](repeating: 2048, count: 128), [Int](repeating: 1, count: 300),
      [16, 262_144], [4096, 262_144], [0, 100, 0, 200], [8000, 262_144], [Int](repeating: 700, count: 380),
    ], CompressionLevel.allCases)
  func comesBack(stripes: [Int], level: CompressionLevel) throws {
    var generator = SeededGenerator(seed: UInt64(stripes.count))
    let stream = mixed(stripes, &generator)
    let encoder = LZ4FrameEncoder(level: level)
    let frame = encoder.frame(of: stream, stripes: stripes)
    #expect(try LZ4FrameDecoder.stream(of: frame, byteCount: stream.count) == stream)
    #expect(frame.count <= LZ4FrameEncoder.frameBound(streamByteCount: stream.count))
    #expect(frame.withUnsafeBytes { LZ4FrameDecoder.frameByteCount($0) } == frame.count)
    #expect(encoder.frame(of: stream, stripes: stripes) == frame, "the same stream gives the same frame")
  }

  @Test func hasOneHeader() {
    let frame = LZ4FrameEncoder(level: .fast).frame(of: [UInt8](repeating: 7, count: 1000), stripes: [1000])
    #expect(Array(frame[..<14]) == [0x04, 0x22, 0x4D, 0x18, 0x6C, 0x50, 0xE8, 0x03, 0, 0, 0, 0, 0, 0])
    #expect(frame.count < 50)
  }

  @Test func storesNoiseAsItIs() {
    var generator = SeededGenerator(seed: 1)
    let stripes = [Int](repeating: 8192, count: 32)
    let stream = generator.bytes(262_144)
    let frame = LZ4FrameEncoder(level: .fast).frame(of: stream, stripes: stripes)
    #expect(frame.count == 15 + 4 + 262_144 + 8)
  }

  @Test func findsLongRepeatsInNoise() {
    var generator = SeededGenerator(seed: 2)
    let once = generator.bytes(65_536 / 2)
    let stream = (0..<8).flatMap { _ in once }
    for stripes in [[stream.count], [Int](repeating: 8192, count: 32)] {
      let frame = LZ4FrameEncoder(level: .fast).frame(of: stream, stripes: stripes)
      #expect(frame.count < stream.count / 4)
    }
  }

  @Test func trialsTellNoiseFromRuns() {
    var generator = SeededGenerator(seed: 3)
    let encoder = LZ4FrameEncoder(level: .high)
    let noise = generator.bytes(200_000)
    #expect(noise.withUnsafeBytes { encoder.trialByteCount($0) } >= 200_000)
    #expect([UInt8](repeating: 0, count: 1000).withUnsafeBytes { encoder.trialByteCount($0) } < 30)
    #expect(encoder.trialByteCount(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
  }

  /// A frame of 10 bytes in two blocks, to be bent.
  private let sound: [UInt8] = {
    var frame = LZ4FrameEncoder(level: .fast).frame(of: Array("0123456789".utf8), stripes: [10])
    // One block of ten becomes two of five.
    frame.replaceSubrange(
      15..<29, with: [5, 0, 0, 0x80] + Array("01234".utf8) + [5, 0, 0, 0x80] + Array("56789".utf8))
    return frame
  }()

  private func error(_ frame: [UInt8], byteCount: Int = 10, verify: Bool = true) -> LZ4FrameError? {
    do throws(LZ4FrameError) { _ = try LZ4FrameDecoder.stream(of: frame, byteCount: byteCount, verify: verify) } catch {
      return error
    }
    return nil
  }

  @Test func takesBlocksOfAnyLength() { #expect(error(sound) == nil) }

  @Test(arguments: 0..<15)
  func refusesAnotherHeader(at byte: Int) {
    var frame = sound
    frame[byte] ^= 0x10
    #expect(error(frame) == .noncanonicalHeader)
    #expect(frame.withUnsafeBytes { LZ4FrameDecoder.frameByteCount($0) } == nil)
  }

  @Test func refusesWhatDoesNotAddUp() {
    #expect(error(sound, byteCount: 11) == .streamByteCount(stored: 10, expected: 11))
    #expect(error(sound + [0]) == .trailingBytes(count: 1))
    for count in sound.indices { #expect(error(Array(sound[..<count])) != nil, "\(count) bytes") }

    var checksum = sound
    checksum[checksum.count - 1] ^= 1
    #expect(error(checksum) == .contentChecksum)
    #expect(error(checksum, verify: false) == nil)

    var short = sound
    short.removeSubrange(24..<33)
    #expect(error(short) == .shortStream(byteCount: 5))

    var empty = sound
    empty.insert(contentsOf: [0, 0, 0, 0x80], at: 15)
    #expect(error(empty) == .badBlock(index: 0))
    var nothing = sound
    nothing.insert(contentsOf: [1, 0, 0, 0, 0], at: 15)
    #expect(error(nothing) == .badBlock(index: 0), "a compressed block that gives no bytes")
    var more = sound
    more.insert(contentsOf: [1, 0, 0, 0x80, 65], at: 33)
    #expect(error(more) == .badBlock(index: 2), "more than the stream has")
    var long = sound
    long.replaceSubrange(15..<19, with: [1, 0, 4, 0x80])
    #expect(error(long) == .badBlock(index: 0), "more than 256 KiB")

    let header = LZ4FrameEncoder(level: .fast).frame(of: [UInt8](repeating: 9, count: 65), stripes: [65])
    let blocks = [[UInt8]](repeating: [1, 0, 0, 0x80, 9], count: 65).flatMap { $0 }
    #expect(error(header[..<15] + blocks + header.suffix(8), byteCount: 65) == .tooManyBlocks)
  }

  @Test func survivesRandomDamage() {
    var generator = SeededGenerator.announced()
    let stripes = [Int](repeating: 512, count: 16)
    let stream = mixed(stripes, &generator)
    let frame = LZ4FrameEncoder(level: .fast).frame(of: stream, stripes: stripes)
    for _ in 0..<5_000 {
      var damaged = frame
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) { damaged.removeLast(Int.random(in: 1..<damaged.count, using: &generator)) }
      _ = error(damaged, byteCount: stream.count, verify: Bool.random(using: &generator))
      _ = damaged.withUnsafeBytes { LZ4FrameDecoder.frameByteCount($0) }
    }
  }
}
