// Callbacks that fail, lie or call back: always an error of the right status, one resume for each quiesce, a discard exactly where one
// belongs, and nothing of the application changed before commit.
//
//   callbacks [DAMAGES]   places in a snapshot that are damaged; each is tried
#include "application.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace {

bool is_in(std::uint32_t kind, std::initializer_list<int> of) {
  return std::any_of(of.begin(), of.end(), [&](int each) { return kinds(each) == kind; });
}

// ---- Captures ----

void failing_captures(holosnap_state *state, application &self) {
  const int files = count_all(store.c_str());
  for (std::uint32_t mode : {HOLOSNAP_STAGED, HOLOSNAP_IN_PLACE})
    for (std::uint32_t kind : {HOLOSNAP_CALLBACK_QUIESCE, HOLOSNAP_CALLBACK_DESCRIBE, HOLOSNAP_CALLBACK_WRITE})
      for (int gives : {1, -1, INT_MAX, INT_MIN})
        for (bool blocking : {false, true}) {
          self.failing = kind;
          self.gives = gives;
          self.reset_counts();
          const auto options = to_store(HOLOSNAP_FULL, mode);
          auto error = sized<holosnap_error>();
          auto *capture = reinterpret_cast<holosnap_capture *>(&self);
          if (blocking) {
            CHECK_STATUS(holosnap_state_capture(state, &options, nullptr, &error), HOLOSNAP_CALLBACK_FAILED, &error);
          } else {
            CHECK_STATUS(holosnap_capture_start(state, &options, &capture, &error), HOLOSNAP_CALLBACK_FAILED, &error);
            CHECK(capture == nullptr);
          }
          CHECK(error.status == HOLOSNAP_CALLBACK_FAILED && error.callback == gives && error.callback_kind == kind);
          CHECK(error.chunk == HOLOSNAP_NONE && error.offset == HOLOSNAP_NONE && error.message[0] != 0);
          CHECK((error.region[0] != 0) == (kind != HOLOSNAP_CALLBACK_QUIESCE));
          CHECK(self.balanced() && self.made_quiet == (kind == HOLOSNAP_CALLBACK_QUIESCE ? 0 : 1));
          CHECK(self.prepared() == 0 && self.discarded_rightly());
        }
  CHECK(count_all(store.c_str()) == files);

  // resume changes nothing.
  for (std::uint32_t mode : {HOLOSNAP_STAGED, HOLOSNAP_IN_PLACE}) {
    self.failing = HOLOSNAP_CALLBACK_RESUME;
    self.gives = 5;
    self.reset_counts();
    const auto options = to_store(HOLOSNAP_FULL, mode);
    auto error = sized<holosnap_error>();
    auto report = sized<holosnap_capture_report>();
    CHECK_STATUS(holosnap_state_capture(state, &options, &report, &error), HOLOSNAP_OK, &error);
    CHECK(strstr(report.notices, "resume") != nullptr);
    CHECK(self.balanced() && self.made_quiet == 1);
  }
  self.failing = HOLOSNAP_CALLBACK_NONE;
  CHECK(count_entries(store.c_str(), ".hwp") > 0);
}

