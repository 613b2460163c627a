/*
 * What belongs to the process stays as it is, from before an engine is made until everything is freed: signal dispositions and masks,
 * floating-point modes (flush-to-zero is on), locale, environment, directory, threads, open files. Nothing is printed: the caller
 * looks at what comes out, which is the last line alone. In the child of a fork every call gives FORKED, and nothing hangs.
 *
 *   manners [opencl]   with OpenCL, whose driver may keep threads and files, and set variables of its own (pocl: HWLOC_PLUGINS_PATH)
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

enum { WORDS = 1 << 18 };

static double words[WORDS], fresh[WORDS];

/* ---- What belongs to the process ---- */

struct manners {
  struct sigaction actions[65];
  sigset_t mask;
  fenv_t environment;
  unsigned mxcsr;
  char locale[256], directory[4096];
  unsigned long variables;
  int threads, files, cancel_state, cancel_type, priority;
  mode_t umask;
  struct rlimit limits[RLIM_NLIMITS];
};

static unsigned control_register(void) {
#if defined(__x86_64__)
  return _mm_getcsr() & ~0x3fu; /* without the flags that arithmetic raises */
#else
  return 0;
#endif
}

static void flush_to_zero(void) {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040u);
#endif
  fesetround(FE_UPWARD);
}

extern char **environ;

static void look(struct manners *now) {
  memset(now, 0, sizeof *now);
  for (int i = 1; i <= 64; i++) sigaction(i, NULL, &now->actions[i]);
  pthread_sigmask(SIG_SETMASK, NULL, &now->mask);
  fegetenv(&now->environment);
  now->mxcsr = control_register();
  snprintf(now->locale, sizeof now->locale, "%s", setlocale(LC_ALL, NULL));
  if (getcwd(now->directory, sizeof now->directory) == NULL) abort();
  for (char **variable = environ; *variable != NULL; variable++)
    for (const char *c = *variable; *c != 0; c++) now->variables = now->variables * 31 + (unsigned char)*c;
  now->threads = count_all("/proc/self/task");
  now->files = count_all("/proc/self/fd");
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &now->cancel_state);
  pthread_setcancelstate(now->cancel_state, NULL);
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &now->cancel_type);
  pthread_setcanceltype(now->cancel_type, NULL);
  now->priority = getpriority(PRIO_PROCESS, 0);
  now->umask = umask(0);
  umask(now->umask);
  for (int i = 0; i < RLIM_NLIMITS; i++) getrlimit((__rlimit_resource_t)i, &now->limits[i]);
}

/* What glibc adds whenever an action is set, the same one too. */
enum { RESTORER = 0x04000000 };

static int is_host = 1;

/* Prints a line for each thing that is another one. */
static void same(const struct manners *before, int with_threads) {
  struct manners now;
  look(&now);
  for (int i = 1; i <= 64; i++) {
    if (before->actions[i].sa_handler != now.actions[i].sa_handler) printf("  the handler of signal %d\n", i);
    CHECK(
        before->actions[i].sa_handler == now.actions[i].sa_handler &&
        (before->actions[i].sa_flags | RESTORER) == (now.actions[i].sa_flags | RESTORER));
  }
  CHECK(memcmp(&before->mask, &now.mask, sizeof now.mask) == 0);
  CHECK(before->environment.__control_word == now.environment.__control_word);
  CHECK(before->mxcsr == now.mxcsr && fegetround() == FE_UPWARD);
  CHECK(strcmp(before->locale, now.locale) == 0 && strcmp(before->directory, now.directory) == 0);
  CHECK(before->variables == now.variables || !is_host);
  CHECK(before->cancel_state == now.cancel_state && before->cancel_type == now.cancel_type);
  CHECK(before->priority == now.priority && before->umask == now.umask);
  CHECK(memcmp(before->limits, now.limits, sizeof now.limits) == 0);
  if (with_threads) CHECK(before->threads == now.threads && before->files == now.files);
}

static unsigned long mode_before;

static int same_mode(void) { return control_register() == mode_before && fegetround() == FE_UPWARD; }

/* ---- The program ---- */

static int describe(void *context, holosnap_shape *shape, const void **pointer) {
  (void)context;
  CHECK(same_mode());
  shape->rank = 1;
  shape->extents[0] = WORDS;
  *pointer = words;
  return 0;
}

static int prepare(void *context, const holosnap_shape *shape, void **memory) {
  (void)context, (void)shape;
  CHECK(same_mode());
  *memory = fresh;
  return 0;
}

static int write_blob(void *context, holosnap_sink *sink) {
  (void)context;
  CHECK(same_mode());
  return holosnap_sink_write(sink, words, 100000, NULL);
}

