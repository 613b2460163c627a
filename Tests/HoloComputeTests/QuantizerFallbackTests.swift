import CWaveKernels
import HoloModel
import TestSupport
import Testing

@testable import HoloCompute

/// A device whose quantizers do not build, or compute something else, leaves them to the host; its other kernels run.
@Suite(.enabled(if: TestBackend.hasOpenCL)) struct QuantizerFallbackTests {
  private static let nothing = """
    kernel void wave_quantize(global const uchar *a, global const uchar *b, uint count, global uchar *c,
                              global uchar *d, global uchar *e, global uchar *f) {}
    kernel void wave_dequantize(global const uchar *a, global const uchar *b, uint count, global uchar *c) {}
    """

  @Test(arguments: ["kernel void broken( { nonsense", nothing], [OpenCLContext.MemoryModel?.none, .copies])
  func theHostQuantizesForADeviceThatCannot(source: String, memoryModel: OpenCLContext.MemoryModel?) throws {
    var generator = SeededGenerator.announced()
    let backend = try OpenCLStartup.exclusively { () throws(ComputeError) in
      try OpenCLBackend(deviceIndex: 0, reason: "a test", quantizerSource: source, memoryModel: memoryModel)
    }
    #expect(backend.quantizers() == nil)
    let (session, host) = (try backend.makeSession(), try TestBackend.host.session())
    let test = QuantizerCase(mode: .absolute(1e-3), type: .f32)
    let bytes = QuantizerData.ordinary.bytes(chunkByteCount, for: test, &generator)
    let quantization = try #require(bytes.withUnsafeBytes { test.quantization(of: $0) })
    let expected = try QuantizedRegion(bytes, quantization, on: host)
    let region = try QuantizedRegion(bytes, quantization, on: session)
    #expect(region == expected)
    #expect(try region.dequantized(quantization, on: session) == expected.dequantized(quantization, on: host))
  }

  /// What the host wrote is what the device's other kernels read.
  @Test func theDeviceSeesWhatTheHostQuantized() throws {
    let backend = try OpenCLStartup.exclusively { () throws(ComputeError) in
      try OpenCLBackend(deviceIndex: 0, reason: "a test", quantizerSource: Self.nothing, memoryModel: .copies)
    }
    let session = try backend.makeSession()
    let quantization = try #require(Quantization(mode: .absolute(1e-3), type: .f32))
    let source = try session.makeBuffer(
      (0..<64).flatMap { index in withUnsafeBytes(of: Float(index) / 7) { Array($0) } })
    let codes = try session.makeBuffer(byteCount: 256)
    let flags = try session.makeBuffer(byteCount: 8)
    let streams = try session.makeBuffer(byteCount: 256)
    let raw = wave_task.make(WAVE_METHOD_RAW, width: 4, words: 64)
    // The device has a copy of the codes from here on.
    try session.encode(codes, tasks: [raw], dictionaries: noDictionaries, streams: streams)
    var results: [wave_quantized] = []
    try session.quantize(
      source, tasks: [quantization.task(words: 64, targetOffset: 0)], codes: codes, restored: source, flags: flags,
      results: &results)
    try session.encode(codes, tasks: [raw], dictionaries: noDictionaries, streams: streams)
    #expect(areEqual(codes.bytes, streams.bytes))
    #expect(!codes.bytes.allSatisfy { $0 == 0 })
  }
}
