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
SHELL_FILES = .ci/run scripts/demo scripts/install-dependencies scripts/python-environment

.PHONY: help demo test bench bench-small lint manual build clean dependencies environment

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

bench: build environment ## measure against BLAKE3, Blosc2 and tmpfs; prints a table, writes .build/bench/comparison.json
	scripts/python-environment $(VENV) --weights
	$(VENV)/bin/python Benchmarks/compare.py --holosnap $(HOLOSNAP) --json .build/bench/comparison.json $(BENCH_OPTIONS)

bench-small: build environment ## the same program on little data, to see that it runs; its figures say nothing
	$(VENV)/bin/python Benchmarks/compare.py --holosnap $(HOLOSNAP) --json .build/bench/small.json --small

lint: environment ## check the style of Swift, Python and shell sources
	swift format lint --strict --recursive Sources Tests Package.swift
	PYTHONPYCACHEPREFIX=.build/python-cache $(VENV)/bin/python -W error -m py_compile $(PYTHON_FILES)
	for file in $(SHELL_FILES); do bash -n "$$file"; done
	if command -v shellcheck >/dev/null; then shellcheck $(SHELL_FILES); fi

manual: build ## write manual pages and shell completions, made from the help, to .build/manual
	@scripts/manual $(HOLOSNAP) .build/manual

build: dependencies ## build holosnap in release
	$(SWIFT_BUILD) --product holosnap

clean: ## remove everything built, installed into this folder, or generated
	rm -rf .build .build-python

dependencies:
	@scripts/install-dependencies build

environment:
	@scripts/install-dependencies test
	@scripts/python-environment $(VENV)