static int read_blob(void *context, holosnap_source *source, uint32_t version) {
  (void)context, (void)source, (void)version;
  CHECK(same_mode());
  return 0;
}

static int hook(void *context) {
  (void)context;
  CHECK(same_mode());
  return 0;
}

static holosnap_state *described(holosnap_engine *engine, holosnap_error *error) {
  holosnap_state *state = NULL;
  holosnap_region region;
  holosnap_blob blob;
  holosnap_hooks hooks;
  holosnap_region_init(&region);
  holosnap_blob_init(&blob);
  holosnap_hooks_init(&hooks);
  region.name = "words.f64";
  region.describe = describe;
  region.prepare = prepare;
  region.element_type = HOLOSNAP_F64;
  blob.name = "blob";
  blob.write = write_blob;
  blob.read = read_blob;
  hooks.quiesce = hooks.resume = hooks.commit = hooks.discard = hook;
  CHECK_STATUS(holosnap_state_create(engine, NULL, &state, error), HOLOSNAP_OK, error);
  CHECK_STATUS(holosnap_state_add_region(state, &region, error), HOLOSNAP_OK, error);
  CHECK_STATUS(holosnap_state_add_blob(state, &blob, error), HOLOSNAP_OK, error);
  CHECK_STATUS(holosnap_state_set_hooks(state, &hooks, error), HOLOSNAP_OK, error);
  return state;
}

static pthread_t main_thread;
static volatile sig_atomic_t signals, elsewhere;

static void on_signal(int number) {
  (void)number;
  signals++;
  if (!pthread_equal(pthread_self(), main_thread)) elsewhere++;
}