void lying_descriptions(holosnap_state *state, application &self) {
  struct {
    const char *what;
    bool fails;
    std::function<void(holosnap_shape &, const void *&)> lie;
  } const lies[] = {
      {"NULL with a length", true, [](holosnap_shape &, const void *&pointer) { pointer = nullptr; }},
      {"rank 0", true, [](holosnap_shape &shape, const void *&) { shape.rank = 0; }},
      {"rank 33", true, [](holosnap_shape &shape, const void *&) { shape.rank = 33; }},
      {"rank 2^32 - 1", true, [](holosnap_shape &shape, const void *&) { shape.rank = UINT32_MAX; }},
      {"a reserved field", true, [](holosnap_shape &shape, const void *&) { shape.reserved = 1; }},
      {"2^60 elements", true,
       [](holosnap_shape &shape, const void *&) { shape.extents[0] = std::uint64_t{1} << 60, shape.extents[1] = 1; }},
      {"2^62 elements", true,
       [](holosnap_shape &shape, const void *&) { shape.extents[0] = std::uint64_t{1} << 62, shape.extents[1] = 1; }},
      {"2^45 + 1 elements", true,
       [](holosnap_shape &shape, const void *&) {
         shape.extents[0] = (std::uint64_t{1} << 45) + 1, shape.extents[1] = 1;
       }},
      {"a product of 2^64", true,
       [](holosnap_shape &shape, const void *&) { shape.extents[0] = shape.extents[1] = std::uint64_t{1} << 32; }},
      {"a product that overflows to little", true,
       [](holosnap_shape &shape, const void *&) { shape.extents[0] = std::uint64_t{1} << 63, shape.extents[1] = 2; }},
      {"the greatest extents", true,
       [](holosnap_shape &shape, const void *&) { shape.extents[0] = shape.extents[1] = UINT64_MAX; }},
      {"a range that wraps around", true,
       [](holosnap_shape &shape, const void *&pointer) {
         shape.extents[0] = 100;
         pointer = reinterpret_cast<const void *>(UINTPTR_MAX - 16);
       }},
      {"no elements, NULL", false,
       [](holosnap_shape &shape, const void *&pointer) {
         shape.extents[0] = 0;
         pointer = nullptr;
       }},
      {"no elements, great extents", false,
       [](holosnap_shape &shape, const void *&) {
         shape.rank = 4;
         shape.extents[0] = 0;
         shape.extents[1] = shape.extents[2] = shape.extents[3] = std::uint64_t{1} << 63;
       }},
      {"32 extents", false,
       [](holosnap_shape &shape, const void *&) {
         shape.rank = 32;
         for (auto &extent : shape.extents) extent = 1;
       }},
      {"an odd address", false,
       [](holosnap_shape &shape, const void *&pointer) {
         shape.extents[0]--;
         pointer = static_cast<const char *>(pointer) + 1;
       }},
      {"something behind the rank", false, [](holosnap_shape &shape, const void *&) { shape.extents[2] = UINT64_MAX; }},
  };
  for (std::uint32_t mode : {HOLOSNAP_STAGED, HOLOSNAP_IN_PLACE})
    for (const auto &each : lies) {
      self.lie = each.lie;
      self.reset_counts();
      const int files = count_all(store.c_str());
      const auto options = to_store(HOLOSNAP_FULL, mode);
      auto error = sized<holosnap_error>();
      const auto status = holosnap_state_capture(state, &options, nullptr, &error);
      if (!CHECK_STATUS(status, each.fails ? HOLOSNAP_CALLBACK_FAILED : HOLOSNAP_OK, &error))
        std::printf("  %s\n", each.what);
      if (each.fails) {
        CHECK(error.callback_kind == HOLOSNAP_CALLBACK_DESCRIBE && error.callback == 0);
        CHECK(strcmp(error.region, "arrays/matrix.u32") == 0);
        CHECK(count_all(store.c_str()) == files);
      }
      CHECK(self.balanced() && self.made_quiet >= 1);
    }
  self.lie = nullptr;
}

// Each description is of more than the one before: the state is let go on and made quiet again twice at most.
void growing_captures(application &self) {
  holosnap_state *state = new_state(engine, "growing");
  self.describe_to(state);
  std::vector<std::uint32_t> space(7 << 20);
  std::size_t rows = 1000;
  self.lie = [&](holosnap_shape &shape, const void *&pointer) {
    shape.extents[0] = rows;
    pointer = space.data();
  };
  self.inside = [&](std::uint32_t kind) {
    if (kind == HOLOSNAP_CALLBACK_QUIESCE) rows = std::min<std::size_t>(rows * 8, std::size_t{1} << 20);
  };
  for (std::uint32_t mode : {HOLOSNAP_STAGED, HOLOSNAP_IN_PLACE}) {
    rows = 1000;
    self.reset_counts();
    const auto options = to_store(HOLOSNAP_FULL, mode);
    auto error = sized<holosnap_error>();
    auto report = sized<holosnap_capture_report>();
    CHECK_STATUS(holosnap_state_capture(state, &options, &report, &error), HOLOSNAP_OK, &error);
    CHECK(self.balanced() && self.made_quiet >= 1 && self.made_quiet <= 3);
    CHECK(report.quiesce_count == static_cast<std::uint32_t>(self.made_quiet));
    CHECK(report.raw_bytes == rows * 28 + self.numbers.size() * 8 + self.text.size());
    if (mode == HOLOSNAP_STAGED) CHECK(self.made_quiet == 3 && (report.flags & HOLOSNAP_ALLOCATED_WHILE_QUIET) != 0);
  }
  self.lie = nullptr;
  self.inside = nullptr;
  CHECK_STATUS(holosnap_state_free(state, nullptr), HOLOSNAP_OK, nullptr);
}

