// embed-cpp: a program that is captured while it works, dies, and is restored.
//
//   embed-cpp run DIRECTORY [SECONDS]   works in several threads; takes snapshots into DIRECTORY: a full one, incremental ones, one
//                                       in place, one asynchronously; writes what it answered at the last quiet moment to
//                                       DIRECTORY/answers.txt; and kills itself with SIGKILL in the middle of its work
//   embed-cpp check DIRECTORY           in a fresh process: tries a core of another shape, which is refused and left alone; restores
//                                       the newest snapshot, asks again, and compares every answer
//
// core.hpp, core.cpp: the core, which knows nothing of HoloSnap. wiring.cpp: all that connects the two. Build:
//
//   c++ -std=c++17 main.cpp wiring.cpp core.cpp $(pkg-config --cflags --libs holosnap) -Wl,-rpath,$(pkg-config --variable=libdir holosnap) -pthread -o embed-cpp
#include "wiring.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace {

constexpr std::uint64_t first_documents = 200;

std::string sentence(std::uint64_t number) {
  static const char *const words[] = {"quiet", "lattice", "turns", "seven",   "colours", "under",    "amber",  "glass",
                                      "while", "rivers",  "carry", "letters", "past",    "sleeping", "towers", "home"};
  std::string text = "memory " + std::to_string(number);
  for (int i = 0; i < 6; i++) text += std::string(" ") + words[(number * 2654435761 >> (4 * i)) % 16];
  return text;
}

// What is asked, and what the core answers. For who holds the mutex.
std::string answers(const core &core) {
  std::string text;
  for (std::uint64_t number = 0; number < 2 * first_documents; number += 4)
    text += core.answer(sentence(number).substr(0, 40)) + "\n";
  return text;
}

void work(core &core, std::uint64_t writer, const std::atomic<bool> &done) {
  std::vector<std::uint64_t> mine;
  for (std::uint64_t turn = 0; !done; turn++) {
    mine.push_back(core.store(sentence(first_documents + 3 * turn + writer), "session " + std::to_string(turn % 7)));
    core.query(sentence(turn * 5 + writer));
    if (mine.size() > 100 + turn % 50) {
      core.remove(mine[turn % mine.size()]);
      mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(turn % mine.size()));
    }
    std::this_thread::yield();
  }
}

void print(const char *what, const holosnap::capture_report &report) {
  std::cout << what << ": " << report.raw_bytes << " bytes, " << report.stored_bytes << " stored, quiet for "
            << static_cast<double>(report.pause_nanoseconds) / 1e6 << " ms" << std::endl;
}

int run(const std::string &directory, double seconds) {
  mkdir(directory.c_str(), 0777);
  holosnap::engine engine;
  core core;
  auto state = wire(engine, core);
  // As a blob, for it is written in the same quiet moment in which the rest is copied; maybe more than once: the last one counts.
  // (Asking takes most of the pause here; what a core holds is copied in a fraction of that.)
  std::string last;
  state.blob("answers.txt", 1, [&](holosnap::sink &sink) { sink.write(last = answers(core)); });

  for (std::uint64_t number = 0; number < first_documents; number++) core.store(sentence(number), "first");
  std::atomic<bool> done{false};
  std::thread writers[] = {std::thread([&] { work(core, 0, done); }), std::thread([&] { work(core, 1, done); })};
  try {
    holosnap::capture_options options;
    options.store = directory.c_str();
    options.type = HOLOSNAP_FULL;
    print("full", state.capture(options));

    options.type = HOLOSNAP_INCREMENTAL;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    do print("incremental", state.capture(options));
    while (std::chrono::steady_clock::now() < end);

    options.mode = HOLOSNAP_IN_PLACE;
    print("incremental, in place", state.capture(options));

    options.mode = HOLOSNAP_STAGED;
    auto capture = state.start(options);  // from here on the writers go on
    std::optional<holosnap::capture_report> report;
    for (std::uint64_t shown = 0; !(report = capture.wait_for(std::chrono::milliseconds(1)));)
      if (const auto now = capture.poll(); now.done_bytes > shown)
        std::cout << "  " << (shown = now.done_bytes) << " of " << now.total_bytes << " bytes" << std::endl;
    print("incremental, meanwhile", *report);
  } catch (...) {
    done = true;
    for (auto &writer : writers) writer.join();
    throw;
  }
  std::ofstream file(directory + "/answers.txt", std::ios::binary);
  if (!file.write(last.data(), static_cast<std::streamsize>(last.size())).flush()) {
    std::cerr << "cannot write " << directory << "/answers.txt" << std::endl;
    std::_Exit(1);
  }
  std::cout << "killed while it works" << std::endl;
  kill(getpid(), SIGKILL);
  std::abort();
}

