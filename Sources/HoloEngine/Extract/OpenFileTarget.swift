import Glibc
import HoloFormat
import HoloSystem
import Synchronization

/// Restores one region's bytes, without header and tail, into a file that is open for writing: anywhere in it, or one after
/// the other at the descriptor's own position (a pipe has no other).
final class OpenFileTarget: RegionTarget {
  enum Order: Sendable, Equatable {
    /// Byte 0 of the region stands at this offset of the file.
    case anywhere(from: UInt64)
    /// For a restore with one worker: its chunks come in order.
    case sequential
  }

  private let file: OpenFile
  private let order: Order
  private let next = Mutex<UInt64>(0)
  private let gone = Mutex(false)

  /// Whoever read the pipe has closed it (`| head`) and wants no more.
  var readerIsGone: Bool { gone.withLock { $0 } }

  init(_ file: OpenFile, order: Order) {
    self.file = file
    self.order = order
  }

  func memory(of region: Int) -> UnsafeMutableRawBufferPointer? { nil }

  func begin(_ region: Int, _ descriptor: RegionDescriptor) throws(HoloError) {
    guard descriptor.byteCount <= UInt64(Int64.max) else {
      throw HoloError(.malformed, "the region is larger than a file can be", place: .init(region: descriptor.name))
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, to region: Int, at offset: UInt64) throws(HoloError) {
    do {
      switch order {
      case .anywhere(let start): try file.write(bytes, at: Int64(start + offset))
      case .sequential:
        let expected = next.withLock { next in
          defer { next += UInt64(bytes.count) }
          return next
        }
        guard expected == offset else {
          throw HoloError(.internal, "bytes \(offset) and on come where byte \(expected) is due")
        }
        try file.append(bytes)
      }
    } catch let error as SystemError {
      guard order == .sequential, error.code == EPIPE else { throw HoloError(writing: error) }
      gone.withLock { $0 = true }
      throw HoloError.cancelled
    } catch { throw HoloError(wrapping: error) }
  }

  func complete(_ region: Int) throws(HoloError) {}

  func discard(_ region: Int) {}
}
