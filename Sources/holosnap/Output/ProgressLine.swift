import HoloEngine

/// One line on standard error that is written over and over, and is gone at the end. Only for a terminal.
final class ProgressLine {
  private let stream: StandardStream
  private let verb: String
  private var lastShown: UInt64?
  private var isShown = false

  private static let pauseNanoseconds: UInt64 = 100_000_000
  /// Carriage return, and erase to the end of the line.
  private static let erase = "\r\u{1B}[K"

  init(verb: String, on stream: StandardStream) {
    self.verb = verb
    self.stream = stream
  }

  /// Shows it at most ten times a second.
  func show(_ progress: Progress) {
    let now = Clock.now()
    if let lastShown, now - lastShown < Self.pauseNanoseconds { return }
    lastShown = now
    show(Self.text(verb: verb, progress))
  }

  func show(_ text: String) {
    // The last column stays free: some terminals break the line there.
    let text = text.shortened(toColumns: (stream.columns ?? 80) - 1)
    isShown = true
    try? stream.write(Self.erase + text)
  }

  func clear() {
    guard isShown else { return }
    isShown = false
    try? stream.write(Self.erase)
  }

  private static func text(verb: String, _ progress: Progress) -> String {
    let (done, total) = (progress.doneByteCount, progress.totalByteCount)
    let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 100
    var text = "\(verb) \(percent)%  \(Quantity.bytes(done)) of \(Quantity.bytes(total))"
    guard done > 0, progress.seconds > 0 else { return text }
    text += "  " + Quantity.rate(gigabytesPerSecond: Double(done) / progress.seconds / 1e9)
    let left = progress.seconds * Double(total - min(done, total)) / Double(done)
    let seconds = Int(left.rounded(.up))
    return text + "  \(seconds / 60):\(Quantity.twoDigits(seconds % 60)) left"
  }
}
