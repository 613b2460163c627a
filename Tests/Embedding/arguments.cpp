// What a caller may get wrong: NULL for every pointer, sizes, flags, reserved fields, names, paths. Always a status, never a crash, and no
// callback is called.
//
//   arguments
#include "application.hpp"

#include <cstddef>
#include <limits>

namespace {

// A struct that is longer than the one we know.
template <class Struct>
struct longer {
  Struct known{};
  unsigned char rest[64] = {};
  explicit longer(const Struct &value) : known(value) { known.size = sizeof *this; }
};

// A call with one options struct of another size each: too short is refused, too long is if there is something in what is not known.
template <class Struct, class Call>
void sizes(const Struct &good, const Call &call, bool optional) {
  auto error = sized<holosnap_error>();
  for (std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{8}, std::uint64_t{sizeof good - 8}, std::uint64_t{sizeof good - 1},
        UINT64_MAX}) {
    Struct wrong = good;
    wrong.size = size;
    CHECK_STATUS(call(&wrong, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  }
  longer<Struct> later(good);
  CHECK_STATUS(call(&later.known, &error), HOLOSNAP_OK, &error);
  for (std::size_t at : {std::size_t{0}, sizeof later.rest - 1}) {
    later.rest[at] = 1;
    CHECK_STATUS(call(&later.known, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
    later.rest[at] = 0;
  }
  if (optional) {
    CHECK_STATUS(call(nullptr, &error), HOLOSNAP_OK, &error);
  } else {
    CHECK_STATUS(call(nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  }
}

// A call that fills a struct: too short is refused and left alone, too long is filled up to its size.
template <class Struct, class Call>
void filled_sizes(const Call &call) {
  for (std::uint64_t size : {std::uint64_t{0}, std::uint64_t{8}, std::uint64_t{sizeof(Struct) - 8}}) {
    Struct wrong;
    memset(static_cast<void *>(&wrong), 0x5a, sizeof wrong);
    wrong.size = size;
    const Struct before = wrong;
    CHECK_STATUS(call(&wrong), HOLOSNAP_INVALID_ARGUMENT, nullptr);
    CHECK(memcmp(&before, &wrong, sizeof wrong) == 0);
  }
  struct {
    Struct known;
    unsigned char rest[16], canary[16];
  } later;
  memset(static_cast<void *>(&later), 0x5a, sizeof later);
  later.known.size = sizeof(Struct) + 16;
  CHECK_STATUS(call(&later.known), HOLOSNAP_OK, nullptr);
  CHECK(later.known.size == sizeof(Struct) + 16);
  for (unsigned char byte : later.rest) CHECK(byte == 0);
  for (unsigned char byte : later.canary) CHECK(byte == 0x5a);
}

// ---- Engines, controls, states ----

void engines() {
  auto error = sized<holosnap_error>();
  auto good = sized<holosnap_engine_options>();
  good.backend = HOLOSNAP_BACKEND_HOST;
  const auto created = [](const holosnap_engine_options *options, holosnap_error *failure) {
    holosnap_engine *made = reinterpret_cast<holosnap_engine *>(&store);
    const auto status = holosnap_engine_create(options, &made, failure);
    CHECK((made != nullptr) == (status == HOLOSNAP_OK));
    if (status == HOLOSNAP_OK) CHECK_STATUS(holosnap_engine_free(made, failure), HOLOSNAP_OK, failure);
    return status;
  };
  sizes(good, created, true);
  const auto refused = [&](auto change, holosnap_status expected) {
    auto options = good;
    change(options);
    CHECK_STATUS(created(&options, &error), expected, &error);
    CHECK(error.status == expected && error.message[0] != 0);
  };
  refused([](auto &options) { options.backend = 3; }, HOLOSNAP_INVALID_ARGUMENT);
  refused([](auto &options) { options.backend = UINT32_MAX; }, HOLOSNAP_INVALID_ARGUMENT);
  refused([](auto &options) { options.reserved = 1; }, HOLOSNAP_INVALID_ARGUMENT);
  refused([](auto &options) { options.backend = HOLOSNAP_BACKEND_OPENCL, options.device = 1000; }, HOLOSNAP_NO_DEVICE);
  CHECK_STATUS(holosnap_engine_create(&good, nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK_STATUS(holosnap_engine_create(&good, nullptr, nullptr), HOLOSNAP_INVALID_ARGUMENT, nullptr);
  for (std::uint32_t workers : {1u, 2u, 3u, 1000000u, UINT32_MAX}) {  // as many as there may be, or refused
    auto options = good;
    options.workers = workers;
    const auto status = created(&options, &error);
    CHECK(status == HOLOSNAP_OK || (workers > 3 && status == HOLOSNAP_INVALID_ARGUMENT));
  }
  for (std::uint64_t limit : {std::uint64_t{1}, std::uint64_t{1} << 20, UINT64_MAX}) {
    auto options = good;
    options.memory_limit = limit;
    options.staging_limit = limit;
    const auto status = created(&options, &error);
    CHECK(status == HOLOSNAP_OK || status == HOLOSNAP_INVALID_ARGUMENT || status == HOLOSNAP_NO_MEMORY);
  }
}

void errors() {
  // An error that is too short is the call's own failure, and left alone; places for handles are emptied all the same.
  filled_sizes<holosnap_error>([](holosnap_error *error) {
    auto *control = reinterpret_cast<holosnap_control *>(&store);
    const auto status = holosnap_control_create(&control, error);
    CHECK((control != nullptr) == (status == HOLOSNAP_OK));
    if (status == HOLOSNAP_OK) holosnap_control_free(control, nullptr);
    return status;
  });
  // A success leaves nothing of an error before.
  auto error = sized<holosnap_error>();
  holosnap_control *control = nullptr;
  CHECK_STATUS(holosnap_control_cancel(nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK(error.status == HOLOSNAP_INVALID_ARGUMENT && error.message[0] != 0);
  CHECK(error.chunk == HOLOSNAP_NONE && error.offset == HOLOSNAP_NONE);
  CHECK_STATUS(holosnap_control_create(&control, &error), HOLOSNAP_OK, &error);
  CHECK(error.status == HOLOSNAP_OK && error.message[0] == 0 && error.size == sizeof error);
  CHECK_STATUS(holosnap_control_free(control, nullptr), HOLOSNAP_OK, nullptr);
}

void nothings() {
  auto error = sized<holosnap_error>();
  auto progress = sized<holosnap_progress>();
  std::uint64_t count = 0;
  holosnap_state *state = new_state(engine), *made = nullptr;
  holosnap_control *control = nullptr;
  application self(1, 1000);
  const auto region = numbers_region(self);
  const auto blob = text_blob(self);
  const auto hooks = all_hooks(self);
  self.describe_to(state);
  CHECK_STATUS(holosnap_control_create(&control, nullptr), HOLOSNAP_OK, nullptr);
  for (holosnap_error *place : {&error, static_cast<holosnap_error *>(nullptr)}) {
    CHECK_STATUS(holosnap_engine_free(nullptr, place), HOLOSNAP_OK, place);
    CHECK_STATUS(holosnap_control_free(nullptr, place), HOLOSNAP_OK, place);
    CHECK_STATUS(holosnap_state_free(nullptr, place), HOLOSNAP_OK, place);
    CHECK_STATUS(holosnap_capture_free(nullptr, place), HOLOSNAP_OK, place);
    const holosnap_status given[] = {
        holosnap_control_create(nullptr, place),
        holosnap_control_cancel(nullptr, place),
        holosnap_control_poll(nullptr, &progress, place),
        holosnap_control_poll(control, nullptr, place),
        holosnap_state_create(nullptr, nullptr, &made, place),
        holosnap_state_create(engine, nullptr, nullptr, place),
        holosnap_state_add_region(nullptr, &region, place),
        holosnap_state_add_region(state, nullptr, place),
        holosnap_state_add_blob(nullptr, &blob, place),
        holosnap_state_add_blob(state, nullptr, place),
        holosnap_state_remove(nullptr, "text", place),
        holosnap_state_remove(state, nullptr, place),
        holosnap_state_remove(state, "there is none", place),
        holosnap_state_set_hooks(nullptr, &hooks, place),
        holosnap_state_set_hooks(state, nullptr, place),
        holosnap_capture_poll(nullptr, &progress, place),
        holosnap_capture_wait(nullptr, 0, nullptr, place),
        holosnap_capture_cancel(nullptr, place),
        holosnap_sink_write(nullptr, "x", 1, place),
        holosnap_sink_write(nullptr, nullptr, 0, place),
        holosnap_source_read(nullptr, &count, 1, &count, place),
        holosnap_source_size(nullptr, &count, place),
        holosnap_inspect(nullptr, "x", nullptr, nullptr, 0, &count, place),
        holosnap_inspect(engine, nullptr, nullptr, nullptr, 0, &count, place),
        holosnap_inspect(engine, "x", nullptr, nullptr, 0, nullptr, place),
        holosnap_verify(nullptr, "x", nullptr, nullptr, place),
        holosnap_verify(engine, nullptr, nullptr, nullptr, place),
    };
    int index = 0;
    for (const auto status : given) {
      if (!CHECK_STATUS(status, HOLOSNAP_INVALID_ARGUMENT, nullptr)) std::printf("  call %d\n", index);
      index++;
    }
  }
  CHECK(made == nullptr && self.made_quiet == 0);
  CHECK_STATUS(holosnap_control_free(control, nullptr), HOLOSNAP_OK, nullptr);
  CHECK_STATUS(holosnap_state_free(state, nullptr), HOLOSNAP_OK, nullptr);
}

void states() {
  auto error = sized<holosnap_error>();
  const auto created = [](const holosnap_state_options *options, holosnap_error *failure) {
    holosnap_state *made = reinterpret_cast<holosnap_state *>(&store);
    const auto status = holosnap_state_create(engine, options, &made, failure);
    CHECK((made != nullptr) == (status == HOLOSNAP_OK));
    if (status == HOLOSNAP_OK) CHECK_STATUS(holosnap_state_free(made, failure), HOLOSNAP_OK, failure);
    return status;
  };
  auto good = sized<holosnap_state_options>();
  good.series = "night";
  sizes(good, created, true);
  for (const std::string &series : {std::string(""), std::string("\xff"), std::string(1 << 20, 'x')}) {
    auto options = good;
    options.series = series.c_str();
    CHECK_STATUS(created(&options, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  }
  auto options = good;
  options.staging_bytes = UINT64_MAX;
  CHECK_STATUS(created(&options, &error), HOLOSNAP_NO_MEMORY, &error);
  options.staging_bytes = std::uint64_t{1} << 62;
  CHECK_STATUS(created(&options, &error), HOLOSNAP_NO_MEMORY, &error);
  options.staging_bytes = 1 << 20;
  CHECK_STATUS(created(&options, &error), HOLOSNAP_OK, &error);
}

// ---- Regions, blobs, hooks ----

void descriptions() {
  auto error = sized<holosnap_error>();
  application self(1, 1000);
  const auto good_region = numbers_region(self);
  const auto good_blob = text_blob(self);
  const auto good_hooks = all_hooks(self);
  const auto added = [](const holosnap_region *region, holosnap_error *failure) {
    holosnap_state *state = new_state(engine);
    const auto status = holosnap_state_add_region(state, region, failure);
    holosnap_state_free(state, nullptr);
    return status;
  };
  const auto added_blob = [](const holosnap_blob *blob, holosnap_error *failure) {
    holosnap_state *state = new_state(engine);
    const auto status = holosnap_state_add_blob(state, blob, failure);
    holosnap_state_free(state, nullptr);
    return status;
  };
  const auto hooked = [](const holosnap_hooks *hooks, holosnap_error *failure) {
    holosnap_state *state = new_state(engine);
    const auto status = holosnap_state_set_hooks(state, hooks, failure);
    holosnap_state_free(state, nullptr);
    return status;
  };
  sizes(good_region, added, false);
  sizes(good_blob, added_blob, false);
  sizes(good_hooks, hooked, false);

  static const holosnap_shape rank_0{0, 0, {}}, rank_33{33, 0, {}}, reserved{1, 1, {5}}, any{32, 0, {HOLOSNAP_ANY}};
  const auto region = [&](auto change, holosnap_status expected) {
    auto changed = good_region;
    change(changed);
    CHECK_STATUS(added(&changed, &error), expected, &error);
  };
  region([](auto &it) { it.name = nullptr; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.describe = nullptr; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.context = nullptr; }, HOLOSNAP_OK);
  region([](auto &it) { it.prepare = nullptr; }, HOLOSNAP_OK);
  region([](auto &it) { it.expected = &rank_0; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.expected = &rank_33; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.expected = &reserved; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.expected = &any; }, HOLOSNAP_OK);
  region([](auto &it) { it.component = 4; }, HOLOSNAP_OK);
  region([](auto &it) { it.component = 5; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.component = UINT32_MAX; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.element_type = 14; }, HOLOSNAP_OK);
  region([](auto &it) { it.element_type = 15; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.element_type = 256; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.flags = HOLOSNAP_OPTIONAL | HOLOSNAP_ALONE; }, HOLOSNAP_OK);
  region([](auto &it) { it.flags = HOLOSNAP_PINNED; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.flags = HOLOSNAP_NO_SYSCALL_WRITES; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.flags = 16; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.flags = 0x80000001; }, HOLOSNAP_INVALID_ARGUMENT);
  region([](auto &it) { it.reserved = 1; }, HOLOSNAP_INVALID_ARGUMENT);

  const auto blob = [&](auto change, holosnap_status expected) {
    auto changed = good_blob;
    change(changed);
    CHECK_STATUS(added_blob(&changed, &error), expected, &error);
  };
  blob([](auto &it) { it.name = nullptr; }, HOLOSNAP_INVALID_ARGUMENT);
  blob([](auto &it) { it.write = nullptr; }, HOLOSNAP_INVALID_ARGUMENT);
  blob([](auto &it) { it.read = nullptr; }, HOLOSNAP_OK);
  blob([](auto &it) { it.component = 5; }, HOLOSNAP_INVALID_ARGUMENT);
  blob([](auto &it) { it.version = UINT32_MAX; }, HOLOSNAP_OK);
  blob([](auto &it) { it.size_hint = UINT64_MAX; }, HOLOSNAP_OK);
  blob([](auto &it) { it.flags = 4; }, HOLOSNAP_INVALID_ARGUMENT);
  blob([](auto &it) { it.reserved = 1; }, HOLOSNAP_INVALID_ARGUMENT);

  const auto hooks = [&](auto change, holosnap_status expected) {
    auto changed = good_hooks;
    change(changed);
    CHECK_STATUS(hooked(&changed, &error), expected, &error);
  };
  hooks([](auto &it) { it.quiesce = nullptr; }, HOLOSNAP_INVALID_ARGUMENT);
  hooks([](auto &it) { it.resume = nullptr; }, HOLOSNAP_INVALID_ARGUMENT);
  hooks([](auto &it) { it.quiesce = it.resume = nullptr; }, HOLOSNAP_OK);
  hooks([](auto &it) { it.commit = it.discard = nullptr; }, HOLOSNAP_OK);
}

void names() {
  auto error = sized<holosnap_error>();
  application self(1, 1000);
  auto region = numbers_region(self);
  auto blob = text_blob(self);
  const std::string longest = [] {
    std::string text;
    while (text.size() < 4096 - 3) text += "ab/";
    return text + std::string(4096 - text.size(), 'c');
  }();
  holosnap_state *state = new_state(engine);
  for (const std::string &name :
       {std::string(""), std::string("/a"), std::string("/"), std::string("a/"), std::string("a//b"), std::string("."),
        std::string(".."), std::string("a/../b"), std::string("./a"), std::string("a/."), std::string("a/.."),
        std::string("\xff"), std::string("a\xc3"), std::string("\xed\xa0\x80"), std::string("\xc0\xaf"),
        std::string("\xf4\x90\x80\x80"), longest + "c", std::string(1 << 20, 'x')}) {
    region.name = blob.name = name.c_str();
    if (!CHECK_STATUS(holosnap_state_add_region(state, &region, &error), HOLOSNAP_INVALID_ARGUMENT, &error))
      std::printf("  the name is '%.40s'\n", name.c_str());
    if (!CHECK_STATUS(holosnap_state_add_blob(state, &blob, &error), HOLOSNAP_INVALID_ARGUMENT, &error))
      std::printf("  the name is '%.40s'\n", name.c_str());
  }
  for (const std::string &name :
       {std::string("a/b"), std::string("ünï cødé"), std::string("..."), std::string(".hidden"), std::string("a b"),
        std::string("back\\slash"), std::string("new\nline"), longest}) {
    region.name = blob.name = name.c_str();
    if (!CHECK_STATUS(holosnap_state_add_region(state, &region, &error), HOLOSNAP_OK, &error))
      std::printf("  the name is '%.40s'\n", name.c_str());
    // There already.
    CHECK_STATUS(holosnap_state_add_region(state, &region, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
    CHECK_STATUS(holosnap_state_add_blob(state, &blob, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  }
  // One that would go through another's.
  for (const char *name : {"a", "a/b/c", "...", ".../x"}) {
    region.name = blob.name = name;
    CHECK_STATUS(holosnap_state_add_region(state, &region, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
    CHECK_STATUS(holosnap_state_add_blob(state, &blob, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  }
  for (const char *name : {"a/c", "a/bc", "abc"}) {
    region.name = name;
    CHECK_STATUS(holosnap_state_add_region(state, &region, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_state_remove(state, name, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_state_remove(state, name, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
    CHECK_STATUS(holosnap_state_add_region(state, &region, &error), HOLOSNAP_OK, &error);
  }
  // All of them in one snapshot, and back.
  const auto options = to_store();
  const auto restoring = from_store();
  const auto hooks = all_hooks(self);
  CHECK_STATUS(holosnap_state_set_hooks(state, &hooks, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_capture(state, &options, nullptr, &error), HOLOSNAP_OK, &error);
  for (const char *name : {"new\nline", "back\\slash"})
    CHECK_STATUS(holosnap_state_remove(state, name, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_restore(state, nullptr, &restoring, nullptr, &error), HOLOSNAP_MISMATCH, &error);
  for (const char *name : {"new\nline", "back\\slash"}) {
    region.name = name;
    CHECK_STATUS(holosnap_state_add_region(state, &region, &error), HOLOSNAP_OK, &error);
  }
  self.fresh_matrix = self.matrix, self.fresh_text = self.text;
  CHECK_STATUS(holosnap_state_restore(state, nullptr, &restoring, nullptr, &error), HOLOSNAP_OK, &error);
  CHECK(self.count[HOLOSNAP_CALLBACK_PREPARE] == 11);
  CHECK_STATUS(holosnap_state_free(state, &error), HOLOSNAP_OK, &error);
}

// ---- Captures and restores ----

void captures() {
  auto error = sized<holosnap_error>();
  application self(1, 1000);
  holosnap_state *state = new_state(engine, "arguments");
  self.describe_to(state);
  auto good = to_store();
  const auto captured = [&](const holosnap_capture_options *options, holosnap_error *failure) {
    return holosnap_state_capture(state, options, nullptr, failure);
  };
  sizes(good, captured, false);
  const auto started = [&](const holosnap_capture_options *options, holosnap_error *failure) {
    auto *capture = reinterpret_cast<holosnap_capture *>(&store);
    const auto status = holosnap_capture_start(state, options, &capture, failure);
    CHECK((capture != nullptr) == (status == HOLOSNAP_OK));
    CHECK_STATUS(holosnap_capture_free(capture, nullptr), HOLOSNAP_OK, nullptr);
    return status;
  };
  sizes(good, started, false);
  filled_sizes<holosnap_capture_report>(
      [&](holosnap_capture_report *report) { return holosnap_state_capture(state, &good, report, nullptr); });

  self.reset_counts();
  const int files = count_all(store.c_str());
  const std::string nowhere = store + "/none", too_long = store + std::string(5000, 'x'), deep = [] {
    std::string path = store;
    while (path.size() < 4090) path += "/.";
    return path;
  }();
  const std::string output = store + "/out.hwp", existing = store + "/existing.hwp";
  std::fclose(std::fopen(existing.c_str(), "wb"));
  static const char *const bad_mode[] = {"*=nonsense"}, *const no_mode[] = {"abc"}, *const null_mode[] = {nullptr};
  holosnap_capture *capture = nullptr;
  const auto refused = [&](auto change, holosnap_status expected, int line) {
    auto options = good;
    change(options);
    if (!CHECK_STATUS(captured(&options, &error), expected, &error)) std::printf("  of line %d\n", line);
    if (!CHECK_STATUS(holosnap_capture_start(state, &options, &capture, &error), expected, &error))
      std::printf("  of line %d\n", line);
    CHECK(capture == nullptr && error.message[0] != 0);
  };
  refused([](auto &it) { it.store = nullptr; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.store = ""; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([&](auto &it) { it.output = output.c_str(); }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([&](auto &it) { it.store = nullptr, it.output = ""; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([&](auto &it) { it.store = nullptr, it.output = existing.c_str(); }, HOLOSNAP_CANNOT_CREATE, __LINE__);
  refused([&](auto &it) { it.store = too_long.c_str(); }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([&](auto &it) { it.store = deep.c_str(); }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.type = 3; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.mode = HOLOSNAP_LIVE; }, HOLOSNAP_UNSUPPORTED, __LINE__);
  refused([](auto &it) { it.mode = UINT32_MAX; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.over_budget = 2; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.quantize = bad_mode, it.quantize_count = 1; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.quantize = no_mode, it.quantize_count = 1; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.quantize = null_mode, it.quantize_count = 1; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.quantize_count = 1; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.reason = "\xff"; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.reason = "there is no such reason"; }, HOLOSNAP_INVALID_ARGUMENT, __LINE__);
  refused([](auto &it) { it.type = HOLOSNAP_INCREMENTAL, it.base = "0123456789abcdef"; }, HOLOSNAP_NOT_FOUND, __LINE__);
  CHECK_STATUS(holosnap_capture_start(state, &good, nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK_STATUS(holosnap_capture_start(nullptr, &good, &capture, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK_STATUS(holosnap_state_capture(nullptr, &good, nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK(capture == nullptr);
  CHECK(count_all(store.c_str()) == files + 1);
  CHECK(self.made_quiet == 0 && self.count[HOLOSNAP_CALLBACK_QUIESCE] == 0);

  // One without a base is an error.
  holosnap_state *fresh = new_state(engine, "never captured");
  self.describe_to(fresh);
  for (std::uint32_t type : {HOLOSNAP_INCREMENTAL, HOLOSNAP_DIFFERENTIAL}) {
    auto options = good;
    options.type = type;
    CHECK(holosnap_state_capture(fresh, &options, nullptr, &error) != HOLOSNAP_OK);
  }
  CHECK(self.count[HOLOSNAP_CALLBACK_QUIESCE] == 0);
  CHECK_STATUS(holosnap_state_free(fresh, nullptr), HOLOSNAP_OK, nullptr);

  // All of what may be said.
  auto report = sized<holosnap_capture_report>();
  static const char *const modes[] = {"arrays/numbers.f64=abs:0.5"};
  auto options = good;
  options.store = nullptr;
  options.output = output.c_str();
  options.quantize = modes;
  options.quantize_count = 1;
  options.priority = -5;
  CHECK_STATUS(holosnap_state_capture(state, &options, &report, &error), HOLOSNAP_OK, &error);
  CHECK(strcmp(report.path, output.c_str()) == 0 && strlen(report.id) == 64 && report.quiesce_count == 1);
  CHECK_STATUS(holosnap_state_free(state, nullptr), HOLOSNAP_OK, nullptr);
  unlink(existing.c_str());

  // The state without a part, and the part without a byte.
  holosnap_state *empty = new_state(engine, "empty");
  CHECK_STATUS(holosnap_state_capture(empty, &good, &report, &error), HOLOSNAP_OK, &error);
  CHECK(report.raw_bytes == 0);
  auto restoring = from_store();
  CHECK_STATUS(holosnap_state_restore(empty, nullptr, &restoring, nullptr, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_free(empty, nullptr), HOLOSNAP_OK, nullptr);
}

void snapshots() {
  auto error = sized<holosnap_error>();
  application self(1, 1000);
  holosnap_state *state = new_state(engine, "snapshots");
  self.describe_to(state);
  auto options = to_store();
  auto report = sized<holosnap_capture_report>();
  CHECK_STATUS(holosnap_state_capture(state, &options, &report, &error), HOLOSNAP_OK, &error);
  const std::string path = report.path, id = report.id, name = path.substr(path.rfind('/') + 1);

  auto good = from_store();
  sizes(
      good,
      [&](const holosnap_restore_options *given, holosnap_error *failure) {
        return holosnap_state_restore(state, path.c_str(), given, nullptr, failure);
      },
      true);
  filled_sizes<holosnap_restore_report>([&](holosnap_restore_report *filled) {
    return holosnap_state_restore(state, path.c_str(), &good, filled, nullptr);
  });
  for (const std::string &snapshot : {path, id, id.substr(0, 12), name, std::string("latest:snapshots")}) {
    auto restored = sized<holosnap_restore_report>();
    CHECK_STATUS(holosnap_state_restore(state, snapshot.c_str(), &good, &restored, &error), HOLOSNAP_OK, &error);
    CHECK(restored.id == id && restored.path == path && restored.raw_bytes == report.raw_bytes);
  }
  self.reset_counts();
  CHECK_STATUS(
      holosnap_state_restore(nullptr, path.c_str(), &good, nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK_STATUS(holosnap_state_restore(state, nullptr, nullptr, nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK_STATUS(holosnap_state_restore(state, "", &good, nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK_STATUS(holosnap_state_restore(state, "latest:none", &good, nullptr, &error), HOLOSNAP_NOT_FOUND, &error);
  CHECK_STATUS(holosnap_state_restore(state, "/there/is/none.hwp", &good, nullptr, &error), HOLOSNAP_NOT_FOUND, &error);
  CHECK_STATUS(holosnap_state_restore(state, "ffffffffffff", &good, nullptr, &error), HOLOSNAP_NOT_FOUND, &error);
  good.store = "/there/is/none";
  CHECK_STATUS(holosnap_state_restore(state, nullptr, &good, nullptr, &error), HOLOSNAP_NOT_FOUND, &error);
  good.store = store.c_str();
  good.region_count = 1;
  CHECK_STATUS(holosnap_state_restore(state, path.c_str(), &good, nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK(self.prepared() == 0 && self.made_quiet == 0);

  auto verify = sized<holosnap_verify_options>();
  verify.store = store.c_str();
  sizes(
      verify,
      [&](const holosnap_verify_options *given, holosnap_error *failure) {
        return holosnap_verify(engine, path.c_str(), given, nullptr, failure);
      },
      true);
  filled_sizes<holosnap_verify_report>(
      [&](holosnap_verify_report *filled) { return holosnap_verify(engine, id.c_str(), &verify, filled, nullptr); });
  for (std::uint32_t quick : {0u, 1u, 7u}) {
    auto verified = sized<holosnap_verify_report>();
    verify.quick = quick;
    CHECK_STATUS(holosnap_verify(engine, path.c_str(), &verify, &verified, &error), HOLOSNAP_OK, &error);
    CHECK(verified.id == id && verified.problem_count == 0);
  }
  verify.reserved = 1;
  CHECK_STATUS(holosnap_verify(engine, path.c_str(), &verify, nullptr, &error), HOLOSNAP_INVALID_ARGUMENT, &error);
  CHECK_STATUS(holosnap_verify(engine, "/there/is/none.hwp", nullptr, nullptr, &error), HOLOSNAP_NOT_FOUND, &error);

  auto inspect = sized<holosnap_inspect_options>();
  inspect.store = store.c_str();
  std::uint64_t length = 0;
  sizes(
      inspect,
      [&](const holosnap_inspect_options *given, holosnap_error *failure) {
        const auto status = holosnap_inspect(engine, path.c_str(), given, nullptr, 0, &length, failure);
        return status == HOLOSNAP_BUFFER_TOO_SMALL ? HOLOSNAP_OK : status;
      },
      true);
  CHECK_STATUS(
      holosnap_inspect(engine, path.c_str(), &inspect, nullptr, 1 << 30, &length, &error), HOLOSNAP_BUFFER_TOO_SMALL,
      &error);
  CHECK_STATUS(
      holosnap_inspect(engine, path.c_str(), &inspect, nullptr, 0, &length, &error), HOLOSNAP_BUFFER_TOO_SMALL, &error);
  std::string text(length + 8, 'x');
  std::uint64_t again = 0;
  CHECK_STATUS(
      holosnap_inspect(engine, path.c_str(), &inspect, text.data(), length - 1, &again, &error),
      HOLOSNAP_BUFFER_TOO_SMALL, &error);
  CHECK(again == length);
  CHECK_STATUS(
      holosnap_inspect(engine, path.c_str(), &inspect, text.data(), length, &again, &error), HOLOSNAP_OK, &error);
  CHECK(
      again == length && text[0] == '{' && text.substr(length) == "xxxxxxxx" &&
      text.find("arrays/numbers.f64") != text.npos);
  CHECK_STATUS(
      holosnap_inspect(engine, path.c_str(), &inspect, text.data(), text.size(), &again, &error), HOLOSNAP_OK, &error);
  CHECK(again == length);

  // Progress, too.
  holosnap_control *control = nullptr;
  CHECK_STATUS(holosnap_control_create(&control, nullptr), HOLOSNAP_OK, nullptr);
  filled_sizes<holosnap_progress>(
      [&](holosnap_progress *filled) { return holosnap_control_poll(control, filled, nullptr); });
  CHECK_STATUS(holosnap_control_free(control, nullptr), HOLOSNAP_OK, nullptr);
  CHECK_STATUS(holosnap_state_free(state, nullptr), HOLOSNAP_OK, nullptr);
}

void numbers_and_names() {
  CHECK(holosnap_abi_version() / 1000 == HOLOSNAP_ABI_VERSION / 1000 && holosnap_abi_version() >= HOLOSNAP_ABI_VERSION);
  CHECK(holosnap_version() != nullptr && strchr(holosnap_version(), '.') != nullptr);
  for (holosnap_status status = HOLOSNAP_OK; status <= HOLOSNAP_INTERNAL; status++)
    CHECK(strncmp(holosnap_status_name(status), "HOLOSNAP_", 9) == 0);
  CHECK(strcmp(holosnap_status_name(HOLOSNAP_OK), "HOLOSNAP_OK") == 0);
  CHECK(strcmp(holosnap_status_name(HOLOSNAP_DAMAGED), "HOLOSNAP_DAMAGED") == 0);
  for (holosnap_status status : {-1, HOLOSNAP_INTERNAL + 1, INT_MAX, INT_MIN})
    CHECK(strcmp(holosnap_status_name(status), "unknown") == 0);
}

}  // namespace

int main() {
  begin_program(300);
  numbers_and_names();
  engines();
  errors();
  nothings();
  states();
  descriptions();
  names();
  captures();
  snapshots();
  return end_program();
}
