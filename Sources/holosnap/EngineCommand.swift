import ArgumentParser
import HoloEngine

/// A command that works with the engine: it says what it has to say through the console, and fails with `HoloError` only.
protocol EngineCommand: ParsableCommand {
  associatedtype Speech: SpeechOptions
  var common: Speech { get }

  /// Returns the exit status.
  func execute(_ console: Console) throws(HoloError) -> ExitCode
}

extension EngineCommand {
  func run() throws {
    let console = Console(common)
    let status: ExitCode
    do {
      status = try execute(console)
    } catch {
      console.fail(error)
      status = ExitCode(error.code.exitStatus)
    }
    if !status.isSuccess { throw status }
  }

  /// Runs work that may take long, and that Ctrl-C, SIGTERM and SIGHUP end cleanly.
  ///
  /// - Parameter lasting: what the work has left behind, for whoever ends the program before it is told; nil where the
  ///   answer is all there is.
  func interruptible<Result>(
    _ work: (Cancellation) throws(HoloError) -> Result, lasting: (Result) -> String? = { _ in nil }
  ) throws(HoloError) -> Result {
    let interruption = Interruption()
    do {
      let result = try work(interruption.cancellation)
      interruption.end(.done(lasting: lasting(result)))
      return result
    } catch {
      interruption.end(.failed)
      guard error.code == .cancelled, let signal = interruption.signal else { throw error }
      var error = error
      error.code = HoloError.Code.cancelled(bySignal: signal)
      throw error
    }
  }
}

extension ExitCode {
  /// `EX_DATAERR` of sysexits.h: something is damaged.
  static let damaged = ExitCode(HoloError.Code.damaged.exitStatus)
}
