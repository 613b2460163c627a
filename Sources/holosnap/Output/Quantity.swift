import Glibc

/// Numbers as people read them: three digits and a unit.
enum Quantity {
  private static let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

  /// `512 B`, `1.50 GiB`.
  static func bytes(_ count: UInt64) -> String {
    if count < 1000 { return "\(count) B" }
    var value = Double(count) / 1024
    var unit = 0
    while value >= 999.5, unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    return "\(threeDigits(value)) \(units[unit])"
  }

  /// `512 B`, `1.50 GiB (1610612736 bytes)`.
  static func exactBytes(_ count: UInt64) -> String {
    count < 1000 ? bytes(count) : "\(bytes(count)) (\(count) bytes)"
  }

  /// `1.85 GB/s`: decimal, as throughput is given everywhere.
  static func rate(bytes: UInt64, seconds: Double) -> String {
    seconds > 0 ? rate(gigabytesPerSecond: Double(bytes) / seconds / 1e9) : "–"
  }

  static func rate(gigabytesPerSecond rate: Double) -> String {
    "\(rate < 0.0995 ? fixed(rate, places: 3) : threeDigits(rate)) GB/s"
  }

  /// `2.60×`: how many times smaller the stored bytes are.
  static func ratio(raw: UInt64, stored: UInt64) -> String {
    raw > 0 && stored > 0 ? "\(threeDigits(Double(raw) / Double(stored)))×" : "–"
  }

  /// `12 ms`, `3.21 s`, `2 min 5 s`.
  static func seconds(_ seconds: Double) -> String {
    // A container may claim anything.
    guard seconds >= 0, seconds < 1e12 else { return "–" }
    if seconds < 0.9995 { return "\(threeDigits(seconds * 1000)) ms" }
    if seconds < 99.95 { return "\(threeDigits(seconds)) s" }
    let whole = Int(seconds.rounded())
    return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  /// `1 region`, `12 regions`.
  static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  /// `2026-03-01 12:00:00` of an RFC 3339 time in UTC.
  static func date(_ timestamp: String) -> String {
    timestamp.prefix(19).map { $0 == "T" ? " " : String($0) }.joined()
  }

  static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

  /// Three significant digits of any magnitude: `0.00123`, `1.23e-09`.
  static func significant(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "–" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    if (-3...5).contains(exponent) {
      let places = max(0, 2 - exponent)
      let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
      return "\((value * scale).rounded() / scale)"
    }
    let mantissa = value / pow(10, Double(exponent))
    return "\(fixed(mantissa, places: 2))e\(exponent < 0 ? "-" : "+")\(twoDigits(abs(exponent)))"
  }

  private static func threeDigits(_ value: Double) -> String {
    fixed(value, places: value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
  }

  /// Without Foundation's formatting, which would double the time that the program takes to start.
  static func fixed(_ value: Double, places: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "–" }
    let scale = [1, 10, 100, 1000][places]
    let scaled = Int((value * Double(scale)).rounded())
    guard places > 0 else { return "\(scaled)" }
    let fraction = String(abs(scaled) % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
