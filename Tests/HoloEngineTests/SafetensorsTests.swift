import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

@Suite("Headers of safetensors files")
struct SafetensorsTests {
  /// A file of a header and so many bytes.
  static func file(_ json: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
    let header = Array(json.utf8)
    return withUnsafeBytes(of: (length ?? UInt64(header.count)).littleEndian) { Array($0) } + header
      + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
  }

  static func entry(_ name: String, _ dtype: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
    #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
  }

  private func read(_ bytes: [UInt8]) throws -> SafetensorsHeader? {
    try SafetensorsHeader.read(MemorySource(bytes))
  }

  @Test("Tensors stand in the order of their bytes, whatever the order of their names")
  func readsTensors() throws {
    let json =
      #"{"__metadata__":{"format":"np","format":"pt"},"#
      + [
        Self.entry("z", "F32", "[2, 3]", 5, 29), Self.entry("b/\\u00e9", "C64", "[]", 30, 38),
        Self.entry("a", "U8", "[5]", 0, 5), Self.entry("", "BOOL", "[1,1]", 29, 30),
        Self.entry("none", "F64", "[4,0]", 5, 5),
      ].joined(separator: " ,\n") + "}  "
    let header = try #require(try read(Self.file(json, data: 38)))
    let start = UInt64(8 + json.utf8.count)
    #expect(UInt64(header.byteCount) == start)
    #expect(header.tensors.map(\.name) == ["a", "none", "z", "", "b/é"])
    #expect(header.tensors.map(\.elementType) == [.u8, .f64, .f32, .u8, .c64])
    #expect(header.tensors.map(\.shape) == [[5], [4, 0], [2, 3], [1, 1], []])
    #expect(header.tensors.map(\.offset) == [0, 5, 5, 29, 30].map { start + $0 })
    #expect(header.tensors.map(\.byteCount) == [5, 0, 24, 1, 8])
  }

  @Test(
    "Every dtype",
    arguments: [
      ("BOOL", .u8), ("U8", .u8), ("I8", .i8), ("U16", .u16), ("I16", .i16), ("U32", .u32), ("I32", .i32),
      ("U64", .u64), ("I64", .i64), ("F16", .f16), ("BF16", .bf16), ("F32", .f32), ("F64", .f64), ("C64", .c64),
      ("F8_E5M2", .u8), ("F8_E4M3", .u8), ("F8_E8M0", .u8), ("F8_E4M3FNUZ", .u8), ("F8_E5M2FNUZ", .u8),
    ] as [(String, ElementType)])
  func types(name: String, type: ElementType) throws {
    let count = 3 * type.byteCount
    let header = try read(Self.file("{" + Self.entry("x", name, "[3]", 0, count) + "}", data: count))
    #expect(header?.tensors.first?.elementType == type)
    #expect(header?.tensors.first?.shape == [3])
    #expect(try read(Self.file("{" + Self.entry("x", name, "[3]", 0, count + 1) + "}", data: count + 1)) == nil)
  }

  @Test("Elements that are no whole bytes are bytes", arguments: [("F4", 4, 2), ("F6_E2M3", 4, 3), ("F6_E3M2", 8, 6)])
  func smallElements(name: String, count: Int, byteCount: Int) throws {
    let json = "{" + Self.entry("x", name, "[\(count)]", 0, byteCount) + "}"
    let tensor = try #require(try read(Self.file(json, data: byteCount))?.tensors.first)
    #expect(tensor.elementType == .bytes && tensor.shape == [] && tensor.byteCount == UInt64(byteCount))
    #expect(try read(Self.file("{" + Self.entry("x", name, "[1]", 0, 1) + "}", data: 1)) == nil)
  }

