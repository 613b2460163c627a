/// Turns what the user asked for into a backend.
package enum BackendSelection {
  /// - Parameters:
  ///   - device: the number given with `--device`.
  ///   - stateByteCount: the size of the state, if known; see ``BackendPolicy``.
  /// - Throws: errors of kind ``ComputeError/Kind/unavailable`` when OpenCL was asked for and cannot be had. `auto`
  ///   without a device number never fails: the host serves, with a warning.
  package static func makeBackend(
    choice: BackendChoice, device: Int? = nil, stateByteCount: Int? = nil
  ) throws(ComputeError) -> any ComputeBackend {
    try makeBackend(choice: choice, device: device, stateByteCount: stateByteCount, bringUp: .live)
  }

  /// How OpenCL is looked at and brought up. Both run with the start-up lock held and signal dispositions preserved:
  /// both make the driver start.
  struct BringUp {
    var discover: () throws(ComputeError) -> BackendPolicy.Discovery
    var makeBackend: (_ device: Int, _ reason: String) throws(ComputeError) -> any ComputeBackend

    static var live: BringUp {
      BringUp(
        discover: { () throws(ComputeError) in try OpenCLPlatform.discovery() },
        makeBackend: { device, reason throws(ComputeError) in
          try OpenCLBackend(deviceIndex: device, reason: reason)
        })
    }
  }

  static func makeBackend(
    choice: BackendChoice, device: Int?, stateByteCount: Int?, bringUp: BringUp
  ) throws(ComputeError) -> any ComputeBackend {
    let first = BackendPolicy.decide(choice: choice, device: device, stateByteCount: stateByteCount, discovery: nil)
    if let backend = try hostBackend(for: first) { return backend }
    return try OpenCLStartup.exclusively { () throws(ComputeError) in
      let discovery: BackendPolicy.Discovery
      do throws(ComputeError) {
        discovery = try bringUp.discover()
      } catch {
        discovery = .nothing(reason: error.description)
      }
      let decision = BackendPolicy.decide(
        choice: choice, device: device, stateByteCount: stateByteCount, discovery: discovery)
      if let backend = try hostBackend(for: decision) { return backend }
      guard case .openCL(let index, let reason, let fallsBack) = decision else {
        throw .noOpenCL(reason: "no device was chosen")
      }
      do throws(ComputeError) {
        return try bringUp.makeBackend(index, reason)
      } catch {
        guard fallsBack else { throw error }
        return HostBackend(
          reason: "the OpenCL device \(index) could not be used",
          warning: "\(error.withoutLog); using the host's kernels")
      }
    }
  }

  private static func hostBackend(
    for decision: BackendPolicy.Decision
  ) throws(ComputeError) -> (any ComputeBackend)? {
    switch decision {
    case .host(let reason, let warning): HostBackend(reason: reason, warning: warning)
    case .failure(let error): throw error
    case .discover, .openCL: nil
    }
  }
}
