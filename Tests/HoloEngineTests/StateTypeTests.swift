import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

@Suite("Element types of files")
struct StateTypeTests {
  let scratch = ScratchDirectory()

  private func region(_ name: String, _ bytes: [UInt8]) throws -> RegionSource {
    try scratch.write(bytes, to: name)
    return try #require(try StateScan.describe([scratch.path(name)]).regions.first)
  }

  static func npy(_ literal: String, data: Int, version: (UInt8, UInt8) = (1, 0)) -> [UInt8] {
    let text = Array((literal + "\n").utf8)
    let length =
      version.0 == 1
      ? [UInt8(text.count & 0xFF), UInt8(text.count >> 8)]
      : (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version.0, version.1] + length + text
      + [UInt8](repeating: 7, count: data)
  }

  static func npy(_ type: String, _ shape: String, data: Int, version: (UInt8, UInt8) = (1, 0)) -> [UInt8] {
    npy("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }", data: data, version: version)
  }

  @Test("A suffix gives the type, and what is no whole element is the tail", arguments: ElementType.allCases)
  func suffixes(type: ElementType) throws {
    let region = try region("x.\(type.name)", [UInt8](repeating: 1, count: 3 * type.byteCount + type.byteCount / 2))
    if type == .bytes {
      #expect(region.elementType == .bytes && region.shape == [] && region.tailByteCount == 0)
    } else {
      #expect(region.elementType == type)
      #expect(region.shape == [3])
      #expect(region.tailByteCount == type.byteCount / 2)
    }
    #expect(region.byteCount == UInt64(3 * type.byteCount))
    #expect(region.headerByteCount == 0)
  }

  @Test("Other names are bytes", arguments: ["x", "x.F32", ".f32", "f32", "x.f32.txt", "x.", "x.npz"])
  func otherNames(name: String) throws {
    let region = try region(name, [1, 2, 3])
    #expect(region.elementType == .bytes && region.shape == [] && region.byteCount == 3)
  }

  @Test("Empty typed files")
  func emptyFiles() throws {
    #expect(try region("x.f32", []).shape == [0])
    #expect(try region("x.npy", []).elementType == .bytes)
    #expect(try region("y", []).byteCount == 0)
  }

  @Test(
    "An npy header gives type and shape",
    arguments: [
      ("<f4", ElementType.f32), ("<f8", .f64), ("<f2", .f16), ("<c8", .c64), ("<c16", .c128), ("|u1", .u8),
      ("|i1", .i8),
      ("|b1", .u8), ("<u2", .u16), ("<i2", .i16), ("<u4", .u32), ("<i4", .i32), ("<u8", .u64), ("<i8", .i64),
    ])
  func numPyTypes(name: String, type: ElementType) throws {
    for version in [(1, 0), (2, 0), (3, 0)] as [(UInt8, UInt8)] {
      let file = Self.npy(name, "(2, 3)", data: 6 * type.byteCount + 5, version: version)
      let region = try region("x.npy", file)
      #expect(region.elementType == type)
      #expect(region.shape == [2, 3])
      #expect(region.byteCount == UInt64(6 * type.byteCount))
      #expect(region.headerByteCount == file.count - 6 * type.byteCount - 5)
      #expect(region.tailByteCount == 5)
    }
  }

  @Test(
    "Shapes",
    arguments: [
      ("()", [], 4), ("(5,)", [5], 20), ("(0, 3)", [0, 3], 0), ("( 2,1 ,2 , )", [2, 1, 2], 16), ("(3L,)", [3], 12),
    ] as [(String, [UInt64], Int)])
  func shapes(text: String, shape: [UInt64], data: Int) throws {
    let region = try region("x.npy", Self.npy("<f4", text, data: data))
    #expect(region.elementType == .f32)
    #expect(region.shape == shape)
    #expect(region.byteCount == UInt64(data))
  }

