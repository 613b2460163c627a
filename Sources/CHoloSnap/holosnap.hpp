/*
 * HoloSnap for C++17: holosnap.h with owners, lambdas and exceptions, in one header.
 *
 *   holosnap::engine engine;
 *   holosnap::state state(engine);
 *   state.guard(core.mutex);                    // quiet is: this is locked
 *   state.vector("field.f64", core.field);      // captured where it is; restored into a fresh one, swapped in at commit
 *   holosnap::capture_options options;
 *   options.store = "snapshots";
 *   state.capture(options);
 *
 * Ownership. engine, control, state and capture are moved, not copied; a destructor frees and swallows errors. That of a capture
 * cancels what is not published, and waits: keep it until wait() has returned. One that was moved from is good for destruction and assignment alone. A state keeps references to the
 * mutex, vectors and values that it is given: they outlive it. Strings and pointers in options are borrowed for the call.
 *
 * Errors. What HoloSnap has to say is thrown as holosnap::error. What a lambda of the application throws is kept, and thrown
 * again, as it was, by the start(), capture() or restore() that ran the lambda: the first of them, instead of an error. (What
 * on_commit throws, too: then the state is what it has left. It is not to throw.) If
 * start() has started something nevertheless (unlock() threw), that is cancelled and freed first. An error of a sink or
 * source counts as HoloSnap's, whatever the lambda makes of it.
 *
 * Threads. As holosnap.h says: lambdas run on the thread of the call, and inside of one only its sink or source, poll() and
 * cancel() may be used. A state is described (region, vector, value, blob, remove, guard, on_commit, on_discard) by one
 * thread, while nothing of it is captured or restored.
 */
#ifndef HOLOSNAP_HPP
#define HOLOSNAP_HPP

#include "holosnap.h"

#include <algorithm>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace holosnap {

/* ---- Options and reports: the fields are those of holosnap.h. ---- */

#define HOLOSNAP_STRUCT(name)                                                     \
  struct name : holosnap_##name {                                                 \
    name() noexcept : holosnap_##name{} { this->size = sizeof(holosnap_##name); } \
  };
HOLOSNAP_STRUCT(engine_options)
HOLOSNAP_STRUCT(state_options)
HOLOSNAP_STRUCT(capture_options)
HOLOSNAP_STRUCT(capture_report)
HOLOSNAP_STRUCT(progress)
HOLOSNAP_STRUCT(restore_options)
HOLOSNAP_STRUCT(restore_report)
HOLOSNAP_STRUCT(verify_options)
HOLOSNAP_STRUCT(verify_report)
HOLOSNAP_STRUCT(inspect_options)
#undef HOLOSNAP_STRUCT

/* What HoloSnap has to say; what() is the message, behind the region and the path that it is about. */
class error : public std::runtime_error {
 public:
  explicit error(const holosnap_error &details)
      : std::runtime_error(text(details)), details_(std::make_shared<const holosnap_error>(details)) {}
  error(holosnap_status status, const std::string &message) : std::runtime_error(message) {
    auto details = std::make_shared<holosnap_error>();
    details->size = sizeof *details;
    details->status = status;
    details->chunk = details->offset = HOLOSNAP_NONE;
    message.copy(details->message, sizeof details->message - 1);
    details_ = std::move(details);
  }
  holosnap_status status() const noexcept { return details_->status; }
  /* What to do about it; these three may be empty. */
  const char *remedy() const noexcept { return details_->remedy; }
  const char *region() const noexcept { return details_->region; }
  const char *path() const noexcept { return details_->path; }
  /* Of the region, and in the file, in bytes; HOLOSNAP_NONE: no such place. */
  std::uint64_t chunk() const noexcept { return details_->chunk; }
  std::uint64_t offset() const noexcept { return details_->offset; }
  /* What a callback gave, and which one: HOLOSNAP_CALLBACK_... */
  std::int32_t callback() const noexcept { return details_->callback; }
  std::uint32_t callback_kind() const noexcept { return details_->callback_kind; }
  const holosnap_error &details() const noexcept { return *details_; }

 private:
  static std::string text(const holosnap_error &details) {
    std::string text;
    for (const char *place : {details.path, details.region})
      if (*place != 0) text += std::string(place) + ": ";
    return text + details.message;
  }
  std::shared_ptr<const holosnap_error> details_;
};

