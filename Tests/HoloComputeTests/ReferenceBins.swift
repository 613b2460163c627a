import HoloModel

/// Bins as `Documentation/HWP-Format.md`, section 5, words them: one word at a time, no cleverness.
enum ReferenceBins {
  /// The words of a stream; nil where it breaks a rule.
  static func words(_ stream: [UInt8], count: Int, width: Int, _ bins: Bins) -> [UInt64]? {
    guard var x = values(stream, count: count, width: width) else { return nil }
    let mask = UInt64.max >> (64 - 8 * width)
    let top = UInt64(1) << (8 * width - 1)
    if !bins.lags.isEmpty || bins.mapping == .signed || bins.mapping == .ratio {
      x = x.map { (($0 >> 1) ^ (0 &- ($0 & 1))) & mask }
    } else if bins.mapping == .float {
      x = x.map { $0 ^ top }
    }
    for lag in bins.lags.reversed() {
      for index in x.indices where index >= Int(lag) { x[index] = (x[index] &+ x[index - Int(lag)]) & mask }
    }
    switch bins.mapping {
    case .unsigned, .signed: return x
    case .float: return x.map { $0 & top == 0 ? $0 : $0 ^ (mask ^ top) }
    case .ratio:
      return x.map {
        width == 4
          ? UInt64((Float(Int32(truncatingIfNeeded: $0)) / Float(bins.divisor)).bitPattern)
          : (Double(Int64(bitPattern: $0)) / Double(bins.divisor)).bitPattern
      }
    }
  }

  private struct Slot {
    var frequency: UInt32
    var place: UInt32
    var width: Int
    var least: UInt64
  }

  private static func values(_ stream: [UInt8], count: Int, width: Int) -> [UInt64]? {
    func number(_ at: Int, _ byteCount: Int) -> UInt64 {
      (0..<byteCount).reduce(0) { $0 | UInt64(stream[at + $1]) << (8 * $1) }
    }
    guard stream.count >= 2 else { return nil }
    let binCount = Int(number(0, 2))
    let head = 2 + width + 3 * binCount + 128
    guard (1...256).contains(binCount), stream.count >= head, (stream.count - head) % 2 == 0 else { return nil }
    var slots: [Slot] = []
    var least = number(2, width)
    var isPastTheEnd = false
    for bin in 0..<binCount {
      let table = 2 + width + bin
      let (bits, frequency) = (
        Int(stream[table]), Int(stream[table + binCount]) << 8 | Int(stream[table + 2 * binCount])
      )
      guard bits <= 8 * width, !isPastTheEnd, slots.count + frequency <= 4096 else { return nil }
      let (last, overflow) = least.addingReportingOverflow(bits == 64 ? .max : (1 << bits) - 1)
      guard !overflow, last <= UInt64.max >> (64 - 8 * width) else { return nil }
      slots += (0..<frequency).map {
        Slot(frequency: UInt32(frequency), place: UInt32($0), width: bits, least: least)
      }
      isPastTheEnd = last == UInt64.max >> (64 - 8 * width)
      least = last &+ 1
    }
    guard slots.count == 4096 else { return nil }
    var states = (0..<32).map { UInt32(number(head - 128 + 4 * $0, 4)) }
    guard states.allSatisfy({ $0 >= 65_536 }) else { return nil }
    var next = head
    var isShort = false
    func refill(_ lane: Int) {
      guard states[lane] < 65_536 else { return }
      guard next < stream.count else {
        isShort = true
        return
      }
      states[lane] = states[lane] << 16 | UInt32(number(next, 2))
      next += 2
    }
    var values: [UInt64] = []
    for first in stride(from: 0, to: count, by: 32) {
      let lanes = 0..<min(32, count - first)
      let found = lanes.map { slots[Int(states[$0] & 4095)] }
      for lane in lanes {
        states[lane] = found[lane].frequency * (states[lane] >> 12) + found[lane].place
        refill(lane)
      }
      var sums = found.map(\.least)
      for done in stride(from: 0, to: 64, by: 16) {
        for lane in lanes where found[lane].width > done {
          let bits = UInt32(min(found[lane].width - done, 16))
          sums[lane] &+= UInt64(states[lane] & ((1 << bits) - 1)) << UInt64(done)
          states[lane] >>= bits
          refill(lane)
        }
      }
      guard !isShort else { return nil }
      values += sums
    }
    return next == stream.count && states.allSatisfy { $0 == 65_536 } ? values : nil
  }
}
