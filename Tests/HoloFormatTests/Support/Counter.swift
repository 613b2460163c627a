import Synchronization

/// Counts what interceptors see.
final class Counter: Sendable {
  private let count = Atomic(0)

  /// The number of this call, from 0.
  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }

  var value: Int { count.load(ordering: .relaxed) }
}