/* ---- Arrays ---- */

/* Extents in elements, the outermost first. Of an expected shape they may be HOLOSNAP_ANY; none at all: any shape. */
struct shape : holosnap_shape {
  shape() noexcept : holosnap_shape{} {}
  template <class... Extents, std::enable_if_t<(std::is_integral_v<Extents> && ...), int> = 0>
  explicit shape(Extents... of) noexcept : holosnap_shape{sizeof...(of), 0, {static_cast<std::uint64_t>(of)...}} {}
  shape(const holosnap_shape &other) noexcept : holosnap_shape(other) {}
  /* How many elements there are. A shape that prepare is given does not overflow. */
  std::size_t elements() const noexcept {
    std::size_t product = rank == 0 ? 0 : 1;
    for (std::uint32_t axis = 0; axis < rank && axis < 32; axis++) product *= static_cast<std::size_t>(extents[axis]);
    return product;
  }
  std::uint64_t operator[](std::size_t axis) const noexcept { return extents[axis]; }
};

namespace detail {

template <class T>
constexpr std::uint32_t element_type() {
  if constexpr (std::is_same_v<T, char> || std::is_same_v<T, std::byte>)
    return HOLOSNAP_BYTES;
  else if constexpr (std::is_same_v<T, float>)
    return HOLOSNAP_F32;
  else if constexpr (std::is_same_v<T, double>)
    return HOLOSNAP_F64;
  else if constexpr (std::is_same_v<T, std::complex<float>>)
    return HOLOSNAP_C64;
  else if constexpr (std::is_same_v<T, std::complex<double>>)
    return HOLOSNAP_C128;
  else {
    static_assert(
        std::is_integral_v<T> && !std::is_same_v<T, bool> && sizeof(T) <= 8,
        "no element type for this: make it a blob, or specialise holosnap::element");
    constexpr std::uint32_t sign = std::is_signed_v<T> ? 1 : 0;
    return sign + (sizeof(T) == 1   ? HOLOSNAP_U8
                   : sizeof(T) == 2 ? HOLOSNAP_U16
                   : sizeof(T) == 4 ? HOLOSNAP_U32
                                    : HOLOSNAP_U64);
  }
}

}  // namespace detail

/* HOLOSNAP_F64 of a double, and so on. It may be specialised for types of your own:
 * template <> inline constexpr std::uint32_t holosnap::element<half> = HOLOSNAP_F16; */
template <class T>
inline constexpr std::uint32_t element = detail::element_type<T>();

/* Where a region is now: holosnap::array(grid, n, n, n) of a std::complex<double> *grid is n × n × n of c128. */
template <class T>
struct array {
  using type = T;
  template <class... Extents, std::enable_if_t<(std::is_integral_v<Extents> && ...), int> = 0>
  array(const T *at, Extents... of) noexcept : pointer(at), extents(of...) {}
  array(const T *at, const holosnap_shape &of) noexcept : pointer(at), extents(of) {}
  const T *pointer; /* valid until resume; may be nullptr where there are no elements */
  shape extents;
};

struct region_options {
  std::uint32_t component = HOLOSNAP_COMPONENT_MEMORY;
  std::uint32_t flags = 0;  /* HOLOSNAP_OPTIONAL, HOLOSNAP_ALONE */
  shape expected = shape(); /* what a snapshot must have */
};

struct blob_options {
  std::uint32_t component = HOLOSNAP_COMPONENT_INDEX;
  std::uint32_t flags = 0;
  std::uint64_t size_hint = 0; /* bytes that it will about have; 0: not known */
};