  @Test("No tensors", arguments: ["{}", "{ }\n", #"{"__metadata__":{}}"#, #"{"__metadata__":null}"#])
  func noTensors(json: String) throws {
    #expect(try read(Self.file(json))?.tensors == [])
    #expect(try read(Self.file(json, data: 1)) == nil)
  }

  @Test(
    "What breaks a rule is plain bytes, never an error",
    arguments: [
      file("{" + entry("a", "U8", "[2]", 1, 3) + "}", data: 3),
      file("{" + entry("a", "U8", "[2]", 0, 2) + "," + entry("b", "U8", "[2]", 1, 3) + "}", data: 3),
      file("{" + entry("a", "U8", "[2]", 0, 2) + "," + entry("b", "U8", "[2]", 3, 5) + "}", data: 5),
      file("{" + entry("a", "U8", "[2]", 0, 2) + "}", data: 1),
      file("{" + entry("a", "U8", "[2]", 0, 2) + "}", data: 3),
      file("{" + entry("a", "U8", "[2]", 2, 0) + "}", data: 2),
      file("{" + entry("a", "F32", "[2]", 0, 2) + "}", data: 2),
      file("{" + entry("a", "F32", "[4294967296,4294967296,4]", 0, 0) + "}"),
      file("{" + entry("a", "U8", "[2305843009213693952]", 0, 0) + "}"),
      file("{" + entry("a", "U8", "[9007199254740992]", 0, 0) + "}"),
      file("{" + entry("a", "U8", "[-1]", 0, 0) + "}"), file("{" + entry("a", "U8", "[1.0]", 0, 1) + "}", data: 1),
      file("{" + entry("a", "U8", "1", 0, 1) + "}", data: 1), file("{" + entry("a", "u8", "[1]", 0, 1) + "}", data: 1),
      file("{" + entry("a", "C128", "[1]", 0, 16) + "}", data: 16),
      file("{" + entry("a", "U8", "[1]", 0, 1) + "," + entry("a", "U8", "[1]", 1, 2) + "}", data: 2),
      file("{" + entry("a", "U8", "[1]", 0, 1) + "," + entry("\\u0061", "U8", "[1]", 1, 2) + "}", data: 2),
      file("{" + entry("a", "U8", "[1]", 0, 1) + ",}", data: 1),
      file(" {" + entry("a", "U8", "[1]", 0, 1) + "}", data: 1),
      file("{" + entry("a", "U8", "[1]", 0, 1) + "}x", data: 1),
      file("{" + entry("a", "U8", "[" + String(repeating: "1,", count: 32) + "1]", 0, 1) + "}", data: 1),
      file(#"{"a":{"dtype":"U8","shape":[1]}}"#, data: 1), file(#"{"a":{"dtype":"U8","data_offsets":[0,1]}}"#, data: 1),
      file(#"{"a":{"shape":[1],"data_offsets":[0,1]}}"#, data: 1),
      file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#),
      file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}"#, data: 1),
      file(#"{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, data: 1),
      file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, data: 1),
      file(#"{"__metadata__":{"a":1}}"#), file(#"{"__metadata__":{},"__metadata__":{}}"#), file(#"{"a":null}"#),
      file("[]"), file(""), file("null"), file("{"), file("{}", length: 3), file("{}", length: .max),
      file("{}", length: UInt64(Int64.max)), file("{}", length: .max - 7), [], [2, 0, 0, 0, 0, 0, 0],
      file("{\"\u{FF}") + [0xFF],
    ])
  func otherFiles(file: [UInt8]) throws {
    #expect(try read(file) == nil)
  }

  @Test("A header is taken up to the limit, its white space included")
  func limit() throws {
    let room = SafetensorsHeader.byteLimit - 8 - 2
    #expect(try read(Self.file("{}" + String(repeating: " ", count: room)))?.byteCount == SafetensorsHeader.byteLimit)
    #expect(try read(Self.file("{}" + String(repeating: " ", count: room + 1))) == nil)
  }

  @Test("A file that cannot be read is an error, not plain bytes")
  func failingReads() throws {
    let scratch = ScratchDirectory()
    try scratch.write(Self.file("{}"), to: "x")
    let file = try FaultInjector(failingEvery: .pread, with: 5).syscalls.open(scratch.path("x"), 0)
    let source = try FileSource(file)
    #expect(throws: SystemError.self) { try SafetensorsHeader.read(source) }
  }

  /// The bytes of random headers: sound ones with a few changes.
  private static func mutated(_ count: Int, _ generator: inout SeededGenerator) -> [[UInt8]] {
    let json =
      #"{"__metadata__":{"k":"v"},"# + entry("ab", "F16", "[2,3]", 0, 12) + "," + entry("c", "U8", "[3]", 12, 15)
      + "," + entry("d", "F32", "[]", 15, 19) + "}"
    let sound = file(json, data: 19)
    let pieces = [
      "0", "1", "9", "-", "[", "]", "{", "}", ",", ":", "\"", "\\", " ", "\u{0}", "null", "F4", "I64", "15",
    ]
    return (0..<count).map { _ in
      var file = sound
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let offset = Int.random(in: 8..<(file.count - 19), using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: file[offset] = UInt8.random(in: 0...255, using: &generator)
        case 1: file.replaceSubrange(offset...offset, with: (pieces.randomElement(using: &generator) ?? "").utf8)
        case 2: file.remove(at: offset)
        case 3: file[Int.random(in: 0..<8, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        default: file.removeLast(Int.random(in: 0...19, using: &generator))
        }
        if file.count < 60 { file = sound }
      }
      // Most changes of the header's length are undone, so that the rest is looked at.
      if Bool.random(using: &generator) {
        withUnsafeBytes(of: UInt64(max(0, file.count - 8 - 19)).littleEndian) { file.replaceSubrange(0..<8, with: $0) }
      }
      return file
    }
  }

  @Test("Mutations and truncations never trap, and what is taken covers the file")
  func mutations() throws {
    var generator = SeededGenerator.announced()
    for file in Self.mutated(20_000, &generator) {
      guard let header = try read(file) else { continue }
      var end = UInt64(header.byteCount)
      for tensor in header.tensors {
        #expect(tensor.offset == end)
        end += tensor.byteCount
      }
      #expect(end == UInt64(file.count))
    }
    let sound = Self.file("{" + Self.entry("a", "U8", "[2]", 0, 2) + "}", data: 2)
    for count in sound.indices { #expect(try read(Array(sound.prefix(count))) == nil) }
  }

  @Test("What is taken, the official reader takes too", .enabled(if: PythonProgram.path != nil))
  func agreesWithTheOfficialReader() throws {
    var generator = SeededGenerator.announced()
    let files = Self.mutated(10_000, &generator)
    let scratch = ScratchDirectory()
    let joined = files.flatMap { file in withUnsafeBytes(of: UInt64(file.count).littleEndian) { Array($0) } + file }
    try scratch.write(joined, to: "files")
    let verdicts = try PythonProgram.run(
      """
      import safetensors, struct, sys
      data, at = open(sys.argv[1], "rb").read(), 0
      while at < len(data):
          size = struct.unpack_from("<Q", data, at)[0]
          try:
              found = safetensors.deserialize(data[at + 8 : at + 8 + size])
              print(sum(len(tensor["data"]) for _, tensor in found))
          except safetensors.SafetensorError:
              print("refused")
          at += 8 + size
      """, scratch.path("files")
    ).split(separator: "\n")
    try #require(verdicts.count == files.count)
    var takenCount = 0
    for (file, verdict) in zip(files, verdicts) {
      guard let header = try read(file) else { continue }
      takenCount += 1
      #expect(verdict == "\(header.tensors.reduce(0) { $0 + $1.byteCount })")
    }
    #expect(takenCount > 0)
  }

  @Test("Files of the official writer", .enabled(if: PythonProgram.path != nil), arguments: [0, 1, 40, 10_000])
  func officialFiles(count: Int) throws {
    let scratch = ScratchDirectory()
    // Prints, as NumPy reads them, the names and a digest of the bytes of every tensor.
    let output = try PythonProgram.run(
      """
      import numpy, sys, blake3
      from safetensors.numpy import load_file, save_file
      random = numpy.random.default_rng(5)
      types = ["?", "u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8", "<c8"]
      shapes = [(), (0,), (1,), (3, 4), (2, 0, 5), (7,)]
      tensors = {}
      for index in range(int(sys.argv[2])):
          shape = shapes[index % len(shapes)]
          values = random.integers(0, 2 if types[index % 13] == "?" else 100, shape)
          tensors[f"layer.{index * 7919 % 10007}.weight"] = numpy.asarray(values).astype(types[index % 13])
      save_file(tensors, sys.argv[1], metadata={"format": "np"})
      for name, tensor in load_file(sys.argv[1]).items():
          print(name, "x".join(map(str, tensor.shape)), blake3.blake3(tensor.tobytes()).hexdigest())
      """, scratch.path("x.safetensors"), "\(count)")
    let bytes = try scratch.read("x.safetensors")
    let header = try #require(try SafetensorsHeader.read(MemorySource(bytes)))
    let found = header.tensors.map { tensor in
      let content = Array(bytes[Int(tensor.offset)..<Int(tensor.offset + tensor.byteCount)])
      let root = content.withUnsafeBytes { BLAKE3.hash($0) }
      return "\(tensor.name) \(tensor.shape.map(String.init).joined(separator: "x")) \(root.hexadecimal)"
    }
    #expect(found.sorted() == output.split(separator: "\n").map(String.init).sorted())
    #expect(found.count == count)
  }
}
