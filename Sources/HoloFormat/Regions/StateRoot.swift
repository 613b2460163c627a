import HoloModel

/// Gathers what the state root covers: two states with equal roots are equal (HWP-Format.md, section 10).
struct StateRoot {
  private var bytes: [UInt8] = []

  mutating func append(_ region: RegionDescriptor) {
    append(Array(region.name.utf8))
    bytes += [region.component.rawValue, region.elementType.rawValue, UInt8(region.shape.count)]
    for extent in region.shape { bytes.append(littleEndian: extent) }
    append(region.header)
    append(region.tail)
    bytes.append(littleEndian: region.byteCount)
    bytes.append(region.root)
    for (tag, value) in region.placeAttributes {
      // No name has that length.
      bytes.append(littleEndian: UInt32.max)
      Attribute.append(tag, value, to: &bytes)
    }
  }

  var value: Digest256 { BLAKE3.hash(bytes) }

  private mutating func append(_ value: [UInt8]) {
    bytes.append(littleEndian: UInt32(value.count))
    bytes += value
  }
}
