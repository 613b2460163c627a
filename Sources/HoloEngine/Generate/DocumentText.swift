/// Writes the bytes of made-up documents: words as often as in a language, source code with its indentation and its few
/// names, markup, and the noise of compressed files. Bytes repeat as those of real files do, which is what matters to a
/// compressor.
struct DocumentText {
  private var random = Xoshiro256(seed: 0)
  private var bytes: [UInt8] = []
  private var limit = 0

  /// The first bytes of a document, as many as it is long.
  mutating func write(_ document: DocumentSequence.Document) -> [UInt8] {
    random = Xoshiro256(seed: document.seed)
    limit = document.length
    bytes.removeAll(keepingCapacity: true)
    switch document.kind {
    case .prose: writeProse()
    case .source: writeSource()
    case .page: writePage()
    case .image: writeImage()
    case .archive: writeArchive()
    }
    bytes.removeLast(bytes.count - limit)
    return bytes
  }

  private var isFull: Bool { bytes.count >= limit }

  private mutating func put(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func put(_ word: [UInt8]) { bytes.append(contentsOf: word) }

  // MARK: Words

  /// The commoner a word, the nearer to the front (Zipf's law, roughly): the square of a uniform number picks it.
  private mutating func word() -> [UInt8] {
    let position = random.unit()
    return Self.words[Int(position * position * Double(Self.words.count))]
  }

  private mutating func name() -> [UInt8] {
    let first = Self.words[40 + random.below(Self.words.count - 40)]
    return random.below(2) == 0 ? first : first + [UInt8(ascii: "_")] + word()
  }

  private mutating func number() { put(Array(String(random.below(random.below(4) == 0 ? 10_000 : 20)).utf8)) }

  private mutating func putWords(_ count: Int) {
    for index in 0..<count {
      if index > 0 { put(" ") }
      // Now and then a word that no list has.
      if random.below(9) == 0 { putRareWord() } else { put(word()) }
    }
  }

  private mutating func putRareWord() {
    for _ in 0..<(2 + random.below(3)) {
      bytes.append(Self.consonants[random.below(Self.consonants.count)])
      bytes.append(Self.vowels[random.below(Self.vowels.count)])
    }
  }

  private static let consonants = Array("bcdfghklmnprstvwz".utf8)
  private static let vowels = Array("aeiou".utf8)

  private static let words: [[UInt8]] = """
    the of and to in a is that for it as with be on by this are or from at an not which if can when all will has but
    value name file data type function return object string number list class method default index error memory
    field state wave phase key size length array module test path option user system process input output result set
    get new call argument example used using may must should only other more than one two first last each between
    after before into over same also where then these there their have been was were used does no any some such
    current message version directory format character pattern sequence element operation parameter attribute
    documentation implementation available specified contains provides represents following example section
    interface iterator exception expression dictionary collection association resonance recall storage snapshot
    """.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }).map(Array.init)

  // MARK: Kinds

  private mutating func writeProse() {
    while !isFull {
      for _ in 0..<(2 + random.below(4)) {
        let begin = bytes.count
        putWords(5 + random.below(14))
        bytes[begin] &-= 0x20
        put(random.below(6) == 0 ? ".\n" : ". ")
      }
      put("\n\n")
    }
  }

  private mutating func writeSource() {
    put("import os\nimport sys\nfrom ")
    put(name())
    put(" import ")
    put(name())
    put("\n\n\nclass ")
    put(name())
    put(":\n")
    while !isFull {
      let (function, argument) = (name(), name())
      put("    def ")
      put(function)
      put("(self, ")
      put(argument)
      put("):\n        \"\"\"")
      putWords(4 + random.below(6))
      put("\"\"\"\n")
      for _ in 0..<(1 + random.below(4)) { putStatement(argument) }
      put("        return self.")
      put(function)
      put("\n\n")
    }
  }

  private mutating func putStatement(_ argument: [UInt8]) {
    switch random.below(4) {
    case 0:
      put("        self.")
      put(argument)
      put(" = ")
      number()
    case 1:
      put("        if ")
      put(argument)
      put(" is None:\n            raise ValueError(\"")
      putWords(3 + random.below(3))
      put("\")")
    case 2:
      put("        for ")
      put(word())
      put(" in self.")
      put(argument)
      put(":\n            self.")
      put(name())
      put("(")
      put(argument)
      put(")")
    default:
      put("        ")
      put(name())
      put(" = self.")
      put(name())
      put("(")
      put(argument)
      put(", ")
      number()
      put(")")
    }
    put("\n")
  }

  private mutating func writePage() {
    put("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  <title>")
    putWords(3)
    put("</title>\n  <link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body>\n")
    while !isFull {
      put("  <div class=\"")
      put(word())
      put("\">\n    <h2><a href=\"#")
      put(name())
      put("\">")
      putWords(2)
      put("</a></h2>\n    <p>")
      putWords(8 + random.below(20))
      put("</p>\n  </div>\n")
    }
    put("</body>\n</html>\n")
  }

  private mutating func writeImage() {
    bytes += [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    put("IHDR")
    bytes += [0, 0, 0, UInt8(16 + random.below(4) * 16), 0, 0, 0, UInt8(16 + random.below(4) * 16), 8, 6, 0, 0, 0]
    putNoise(4)
    bytes += [0, 0, 0, 9]
    put("pHYs")
    bytes += [0, 0, 0x0B, 0x13, 0, 0, 0x0B, 0x13, 1]
    putNoise(4)
    bytes += [0, 0, 3, 0xA1]
    put("IDAT")
    // Small images have runs of equal bytes even when they are deflated.
    while bytes.count < limit - 12 {
      putNoise(4 + random.below(24))
      if random.below(2) == 0 { bytes += [UInt8](repeating: 0, count: 1 + random.below(8)) }
    }
    bytes += [0, 0, 0, 0]
    put("IEND")
    bytes += [0xAE, 0x42, 0x60, 0x82]
    if !isFull { putNoise(limit - bytes.count) }
  }

  private mutating func writeArchive() {
    bytes += [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3]
    if !isFull { putNoise(limit - bytes.count) }
  }

  private mutating func putNoise(_ count: Int) {
    var left = count
    while left > 0 {
      var noise = random.next()
      for _ in 0..<Swift.min(left, 8) {
        bytes.append(UInt8(truncatingIfNeeded: noise))
        noise >>= 8
      }
      left -= 8
    }
  }
}
