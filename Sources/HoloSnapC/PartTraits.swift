import CHoloSnap
import HoloFormat
import HoloModel

/// What a region and a blob have alike.
struct PartTraits: Sendable {
  let name: String
  let component: Component
  let isOptional: Bool
  let isAlone: Bool

  init(
    _ pointer: UnsafePointer<CChar>?, _ component: UInt32, _ flags: UInt32, _ reserved: UInt32
  ) throws(Failure) {
    guard let given = try text(pointer, "a name") else { throw .invalid("the name is NULL") }
    name = RegionName.escape(Array(given.utf8))
    guard RegionName.components(name) != nil else {
      throw .invalid("the name is empty, too long, absolute, or has an empty, . or .. component", region: given)
    }
    guard let known = UInt8(exactly: component).flatMap(Component.init(rawValue:)) else {
      throw .invalid("there is no component \(component)", region: name)
    }
    try expectKnown(flags: flags, among: HOLOSNAP_OPTIONAL | HOLOSNAP_ALONE, reserved: reserved, name)
    self.component = known
    isOptional = flags & UInt32(HOLOSNAP_OPTIONAL) != 0
    isAlone = flags & UInt32(HOLOSNAP_ALONE) != 0
  }
}

/// A part of a state.
protocol DescribedPart: Sendable {
  var traits: PartTraits { get }
  var canBeRestored: Bool { get }
}

extension DescribedPart {
  var name: String { traits.name }
  var component: Component { traits.component }
  var isOptional: Bool { traits.isOptional }
  var isAlone: Bool { traits.isAlone }
}
