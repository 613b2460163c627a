import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization
import TestSupport
import Testing

/// Files of many regions that change while they are captured, and containers that have lost a part of one.
@Suite struct ManyRegionDamageTests {
  private typealias Tensor = ManyRegionState.Tensor
  private let state = ManyRegionState()
  private let chunk = ChunkGeometry.chunkByteCount

  /// Does something before the n-th call of a kind on the file, counted from 1.
  private final class Intruder: Sendable {
    private let count = Mutex(0)
    private let call: Syscalls.Call
    private let numbers: ClosedRange<Int>
    private let act: @Sendable () -> Void

    init(at call: Syscalls.Call, _ numbers: ClosedRange<Int>, _ act: @escaping @Sendable () -> Void) {
      self.call = call
      self.numbers = numbers
      self.act = act
    }

    func snapshots(watching file: String) -> Snapshots {
      Snapshots(
        syscalls: Syscalls { [self] call, name in
          guard call == self.call, name.hasSuffix("/\(file)") else { return .proceed }
          let number = count.withLock { count in
            count += 1
            return count
          }
          if numbers.contains(number) { act() }
          return .proceed
        })
    }
  }

  private var allowing: CaptureOptions {
    var options = CaptureOptions()
    options.allowChanging = true
    return options
  }

  /// Reads 1 and 2 are of the header, 3 of the host, 4 to 6 of `a`, 7 of `b`.
  private func writeTwo() throws -> String {
    try state.write([Tensor(name: "a", byteCount: 2 * chunk + 9), Tensor(name: "b", byteCount: 10)])
    try state.scratch.write("text", to: "state/other.txt")
    return state.scratch.path("state/m.safetensors")
  }

