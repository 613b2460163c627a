import Foundation
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What other programs make of a container. Each test is skipped where its program is not installed.
@Suite struct ExternalToolTests {
  private static func run(_ arguments: [String], input: Data? = nil) throws -> (status: Int32, output: Data) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, data)
  }

  private static func has(_ arguments: [String]) -> Bool { (try? run(arguments).status) == 0 }

  private static let content: [[UInt8]] = {
    var generator = SeededGenerator(seed: 21)
    return [
      generator.bytes(ChunkGeometry.chunkByteCount + 3), [], Array("text text text text\n".utf8), generator.bytes(1),
      (0..<(2 * ChunkGeometry.chunkByteCount)).map { UInt8($0 >> 9 & 255) },
    ]
  }()

  /// A container in a directory of its own, with chunks stored as they are.
  private func withContainer(_ body: (_ path: String, _ container: TestContainer) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("holosnap-format-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let container = try TestContainer(chunksPerSegment: 2)
    for (index, bytes) in Self.content.enumerated() {
      var descriptor = TestContainer.descriptor("d/\(index)", bytes)
      if index == 2 {
        descriptor.header = Array("head".utf8)
        descriptor.tail = Array("tail".utf8)
      }
      try container.writer.beginRegion(name: descriptor.name, elementType: .bytes)
      for chunk in 0..<descriptor.gridChunkCount {
        let start = Int(chunk) * ChunkGeometry.chunkByteCount
        let part = Array(bytes[start..<min(bytes.count, start + ChunkGeometry.chunkByteCount)])
        let frame = container.frame(of: part)
        try frame.withUnsafeBytes {
          try container.writer.append(
            chunk: TestContainer.chainingValue(part, chunk: chunk), coding: .stored, frame: ($0, BLAKE3.hash($0).short))
        }
      }
      try container.writer.endRegion(descriptor)
    }
    try container.finish(directories: [DirectoryEntry(name: "d", permissions: 0o755), DirectoryEntry(name: "empty")])
    let path = directory.appendingPathComponent("a.hwp").path
    try Data(container.sink.bytes).write(to: URL(fileURLWithPath: path))
    try body(path, container)
  }

  @Test(.enabled(if: has(["lz4", "--version"])))
  func lz4TestsAndDecompressesIt() throws {
    try withContainer { path, _ in
      #expect(try Self.run(["lz4", "-t", path]).status == 0)
      let output = try Self.run(["lz4", "-dc", path])
      #expect(output.status == 0)
      #expect(Array(output.output) == Self.content.flatMap { $0 })
    }
  }

  @Test(.enabled(if: has(["b3sum", "--version"])))
  func b3sumPrintsTheSnapshotID() throws {
    try withContainer { path, container in
      let reader = try ContainerReader.open(MemorySource(container.sink.bytes), path: path)
      let end = try #require(reader.trailer)
      let manifest = path + ".manifest"
      let range = Int(end.manifestOffset)..<Int(end.manifestOffset + end.manifestByteCount)
      try Data(container.sink.bytes[range]).write(to: URL(fileURLWithPath: manifest))
      let output = try Self.run(["b3sum", "--no-names", manifest])
      #expect(String(decoding: output.output, as: UTF8.self) == reader.snapshotID.hexadecimal + "\n")
    }
  }

  /// The reader that was written from HWP-Format.md alone, in Python.
  @Test(.enabled(if: has(["python3", "-c", "import lz4.block, lz4.frame, blake3"])))
  func theReferenceReaderRestoresIt() throws {
    let reference = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Reference/hwp_reader.py").path
    try withContainer { (path, _) throws in
      #expect(try Self.run(["python3", reference, "verify", path]).status == 0)
      let target = path + ".out"
      #expect(try Self.run(["python3", reference, "restore", path, target]).status == 0)
      for (index, bytes) in Self.content.enumerated() {
        let expected = index == 2 ? Array("head".utf8) + bytes + Array("tail".utf8) : bytes
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: "\(target)/d/\(index)"))) == expected)
      }
    }
  }
}
