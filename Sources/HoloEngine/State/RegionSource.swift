import Glibc
import HoloFormat
import HoloModel
import HoloSystem

// Unsafe here: a region in memory is the caller's buffer, which has to live and stay as it is until the capture ends.

/// A region that is to be captured: what it is, and where its bytes come from. A plan; nothing is held open but the
/// directory that the state was named by.
///
/// `@unchecked Sendable`: the memory of a region in memory is only read, and its owner has promised to leave it alone.
package struct RegionSource: @unchecked Sendable {
  /// Where the bytes come from.
  package enum Origin {
    case file(Location)
    case memory(UnsafeRawBufferPointer)
  }

  /// How a file is found again.
  package enum Location {
    /// The user named the file itself.
    var isNamed: Bool { if case .path = self { true } else { false } }

    /// Below a directory that is held open; one name a component, none a symbolic link.
    case below(OpenFile, [[UInt8]], StateWalk)
    /// As the user named it, and where that led when the state was listed (nil where that has no name of its own, as a
    /// descriptor's has none): a link that takes the file's place later is not followed.
    case path(String, resolved: String?)
  }

  package var name: String
  package var component: Component
  package var elementType: ElementType
  package var shape: [UInt64]
  /// Bytes of the file before and after the elements.
  package var headerByteCount: Int
  package var tailByteCount: Int
  /// Bytes of the elements.
  package var byteCount: UInt64
  /// Where they lie in a file of many regions, in order; nil where they follow the header.
  var extents: [FileExtent]?
  /// Of a part of a file of many regions.
  package var member: RegionMember?
  /// Its file holds a checksum of its bytes, which any error would break.
  var isChecksummed = false
  /// Of a host: the length of its file.
  package var fileByteCount: UInt64?
  /// How its bytes are cut. Where that is by content, they are in memory, or come out of a container.
  package var chunking = Chunking.grid
  /// Of a blob: the version that a program gave to what it wrote.
  package var blobVersion: UInt32?
  /// The error that its user allows; nil: none.
  package var quantization: QuantizationMode?
  /// What comes of that, once the region was looked at.
  var quantizer: RegionQuantizer?
  /// What came of it when the region was first captured, of one that comes out of a container.
  var recordedQuantization: RegionQuantization?
  /// The region of a capture's base that it is compared with.
  var baseRegion: Int?
  /// Of its bytes, those that may differ from what they are in the base; nil: any of them.
  var changes: ByteRanges?
  /// Of the file; nil for memory.
  package var permissions: UInt32?
  package var modified: Timestamp?
  /// The file as it was planned; nil for memory.
  package var status: FileStatus?
  package var origin: Origin
  /// Why a file that begins as one of a type is taken as bytes.
  package private(set) var flaw: FormatError?
  /// For messages.
  package var path: String

  /// A region in memory. The shape's product times the element's size is the buffer's length.
  package init(
    name: String, component: Component = .memory, elementType: ElementType, shape: [UInt64],
    memory: UnsafeRawBufferPointer
  ) {
    self.name = name
    self.component = component
    self.elementType = elementType
    self.shape = shape
    headerByteCount = 0
    tailByteCount = 0
    byteCount = UInt64(memory.count)
    origin = .memory(memory)
    path = name
  }

  /// A blob in memory: what a program wrote of a structure of its own.
  package init(blob name: String, component: Component, version: UInt32, memory: UnsafeRawBufferPointer) {
    self.init(name: name, component: component, elementType: .bytes, shape: [], memory: memory)
    chunking = .content
    blobVersion = version
  }

  /// A region of a file, planned by its name, its status and, where the name says that it has one, its header.
  init(
    name: String, component: Component, location: Location, path: String, status: FileStatus, syscalls: Syscalls
  ) throws(SystemError) {
    self.name = name
    self.component = component
    self.path = path
    origin = .file(location)
    let fileName = Self.fileName(location)
    let fileByteCount = UInt64(clamping: status.byteCount)
    var layout = RegionLayout.bytes(fileByteCount: fileByteCount)
    var planned = status
    if let type = ElementType(suffixOf: fileName) {
      layout = .raw(type, fileByteCount: fileByteCount)
    } else if let kind = HeaderKind(fileName: fileName, isNamed: location.isNamed) {
      let file = try Self.open(location, syscalls)
      planned = try file.status()
      layout = try kind.layout(of: file, flaw: &flaw) ?? .bytes(fileByteCount: UInt64(clamping: planned.byteCount))
    }
    elementType = layout.elementType
    shape = layout.shape
    headerByteCount = layout.headerByteCount
    byteCount = layout.byteCount
    tailByteCount = layout.tailByteCount
    permissions = planned.permissions
    modified = Timestamp(planned)
    self.status = planned
  }

  /// A part of a file of many regions.
  init(
    name: String, component: Component, location: Location, path: String, status: FileStatus,
    elementType: ElementType, shape: [UInt64], extents: [FileExtent]
  ) {
    self.name = name
    self.component = component
    self.path = path
    self.elementType = elementType
    self.shape = shape
    self.extents = extents
    headerByteCount = 0
    tailByteCount = 0
    byteCount = extents.reduce(0) { $0 + $1.byteCount }
    permissions = status.permissions
    modified = Timestamp(status)
    self.status = status
    origin = .file(location)
  }

  /// The host of the file of many regions that this is of; nil of any other.
  var host: String? { member?.host ?? (fileByteCount == nil ? nil : name) }

  /// Where the elements begin in the file. Only a host, whose elements are bytes, has them in several runs.
  var elementsOffset: UInt64 { extents?.first?.offset ?? UInt64(headerByteCount) }

  /// Opens the file for reading. Fails with ENOENT where it is gone, or is no regular file any more.
  package func open(_ syscalls: Syscalls) throws(SystemError) -> OpenFile {
    guard case .file(let location) = origin else {
      throw SystemError(call: .open, path: path, code: ENOENT)
    }
    return try Self.open(location, syscalls)
  }

  /// Whether the file is another than was planned: its size, its time of modification, or the file itself.
  package func hasChanged(_ file: OpenFile) throws(SystemError) -> Bool {
    guard let status else { return false }
    return try file.status() != status
  }

  /// The plan for the file as it is now.
  package func replanned(_ syscalls: Syscalls) throws(SystemError) -> RegionSource {
    guard case .file(let location) = origin else { return self }
    let status = try open(syscalls).status()
    var region = try RegionSource(
      name: name, component: component, location: location, path: path, status: status, syscalls: syscalls)
    // A file that is of another type now is kept exactly.
    if let quantization, quantization.applies(to: region.elementType) { region.quantization = quantization }
    return region
  }

  // Every file is opened without waiting: a named pipe put in its place must not stop the capture.
  private static let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY

  static func open(_ location: Location, _ syscalls: Syscalls) throws(SystemError) -> OpenFile {
    let file: OpenFile
    switch location {
    case .path(let path, let resolved):
      file = try notALink { () throws(SystemError) in
        try syscalls.open(resolved ?? path, resolved == nil ? flags : flags | O_NOFOLLOW)
      }
    case .below(let root, let components, let walk):
      let directory = try walk.directory(Array(components.dropLast()), below: root)
      file = try notALink { () throws(SystemError) in
        try syscalls.open(components.last ?? [], in: directory, flags | O_NOFOLLOW)
      }
    }
    guard try file.status().kind == .file else { throw SystemError(call: .open, path: file.path, code: ENOENT) }
    return file
  }

  /// A link, or a socket, that has taken a file's place: the file is gone.
  private static func notALink(_ open: () throws(SystemError) -> OpenFile) throws(SystemError) -> OpenFile {
    do throws(SystemError) { return try open() } catch {
      guard error.code == ELOOP || error.code == ENXIO else { throw error }
      throw SystemError(call: .open, path: error.path, code: ENOENT)
    }
  }

  /// Whether a file that says that it has no bytes has some all the same: the kernel makes such files as they are read.
  static func hidesItsSize(_ location: Location, _ syscalls: Syscalls) throws(SystemError) -> Bool {
    let file = try open(location, syscalls)
    do throws(SystemError) {
      let hasByte = try !file.bytes(at: 0, count: 1).isEmpty
      return hasByte ? try file.status().byteCount == 0 : false
    } catch {
      // It waits for its bytes.
      guard error.code == EAGAIN else { throw error }
      return true
    }
  }

  static func fileName(_ location: Location) -> [UInt8] {
    switch location {
    case .path(let path, _): Array(PathBytes.bytes(path).split(separator: UInt8(ascii: "/")).last ?? [])
    case .below(_, let components, _): components.last ?? []
    }
  }
}
