import HoloEngine
import HoloModel
import HoloSystem
import TestSupport

/// Regions in memory with the kinds of data that codings differ on.
final class TestState {
  enum Filling: String, CaseIterable {
    case zeros, ones, fewValues, ratios, smooth, noise, text
    /// Neighbours that differ little; of complex elements, in one component; a field.
    case walk, walkAndZeros, noiseAndWalk, plane
  }

  private(set) var regions: [RegionSource] = []
  private var buffers: [UnsafeMutableRawBufferPointer] = []

  deinit { for buffer in buffers { buffer.deallocate() } }

  var description: StateDescription { StateDescription(regions: regions, series: "test") }

  func bytes(of region: Int) -> [UInt8] { Array(buffers[region]) }

  /// Adds a region of `count` elements.
  func add(_ type: ElementType, count: Int, _ filling: Filling, seed: UInt64 = 1, shape: [UInt64]? = nil) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count * type.byteCount, alignment: 64)
    fill(buffer, type, filling, seed: seed)
    buffers.append(buffer)
    regions.append(
      RegionSource(
        name: "\(regions.count)/\(type.name)-\(filling.rawValue)-\(count)", elementType: type,
        shape: shape ?? (type == .bytes ? [] : [UInt64(count)]), memory: UnsafeRawBufferPointer(buffer)))
  }

  /// Adds a region of these bytes.
  func add(_ type: ElementType, named name: String, _ bytes: [UInt8]) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    buffer.copyBytes(from: bytes)
    buffers.append(buffer)
    regions.append(
      RegionSource(
        name: name, elementType: type, shape: type == .bytes ? [] : [UInt64(bytes.count / type.byteCount)],
        memory: UnsafeRawBufferPointer(buffer)))
  }

  /// Adds a blob of these bytes.
  func add(blob name: String, version: UInt32 = 1, _ bytes: [UInt8]) {
    buffers.append(UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64))
    regions.append(
      RegionSource(
        blob: name, component: .memory, version: version, memory: UnsafeRawBufferPointer(start: nil, count: 0)))
    replace(regions.count - 1, by: bytes)
  }

  /// Gives a blob other bytes.
  func replace(_ blob: Int, by bytes: [UInt8]) {
    buffers[blob].deallocate()
    buffers[blob] = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    buffers[blob].copyBytes(from: bytes)
    regions[blob] = RegionSource(
      blob: regions[blob].name, component: regions[blob].component, version: regions[blob].blobVersion ?? 0,
      memory: UnsafeRawBufferPointer(buffers[blob]))
  }

  /// Changes a byte.
  func change(_ region: Int, at offset: Int) { buffers[region][offset] ^= 0x5A }

  /// Adds 0 to 7 to every word of a region.
  func drift(_ region: Int, _ generator: inout SeededGenerator) {
    let width = regions[region].elementType.wordByteCount
    for start in stride(from: 0, to: buffers[region].count, by: width) {
      var carry = UInt16(generator.next() % 8)
      for index in start..<(start + width) {
        carry += UInt16(buffers[region][index])
        buffers[region][index] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
    }
  }

  /// Sets a number of a region of f32.
  func set(_ region: Int, to value: Float, at offset: Int) {
    buffers[region].storeBytes(of: value, toByteOffset: offset, as: Float.self)
  }

  /// Multiplies every number of a region of f32.
  func scale(_ region: Int, by factor: Float) {
    for offset in stride(from: 0, to: buffers[region].count, by: 4) {
      set(region, to: buffers[region].load(fromByteOffset: offset, as: Float.self) * factor, at: offset)
    }
  }

  /// Multiplies every number of a region of f32 or f64 (or pairs of them) by nearly 1.
  func scale(_ region: Int, within amount: Double, _ generator: inout SeededGenerator) {
    let buffer = buffers[region]
    if regions[region].elementType.isDouble {
      for offset in stride(from: 0, to: buffer.count, by: 8) {
        let factor = 1 + amount * Double.random(in: -1...1, using: &generator)
        buffer.storeBytes(
          of: buffer.load(fromByteOffset: offset, as: Double.self) * factor, toByteOffset: offset, as: Double.self)
      }
    } else {
      for offset in stride(from: 0, to: buffer.count, by: 4) {
        let factor = 1 + Float(amount) * Float.random(in: -1...1, using: &generator)
        buffer.storeBytes(
          of: buffer.load(fromByteOffset: offset, as: Float.self) * factor, toByteOffset: offset, as: Float.self)
      }
    }
  }

  /// Gives a region a mode.
  func allow(_ mode: QuantizationMode?, region: Int) { regions[region].quantization = mode }

  /// Gives regions a mode.
  func allow(_ mode: QuantizationMode, where fits: (ElementType) -> Bool = { _ in true }) {
    for index in regions.indices where fits(regions[index].elementType) { regions[index].quantization = mode }
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer, _ type: ElementType, _ filling: Filling, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let width = type.wordByteCount
    var place: UInt64 = width == 2 ? 1 << 14 : 0x3F80_0000 << (width == 8 ? 32 : 0)
    let sentence = Array("The state of a wave field is brought back exactly. ".utf8)
    for index in 0..<(buffer.count / width) {
      let value: UInt64 =
        switch filling {
        case .zeros: 0
        case .ones: 0x3FF0_0000_0000_0000
        case .fewValues: [0, 1, 0xFFFF_FFFF_0000_0001, 77][Int(random.next() % 4)]
        case .ratios: width == 4 ? ratio32(random.next() % 256) : ratio64(random.next() % 256)
        case .smooth: width == 4 ? wave32(index) : wave64(index)
        case .noise: random.next()
        case .text: UInt64(sentence[index % sentence.count])
        case .walk: step(&place, &random)
        case .walkAndZeros: index % 2 == 0 ? step(&place, &random) : 0
        case .noiseAndWalk: index % 2 == 0 ? random.next() : step(&place, &random)
        case .plane: UInt64(index % 300 * 7919) &+ UInt64(index / 300 * 104_729) &+ random.next() % 8
        }
      withUnsafeBytes(of: value.littleEndian) { word in
        UnsafeMutableRawBufferPointer(rebasing: buffer[(index * width)..<((index + 1) * width)])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: word.prefix(width)))
      }
    }
  }

  private func step(_ place: inout UInt64, _ random: inout SeededGenerator) -> UInt64 {
    place = place &+ random.next() % 65 &- 32
    return place
  }

  private func ratio32(_ k: UInt64) -> UInt64 { UInt64((Float(k) / 255).bitPattern) }
  private func ratio64(_ k: UInt64) -> UInt64 { (Double(k) / 255).bitPattern }
  private func wave32(_ index: Int) -> UInt64 { UInt64((1 + Float(index % 4096) / 65536).bitPattern) }
  private func wave64(_ index: Int) -> UInt64 { (1 + Double(index % 4096) / 65536).bitPattern }
}
