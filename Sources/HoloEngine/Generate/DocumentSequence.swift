/// The documents of a generated memory field, one after the other: what each is and how long. The same again for the
/// same seed, so that the index is written without keeping them.
struct DocumentSequence: Sequence, IteratorProtocol {
  struct Document {
    enum Kind: CaseIterable { case prose, source, page, image, archive }
    var number: Int
    var kind: Kind
    /// First cell, and cells; one a byte.
    var start: Int
    var length: Int
    var seed: UInt64
  }

  /// How much of a field holds documents.
  static let usedFraction = 0.84

  private var random: Xoshiro256
  private var start = 0
  private var number = 0
  private let end: Int

  init(seed: UInt64, cells: Int) {
    random = Xoshiro256(seed: seed, stream: 0xD0C5)
    end = Int(Double(cells) * Self.usedFraction)
  }

  mutating func next() -> Document? {
    guard start < end else { return nil }
    let kind: Document.Kind =
      switch random.below(100) {
      case ..<34: .prose
      case ..<58: .source
      case ..<66: .page
      case ..<72: .image
      default: .archive
      }
    // Most are the beginnings of longer files, cut at one length; some are shorter.
    let whole = random.below(4) == 0 ? 48 + random.below(732) : 780 + random.below(485) * (random.below(8) == 0 ? 1 : 0)
    let document = Document(
      number: number, kind: kind, start: start, length: Swift.min(whole, end - start), seed: random.next())
    start += document.length
    number += 1
    return document
  }
}
