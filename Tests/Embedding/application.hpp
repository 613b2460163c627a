// A program whose callbacks can fail, lie, or call back; it counts what is called, and checks when. Through the C interface.
#ifndef EMBEDDING_APPLICATION_HPP
#define EMBEDDING_APPLICATION_HPP

#include "check.h"

#include <algorithm>
#include <climits>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

inline std::uint32_t kinds(int kind) { return static_cast<std::uint32_t>(kind); }

// A struct with its size, the rest zero.
template <class Struct>
Struct sized() {
  Struct value{};
  value.size = sizeof value;
  return value;
}

struct application {
  // What is captured.
  std::vector<double> numbers;
  std::vector<std::uint32_t> matrix;  // rows × 7
  std::string text;
  // What a restore makes.
  std::vector<double> fresh_numbers;
  std::vector<std::uint32_t> fresh_matrix;
  std::string fresh_text;

  // A callback of this kind gives this.
  std::uint32_t failing = HOLOSNAP_CALLBACK_NONE;
  int gives = 0;
  std::uint32_t failing_too = HOLOSNAP_CALLBACK_NONE;
  // Runs inside of every callback.
  std::function<void(std::uint32_t kind)> inside;
  std::function<void(holosnap_shape &, const void *&)> lie;  // of the matrix
  std::function<void(void *&)> prepare_lie;
  std::function<int(holosnap_sink *)> write_instead;
  std::function<int(holosnap_source *, std::uint32_t)> read_instead;

  int count[9] = {};
  int made_quiet = 0;
  bool quiet = false;
  std::thread::id caller = std::this_thread::get_id();
  bool any_caller = false;

  explicit application(std::size_t seed = 1, std::size_t length = 100000) {
    for (std::size_t i = 0; i < length; i++) numbers.push_back(static_cast<double>(i * seed) / 7);
    for (std::size_t i = 0; i < 7 * (length / 100); i++) matrix.push_back(static_cast<std::uint32_t>(i * i * seed));
    for (std::size_t i = 0; i < length / 10; i++) text += std::to_string(i * seed) + "\n";
  }
  application(const application &) = delete;

  bool holds(const application &other) const {
    return numbers == other.numbers && matrix == other.matrix && text == other.text;
  }
  void reset_counts() {
    for (int &of : count) of = 0;
    made_quiet = 0;
  }
  bool balanced() const { return !quiet && made_quiet == count[HOLOSNAP_CALLBACK_RESUME]; }
  int prepared() const { return count[HOLOSNAP_CALLBACK_PREPARE] + count[HOLOSNAP_CALLBACK_READ]; }
  // Once, exactly if something was prepared or read, and there was no commit.
  bool discarded_rightly() const {
    const bool expected = prepared() > 0 && count[HOLOSNAP_CALLBACK_COMMIT] == 0;
    return count[HOLOSNAP_CALLBACK_DISCARD] == (expected ? 1 : 0);
  }

  int entered(std::uint32_t kind) {
    count[kind]++;
    if (!any_caller && std::this_thread::get_id() != caller) CHECK(std::this_thread::get_id() == caller);
    const bool in_quiet = kind == HOLOSNAP_CALLBACK_DESCRIBE || kind == HOLOSNAP_CALLBACK_WRITE ||
                          kind == HOLOSNAP_CALLBACK_RESUME || kind == HOLOSNAP_CALLBACK_COMMIT;
    if (quiet != in_quiet) CHECK(quiet == in_quiet);
    if (inside) inside(kind);
    return kind == failing || kind == failing_too ? gives : 0;
  }

  void describe_to(holosnap_state *state, bool hooked = true);
};

namespace callbacks {

inline application &of(void *context) { return *static_cast<application *>(context); }

inline int quiesce(void *context) {
  const int result = of(context).entered(HOLOSNAP_CALLBACK_QUIESCE);
  if (result == 0) of(context).quiet = true, of(context).made_quiet++;
  return result;
}

inline int resume(void *context) {
  const int result = of(context).entered(HOLOSNAP_CALLBACK_RESUME);
  of(context).quiet = false;
  return result;
}

inline int describe_numbers(void *context, holosnap_shape *shape, const void **pointer) {
  application &self = of(context);
  shape->rank = 1;
  shape->extents[0] = self.numbers.size();
  *pointer = self.numbers.data();
  return self.entered(HOLOSNAP_CALLBACK_DESCRIBE);
}

inline int describe_matrix(void *context, holosnap_shape *shape, const void **pointer) {
  application &self = of(context);
  shape->rank = 2;
  shape->extents[0] = self.matrix.size() / 7;
  shape->extents[1] = 7;
  *pointer = self.matrix.data();
  if (self.lie) self.lie(*shape, *pointer);
  return self.entered(HOLOSNAP_CALLBACK_DESCRIBE);
}

inline int prepare_numbers(void *context, const holosnap_shape *shape, void **memory) {
  application &self = of(context);
  CHECK(shape->rank == 1);
  self.fresh_numbers.assign(shape->extents[0], -1);
  *memory = self.fresh_numbers.data();
  return self.entered(HOLOSNAP_CALLBACK_PREPARE);
}

inline int prepare_matrix(void *context, const holosnap_shape *shape, void **memory) {
  application &self = of(context);
  CHECK(shape->rank == 2 && shape->extents[1] == 7);
  self.fresh_matrix.assign(shape->extents[0] * shape->extents[1], 77);
  *memory = self.fresh_matrix.data();
  if (self.prepare_lie) self.prepare_lie(*memory);
  return self.entered(HOLOSNAP_CALLBACK_PREPARE);
}

inline int write(void *context, holosnap_sink *sink) {
  application &self = of(context);
  if (self.write_instead) return self.entered(HOLOSNAP_CALLBACK_WRITE), self.write_instead(sink);
  for (std::size_t at = 0; at < self.text.size(); at += 10000)
    if (holosnap_sink_write(
            sink, self.text.data() + at, std::min<std::size_t>(10000, self.text.size() - at), nullptr) != HOLOSNAP_OK)
      break;  // it has failed all the same
  return self.entered(HOLOSNAP_CALLBACK_WRITE);
}

inline int read(void *context, holosnap_source *source, std::uint32_t version) {
  application &self = of(context);
  CHECK(version == 3);
  if (self.read_instead) return self.entered(HOLOSNAP_CALLBACK_READ), self.read_instead(source, version);
  self.fresh_text.clear();
  char piece[999];
  std::uint64_t got = 1;
  while (got > 0 && holosnap_source_read(source, piece, sizeof piece, &got, nullptr) == HOLOSNAP_OK)
    self.fresh_text.append(piece, got);
  return self.entered(HOLOSNAP_CALLBACK_READ);
}

inline int commit(void *context) {
  application &self = of(context);
  self.numbers.swap(self.fresh_numbers);
  self.matrix.swap(self.fresh_matrix);
  self.text.swap(self.fresh_text);
  return self.entered(HOLOSNAP_CALLBACK_COMMIT);
}

inline int discard(void *context) { return of(context).entered(HOLOSNAP_CALLBACK_DISCARD); }

}  // namespace callbacks

