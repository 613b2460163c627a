// Whatever the mode, a snapshot is of one moment: writers keep an invariant over checksummed rows, and every snapshot that is taken
// meanwhile is restored into another state, and has it.
//
//   torn [CAPTURES of each kind] [ROWS]
#include "check.h"

#include <holosnap.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t width = 64;  // words: a version, what it implies, a checksum

std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

struct table {
  std::mutex mutex;
  std::vector<std::uint64_t> rows;      // rows × width
  std::vector<std::uint64_t> versions;  // of the rows, once more
  std::uint64_t total = 0;              // of all versions
  std::uint64_t operations = 0;
  std::string said;  // what the blob says

  void write(std::size_t row, std::uint64_t version) {
    auto *words = &rows[row * width];
    std::uint64_t sum = words[0] = version;
    for (std::size_t i = 1; i + 1 < width; i++) sum += words[i] = mixed(version * width + i);
    words[width - 1] = sum;
    versions[row] = version;
  }
  void append() {
    rows.resize(rows.size() + width);
    versions.push_back(0);
    write(versions.size() - 1, 0);
  }
  // One change; the state is not what it is to be in the middle of it.
  void change(std::uint64_t random, std::size_t usual) {
    operations++;
    if (random % 16 == 0 && versions.size() < usual + usual / 8) {
      append();
    } else if (random % 16 == 1 && versions.size() > usual - usual / 8) {
      total -= versions.back();
      rows.resize(rows.size() - width);
      versions.pop_back();
      if (random % 64 == 1) rows.shrink_to_fit();
    } else {
      const auto row = static_cast<std::size_t>(random >> 8) % versions.size();
      total++;
      write(row, versions[row] + 1);
    }
  }
  std::string text() const {
    return std::to_string(versions.size()) + " " + std::to_string(total) + " " + std::to_string(operations);
  }
  bool whole() const {
    if (rows.size() != versions.size() * width || said != text()) return false;
    std::uint64_t all = 0;
    for (std::size_t row = 0; row < versions.size(); row++) {
      const auto *words = &rows[row * width];
      std::uint64_t sum = words[0];
      for (std::size_t i = 1; i + 1 < width; i++) {
        if (words[i] != mixed(words[0] * width + i)) return false;
        sum += words[i];
      }
      if (sum != words[width - 1] || versions[row] != words[0]) return false;
      all += words[0];
    }
    return all == total;
  }
};

holosnap::state wire(const holosnap::engine &engine, table &table) {
  holosnap::state_options options;
  options.series = "torn";
  holosnap::state state(engine, options);
  state.guard(table.mutex);
  state.vector("rows.u64", table.rows, width);
  state.value("total.u64", table.total);
  state.vector("versions.u64", table.versions);
  state.value("operations.u64", table.operations);
  state.blob(
      "said.txt", 1, [&table](holosnap::sink &sink) { sink.write(table.text()); },
      [&table](holosnap::source &source, std::uint32_t) { table.said = source.text(); });
  state.on_commit([] {}); // the blob is put in place as it is read: nobody else looks at it
  return state;
}

}  // namespace

int main(int count, char **arguments) {
  const int captures = count > 1 ? std::atoi(arguments[1]) : 25;
  const auto usual = static_cast<std::size_t>(count > 2 ? std::atoi(arguments[2]) : 4096);
  begin_checks(900);
  try {
    holosnap::engine engine;
    table written, restored;
    auto source = wire(engine, written), target = wire(engine, restored);
    for (std::size_t row = 0; row < usual; row++) written.append();

    std::atomic<bool> done{false};
    std::vector<std::thread> writers;
    for (std::uint64_t writer = 0; writer < 2; writer++)
      writers.emplace_back([&, writer] {
        for (std::uint64_t turn = 1; !done; turn++) {
          {
            const std::lock_guard held(written.mutex);
            written.change(mixed(turn * 2 + writer), usual);
          }
          std::this_thread::yield();
        }
      });
    std::uint64_t operations = 0;
    try {
      for (int turn = 0; turn < captures; turn++)
        for (std::uint32_t mode : {HOLOSNAP_STAGED, HOLOSNAP_IN_PLACE})
          for (std::uint32_t type : {HOLOSNAP_FULL, HOLOSNAP_INCREMENTAL, HOLOSNAP_DIFFERENTIAL}) {
            holosnap::capture_options options;
            options.store = scratch_path;
            options.mode = mode;
            options.type = type;
            const auto report = source.capture(options);
            CHECK(report.mode == mode);
            CHECK(report.quiesce_count >= 1 && report.quiesce_count <= 3);
            holosnap::restore_options from;
            from.store = scratch_path;
            target.restore(report.path, from);
            CHECK(restored.whole());
            CHECK(restored.operations >= operations);
            operations = restored.operations;
          }
    } catch (const holosnap::error &error) {
      std::printf("%s: %s (%s)\n", holosnap_status_name(error.status()), error.what(), error.region());
      CHECK(false);
    }
    done = true;
    for (auto &writer : writers) writer.join();
    written.said = written.text();
    CHECK(written.whole());
    CHECK(operations > 0);
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    CHECK(false);
  }
  return end_checks();
}
