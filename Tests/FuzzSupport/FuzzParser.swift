import HoloFormat

/// What reads bytes from outside, and is fuzzed.
package enum FuzzParser: String, CaseIterable, Sendable {
  case hwp, wave
  /// Headers of `WAVEV001` files.
  case legacy
  case npy
  /// ZIP directories, and deflated members.
  case npz
  case safetensors
}

/// A rule that a parser broke: an error of the one kind that no parser has.
func finding(_ message: String) -> FormatError { FormatError(.invalidInput, "broken rule: \(message)") }

func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(FormatError) {
  if !condition { throw finding(message()) }
}
