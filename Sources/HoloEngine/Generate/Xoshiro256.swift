/// A generator of pseudorandom numbers that gives the same numbers everywhere, for ever: a generated state is known by
/// its seed. xoshiro256** 1.0 (D. Blackman, S. Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018), seeded
/// with SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014) as its authors
/// advise. Not for secrets.
package struct Xoshiro256: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64) {
    var mixer = SplitMix64(state: seed)
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// A stream of its own for each purpose and each index.
  package init(seed: UInt64, stream: UInt64, index: UInt64 = 0) {
    var mixer = SplitMix64(state: seed)
    let first = mixer.next() ^ stream
    var second = SplitMix64(state: first)
    self.init(seed: second.next() ^ index)
  }

  @inline(__always)
  package mutating func next() -> UInt64 {
    let result = Self.rotate(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotate(state.3, 45)
    return result
  }

  /// Uniform in 0 ..< 1, 53 bits.
  @inline(__always)
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in 0 ..< limit (multiply and shift; the bias is below limit / 2³²).
  @inline(__always)
  package mutating func below(_ limit: Int) -> Int { Int(((next() >> 32) &* UInt64(limit)) >> 32) }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
}

private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