  @Test(arguments: 3...7) func aFileThatChangesEndsTheCapture(read: Int) throws {
    let path = try writeTwo()
    let intruder = Intruder(at: .pread, read...read) { touch(path) }
    let error = #expect(throws: HoloError.self) {
      try state.create(snapshots: intruder.snapshots(watching: "m.safetensors"))
    }
    #expect(error?.code.exitStatus == 75)
    #expect(error?.place.region?.hasPrefix("m.safetensors") == true)
    #expect(!state.scratch.exists("x.hwp"))
  }

  @Test func aFileThatChangesIsRecordedWhereThatIsAllowed() throws {
    let path = try writeTwo()
    let intruder = Intruder(at: .pread, 4...4) { touch(path) }
    let report = try state.create(allowing, snapshots: intruder.snapshots(watching: "m.safetensors"))
    #expect(report.regions.map(\.descriptor.changedWhileRead) == [false, true, true, false])
    #expect(report.notices == ["m.safetensors changed while it was read"])
    #expect(try state.verify() == [])
    try state.restore()
    #expect(try state.scratch.read("back/m.safetensors") == state.scratch.read("state/m.safetensors"))
  }

  @Test func whatIsCutOffWhileItIsReadIsZeros() throws {
    let path = try writeTwo()
    let before = try state.scratch.read("state/m.safetensors")
    let kept = before.count - chunk
    let intruder = Intruder(at: .pread, 5...5) { _ = truncate(path, kept) }
    let report = try state.create(allowing, snapshots: intruder.snapshots(watching: "m.safetensors"))
    #expect(report.notices.count == 1)
    #expect(try state.verify() == [])
    try state.restore()
    let zeros = [UInt8](repeating: 0, count: chunk)
    #expect(try state.scratch.read("back/m.safetensors") == Array(before.prefix(kept)) + zeros)
  }

  @Test func aFileThatVanishesIsLeftOutWithAllItsRegions() throws {
    let path = try writeTwo()
    let strict = Intruder(at: .openat, 2...2) { unlink(path) }
    let error = #expect(throws: HoloError.self) {
      try state.create(snapshots: strict.snapshots(watching: "m.safetensors"))
    }
    #expect(error?.code.exitStatus == 75)
    _ = try writeTwo()
    let intruder = Intruder(at: .openat, 2...2) { unlink(path) }
    let report = try state.create(allowing, snapshots: intruder.snapshots(watching: "m.safetensors"))
    #expect(report.regions.map(\.descriptor.name) == ["other.txt"])
    #expect(report.notices == ["m.safetensors vanished and was left out"])
    #expect(try state.verify() == [])
  }

  @Test func aFileOfWhichAPartIsWrittenIsNotLeftOut() throws {
    // In a .wave the members stand before all hosts, so that the first file is opened again after the second.
    let tensor = SafetensorsTests.file("{" + SafetensorsTests.entry("w", "F32", "[2]", 0, 8) + "}", data: 8)
    for name in ["a", "b"] { try state.scratch.write(tensor, to: "state/\(name).safetensors") }
    let path = state.scratch.path("state/a.safetensors")
    let intruder = Intruder(at: .openat, 3...3) { unlink(path) }
    func create(_ snapshots: Snapshots) throws -> CaptureReport {
      try snapshots.create(
        states: [state.scratch.path("state")], destination: .file(path: state.scratch.path("x.wave")), format: .wave,
        options: allowing)
    }
    let error = #expect(throws: HoloError.self) { try create(intruder.snapshots(watching: "a.safetensors")) }
    #expect(error?.code == .changed)
    #expect(error?.place.region == "a.safetensors")
    try state.scratch.write(tensor, to: "state/a.safetensors")
    #expect(try create(Snapshots()).regions.count == 4)
  }

  @Test func aDamagedMemberLeavesNoPartOfItsFile() throws {
    _ = try writeTwo()
    try state.create()
    try state.damage("m.safetensors/a")
    let found = try state.verify()
    #expect(found.map(\.region) == ["m.safetensors/a"])
    let remedy = try #require(found.first?.remedy)
    #expect(remedy.contains("--region '**'` brings back 1 of the 3 regions that are whole, "))
    #expect(remedy.hasSuffix("--region 'm.safetensors/**'` the members that are, each as a file"))
    let error = #expect(throws: HoloError.self) { try state.restore() }
    #expect(error?.code == .damaged)
    #expect(error?.place.region == "m.safetensors/a")
    #expect(!state.scratch.exists("back"))

    for glob in [["**"], ["m.safetensors", "other.txt"]] {
      let report = try state.restore(glob, to: "back\(glob.count)")
      #expect(report.regions.map(\.name) == ["other.txt"])
      #expect(report.byteCount == 4)
      #expect(try state.scratch.names(in: "back\(glob.count)") == ["other.txt"])
      #expect(report.problems.map(\.region) == ["m.safetensors/a", "m.safetensors"])
      #expect(report.problems.last?.message.contains("its member m.safetensors/a is damaged") == true)
    }
    let report = try state.restore(["m.safetensors/*"], to: "single")
    #expect(report.regions.map(\.name) == ["m.safetensors/b"])
    #expect(report.problems.map(\.region) == ["m.safetensors/a"])
    #expect(try state.scratch.names(in: "single/m.safetensors") == ["b"])
    #expect(try state.extract("m.safetensors/b") == state.scratch.read("state/m.safetensors").suffix(10))
  }

  @Test func aDamagedHostLeavesNoFileAndItsMembersCanBeHad() throws {
    _ = try writeTwo()
    try state.create()
    try state.damage("m.safetensors")
    #expect(try state.verify().first?.remedy?.contains("brings back 1 of the 3 regions that are whole, ") == true)
    let report = try state.restore(["**"], to: "back")
    #expect(report.regions.map(\.name) == ["other.txt"])
    #expect(report.problems.map(\.region) == ["m.safetensors"])
    #expect(try state.scratch.names(in: "back") == ["other.txt"])
    #expect(try state.restore(["m.safetensors/**"], to: "single").regions.count == 2)
  }

  @Test func aFileWhoseMembersAreLostWithTheIndexIsNotPutTogether() throws {
    // Each tensor ends a segment.
    try state.write((0..<4).map { Tensor(name: "t\($0)", byteCount: 5 * chunk) })
    try state.create()
    let bytes = try state.scratch.read("x.hwp")
    let reader = try ContainerReader.open(MemorySource(bytes), path: "x.hwp")
    #expect(reader.segmentReferences.count == 4)
    let third = reader.frames.extent(of: reader.segmentReferences[2].frame)
    try state.scratch.write(Array(bytes[..<Int(third.offset)]), to: "x.hwp")

    let report = try state.restore(["**"], to: "back")
    #expect(report.regions.isEmpty)
    #expect(report.problems.contains { $0.region == "m.safetensors" && $0.kind == "damaged" })
    #expect(!state.scratch.exists("back"))
    let members = try state.restore(["m.safetensors/*"], to: "single")
    #expect(members.regions.map(\.name) == ["m.safetensors/t0", "m.safetensors/t1"])
    let file = try state.scratch.read("state/m.safetensors")
    #expect(try state.scratch.read("single/m.safetensors/t1") == file.dropLast(10 * chunk).suffix(5 * chunk))
  }
}

/// Gives a file another time.
private func touch(_ path: String) {
  let file = open(path, O_WRONLY)
  futimens(file, [timespec(tv_sec: 1_000, tv_nsec: 0), timespec(tv_sec: 1_000, tv_nsec: 0)])
  close(file)
}