namespace detail {

/* One that says nothing yet. */
inline holosnap_error no_error() noexcept {
  holosnap_error details;
  holosnap_error_init(&details);
  return details;
}

/* Calls a function of C, and throws what is not OK. */
template <class... Parameters, class... Arguments>
void checked(holosnap_status (*function)(Parameters...), Arguments... arguments) {
  auto details = no_error();
  if (function(arguments..., &details) != HOLOSNAP_OK) throw error(details);
}

/* What such a function makes. */
template <class Handle, class... Parameters, class... Arguments>
Handle *made(holosnap_status (*function)(Parameters...), Arguments... arguments) {
  Handle *handle = nullptr;
  checked(function, arguments..., &handle);
  return handle;
}

/* A call that runs lambdas on this thread, and keeps the first exception that one of them throws. */
class call {
 public:
  call() noexcept : details(no_error()), outer_(current()) { current() = this; }
  call(const call &) = delete;
  call &operator=(const call &) = delete;
  ~call() { current() = outer_; }
  void finish(holosnap_status status) {
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (status != HOLOSNAP_OK) throw error(details);
  }
  static void keep(std::exception_ptr thrown) noexcept {
    if (current() != nullptr && !current()->thrown_) current()->thrown_ = std::move(thrown);
  }
  holosnap_error details;

 private:
  static call *&current() noexcept {
    static thread_local call *running = nullptr;
    return running;
  }
  call *outer_;
  std::exception_ptr thrown_;
};

/* What a callback gives: what body gives, or 1 where it throws. Nothing of C++ passes. */
template <class Body>
int shielded(const Body &body) noexcept {
  try {
    return body();
  } catch (...) {
    call::keep(std::current_exception());
    return 1;
  }
}

template <auto Free>
struct freed {
  template <class Handle>
  void operator()(Handle *handle) const noexcept {
    Free(handle, nullptr);
  }
};

struct access;

}  // namespace detail

/* ---- Blobs: a sink and a source are stream buffers, too: std::ostream out(&sink). ---- */

class sink : public std::streambuf {
 public:
  /* Throws error: cancelled, over the pause's budget, no memory. The capture has failed then. */
  void write(const void *bytes, std::size_t count) {
    xsputn(static_cast<const char *>(bytes), static_cast<std::streamsize>(count));
  }
  void write(std::string_view text) { write(text.data(), text.size()); }

 protected:
  std::streamsize xsputn(const char *bytes, std::streamsize count) override {
    if (count > epptr() - pptr()) flush();
    if (count > epptr() - pptr()) {
      put(bytes, static_cast<std::size_t>(count));
    } else if (count > 0) {
      std::memcpy(pptr(), bytes, static_cast<std::size_t>(count));
      pbump(static_cast<int>(count));
    }
    return count;
  }
  int_type overflow(int_type character) override {
    flush();
    if (!traits_type::eq_int_type(character, traits_type::eof())) sputc(traits_type::to_char_type(character));
    return traits_type::not_eof(character);
  }
  int sync() override {
    flush();
    return 0;
  }

 private:
  friend detail::access;
  explicit sink(holosnap_sink *handle) noexcept : handle_(handle) { setp(buffer_, buffer_ + sizeof buffer_); }
  void flush() {
    auto count = static_cast<std::size_t>(pptr() - pbase());
    setp(buffer_, buffer_ + sizeof buffer_);
    if (count > 0) put(buffer_, count);
  }
  void put(const char *bytes, std::size_t count) {
    failed_ = true; /* until it has not */
    detail::checked(holosnap_sink_write, handle_, bytes, count);
    failed_ = false;
  }
  holosnap_sink *handle_;
  bool failed_ = false;
  char buffer_[4096];
};

class source : public std::streambuf {
 public:
  /* Bytes that were read: fewer than the capacity at the end alone. Throws error: cancelled, damaged. The restore has failed. */
  std::size_t read(void *bytes, std::size_t capacity) {
    return static_cast<std::size_t>(xsgetn(static_cast<char *>(bytes), static_cast<std::streamsize>(capacity)));
  }
  /* All that is left. */
  std::string text() {
    std::string all;
    while (!traits_type::eq_int_type(sgetc(), traits_type::eof())) {
      all.append(gptr(), static_cast<std::size_t>(egptr() - gptr()));
      setg(buffer_, egptr(), egptr());
    }
    return all;
  }
  /* Bytes of the whole blob. */
  std::uint64_t size() {
    std::uint64_t count = 0;
    detail::checked(holosnap_source_size, handle_, &count);
    return count;
  }

