import HoloFormat
import HoloModel
import Testing

/// What HWP-Format.md, section 11, says of files that break one rule and have every hash right.
@Suite struct RefusalTests {
  private static let sound: [UInt8] = {
    do {
      var container = try TestContainer()
      try container.add(
        TestContainer.descriptor("ab", [1, 2, 3, 4, 5, 6, 7, 9], type: .u16, shape: [2, 2]), [1, 2, 3, 4, 5, 6, 7, 9])
      try container.finish(directories: [DirectoryEntry(name: "d", permissions: 0o700)])
      return container.sink.bytes
    } catch { preconditionFailure("\(error)") }
  }()

  /// Frames: header, payload (35 bytes), segment, manifest, trailer.
  private func refused(_ bend: (inout [UInt8], Layout) -> Void) throws -> FormatError.Kind? {
    var bytes = Self.sound
    let layout = try Layout(bytes)
    bend(&bytes, layout)
    layout.reseal(&bytes)
    return exercise(bytes)?.kind
  }

  @Test func nothingIsRefusedOfASoundFile() throws { #expect(try refused { _, _ in } == nil) }

  @Test(arguments: [
    (16, 2, FormatError.Kind.unsupportedVersion), (16, 0, .unsupportedVersion), (18, 9, nil),
    (20, 2, .unsupportedVersion),
    (21, 1, .malformed), (24, 1, .unsupportedFeature), (31, 0x80, .unsupportedFeature), (39, 0x80, nil), (63, 1, nil),
    (8, 0x20, .notAContainer), (0, 0x58, .notAContainer), (4, 57, .malformed),
  ])
  func judgesTheHeader(offset: Int, value: UInt8, kind: FormatError.Kind?) throws {
    #expect(try refused { bytes, _ in bytes[offset] = value } == kind)
  }

  @Test func versionsComeBeforeDamage() throws {
    var bytes = Self.sound
    bytes[16] = 2
    #expect(exercise(bytes)?.kind == .unsupportedVersion)
    bytes[16] = 1
    bytes[24] = 1
    #expect(exercise(bytes)?.kind == .damaged, "the guard comes before the features")
  }

  /// Offsets in the segment: 64 + 16 container id + 4 frame length = 84 layer record, 92 CV, 124 layers, 125 coding, 128 part.
  @Test(arguments: [
    (46, 1, FormatError.Kind.malformed), (60, 1, .malformed), (16, 0, .malformed), (24, 9, .malformed),
    (28, 0, .malformed),
    (28, 2, .malformed), (32, 2, .malformed), (36, 0, .malformed), (36, 2, .malformed), (40, 0, .malformed),
    (44, 0, .malformed), (44, 2, .malformed), (48, 9, .malformed), (80, 36, .malformed), (84, 1, .malformed),
    (85, 2, .malformed), (86, 1, .malformed), (88, 0, .malformed), (88, 2, .malformed), (88, 9, .malformed),
    (92, 1, nil), (124, 2, .malformed), (125, 3, .malformed), (125, 16, .malformed), (126, 2, .malformed),
    (127, 9, .unsupportedFeature), (127, 1, .malformed), (128, 3, .malformed), (130, 2, .malformed),
    (130, 0, .malformed),
    (131, 15, .unsupportedFeature), (131, 11, .malformed), (132, 1, .malformed), (140, 2, .malformed),
    (144, 0, .malformed),
    (144, 0xFF, .malformed), (144, 0x5C, .malformed), (146, 1, .malformed), (150, 6, .malformed), (150, 7, .malformed),
    (190, 5, .unsupportedFeature), (191, 1, .malformed), (191, 2, .unsupportedFeature), (192, 33, .malformed),
    (193, 1, .malformed),
    (194, 3, .malformed), (210, 1, .malformed),
  ])
  func judgesTheSegment(offset: Int, value: UInt8, kind: FormatError.Kind?) throws {
    let found = try refused { bytes, layout in
      bytes[layout.frames[2].range.lowerBound + offset] = value
    }
    #expect(found == kind)
  }

  /// Offsets in the manifest: 40 container id, 56 segment list, 88 frame table (3 entries), 160 totals, 216 summary.
  @Test(arguments: [
    (16, 2, FormatError.Kind.malformed), (16, 0, .malformed), (20, 2, .malformed), (24, 0, .malformed),
    (28, 1, .malformed),
    (30, 2, .malformed), (32, 1, .malformed), (36, 1, .malformed), (40, 0, .malformed), (56, 1, .malformed),
    (58, 1, .malformed), (60, 1, .malformed), (64, 2, .malformed), (68, 2, .malformed), (88, 2, .unsupportedFeature),
    (88, 3, .malformed), (89, 1, .malformed), (92, 65, .malformed), (112, 1, .malformed), (112, 4, .unsupportedFeature),
    (112, 5, .malformed), (116, 1, .malformed), (160, 1, .damaged), (192, 2, .damaged), (200, 2, .damaged),
    (208, 9, .damaged),
    (216, 0x5B, .malformed), (217, 0, .malformed),
  ])
  func judgesTheManifest(offset: Int, value: UInt8, kind: FormatError.Kind?) throws {
    let found = try refused { bytes, layout in
      bytes[layout.manifest.lowerBound + offset] = value
    }
    #expect(found == kind)
  }

  @Test(arguments: [
    (0, 0x5C, FormatError.Kind.damaged), (4, 1, .damaged), (8, 1, .damaged), (15, 1, .truncated), (16, 0, .damaged),
    (23, 0x80, .damaged), (24, 1, .damaged), (31, 0x80, .damaged), (32, 1, .damaged), (36, 9, .damaged),
    (104, 0, .damaged), (136, 0, .truncated),
  ])
  func judgesTheTrailer(offset: Int, value: UInt8, kind: FormatError.Kind?) throws {
    let found = try refused { bytes, layout in bytes[layout.trailer.lowerBound + offset] = value }
    #expect(found == kind)
  }

  @Test func judgesNames() throws {
    for name in ["\\x", "\\\\", "a\\", "\\x41"].map({ Array($0.utf8) }) + [[0xC3, 0x28], [0x61, 0]]
    where name.count == 2 {
      let found = try refused { bytes, layout in
        let part = layout.frames[2].range.lowerBound + 144
        bytes.replaceSubrange(part..<(part + 2), with: name)
      }
      // The state root covers the name.
      #expect(found == (name == Array("\\\\".utf8) ? .damaged : .malformed), "\(name)")
    }
  }

  @Test func anOptionalFrameIsSkipped() throws {
    var bytes = Self.sound
    let layout = try Layout(bytes)
    func optional(_ magic: UInt8, check: Bool) -> [UInt8] {
      var frame: [UInt8] = [magic, 0x2A, 0x4D, 0x18, 40, 0, 0, 0] + [UInt8](repeating: 9, count: 24)
      BLAKE3.hash(frame).short.withBytes { frame += check ? Array($0) : [UInt8](repeating: 1, count: 16) }
      return frame
    }
    for (magic, check, kind) in [
      (0x5C, true, nil), (0x5E, true, nil), (0x5F, true, nil), (0x5D, true, .malformed), (0x50, true, .malformed),
      (0x5C, false, .damaged),
    ] as [(UInt8, Bool, FormatError.Kind?)] {
      bytes = Self.sound
      let frame = optional(magic, check: check)
      bytes.insert(contentsOf: frame, at: layout.manifest.upperBound)
      let trailer = bytes.count - 144
      bytes.put(UInt64(bytes.count), at: trailer + 8)
      bytes.put(UInt32(6), at: trailer + 36)
      BLAKE3.hash(Array(bytes[..<64]) + frame).withBytes {
        bytes.replaceSubrange((trailer + 72)..<(trailer + 104), with: $0)
      }
      BLAKE3.hash(Array(bytes[trailer..<(trailer + 120)])).short.withBytes {
        bytes.replaceSubrange((trailer + 120)..<(trailer + 136), with: $0)
      }
      #expect(exercise(bytes)?.kind == kind, "\(magic)")
    }
  }

  @Test func foreignFilesAreNoContainers() {
    for bytes in [[], [1], Array("RIFF....WAVEfmt ".utf8), [UInt8](repeating: 0, count: 5_000)] as [[UInt8]] {
      #expect(exercise(bytes)?.kind == .notAContainer)
      #expect(throws: FormatError.self) { _ = try Salvage.scan(MemorySource(bytes), path: "") }
    }
  }
}