// A core of another shape is refused, and stays what it was.
bool refuses(const holosnap::engine &engine, const holosnap::restore_options &options) {
  core other(40);
  auto state = wire(engine, other);
  state.blob("answers.txt", 1, [](holosnap::sink &) {}, [](holosnap::source &, std::uint32_t) {});
  for (std::uint64_t number = 0; number < 20; number++) other.store(sentence(number), "other");
  other.query("glass towers");
  const auto before = other.fingerprint();
  try {
    state.restore(nullptr, options);
    std::cerr << "a core of another shape was restored" << std::endl;
    return false;
  } catch (const holosnap::error &error) {
    std::cout << "another shape: " << holosnap_status_name(error.status()) << ": " << error.what() << std::endl;
    if (error.status() == HOLOSNAP_MISMATCH && other.fingerprint() == before) return true;
    std::cerr << "that is not what was to be, or the core has changed" << std::endl;
    return false;
  }
}

int check(const std::string &directory) {
  holosnap::engine engine;
  holosnap::restore_options options;
  options.store = directory.c_str();
  if (!refuses(engine, options)) return 1;

  core core;
  core.store("what was there before", "old");
  auto state = wire(engine, core);
  std::string stored;
  state.blob(
      "answers.txt", 1, [](holosnap::sink &) {},
      [&](holosnap::source &source, std::uint32_t) { stored = source.text(); });
  const auto report = state.restore(nullptr, options);
  std::cout << "restored " << report.raw_bytes << " bytes from " << report.path << std::endl;

  std::ifstream file(directory + "/answers.txt", std::ios::binary);
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  const auto now = answers(core);
  if (expected.empty() || now != expected || stored != expected) {
    const auto at = std::mismatch(now.begin(), now.end(), expected.begin(), expected.end()).first - now.begin();
    const auto line = now.rfind('\n', static_cast<std::size_t>(at)) + 1;
    std::cerr << "the answers are not as before; the first that differs is now: "
              << now.substr(line, now.find('\n', line) - line) << std::endl;
    return 1;
  }
  // It goes on as if nothing had happened.
  const auto id = core.store("an entirely new sentence", "new");
  if (core.query("an entirely new sentence").find(std::to_string(id) + " ") != 0 || !core.remove(id)) {
    std::cerr << "the restored core does not find what is stored in it" << std::endl;
    return 1;
  }
  std::cout << std::count(now.begin(), now.end(), '\n') << " answers as before" << std::endl;
  return 0;
}

}  // namespace

int main(int count, char **arguments) {
  const std::string command = count > 2 ? arguments[1] : "";
  try {
    if (command == "run") return run(arguments[2], count > 3 ? std::atof(arguments[3]) : 2);
    if (command == "check") return check(arguments[2]);
  } catch (const holosnap::error &error) {
    std::cerr << holosnap_status_name(error.status()) << ": " << error.what() << " " << error.remedy() << std::endl;
    return 1;
  } catch (const std::exception &error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
  std::cerr << "usage: embed-cpp run DIRECTORY [SECONDS] | embed-cpp check DIRECTORY" << std::endl;
  return 2;
}