 protected:
  std::streamsize xsgetn(char *bytes, std::streamsize capacity) override {
    auto had = std::min(capacity, static_cast<std::streamsize>(egptr() - gptr()));
    if (had > 0) std::memcpy(bytes, gptr(), static_cast<std::size_t>(had));
    setg(buffer_, gptr() + had, egptr());
    if (had == capacity) return had;
    return had + static_cast<std::streamsize>(get(bytes + had, static_cast<std::size_t>(capacity - had)));
  }
  int_type underflow() override {
    if (gptr() == egptr()) setg(buffer_, buffer_, buffer_ + get(buffer_, sizeof buffer_));
    return gptr() == egptr() ? traits_type::eof() : traits_type::to_int_type(*gptr());
  }

 private:
  friend detail::access;
  explicit source(holosnap_source *handle) noexcept : handle_(handle) { setg(buffer_, buffer_, buffer_); }
  std::size_t get(char *bytes, std::size_t capacity) {
    std::uint64_t count = 0;
    failed_ = true; /* until it has not */
    detail::checked(holosnap_source_read, handle_, bytes, capacity, &count);
    failed_ = false;
    return static_cast<std::size_t>(count);
  }
  holosnap_source *handle_;
  bool failed_ = false;
  char buffer_[4096];
};

namespace detail {

/* A region or blob of a state. */
struct part {
  std::string name;
  std::function<void(holosnap_shape &, const void *&)> describe;
  std::function<void *(const shape &)> prepare;
  std::function<void(sink &)> write;
  std::function<void(source &, std::uint32_t)> read;
  std::function<void()> commit;  /* quiet: puts in place what was prepared */
  std::function<void()> release; /* not quiet: drops what is not in place */
};

struct wiring {
  void release() noexcept {
    for (auto &part : parts)
      if (part->release) part->release();
  }
  /* Whether there is a commit for all that is prepared or read. */
  bool is_put_in_place() const noexcept {
    return commit || std::none_of(parts.begin(), parts.end(), [](auto &part) {
             return part->read || (part->prepare && !part->commit);
           });
  }
  std::vector<std::unique_ptr<part>> parts;
  std::function<void()> lock, unlock, commit, discard;
  bool committed = false;
  std::unique_ptr<holosnap_state, freed<holosnap_state_free>> handle; /* the first to go */
};

/* The callbacks that C sees. */
struct access {
  static int describe(void *context, holosnap_shape *extents, const void **pointer) noexcept {
    return shielded([&] {
      static_cast<part *>(context)->describe(*extents, *pointer);
      return 0;
    });
  }
  static int prepare(void *context, const holosnap_shape *extents, void **memory) noexcept {
    return shielded([&] {
      const shape whole(*extents);
      *memory = static_cast<part *>(context)->prepare(whole);
      return *memory == nullptr && whole.elements() > 0 ? HOLOSNAP_REFUSE_SHAPE : 0;
    });
  }
  static int write(void *context, holosnap_sink *handle) noexcept {
    sink out(handle);
    return streamed(out, [&] { static_cast<part *>(context)->write(out), out.flush(); });
  }
  static int read(void *context, holosnap_source *handle, std::uint32_t version) noexcept {
    source in(handle);
    return streamed(in, [&] { static_cast<part *>(context)->read(in, version); });
  }
  static int quiesce(void *context) noexcept { return run(static_cast<wiring *>(context)->lock); }
  static int resume(void *context) noexcept {
    auto &wiring = *static_cast<detail::wiring *>(context);
    const int result = run(wiring.unlock);
    if (std::exchange(wiring.committed, false)) wiring.release();
    return result;
  }
  static int commit(void *context) noexcept {
    auto &wiring = *static_cast<detail::wiring *>(context);
    wiring.committed = true;
    for (auto &part : wiring.parts)
      if (part->commit) part->commit();
    return run(wiring.commit);
  }
  static int discard(void *context) noexcept {
    auto &wiring = *static_cast<detail::wiring *>(context);
    wiring.release();
    return run(wiring.discard);
  }

 private:
  static int run(const std::function<void()> &function) noexcept {
    return shielded([&] { return function ? (function(), 0) : 0; });
  }
  /* Where the stream has failed, what it said is in the call's error, and what is thrown follows from it. */
  template <class Stream, class Body>
  static int streamed(const Stream &stream, const Body &body) noexcept {
    try {
      body();
    } catch (...) {
      if (!stream.failed_) call::keep(std::current_exception());
      return 1;
    }
    return stream.failed_ ? 1 : 0;
  }
};

}  // namespace detail