void sinks(holosnap_state *state, application &self) {
  const auto options = to_store();
  auto error = sized<holosnap_error>();
  struct {
    holosnap_status expected;
    std::function<int(holosnap_sink *)> write;
  } const writers[] = {
      {HOLOSNAP_OK, [](holosnap_sink *) { return 0; }},
      {HOLOSNAP_OK, [](holosnap_sink *sink) { return holosnap_sink_write(sink, nullptr, 0, nullptr); }},
      {HOLOSNAP_OK, [](holosnap_sink *sink) { return holosnap_sink_write(sink, "abc", 0, nullptr); }},
      {HOLOSNAP_OK,
       [](holosnap_sink *sink) {
         for (int i = 0; i < 100000; i++)
           if (holosnap_sink_write(sink, &i, sizeof i, nullptr) != HOLOSNAP_OK) return 1;
         return 0;
       }},
      // What failed stays failed, whatever the callback gives.
      {HOLOSNAP_INVALID_ARGUMENT,
       [](holosnap_sink *sink) {
         auto own = sized<holosnap_error>();
         CHECK_STATUS(holosnap_sink_write(sink, nullptr, 5, &own), HOLOSNAP_INVALID_ARGUMENT, nullptr);
         CHECK(holosnap_sink_write(sink, "abc", 3, nullptr) != HOLOSNAP_OK);
         return 0;
       }},
      {HOLOSNAP_INVALID_ARGUMENT,  // it ends behind all memory
       [](holosnap_sink *sink) {
         return holosnap_sink_write(sink, reinterpret_cast<const void *>(UINTPTR_MAX - 15), 100, nullptr) == HOLOSNAP_OK;
       }},
      {HOLOSNAP_CALLBACK_FAILED,
       [](holosnap_sink *sink) { return holosnap_sink_write(sink, "abc", 3, nullptr) == HOLOSNAP_OK ? 9 : 8; }},
  };
  for (const auto &each : writers) {
    self.write_instead = each.write;
    self.reset_counts();
    CHECK_STATUS(holosnap_state_capture(state, &options, nullptr, &error), each.expected, &error);
    CHECK(self.balanced());
    if (each.expected != HOLOSNAP_OK) CHECK(strcmp(error.region, "text") == 0);
  }
  self.write_instead = nullptr;
}

// ---- Restores ----

// Restores into an application that must stay as it is unless there is a commit.
holosnap_status restored(
    holosnap_state *state, application &self, const char *snapshot, holosnap_error *error,
    holosnap_restore_report *report = nullptr) {
  const auto options = from_store();
  const auto numbers = self.numbers;
  const auto matrix = self.matrix;
  const auto text = self.text;
  const auto outer = std::move(self.inside);
  bool touched = false;
  self.reset_counts();
  self.inside = [&](std::uint32_t kind) {
    if (outer) outer(kind);
    if (is_in(
            kind,
            {HOLOSNAP_CALLBACK_PREPARE, HOLOSNAP_CALLBACK_READ, HOLOSNAP_CALLBACK_QUIESCE, HOLOSNAP_CALLBACK_DISCARD}))
      touched = touched || self.numbers != numbers || self.matrix != matrix || self.text != text;
  };
  const auto status = holosnap_state_restore(state, snapshot, &options, report, error);
  self.inside = std::move(outer);
  CHECK(!touched);
  CHECK(self.balanced() && self.made_quiet <= 1);
  CHECK(self.discarded_rightly());
  CHECK(
      self.count[HOLOSNAP_CALLBACK_COMMIT] <= 1 &&
      self.count[HOLOSNAP_CALLBACK_DESCRIBE] + self.count[HOLOSNAP_CALLBACK_WRITE] == 0);
  if (self.count[HOLOSNAP_CALLBACK_COMMIT] == 0)
    CHECK(self.numbers == numbers && self.matrix == matrix && self.text == text);
  return status;
}

