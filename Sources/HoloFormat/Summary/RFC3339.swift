/// Times as RFC 3339 text, in UTC.
package enum RFC3339 {
  /// `2026-05-04T03:02:01.000000000Z`.
  package static func text(nanosecondsSinceEpoch: Int64) -> String {
    let seconds = floorDivision(nanosecondsSinceEpoch, 1_000_000_000)
    let days = floorDivision(seconds.quotient, 86_400)
    let date = civil(days: days.quotient)
    let time = days.remainder
    let clock = [time / 3600, time / 60 % 60, time % 60].map { padded($0, 2) }.joined(separator: ":")
    return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T\(clock)."
      + "\(padded(seconds.remainder, 9))Z"
  }

  /// The Gregorian date of a day since 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
  /// civil_from_days).
  private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivision(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func floorDivision(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
