import CWaveKernels
import Foundation
import HoloModel
import TestSupport
import Testing

@testable import HoloCompute

/// No value is further from its own than was asked for, on any backend, and what was restored once is restored the same again. `make soak`
/// tries a hundred times as many.
@Suite struct QuantizerGuaranteeTests {
  private static let isSoak = ProcessInfo.processInfo.environment["HOLOSNAP_SOAK"] != nil
  private static let valueCount = isSoak ? 1_000_000_000 : 10_000_000

  @Test(arguments: TestBackend.available)
  func keepsEveryBoundAndIsIdempotent(_ backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try backend.session()
    let sizes = [chunkByteCount, chunkByteCount / 2 + 48, 4096]
    var (values, turn) = (0, 0)
    while values < Self.valueCount {
      for test in QuantizerCase.all {
        for data in QuantizerData.allCases {
          let bytes = data.bytes(sizes[turn % sizes.count], for: test, &generator)
          values += try check(bytes, test, session)
        }
      }
      turn += 1
      if Self.isSoak { print("\(backend): \(values) values") }
    }
  }

  /// Gives how many values there were.
  private func check(_ bytes: [UInt8], _ test: QuantizerCase, _ session: any ComputeSession) throws -> Int {
    guard let quantization = bytes.withUnsafeBytes({ test.quantization(of: $0) }) else { return 0 }
    let region = try QuantizedRegion(bytes, quantization, on: session)
    var checker = BoundChecker(mode: test.mode, range: nil)
    if case .relative(_, let clip) = test.mode {
      checker = BoundChecker(
        mode: test.mode, range: bytes.withUnsafeBytes { Quantization.range(of: $0, type: test.type, clip: clip) })
    }
    let (before, after) = (numbers(bytes, test.type), numbers(region.restored, test.type))
    let step = test.isComplex ? 2 : 1
    for first in stride(from: 0, to: before.count, by: step) {
      let last = first + step - 1
      let isAllowed = checker.allows(
        (before[first], step == 2 ? before[last] : 0), (after[first], step == 2 ? after[last] : 0))
      guard !isAllowed else { continue }
      Issue.record("\(test) \(quantization): \(before[first...last]) became \(after[first...last])")
      return before.count
    }
    #expect(region.flags.reduce(0) { $0 + UInt64($1.nonzeroBitCount) } == region.exceptions, "\(test)")
    try expectRestored(region, bytes, quantization, test, session)
    // As a capture of what was restored: with a quantizer of its own.
    let again = region.restored.withUnsafeBytes { test.quantization(of: $0) }
    #expect(again == quantization, "\(test)")
    #expect(try QuantizedRegion(region.restored, quantization, on: session).restored == region.restored, "\(test)")
    return before.count
  }

  /// Exceptions are as they were, the others what their codes give.
  private func expectRestored(
    _ region: QuantizedRegion, _ bytes: [UInt8], _ quantization: Quantization, _ test: QuantizerCase,
    _ session: any ComputeSession
  ) throws {
    var expected = try region.dequantized(quantization, on: session)
    let itemByteCount = test.type.wordByteCount * quantization.wordsPerFlag
    for item in 0..<bytes.count / itemByteCount where region.isException(item) {
      for byte in item * itemByteCount..<(item + 1) * itemByteCount { expected[byte] = bytes[byte] }
    }
    #expect(expected == region.restored, "\(test)")
  }
}

extension QuantizerCase {
  /// Whether a bound is one of whole elements.
  var isComplex: Bool {
    switch mode {
    case .absolute, .relative, .pointwise: false
    case .euclidean, .phase: true
    }
  }
}

/// Values as doubles, exactly.
func numbers(_ bytes: [UInt8], _ type: ElementType) -> [Double] {
  let word = ReferenceWord(type: type)
  return words(bytes, width: type.wordByteCount).map { bits in
    if type.isDouble { return Double(bitPattern: bits) }
    let number: Float = word.number(bits)
    // A NaN's payload may change on the way; its place is what counts here, its bits are compared as bytes.
    return Double(number)
  }
}
