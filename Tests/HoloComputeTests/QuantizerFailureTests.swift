import CWaveKernels
import HoloModel
import Testing

@testable import HoloCompute

/// What other lossy compressors are known to get wrong (Fallin, Burtscher, arXiv 2407.15037).
@Suite struct QuantizerFailureTests {
  private func restored(_ numbers: [Float], _ mode: QuantizationMode) throws -> (numbers: [Float], exceptions: UInt64) {
    let bytes = numbers.withUnsafeBytes { Array($0) }
    let quantization = try #require(Quantization(mode: mode, type: .f32))
    let region = try QuantizedRegion(bytes, quantization, on: TestBackend.host.session())
    return (region.restored.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }, region.exceptions)
  }

  /// SZ2: the error of a restored number is bounded before it is rounded, not after.
  @Test func roundingDoesNotExceedABound() throws {
    var numbers: [Float] = []
    for exponent in 4...22 {
      let start = Float(sign: .plus, exponent: exponent, significand: 1)
      numbers += (0..<2000).map { start + Float($0) * start.ulp }
    }
    let (after, _) = try restored(numbers, .absolute(1e-3))
    let checker = BoundChecker(mode: .absolute(1e-3), range: nil)
    for (x, y) in zip(numbers, after) {
      #expect(checker.allows((Double(x), 0), (Double(y), 0)), "\(x) became \(y)")
    }
  }

  /// ZFP: NaNs and infinities come back as some number.
  @Test(arguments: [QuantizationMode.absolute(1e-3), .pointwise(1e-3)])
  func nansAndInfinitiesKeepTheirBits(_ mode: QuantizationMode) throws {
    let bits: [UInt32] = [0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC0_1234, 0x7F80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF]
    let bytes = (bits + [Float(1).bitPattern]).withUnsafeBytes { Array($0) }
    let quantization = try #require(Quantization(mode: mode, type: .f32))
    let region = try QuantizedRegion(bytes, quantization, on: TestBackend.host.session())
    #expect(region.restored.prefix(28) == bytes.prefix(28))
    #expect(region.exceptions == 7)
    #expect(region.flags == [0b0111_1111])
  }

  @Test(arguments: [QuantizationMode.absolute(1e-3), .pointwise(1e-3)])
  func negativeZeroKeepsItsSign(_ mode: QuantizationMode) throws {
    let (after, exceptions) = try restored([-0.0, 0.0], mode)
    #expect(after.map(\.bitPattern) == [0x8000_0000, 0])
    #expect(exceptions == 1)
  }

  @Test func negativeZeroOfAPhasorKeepsItsSign() throws {
    let bytes = [Float(1), -0.0, 0, 1].withUnsafeBytes { Array($0) }
    let quantization = try #require(Quantization(mode: .phase(bits: 8, amplitude: nil), type: .c64))
    let region = try QuantizedRegion(bytes, quantization, on: TestBackend.host.session())
    #expect(region.restored == bytes)
    #expect(region.flags == [1])
  }

  /// SZ3: numbers past every integer are cast to one. (The undefined-behaviour sanitizer sees none here.)
  @Test func numbersPastEveryIntegerAreKept() throws {
    let numbers: [Float] = [1e30, -1e30, 3.4e38, -3.4e38, 2_147_483_648, -2_147_483_904, 9.3e18, 4_194_305]
    let (after, exceptions) = try restored(numbers, .absolute(0.25))
    #expect(after == numbers)
    #expect(exceptions == 8)
  }

  /// float32(1e-3) is more than 1e-3.
  @Test func aBoundIsRoundedTowardZero() throws {
    #expect(Double(Float(1e-3)) > 1e-3)
    #expect(try #require(Quantization(mode: .absolute(1e-3), type: .f32)).bound <= 1e-3)
    let (after, _) = try restored([Float(1e-3), -Float(1e-3), Float(1e-3).nextDown], .absolute(1e-3))
    #expect(abs(Double(Float(1e-3)) - Double(after[0])) <= 1e-3)
    #expect(abs(Double(-Float(1e-3)) - Double(after[1])) <= 1e-3)
    #expect(after[2] == 0)
  }

  /// Whole numbers half-way between two levels are within the bound exactly.
  @Test func aDifferenceOfExactlyTheBoundCounts() throws {
    let (after, exceptions) = try restored([-3, -1, 1, 3, 5, 4_000_001], .absolute(1))
    #expect(after == [-4, 0, 0, 4, 4, 4_000_000])
    #expect(exceptions == 0)
  }

  /// Every value at an end of the range comes back as that: the next capture finds the same range.
  @Test func theEndsOfARangeAreExact() throws {
    let numbers: [Float] = [-0.7331, 0.1, 0.2, 0.913, 0.913, -0.7331]
    let bytes = numbers.withUnsafeBytes { Array($0) }
    let quantization = try #require(
      Quantization(mode: .relative(0.01, clip: nil), type: .f32, range: Double(numbers[0])...Double(numbers[3])))
    let region = try QuantizedRegion(bytes, quantization, on: TestBackend.host.session())
    let after = region.restored.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    #expect([after[0], after[3], after[4], after[5]] == [-0.7331, 0.913, 0.913, -0.7331])
    #expect(region.exceptions == 0)
  }

  /// Fill values beyond the clip are kept, and stretch no range.
  @Test func fillValuesAreKept() throws {
    let fill: Float = 9.96921e36
    let bytes = [fill, 1, 2, .infinity, 3.3, fill].withUnsafeBytes { Array($0) }
    let range = bytes.withUnsafeBytes { Quantization.range(of: $0, type: .f32, clip: 1e30) }
    #expect(range == 1...Double(Float(3.3)))
    let quantization = try #require(Quantization(mode: .relative(1e-3, clip: 1e30), type: .f32, range: range))
    let region = try QuantizedRegion(bytes, quantization, on: TestBackend.host.session())
    #expect(region.flags == [0b10_1001])
  }
}
