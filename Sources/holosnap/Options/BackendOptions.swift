import ArgumentParser
import HoloCompute

/// Where the kernels run.
struct BackendOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the kernels run: auto (OpenCL on a GPU for a large state, else the host), opencl or host.",
      valueName: "name"))
  var backend = BackendChoice.auto

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The OpenCL device to use, by its number in `holosnap devices`.", valueName: "number"))
  var device: Int?

  /// What the user may have to wait for before the work begins; nil where that is nothing.
  var preparation: String? {
    switch (backend, device) {
    case (.host, _): nil
    case (.auto, nil): "preparing (where OpenCL serves, its first run builds the kernels)"
    default: "bringing up OpenCL (its first run builds the kernels: some seconds)"
    }
  }

  func validate() throws {
    if let device, device < 0 { throw ValidationError("--device is a number from 0 on (see `holosnap devices`)") }
  }
}

extension BackendChoice: ExpressibleByArgument {}
