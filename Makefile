# HoloSnap. `make demo` and `make test` need nothing but Swift on the PATH: they install what is missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# One release build serves the demo, the tests and the benchmarks.
# Tests look inside some modules, which takes -enable-testing; it costs no speed that can be measured.
SWIFT_BUILD := swift build --configuration release -Xswiftc -enable-testing
SWIFT_TEST := swift test --configuration release -Xswiftc -enable-testing --skip-build --disable-xctest
# Of thousands of lines, those worth reading; .build/test.log has them all.
SUITES_AND_FAILURES := /^✔ (Suite|Test run) /b; /^(◇|✔) | started\.$$/d
HOLOSNAP := $(CURDIR)/.build/release/holosnap
VENV := $(CURDIR)/.build-python
PYTHON_FILES = scripts/manual $(shell find Benchmarks Tests -name '*.py')
SHELL_FILES = .ci/run scripts/build-library scripts/demo scripts/install-dependencies scripts/install-library scripts/python-environment scripts/sanitize-embedding

# What `make fuzz` fuzzes, and for how long each.
FUZZ_PARSER ?= hwp wave legacy npy npz safetensors
FUZZ_SECONDS ?= 60
# libFuzzer as a library: the program has a `main` of its own. Instrumented by the compiler alone, so that no other is linked.
FUZZ_BUILD = HOLOSNAP_FUZZ=1 swift build --configuration release --scratch-path .build-fuzz --product fuzz \
  -Xswiftc -Xfrontend -Xswiftc -sanitize=fuzzer -Xlinker "$$runtime" -Xlinker -lstdc++
# Of libFuzzer's lines, those that say what was found, how fast, and what was covered.
FUZZ_LINES = rror|broken|Fatal|written to|INITED|DONE|average_exec|peak_rss
FUZZ_RUNTIME = swiftc -print-target-info | sed -n -E 's/.*"runtimeResourcePath": "(.*)".*/\1/p'

# The suites that `make sanitize` runs, by the names of their targets.
SUITES ?= HoloSystemTests HoloModelTests HoloFormatTests HoloStoreTests HoloComputeTests HoloEngineTests FixtureTests FuzzTests
SANITIZE = --configuration release -Xswiftc -enable-testing --sanitize address --scratch-path .build-sanitize

PREFIX ?= /usr/local
LIBRARY := $(CURDIR)/.build/embed

.PHONY: help demo test test-large soak fuzz library install sanitize sanitize-embedding bench bench-small lint manual build clean dependencies environment

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:[^#]*##/\t/' | expand -t 14

demo: build ## generate a state of 256 MiB, capture, list, inspect, verify, restore and compare it
	@scripts/demo .build/demo 256MiB

test: environment ## build and run every test, and the demo and the benchmarks in small
	$(SWIFT_BUILD) --build-tests
	PATH="$(VENV)/bin:$$PATH" HOLOSNAP_TEST_PYTHON=$(VENV)/bin/python \
	  $(SWIFT_TEST) $(TEST_OPTIONS) | tee .build/test.log | sed -u -E '$(SUITES_AND_FAILURES)'
	scripts/demo .build/demo-small 16MiB >.build/demo-small.log || { cat .build/demo-small.log; exit 1; }
	@tail -n 1 .build/demo-small.log
	$(MAKE) --no-print-directory bench-small manual
	for page in .build/manual/share/man/man1/*.1; do groff -man -ww -z "$$page"; done
	bash -n .build/manual/share/bash-completion/completions/holosnap

test-large: environment ## build, and run the tests that read very large files
	$(SWIFT_BUILD) --build-tests
	HOLOSNAP_TEST_LARGE=1 HOLOSNAP_TEST_PYTHON=$(VENV)/bin/python $(SWIFT_TEST) --filter ScaleTests | sed -u -E '$(SUITES_AND_FAILURES)'

soak: environment ## build, check a thousand million quantized numbers on each backend, 20,000 operations on chains of snapshots, and thousands of captures under load
	$(SWIFT_BUILD) --build-tests
	HOLOSNAP_SOAK=1 $(SWIFT_TEST) --filter "QuantizerGuaranteeTests|DeltaModelTests|EmbeddingTests"

sanitize: environment ## run the tests under AddressSanitizer, with leaks looked for
	swift build $(SANITIZE) --build-tests
	for suite in $(SUITES); do \
	  LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Sanitizers/leaks.txt PATH="$(VENV)/bin:$$PATH" HOLOSNAP_TEST_PYTHON=$(VENV)/bin/python \
	  swift test $(SANITIZE) --skip-build --disable-xctest --filter "$$suite\\." | sed -u -E '$(SUITES_AND_FAILURES)' ; \
	done

sanitize-embedding: environment library ## run the programs that embed libholosnap under ASan, UBSan, TSan and valgrind
	scripts/sanitize-embedding "$(LIBRARY)" .build/sanitized

fuzz: dependencies ## look for inputs that break a parser: FUZZ_PARSER=npz FUZZ_SECONDS=60
	runtime=$$(echo "$$($(FUZZ_RUNTIME))"/clang/lib/linux/libclang_rt.fuzzer_no_main-"$$(uname -m)".a) && $(FUZZ_BUILD)
	for parser in $(FUZZ_PARSER); do \
	  mkdir -p ".build-fuzz/corpus/$$parser" && echo "$$parser:" && \
	  SWIFT_BACKTRACE=enable=no FUZZ_PARSER="$$parser" .build-fuzz/release/fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=16384 \
	    -print_final_stats=1 -artifact_prefix=".build-fuzz/$$parser-" $(FUZZ_OPTIONS) \
	    ".build-fuzz/corpus/$$parser" "Tests/Fixtures/corpus/$$parser" 2>&1 | grep -aE '$(FUZZ_LINES)' ; done

bench: build library environment ## measure against peers on real data: tables, a chart and all samples in .build/bench
	-@scripts/install-dependencies bench
	scripts/python-environment $(VENV) --bench
	$(VENV)/bin/python Benchmarks/compare.py --holosnap $(HOLOSNAP) --output .build/bench $(BENCH_OPTIONS)

bench-small: build library environment ## the same program on little data, to see that it runs; its figures say nothing
	$(VENV)/bin/python Benchmarks/compare.py --holosnap $(HOLOSNAP) --output .build/bench-small --small

lint: environment ## check the style of Swift, Python and shell sources
	swift format lint --strict --recursive Sources Tests Package.swift
	PYTHONPYCACHEPREFIX=.build/python-cache $(VENV)/bin/python -W error -m py_compile $(PYTHON_FILES)
	for file in $(SHELL_FILES); do bash -n "$$file"; done
	if command -v shellcheck >/dev/null; then shellcheck $(SHELL_FILES); fi

manual: build ## write manual pages and shell completions, made from the help, to .build/manual
	@scripts/manual $(HOLOSNAP) .build/manual

build: dependencies ## build holosnap in release
	$(SWIFT_BUILD) --product holosnap

library: dependencies ## build libholosnap, shared and static, in .build/embed
	$(SWIFT_BUILD) --product HoloSnapC
	scripts/build-library "$(LIBRARY)"

install: library ## install libholosnap, its headers, pkg-config and CMake files: PREFIX=/usr/local
	scripts/install-library "$(LIBRARY)" "$(PREFIX)"

clean: ## remove everything built, installed into this folder, or generated
	rm -rf .build .build-fuzz .build-sanitize .build-python

dependencies:
	@scripts/install-dependencies build

environment:
	@scripts/install-dependencies test
	@scripts/python-environment $(VENV)