/* ---- Handles ---- */

/* A device, workers and a memory budget. */
class engine {
 public:
  explicit engine(const engine_options &options = {}) {
    if (const auto have = holosnap_abi_version(), need = std::uint32_t{HOLOSNAP_ABI_VERSION};
        have / 1000 != need / 1000 || have < need)
      throw error(
          HOLOSNAP_UNSUPPORTED, "the library has ABI " + std::to_string(have) + ", not " + std::to_string(need));
    handle_.reset(detail::made<holosnap_engine>(holosnap_engine_create, &options));
  }
  /* Proves a snapshot; throws the first problem. */
  verify_report verify(const char *snapshot, const verify_options &options = {}) {
    verify_report report;
    detail::checked(holosnap_verify, get(), snapshot, &options, &report);
    return report;
  }
  /* JSON, as `holosnap inspect --json` prints it. */
  std::string inspect(const char *snapshot, const inspect_options &options = {}) {
    std::string text;
    for (std::uint64_t length = 0;; text.resize(static_cast<std::size_t>(length))) {
      auto details = detail::no_error();
      const auto status = holosnap_inspect(get(), snapshot, &options, text.data(), text.size(), &length, &details);
      if (status == HOLOSNAP_OK) return text.substr(0, static_cast<std::size_t>(length));
      if (status != HOLOSNAP_BUFFER_TOO_SMALL) throw error(details);
    }
  }
  holosnap_engine *get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<holosnap_engine, detail::freed<holosnap_engine_free>> handle_;
};

/* Watches and stops a call that blocks, from another thread: options.control = control.get(). */
class control {
 public:
  control() : handle_(detail::made<holosnap_control>(holosnap_control_create)) {}
  void cancel() { detail::checked(holosnap_control_cancel, get()); }
  holosnap::progress poll() const {
    holosnap::progress now;
    detail::checked(holosnap_control_poll, get(), &now);
    return now;
  }
  holosnap_control *get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<holosnap_control, detail::freed<holosnap_control_free>> handle_;
};

/* One capture under way. */
class capture {
 public:
  holosnap::progress poll() const {
    holosnap::progress now;
    detail::checked(holosnap_capture_poll, get(), &now);
    return now;
  }
  /* As long as it takes. Throws what the capture failed of. */
  capture_report wait() { return *wait(HOLOSNAP_FOREVER); }
  /* Nothing: it goes on. */
  std::optional<capture_report> wait_for(std::chrono::nanoseconds time) {
    return wait(static_cast<std::uint64_t>(std::max<std::chrono::nanoseconds::rep>(time.count(), 0)));
  }
  void cancel() { detail::checked(holosnap_capture_cancel, get()); }
  holosnap_capture *get() const noexcept { return handle_.get(); }

 private:
  friend class state;
  explicit capture(holosnap_capture *handle) noexcept : handle_(handle) {}
  std::optional<capture_report> wait(std::uint64_t nanoseconds) {
    std::optional<capture_report> report(std::in_place);
    auto details = detail::no_error();
    const auto status = holosnap_capture_wait(get(), nanoseconds, &*report, &details);
    if (status == HOLOSNAP_TIMED_OUT) return std::nullopt;
    if (status != HOLOSNAP_OK) throw error(details);
    return report;
  }
  std::unique_ptr<holosnap_capture, detail::freed<holosnap_capture_free>> handle_;
};

/* What is captured and restored. */
class state {
 public:
  explicit state(const engine &engine, const state_options &options = {})
      : wiring_(std::make_unique<detail::wiring>()) {
    wiring_->handle.reset(detail::made<holosnap_state>(holosnap_state_create, engine.get(), &options));
    holosnap_hooks hooks{};
    hooks.size = sizeof hooks;
    hooks.context = wiring_.get();
    hooks.quiesce = detail::access::quiesce;
    hooks.resume = detail::access::resume;
    hooks.commit = detail::access::commit;
    hooks.discard = detail::access::discard;
    detail::checked(holosnap_state_set_hooks, get(), &hooks);
  }

