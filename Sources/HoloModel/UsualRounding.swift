import CWaveKernels

/// Runs what makes numbers of numbers, or of texts, as it gives the same on every thread: a host's may round otherwise. Nothing of the
/// host's is called inside.
package func withUsualRounding<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
  let modes = wave_modes_default()
  defer { wave_modes_restore(modes) }
  return try body()
}
