// Starting, polling, waiting, cancelling and freeing at any moment and from any thread; turns of one state; states beside each other.
//
//   asynchrony [ROUNDS]
#include "application.hpp"

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <utility>

namespace {

// A flag that threads wait for.
class event {
 public:
  void set() {
    const std::lock_guard held(mutex_);
    is_set_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock held(mutex_);
    changed_.wait(held, [&] { return is_set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;
};

// A state and its program, on whichever thread uses it.
struct subject {
  application self;
  holosnap_state *state;
  explicit subject(const char *series, std::size_t seed = 1, std::size_t length = 100000, holosnap_engine *of = engine)
      : self(seed, length), state(new_state(of, series)) {
    self.describe_to(state);
  }
  ~subject() { CHECK_STATUS(holosnap_state_free(state, nullptr), HOLOSNAP_OK, nullptr); }
  holosnap_status capture(const holosnap_capture_options &options, holosnap_capture_report *report = nullptr) {
    self.caller = std::this_thread::get_id();
    auto error = sized<holosnap_error>();
    const auto status = holosnap_state_capture(state, &options, report, &error);
    CHECK(error.status == status);
    return status;
  }
  holosnap_status restore(const char *snapshot = nullptr) {
    self.caller = std::this_thread::get_id();
    const auto options = from_store();
    return holosnap_state_restore(state, snapshot, &options, nullptr, nullptr);
  }
};

std::uint32_t stage_of(holosnap_capture *capture) {
  auto progress = sized<holosnap_progress>();
  CHECK_STATUS(holosnap_capture_poll(capture, &progress, nullptr), HOLOSNAP_OK, nullptr);
  CHECK(progress.done_bytes <= progress.total_bytes || progress.total_bytes == 0);
  CHECK(progress.stage <= HOLOSNAP_STAGE_CANCELLED);
  return progress.stage;
}

std::uint32_t stage_of(holosnap_control *control) {
  auto progress = sized<holosnap_progress>();
  CHECK_STATUS(holosnap_control_poll(control, &progress, nullptr), HOLOSNAP_OK, nullptr);
  return progress.stage;
}

bool has_ended(std::uint32_t stage) { return stage >= HOLOSNAP_STAGE_DONE; }

void waits() {
  subject one("waits");
  auto error = sized<holosnap_error>();
  auto report = sized<holosnap_capture_report>(), again = report;
  const auto options = to_store();
  holosnap_capture *capture = nullptr;
  CHECK_STATUS(holosnap_capture_start(one.state, &options, &capture, &error), HOLOSNAP_OK, &error);
  CHECK(one.self.balanced());
  std::uint32_t last = 0;
  while (holosnap_capture_wait(capture, 0, nullptr, &error) == HOLOSNAP_TIMED_OUT) {
    CHECK(error.status == HOLOSNAP_TIMED_OUT);
    const auto stage = stage_of(capture);
    CHECK(stage >= last);  // it never goes back
    last = stage;
  }
  for (std::uint64_t time : {std::uint64_t{0}, std::uint64_t{1}, HOLOSNAP_FOREVER}) {
    CHECK_STATUS(holosnap_capture_wait(capture, time, &report, &error), HOLOSNAP_OK, &error);
    if (time == 0) again = report;
    CHECK(memcmp(&again, &report, sizeof report) == 0);
  }
  CHECK(stage_of(capture) == HOLOSNAP_STAGE_DONE && strlen(report.id) == 64 && access(report.path, R_OK) == 0);
  // Too late.
  CHECK_STATUS(holosnap_capture_cancel(capture, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_capture_wait(capture, HOLOSNAP_FOREVER, &report, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
  CHECK(access(report.path, R_OK) == 0);

  // Many wait at once; others look.
  for (int turn = 0; turn < 5; turn++) {
    CHECK_STATUS(holosnap_capture_start(one.state, &options, &capture, &error), HOLOSNAP_OK, &error);
    std::vector<std::thread> threads;
    std::atomic<int> differing{0};
    std::vector<holosnap_capture_report> reports(4, sized<holosnap_capture_report>());
    for (std::size_t i = 0; i < reports.size(); i++)
      threads.emplace_back([&, i] {
        if (holosnap_capture_wait(capture, HOLOSNAP_FOREVER, &reports[i], nullptr) != HOLOSNAP_OK) differing++;
      });
    threads.emplace_back([&] {
      while (!has_ended(stage_of(capture))) std::this_thread::yield();
    });
    for (auto &thread : threads) thread.join();
    CHECK(differing == 0 && strlen(reports[0].id) == 64);
    for (const auto &each : reports) CHECK(memcmp(&each, &reports[0], sizeof each) == 0);
    CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
  }
}

// Cancelled when it has come to each stage, from this thread or another; what was not published leaves nothing.
void cancels(int rounds) {
  subject one("cancels", 1, 400000);
  auto error = sized<holosnap_error>();
  CHECK_STATUS(one.capture(to_store()), HOLOSNAP_OK, nullptr);
  int cancelled = 0, done = 0;
  for (int turn = 0; turn < rounds; turn++) {
    const int snapshots = count_entries(store.c_str(), ".hwp"), files = count_all(store.c_str());
    const auto options = to_store(turn % 3 == 0 ? HOLOSNAP_FULL : HOLOSNAP_INCREMENTAL);
    const auto stage = static_cast<std::uint32_t>(turn) % 5;
    for (std::size_t i = 0; i < one.self.numbers.size(); i += 11) one.self.numbers[i] += 1;
    holosnap_capture *capture = nullptr;
    auto report = sized<holosnap_capture_report>();
    CHECK_STATUS(holosnap_capture_start(one.state, &options, &capture, &error), HOLOSNAP_OK, &error);
    const auto cancel = [&] {
      while (stage_of(capture) < stage) std::this_thread::yield();
      CHECK_STATUS(holosnap_capture_cancel(capture, nullptr), HOLOSNAP_OK, nullptr);
    };
    std::thread other;
    if (turn % 2 == 0) {
      other = std::thread(cancel);
    } else {
      cancel();
    }
    const auto status = holosnap_capture_wait(capture, HOLOSNAP_FOREVER, &report, &error);
    if (other.joinable()) other.join();
    CHECK(status == HOLOSNAP_OK || status == HOLOSNAP_CANCELLED);
    CHECK(holosnap_capture_wait(capture, 0, &report, nullptr) == status);
    CHECK(stage_of(capture) == (status == HOLOSNAP_OK ? HOLOSNAP_STAGE_DONE : HOLOSNAP_STAGE_CANCELLED));
    CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
    CHECK(count_entries(store.c_str(), ".hwp") == snapshots + (status == HOLOSNAP_OK ? 1 : 0));
    if (status == HOLOSNAP_CANCELLED) CHECK(count_all(store.c_str()) == files);
    (status == HOLOSNAP_OK ? done : cancelled)++;
  }
  CHECK(cancelled > 0 && one.self.balanced());
  CHECK_STATUS(one.capture(to_store(HOLOSNAP_INCREMENTAL)), HOLOSNAP_OK, nullptr);
  CHECK_STATUS(one.restore(), HOLOSNAP_OK, nullptr);
}

// A control stops the call that has it, or else the next one: captures, restores, verifications, whatever stage they are at.
void controls(int rounds) {
  subject one("controls", 1, 400000);
  auto error = sized<holosnap_error>();
  auto report = sized<holosnap_capture_report>();
  CHECK_STATUS(one.capture(to_store(), &report), HOLOSNAP_OK, nullptr);
  holosnap_control *control = nullptr;
  CHECK_STATUS(holosnap_control_create(&control, &error), HOLOSNAP_OK, &error);
  auto capturing = to_store();
  auto restoring = from_store();
  auto verifying = sized<holosnap_verify_options>();
  auto inspecting = sized<holosnap_inspect_options>();
  capturing.control = restoring.control = verifying.control = inspecting.control = control;
  inspecting.store = verifying.store = store.c_str();
  const auto tried = [&](int kind) {
    one.self.caller = std::this_thread::get_id();
    one.self.reset_counts();
    holosnap_capture *capture = nullptr;
    std::uint64_t length = 0;
    holosnap_status status = HOLOSNAP_OK;
    switch (kind) {
      case 0: status = holosnap_state_capture(one.state, &capturing, nullptr, &error); break;
      case 1: status = holosnap_capture_start(one.state, &capturing, &capture, &error); break;
      case 2: status = holosnap_state_restore(one.state, report.path, &restoring, nullptr, &error); break;
      case 3: status = holosnap_verify(engine, report.path, &verifying, nullptr, &error); break;
      default:
        status = holosnap_inspect(engine, report.path, &inspecting, nullptr, 0, &length, &error);
        if (status == HOLOSNAP_BUFFER_TOO_SMALL) status = HOLOSNAP_OK;
    }
    if (capture != nullptr) {
      status = holosnap_capture_wait(
          capture, HOLOSNAP_FOREVER, nullptr, nullptr);  // of a cancel that came late in the start, too
      holosnap_capture_free(capture, nullptr);
    }
    CHECK(one.self.balanced() && one.self.discarded_rightly());
    return status;
  };
  for (int kind = 0; kind < 5; kind++) {
    // Before: the next call, and that alone.
    CHECK_STATUS(holosnap_control_cancel(control, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_control_cancel(control, &error), HOLOSNAP_OK, &error);
    const int files = count_all(store.c_str());
    if (!CHECK_STATUS(tried(kind), HOLOSNAP_CANCELLED, nullptr)) std::printf("  kind %d\n", kind);
    CHECK(count_all(store.c_str()) == files || kind == 4);
    if (!CHECK_STATUS(tried(kind), HOLOSNAP_OK, &error)) std::printf("  kind %d\n", kind);
  }
  // From inside of each callback.
  for (std::uint32_t callback = HOLOSNAP_CALLBACK_QUIESCE; callback <= HOLOSNAP_CALLBACK_READ; callback++)
    for (int kind = 0; kind < 3; kind++) {
      bool called = false;
      one.self.inside = [&](std::uint32_t inside) {
        if (inside == callback && !called)
          CHECK_STATUS(holosnap_control_cancel(control, nullptr), HOLOSNAP_OK, nullptr), called = true;
      };
      const auto status = tried(kind);
      one.self.inside = nullptr;
      if (!called) {
        CHECK_STATUS(status, HOLOSNAP_OK, &error);
      } else if (callback == HOLOSNAP_CALLBACK_RESUME) {
        CHECK(status == HOLOSNAP_OK || status == HOLOSNAP_CANCELLED);
        if (kind == 2) CHECK_STATUS(status, HOLOSNAP_OK, nullptr);  // it is committed
      } else if (!CHECK_STATUS(status, HOLOSNAP_CANCELLED, &error)) {
        std::printf("  callback %u, kind %d\n", callback, kind);
      }
      if (status == HOLOSNAP_OK && called) CHECK_STATUS(tried(3), HOLOSNAP_OK, &error);  // nothing is left of it
    }
  // From another thread, at any moment.
  int cancelled = 0;
  for (int turn = 0; turn < rounds; turn++) {
    std::atomic<bool> ended{false};
    std::thread other([&] {
      const auto stage = static_cast<std::uint32_t>(turn) % 4;
      while (!ended && stage_of(control) < stage) std::this_thread::yield();
      holosnap_control_cancel(control, nullptr);
    });
    const auto status = tried(turn % 5);
    ended = true;
    other.join();
    CHECK(status == HOLOSNAP_OK || status == HOLOSNAP_CANCELLED);
    if (status == HOLOSNAP_CANCELLED) {
      cancelled++;
    } else {
      // It may have come too late, and be for the next.
      const auto next = tried(3);
      CHECK(next == HOLOSNAP_OK || next == HOLOSNAP_CANCELLED);
    }
    const auto last = tried(4);
    CHECK(last == HOLOSNAP_OK || last == HOLOSNAP_CANCELLED);
  }
  CHECK(cancelled > 0 || rounds < 5);
  (void)tried(4);
  CHECK_STATUS(tried(0), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_control_free(control, &error), HOLOSNAP_OK, &error);
}

// Returns when a thread has come to where it waits: it sleeps, and goes on sleeping.
void await_sleep(pid_t thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/status";
  std::string last;
  for (int same = 0; same < 100; same++) {
    std::this_thread::yield();
    std::ifstream file(path);
    std::string now, line;
    while (std::getline(file, line))
      if (line.rfind("State:", 0) == 0 || line.rfind("voluntary_ctxt", 0) == 0) now += line;
    if (now != last || now.find("S (sleeping)") == now.npos) same = 0;
    last = now;
  }
}

// While one has the state in quiesce, others are refused, wait in their order, or are cancelled while they wait.
void turns() {
  subject one("turns", 1, 1000);
  CHECK_STATUS(one.capture(to_store()), HOLOSNAP_OK, nullptr);
  event inside, go_on;
  std::mutex order_mutex;
  std::vector<std::thread::id> order;
  bool is_first = true;
  one.self.any_caller = true;
  one.self.inside = [&](std::uint32_t kind) {
    if (kind != HOLOSNAP_CALLBACK_QUIESCE) return;
    {
      const std::lock_guard held(order_mutex);
      order.push_back(std::this_thread::get_id());
    }
    if (std::exchange(is_first, false)) inside.set(), go_on.wait();
  };
  std::thread first([&] { CHECK_STATUS(one.capture(to_store()), HOLOSNAP_OK, nullptr); });
  inside.wait();

  auto error = sized<holosnap_error>();
  holosnap_capture *capture = nullptr;
  for (std::uint64_t timeout : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2000000}}) {
    auto options = to_store();
    auto restoring = from_store();
    options.busy_timeout_nanoseconds = restoring.busy_timeout_nanoseconds = timeout;
    CHECK_STATUS(holosnap_capture_start(one.state, &options, &capture, &error), HOLOSNAP_BUSY, &error);
    CHECK_STATUS(holosnap_state_capture(one.state, &options, nullptr, &error), HOLOSNAP_BUSY, &error);
    CHECK_STATUS(holosnap_state_restore(one.state, nullptr, &restoring, nullptr, &error), HOLOSNAP_BUSY, &error);
    CHECK(capture == nullptr && error.message[0] != 0);
  }
  // Each begins to wait when the one before it does.
  std::vector<std::thread> waiting;
  std::vector<std::thread::id> expected{first.get_id()};
  std::vector<holosnap_control *> controls(5, nullptr);
  for (std::size_t i = 0; i < controls.size(); i++) {
    CHECK_STATUS(holosnap_control_create(&controls[i], nullptr), HOLOSNAP_OK, nullptr);
    std::atomic<pid_t> thread{0};
    waiting.emplace_back([&, i] {
      thread = gettid();
      auto options = to_store();
      auto restoring = from_store();
      options.busy_timeout_nanoseconds = restoring.busy_timeout_nanoseconds = HOLOSNAP_FOREVER;
      options.control = restoring.control = controls[i];
      const auto status = i % 2 == 0 ? holosnap_state_capture(one.state, &options, nullptr, nullptr)
                                     : holosnap_state_restore(one.state, nullptr, &restoring, nullptr, nullptr);
      CHECK_STATUS(status, i == 2 ? HOLOSNAP_CANCELLED : HOLOSNAP_OK, nullptr);
    });
    while (thread == 0) std::this_thread::yield();
    await_sleep(thread);
    auto progress = sized<holosnap_progress>();
    CHECK_STATUS(holosnap_control_poll(controls[i], &progress, nullptr), HOLOSNAP_OK, nullptr);
    CHECK(progress.stage == HOLOSNAP_STAGE_QUEUED);
    if (i != 2) expected.push_back(waiting.back().get_id());
  }
  CHECK_STATUS(holosnap_control_cancel(controls[2], nullptr), HOLOSNAP_OK, nullptr);
  waiting[2].join();
  go_on.set();
  first.join();
  for (std::size_t i = 0; i < waiting.size(); i++)
    if (i != 2) waiting[i].join();
  // (prepare and read of a restore are called before its quiesce.)
  CHECK(order == expected);
  CHECK(one.self.balanced());
  for (auto *control : controls) CHECK_STATUS(holosnap_control_free(control, nullptr), HOLOSNAP_OK, nullptr);
}

// States of one engine, each captured and restored on a thread of its own; and two that are quiet at the same time.
void states_beside_each_other(int rounds) {
  std::vector<std::thread> threads;
  for (std::size_t number = 0; number < 4; number++)
    threads.emplace_back([number, rounds] {
      const auto series = "beside " + std::to_string(number);
      subject one(series.c_str(), number + 2, 20000 * (number + 1)), other(series.c_str(), 1, 10);
      for (int turn = 0; turn < rounds; turn++) {
        one.self.numbers[static_cast<std::size_t>(turn)] += 1;
        one.self.text += "more";
        const auto options = to_store(
            turn % 4 == 0 ? HOLOSNAP_FULL : HOLOSNAP_INCREMENTAL,
            (static_cast<std::uint32_t>(turn) + static_cast<std::uint32_t>(number)) % 3 == 0 ? HOLOSNAP_IN_PLACE
                                                                                             : HOLOSNAP_STAGED);
        auto report = sized<holosnap_capture_report>();
        CHECK_STATUS(one.capture(options, &report), HOLOSNAP_OK, nullptr);
        CHECK_STATUS(other.restore(turn % 2 == 0 ? nullptr : report.path), HOLOSNAP_OK, nullptr);
        CHECK(other.self.holds(one.self));
        CHECK(one.self.balanced() && other.self.balanced());
      }
    });
  for (auto &thread : threads) thread.join();

  // A staged capture holds nothing that another needs while it is in quiesce.
  event quiet[2];
  std::vector<std::thread> two;
  for (int number = 0; number < 2; number++)
    two.emplace_back([&quiet, number] {
      subject one(number == 0 ? "left" : "right", 3, 1000);
      one.self.inside = [&](std::uint32_t kind) {
        if (kind == HOLOSNAP_CALLBACK_QUIESCE) quiet[number].set(), quiet[1 - number].wait();
      };
      CHECK_STATUS(one.capture(to_store()), HOLOSNAP_OK, nullptr);
    });
  for (auto &thread : two) thread.join();
}

void frees(int rounds) {
  auto error = sized<holosnap_error>();
  for (int turn = 0; turn < rounds; turn++) {
    holosnap_engine *own = host_engine();
    auto one = std::make_unique<application>(1, 200000);
    holosnap_state *state = new_state(own, "frees");
    one->describe_to(state);
    holosnap_capture *capture = nullptr;
    const auto options = to_store(HOLOSNAP_FULL, turn % 4 == 3 ? HOLOSNAP_IN_PLACE : HOLOSNAP_STAGED);
    CHECK_STATUS(holosnap_capture_start(state, &options, &capture, &error), HOLOSNAP_OK, &error);
    // What hangs on a handle goes when the last that needs it has gone, in any order; the program's memory is no longer read.
    if (turn % 2 == 0) CHECK_STATUS(holosnap_engine_free(own, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_state_free(state, &error), HOLOSNAP_OK, &error);
    one.reset();
    if (turn % 3 == 0) {
      auto report = sized<holosnap_capture_report>();
      CHECK_STATUS(holosnap_capture_wait(capture, HOLOSNAP_FOREVER, &report, &error), HOLOSNAP_OK, &error);
      CHECK_STATUS(holosnap_verify(engine, report.path, nullptr, nullptr, &error), HOLOSNAP_OK, &error);
    }
    CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
    if (turn % 2 != 0) CHECK_STATUS(holosnap_engine_free(own, &error), HOLOSNAP_OK, &error);
  }
}

// Threads that end, or are cancelled; directories that change, or vanish.
void surroundings() {
  auto error = sized<holosnap_error>();
  auto report = sized<holosnap_capture_report>();
  subject one("surroundings", 1, 200000);
  const auto options = to_store();
  holosnap_capture *capture = nullptr;
  one.self.any_caller = true;
  std::thread([&] {
    CHECK_STATUS(holosnap_capture_start(one.state, &options, &capture, nullptr), HOLOSNAP_OK, nullptr);
  }).join();
  CHECK_STATUS(holosnap_capture_wait(capture, HOLOSNAP_FOREVER, &report, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);

  // Thread cancellation is off during a call, and is heard after it.
  one.self.inside = [](std::uint32_t) {
    pthread_cancel(pthread_self());
    pthread_testcancel();
  };
  pthread_t thread;
  void *result = nullptr;
  const auto run = [](void *context) -> void * {
    auto &given = *static_cast<subject *>(context);
    const auto now = to_store();
    CHECK_STATUS(holosnap_state_capture(given.state, &now, nullptr, nullptr), HOLOSNAP_OK, nullptr);
    CHECK(given.self.balanced());
    pthread_testcancel();
    CHECK(false);
    return nullptr;
  };
  CHECK(pthread_create(&thread, nullptr, run, &one) == 0 && pthread_join(thread, &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
  one.self.inside = nullptr;

  // A store that is named relatively is the one that it was at the start; one that vanishes is an error.
  char before[4096];
  CHECK(getcwd(before, sizeof before) != nullptr && chdir(scratch_path) == 0);
  mkdir("relative", 0777);
  mkdir("vanishing", 0777);
  auto relative = options;
  relative.store = "relative";
  CHECK_STATUS(holosnap_capture_start(one.state, &relative, &capture, &error), HOLOSNAP_OK, &error);
  CHECK(chdir("/") == 0);
  CHECK_STATUS(holosnap_capture_wait(capture, HOLOSNAP_FOREVER, &report, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
  CHECK(chdir(scratch_path) == 0 && count_entries("relative", ".hwp") == 1);
  for (int turn = 0; turn < 5; turn++) {
    relative.store = "vanishing";
    mkdir("vanishing", 0777);
    CHECK_STATUS(holosnap_capture_start(one.state, &relative, &capture, &error), HOLOSNAP_OK, &error);
    remove_tree("vanishing");
    const auto status = holosnap_capture_wait(capture, HOLOSNAP_FOREVER, &report, &error);
    CHECK(
        status == HOLOSNAP_OK || status == HOLOSNAP_NOT_FOUND || status == HOLOSNAP_IO ||
        status == HOLOSNAP_CANNOT_CREATE);
    CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
    remove_tree("vanishing");
  }
  for (const char *place : {"none/at/all", "a file"}) {
    if (strcmp(place, "a file") == 0) std::ofstream("a file") << "text";
    relative.store = place;
    one.self.reset_counts();
    const auto status = holosnap_state_capture(one.state, &relative, nullptr, &error);
    CHECK(status != HOLOSNAP_OK || strcmp(place, "a file") != 0);
    if (status != HOLOSNAP_OK) CHECK(one.self.made_quiet == 0);
  }
  CHECK(chdir(before) == 0);
}

void pauses_and_limits() {
  subject one("pauses", 1, 1000);
  auto error = sized<holosnap_error>();
  for (std::uint32_t mode : {HOLOSNAP_STAGED, HOLOSNAP_IN_PLACE}) {
    auto options = to_store(HOLOSNAP_FULL, mode);
    auto report = sized<holosnap_capture_report>();
    options.pause_budget_nanoseconds = 1;
    CHECK_STATUS(one.capture(options, &report), HOLOSNAP_OK, nullptr);
    CHECK((report.flags & HOLOSNAP_PAUSE_MISSED) != 0 && report.pause_nanoseconds > 1);
    options.over_budget = HOLOSNAP_OVER_BUDGET_ABANDON;
    one.self.reset_counts();
    CHECK_STATUS(one.capture(options), HOLOSNAP_PAUSE_EXCEEDED, nullptr);
    CHECK(one.self.balanced() && one.self.made_quiet == 1);
    options.pause_budget_nanoseconds = std::uint64_t{3600} * 1000000000;
    CHECK_STATUS(one.capture(options, &report), HOLOSNAP_OK, nullptr);
    CHECK((report.flags & HOLOSNAP_PAUSE_MISSED) == 0);
  }
  // What would not fit into staging.
  auto engine_options = sized<holosnap_engine_options>();
  engine_options.backend = HOLOSNAP_BACKEND_HOST;
  engine_options.staging_limit = 1 << 20;
  holosnap_engine *small = nullptr;
  CHECK_STATUS(holosnap_engine_create(&engine_options, &small, &error), HOLOSNAP_OK, &error);
  {
    subject much("much", 1, 400000, small), little("little", 1, 1000, small);
    CHECK_STATUS(much.capture(to_store()), HOLOSNAP_NO_MEMORY, nullptr);
    CHECK(much.self.balanced());
    CHECK_STATUS(little.capture(to_store()), HOLOSNAP_OK, nullptr);
    CHECK_STATUS(much.capture(to_store(HOLOSNAP_FULL, HOLOSNAP_IN_PLACE)), HOLOSNAP_OK, nullptr);
  }
  CHECK_STATUS(holosnap_engine_free(small, &error), HOLOSNAP_OK, &error);
}

}  // namespace

int main(int count, char **arguments) {
  const int rounds = count > 1 ? std::atoi(arguments[1]) : 20;
  begin_program(900);
  waits();
  cancels(2 * rounds);
  controls(2 * rounds);
  turns();
  states_beside_each_other(rounds);
  frees(rounds);
  surroundings();
  pauses_and_limits();
  return end_program();
}
