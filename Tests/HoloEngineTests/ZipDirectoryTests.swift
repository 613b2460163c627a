import HoloEngine
import HoloFormat
import HoloSystem
import TestSupport
import Testing

@Suite("Members of ZIP archives")
struct ZipDirectoryTests {
  private func read(_ bytes: [UInt8]) throws -> ZipDirectory? { try ZipDirectory.read(MemorySource(bytes)) }

  private static let content = [Array("first".utf8), [], [UInt8](0...255)]

  private static func sample(_ change: (inout ZipArchive) -> Void = { _ in }) -> [UInt8] {
    var archive = ZipArchive(content.enumerated().map { .init(name: "\($0).npy", data: $1) })
    change(&archive)
    return archive.bytes
  }

  @Test("Stored members, with 32-bit and with ZIP64 fields, and a comment", arguments: [false, true], [0, 1, 65_535])
  func readsMembers(isLarge: Bool, commentByteCount: Int) throws {
    let bytes = Self.sample {
      $0.isLarge = isLarge
      $0.comment = [UInt8](repeating: 0x50, count: commentByteCount)
    }
    let members = try #require(try read(bytes)?.members)
    #expect(members.map(\.name) == ["0.npy", "1.npy", "2.npy"].map { Array($0.utf8) })
    for (member, content) in zip(members, Self.content) {
      #expect(member.method == .stored)
      #expect(member.byteCount == UInt64(content.count) && member.storedByteCount == UInt64(content.count))
      #expect(Array(bytes[Int(member.offset)..<Int(member.offset + member.byteCount)]) == content)
    }
  }

  @Test("Members are told in the order of their data, which is not that of the directory")
  func order() throws {
    #expect(try read(Self.sample { $0.directoryOrder = [2, 0, 1] }) == read(Self.sample()))
  }

  @Test("An empty archive") func noMembers() throws {
    #expect(try read(ZipArchive([]).bytes)?.members == [])
  }

