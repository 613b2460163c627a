import HoloModel
import Testing

@Suite struct QuantizationModeTests {
  @Test(arguments: [
    ("abs:1e-3", QuantizationMode.absolute(1e-3)), ("rel:0.5", .relative(0.5, clip: nil)),
    ("rel:1e-4,clip:1e30", .relative(1e-4, clip: 1e30)), ("pw:1", .pointwise(1)), ("l2:2.5", .euclidean(2.5)),
    ("phase:2", .phase(bits: 2, amplitude: nil)), ("phase:16,amp:1e-6", .phase(bits: 16, amplitude: 1e-6)),
  ])
  func readsWhatAUserWrites(text: String, mode: QuantizationMode) throws {
    #expect(try QuantizationMode(text: text) == mode)
    #expect(try QuantizationMode(text: mode.text) == mode)
  }

  @Test(arguments: [
    "", "abs", "abs:", "abs:0", "abs:-1", "abs:nan", "abs:inf", "abs:1e999", "abs:1e-999", "abs:x", "abs:1,clip:2",
    "abs:1,abs:2", "rel:1,clip:0", "rel:1,amp:2", "rel:1,", "clip:1", "pw:1,clip:3", "phase:1", "phase:17", "phase:2.5",
    "phase:", "phase:8,amp:0", "phase:8,clip:1", "best:1", "ABS:1", " abs:1", "abs: 1",
  ])
  func refusesWhatIsNone(text: String) {
    #expect(throws: QuantizationMode.Flaw.self) { try QuantizationMode(text: text) }
  }

  @Test func goesWithTypesThatCanHaveIt() throws {
    for type in ElementType.allCases {
      let isComplex = type == .c64 || type == .c128
      let isReal = [.f16, .bf16, .f32, .f64].contains(type)
      #expect(QuantizationMode.absolute(1).applies(to: type) == (isReal || isComplex))
      #expect(QuantizationMode.pointwise(1).applies(to: type) == (isReal || isComplex))
      #expect(QuantizationMode.euclidean(1).applies(to: type) == isComplex)
      #expect(QuantizationMode.phase(bits: 8, amplitude: nil).applies(to: type) == isComplex)
    }
  }
}