inline holosnap_region array_region(
    application &self, const char *name, std::uint32_t type, decltype(holosnap_region::describe) describe,
    decltype(holosnap_region::prepare) prepare) {
  auto region = sized<holosnap_region>();
  region.name = name;
  region.context = &self;
  region.describe = describe;
  region.prepare = prepare;
  region.element_type = type;
  return region;
}

inline holosnap_region numbers_region(application &self) {
  return array_region(
      self, "arrays/numbers.f64", HOLOSNAP_F64, callbacks::describe_numbers, callbacks::prepare_numbers);
}

inline holosnap_region matrix_region(application &self) {
  return array_region(self, "arrays/matrix.u32", HOLOSNAP_U32, callbacks::describe_matrix, callbacks::prepare_matrix);
}

inline holosnap_blob text_blob(application &self) {
  auto blob = sized<holosnap_blob>();
  blob.name = "text";
  blob.context = &self;
  blob.write = callbacks::write;
  blob.read = callbacks::read;
  blob.version = 3;
  return blob;
}

inline holosnap_hooks all_hooks(application &self) {
  auto hooks = sized<holosnap_hooks>();
  hooks.context = &self;
  hooks.quiesce = callbacks::quiesce;
  hooks.resume = callbacks::resume;
  hooks.commit = callbacks::commit;
  hooks.discard = callbacks::discard;
  return hooks;
}

inline void application::describe_to(holosnap_state *state, bool hooked) {
  auto error = sized<holosnap_error>();
  const auto first = numbers_region(*this);
  const auto second = matrix_region(*this);
  const auto third = text_blob(*this);
  const auto hooks = all_hooks(*this);
  CHECK_STATUS(holosnap_state_add_region(state, &first, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_add_region(state, &second, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_add_blob(state, &third, &error), HOLOSNAP_OK, &error);
  if (hooked) CHECK_STATUS(holosnap_state_set_hooks(state, &hooks, &error), HOLOSNAP_OK, &error);
}

inline holosnap_engine *host_engine() {
  auto error = sized<holosnap_error>();
  auto options = sized<holosnap_engine_options>();
  options.backend = HOLOSNAP_BACKEND_HOST;
  holosnap_engine *engine = nullptr;
  CHECK_STATUS(holosnap_engine_create(&options, &engine, &error), HOLOSNAP_OK, &error);
  if (engine == nullptr) std::exit(1);
  return engine;
}

inline holosnap_state *new_state(holosnap_engine *engine, const char *series = nullptr) {
  auto error = sized<holosnap_error>();
  auto options = sized<holosnap_state_options>();
  options.series = series;
  holosnap_state *state = nullptr;
  CHECK_STATUS(holosnap_state_create(engine, &options, &state, &error), HOLOSNAP_OK, &error);
  if (state == nullptr) std::exit(1);
  return state;
}

// What a program works with: a directory of snapshots, and an engine.
inline std::string store;
inline holosnap_engine *engine;

inline void begin_program(unsigned seconds) {
  begin_checks(seconds);
  store = std::string(scratch_path) + "/store";
  mkdir(store.c_str(), 0777);
  engine = host_engine();
}

inline int end_program() {
  CHECK_STATUS(holosnap_engine_free(engine, nullptr), HOLOSNAP_OK, nullptr);
  return end_checks();
}

inline holosnap_capture_options to_store(
    std::uint32_t type = HOLOSNAP_FULL, std::uint32_t mode = HOLOSNAP_STAGED) {
  auto options = sized<holosnap_capture_options>();
  options.store = store.c_str();
  options.type = type;
  options.mode = mode;
  return options;
}

inline holosnap_restore_options from_store() {
  auto options = sized<holosnap_restore_options>();
  options.store = store.c_str();
  return options;
}

#endif
