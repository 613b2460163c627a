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

  /// `1.85 GB/s`: decimal, as throughput is given everywhere; `24.0 MB/s` and `3.10 kB/s` of what is slow or tiny.
  static func rate(gigabytesPerSecond rate: Double) -> String {
    var (value, unit) = (rate, "GB/s")
    for smaller in ["MB/s", "kB/s"] where value < 0.0995 { (value, unit) = (value * 1000, smaller) }
    return "\(threeDigits(value)) \(unit)"
  }

  /// `128 ms, 1.99 GB/s`; without a rate where there is none.
  static func time(_ seconds: Double, bytes: UInt64) -> String {
    let rate = bytes > 0 && seconds > 0 ? ", " + rate(gigabytesPerSecond: Double(bytes) / seconds / 1e9) : ""
    return Self.seconds(seconds) + rate
  }

  /// `2.60×`: how many times smaller the stored bytes are.
  static func ratio(raw: UInt64, stored: UInt64) -> String {
    raw > 0 && stored > 0 ? "\(threeDigits(Double(raw) / Double(stored)))×" : "–"
  }

  /// `109 MiB, ratio 2.23×`; without a ratio where there is none.
  static func stored(_ count: UInt64, raw: UInt64, as text: (UInt64) -> String = bytes) -> String {
    text(count) + (raw > 0 && count > 0 ? ", ratio \(ratio(raw: raw, stored: count))" : "")
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
    return scientific(mantissa: mantissa(of: value, exponent), exponent)
  }

  /// `71.3 dB`.
  static func decibels(_ value: Double) -> String { "\(fixed(value, places: 1)) dB" }

  /// The same of four times a value, which no `Double` may hold.
  static func significant(fourTimes quarter: Double) -> String {
    guard quarter.isFinite, quarter != 0 else { return significant(quarter) }
    let exponent = Int(log10(abs(quarter)).rounded(.down))
    return scientific(mantissa: 4 * mantissa(of: quarter, exponent), exponent)
  }

  /// The value without its power of ten: that of the smallest numbers is none that a `Double` holds well.
  private static func mantissa(of value: Double, _ exponent: Int) -> Double {
    exponent < -300 ? value * 1e300 / pow(10, Double(exponent + 300)) : value / pow(10, Double(exponent))
  }

  private static func scientific(mantissa: Double, _ exponent: Int) -> String {
    guard abs(mantissa) < 9.995 else { return scientific(mantissa: mantissa / 10, exponent + 1) }
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