  /* An array. describe() gives a holosnap::array of where it is now; prepare(const shape &) gives a pointer of the same
   * element type to memory for that shape, which nobody sees before on_commit; nullptr where there are elements: it cannot
   * have this shape (MISMATCH). No prepare: it is never restored. */
  template <class Describe, class Prepare = std::nullptr_t>
  void region(
      const std::string &name, Describe describe, Prepare prepare = nullptr, const region_options &options = {}) {
    using type = typename std::invoke_result_t<Describe &>::type;
    detail::part part;
    part.describe = [describe = std::move(describe)](holosnap_shape &extents, const void *&pointer) mutable {
      const array<type> now = describe();
      extents = now.extents;
      pointer = now.pointer;
    };
    if constexpr (!std::is_null_pointer_v<Prepare>) {
      static_assert(
          std::is_same_v<std::invoke_result_t<Prepare &, const shape &>, type *>, "prepare gives what describe gives");
      part.prepare = std::move(prepare);
    }
    add_region(name, std::move(part), element<type>, options, options.expected);
  }

  /* A std::vector that grows, shrinks and moves, as an array of these extents, which a snapshot must have, too: one of them
   * may be HOLOSNAP_ANY, and is what the others leave. What is restored is swapped in at commit, before on_commit; what was
   * there goes after resume. A capture throws std::length_error where the elements do not fill the array. */
  template <class T, class Allocator>
  void vector(
      const std::string &name, std::vector<T, Allocator> &target, const shape &extents,
      const region_options &options = {}) {
    static_assert(!std::is_same_v<T, bool>, "a std::vector<bool> is no array: make it a blob");
    auto part = shadowed(target, [&target](auto &fresh, const shape &restored) {
      return fresh.emplace(restored.elements(), T(), target.get_allocator()).data();
    });
    part.describe = [&target, name, extents](holosnap_shape &now, const void *&pointer) {
      now = filled(extents, target.size(), name);
      pointer = target.data();
    };
    add_region(name, std::move(part), element<T>, options, options.expected.rank == 0 ? extents : options.expected);
  }
  /* The same, rank 1, or rows × width. */
  template <class T, class Allocator>
  void vector(
      const std::string &name, std::vector<T, Allocator> &target, std::size_t width = 0,
      const region_options &options = {}) {
    vector(name, target, width == 0 ? shape(HOLOSNAP_ANY) : shape(HOLOSNAP_ANY, width), options);
  }

  /* One number, as a region of one element; put in place as a vector is. */
  template <class T>
  void value(const std::string &name, T &target, const region_options &options = {}) {
    auto part = shadowed(target, [](auto &fresh, const shape &) { return &fresh.emplace(); });
    part.describe = [&target](holosnap_shape &extents, const void *&pointer) {
      extents = shape(1);
      pointer = &target;
    };
    add_region(name, std::move(part), element<T>, options, shape(1));
  }

  /* What write(sink &) streams, and read(source &, version) loads where nobody sees it before on_commit. version is of
   * what write writes; read is given the one that was stored. No read: it is never restored. */
  template <class Write, class Read = std::nullptr_t>
  void blob(
      const std::string &name, std::uint32_t version, Write write, Read read = nullptr,
      const blob_options &options = {}) {
    detail::part part;
    part.write = std::move(write);
    part.read = std::move(read);
    holosnap_blob blob{};
    blob.write = detail::access::write;
    blob.read = part.read ? detail::access::read : nullptr;
    blob.component = options.component;
    blob.version = version;
    blob.size_hint = options.size_hint;
    blob.flags = options.flags;
    add(name, std::move(part), blob, holosnap_state_add_blob);
  }

  /* Of a region or blob that there is no longer. */
  void remove(const std::string &name) {
    detail::checked(holosnap_state_remove, get(), whole(name));
    auto &parts = wiring_->parts;
    const auto gone = [&](auto &part) { return part->name == name; };
    parts.erase(std::remove_if(parts.begin(), parts.end(), gone), parts.end());
  }