void failing_restores(holosnap_state *state, application &self, const application &captured, const char *path) {
  auto error = sized<holosnap_error>();
  struct {
    int kind, gives;
    holosnap_status expected;
    int quiesces, commits;
  } const failures[] = {
      {HOLOSNAP_CALLBACK_PREPARE, 1, HOLOSNAP_CALLBACK_FAILED, 0, 0},
      {HOLOSNAP_CALLBACK_PREPARE, -7, HOLOSNAP_CALLBACK_FAILED, 0, 0},
      {HOLOSNAP_CALLBACK_PREPARE, HOLOSNAP_REFUSE_SHAPE, HOLOSNAP_MISMATCH, 0, 0},
      {HOLOSNAP_CALLBACK_READ, 2, HOLOSNAP_CALLBACK_FAILED, 0, 0},
      {HOLOSNAP_CALLBACK_READ, INT_MIN, HOLOSNAP_CALLBACK_FAILED, 0, 0},
      {HOLOSNAP_CALLBACK_QUIESCE, 3, HOLOSNAP_CALLBACK_FAILED, 1, 0},
      {HOLOSNAP_CALLBACK_COMMIT, 4, HOLOSNAP_COMMIT_FAILED, 1, 1},
      {HOLOSNAP_CALLBACK_RESUME, 5, HOLOSNAP_OK, 1, 1},
      {HOLOSNAP_CALLBACK_DISCARD, 6, HOLOSNAP_OK, 1, 1},
  };
  for (const auto &each : failures)
    for (bool discard_fails : {false, true}) {
      self.failing = kinds(each.kind);
      self.gives = each.gives;
      self.failing_too = kinds(discard_fails ? HOLOSNAP_CALLBACK_DISCARD : HOLOSNAP_CALLBACK_NONE);
      auto report = sized<holosnap_restore_report>();
      CHECK_STATUS(restored(state, self, path, &error, &report), each.expected, &error);
      CHECK(
          self.count[HOLOSNAP_CALLBACK_QUIESCE] == each.quiesces &&
          self.count[HOLOSNAP_CALLBACK_COMMIT] == each.commits);
      if (each.expected != HOLOSNAP_OK && each.expected != HOLOSNAP_MISMATCH)
        CHECK(error.callback == each.gives && error.callback_kind == kinds(each.kind));
      if (each.kind == HOLOSNAP_CALLBACK_PREPARE || each.kind == HOLOSNAP_CALLBACK_READ) CHECK(error.region[0] != 0);
      if (each.kind == HOLOSNAP_CALLBACK_RESUME) CHECK(strstr(report.notices, "resume") != nullptr);
    }
  self.failing = self.failing_too = HOLOSNAP_CALLBACK_NONE;

  // What commit did before it failed stays; the restore that comes next is as any.
  CHECK_STATUS(restored(state, self, path, &error), HOLOSNAP_OK, &error);
  CHECK(self.holds(captured));
  CHECK(self.count[HOLOSNAP_CALLBACK_PREPARE] == 2 && self.count[HOLOSNAP_CALLBACK_READ] == 1);

  for (void *lie : {static_cast<void *>(nullptr), reinterpret_cast<void *>(UINTPTR_MAX - 15)}) {
    self.prepare_lie = [lie](void *&memory) { memory = lie; };
    CHECK_STATUS(restored(state, self, path, &error), HOLOSNAP_CALLBACK_FAILED, &error);
    CHECK(error.callback_kind == HOLOSNAP_CALLBACK_PREPARE && strcmp(error.region, "arrays/matrix.u32") == 0);
  }
  self.prepare_lie = nullptr;
}

