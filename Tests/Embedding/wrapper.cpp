// What holosnap.hpp adds: exceptions that cross C, vectors that move, values, streams, guards, owners.
//
//   wrapper
#include "check.h"

#include <holosnap.hpp>

#include <array>
#include <functional>
#include <istream>
#include <mutex>
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

namespace {

std::string store;

// Knows whether it is locked, and by how many it was.
struct counting_lock {
  void lock() {
    if (on_lock) on_lock();
    held = true, locks++;
  }
  void unlock() {
    held = false, unlocks++;
    if (on_unlock) on_unlock();
  }
  bool held = false;
  int locks = 0, unlocks = 0;
  std::function<void()> on_lock, on_unlock;
};

struct oops {
  int number;
};

holosnap::engine host() {
  holosnap::engine_options options;
  options.backend = HOLOSNAP_BACKEND_HOST;
  return holosnap::engine(options);
}

holosnap::capture_options to_store(std::uint32_t type = HOLOSNAP_FULL) {
  holosnap::capture_options options;
  options.store = store.c_str();
  options.type = type;
  return options;
}

holosnap::restore_options from_store() {
  holosnap::restore_options options;
  options.store = store.c_str();
  return options;
}

holosnap::state series(const holosnap::engine &engine, const char *name) {
  holosnap::state_options options;
  options.series = name;
  return holosnap::state(engine, options);
}

// What a call throws: an oops's number, a status, or 0.
struct outcome {
  int number = 0;
  holosnap_status status = HOLOSNAP_OK;
  std::string message = {};
};

template <class Call>
outcome thrown(const Call &call) {
  try {
    call();
    return {};
  } catch (const oops &what) {
    return {what.number, HOLOSNAP_OK};
  } catch (const holosnap::error &what) {
    return {0, what.status(), what.what()};
  } catch (const std::exception &what) {
    return {-1, HOLOSNAP_OK, what.what()};
  }
}

void element_types() {
  using namespace holosnap;
  static_assert(element<double> == HOLOSNAP_F64 && element<float> == HOLOSNAP_F32);
  static_assert(element<std::complex<double>> == HOLOSNAP_C128 && element<std::complex<float>> == HOLOSNAP_C64);
  static_assert(element<std::uint8_t> == HOLOSNAP_U8 && element<signed char> == HOLOSNAP_I8);
  static_assert(element<std::uint16_t> == HOLOSNAP_U16 && element<short> == HOLOSNAP_I16);
  static_assert(element<unsigned> == HOLOSNAP_U32 && element<int> == HOLOSNAP_I32);
  static_assert(element<unsigned long> == HOLOSNAP_U64 && element<long> == HOLOSNAP_I64);
  static_assert(element<unsigned long long> == HOLOSNAP_U64 && element<long long> == HOLOSNAP_I64);
  static_assert(element<std::byte> == HOLOSNAP_BYTES && element<char> == HOLOSNAP_BYTES);
  static_assert(
      !std::is_copy_constructible_v<engine> && !std::is_copy_constructible_v<state> &&
      !std::is_copy_constructible_v<capture>);
  static_assert(std::is_nothrow_move_constructible_v<engine> && std::is_nothrow_move_assignable_v<state>);
  static_assert(std::is_nothrow_copy_constructible_v<error>);
  const int *const pointer = nullptr;
  const auto grid = array(pointer, 2, std::size_t{3}, 4u);
  static_assert(std::is_same_v<decltype(grid)::type, int>);
  CHECK(grid.extents.rank == 3 && grid.extents[2] == 4 && grid.extents.elements() == 24);
  CHECK(shape().elements() == 0 && shape(5, 0).elements() == 0);
}

// Vectors grow, shrink, move and become empty; values and blobs go with them.
void round_trips(const holosnap::engine &engine) {
  counting_lock lock, other_lock;
  std::vector<double> field, other_field{1, 2, 3};
  std::vector<float> rows, other_rows;
  std::vector<std::complex<double>> grid(4 * 5 * 6), other_grid(4 * 5 * 6), fresh_grid;
  std::uint64_t counter = 0, other_counter = 99;
  std::string text, other_text, fresh_text;
  const auto wire = [&](const holosnap::engine &of, counting_lock &guard, auto &a, auto &b, auto &c, auto &n, auto &t) {
    auto state = series(of, "round trips");
    state.guard(guard);
    state.vector("field.f64", a);
    state.vector("deep/rows.f32", b, 3);
    state.region(
        "grid.c128", [&c] { return holosnap::array(c.data(), 4, 5, 6); },
        [&](const holosnap::shape &shape) { return fresh_grid.resize(shape.elements()), fresh_grid.data(); },
        {HOLOSNAP_COMPONENT_MEMORY, 0, holosnap::shape(4, 5, 6)});
    state.value("counter.u64", n, {HOLOSNAP_COMPONENT_STATISTICS});
    state.blob(
        "text", 7,
        [&t](holosnap::sink &sink) {
          std::ostream out(&sink);
          out << t.size() << ' ';
          for (char c_ : t) out.put(c_);
          sink.write(t);
          out << '!' << std::flush << '?';
        },
        [&](holosnap::source &source, std::uint32_t version) {
          CHECK(version == 7);
          std::istream in(&source);
          std::size_t length = 0;
          in >> length;
          in.get();
          fresh_text.resize(length);
          CHECK(source.read(fresh_text.data(), length / 2) == length / 2);
          for (std::size_t i = length / 2; i < length; i++) in.get(fresh_text[i]);
          const auto rest = source.text();
          CHECK(rest == fresh_text + "!?");
          CHECK(source.size() == std::to_string(length).size() + 1 + 2 * length + 2);
          CHECK(source.read(fresh_text.data(), 5) == 0 && source.text().empty());
        });
    state.on_commit([&] {
      c.swap(fresh_grid), t.swap(fresh_text);
      CHECK(guard.held);
    });
    return state;
  };
  auto moved = wire(engine, lock, field, rows, grid, counter, text);
  auto state = std::move(moved);
  auto target = wire(engine, other_lock, other_field, other_rows, other_grid, other_counter, other_text);
  for (const std::size_t length : {0u, 1u, 1000u, 100000u, 3u, 0u, 40000u}) {
    field.assign(length, 0.25);
    std::iota(field.begin(), field.end(), 0.5);
    field.shrink_to_fit();
    rows.assign(3 * (length / 2), 1.5f);
    for (auto &value : grid) value += std::complex<double>(1.0 / 255, 0);
    counter += length + 1;
    text.assign(length, static_cast<char>('a' + length % 26));
    const auto report = state.capture(to_store());
    CHECK(lock.locks == lock.unlocks && !lock.held);
    CHECK(report.raw_bytes >= field.size() * 8 + rows.size() * 4);
    const auto *const before = other_field.data();
    target.restore(nullptr, from_store());
    CHECK(
        other_field == field && other_rows == rows && other_grid == grid && other_counter == counter &&
        other_text == text);
    CHECK(other_lock.locks == other_lock.unlocks && !other_lock.held);
    CHECK(field.empty() || other_field.data() != before);
  }
  target = std::move(state);
}

// A snapshot that is relative to another stores what has changed, wherever a blob has it now.
void changes(const holosnap::engine &engine) {
  std::vector<double> numbers(200000);
  std::iota(numbers.begin(), numbers.end(), 0.25);
  std::string text;
  for (std::uint32_t i = 0, x = 1; i < 2000000; i++)
    text += static_cast<char>('a' + ((x = x * 1664525 + 1013904223) >> 16) % 26);
  auto state = series(engine, "changes");
  state.vector("n", numbers);
  state.blob("t", 1, [&](holosnap::sink &sink) { sink.write(text); });
  auto report = state.capture(to_store());
  CHECK(report.raw_bytes == 8 * numbers.size() + text.size() && report.changed_bytes == report.raw_bytes);
  report = state.capture(to_store(HOLOSNAP_INCREMENTAL));
  CHECK(report.changed_bytes == 0 && report.stored_bytes < 10000);
  text.insert(1000000, "an insertion");
  numbers[10] = -1;
  numbers.resize(250000);
  std::iota(numbers.begin() + 200000, numbers.end(), 0.125);
  report = state.capture(to_store(HOLOSNAP_INCREMENTAL));
  CHECK(report.raw_bytes == 8 * numbers.size() + text.size());
  CHECK(report.changed_bytes >= 400012 && report.changed_bytes < 800000);
}

void wrong_shapes(holosnap::engine &engine) {
  std::vector<int> whole{1, 2, 3, 4, 5, 6}, torn{1, 2, 3, 4, 5}, other{9};
  auto state = series(engine, "shapes");
  state.vector("v", whole, 3);
  state.capture(to_store());
  auto wide = series(engine, "shapes");
  wide.vector("v", other, 2);
  CHECK(thrown([&] { wide.restore(nullptr, from_store()); }).status == HOLOSNAP_MISMATCH);
  CHECK(other == std::vector<int>{9});

  auto refusing = series(engine, "shapes");
  bool discarded = false;
  refusing.region(
      "v", [&] { return holosnap::array(other.data(), other.size()); },
      [](const holosnap::shape &) -> int * { return nullptr; });
  refusing.on_discard([&] { discarded = true; });
  CHECK(thrown([&] { refusing.restore(nullptr, from_store()); }).status == HOLOSNAP_INVALID_ARGUMENT); // and not half of it
  CHECK(!discarded);
  refusing.on_commit([] {});
  CHECK(thrown([&] { refusing.restore(nullptr, from_store()); }).status == HOLOSNAP_MISMATCH);
  CHECK(discarded);

  auto half = series(engine, "half");
  half.vector("v", torn, 3);
  const auto length = thrown([&] { half.capture(to_store()); });
  CHECK(length.number == -1 && length.message.find("5 elements") != std::string::npos);

  auto once = series(engine, "shapes");
  once.region("v", [&] { return holosnap::array(other.data(), other.size()); });
  CHECK(thrown([&] { once.restore(nullptr, from_store()); }).status == HOLOSNAP_INVALID_ARGUMENT);
  CHECK(thrown([&] { once.vector("v", whole); }).status == HOLOSNAP_INVALID_ARGUMENT);
  CHECK(thrown([&] { once.vector(std::string("n\0m", 3), whole); }).status == HOLOSNAP_INVALID_ARGUMENT);
  CHECK(thrown([&] { once.remove("n"); }).status == HOLOSNAP_INVALID_ARGUMENT);
  CHECK(thrown([&] { once.remove(std::string("v\0", 2)); }).status == HOLOSNAP_INVALID_ARGUMENT);
  once.remove("v");
  once.vector("v", whole);
  once.vector("w", other);
  once.remove("w");
  once.capture(to_store());

  // One that is optional, and missing, stays what it is.
  auto optional = series(engine, "shapes");
  optional.vector("v", torn);
  optional.vector("more", other, 0, {HOLOSNAP_COMPONENT_MEMORY, HOLOSNAP_OPTIONAL});
  optional.restore(nullptr, from_store());
  CHECK(torn == whole && other == std::vector<int>{9});
}

/* Vectors as arrays of more than one extent. */
void extents_of_vectors(holosnap::engine &engine) {
  std::vector<float> field(24, 0.5f), rows(12, 2), none;
  auto state = series(engine, "extents");
  state.vector("field.f32", field, holosnap::shape(2, 3, 4));
  state.vector("rows.f32", rows, holosnap::shape(HOLOSNAP_ANY, 2, 3));
  state.vector("last.f32", rows, holosnap::shape(4, HOLOSNAP_ANY));
  state.vector("none.f32", none, holosnap::shape(HOLOSNAP_ANY, 0));
  state.capture(to_store());
  std::fill(field.begin(), field.end(), 7.0f);
  rows.resize(6);
  state.restore(nullptr, from_store());
  CHECK(field == std::vector<float>(24, 0.5f) && rows == std::vector<float>(12, 2) && none.empty());

  // What does not fill its array is not captured; neither is what could have two shapes, nor one that wraps.
  const std::vector<holosnap::shape> wrong{
      holosnap::shape(5), holosnap::shape(3, 4), holosnap::shape(HOLOSNAP_ANY, 7), holosnap::shape(HOLOSNAP_ANY, 0),
      holosnap::shape(HOLOSNAP_ANY, HOLOSNAP_ANY), holosnap::shape(1ull << 32, 1ull << 32)};
  for (const auto &extents : wrong) {
    auto torn = series(engine, "torn");
    torn.vector("v", field, extents);
    CHECK(thrown([&] { torn.capture(to_store()); }).number == -1);
  }
  auto vague = series(engine, "torn");
  vague.vector("v", none, holosnap::shape(HOLOSNAP_ANY, HOLOSNAP_ANY));
  CHECK(thrown([&] { vague.capture(to_store()); }).number == -1);

  // A snapshot of another shape does not fit, though it has as many elements.
  auto other = series(engine, "extents");
  std::vector<float> fresh;
  other.vector("field.f32", fresh, holosnap::shape(4, 3, 2));
  CHECK(thrown([&] { other.restore(nullptr, from_store()); }).status == HOLOSNAP_MISMATCH);
  CHECK(fresh.empty());
}

void exceptions_of_captures(const holosnap::engine &engine) {
  counting_lock lock;
  std::vector<double> numbers(1000, 1);
  int describe = 0, write = 0;
  auto state = series(engine, "exceptions");
  state.guard(lock);
  state.region("a", [&] {
    if (describe) throw oops{describe};
    return holosnap::array(numbers.data(), numbers.size());
  });
  state.blob("b", 1, [&](holosnap::sink &sink) {
    sink.write("half of it");
    if (write) throw oops{write};
    sink.write("and the rest");
  });
  const auto both = [&](int number) {
    CHECK(thrown([&] { state.capture(to_store()); }).number == number);
    CHECK(thrown([&] { (void)state.start(to_store()); }).number == number);
    CHECK(lock.locks == lock.unlocks && !lock.held);
  };
  both(0);
  lock.on_lock = [] { throw oops{1}; };
  both(1);
  lock.on_lock = nullptr;
  describe = 2;
  both(2);
  write = 3;
  both(2);  // the first of them
  describe = 0;
  both(3);
  // Of resume: what was started is cancelled and freed.
  write = 0;
  lock.on_unlock = [] { throw oops{4}; };
  both(4);
  write = 3;
  both(3);
  lock.on_unlock = nullptr;
  write = 0;
  both(0);

  // What is no std::exception, and what is no class.
  for (int turn = 0; turn < 2; turn++) {
    auto odd = series(engine, "odd");
    odd.blob("b", 1, [](holosnap::sink &) { throw 42; });
    try {
      odd.capture(to_store());
      CHECK(false);
    } catch (int number) {
      CHECK(number == 42);
    }
  }

  // A call from inside of a callback is BUSY, and comes out of the call around it.
  std::string seen;
  auto nested = series(engine, "nested");
  nested.blob("b", 1, [&](holosnap::sink &) { state.capture(to_store()); });
  CHECK(thrown([&] { nested.capture(to_store()); }).status == HOLOSNAP_BUSY);
  nested.remove("b");
  nested.blob(
      "b", 1, [&](holosnap::sink &) { seen = std::to_string(thrown([&] { state.capture(to_store()); }).status); });
  CHECK(thrown([&] { nested.capture(to_store()); }).status == HOLOSNAP_OK && seen == std::to_string(HOLOSNAP_BUSY));
}

// An error of a sink is HoloSnap's, whatever the lambda makes of it.
void errors_of_sinks(const holosnap::engine &engine) {
  const std::string much(100000, 'x');
  auto state = series(engine, "sinks");
  holosnap::control control;
  auto options = to_store();
  options.control = control.get();
  const std::function<void(holosnap::sink &)> writers[] = {
      [&](holosnap::sink &sink) { control.cancel(), sink.write(much); },
      [&](holosnap::sink &sink) {
        control.cancel();
        try {
          sink.write(much);
        } catch (const holosnap::error &error) {
          CHECK(error.status() == HOLOSNAP_CANCELLED);
          throw oops{5};
        }
      },
      [&](holosnap::sink &sink) {
        control.cancel();
        std::ostream out(&sink);
        out << much;
        CHECK(out.bad());
      },
      [&](holosnap::sink &sink) {
        control.cancel();
        std::ostream out(&sink);
        out << "little";  // met when it is flushed
      },
  };
  for (const auto &writer : writers) {
    state.blob("b", 1, writer);
    CHECK(thrown([&] { state.capture(options); }).status == HOLOSNAP_CANCELLED);
    state.remove("b");
  }
}

void exceptions_of_restores(const holosnap::engine &engine) {
  counting_lock lock;
  std::vector<double> numbers(1000, 1), fresh;
  std::vector<std::uint16_t> small{1, 2, 3};
  int prepare = 0, read = 0, commit = 0, discard = 0, discards = 0;
  auto state = series(engine, "restores");
  state.guard(lock);
  state.region(
      "a", [&] { return holosnap::array(numbers.data(), numbers.size()); },
      [&](const holosnap::shape &shape) {
        if (prepare) throw oops{prepare};
        fresh.resize(shape.elements());
        return fresh.data();
      });
  state.vector("s", small);
  state.blob(
      "b", 1, [](holosnap::sink &sink) { sink.write("something"); },
      [&](holosnap::source &source, std::uint32_t) {
        if (read) throw oops{read};
        CHECK(source.text() == "something");
      });
  state.on_commit([&] {
    CHECK(small.size() == 3);  // the vectors come first
    if (commit) throw oops{commit};
    numbers.swap(fresh);
  });
  state.on_discard([&] {
    discards++;
    CHECK(!lock.held);
    if (discard) throw oops{discard};
  });
  state.capture(to_store());
  numbers.assign(5, 7);
  small.clear();
  const auto kept = [&](int number) {
    const int before = discards;
    CHECK(thrown([&] { state.restore(nullptr, from_store()); }).number == number);
    CHECK(numbers == std::vector<double>(5, 7) && small.empty() && discards == before + 1);
    CHECK(lock.locks == lock.unlocks && !lock.held);
  };
  prepare = 1;
  kept(1);
  discard = 9;
  kept(1);  // the first of them
  prepare = 0;
  read = 2;
  kept(2);
  discard = read = 0;
  lock.on_lock = [] { throw oops{3}; };
  kept(3);
  lock.on_lock = nullptr;
  // commit: the state is what it left.
  commit = 4;
  CHECK(thrown([&] { state.restore(nullptr, from_store()); }).number == 4);
  CHECK(numbers.size() == 5 && small.size() == 3 && lock.locks == lock.unlocks);
  commit = 0;
  lock.on_unlock = [] { throw oops{5}; };
  CHECK(thrown([&] { state.restore(nullptr, from_store()); }).number == 5);
  CHECK(numbers.size() == 1000 && lock.locks == lock.unlocks);
  lock.on_unlock = nullptr;
  numbers.clear();
  state.restore(nullptr, from_store());
  CHECK(numbers == std::vector<double>(1000, 1));
}

void owners(holosnap::engine &given) {
  auto engine = std::move(given);
  std::vector<double> numbers(200000, 0.5);
  std::optional<holosnap::capture> capture;
  std::string path;
  {
    auto state = series(engine, "owners");
    state.vector("n", numbers);
    capture = state.start(to_store());
  }  // the capture goes on
  const auto report = capture->wait();
  CHECK(capture->wait().id == std::string(report.id));
  CHECK(capture->wait_for(std::chrono::seconds(-1)).has_value());
  CHECK(capture->poll().stage == HOLOSNAP_STAGE_DONE);
  capture->cancel();
  CHECK(capture->wait().id == std::string(report.id));
  path = report.path;
  auto moved = std::move(*capture);
  capture.reset();
  CHECK(moved.wait().path == path);

  CHECK(engine.verify(path.c_str()).raw_bytes == report.raw_bytes);
  const auto json = engine.inspect(path.c_str());
  CHECK(json.size() > 100 && json.front() == '{' && json.find('\0') == json.npos);
  const auto none = thrown([&] { engine.verify("/there/is/none.hwp"); });
  CHECK(none.status == HOLOSNAP_NOT_FOUND && !none.message.empty());
  CHECK(thrown([&] { engine.inspect("/there/is/none.hwp"); }).status == HOLOSNAP_NOT_FOUND);
  try {
    engine.verify("/there/is/none.hwp");
  } catch (const holosnap::error &error) {
    const auto copy = error;
    CHECK(
        copy.status() == HOLOSNAP_NOT_FOUND && copy.chunk() == HOLOSNAP_NONE &&
        copy.callback_kind() == HOLOSNAP_CALLBACK_NONE);
    CHECK(
        copy.region()[0] == 0 && copy.remedy() != nullptr && copy.path() != nullptr &&
        copy.details().size == sizeof(holosnap_error));
  }
  holosnap::engine_options options;
  options.reserved = 1;
  CHECK(thrown([&] { holosnap::engine refused(options); }).status == HOLOSNAP_INVALID_ARGUMENT);

  // Freed while it is under way.
  auto state = series(engine, "owners");
  state.vector("n", numbers);
  for (int turn = 0; turn < 10; turn++) (void)state.start(to_store());
  holosnap::control control;
  control.cancel();
  auto last = to_store();
  last.control = control.get();
  CHECK(thrown([&] { state.capture(last); }).status == HOLOSNAP_CANCELLED);
  state.capture(last);
  CHECK(control.poll().done_bytes <= numbers.size() * 8);
  given = std::move(engine);
}

}  // namespace

int main() {
  begin_checks(300);
  store = std::string(scratch_path) + "/store";
  mkdir(store.c_str(), 0777);
  try {
    auto engine = host();
    element_types();
    round_trips(engine);
    changes(engine);
    wrong_shapes(engine);
    extents_of_vectors(engine);
    exceptions_of_captures(engine);
    errors_of_sinks(engine);
    exceptions_of_restores(engine);
    owners(engine);
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    CHECK(false);
  }
  return end_checks();
}
