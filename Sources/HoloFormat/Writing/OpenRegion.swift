import HoloModel

/// A region of a container that is being written, between its begin and its end.
struct OpenRegion {
  let name: String
  let elementType: ElementType
  let isQuantized: Bool
  /// Of the part in the present segment.
  var firstEntry: Int
  /// Chunks in parts that were closed.
  var indexedCount: UInt64 = 0
  var chunkCount: UInt64 = 0
  var storedByteCount: UInt64 = 0
  var tree = RegionTree()
  var rawTree = RegionTree()

  init(name: String, elementType: ElementType, isQuantized: Bool, firstEntry: Int) {
    self.name = name
    self.elementType = elementType
    self.isQuantized = isQuantized
    self.firstEntry = firstEntry
  }

  /// What keeps it from ending with this descriptor; nil for nothing.
  func problem(endingWith descriptor: RegionDescriptor) -> String? {
    guard descriptor.name.utf8.elementsEqual(name.utf8), descriptor.elementType == elementType else {
      return "the descriptor is that of another region, \(descriptor.name)"
    }
    if let problem = descriptor.problem { return problem }
    guard descriptor.chunkCount == chunkCount else {
      return "the region has \(chunkCount) chunks, its length is \(descriptor.byteCount)"
    }
    if let root = tree.root(), root != descriptor.root { return "the region's root is not that of its chunks" }
    guard (descriptor.quantization != nil) == isQuantized else {
      return "the descriptor says otherwise whether the region is quantized"
    }
    if let root = rawTree.root(), let quantization = descriptor.quantization, root != quantization.rawRoot {
      return "the region's raw root is not that of its chunks"
    }
    return nil
  }
}
