import HoloModel

/// A region of a container that is being written, between its begin and its end.
struct OpenRegion {
  let name: String
  let elementType: ElementType
  let isQuantized: Bool
  let chunking: Chunking
  /// Of the part in the present segment.
  var firstEntry: Int
  /// Chunks in parts that were closed.
  var indexedCount: UInt64 = 0
  var chunkCount: UInt64 = 0
  var storedByteCount: UInt64 = 0
  /// Of a region that is cut by its content: of its chunks so far, and what the last one is.
  private var byteCount: UInt64 = 0
  private var lastByteCount: Int?
  private var lastValue = BLAKE3.hash([])
  private var tree = RegionTree()
  private var rawTree = RegionTree()

  init(name: String, elementType: ElementType, isQuantized: Bool, chunking: Chunking, firstEntry: Int) {
    self.name = name
    self.elementType = elementType
    self.isQuantized = isQuantized
    self.chunking = chunking
    self.firstEntry = firstEntry
  }

  /// What keeps a chunk from following those so far; nil for nothing.
  ///
  /// - Parameter length: of a chunk that is cut by its content.
  func problem(appending length: Int?, raw: Digest256?) -> String? {
    guard isQuantized == (raw != nil) else { return "a chunk is quantized exactly in a quantized region" }
    guard (chunking == .content) == (length != nil) else { return "a chunk has a length exactly where it is no grid's" }
    guard let length else { return nil }
    guard (1...ContentCut.byteCounts.upperBound).contains(length),
      lastByteCount.map(ContentCut.byteCounts.contains) ?? true
    else { return "a chunk is shorter or longer than one can be" }
    return nil
  }

  mutating func append(_ chainingValue: Digest256, raw: Digest256?, length: Int?) {
    chunkCount += 1
    if let raw { rawTree.append(raw) }
    guard let length else { return tree.append(chainingValue) }
    byteCount += UInt64(length)
    lastByteCount = length
    lastValue = chainingValue
  }

  /// What keeps it from ending with this descriptor; nil for nothing.
  func problem(endingWith descriptor: RegionDescriptor) -> String? {
    guard descriptor.name.utf8.elementsEqual(name.utf8), descriptor.elementType == elementType else {
      return "the descriptor is that of another region, \(descriptor.name)"
    }
    if let problem = descriptor.problem { return problem }
    guard descriptor.chunking == chunking else {
      return "the descriptor says otherwise whether the region is cut by its content"
    }
    guard chunking == .content ? descriptor.byteCount == byteCount : descriptor.gridChunkCount == chunkCount else {
      return "the region has \(chunkCount) chunks, its length is \(descriptor.byteCount)"
    }
    let root = chunking == .grid ? tree.root() : chunkCount < 2 ? lastValue : nil
    if let root, root != descriptor.root { return "the region's root is not that of its chunks" }
    guard (descriptor.quantization != nil) == isQuantized else {
      return "the descriptor says otherwise whether the region is quantized"
    }
    if let root = rawTree.root(), let quantization = descriptor.quantization, root != quantization.rawRoot {
      return "the region's raw root is not that of its chunks"
    }
    return nil
  }
}
