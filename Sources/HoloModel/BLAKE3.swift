import CWaveKernels

// Unsafe here: the C functions take pointer and length of buffers that live through the call.

/// BLAKE3 (BLAKE3 paper, 2020) of bytes in memory, on the calling thread.
package enum BLAKE3 {
  package static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest256 {
    var digest = Digest256()
    digest.withMutableBytes { out in
      wave_blake3(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, out.assumed)
    }
    return digest
  }

  package static func hash(_ bytes: [UInt8]) -> Digest256 { bytes.withUnsafeBytes { hash($0) } }

  /// Of a chunk (``ChunkGeometry``) that is not all there is: the whole subtree over its bytes, without the ROOT flag.
  package static func chainingValue(_ bytes: [UInt8], chunk: UInt64) -> Digest256 {
    var digest = wave_digest()
    let span = wave_span(
      offset: 0, firstLeaf: chunk * ChunkGeometry.leavesPerChunk, length: UInt32(bytes.count), flags: 0)
    bytes.withUnsafeBufferPointer { wave_host_checksum($0.baseAddress, [span], 1, &digest, nil) }
    return digest.chainingValue
  }

  /// The parent of two nodes; with the ROOT flag where it is the top one.
  package static func parent(_ left: Digest256, _ right: Digest256, isRoot: Bool) -> Digest256 {
    var digest = Digest256()
    digest.withMutableBytes { out in
      left.withBytes { left in
        right.withBytes { right in
          wave_blake3_parent(left.assumed, right.assumed, isRoot ? 1 : 0, out.assumed)
        }
      }
    }
    return digest
  }
}

/// Combines the chaining values of a region's chunks, in order, to the region's root (BLAKE3 paper, section 2.1: the
/// left subtree is the largest full one).
package struct RegionTree: Sendable {
  private var stack: [Digest256] = []
  private var count: UInt64 = 0

  package init() {}

  package mutating func append(_ chainingValue: Digest256) {
    // Full subtrees are merged only when another chunk follows, so that the last parent can be the root.
    var merges = count.trailingZeroBitCount
    if count == 0 { merges = 0 }
    for _ in 0..<merges {
      let right = stack.removeLast()
      stack[stack.count - 1] = BLAKE3.parent(stack[stack.count - 1], right, isRoot: false)
    }
    stack.append(chainingValue)
    count += 1
  }

  /// The value of the only node, where there is one.
  package var single: Digest256? { count == 1 ? stack[0] : nil }

  /// The root of a region of at least two chunks. (That of a smaller one cannot be had from its chaining value.)
  package func root() -> Digest256? {
    guard count >= 2, var node = stack.last else { return nil }
    for index in stack.indices.dropLast().reversed() {
      node = BLAKE3.parent(stack[index], node, isRoot: index == 0)
    }
    return node
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var assumed: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate var assumed: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

/// XXH32 (xxHash specification), the checksum of the LZ4 frame format.
package enum XXH32 {
  package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
    wave_xxh32(bytes.assumed, bytes.count, seed)
  }

  /// Of each buffer; several take less time than one by one.
  package static func hashes(of buffers: [UnsafeRawBufferPointer]) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: buffers.count) { hashes, count in
      wave_xxh32_each(buffers.map(\.assumed), buffers.map(\.count), buffers.count, 0, hashes.baseAddress)
      count = buffers.count
    }
  }
}
