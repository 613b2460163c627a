import CHoloSnap
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization

/// One capture under way: quiet, description and copy on the thread that asked, the rest on one of its own. Any thread.
final class CaptureJob: Handle, @unchecked Sendable {
  /// What is told of a capture that has succeeded.
  struct Outcome: Sendable {
    var report: CaptureReport
    var moment: QuietMoment.Facts
    var stagingByteCount: Int
  }

  private enum Order: Sendable {
    case write([RegionSource])
    case callOff(Failure)
  }

  private struct State {
    /// What the job's thread waits for.
    var order: Order?
    /// Nothing of the application's memory is read any more.
    var isRead = false
    /// The pause was too long, and that is not wanted.
    var excess: Failure?
    /// Of the quiet moment, once it is over.
    var moment = QuietMoment.Facts()
    /// Kept while the regions are read.
    var space: StagingSpace?
    var result: Result<CaptureReport, Failure>?
  }

  let activity: Activity
  let mode: QuietMoment.Mode
  let watch: PauseWatch
  private let state: ProgramState
  private let monitor = Monitor(State())
  private let thread = Mutex<WorkerThread?>(nil)

  /// Returns when the state goes on.
  static func start(
    _ state: ProgramState, _ request: CaptureRequest, _ activity: Activity
  ) throws(Failure) -> CaptureJob {
    let job = CaptureJob(state, request, activity)
    do {
      try job.begin(request)
      try job.beQuiet()
      return job
    } catch {
      job.callOff(error)
      activity.end(error)
      throw error
    }
  }

  private init(_ state: ProgramState, _ request: CaptureRequest, _ activity: Activity) {
    self.state = state
    self.activity = activity
    mode = request.mode
    watch = PauseWatch(budget: request.pauseBudget, abandons: request.abandonsOverBudget, activity)
  }

  /// Everything that can be done before the state is quiet. From the thread's start on, what was taken is the thread's to give back.
  private func begin(_ request: CaptureRequest) throws(Failure) {
    var held = [try state.turns.take(nanoseconds: request.busyTimeout, activity, "the state")]
    do throws(Failure) {
      let work = try withUsualRounding { () throws(Failure) in try CaptureWork(state, request, activity) }
      try state.staging.makeReady(mode, hint: state.description.blobHint)
      if mode == .inPlace {
        held.append(try state.engine.turns.take(activity, "the engine's memory"))
        _ = try work.workspace()
      }
      let turns = held
      let worker: WorkerThread
      do { worker = try WorkerThread { [self] in run(work, turns) } } catch { throw Failure(HoloError(error)) }
      thread.withLock { $0 = worker }
    } catch {
      for turn in held.reversed() { turn.giveBack() }
      throw error
    }
  }

  /// On the thread that asked.
  private func beQuiet() throws(Failure) {
    activity.enter(.quiet)
    let moment = QuietMoment(state: state, mode: mode, watch: watch)
    let found = try moment.run { (regions) throws(Failure) in
      guard mode == .inPlace else { return }
      monitor.change { $0.order = .write(regions) }
      let failure = monitor.wait { state -> Failure?? in
        if case .failure(let failure)? = state.result { return .some(failure) }
        return state.isRead ? .some(nil) : nil
      }
      if let failure { throw failure }
    }
    monitor.change { state in
      state.moment = found.facts
      // Of regions that lie where they were nothing is read any more.
      guard mode == .staged else { return }
      state.space = found.space
      state.order = .write(found.regions)
    }
  }

  /// What could not be begun leaves nothing behind.
  private func callOff(_ failure: Failure) {
    monitor.change { $0.order = $0.order ?? .callOff(failure) }
    join()
  }

  // MARK: The job's own thread

  private func run(_ work: CaptureWork, _ turns: [Turns.Turn]) {
    let result: Result<CaptureReport, Failure>
    switch monitor.wait(until: \.order) {
    case .callOff(let failure):
      work.abandon()
      result = .failure(failure)
    case .write(let regions):
      do throws(Failure) { result = .success(try write(regions, work)) } catch { result = .failure(error) }
    }
    // Who learns that it has ended may begin the next one.
    monitor.change { $0.space = nil }
    for turn in turns.reversed() { turn.giveBack() }
    if case .failure(let failure) = result { activity.end(failure) } else { activity.end(nil) }
    monitor.change { $0.result = result }
  }

  private func write(_ regions: [RegionSource], _ work: CaptureWork) throws(Failure) -> CaptureReport {
    do throws(Failure) {
      let encoding = mode == .staged ? try state.engine.turns.take(activity, "the engine's memory") : nil
      defer { encoding?.giveBack() }
      activity.enter(.encoding)
      let (watch, mode, staging) = (watch, mode, state.staging.byteCount)
      // Blobs are written into memory of ours in every mode.
      let copied = regions.reduce(UInt64(0)) { $0 + (mode == .staged || $1.blobVersion != nil ? $1.byteCount : 0) }
      let workspace = try work.workspace()
      let report = try Failure.wrapping { () throws(HoloError) in
        try work.write(
          regions, workspace: workspace,
          pause: {
            Summary.Pause(
              mode: mode.name, nanoseconds: watch.nanoseconds, copiedByteCount: copied,
              stagingByteCount: UInt64(staging))
          },
          progress: { [self] in
            activity.report($0)
            keepToBudget()
          },
          isRead: { monitor.change { $0.isRead = true } })
      }
      try activity.check()
      activity.enter(.publishing)
      return try Failure.wrapping { () throws(HoloError) in try work.publish(report) }
    } catch {
      work.abandon()
      throw monitor.change { $0.excess } ?? error
    }
  }

  /// Of a state that is quiet while it is encoded.
  private func keepToBudget() {
    guard mode == .inPlace, let excess = watch.excess else { return }
    monitor.change { $0.excess = $0.excess ?? excess }
    activity.cancellation.cancel()
  }

  // MARK: The end

  /// What has come of it; nil where it goes on.
  func wait(nanoseconds: UInt64) throws(Failure) -> Outcome? {
    let ended = monitor.wait(nanoseconds: nanoseconds) { state in state.result.map { ($0, state.moment) } }
    guard let (result, moment) = ended else { return nil }
    join()
    return Outcome(report: try result.get(), moment: moment, stagingByteCount: state.staging.byteCount)
  }

  /// Stops it, and waits until it has ended.
  func finish() {
    activity.cancel()
    join()
  }

  private func join() {
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }
}