  @Test("A member is listed by how it is kept")
  func methods() throws {
    let members = try #require(
      try read(
        Self.sample {
          $0.members[0].method = 8
          $0.members[1].flags = 1
          $0.members[2].method = 12
        })?.members)
    #expect(members.map(\.method) == [.deflated, .other, .other])
  }

  @Test("A header that was written before its sizes were known")
  func descriptors() throws {
    let change = { (archive: inout ZipArchive) in archive.members[2].hasBlankLocalSizes = true }
    #expect(try read(Self.sample(change)) == nil)
    let members = try read(
      Self.sample {
        change(&$0)
        $0.members[2].flags = 8
      })?.members
    #expect(members?.map(\.byteCount) == [5, 0, 256])
  }

  @Test("What is odd is plain bytes, never an error")
  func oddArchives() throws {
    let changes: [(inout ZipArchive) -> Void] = [
      { $0.members[1].name = "0.npy" }, { $0.members[0].localName = "x.npy" }, { $0.members[0].localMethod = 8 },
      { $0.members[0].localFlags = 2 }, { $0.members[0].localByteCount = 4 }, { $0.members[0].localCRC = 1 },
      { $0.members[0].storedByteCount = 4 }, { $0.members[2].offsetChange = -1 }, { $0.members[1].offsetChange = -36 },
      { $0.members[0].disk = 1 }, { $0.members[0].extra = [1] }, { $0.members[0].extra = [9, 9, 1, 0] },
      { $0.members[0].extra = [1, 0, 0, 0, 1, 0, 0, 0] }, { $0.entryCountChange = 1 }, { $0.entryCountChange = -1 },
      { $0.directoryByteCountChange = 1 }, { $0.directoryByteCountChange = -1 }, { $0.directoryOffsetChange = 1 },
      { $0.directoryOffsetChange = -1 }, { $0.disk = 1 }, { $0.trailing = [0] },
      { $0.members[2].byteCountChange = 1 },
      {
        $0.isLarge = true
        $0.isWithoutLocator = true
      },
    ]
    for (index, change) in changes.enumerated() {
      #expect(try read(Self.sample(change)) == nil, "change \(index)")
    }
    for bytes in [[], [0x50], Array("PK\u{5}\u{6}".utf8), [UInt8](repeating: 0, count: 100)] {
      #expect(try read(bytes) == nil)
    }
  }

  @Test("A file that cannot be read is an error, not plain bytes")
  func failingReads() throws {
    let scratch = ScratchDirectory()
    try scratch.write(Self.sample(), to: "x")
    let source = try FileSource(
      try FaultInjector(failingEvery: .pread, with: 5).syscalls.open(scratch.path("x"), 0))
    #expect(throws: SystemError.self) { try ZipDirectory.read(source) }
  }

  @Test(
    "Truncations are seen; mutations never trap, and what is taken lies apart in the file", arguments: [false, true])
  func mutations(isLarge: Bool) throws {
    var generator = SeededGenerator.announced()
    let sound = Self.sample {
      $0.isLarge = isLarge
      $0.members[2].data = [1, 2, 3]
    }
    for count in sound.indices { #expect(try read(Array(sound.prefix(count))) == nil, "\(count) bytes") }
    for _ in 0..<20_000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let offset = Int.random(in: 0..<(bytes.count - 8), using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[offset] = UInt8.random(in: 0...255, using: &generator)
        case 1: for place in 0..<8 { bytes[offset + place] = 0xFF }
        default: bytes[offset] &+= [1, 0xFF, 0x80, 8].randomElement(using: &generator) ?? 0
        }
      }
      guard let members = try read(bytes)?.members else { continue }
      var end: UInt64 = 0
      for member in members {
        #expect(member.offset >= end)
        end = member.offset + member.storedByteCount
      }
      #expect(end <= UInt64(bytes.count))
    }
  }

  @Test(
    "Archives of other writers", .enabled(if: PythonProgram.path != nil),
    arguments: ["savez", "savez_compressed", "unseekable", "many", "empty"])
  func archivesOfOtherWriters(kind: String) throws {
    let scratch = ScratchDirectory()
    // Prints, of every member as Python sees it: name, sizes, checksum.
    let output = try PythonProgram.run(
      """
      import io, numpy, sys, zipfile
      path, kind = sys.argv[1:]
      arrays = {"x": numpy.arange(6.0).reshape(2, 3), "empty": numpy.zeros((0, 2)), "sub/é": numpy.ones(5, "<f4")}
      class Unseekable(io.RawIOBase):
          def __init__(self): self.file = open(path, "wb")
          def writable(self): return True
          def write(self, data): return self.file.write(data)
          def close(self): self.file.close()
      if kind == "savez": numpy.savez(path, **arrays)
      if kind == "savez_compressed": numpy.savez_compressed(path, **arrays)
      if kind == "unseekable":
          with Unseekable() as target: numpy.savez(target, **arrays)
      if kind == "empty": numpy.savez(path)
      if kind == "many":
          with zipfile.ZipFile(path, "w") as archive:
              for index in range(65_536): archive.writestr(f"{index}.npy", b"12345678")
      for info in zipfile.ZipFile(path).infolist():
          print(info.filename, info.compress_type, info.compress_size, info.file_size, info.CRC)
      """, scratch.path("x.npz"), kind)
    let bytes = try scratch.read("x.npz")
    let members = try #require(try ZipDirectory.read(MemorySource(bytes))?.members)
    let lines = members.map { member in
      let method = member.method == .stored ? 0 : 8
      let name = String(decoding: member.name, as: UTF8.self)
      return "\(name) \(method) \(member.storedByteCount) \(member.byteCount) \(member.crc32)"
    }
    #expect(lines == output.split(separator: "\n").map(String.init))
    for member in members where member.method == .stored && kind != "many" {
      #expect(NumPyHeader(Array(bytes[Int(member.offset)...].prefix(Int(member.byteCount)))) != nil)
    }
    #expect(lines.count == ["empty": 0, "many": 65_536][kind] ?? 3)
  }
}
