import CWaveKernels

// The kernels' digests, and ours.
extension wave_digest {
  package var chainingValue: Digest256 { withUnsafeBytes(of: cv) { Digest256($0) } }
  /// Of a span that was asked for it.
  package var rootValue: Digest256 { withUnsafeBytes(of: root) { Digest256($0) } }

  package init(chainingValue: Digest256, root: Digest256?) {
    self.init()
    withUnsafeMutableBytes(of: &cv) { cv in chainingValue.withBytes { cv.copyBytes(from: $0) } }
    if let root { withUnsafeMutableBytes(of: &self.root) { bytes in root.withBytes { bytes.copyBytes(from: $0) } } }
  }
}