void sources(holosnap_state *state, application &self, const application &captured, const char *path) {
  auto error = sized<holosnap_error>();
  struct {
    holosnap_status expected;
    std::function<int(holosnap_source *, std::uint32_t)> read;
  } const readers[] = {
      {HOLOSNAP_OK, [](holosnap_source *, std::uint32_t) { return 0; }},  // what is left unread is no error
      {HOLOSNAP_INVALID_ARGUMENT,
       [](holosnap_source *source, std::uint32_t) {
         std::uint64_t count = 7;
         return holosnap_source_read(source, reinterpret_cast<void *>(UINTPTR_MAX - 15), 100, &count, nullptr) ==
                HOLOSNAP_OK;
       }},
      {HOLOSNAP_OK,
       [&](holosnap_source *source, std::uint32_t) {
         std::uint64_t size = 0, count = 7;
         CHECK_STATUS(holosnap_source_size(source, &size, nullptr), HOLOSNAP_OK, nullptr);
         CHECK(size == captured.text.size());
         CHECK_STATUS(holosnap_source_read(source, nullptr, 0, &count, nullptr), HOLOSNAP_OK, nullptr);
         CHECK(count == 0);
         std::string all(size + 10, 'x');
         CHECK_STATUS(holosnap_source_read(source, all.data(), all.size(), &count, nullptr), HOLOSNAP_OK, nullptr);
         CHECK(count == size && all == captured.text + "xxxxxxxxxx");
         for (int i = 0; i < 2; i++) {
           count = 7;
           CHECK_STATUS(holosnap_source_read(source, all.data(), all.size(), &count, nullptr), HOLOSNAP_OK, nullptr);
           CHECK(count == 0);
         }
         return 0;
       }},
      {HOLOSNAP_INVALID_ARGUMENT,
       [](holosnap_source *source, std::uint32_t) {
         std::uint64_t count = 0;
         char byte;
         CHECK_STATUS(holosnap_source_read(source, nullptr, 5, &count, nullptr), HOLOSNAP_INVALID_ARGUMENT, nullptr);
         CHECK(holosnap_source_read(source, &byte, 1, &count, nullptr) != HOLOSNAP_OK);
         return 0;
       }},
  };
  for (const auto &each : readers) {
    self.read_instead = each.read;
    CHECK_STATUS(restored(state, self, path, &error), each.expected, &error);
  }
  self.read_instead = nullptr;
}

