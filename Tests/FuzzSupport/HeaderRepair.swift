/// Puts lengths right that a change of a text or of a header has made wrong, so that the rest is looked at.
enum HeaderRepair {
  /// `.npy`: the header ends with its line.
  static func numPy(_ bytes: inout [UInt8]) {
    guard bytes.count > 12, let end = bytes.dropFirst(10).firstIndex(of: UInt8(ascii: "\n")) else { return }
    if bytes[6] == 1 {
      bytes.put(UInt16(truncatingIfNeeded: end - 9), at: 8)
    } else {
      bytes.put(UInt32(truncatingIfNeeded: end - 11), at: 8)
    }
  }

  /// `.safetensors`: the header ends with the bracket that closes its first one.
  static func safetensors(_ bytes: inout [UInt8]) {
    var depth = 0
    for index in bytes.indices.dropFirst(8) {
      if bytes[index] == UInt8(ascii: "{") { depth += 1 }
      if bytes[index] == UInt8(ascii: "}") {
        depth -= 1
        if depth <= 0 { return bytes.put(UInt64(index + 1 - 8), at: 0) }
      }
    }
  }

  /// `.npz`: local headers say what the central directory says, and the end where that lies.
  static func archive(_ bytes: inout [UInt8]) {
    guard let end = (0..<max(0, bytes.count - 21)).last(where: { bytes.number(at: $0) == 0x0605_4B50 as UInt32 }),
      let start = bytes.indices.first(where: { bytes.number(at: $0) == 0x0201_4B50 as UInt32 }), start < end
    else { return }
    var entry = start
    var count: UInt16 = 0
    while entry + 46 <= end, bytes.number(at: entry) == 0x0201_4B50 as UInt32 {
      if let local = bytes.place(at: entry + 42, as: UInt32.self) {
        // Flags and method; checksum and sizes.
        bytes.copy(4, from: entry + 8, to: local + 6)
        bytes.copy(12, from: entry + 16, to: local + 14)
      }
      let variable = [28, 30, 32].reduce(0) { $0 + Int(bytes.number(at: entry + $1, as: UInt16.self) ?? 0) }
      entry += 46 + variable
      count &+= 1
    }
    bytes.put(count, at: end + 8)
    bytes.put(count, at: end + 10)
    bytes.put(UInt32(end - start), at: end + 12)
    bytes.put(UInt32(start), at: end + 16)
    bytes.put(UInt16(truncatingIfNeeded: bytes.count - end - 22), at: end + 20)
  }
}

extension FuzzParser {
  /// Whether ``seal(_:repairing:)`` does anything.
  package var hasSeal: Bool { self != .legacy }

  /// Makes hashes anew, so that the reader looks at what they cover; also lengths and offsets, if they are to be repaired.
  package func seal(_ bytes: inout [UInt8], repairing: Bool) {
    switch self {
    case .hwp: HWPSealer.seal(&bytes, repairing: repairing)
    case .wave: WaveSealer.seal(&bytes, repairing: repairing)
    case .npy: HeaderRepair.numPy(&bytes)
    case .npz: HeaderRepair.archive(&bytes)
    case .safetensors: HeaderRepair.safetensors(&bytes)
    case .legacy: break
    }
  }
}
