import HoloSystem

/// Makes files and directories durable: the first few each by itself, so that a small restore does not wait for what
/// others write to the same disk; the others with their whole file systems, since a journal that is forced out for each of
/// ten thousand files takes most of a restore's time.
struct Durability {
  /// So many are synchronized one by one.
  static let singleLimit = 64

  private var count = 0
  /// File systems that are to be synchronized, by their devices; with something that is open on each.
  private var devices: [UInt64: OpenFile] = [:]

  /// True where the caller is to synchronize the file itself; else `anchor`, which lies on the same device and was opened
  /// before the file was written, stays open until all is synchronized.
  mutating func takesSingly(on device: UInt64, anchor: OpenFile) -> Bool {
    count += 1
    if count <= Self.singleLimit { return true }
    if devices[device] == nil { devices[device] = anchor }
    return false
  }

  /// What is to be synchronized as a whole, and is forgotten here.
  mutating func takeFileSystems() -> [OpenFile] {
    defer { devices = [:] }
    return Array(devices.values)
  }
}