void mismatches(application &self, const char *path) {
  auto error = sized<holosnap_error>();
  const auto numbers = numbers_region(self), matrix = matrix_region(self);
  const auto text = text_blob(self);
  const auto hooks = all_hooks(self);
  struct {
    const char *what;
    holosnap_status expected;
    std::function<void(holosnap_region &, holosnap_region &, holosnap_blob &, holosnap_hooks &)> change;
  } const differences[] = {
      {"none", HOLOSNAP_OK, [](auto &, auto &, auto &, auto &) {}},
      {"a name", HOLOSNAP_MISMATCH, [](auto &one, auto &, auto &, auto &) { one.name = "arrays/other.f64"; }},
      {"an element type", HOLOSNAP_MISMATCH,
       [](auto &one, auto &, auto &, auto &) { one.element_type = HOLOSNAP_I64; }},
      {"an element type of a blob", HOLOSNAP_MISMATCH,
       [](auto &one, auto &, auto &, auto &) { one.element_type = HOLOSNAP_BYTES; }},
      {"a component", HOLOSNAP_MISMATCH,
       [](auto &one, auto &, auto &, auto &) { one.component = HOLOSNAP_COMPONENT_STATISTICS; }},
      {"a component of a blob", HOLOSNAP_MISMATCH,
       [](auto &, auto &, auto &blob, auto &) { blob.component = HOLOSNAP_COMPONENT_INDEX; }},
      {"a name of a blob", HOLOSNAP_MISMATCH, [](auto &, auto &, auto &blob, auto &) { blob.name = "texts"; }},
      {"an optional name", HOLOSNAP_MISMATCH,
       [](auto &one, auto &, auto &, auto &) {
         one.name = "other";
         one.flags = HOLOSNAP_OPTIONAL;
       }},
      {"an expected extent", HOLOSNAP_MISMATCH,
       [](auto &, auto &two, auto &, auto &) {
         static const holosnap_shape shape{2, 0, {HOLOSNAP_ANY, 8}};
         two.expected = &shape;
       }},
      {"an expected rank", HOLOSNAP_MISMATCH,
       [](auto &, auto &two, auto &, auto &) {
         static const holosnap_shape shape{1, 0, {HOLOSNAP_ANY}};
         two.expected = &shape;
       }},
      {"nothing of what is expected", HOLOSNAP_OK,
       [](auto &, auto &two, auto &, auto &) {
         static const holosnap_shape shape{2, 0, {HOLOSNAP_ANY, 7}};
         two.expected = &shape;
       }},
      {"no prepare", HOLOSNAP_INVALID_ARGUMENT, [](auto &one, auto &, auto &, auto &) { one.prepare = nullptr; }},
      {"no read", HOLOSNAP_INVALID_ARGUMENT, [](auto &, auto &, auto &blob, auto &) { blob.read = nullptr; }},
      {"no commit", HOLOSNAP_INVALID_ARGUMENT, [](auto &, auto &, auto &, auto &given) { given.commit = nullptr; }},
      {"no discard", HOLOSNAP_OK, [](auto &, auto &, auto &, auto &given) { given.discard = nullptr; }},
      {"no quiesce", HOLOSNAP_OK,
       [](auto &, auto &, auto &, auto &given) {
         given.quiesce = given.resume = nullptr;
         given.commit = [](void *context) {
           callbacks::of(context).count[HOLOSNAP_CALLBACK_COMMIT]++;
           return 0;
         };
       }},
  };
  for (const auto &each : differences) {
    auto one = numbers, two = matrix;
    auto blob = text;
    auto given = hooks;
    each.change(one, two, blob, given);
    holosnap_state *state = new_state(engine);
    auto status = holosnap_state_add_region(state, &one, &error);
    if (status == HOLOSNAP_OK) status = holosnap_state_add_region(state, &two, &error);
    if (status == HOLOSNAP_OK) status = holosnap_state_add_blob(state, &blob, &error);
    if (status == HOLOSNAP_OK) status = holosnap_state_set_hooks(state, &given, &error);
    CHECK_STATUS(status, HOLOSNAP_OK, &error);
    status = restored(state, self, path, &error);
    if (!CHECK_STATUS(status, each.expected, &error)) std::printf("  %s\n", each.what);
    // Found before anything of the application is called.
    if (each.expected != HOLOSNAP_OK) CHECK(self.prepared() == 0 && self.made_quiet == 0);
    CHECK_STATUS(holosnap_state_free(state, nullptr), HOLOSNAP_OK, nullptr);
  }
}

