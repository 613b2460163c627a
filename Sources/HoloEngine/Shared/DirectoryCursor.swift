import HoloSystem

/// An open directory below a root, and the way to the next one: up to where the two part, and down from there. So a walk
/// in order opens each directory once, however deep it lies.
///
/// Every component is opened relative to the one before. Of the way to the present directory the last few handles are
/// kept open; further up, the way is walked again from the root.
struct DirectoryCursor {
  /// Opens (or makes) the directory `way.last` in the directory above it.
  typealias Entering = (_ way: ArraySlice<[UInt8]>, _ parent: OpenFile) throws(SystemError) -> OpenFile

  /// Far below any limit of open files.
  private static let handleLimit = 64

  private let root: OpenFile
  /// Names from the root to the present directory.
  private var way: [[UInt8]] = []
  /// Of the last directories of the way.
  private var handles: [OpenFile] = []

  init(root: OpenFile) { self.root = root }

  /// Goes to a directory, and stays where it got to when that fails.
  mutating func move(to target: [[UInt8]], entering: Entering) throws(SystemError) -> OpenFile {
    let common = zip(way, target).prefix { $0 == $1 }.count
    handles.removeLast(min(handles.count, way.count - common))
    way.removeLast(way.count - common)
    // Nothing is left open: what is open without a handle is the root alone.
    if handles.isEmpty { way = [] }
    while way.count < target.count {
      let parent = handles.last ?? root
      let next = try entering(target[...way.count], parent)
      if handles.count == Self.handleLimit { handles.removeFirst() }
      handles.append(next)
      way.append(target[way.count])
    }
    return handles.last ?? root
  }
}
