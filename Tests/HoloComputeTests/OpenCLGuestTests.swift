import Glibc
import Testing

@testable import HoloCompute

/// HoloSnap is a guest in someone's process. Each test runs in a fresh one: a driver comes up once only.
@Suite(.enabled(if: TestBackend.hasOpenCL)) struct OpenCLGuestTests {
  @Test func bringingUpADriverLeavesTheHostsSignalHandlersAlone() async {
    await #expect(processExitsWith: .success) {
      let signals = [SIGINT, SIGTERM, SIGSEGV, SIGUSR1, SIGUSR2, SIGFPE, SIGBUS, SIGILL, SIGABRT, SIGHUP, SIGPIPE]
      for (index, signal) in signals.enumerated() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        action.sa_flags = index % 2 == 0 ? SA_RESTART : 0
        sigaddset(&action.sa_mask, SIGWINCH)
        sigaction(signal, &action, nil)
      }
      let before = signalState()
      let backend = try BackendSelection.makeBackend(choice: .opencl)
      #expect(backend.summary.kind == .opencl)
      _ = try backend.makeSession()
      _ = try DeviceListing.current()
      let after = signalState()
      try #require(differences(before, after) == [])
    }
  }

  @Test func aFailedBuildLeavesTheHostsSignalHandlersAlone() async {
    await #expect(processExitsWith: .success) {
      let before = signalState()
      let built = try? OpenCLStartup.exclusively { () throws(ComputeError) in
        try OpenCLBackend(deviceIndex: 0, reason: "a test", source: "nonsense")
      }
      try #require(built == nil)
      try #require(differences(before, signalState()) == [])
    }
  }
}

/// What the process does with each signal, and which this thread blocks, in comparable form.
private func signalState() -> [[UInt64]] {
  var state = (1...64 as ClosedRange<Int32>).map { signal -> [UInt64] in
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return [] }
    let handler = withUnsafeBytes(of: action.__sigaction_handler) { $0.load(as: UInt64.self) }
    // The C library sets SA_RESTORER whenever it sets anything.
    let flags = UInt32(bitPattern: action.sa_flags) & ~0x0400_0000
    return [handler, UInt64(flags), firstWord(action.sa_mask)]
  }
  var blocked = sigset_t()
  pthread_sigmask(SIG_BLOCK, nil, &blocked)
  state.append([firstWord(blocked)])
  return state
}

/// What changed, with the number of its signal; 65 is the mask.
private func differences(_ before: [[UInt64]], _ after: [[UInt64]]) -> [String] {
  zip(before, after).enumerated().filter { $1.0 != $1.1 }.map { "\($0 + 1): \($1.0) → \($1.1)" }
}

/// The kernel's 64 signals are the first word of the C library's set.
private func firstWord(_ set: sigset_t) -> UInt64 {
  withUnsafeBytes(of: set) { $0.load(as: UInt64.self) }
}
