import HoloSystem

/// Makes files and directories durable: the first few each by itself, so that a small restore does not wait for what
/// others write to the same disk; the others with their whole file systems, since a journal that is forced out for each of
/// ten thousand files takes most of a restore's time.
struct Durability {
  /// So many are synchronized one by one.
  static let singleLimit = 64

  private var count = 0
  /// Something that is open on each device, from before anything was written there: an error since then is told through it.
  private var anchors: [UInt64: OpenFile]
  /// File systems that are to be synchronized, by their devices.
  private var devices: Set<UInt64> = []

  init(root: OpenFile, device: UInt64) { anchors = [device: root] }

  /// True where the caller is to synchronize the file itself; else its file system will be, and `directory`, where that is
  /// the first of its device, stays open.
  mutating func takesSingly(on device: UInt64, in directory: OpenFile) -> Bool {
    count += 1
    if count <= Self.singleLimit { return true }
    if anchors[device] == nil { anchors[device] = directory }
    devices.insert(device)
    return false
  }

  /// What is to be synchronized as a whole, and is forgotten here.
  mutating func takeFileSystems() -> [OpenFile] {
    defer { devices = [] }
    return devices.compactMap { anchors[$0] }
  }
}
