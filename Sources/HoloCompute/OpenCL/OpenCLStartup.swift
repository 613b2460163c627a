import HoloSystem

/// Everything that brings up an OpenCL driver or makes it compile runs in here.
enum OpenCLStartup {
  /// Runs `body` with the start-up lock held and the process' signal dispositions preserved. Not reentrant, like the
  /// lock.
  static func exclusively<Result>(_ body: () throws(ComputeError) -> Result) throws(ComputeError) -> Result {
    try StartupLock.withLock { () throws(ComputeError) in try SignalDispositions.preserving(body) }
  }
}
