import ArgumentParser
import HoloEngine
import HoloFormat

/// How chunks are coded and compressed.
struct CodingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "auto rearranges each chunk so that it compresses best; none leaves it, so that `lz4 -dc` gives the bytes. Goes with"
        + " .hwp (default: auto).", valueName: "mode"))
  var transform: TransformMode?

  @Option(
    help: ArgumentHelp(
      "How hard to compress: fast (LZ4) or high (LZ4HC). Goes with .hwp (default: fast).", valueName: "level"))
  var level: CompressionLevel?

  /// Refuses what would mean nothing: only a `.hwp` is coded and compressed.
  func check(for format: String) throws {
    let given = [transform.map { _ in "--transform" }, level.map { _ in "--level" }].compactMap { $0 }
    guard format != ContainerFormat.hwp.rawValue, !given.isEmpty else { return }
    throw ValidationError(
      "a \(format) file is not compressed: leave out \(given.joined(separator: " and ")), or write a .hwp")
  }
}

extension CaptureOptions {
  init(_ coding: CodingOptions, _ backend: BackendOptions, _ memory: MemoryOption) {
    self.init()
    if let chosen = coding.transform { transform = chosen }
    if let chosen = coding.level { level = chosen }
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
