import ArgumentParser

/// A size as the user writes it: `64KiB`, `512MiB`, `2GiB`, or plain bytes.
struct ByteSize: Equatable, Sendable {
  let byteCount: Int

  /// Of a generated state: large enough to measure on.
  static let usualState = ByteSize(byteCount: 256 << 20)

  private static let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)]

  /// Strict: digits, and a binary unit or none. `MB` is refused rather than guessed at.
  static func parse(_ text: String) throws -> ByteSize {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count)
    let shift = unit.isEmpty ? 0 : units.first { $0.0 == unit }?.1
    if text.first == "-", text.dropFirst().first?.isNumber == true {
      throw ValidationError("a size is not negative")
    }
    guard !digits.isEmpty, let shift else {
      throw ValidationError("a size is written as 64KiB, 512MiB, 2GiB or as plain bytes")
    }
    guard let count = Int(digits), count <= Int.max >> shift else { throw ValidationError("the size is too large") }
    return ByteSize(byteCount: count << shift)
  }

  /// For a size that has to be more than nothing.
  static func parsePositive(_ text: String) throws -> ByteSize {
    let size = try parse(text)
    if size.byteCount == 0 { throw ValidationError("the size must be more than 0") }
    return size
  }
}

/// How much memory a command may take.
struct MemoryOption: ParsableArguments {
  @Option(
    name: .customLong("memory-limit"), parsing: .unconditional,
    help: ArgumentHelp("Memory for the pipeline's buffers (default: 256MiB).", valueName: "size"),
    transform: ByteSize.parsePositive)
  var limit: ByteSize?
}
