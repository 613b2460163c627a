import Glibc

/// What lies below a directory, with names as bytes: enough to tell whether two trees are the same.
enum Tree {
  struct Entry: Hashable, CustomStringConvertible {
    var kind: UInt32
    var permissions: UInt32
    var modifiedNanoseconds: Int
    var contents: [UInt8]

    var description: String {
      "kind \(kind), mode \(String(permissions, radix: 8)), time \(modifiedNanoseconds), \(contents.count) bytes"
    }
  }

  /// Every file and directory by its path; symbolic links are left out, as a snapshot does.
  static func read(_ path: String) -> [[UInt8]: Entry] {
    var entries: [[UInt8]: Entry] = [:]
    collect(Array(path.utf8), below: [], into: &entries)
    return entries
  }

  private static func collect(_ directory: [UInt8], below prefix: [UInt8], into entries: inout [[UInt8]: Entry]) {
    for entry in self.entries(ofDirectory: directory) {
      let path = directory + [UInt8(ascii: "/")] + entry.name
      let name = prefix + entry.name
      var status = stat()
      guard withCString(path, { lstat($0, &status) }) == 0, status.st_mode & S_IFMT != S_IFLNK else { continue }
      let isFile = status.st_mode & S_IFMT == S_IFREG
      entries[name] = Entry(
        kind: status.st_mode & S_IFMT, permissions: status.st_mode & 0o7777,
        modifiedNanoseconds: status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec,
        contents: isFile ? contents(path) : [])
      if entry.isDirectory { collect(path, below: name + [UInt8(ascii: "/")], into: &entries) }
    }
  }

  static func entries(ofDirectory path: [UInt8]) -> [(name: [UInt8], isDirectory: Bool)] {
    guard let stream = withCString(path, { opendir($0) }) else { return [] }
    defer { closedir(stream) }
    var entries: [(name: [UInt8], isDirectory: Bool)] = []
    while let entry = readdir(stream) {
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let text = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
      let name = [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
      if name == Array(".".utf8) || name == Array("..".utf8) { continue }
      entries.append((name, Int32(entry.pointee.d_type) == Int32(DT_DIR)))
    }
    return entries
  }

  static func withCString<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    body(path.map(CChar.init(bitPattern:)) + [0])
  }

  private static func contents(_ path: [UInt8]) -> [UInt8] {
    let file = withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      guard count > 0 else { return bytes }
      bytes += buffer.prefix(count)
    }
  }
}
