import CWaveKernels
import HoloModel

extension WorkGeometry {
  static func check(
    quantizing tasks: [wave_quantization], source: ComputeBuffer, codes: ComputeBuffer, restored: ComputeBuffer,
    flags: ComputeBuffer
  ) throws(ComputeError) {
    for (index, task) in tasks.enumerated() {
      let found =
        formProblem(with: task)
        ?? problem(with: task.sourceOffset, task.byteCount, in: source, named: "source")
        ?? problem(with: task.targetOffset, task.byteCount, in: codes, named: "codes")
        ?? problem(with: task.targetOffset, task.byteCount, in: restored, named: "restored numbers")
        ?? problem(with: task.flagsOffset, task.flagByteCount, in: flags, named: "flags")
      if let found { throw .invalidWork(item: "quantization", index: index, reason: found) }
    }
  }

  static func check(
    dequantizing tasks: [wave_quantization], codes: ComputeBuffer, restored: ComputeBuffer
  ) throws(ComputeError) {
    for (index, task) in tasks.enumerated() {
      let found =
        formProblem(with: task)
        ?? problem(with: task.targetOffset, task.byteCount, in: codes, named: "codes")
        ?? problem(with: task.targetOffset, task.byteCount, in: restored, named: "restored numbers")
      if let found { throw .invalidWork(item: "quantization", index: index, reason: found) }
    }
  }

  static func problem(
    with offset: UInt64, _ length: UInt64, in buffer: ComputeBuffer, named name: String
  ) -> String? {
    if fits(offset: offset, length: length, in: UInt64(buffer.byteCount)) { return nil }
    return "\(name) \(offset) + \(length) reach outside the buffer of \(buffer.byteCount) bytes"
  }

  private static func formProblem(with task: wave_quantization) -> String? {
    guard task.type <= UInt8(WAVE_FLOAT_F64) else { return "unknown type \(task.type)" }
    if task.byteCount > chunkByteCount { return "\(task.words) words are more than a chunk" }
    if task.reserved != 0 { return "reserved bytes are not zero" }
    switch Int(task.quantizer) {
    case WAVE_QUANTIZER_GRID:
      return task.bits == 0 ? nil : "a grid with phases"
    case WAVE_QUANTIZER_LOGARITHM:
      if task.bits != 0 { return "a logarithm with phases" }
      // The kernels turn codes into integers of which this bounds the size.
      let levels = task.parameters.0
      return (1...task.levelLimit).contains(levels) ? nil : "\(levels) levels an octave"
    case WAVE_QUANTIZER_PHASE, WAVE_QUANTIZER_PHASE_GRID:
      if task.wordByteCount == 2 { return "phases of words of 2 bytes" }
      if task.words % 2 != 0 { return "half an element" }
      return Quantizer.phaseBits.contains(Int(task.bits)) ? nil : "phases of \(task.bits) bits"
    default:
      return "unknown quantizer \(task.quantizer)"
    }
  }
}

extension wave_quantization {
  var wordByteCount: UInt64 {
    switch Int(type) {
    case WAVE_FLOAT_F16, WAVE_FLOAT_BF16: 2
    case WAVE_FLOAT_F64: 8
    default: 4
    }
  }

  var byteCount: UInt64 { UInt64(words) * wordByteCount }

  var flagByteCount: UInt64 {
    let isPhase = quantizer == UInt8(WAVE_QUANTIZER_PHASE) || quantizer == UInt8(WAVE_QUANTIZER_PHASE_GRID)
    return ((isPhase ? UInt64(words) / 2 : UInt64(words)) + 7) / 8
  }

  fileprivate var levelLimit: UInt64 {
    let type: ElementType =
      switch Int(self.type) {
      case WAVE_FLOAT_F16: .f16
      case WAVE_FLOAT_BF16: .bf16
      case WAVE_FLOAT_F64: .f64
      default: .f32
      }
    return UInt64(Quantizer.levelLimit(of: type))
  }
}
