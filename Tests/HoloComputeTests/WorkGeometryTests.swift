import CWaveKernels
import Testing

@testable import HoloCompute

/// Work that reaches outside its buffers, or is malformed, is an error on every backend, and nothing runs.
@Suite struct WorkGeometryTests {
  private static let byteCount = 1000

  @Test(arguments: TestBackend.available)
  func refusesSpansOutsideTheSource(on test: TestBackend) throws {
    let session = try test.session()
    let source = try session.makeBuffer(byteCount: Self.byteCount)
    let bad: [(offset: UInt64, firstLeaf: UInt64, length: UInt32, flags: UInt32)] = [
      (0, 0, 1001, 0), (1, 0, 1000, 0), (1000, 0, 1, 0), (1001, 0, 0, 0), (.max, 0, 1, 0), (.max - 10, 0, 100, 0),
      (0, 0, 262_145, 0), (0, 0, .max, 0), (0, 0, 10, 2), (0, 256, 10, WAVE_SPAN_ROOT),
    ]
    for span in bad {
      let good = wave_span(offset: 1000, firstLeaf: 0, length: 0, flags: 1)
      let wrong = wave_span(offset: span.offset, firstLeaf: span.firstLeaf, length: span.length, flags: span.flags)
      let error = #expect(throws: ComputeError.self) {
        var digests: [wave_digest] = []
        try session.checksum(source, spans: [good, wrong], digests: &digests)
      }
      #expect(error?.names("span", 1) == true, "\(span)")
    }
  }

  @Test(arguments: TestBackend.available)
  func refusesSurveysOutsideTheSource(on test: TestBackend) throws {
    let session = try test.session()
    let source = try session.makeBuffer(byteCount: Self.byteCount)
    let bad: [(offset: UInt64, words: UInt32, limit: UInt16, width: UInt8, stride: UInt8)] = [
      (0, 1001, 256, 1, 1), (0, 251, 256, 4, 1), (1, 250, 256, 4, 1), (0, 501, 256, 1, 2), (.max, 1, 1, 1, 1),
      (0, .max, 256, 16, 1), (0, 10, 0, 4, 1), (0, 10, 257, 4, 1), (0, 10, 256, 3, 1), (0, 10, 256, 0, 1),
      (0, 10, 256, 4, 0), (0, 10, 256, 4, 3), (0, 10, 256, 16, 2), (1001, 0, 256, 4, 1),
    ]
    for survey in bad {
      let wrong = wave_survey(
        chunkOffset: survey.offset, words: survey.words, limit: survey.limit, width: survey.width, stride: survey.stride
      )
      let error = #expect(throws: ComputeError.self) {
        try session.survey(source, surveys: [wrong], palettes: PaletteTable())
      }
      #expect(error?.names("survey", 0) == true, "\(survey)")
    }
  }

  @Test(arguments: TestBackend.available)
  func takesTheLastComponentOfTheLastElement(on test: TestBackend) throws {
    let session = try test.session()
    let source = try session.makeBuffer(byteCount: Self.byteCount)
    // Words at 4, 12 ... 996: the last ends with the buffer.
    let survey = wave_survey(chunkOffset: 4, words: 125, limit: 256, width: 4, stride: 2)
    try session.survey(source, surveys: [survey], palettes: PaletteTable())
    let beyond = wave_survey(chunkOffset: 5, words: 125, limit: 256, width: 4, stride: 2)
    #expect(throws: ComputeError.self) {
      try session.survey(source, surveys: [beyond], palettes: PaletteTable())
    }
  }

  private static let badTasks: [(name: String, task: wave_task)] = [
    ("words outside", .make(WAVE_METHOD_RAW, width: 4, words: 251)),
    ("offset outside", .make(WAVE_METHOD_RAW, width: 1, words: 1, chunkOffset: 1000)),
    ("stream outside", .make(WAVE_METHOD_RAW, width: 4, words: 250, streamOffset: 1)),
    ("padded planes outside", .make(WAVE_METHOD_PLANES, width: 8, words: 121, streamOffset: 0)),
    ("more than a chunk", .make(WAVE_METHOD_RAW, width: 16, words: 16385)),
    ("width 3", .make(WAVE_METHOD_RAW, width: 3, words: 1)),
    ("width 0", .make(WAVE_METHOD_RAW, width: 0, words: 1)),
    ("stride 0", .make(WAVE_METHOD_RAW, width: 4, stride: 0, words: 1)),
    ("stride 3", .make(WAVE_METHOD_RAW, width: 4, stride: 3, words: 1)),
    ("wide complex", .make(WAVE_METHOD_RAW, width: 16, stride: 2, words: 1)),
    ("unknown method", .make(99, width: 4, words: 1)),
    ("planes of 16 bytes", .make(WAVE_METHOD_PLANES, width: 16, words: 1)),
    ("difference of 16 bytes", .make(WAVE_METHOD_DIFFERENCE, width: 16, words: 1)),
    ("float difference of 16 bytes", .make(WAVE_METHOD_FLOAT_DIFFERENCE, width: 16, words: 1)),
    ("empty palette", .make(WAVE_METHOD_PALETTE, width: 4, words: 1, count: 0, indexBits: 1)),
    ("palette too large", .make(WAVE_METHOD_PALETTE, width: 1, words: 1, count: 257, indexBits: 8)),
    ("bits too few", .make(WAVE_METHOD_PALETTE, width: 1, words: 1, count: 3, indexBits: 1)),
    ("3 bits", .make(WAVE_METHOD_PALETTE, width: 1, words: 1, count: 3, indexBits: 3)),
    ("dictionary outside", .make(WAVE_METHOD_PALETTE, width: 8, words: 1, count: 9, indexBits: 4)),
    (
      "dictionary past the end",
      .make(WAVE_METHOD_PALETTE, width: 4, words: 1, dictionaryOffset: 65, count: 1, indexBits: 1)
    ),
  ]

  @Test(arguments: TestBackend.available)
  func refusesBadTasks(on test: TestBackend) throws {
    let session = try test.session()
    let chunks = try session.makeBuffer(byteCount: Self.byteCount, filledWith: 0x5A)
    let streams = try session.makeBuffer(byteCount: Self.byteCount, filledWith: 0xA5)
    let dictionaries = [UInt8](repeating: 7, count: 64)
    for (name, task) in Self.badTasks {
      for isEncoding in [true, false] {
        let error = #expect(throws: ComputeError.self) {
          try dictionaries.withUnsafeBytes { dictionaries in
            if isEncoding {
              try session.encode(chunks, tasks: [task], dictionaries: dictionaries, streams: streams)
            } else {
              try session.decode(streams, tasks: [task], dictionaries: dictionaries, target: chunks)
            }
          }
        }
        #expect(error?.names("task", 0) == true, "\(name)")
      }
    }
    #expect(chunks.bytes.allSatisfy { $0 == 0x5A })
    #expect(streams.bytes.allSatisfy { $0 == 0xA5 })
  }

  @Test(arguments: TestBackend.available)
  func needsADictionaryToDecodeAConstantButNotToEncodeIt(on test: TestBackend) throws {
    let session = try test.session()
    let (chunks, streams) = (try session.makeBuffer(byteCount: 64), try session.makeBuffer(byteCount: 0))
    let task = wave_task.make(WAVE_METHOD_CONSTANT, width: 8, words: 8, count: 1)
    try session.encode(chunks, tasks: [task], dictionaries: noDictionaries, streams: streams)
    #expect(throws: ComputeError.self) {
      try session.decode(streams, tasks: [task], dictionaries: noDictionaries, target: chunks)
    }
  }

  private static let badQuantizations: [(name: String, task: wave_quantization)] = [
    ("words outside", .make(words: 251)),
    ("source outside", .make(words: 250, sourceOffset: 1)),
    ("target outside", .make(words: 1, targetOffset: 1000)),
    ("target far outside", .make(words: 1, targetOffset: .max)),
    ("flags outside", .make(words: 16, flagsOffset: 999)),
    ("more than a chunk", .make(words: 65537)),
    ("unknown type", .make(words: 1, type: 4)),
    ("unknown quantizer", .make(words: 1, quantizer: 0)),
    ("quantizer 5", .make(words: 1, quantizer: 5)),
    ("a grid with phases", .make(words: 1, bits: 3)),
    ("no levels", .make(words: 1, quantizer: WAVE_QUANTIZER_LOGARITHM)),
    ("too many levels", .make(words: 1, quantizer: WAVE_QUANTIZER_LOGARITHM, parameter: 65537)),
    (
      "too many levels of f16",
      .make(words: 1, type: WAVE_FLOAT_F16, quantizer: WAVE_QUANTIZER_LOGARITHM, parameter: 820)
    ),
    ("half an element", .make(words: 3, quantizer: WAVE_QUANTIZER_PHASE, bits: 8)),
    ("phases of f16", .make(words: 2, type: WAVE_FLOAT_F16, quantizer: WAVE_QUANTIZER_PHASE, bits: 8)),
    ("1 bit", .make(words: 2, quantizer: WAVE_QUANTIZER_PHASE, bits: 1)),
    ("17 bits", .make(words: 2, quantizer: WAVE_QUANTIZER_PHASE_GRID, bits: 17)),
    ("reserved", .make(words: 1, reserved: 1)),
  ]

  @Test(arguments: TestBackend.available)
  func refusesBadQuantizations(on test: TestBackend) throws {
    let session = try test.session()
    let source = try session.makeBuffer(byteCount: Self.byteCount)
    let targets = try (0..<3).map { _ in try session.makeBuffer(byteCount: Self.byteCount, filledWith: 0x5A) }
    for (name, task) in Self.badQuantizations {
      var results: [wave_quantized] = []
      let error = #expect(throws: ComputeError.self) {
        try session.quantize(
          source, tasks: [.make(words: 0), task], codes: targets[0], restored: targets[1], flags: targets[2],
          results: &results)
      }
      #expect(error?.names("quantization", 1) == true, "\(name)")
      // Source and flags are nothing to a restore.
      guard task.sourceOffset == 0, task.flagsOffset == 0 else { continue }
      let other = #expect(throws: ComputeError.self) {
        try session.dequantize(targets[0], tasks: [task], restored: targets[1])
      }
      #expect(other?.names("quantization", 0) == true, "\(name)")
    }
    for target in targets { #expect(target.bytes.allSatisfy { $0 == 0x5A }) }
  }

  @Test func refusesReservedBytes() {
    var task = wave_task.make(WAVE_METHOD_RAW, width: 1, words: 1)
    task.reserved.1 = 1
    #expect(throws: ComputeError.self) {
      try WorkGeometry.check(
        tasks: [task], direction: .encode, chunksByteCount: 8, streamsByteCount: 8, dictionariesByteCount: 0)
    }
  }

  @Test(.enabled(if: TestBackend.hasOpenCL))
  func refusesBuffersOfAnotherBackend() throws {
    let (host, device, other) = (
      try TestBackend.host.session(), try TestBackend.openCL.session(), try TestBackend.openCLAsGPU.session()
    )
    var digests: [wave_digest] = []
    for (session, foreign) in [(host, device), (device, host), (device, other)] {
      let buffer = try foreign.makeBuffer(byteCount: 16)
      #expect(throws: ComputeError.foreignBuffer) {
        try session.checksum(buffer, spans: regionSpans(byteCount: 16), digests: &digests)
      }
    }
  }

  @Test(arguments: TestBackend.available)
  func refusesABufferOfImpossibleSize(on test: TestBackend) throws {
    let session = try test.session()
    for byteCount in [-1, Int.max, 1 << 60] {
      #expect(throws: ComputeError.self) { try session.makeBuffer(byteCount: byteCount) }
    }
  }
}

extension ComputeError {
  /// Whether it tells of this piece of work.
  fileprivate func names(_ item: String, _ index: Int) -> Bool {
    if case .invalidWork(item, index, _) = self { true } else { false }
  }
}

extension wave_quantization {
  fileprivate static func make(
    words: UInt32, type: Int = WAVE_FLOAT_F32, quantizer: Int = WAVE_QUANTIZER_GRID, bits: UInt8 = 0,
    sourceOffset: UInt64 = 0, targetOffset: UInt64 = 0, flagsOffset: UInt64 = 0, reserved: UInt8 = 0,
    parameter: UInt64 = 0
  ) -> wave_quantization {
    var task = wave_quantization()
    task.sourceOffset = sourceOffset
    task.targetOffset = targetOffset
    task.flagsOffset = flagsOffset
    task.words = words
    task.type = UInt8(type)
    task.quantizer = UInt8(quantizer)
    task.bits = bits
    task.reserved = reserved
    task.parameters.0 = parameter
    return task
  }
}
