import HoloFormat
import HoloModel
import HoloReports

extension RegionDescriptor {
  /// What every command tells of a region that it has brought back.
  var json: JSON {
    [
      "name": JSON(name),
      "component": JSON(component.name),
      "elementType": JSON(elementType.name),
      "shape": JSON(shape),
      "bytes": JSON(byteCount),
      "blake3": JSON(root.hexadecimal),
    ]
  }
}
