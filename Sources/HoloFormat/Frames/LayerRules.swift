import HoloModel

extension [SegmentLayer] {
  /// What breaks a rule of section 6 in the layers of a chunk of so many bytes; nil for nothing.
  ///
  /// - Parameter containerID: that in which they are named.
  func problem(chunkByteCount: Int, of part: SegmentPart, in containerID: Digest128) -> String? {
    guard part.chunking == .grid || count == 1 else { return "a chunk that is cut by its content has several layers" }
    for (index, layer) in enumerated() {
      let below = index == 0 ? nil : self[index - 1]
      guard (layer.effect == .whole) == (below == nil) else {
        return below == nil ? "a chunk's first layer is not all of it" : "a layer over others is a whole chunk"
      }
      if let blocks = layer.blocks, !blocks.isValid(chunkByteCount: chunkByteCount) {
        return "a layer replaces blocks that the chunk does not have, or none"
      }
      if let order = layer.order, let problem = layer.coding.problem(asDifferencesOf: order, over: below) {
        return problem
      }
      if let problem = layer.problem(byteCount: layer.byteCount(chunkByteCount: chunkByteCount), of: part, containerID)
      {
        return problem
      }
    }
    return nil
  }
}

extension SegmentLayer {
  /// What is wrong with the coding of a layer that gives so many bytes.
  fileprivate func problem(byteCount: Int, of part: SegmentPart, _ named: Digest128) -> String? {
    guard let length = coding.streamByteCount(chunkByteCount: byteCount) else {
      return "the chunk's length is not a multiple of its coding's elements"
    }
    let isQuantized = coding.quantization != nil
    guard length <= (isQuantized ? HWP.Limit.streamByteCount : HWP.Limit.plainStreamByteCount) else {
      return "the chunk's stream has \(length) bytes"
    }
    guard !isQuantized || part.isQuantized else { return "the chunk is quantized, its region is not" }
    if let problem = coding.quantizationProblem(type: part.elementType, chunkByteCount: byteCount) { return problem }
    guard (length == 0) == (frame == nil) else {
      return length == 0 ? "a chunk without a stream has a frame" : "a chunk with a stream has no frame"
    }
    return frame == nil && containerID != named ? "a layer without a frame stands in another container" : nil
  }

  /// What its codes are of; nil where it has none.
  package var codes: Coding.Codes? {
    switch effect {
    case .whole, .difference(.codes): coding.quantization
    case .blocks, .difference: nil
    }
  }
}

extension Coding {
  fileprivate func problem(asDifferencesOf order: DifferenceOrder, over below: SegmentLayer?) -> String? {
    guard width <= 8 else { return "differences have words of \(width) bytes" }
    guard (quantization != nil) == (order == .codes) else {
      return order == .codes ? "differences of codes are not quantized" : "differences of words are quantized"
    }
    switch order {
    case .integers: return nil
    case .numbers: return width == 1 ? "numbers have 1 byte" : nil
    case .codes:
      guard let below, let mine = quantization, let others = below.codes else {
        return "differences of codes stand over a layer that has none"
      }
      let isSame =
        below.coding.width == width && below.coding.methods.count == methods.count
        && mine.quantizer.hasCodes(of: others.quantizer)
      return isSame ? nil : "differences of codes stand over codes of another quantizer"
    }
  }
}
