import ArgumentParser
import HoloEngine
import HoloFormat

/// How chunks are coded and compressed.
struct CodingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "auto rearranges each chunk so that it compresses best; none leaves it, so that `lz4 -dc` gives the bytes.",
      valueName: "mode"))
  var transform = TransformMode.auto

  @Option(help: ArgumentHelp("How hard to compress: fast (LZ4) or high (LZ4HC).", valueName: "level"))
  var level = CompressionLevel.fast
}

extension CaptureOptions {
  init(_ coding: CodingOptions, _ backend: BackendOptions, _ memory: MemoryOption) {
    self.init()
    transform = coding.transform
    level = coding.level
    self.backend = backend.backend
    device = backend.device
    if let limit = memory.limit { memoryLimit = limit.byteCount }
  }
}

extension RestoreOptions {
  init(_ backend: BackendOptions, _ memory: MemoryOption? = nil) {
    self.init()
    self.backend = backend.backend
    device = backend.device
    if let limit = memory?.limit { memoryLimit = limit.byteCount }
  }
}

extension TransformMode: ExpressibleByArgument {}
extension CompressionLevel: ExpressibleByArgument {}