// Some regions alone, and some that a snapshot does not have.
void parts_alone(application &self, const application &captured, const char *path) {
  auto error = sized<holosnap_error>();
  auto numbers = numbers_region(self), matrix = matrix_region(self), extra = matrix_region(self);
  auto text = text_blob(self);
  const auto hooks = all_hooks(self);
  numbers.flags = HOLOSNAP_ALONE;
  text.flags = HOLOSNAP_ALONE | HOLOSNAP_OPTIONAL;
  extra.name = "extra.u32";
  extra.flags = HOLOSNAP_OPTIONAL;
  holosnap_state *state = new_state(engine);
  CHECK_STATUS(holosnap_state_add_region(state, &numbers, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_add_region(state, &matrix, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_add_region(state, &extra, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_add_blob(state, &text, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_set_hooks(state, &hooks, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(restored(state, self, path, &error), HOLOSNAP_OK, &error);
  CHECK(self.holds(captured) && self.count[HOLOSNAP_CALLBACK_PREPARE] == 2);

  const auto tried = [&](std::initializer_list<const char *> globs, holosnap_status expected) {
    auto options = from_store();
    options.regions = globs.begin();
    options.region_count = globs.size();
    self.reset_counts();
    CHECK_STATUS(holosnap_state_restore(state, path, &options, nullptr, &error), expected, &error);
    CHECK(self.balanced() && self.discarded_rightly());
    if (expected != HOLOSNAP_OK) CHECK(self.prepared() == 0 && self.made_quiet == 0);
    return self.prepared();
  };
  self.numbers[0] = -5;
  // (This commit swaps all, so what was not restored has to be what it was.)
  self.fresh_matrix = self.matrix, self.fresh_text = self.text;
  CHECK(tried({"arrays/num*"}, HOLOSNAP_OK) == 1 && self.holds(captured));
  self.fresh_matrix = self.matrix;
  CHECK(tried({"text", "arrays/numbers.f64"}, HOLOSNAP_OK) == 2 && self.holds(captured));
  tried({"arrays/*"}, HOLOSNAP_INVALID_ARGUMENT);
  tried({"arrays/matrix.u32"}, HOLOSNAP_INVALID_ARGUMENT);
  tried({"text", "arrays/none*"}, HOLOSNAP_NOT_FOUND);
  tried({"text", nullptr}, HOLOSNAP_INVALID_ARGUMENT);
  CHECK_STATUS(holosnap_state_free(state, nullptr), HOLOSNAP_OK, nullptr);
}

void damages(holosnap_state *state, application &self, const application &captured, const char *path, int times) {
  auto error = sized<holosnap_error>();
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string damaged = std::string(scratch_path) + "/damaged.hwp";
  int whole = 0;
  for (int i = 0; i < 2 * times; i++) {
    std::string bent = bytes;
    const auto at = bytes.size() * static_cast<std::size_t>(i / 2) / static_cast<std::size_t>(times) +
                    static_cast<std::size_t>(i / 2) % 13;
    if (at >= bytes.size()) continue;
    if (i % 2 == 0) {
      bent[at] = static_cast<char>(bent[at] ^ 0x10);
    } else {
      bent.resize(at);
    }
    std::ofstream(damaged, std::ios::binary) << bent;
    const auto status = restored(state, self, damaged.c_str(), &error);
    if (status == HOLOSNAP_OK) {  // a byte that nothing depends on
      whole++;
      CHECK(self.holds(captured));
    } else {
      CHECK(status == HOLOSNAP_DAMAGED || status == HOLOSNAP_UNSUPPORTED);
      CHECK(self.made_quiet == 0 && error.message[0] != 0);
    }
  }
  CHECK(whole < times / 4 + 1);
}

// ---- Calling back ----

void calls_from_callbacks(application &self, const char *path) {
  holosnap_engine *other_engine = host_engine();
  holosnap_state *state = new_state(engine), *other_state = new_state(other_engine);
  application other(5, 1000);
  self.describe_to(state);
  other.describe_to(other_state);
  holosnap_control *control = nullptr;
  holosnap_capture *capture = nullptr;
  const auto options = to_store();
  const auto restoring = from_store();
  CHECK_STATUS(holosnap_control_create(&control, nullptr), HOLOSNAP_OK, nullptr);
  CHECK_STATUS(holosnap_capture_start(other_state, &options, &capture, nullptr), HOLOSNAP_OK, nullptr);

  int times = 0;
  bool nulled = true;
  self.inside = [&](std::uint32_t) {
    times++;
    auto error = sized<holosnap_error>();
    auto progress = sized<holosnap_progress>();
    const auto region = numbers_region(other);
    const auto blob = text_blob(other);
    const auto hooks = all_hooks(other);
    std::uint64_t length = 0;
    // What is left in a place for a handle would be freed by a careful caller.
    auto *const something = reinterpret_cast<void *>(&self);
    auto *new_engine = static_cast<holosnap_engine *>(something);
    auto *new_control = static_cast<holosnap_control *>(something);
    auto *new_made = static_cast<holosnap_state *>(something);
    auto *new_capture = static_cast<holosnap_capture *>(something);
    const holosnap_status given[] = {
        holosnap_engine_create(nullptr, &new_engine, &error),
        holosnap_engine_free(other_engine, &error),
        holosnap_control_create(&new_control, &error),
        holosnap_control_free(control, &error),
        holosnap_state_create(other_engine, nullptr, &new_made, &error),
        holosnap_state_add_region(other_state, &region, &error),
        holosnap_state_add_blob(other_state, &blob, &error),
        holosnap_state_remove(other_state, "text", &error),
        holosnap_state_set_hooks(other_state, &hooks, &error),
        holosnap_state_free(other_state, &error),
        holosnap_capture_start(other_state, &options, &new_capture, &error),
        holosnap_capture_wait(capture, 0, nullptr, &error),
        holosnap_capture_free(capture, &error),
        holosnap_state_capture(state, &options, nullptr, &error),
        holosnap_state_restore(state, path, &restoring, nullptr, &error),
        holosnap_state_restore(other_state, path, &restoring, nullptr, nullptr),
        holosnap_verify(other_engine, path, nullptr, nullptr, &error),
        holosnap_inspect(engine, path, nullptr, nullptr, 0, &length, &error),
    };
    for (const auto status : given)
      if (status != HOLOSNAP_BUSY) CHECK_STATUS(status, HOLOSNAP_BUSY, nullptr);
    nulled = nulled && new_engine == nullptr && new_control == nullptr && new_made == nullptr && new_capture == nullptr;
    CHECK_STATUS(holosnap_capture_poll(capture, &progress, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_control_poll(control, &progress, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_capture_cancel(capture, &error), HOLOSNAP_OK, &error);
    CHECK(holosnap_abi_version() >= HOLOSNAP_ABI_VERSION && holosnap_version()[0] != 0);
    CHECK(strcmp(holosnap_status_name(HOLOSNAP_BUSY), "HOLOSNAP_BUSY") == 0);
  };
  auto error = sized<holosnap_error>();
  self.reset_counts();
  CHECK_STATUS(holosnap_state_capture(state, &options, nullptr, &error), HOLOSNAP_OK, &error);
  CHECK(self.balanced());
  CHECK_STATUS(restored(state, self, path, &error), HOLOSNAP_OK, &error);
  self.failing = HOLOSNAP_CALLBACK_READ;
  self.gives = 1;
  CHECK_STATUS(restored(state, self, path, &error), HOLOSNAP_CALLBACK_FAILED, &error);
  self.failing = HOLOSNAP_CALLBACK_NONE;
  self.inside = nullptr;
  CHECK(times >= 15);
  CHECK(nulled);

  // All of it is as it was, and can be used.
  CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_capture(other_state, &options, nullptr, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_control_free(control, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_free(other_state, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_engine_free(other_engine, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_free(state, &error), HOLOSNAP_OK, &error);
}

}  // namespace

int main(int count, char **arguments) {
  begin_program(600);
  {
    application captured, self(3, 50000);
    holosnap_state *state = new_state(engine), *target = new_state(engine);
    captured.describe_to(state);
    self.describe_to(target);
    auto report = sized<holosnap_capture_report>();
    auto error = sized<holosnap_error>();
    const auto options = to_store();
    CHECK_STATUS(holosnap_state_capture(state, &options, &report, &error), HOLOSNAP_OK, &error);
    CHECK(captured.balanced());
    failing_captures(state, captured);
    lying_descriptions(state, captured);
    growing_captures(captured);
    sinks(state, captured);
    failing_restores(target, self, captured, report.path);
    sources(target, self, captured, report.path);
    mismatches(self, report.path);
    parts_alone(self, captured, report.path);
    damages(target, self, captured, report.path, count > 1 ? std::atoi(arguments[1]) : 60);
    calls_from_callbacks(self, report.path);
    CHECK_STATUS(holosnap_state_free(state, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_state_free(target, &error), HOLOSNAP_OK, &error);
  }
  return end_program();
}
