import CWaveKernels
import Glibc
import HoloSystem

/// What the host's kernels run on.
enum HostProcessor {
  /// For example `AMD EPYC 9R14 (AVX-512)`.
  static let description: String = "\(modelName) (\(instructionSet))"

  private static var instructionSet: String {
    switch String(cString: wave_host_isa()) {
    case "avx512": "AVX-512"
    case "avx2": "AVX2"
    case let other: other
    }
  }

  /// The kernel's name for the processor. Not every architecture gives one.
  private static var modelName: String {
    let fallback = "processor"
    guard let file = try? Syscalls().open("/proc/cpuinfo", O_RDONLY) else { return fallback }
    // The first processor's lines are enough.
    var text = [UInt8](repeating: 0, count: 4096)
    let length = text.withUnsafeMutableBytes { (try? file.read(into: $0, at: 0)) ?? 0 }
    return modelName(inCPUInfo: String(decoding: text[..<length], as: UTF8.self)) ?? fallback
  }

  static func modelName(inCPUInfo text: String) -> String? {
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 1)
      guard fields.count == 2, fields[0].hasPrefix("model name") else { continue }
      let name = fields[1].drop { $0 == " " }
      if !name.isEmpty { return String(name) }
    }
    return nil
  }
}
