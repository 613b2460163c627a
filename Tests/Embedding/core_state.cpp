// A state of the native core, and what it was a little later: captured full and incremental, and both restored equal.
//
//   core_state BEFORE AFTER   two directories: each .c128 file is a matrix, every other file a structure that is written as a blob
#include "check.h"

#include <holosnap.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace {

struct core {
  std::map<std::string, std::vector<std::complex<double>>> matrices;
  std::map<std::string, std::string> texts;

  friend bool operator==(const core &left, const core &right) {
    return left.texts == right.texts &&
           std::equal(
               left.matrices.begin(), left.matrices.end(), right.matrices.begin(), right.matrices.end(),
               [](auto &one, auto &other) {
                 // To the byte: no number is taken for another that equals it.
                 return one.first == other.first && one.second.size() == other.second.size() &&
                        std::memcmp(one.second.data(), other.second.data(), 16 * one.second.size()) == 0;
               });
  }
};

std::string contents(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

core loaded(const char *directory) {
  core core;
  for (const auto &entry : std::filesystem::directory_iterator(directory)) {
    const auto name = entry.path().filename().string();
    const auto bytes = contents(entry.path());
    if (entry.path().extension() != ".c128") {
      core.texts[name] = bytes;
      continue;
    }
    auto &matrix = core.matrices[name];
    matrix.resize(bytes.size() / sizeof matrix[0]);
    if (!matrix.empty()) std::memcpy(static_cast<void *>(matrix.data()), bytes.data(), 16 * matrix.size());
  }
  return core;
}

}  // namespace

int main(int count, char **arguments) {
  if (count != 3) return 64;
  begin_checks(300);
  const core before = loaded(arguments[1]), after = loaded(arguments[2]);
  CHECK(!before.matrices.empty() && !(before == after));

  core live = before, fresh;
  holosnap::engine engine;
  holosnap::state state(engine);
  for (auto &[name, matrix] : live.matrices) state.vector(name, matrix);
  for (auto &entry : live.texts) {
    auto &target = fresh.texts[entry.first];
    state.blob(
        entry.first, 1, [&entry](holosnap::sink &sink) { sink.write(entry.second); },
        [&target](holosnap::source &source, std::uint32_t) { target = source.text(); });
  }
  state.on_commit([&] {
    for (auto &[name, text] : live.texts) text.swap(fresh.texts[name]);
  });

  holosnap::capture_options options;
  options.store = scratch_path;
  const auto full = state.capture(options);
  // Vectors that move, and texts of another length.
  for (auto &[name, matrix] : live.matrices) matrix = after.matrices.at(name);
  for (auto &[name, text] : live.texts) text = after.texts.at(name);
  options.type = HOLOSNAP_INCREMENTAL;
  const auto incremental = state.capture(options);
  CHECK(incremental.stored_bytes * 4 < full.stored_bytes);

  for (const auto &[report, expected] : {std::pair(&full, &before), {&incremental, &after}}) {
    for (auto &[name, matrix] : live.matrices) matrix.assign(7, {1, 2});
    for (auto &[name, text] : live.texts) text = "lost";
    state.restore(report->path);
    CHECK(live == *expected);
  }
  return end_checks();
}
