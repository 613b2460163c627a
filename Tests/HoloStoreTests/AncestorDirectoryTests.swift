import Glibc
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem
import TestSupport
import Testing

/// What keeps the files that a snapshot needs from being found.
@Suite struct AncestorDirectoryTests {
  @Test func aLimitOfTheProcessIsNoMissingFile() throws {
    let scratch = ScratchDirectory()
    let id = Digest128.random()
    try scratch.write([UInt8](repeating: 0, count: 10), to: "snapshot.hwp")
    for (code, kind) in [(EMFILE, FormatError.Kind.inputOutput), (EACCES, .missingAncestor)] {
      let injector = FaultInjector { _, call in
        call.call == .open && call.path.hasSuffix(".hwp") ? .fail(code) : .proceed
      }
      let directory = AncestorDirectory(besides: scratch.path("other.hwp"), store: nil, syscalls: injector.syscalls)
      do throws(FormatError) {
        _ = try directory.openContainer(id, note: nil)
        Issue.record("a container was found")
      } catch { #expect(error.kind == kind, "\(code): \(error.message)") }
    }
  }
}
