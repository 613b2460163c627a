/// A small generator whose seed a failing test has printed (SplitMix64, Steele et al. 2014).
package struct SeededGenerator: RandomNumberGenerator {
  package let seed: UInt64
  private var state: UInt64

  package init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  /// A new seed, printed, so that a failure can be repeated.
  package static func announced(_ test: String = #function) -> SeededGenerator {
    let seed = UInt64.random(in: 0 ... .max)
    print("\(test): seed \(seed)")
    return SeededGenerator(seed: seed)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count { buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: next())) }
      initialized = count
    }
  }

  package mutating func fill(_ bytes: UnsafeMutableRawBufferPointer) {
    var offset = 0
    while offset + 8 <= bytes.count {
      bytes.storeBytes(of: next(), toByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    while offset < bytes.count {
      bytes[offset] = UInt8(truncatingIfNeeded: next())
      offset += 1
    }
  }
}
