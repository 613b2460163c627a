import CWaveKernels
import TestSupport
import Testing

@testable import HoloCompute

@Suite struct DeltaKernelTests {
  private static let chunk = Int(WAVE_CHUNK_BYTES)
  private static let block = Int(WAVE_BLOCK_BYTES)
  private static let operations = [WAVE_ADD, WAVE_SUBTRACT, WAVE_ADD_ORDERED, WAVE_SUBTRACT_ORDERED].map { UInt8($0) }

  private static let combinations: [(width: Int, operation: UInt8)] = [1, 2, 4, 8].flatMap { width in
    operations.filter { width > 1 || $0 <= UInt8(WAVE_SUBTRACT) }.map { (width, $0) }
  }

  /// Of no words to a chunk, at any alignment: what the format says of each word, and not a byte beside them.
  @Test(arguments: TestBackend.available)
  func combinesAsTheFormatSays(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let left = try session.makeBuffer(byteCount: Self.chunk + 64)
    let right = try session.makeBuffer(byteCount: Self.chunk + 64)
    for buffer in [left, right] {
      generator.fill(buffer.bytes)
      session.didWrite(buffer)
    }
    for (width, operation) in Self.combinations {
      for words in [0, 1, 3, 15, 16, 17, 63, 64, 65, 1023, Self.chunk / width - 1, Self.chunk / width] {
        let task = wave_combination(
          leftOffset: .random(in: 0...64, using: &generator), rightOffset: .random(in: 0...64, using: &generator),
          targetOffset: .random(in: 0...64, using: &generator), words: UInt32(words), width: UInt8(width),
          operation: operation, reserved: (0, 0))
        let target = try session.makeBuffer(byteCount: Self.chunk + 64, filledWith: 0xA5)
        try session.combine(left, right, tasks: [task], target: target)
        let start = Int(task.targetOffset)
        for index in 0..<words {
          let expected = combined(
            word(left, at: Int(task.leftOffset) + index * width, width),
            word(right, at: Int(task.rightOffset) + index * width, width), operation, width)
          guard word(target, at: start + index * width, width) != expected else { continue }
          Issue.record("word \(index) of \(task)")
          break
        }
        let written = start..<(start + words * width)
        #expect(target.bytes.indices.allSatisfy { written.contains($0) || target.bytes[$0] == 0xA5 }, "\(task)")
      }
    }
  }

  /// What was subtracted gives the first operand again when it is added, in its own place.
  @Test(arguments: TestBackend.available)
  func addsInPlaceWhatItSubtracted(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let (now, before, difference) = (
      try session.makeBuffer(byteCount: Self.chunk), try session.makeBuffer(byteCount: Self.chunk),
      try session.makeBuffer(byteCount: Self.chunk)
    )
    for (width, operation) in Self.combinations where operation % 2 == 1 {
      for buffer in [now, before] {
        generator.fill(buffer.bytes)
        session.didWrite(buffer)
      }
      var task = wave_combination()
      (task.words, task.width, task.operation) = (UInt32(Self.chunk / width), UInt8(width), operation)
      try session.combine(now, before, tasks: [task], target: difference)
      task.operation = operation - 1
      try session.combine(before, difference, tasks: [task], target: before)
      #expect(before.bytes.elementsEqual(now.bytes), "\(width) \(operation)")
    }
  }

