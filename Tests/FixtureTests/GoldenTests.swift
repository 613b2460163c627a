import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What version 0.1 wrote is read for ever: by HoloSnap, and by the readers that were written from the formats' documents.
@Suite("Containers that version 0.1 wrote")
struct GoldenTests {
  private static let names = GoldenManifest.all.keys.sorted()
  private static let reference = "\(Fixtures.path)/../HoloFormatTests/Reference"
  private static let canReadOtherwise = OutsideProgram.imports("lz4.block, lz4.frame, blake3")

  private func golden(_ name: String) throws -> GoldenManifest { try #require(GoldenManifest.all[name]) }

  @Test("They are the bytes that were written") func nothingWasWrittenAnew() throws {
    let files = try Fixtures.files(in: "v1").filter { $0.name.hasSuffix(".hwp") || $0.name.hasSuffix(".wave") }
    #expect(files.map(\.name) == Self.names)
    for (name, bytes) in files { #expect(BLAKE3.hash(bytes).hexadecimal == GoldenManifest.all[name]?.container) }
  }

  @Test("Their regions, directories and summaries are what they were", arguments: names)
  func tables(name: String) throws {
    let golden = try golden(name)
    let container = try StoredContainer(opening: MemorySource(Fixtures.bytes(of: "v1/\(name)")), path: name)
    #expect(container.snapshotID == golden.snapshotID)
    #expect(container.totals.stateRoot.hexadecimal == golden.stateRoot)
    #expect(container.totals.byteCount == golden.regions.reduce(0) { $0 + $1.byteCount })
    let summary = try #require(container.identity?.summary)
    #expect(summary.series == golden.series && summary.reason == golden.reason)
    #expect(summary.priority == golden.priority && summary.created == golden.created)
    try #require(container.regions.count == golden.regions.count)
    for (region, expected) in zip(container.regions.map(\.descriptor), golden.regions) {
      #expect(region.name.utf8.elementsEqual(expected.name.utf8))
      #expect(region.component.name == expected.component, "\(expected.name)")
      #expect(region.elementType.name == expected.elementType, "\(expected.name)")
      #expect(region.shape == expected.shape && region.byteCount == expected.byteCount, "\(expected.name)")
      #expect(region.header.count == expected.headerByteCount, "\(expected.name)")
      #expect(region.tail.count == expected.tailByteCount, "\(expected.name)")
      #expect(region.root.hexadecimal == expected.root, "\(expected.name)")
      #expect(region.permissions == expected.mode, "\(expected.name)")
      #expect(
        region.modified == Timestamp(seconds: expected.seconds, nanoseconds: expected.nanoseconds), "\(expected.name)")
    }
    let directories = golden.directories.map {
      DirectoryEntry(
        name: $0.name, permissions: $0.mode, modified: Timestamp(seconds: $0.seconds, nanoseconds: $0.nanoseconds))
    }
    #expect(container.directories == directories)
  }

  @Test("They are sound, and every byte comes back", arguments: names)
  func bytes(name: String) throws {
    let golden = try golden(name)
    let source = MemorySource(try Fixtures.bytes(of: "v1/\(name)"))
    let backend = try BackendSelection.makeBackend(choice: .host)
    let options = RestoreOptions()
    #expect(try Verification(options: options).run(source, path: name, quick: false, backend: backend).problems == [])
    let container = try StoredContainer(opening: source, path: name)
    let buffers = container.regions.map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: Int($0.descriptor.byteCount), alignment: 64)
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    let outcome = try Restore(options: options).run(
      container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: true, backend: backend)
    #expect(outcome.complete == Array(container.regions.indices))
    for (index, expected) in golden.regions.enumerated() {
      let descriptor = container.regions[index].descriptor
      #expect(BLAKE3.hash(UnsafeRawBufferPointer(buffers[index])).hexadecimal == expected.root, "\(expected.name)")
      let file = descriptor.header + Array(buffers[index]) + descriptor.tail
      #expect(BLAKE3.hash(file).hexadecimal == expected.file, "\(expected.name)")
    }
  }

  /// states.py makes the files again: nothing here rests on a hash of ours.
  @Test("What is restored are the files of the states", .enabled(if: OutsideProgram.imports("struct")))
  func files() throws {
    let scratch = ScratchDirectory()
    try run([OutsideProgram.python, "\(Fixtures.path)/v1/states.py", scratch.path("states")])
    for name in Self.names {
      let restored = scratch.path("restored \(name)")
      _ = try Snapshots().restore(
        snapshot: SnapshotReference(GoldenManifest.path(name), store: ""), to: restored, options: RestoreOptions())
      try run(["diff", "-r", "--no-dereference", "\(scratch.path("states"))/\(state(name))", restored])
    }
  }

  @Test("The independent readers read them", .enabled(if: canReadOtherwise), arguments: names)
  func independentReaders(name: String) throws {
    let golden = try golden(name)
    let scratch = ScratchDirectory()
    let path = GoldenManifest.path(name)
    guard name.hasSuffix(".hwp") else {
      try run([OutsideProgram.python, "\(Self.reference)/wave_reader.py", "restore", path, scratch.path("out")])
      // Files with the numbers of their regions.
      for (index, region) in golden.regions.enumerated() {
        #expect(BLAKE3.hash(try scratch.read("out/\(index)")).hexadecimal == region.file, "\(region.name)")
      }
      return
    }
    try run([OutsideProgram.python, "\(Self.reference)/hwp_reader.py", "verify", path])
    try run([OutsideProgram.python, "\(Self.reference)/hwp_reader.py", "restore", path, scratch.path("out")])
    try run([OutsideProgram.python, "\(Fixtures.path)/v1/states.py", scratch.path("states")])
    try run(["diff", "-r", "--no-dereference", "\(scratch.path("states"))/\(state(name))", scratch.path("out")])
  }

  private func state(_ name: String) -> Substring { name.prefix { $0 != "." } }

  private func run(_ command: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
    let result = try OutsideProgram.run(command)
    #expect(result.status == 0, "\(command.joined(separator: " ")): \(result.output)", sourceLocation: sourceLocation)
  }
}
