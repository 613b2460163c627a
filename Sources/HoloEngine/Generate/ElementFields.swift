/// The large arrays of generated states, a run of elements at a time.
struct ElementFields {
  private let circle = UnitCircle()
  let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  // MARK: Phases

  /// Unit phasors of random phase.
  func phasors() -> (UnsafeMutableBufferPointer<SIMD2<Float>>) -> Void {
    var random = Xoshiro256(seed: seed, stream: 0x9A5E)
    return { [circle] room in
      for index in room.indices {
        let point = circle.point(random.next())
        room[index] = SIMD2<Float>(Float(point.x), Float(point.y))
      }
    }
  }

  /// Superpositions of bindings: the product of two unit phasors of random phase is one again, so that each term is
  /// drawn as one (Plate, "Holographic Reduced Representations", 1995, in the frequency domain).
  func superpositions(terms: Int = 6) -> (UnsafeMutableBufferPointer<SIMD2<Double>>) -> Void {
    var random = Xoshiro256(seed: seed, stream: 0x4822)
    return { [circle] room in
      for index in room.indices {
        var sum = UnitCircle.Point.zero
        for _ in 0..<(terms / 2) {
          // 24 bits a term: two of a draw.
          let angles = random.next()
          sum += circle.point(angles) + circle.point(angles >> 24)
        }
        room[index] = sum
      }
    }
  }

  // MARK: Waves

  /// Four travelling waves, side by side: a wave's phase at a cell is a sum of steps along the axes.
  private struct Waves {
    /// Turns a cell, along x, y and z.
    var steps: [(x: Double, y: Double, z: Double)] = []
    var phases: [Double] = []
    var amplitudes: [Double] = []

    /// The waves at the beginning of a row.
    func start(y: Int, z: Int) -> (cosine: SIMD4<Double>, sine: SIMD4<Double>) {
      points { steps, phase, amplitude in
        UnitCircle.point(turns: phase + Double(y) * steps.y + Double(z) * steps.z) * amplitude
      }
    }

    /// What one step along x turns each wave by.
    var turns: (cosine: SIMD4<Double>, sine: SIMD4<Double>) {
      points { steps, _, _ in UnitCircle.point(turns: steps.x) }
    }

    private func points(
      _ body: ((x: Double, y: Double, z: Double), _ phase: Double, _ amplitude: Double) -> UnitCircle.Point
    ) -> (cosine: SIMD4<Double>, sine: SIMD4<Double>) {
      var cosine = SIMD4<Double>.zero
      var sine = SIMD4<Double>.zero
      for wave in 0..<4 {
        let point = body(steps[wave], phases[wave], amplitudes[wave])
        cosine[wave] = point.x
        sine[wave] = point.y
      }
      return (cosine, sine)
    }
  }

  /// A cube of `side`³ cells, x fastest: smooth waves, with noise in the last bits of each number as an instrument, or
  /// a long computation, leaves it.
  func waveField(side: Int) -> (UnsafeMutableBufferPointer<Float>) -> Void {
    var random = Xoshiro256(seed: seed, stream: 0x3A7E)
    var waves = Waves()
    for index in 0..<4 {
      // Wavelengths of at least one and two thirds of a cube, or of 66 cells in small ones.
      let scale = 0.6 / Double(max(side, 40))
      waves.steps.append((random.unit() * scale, random.unit() * scale, random.unit() * scale))
      waves.phases.append(random.unit())
      waves.amplitudes.append(1 / Double(1 + index))
    }
    let turns = waves.turns
    var (cosine, sine) = waves.start(y: 0, z: 0)
    var row = 0
    var x = 0
    return { room in
      for index in room.indices {
        if x == side {
          // A row begins: phases are computed anew, so that rounding does not add up along the cube.
          x = 0
          row += 1
          (cosine, sine) = waves.start(y: row % side, z: row / side)
        }
        // In one order, whatever the machine: sums of floating-point numbers depend on it.
        let sum = (cosine[0] + cosine[1]) + (cosine[2] + cosine[3])
        (cosine, sine) = (
          cosine * turns.cosine - sine * turns.sine, cosine * turns.sine + sine * turns.cosine
        )
        let noise = UInt32(truncatingIfNeeded: random.next()) & Self.noiseMask
        room[index] = Float(bitPattern: Float(sum).bitPattern ^ noise)
        x += 1
      }
    }
  }

  /// The last bits of the mantissa that are noise.
  private static let noiseMask: UInt32 = 0xFF
}
