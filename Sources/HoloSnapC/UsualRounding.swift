import CWaveKernels

/// Runs what makes numbers of texts, or texts of numbers, as it gives the same on every thread: the application's may round otherwise. No callback
/// is called inside.
func withUsualRounding<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
  let modes = wave_modes_default()
  defer { wave_modes_restore(modes) }
  return try body()
}
