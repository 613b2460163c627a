import HoloModel

/// Gathers what the state root covers: two states with equal roots are equal (HWP-Format.md, section 10).
struct StateRoot {
  private var stream = BLAKE3Stream()

  mutating func append(_ region: RegionDescriptor) {
    var bytes: [UInt8] = []
    append(region.name.utf8, to: &bytes)
    bytes += [region.component.rawValue, region.elementType.rawValue, UInt8(region.shape.count)]
    for extent in region.shape { bytes.append(littleEndian: extent) }
    append(region.header, to: &bytes)
    append(region.tail, to: &bytes)
    bytes.append(littleEndian: region.byteCount)
    bytes.append(region.root)
    for (tag, value) in region.placeAttributes {
      // No name has that length.
      bytes.append(littleEndian: UInt32.max)
      Attribute.append(tag, value, to: &bytes)
    }
    stream.append(bytes)
  }

  var value: Digest256 { stream.value }

  private func append(_ value: some Collection<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(littleEndian: UInt32(value.count))
    bytes += value
  }
}
