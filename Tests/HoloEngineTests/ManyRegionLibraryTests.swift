import Foundation
import HoloEngine
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// Files of the real libraries, and what numpy says that is in them.
@Suite(.enabled(if: PythonProgram.path != nil)) struct ManyRegionLibraryTests {
  private let state = ManyRegionState()

  /// Writes the files into `state`, and the bytes of each array, as they lie, to `expected`, named by the region's number;
  /// prints the regions' names.
  private static let program = #"""
    import os, sys
    import numpy as np
    from safetensors.numpy import save_file
    state, expected = sys.argv[1:]
    os.makedirs(state), os.makedirs(expected)
    r = np.random.default_rng(5)
    regions = []
    def note(file, arrays):
        for name, array in arrays.items():
            regions.append((f"{file}/{name}".replace("\\", "\\\\"), array))
    model = {
        "z.weight": r.normal(size=(300, 257)).astype("f4"), "a.bias": r.normal(size=7), "none": np.zeros((0, 3), "f4"),
        "b/layer\\0": np.arange(131072, dtype="u2"), "scalar": np.full((), 3, "f4"), "flags": r.random(99) < 0.5,
        "half": r.normal(size=(4, 5)).astype("f2"), "é": np.arange(5, dtype="i8"),
    }
    save_file(model, f"{state}/model.safetensors", metadata={"format": "np"})
    note("model.safetensors", model)
    one = {"w": r.normal(size=70000)}
    save_file(one, f"{state}/one.safetensors")
    note("one.safetensors", one)
    save_file({}, f"{state}/zero.safetensors")
    many = {f"t{i * 7919 % 10000}": np.full(i % 5, i, "f4") for i in range(10000)}
    save_file(many, f"{state}/many.safetensors")
    arrays = {
        "x": np.arange(100000.0), "y": np.asfortranarray(r.normal(size=(30, 50))), "c": r.normal(size=9) + 1j,
        "dir/m": np.arange(3), "empty": np.zeros((2, 0)), "scalar": np.float64(2.5), "big": r.normal(size=(512, 513)),
    }
    np.savez(f"{state}/data.npz", **arrays, text=np.array(["a", "bb"]), swapped=np.arange(4, dtype=">f4"))
    note("data.npz", arrays)
    np.savez(f"{state}/single.npz", x=arrays["x"])
    note("single.npz", {"x": arrays["x"]})
    np.savez(f"{state}/nothing.npz")
    np.savez_compressed(f"{state}/compressed.npz", **arrays)
    for number, (name, array) in enumerate(regions):
        open(f"{expected}/{number}", "wb").write(np.asarray(array).tobytes("A"))
    print("\n".join(name for name, _ in regions))
    """#

  private static let files = [
    "model.safetensors", "one.safetensors", "zero.safetensors", "many.safetensors", "data.npz", "single.npz",
    "nothing.npz", "compressed.npz",
  ]

  private func write() throws -> [String] {
    try PythonProgram.run(Self.program, state.scratch.path("state"), state.scratch.path("expected"))
      .split(separator: "\n").map(String.init)
  }

  @Test(arguments: TestBackend.available) func theyComeBackToTheByte(backend: TestBackend) throws {
    let names = try write()
    var options = CaptureOptions()
    options.backend = backend == .host ? .host : .opencl
    let report = try state.create(options)
    let members = report.regions.map(\.descriptor).filter { $0.member != nil }
    #expect(members.count == names.count + 10_000)
    #expect(Set(names).isSubset(of: members.map(\.name)))
    #expect(members.allSatisfy { $0.elementType != .bytes })
    #expect(try state.verify() == [])
    try state.restore(backend: options.backend)
    for file in Self.files {
      #expect(try state.scratch.read("back/\(file)") == state.scratch.read("state/\(file)"), "\(file)")
    }
  }

  @Test func eachArrayIsWhatNumPySays() throws {
    let names = try write()
    try state.create()
    for (number, name) in names.enumerated() {
      #expect(try state.extract(name) == state.scratch.read("expected/\(number)"), "\(name)")
    }
  }

  @Test func theReferenceReaderPutsThemTogether() throws {
    _ = try write()
    // Chaining values take their time in Python.
    try FileManager.default.removeItem(atPath: state.scratch.path("state/many.safetensors"))
    try state.create()
    let reader = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("HoloFormatTests/Reference/hwp_reader.py").path
    func run(_ arguments: String...) throws -> Int32 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: PythonProgram.path ?? "")
      process.arguments = [reader] + arguments
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
    #expect(try run("verify", state.container) == 0)
    #expect(try run("restore", state.container, state.scratch.path("python")) == 0)
    for file in Self.files where file != "many.safetensors" {
      #expect(try state.scratch.read("python/\(file)") == state.scratch.read("state/\(file)"), "\(file)")
    }
  }
}