static void use(holosnap_state *state, holosnap_engine *engine, const struct manners *before) {
  static const char *const modes[] = {"words.f64=rel:0.001"};
  holosnap_error error;
  holosnap_capture_options options;
  holosnap_capture_report report;
  holosnap_restore_options from;
  uint64_t length = 0;
  holosnap_error_init(&error);
  holosnap_capture_options_init(&options);
  holosnap_capture_report_init(&report);
  holosnap_restore_options_init(&from);
  options.store = from.store = scratch_path;
  for (uint32_t turn = 0; turn < 6; turn++) {
    options.type = turn % 3;
    options.mode = turn % 2;
    words[turn * 1000] += 1;
    CHECK_STATUS(holosnap_state_capture(state, &options, &report, &error), HOLOSNAP_OK, &error);
    same(before, 0);
    CHECK_STATUS(holosnap_state_restore(state, report.path, &from, NULL, &error), HOLOSNAP_OK, &error);
    CHECK(memcmp(words, fresh, sizeof words) == 0); /* subnormal numbers, too */
    same(before, 0);
  }
  options.type = HOLOSNAP_FULL;
  options.quantize = modes;
  options.quantize_count = 1;
  CHECK_STATUS(holosnap_state_capture(state, &options, &report, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_restore(state, report.path, &from, NULL, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_verify(engine, report.path, NULL, NULL, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(
      holosnap_inspect(engine, report.path, NULL, NULL, 0, &length, &error), HOLOSNAP_BUFFER_TOO_SMALL, &error);
  same(before, 0);

  /* Signals that come meanwhile go to threads of the program. */
  holosnap_capture *capture = NULL;
  options.quantize_count = 0;
  for (int turn = 0; turn < 10; turn++) {
    CHECK_STATUS(holosnap_capture_start(state, &options, &capture, &error), HOLOSNAP_OK, &error);
    while (holosnap_capture_wait(capture, 0, NULL, NULL) == HOLOSNAP_TIMED_OUT) kill(getpid(), SIGUSR1);
    CHECK_STATUS(holosnap_capture_wait(capture, HOLOSNAP_FOREVER, &report, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
  }
  CHECK(signals > 0 && elsewhere == 0);
  same(before, 0);
}

/* ---- Forks ---- */

/* In the child: its exit status is how many calls gave something else. */
static int child(holosnap_engine *engine, holosnap_state *state, holosnap_control *control, holosnap_capture *capture) {
  holosnap_error error;
  holosnap_capture_options options;
  holosnap_restore_options from;
  holosnap_progress progress;
  holosnap_region region;
  holosnap_blob blob;
  holosnap_hooks hooks;
  holosnap_state *other = NULL;
  holosnap_capture *started = NULL;
  uint64_t length = 0;
  int wrong = 0;
  alarm(60);
  holosnap_error_init(&error);
  holosnap_capture_options_init(&options);
  holosnap_restore_options_init(&from);
  holosnap_progress_init(&progress);
  holosnap_region_init(&region);
  holosnap_blob_init(&blob);
  holosnap_hooks_init(&hooks);
  region.name = blob.name = "more";
  region.describe = describe;
  blob.write = write_blob;
  options.store = from.store = scratch_path;
  const holosnap_status given[] = {
      holosnap_state_create(engine, NULL, &other, &error),
      holosnap_state_add_region(state, &region, &error),
      holosnap_state_add_blob(state, &blob, &error),
      holosnap_state_remove(state, "words.f64", &error),
      holosnap_state_set_hooks(state, &hooks, &error),
      holosnap_capture_start(state, &options, &started, &error),
      holosnap_state_capture(state, &options, NULL, &error),
      holosnap_state_restore(state, NULL, &from, NULL, &error),
      holosnap_verify(engine, "latest:default", NULL, NULL, &error),
      holosnap_inspect(engine, "latest:default", NULL, NULL, 0, &length, &error),
      holosnap_control_cancel(control, &error),
      holosnap_control_poll(control, &progress, &error),
      holosnap_capture_poll(capture, &progress, &error),
      holosnap_capture_wait(capture, HOLOSNAP_FOREVER, NULL, &error),
      holosnap_capture_cancel(capture, &error),
  };
  for (size_t i = 0; i < sizeof given / sizeof *given; i++)
    if (given[i] != HOLOSNAP_FORKED) wrong++;
  if (other != NULL || started != NULL || error.message[0] == 0) wrong++;
  /* These only forget. */
  if (holosnap_capture_free(capture, &error) != HOLOSNAP_OK) wrong++;
  if (holosnap_state_free(state, &error) != HOLOSNAP_OK) wrong++;
  if (holosnap_control_free(control, &error) != HOLOSNAP_OK) wrong++;
  if (holosnap_engine_free(engine, &error) != HOLOSNAP_OK) wrong++;
  return wrong;
}

static void forks(holosnap_engine *engine, holosnap_state *state) {
  holosnap_error error;
  holosnap_capture_options options;
  holosnap_capture *capture = NULL;
  holosnap_control *control = NULL;
  holosnap_error_init(&error);
  holosnap_capture_options_init(&options);
  options.store = scratch_path;
  CHECK_STATUS(holosnap_control_create(&control, &error), HOLOSNAP_OK, &error);
  for (int turn = 0; turn < 5; turn++) {
    CHECK_STATUS(holosnap_capture_start(state, &options, &capture, &error), HOLOSNAP_OK, &error);
    if (turn % 2 == 0)
      CHECK_STATUS(holosnap_capture_wait(capture, HOLOSNAP_FOREVER, NULL, &error), HOLOSNAP_OK, &error);
    fflush(stdout);
    const pid_t process = fork();
    if (process == 0) _exit(child(engine, state, control, capture));
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
    CHECK(process > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* The parent's are as they were. */
    CHECK_STATUS(holosnap_capture_wait(capture, HOLOSNAP_FOREVER, NULL, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
  }
  CHECK_STATUS(holosnap_control_free(control, &error), HOLOSNAP_OK, &error);
}

int main(int count, char **arguments) {
  is_host = count < 2 || strcmp(arguments[1], "opencl") != 0;
  begin_checks(300);
  setlocale(LC_ALL, "C.UTF-8");
  for (size_t i = 0; i < WORDS; i++) {
    uint64_t word = i % 3 == 0 ? i + 1 : i * 0x9e3779b97f4a7c15u; /* subnormal, or anything, a NaN too */
    memcpy(&words[i], &word, sizeof word);
  }
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, NULL);
  /* Whoever started this may have had it blocked. */
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &blocked, NULL);
  main_thread = pthread_self();
  flush_to_zero();
  mode_before = control_register();

  struct manners before;
  look(&before);
  for (int turn = 0; turn < 2; turn++) {
    holosnap_error error;
    holosnap_engine_options options;
    holosnap_engine *engine = NULL;
    holosnap_error_init(&error);
    holosnap_engine_options_init(&options);
    options.backend = is_host ? HOLOSNAP_BACKEND_HOST : HOLOSNAP_BACKEND_OPENCL;
    CHECK_STATUS(holosnap_engine_create(&options, &engine, &error), HOLOSNAP_OK, &error);
    same(&before, 0);
    holosnap_state *state = described(engine, &error);
    use(state, engine, &before);
    forks(engine, state);
    CHECK_STATUS(holosnap_state_free(state, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_engine_free(engine, &error), HOLOSNAP_OK, &error);
    same(&before, is_host);
  }
  return end_checks();
}
