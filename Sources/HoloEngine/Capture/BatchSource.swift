/// Where a capture's chunks come from, in the order in which they are written.
///
/// Used by one thread at a time: the pipeline's workers take turns.
protocol BatchSource: AnyObject {
  /// Fills the batch; false when nothing is left.
  func fill(_ batch: CaptureBatch) throws(HoloError) -> Bool
}
