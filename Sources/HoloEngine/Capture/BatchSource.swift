/// Where a capture's chunks come from, in the order in which they are written.
protocol BatchSource: AnyObject {
  /// Says what is in the next batch, and reads it, or leaves that to `load`; false when nothing is left. Called by one thread
  /// at a time: the pipeline's workers take turns.
  func fill(_ batch: CaptureBatch) throws(HoloError) -> Bool

  /// Brings the bytes of a filled batch that are not in it yet. Called by many workers at once, each with its number and a
  /// batch of its own.
  func load(_ batch: CaptureBatch, worker: Int) throws(HoloError)
}

extension BatchSource {
  func load(_ batch: CaptureBatch, worker: Int) throws(HoloError) {}
}