  @Test("Fortran order is kept as it lies")
  func fortranOrder() throws {
    let file = Self.npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", data: 24)
    #expect(NumPyHeader(file)?.isFortranOrder == true)
    // Outermost first as the bytes lie.
    #expect(NumPyHeader(file)?.shape == [3, 2])
    #expect(try region("x.npy", file).shape == [3, 2])
  }

  @Test(
    "What is no array of ours is bytes, never an error",
    arguments: [
      npy(">f4", "(2,)", data: 8), npy("|O", "(2,)", data: 16), npy("<U3", "(2,)", data: 24),
      npy("<f16", "(1,)", data: 16),
      npy("<f4", "(3,)", data: 8), npy("<f4", "(2)", data: 8), npy("<f4", "(-1,)", data: 8),
      npy("<f4", "(18446744073709551616,)", data: 8), npy("<f4", "(4294967296, 4294967296, 4)", data: 8),
      npy("<f8", "(1152921504606846976, 2)", data: 8), npy("<f4", "(2,)", data: 8, version: (9, 0)),
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", data: 8),
      npy("{'descr': '<f4', 'fortran_order': False}", data: 8),
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}", data: 8),
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", data: 8),
      npy("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", data: 8), npy("{{{{{{{{", data: 8), npy("", data: 8),
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", data: 8), Array("\u{93}NUMPY".utf8),
      Array(npy("<f4", "(2,)", data: 0).prefix(40)), [0x93], [],
      npy("<f4", "(" + String(repeating: "1, ", count: 33) + ")", data: 4), npy("<f4", "(1,)", data: 4 + 65_537),
    ])
  func otherArrays(file: [UInt8]) throws {
    let region = try region("x.npy", file)
    #expect(region.elementType == .bytes)
    #expect(region.shape == [])
    #expect(region.headerByteCount == 0 && region.tailByteCount == 0)
    #expect(region.byteCount == UInt64(file.count))
  }

  @Test("A header cut anywhere, or with any byte changed, is read without a trap")
  func brokenHeaders() {
    let file = Self.npy("<c16", "(2, 3)", data: 0)
    for count in 0...file.count { _ = NumPyHeader(Array(file.prefix(count))) }
    for offset in file.indices {
      for value in [0, 0x27, 0x28, 0x7B, 0x39, 0x80, 0xFF] as [UInt8] {
        var changed = file
        changed[offset] = value
        _ = NumPyHeader(changed)?.elementByteCount
      }
    }
  }

  @Test("A change of size, time or file is seen, and planned anew")
  func seesChanges() throws {
    let before = try region("s.f32", [UInt8](repeating: 0, count: 8))
    let file = try before.open(Syscalls())
    #expect(try !before.hasChanged(file))

    let writer = try Syscalls().open(scratch.path("s.f32"), O_RDWR)
    try writer.setModified(seconds: 5, nanoseconds: 5)
    #expect(try before.hasChanged(file))

    try writer.truncate(to: 14)
    let after = try before.replanned(Syscalls())
    #expect(after.shape == [3] && after.tailByteCount == 2)
    #expect(after.name == before.name)
    #expect(try !after.hasChanged(try after.open(Syscalls())))

    try scratch.write([UInt8](repeating: 0, count: 14), to: "new")
    rename(scratch.path("new"), scratch.path("s.f32"))
    #expect(try after.hasChanged(try after.open(Syscalls())))

    unlink(scratch.path("s.f32"))
    let error = #expect(throws: SystemError.self) { try after.replanned(Syscalls()) }
    #expect(error?.code == ENOENT)
  }

  @Test("A region in memory is as its owner says")
  func memory() throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 16)
    defer { buffer.deallocate() }
    let region = RegionSource(
      name: "psi", component: .index, elementType: .c128, shape: [2], memory: UnsafeRawBufferPointer(buffer))
    #expect(region.byteCount == 32)
    #expect(region.status == nil && region.permissions == nil && region.modified == nil)
    #expect(throws: SystemError.self) { try region.open(Syscalls()) }
    #expect(try region.replanned(Syscalls()).name == "psi")
  }
}