  /* Anything with lock() and unlock(): locked is quiet. */
  template <class Lockable>
  void guard(Lockable &lockable) {
    wiring_->lock = [&lockable] { lockable.lock(); };
    wiring_->unlock = [&lockable] { lockable.unlock(); };
  }
  /* Quiet, after the vectors and values are in place: puts the rest there. Swaps only: it is not to throw. */
  void on_commit(std::function<void()> commit) { wiring_->commit = std::move(commit); }
  /* Drops what prepare and read have made, where there is no commit. */
  void on_discard(std::function<void()> discard) { wiring_->discard = std::move(discard); }

  /* Returns as soon as the state may go on; the rest goes on without the caller. */
  [[nodiscard]] holosnap::capture start(const capture_options &options) {
    detail::call call;
    holosnap_capture *started = nullptr;
    const auto status = holosnap_capture_start(get(), &options, &started, &call.details);
    holosnap::capture capture(started);
    call.finish(status);
    return capture;
  }
  /* Returns when the snapshot is there. (It is there, too, where unlock() threw.) */
  capture_report capture(const capture_options &options) {
    detail::call call;
    capture_report report;
    call.finish(holosnap_state_capture(get(), &options, &report, &call.details));
    return report;
  }
  /* Everything is proved, prepared and read before one commit. snapshot: a path, an id or its beginning, a file's name in
   * the store, "latest:SERIES"; nullptr: the newest of the state's series. */
  restore_report restore(const char *snapshot = nullptr, const restore_options &options = {}) {
    if (!wiring_->is_put_in_place())
      throw error(HOLOSNAP_INVALID_ARGUMENT, "what is prepared or read is put in place by on_commit, and there is none");
    detail::call call;
    restore_report report;
    call.finish(holosnap_state_restore(get(), snapshot, &options, &report, &call.details));
    return report;
  }
  holosnap_state *get() const noexcept { return wiring_->handle.get(); }

 private:
  /* A name as C takes it. */
  static const char *whole(const std::string &name) {
    if (name.find('\0') != name.npos) throw error(HOLOSNAP_INVALID_ARGUMENT, "the name has a NUL");
    return name.c_str();
  }
  /* Extents that hold so many elements. */
  static shape filled(shape extents, std::size_t count, const std::string &name) {
    const auto end = extents.extents + std::min(extents.rank, 32u), any = std::find(extents.extents, end, HOLOSNAP_ANY);
    if (any != end) {
      *any = 1;
      const auto others = extents.elements();
      *any = others == 0 ? 0 : count / others;
    }
    if (extents.elements() != count || std::find(extents.extents, end, HOLOSNAP_ANY) != end)
      throw std::length_error(name + ": " + std::to_string(count) + " elements do not fill its array");
    return extents;
  }
  /* Prepared in a fresh one, which is swapped in. What a snapshot does not have is not prepared, and stays what it is. */
  template <class Target, class Prepare>
  static detail::part shadowed(Target &target, Prepare prepare) {
    auto fresh = std::make_shared<std::optional<Target>>();
    detail::part part;
    part.prepare = [fresh, prepare](const shape &extents) { return prepare(*fresh, extents); };
    part.commit = [fresh, &target] {
      using std::swap;
      if (*fresh) swap(target, **fresh);
    };
    part.release = [fresh] { fresh->reset(); };
    return part;
  }
  void add_region(
      const std::string &name, detail::part part, std::uint32_t element_type, const region_options &options,
      const shape &expected) {
    holosnap_region region{};
    region.describe = detail::access::describe;
    region.prepare = part.prepare ? detail::access::prepare : nullptr;
    region.expected = expected.rank == 0 ? nullptr : &expected;
    region.component = options.component;
    region.element_type = element_type;
    region.flags = options.flags;
    add(name, std::move(part), region, holosnap_state_add_region);
  }
  template <class Described, class Function>
  void add(const std::string &name, detail::part part, Described &described, Function *function) {
    auto &parts = wiring_->parts;
    part.name = name;
    described.size = sizeof described;
    described.name = whole(name);
    parts.push_back(std::make_unique<detail::part>(std::move(part)));
    described.context = parts.back().get();
    try {
      detail::checked(function, get(), &described);
    } catch (...) {
      parts.pop_back();
      throw;
    }
  }
  std::unique_ptr<detail::wiring> wiring_;
};

}  // namespace holosnap

#endif
