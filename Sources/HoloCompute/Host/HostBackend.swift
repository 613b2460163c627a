/// The host's own kernels, on the calling thread: nothing to bring up, nothing to fail.
package final class HostBackend: ComputeBackend {
  package let summary: BackendSummary
  /// Hashing, surveying and coding a batch one after the other should find it in the second-level cache.
  package let batchByteCount = 1 << 20
  package let batchChunkLimit = 256

  package init(reason: String, warning: String? = nil) {
    summary = BackendSummary(kind: .host, device: HostProcessor.description, reason: reason, warning: warning)
  }

  package func makeSession() -> any ComputeSession {
    HostSession()
  }
}
