import CHoloSnap
import HoloEngine
import HoloFormat
import HoloModel

/// The regions and blobs of a snapshot, each with the part of the state that it goes to.
struct StateMatch {
  /// In the order in which the parts were added.
  private(set) var regions: [(part: RegionPart, stored: StoredRegion)] = []
  private(set) var blobs: [(part: BlobPart, stored: StoredRegion)] = []

  var byteCount: UInt64 {
    (regions.map(\.stored) + blobs.map(\.stored)).reduce(0) { $0 + $1.descriptor.byteCount }
  }

  /// Throws where names, types or shapes differ, or what is asked for cannot be restored.
  ///
  /// - Parameter globs: of the names that are restored; none: all.
  init(_ state: ProgramState.Description, _ container: StoredContainer, globs: [String]) throws(Failure) {
    var stored: [[UInt8]: StoredRegion] = [:]
    for region in container.regions { stored[Array(region.descriptor.name.utf8)] = region }
    let isChosen = try Self.choice(globs, of: state, container)
    for part in state.parts where isChosen(part.name) {
      guard let region = stored.removeValue(forKey: Array(part.name.utf8)) else {
        guard !part.isOptional else { continue }
        throw Failure(
          HOLOSNAP_MISMATCH, "the state has \(part.name.shortened), the snapshot has not", region: part.name)
      }
      guard part.canBeRestored else {
        throw .invalid("it has no prepare, or no read, and so cannot be restored", region: part.name)
      }
      switch part {
      case .region(let own):
        try own.expect(region.descriptor)
        regions.append((own, region))
      case .blob(let own):
        try own.expect(region.descriptor)
        blobs.append((own, region))
      }
    }
    for region in container.regions where isChosen(region.descriptor.name) {
      let name = region.descriptor.name
      guard stored[Array(name.utf8)] == nil else {
        throw Failure(HOLOSNAP_MISMATCH, "the snapshot has \(name.shortened), the state has not", region: name)
      }
    }
    guard regions.isEmpty && blobs.isEmpty || state.hooks.hasCommit else {
      throw .invalid("the state has no commit, and so cannot be restored")
    }
  }

  private static func choice(
    _ patterns: [String], of state: ProgramState.Description, _ container: StoredContainer
  ) throws(Failure) -> (String) -> Bool {
    let globs = try Failure.wrapping { () throws(HoloError) in try RegionGlobs(patterns) }
    guard !patterns.isEmpty else { return { _ in true } }
    let names = container.regions.map(\.descriptor.name)
    try Failure.wrapping { () throws(HoloError) in
      try globs.expectMatches(names, problems: [], path: container.path)
    }
    for part in state.parts where globs.matches(part.name) && !part.isAlone {
      throw .invalid("it is not ALONE: it means nothing without the rest of the state", region: part.name)
    }
    return { globs.matches($0) }
  }
}

extension RegionPart {
  fileprivate func expect(_ region: RegionDescriptor) throws(Failure) {
    try expectPart(component, of: region)
    func mismatch(_ own: String, _ other: String) -> Failure {
      Failure(HOLOSNAP_MISMATCH, "the state has \(own), the snapshot \(other)", region: name)
    }
    guard region.blobVersion == nil else { throw mismatch("a region", "a blob") }
    guard region.elementType == elementType else {
      throw mismatch("elements of \(elementType.name)", "elements of \(region.elementType.name)")
    }
    guard let expected else { return }
    let shape = region.extents
    let fits = shape.count == expected.count && zip(shape, expected).allSatisfy { $1 == .max || $0 == $1 }
    guard fits else { throw mismatch("the shape \(expected.shapeText)", shape.shapeText) }
  }
}

extension BlobPart {
  fileprivate func expect(_ region: RegionDescriptor) throws(Failure) {
    try expectPart(component, of: region)
    guard region.blobVersion != nil else {
      throw Failure(HOLOSNAP_MISMATCH, "the state has a blob, the snapshot a region", region: name)
    }
  }
}

/// What holds of regions and blobs alike.
private func expectPart(_ component: Component, of region: RegionDescriptor) throws(Failure) {
  guard region.component == component else {
    throw Failure(
      HOLOSNAP_MISMATCH, "the state has it in \(component.name), the snapshot in \(region.component.name)",
      region: region.name)
  }
  guard region.header.isEmpty, region.tail.isEmpty, region.member == nil, region.fileByteCount == nil else {
    throw Failure(
      HOLOSNAP_MISMATCH, "the state has it in memory, the snapshot as a part of a file", region: region.name)
  }
}