  /// Differences of numbers that lie next to each other are 1, across zero and into infinity.
  @Test(arguments: TestBackend.available)
  func ordersNumbers(on test: TestBackend) throws {
    let session = try test.session()
    let numbers: [Float] = [
      -.infinity, -.greatestFiniteMagnitude, -1, -.leastNonzeroMagnitude, -0.0, 0.0, .leastNonzeroMagnitude, 1,
      .greatestFiniteMagnitude, .infinity,
    ]
    let (buffer, target) = (try session.makeBuffer(byteCount: 40), try session.makeBuffer(byteCount: 40))
    for (index, number) in numbers.enumerated() {
      buffer.bytes.storeBytes(of: number.bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
    }
    session.didWrite(buffer)
    let task = wave_combination(
      leftOffset: 4, rightOffset: 0, targetOffset: 0, words: 9, width: 4, operation: UInt8(WAVE_SUBTRACT_ORDERED),
      reserved: (0, 0))
    try session.combine(buffer, buffer, tasks: [task], target: target)
    let differences = (0..<9).map { word(target, at: 4 * $0, 4) }
    #expect(differences.allSatisfy { $0 > 0 && $0 < 1 << 31 })
    #expect([0, 3, 4, 5, 8].allSatisfy { differences[$0] == 1 }, "\(differences)")
  }

  @Test(arguments: TestBackend.available)
  func movesRunsAndNothingElse(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let source = try session.makeBuffer(byteCount: 4 * Self.chunk)
    generator.fill(source.bytes)
    session.didWrite(source)
    let target = try session.makeBuffer(byteCount: 4 * Self.chunk, filledWith: 0xA5)
    var expected = [UInt8](repeating: 0xA5, count: 4 * Self.chunk)
    var runs: [wave_run] = []
    var offset = 1
    for count in [0, 1, 15, 16, 17, 63, 64, 65, Self.block - 1, Self.block, Self.block + 1, Self.chunk] {
      let from = Int.random(in: 0...(3 * Self.chunk), using: &generator)
      runs.append(
        wave_run(sourceOffset: UInt64(from), targetOffset: UInt64(offset), bytes: UInt32(count), reserved: 0))
      expected.replaceSubrange(offset..<(offset + count), with: source.bytes[from..<(from + count)])
      offset += count + 1
    }
    try session.move(source, runs: runs, target: target)
    #expect(target.bytes.elementsEqual(expected))
  }

  /// One byte of each block in turn, the last one of what is there among them.
  @Test(arguments: TestBackend.available)
  func findsTheBlocksThatDiffer(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let (left, right) = (
      try session.makeBuffer(byteCount: Self.chunk + 8), try session.makeBuffer(byteCount: Self.chunk + 8)
    )
    generator.fill(left.bytes)
    session.didWrite(left)
    for count in [0, 1, 7, 8, 9, Self.block - 1, Self.block, Self.block + 1, Self.chunk - 1, Self.chunk] {
      let pair = wave_comparison(leftOffset: 3, rightOffset: 5, bytes: UInt32(count), reserved: 0)
      var masks: [UInt64] = [7, 7]
      for block in -1..<((count + Self.block - 1) / Self.block) {
        UnsafeMutableRawBufferPointer(rebasing: right.bytes[5..<(5 + count)])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(left.bytes)[3..<(3 + count)]))
        if block >= 0 { right.bytes[5 + min(count, (block + 1) * Self.block) - 1] ^= 1 }
        session.didWrite(right)
        try session.compare(left, right, pairs: [pair], masks: &masks)
        #expect(masks == [block < 0 ? 0 : 1 << UInt64(block)], "block \(block) of \(count) bytes")
      }
    }
  }

  @Test(arguments: TestBackend.available)
  func refusesWorkOutsideItsBuffers(on test: TestBackend) throws {
    let session = try test.session()
    let buffer = try session.makeBuffer(byteCount: 64)
    let good = wave_combination(
      leftOffset: 0, rightOffset: 0, targetOffset: 0, words: 8, width: 8, operation: 0, reserved: (0, 0))
    var masks: [UInt64] = []
    func refuses(_ change: (inout wave_combination) -> Void) {
      var task = good
      change(&task)
      #expect(throws: ComputeError.self, "\(task)") {
        try session.combine(buffer, buffer, tasks: [task], target: buffer)
      }
    }
    try session.combine(buffer, buffer, tasks: [good], target: buffer)
    refuses { $0.leftOffset = 1 }
    refuses { $0.rightOffset = .max }
    refuses { $0.targetOffset = 65 }
    refuses { $0.words = .max }
    refuses { $0.width = 3 }
    refuses { $0.width = 16 }
    refuses { $0.operation = 4 }
    refuses { ($0.width, $0.operation) = (1, 2) }
    refuses { $0.reserved.1 = 1 }
    let runs: [(UInt64, UInt64, UInt32)] = [(0, 1, 64), (1, 0, 64), (.max, 0, 1), (0, 0, WAVE_CHUNK_BYTES + 1)]
    for run in runs {
      #expect(throws: ComputeError.self) {
        try session.move(
          buffer, runs: [wave_run(sourceOffset: run.0, targetOffset: run.1, bytes: run.2, reserved: 0)],
          target: buffer)
      }
      #expect(throws: ComputeError.self) {
        try session.compare(
          buffer, buffer,
          pairs: [wave_comparison(leftOffset: run.0, rightOffset: run.1, bytes: run.2, reserved: 0)], masks: &masks)
      }
    }
  }

  private func word(_ buffer: ComputeBuffer, at offset: Int, _ width: Int) -> UInt64 {
    (0..<width).reduce(0) { $0 | UInt64(buffer.bytes[offset + $1]) << UInt64(8 * $1) }
  }

  /// HWP-Format.md, sections 5 (float difference) and 6 (kind 2).
  private func combined(_ left: UInt64, _ right: UInt64, _ operation: UInt8, _ width: Int) -> UInt64 {
    let mask = UInt64.max >> UInt64(64 - 8 * width)
    let top: UInt64 = 1 << UInt64(8 * width - 1)
    func ordered(_ word: UInt64) -> UInt64 { word & top == 0 ? word | top : ~word & mask }
    func unordered(_ word: UInt64) -> UInt64 { word & top == 0 ? ~word & mask : word & ~top }
    switch Int(operation) {
    case WAVE_ADD: return (left &+ right) & mask
    case WAVE_SUBTRACT: return (left &- right) & mask
    case WAVE_ADD_ORDERED: return unordered((ordered(left) &+ right) & mask)
    default: return (ordered(left) &- ordered(right)) & mask
    }
  }
}
