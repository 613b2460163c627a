import HoloModel

/// Makes the hashes of a bent `.wave` anew (WAVE-Format.md), as ``HWPSealer`` does those of a `.hwp`.
struct WaveSealer {
  private var bytes: [UInt8]
  private var notes: Int
  private var table: Range<Int>
  private let trailer: Int

  /// - Parameter repairing: also lengths, offsets and totals that follow from where things stand.
  static func seal(_ bytes: inout [UInt8], repairing: Bool) {
    guard var sealer = WaveSealer(bytes) else { return }
    if repairing { sealer.repair() }
    sealer.sealAll()
    bytes = sealer.bytes
  }

  private init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4_096 + 8 + 144 else { return nil }
    self.bytes = bytes
    trailer = bytes.count - 144
    notes = min(max(4_096, bytes.place(at: trailer + 16, as: UInt64.self) ?? 0), trailer - 8)
    let start = min(max(notes + 8, bytes.place(at: trailer + 24, as: UInt64.self) ?? 0), trailer)
    let length = min(bytes.place(at: trailer + 32, as: UInt64.self) ?? 0, trailer - start)
    table = start..<(start + length)
  }

  private mutating func repair() {
    // The table's RIFF chunk is the one that ends where the trailer begins.
    let id = Array("hwpR".utf8)
    for start in stride(from: trailer - 8, through: 4_096, by: -1) where bytes[start..<(start + 4)].elementsEqual(id) {
      let size = bytes.place(at: start + 4, as: UInt32.self) ?? 0
      guard start + 8 + size + size % 2 == trailer else { continue }
      table = (start + 8)..<(start + 8 + size)
      break
    }
    let partCount = min(bytes.place(at: table.lowerBound + 24, as: UInt32.self) ?? 0, 64)
    var end = 4_096
    for part in 0..<partCount {
      let size = bytes.place(at: table.lowerBound + 104 + 16 * part + 8, as: UInt64.self) ?? 0
      if part == 0 {
        bytes.put(UInt32(size), at: 4_092)
        let block = max(1, Int(bytes.number(at: 68, as: UInt16.self) ?? 1))
        bytes.put(UInt32(size / block), at: 82)
      } else {
        end += 8
        bytes.put(UInt32(size), at: end - 4)
        bytes.copy(4, from: table.lowerBound + 104 + 16 * part, to: end - 8)
      }
      end = min(trailer, end + size + size % 2)
    }
    notes = min(end, table.lowerBound - 8)
    bytes.put(UInt32(bytes.count - 8), at: 4)
    bytes.put(UInt64(bytes.count), at: trailer + 8)
    bytes.put(UInt64(notes), at: trailer + 16)
    bytes.put(UInt64(table.lowerBound), at: trailer + 24)
    bytes.put(UInt64(table.count), at: trailer + 32)
    bytes.copy(16, from: 124, to: trailer + 104)
    bytes.copy(16, from: 124, to: table.lowerBound + 8)
    repairTotals(partCount: partCount)
  }

  /// The state root (HWP-Format.md, section 10) and the sum of the lengths, as the records have them.
  private mutating func repairTotals(partCount: Int) {
    func field(_ offset: Int) -> Int { bytes.place(at: table.lowerBound + offset, as: UInt32.self) ?? 0 }
    var record = table.lowerBound + 104 + 16 * (partCount + field(28)) + 32 * field(88)
    let end = min(record + field(32), table.upperBound)
    var covered: [UInt8] = []
    var byteCount: UInt64 = 0
    while record + 12 <= end {
      let nameByteCount = Int(bytes.number(at: record, as: UInt16.self) ?? 0)
      let descriptor = record + 12 + nameByteCount
      let next = descriptor + (bytes.place(at: record + 8, as: UInt32.self) ?? 0)
      guard next <= end, descriptor + 44 <= next else { break }
      let name = bytes[(record + 12)..<descriptor]
      let rank = min(Int(bytes[descriptor + 42]), (next - descriptor - 44) / 8)
      covered.append(little: UInt32(nameByteCount))
      covered += name + [bytes[descriptor + 40], bytes[record + 2], UInt8(rank)]
      covered += bytes[(descriptor + 44)..<(descriptor + 44 + 8 * rank)]
      for tag in [0x8001, 0x8002] as [UInt16] {
        let value = attribute(tag, from: descriptor + 46 + 8 * rank, to: next)
        covered.append(little: UInt32(value.count))
        covered += value
      }
      covered += bytes[descriptor..<(descriptor + 40)]
      byteCount &+= bytes.number(at: descriptor, as: UInt64.self) ?? 0
      record = next
    }
    BLAKE3.hash(covered).withBytes { bytes.put($0, at: table.lowerBound + 48) }
    bytes.put(byteCount, at: table.lowerBound + 96)
  }

  private func attribute(_ wanted: UInt16, from start: Int, to end: Int) -> ArraySlice<UInt8> {
    var offset = start
    while offset + 6 <= end, let tag: UInt16 = bytes.number(at: offset),
      let length = bytes.place(at: offset + 2, as: UInt32.self), length <= end - offset - 6
    {
      if tag == wanted { return bytes[(offset + 6)..<(offset + 6 + length)] }
      offset += 6 + length
    }
    return []
  }

  private mutating func sealAll() {
    bytes.putHash(of: table, byteCount: 32, at: trailer + 40)
    bytes.putHash(of: 0..<4_096, notes..<table.lowerBound, byteCount: 32, at: trailer + 72)
    bytes.putHash(of: trailer..<(trailer + 120), byteCount: 16, at: trailer + 120)
  }
}

extension [UInt8] {
  fileprivate mutating func append(little value: UInt32) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
