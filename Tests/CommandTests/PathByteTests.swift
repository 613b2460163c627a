import Glibc
import HoloSystem
import TestSupport
import Testing

/// Paths that are no UTF-8: the program takes them as they are.
@Suite struct PathByteTests {
  private let directory = ScratchDirectory()

  @Test(
    arguments: [
      [0xFF], [0x61, 0xE9, 0x2F, 0x80, 0x2E, 0x68], [0xEF, 0xB7, 0x9F, 0xEF, 0xB7, 0xAF], [0xC3, 0xA9, 0xC3],
      [0xED, 0xA0, 0x80],
      Array("päth \u{1F600}".utf8) + [0xEF, 0xB7, 0x90], [],
    ] as [[UInt8]])
  func `text carries every path to the byte`(path: [UInt8]) {
    #expect(PathBytes.bytes(PathBytes.text(path)) == path)
  }

  /// By a shell's `printf`, since the arguments of `Command` are text.
  private func shell(_ script: String) throws -> (status: Int32, output: String) {
    try directory.write(
      "cd '\(directory.path)' && T=$(printf 't\\377') && H='\(Command.path)'\n\(script)\n", to: "script.sh")
    let outcome = system("sh '\(directory.path)/script.sh' > '\(directory.path)/output' 2>&1")
    return (outcome >> 8 & 0xFF, String(decoding: try directory.read("output"), as: UTF8.self))
  }

  @Test func `a target, a state, a store and an output may have any name`() throws {
    try directory.write([1, 2, 3], to: "x.u8")
    let (status, output) = try shell(
      """
      set -e
      mkdir "$T"
      "$H" create x.u8 -o "$T.hwp"
      "$H" restore "$T.hwp" "$T"
      cmp x.u8 "$T/x.u8"
      "$H" create "$T" --store "s$T" --json > j
      HOLOSNAP_STORE="s$T" "$H" restore latest "again$T"
      cmp x.u8 "again$T/x.u8"
      "$H" extract "$T.hwp" x.u8 -o "e$T"
      cmp x.u8 "e$T"
      mv "$T/x.u8" "$T/$T"
      "$H" create "$T/$T" -o n.hwp
      "$H" restore n.hwp n --region "$T"
      cmp x.u8 "n/$T"
      """)
    #expect(status == 0, "\(output)")
    #expect(output.contains("t\\xFF"), "\(output)")
    let names = try Syscalls().names(in: directory.open())
    let target = Array("t".utf8) + [0xFF]
    #expect(names.contains(target) && names.contains(target + Array(".hwp".utf8)))
    #expect(
      !names.contains {
        String(decoding: $0, as: UTF8.self).utf8.elementsEqual(Array("t\u{FFFD}".utf8)) && $0 != target
      })
    #expect(try String(decoding: directory.read("j"), as: UTF8.self).contains("st\\\\xFF/snapshot"))
  }

  @Test func `a series that is no text is refused`() throws {
    try directory.write([1, 2, 3], to: "x.u8")
    let (status, output) = try shell(#""$H" create x.u8 --series "$T""#)
    #expect(status == 64 && output.contains("UTF-8"), "\(output)")
  }
}
