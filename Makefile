# The few commands that people and machines need: make help.
#
# Holds no logic that Cargo, pip or pytest have; needs nothing that was installed by hand but Rust, Python with venv,
# a C compiler and the package registries.

PYTHON ?= python3
CARGO ?= cargo
PREFIX ?= /usr/local
# Where Cargo builds to, if its variable says another place than usual.
BUILT := $(or $(CARGO_TARGET_DIR),target)/release
BUILT_DEBUG := $(or $(CARGO_TARGET_DIR),target)/debug

DEMO_VENV := .venv
TEST_VENV := target/test-venv
TEST_WHEEL := target/test-wheel
# An environment for each Python that is found.
TEST_VENVS := target/test-venvs
DOCS_VENV := target/docs-venv
WHEEL_VENV := target/wheel-venv
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := lines manifests names lanes calls trees
# What takes longer than any script can is a hang.
FUZZ_OPTIONS := -max_len=1024 -timeout=60
# Rounds of what depends on chance.
FAULTS_LOOPS ?= 20
DIFFERENTIAL_CASES ?= 30000
# pip's own news are no part of what is shown here.
PIP_OPTIONS := --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test test-rust test-portable check-elsewhere test-long test-python faults differential fuzz test-fuzz models wheel \
	docs test-docs licences install install-built clean python

help:
	@echo 'make demo     install the Python package into $(DEMO_VENV) and show it finding damage in demo/'
	@echo 'make test     every test: format, lints, Rust, C header and examples, and Python against the built wheel'
	@echo 'make faults   faults of reading at every moment, and of storage in $(FAULTS_LOOPS) rounds: some minutes, all of it only as root'
	@echo 'make differential  checksig sha1sum beside the system'"'"'s on $(DIFFERENTIAL_CASES) generated command lines: some minutes'
	@echo 'make fuzz     libFuzzer on manifests, names, lanes, the C API and whole trees, $(FUZZ_SECONDS) seconds each; needs cargo-fuzz'
	@echo 'make models   the locks of a run with their threads in thousands of orders, by shuttle: some minutes'
	@echo 'make docs     the documentation as a site, target/site/index.html'
	@echo 'make wheel    dist/: the source archive, and from it the wheel for every Linux with glibc 2.17 or newer'
	@echo 'make licences THIRD-PARTY-LICENSES anew, after a change of Cargo.lock; needs cargo-about'
	@echo 'make install  the command, its man pages and completions, the C library and its header; PREFIX=$(PREFIX) DESTDIR='
	@echo 'make clean    remove what these made'

# Says what is missing before something else fails over it.
python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null \
		|| { echo 'make: $(PYTHON) is not Python 3.9 or newer; name one: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo 'make: $(PYTHON) has no venv; install it (on Debian: apt-get install python3-venv)' >&2; exit 1; }
	@command -v $(CARGO) >/dev/null \
		|| { echo 'make: no $(CARGO) on the PATH; install Rust 1.89 or newer, see rustup.rs' >&2; exit 1; }

demo: python
	$(PYTHON) -m venv $(DEMO_VENV)
	@echo "Compiling and installing the Python package into $(DEMO_VENV): some minutes the first time"
	@$(DEMO_VENV)/bin/pip install $(PIP_OPTIONS) .
	@$(DEMO_VENV)/bin/python bindings/demo/demo.py demo

test: test-rust test-portable test-long test-python test-docs test-fuzz
	@echo 'make test: everything passed'

test-rust:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked

# The build for other systems than Linux, on Linux: without anything that only Linux has. Where files are opened and read, and
# whole runs; it has a target directory of its own, as every crate is compiled anew.
test-portable:
	RUSTFLAGS='--cfg checksig_portable -D warnings' CARGO_TARGET_DIR='$(or $(CARGO_TARGET_DIR),target)/portable' \
		$(CARGO) test --locked --lib --test verify --test create --test hashing --test command --test refusals \
		--test descriptors --test resources --test page_cache --test courtesy --test doctor

# Messages of gigabytes and a million short ones through every kernel, and a manifest of ten million lines: three minutes in
# the release profile, and 600 MB on the disk meanwhile.
test-long:
	$(CARGO) test --release --locked --test conformance_long --test resources_long

# Whether the library compiles for other systems, of which none has been tried; rustup target add brings what that takes.
check-elsewhere:
	$(CARGO) check --locked --lib --no-default-features --target x86_64-apple-darwin
	$(CARGO) check --locked --lib --no-default-features --target x86_64-unknown-freebsd

test-python: python
	rm -rf $(TEST_VENV) $(TEST_WHEEL)
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_VENV)/bin/pip wheel $(PIP_OPTIONS) --no-deps --wheel-dir $(TEST_WHEEL) .
	$(PYTHON) tests/python/on_every_python.py $(TEST_WHEEL)/checksig-*.whl $(TEST_VENVS)

# The faults that cargo test tries in part, all of them: in the sources at every point, then those of Linux and of storage.
faults:
	CHECKSIG_FAULTS_ALL=1 $(CARGO) test --locked --lib -- --nocapture engine::faults
	CHECKSIG_FAULTS_LOOPS=$(FAULTS_LOOPS) $(CARGO) test --locked --test faults --test truncation -- --nocapture

# The comparison with the system's sha1sum that cargo test makes in part.
differential:
	CHECKSIG_DIFFERENTIAL_CASES=$(DIFFERENTIAL_CASES) $(CARGO) test --locked --test differential -- --nocapture

# cargo-fuzz asks for options of a nightly compiler; the variable lets a stable one take them. What is found on the way is kept
# in fuzz/corpus, so that the next time begins there. The last target has a fault that is planted in it: where the fuzzer
# does not find that, it would find nothing else either.
fuzz:
	@$(CARGO) fuzz --version >/dev/null 2>&1 || { echo 'make: no cargo-fuzz; cargo install cargo-fuzz' >&2; exit 1; }
	for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/corpus/$$target && RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target fuzz/corpus/$$target \
			tests/fuzzed/seeds/$$target -- $(FUZZ_OPTIONS) -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done
	rm -rf fuzz/corpus/canary fuzz/artifacts/canary && mkdir -p fuzz/corpus/canary
	RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run canary fuzz/corpus/canary tests/fuzzed/seeds/lines -- $(FUZZ_OPTIONS) \
		-max_total_time=60 >fuzz/corpus/canary/log 2>&1; \
	ls fuzz/artifacts/canary/crash-* >/dev/null 2>&1 \
		|| { cat fuzz/corpus/canary/log; echo 'make: the fault of the canary was not found' >&2; exit 1; }
	@echo 'make fuzz: $(words $(FUZZ_TARGETS)) targets found nothing, and the fault of the canary was found'

# A few seconds of each, where that can be; cargo test plays their seeds in any case.
test-fuzz:
	@if $(CARGO) fuzz --version >/dev/null 2>&1; then $(MAKE) fuzz FUZZ_SECONDS=3; \
	else echo 'NOT RUN: $(words $(FUZZ_TARGETS)) fuzz targets and their canary; cargo install cargo-fuzz'; fi

# Locks and waits under shuttle, which tries the orders of their threads: ten thousand for each model, or CHECKSIG_SCHEDULES.
# The target directory is one of its own, as every crate is compiled anew.
models:
	RUSTFLAGS='--cfg checksig_shuttle -D warnings' CARGO_TARGET_DIR='$(or $(CARGO_TARGET_DIR),target)/models' \
		$(CARGO) test --locked --lib -- models::

# The references are made from what the command says of itself, so that is built first. Any warning ends it; with --quiet
# mkdocs would not count them.
docs: python
	$(CARGO) build --locked
	$(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_VENV)/bin/pip install $(PIP_OPTIONS) --requirement docs/site/requirements.txt
	NO_MKDOCS_2_WARNING=1 CHECKSIG='$(BUILT_DEBUG)/checksig' $(DOCS_VENV)/bin/mkdocs build --strict

# Whether every link of the site leads somewhere, nothing on it comes from elsewhere, and the references have every name.
test-docs: docs
	$(DOCS_VENV)/bin/python docs/site/check.py target/site '$(BUILT_DEBUG)/checksig'

# From the source archive, not from this checkout: what is missing in it fails here. Then what an index would refuse.
wheel: python
	rm -rf dist
	$(PYTHON) -m venv $(WHEEL_VENV)
	$(WHEEL_VENV)/bin/pip install $(PIP_OPTIONS) build twine auditwheel
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(WHEEL_VENV)/bin/python -m build --config-setting=manylinux=2014 .
	$(WHEEL_VENV)/bin/auditwheel show dist/*.whl
	$(WHEEL_VENV)/bin/twine check --strict dist/*

licences:
	@$(CARGO) about --version >/dev/null 2>&1 || { echo 'make: no cargo-about; cargo install cargo-about --features cli' >&2; exit 1; }
	$(CARGO) about generate --locked --all-features --config bindings/build/about.toml --output-file THIRD-PARTY-LICENSES \
		bindings/build/about.hbs

install:
	$(CARGO) build --release --locked
	rm -rf '$(BUILT)/pages'
	$(CARGO) run --release --locked --example pages -- '$(BUILT)/pages'
	$(MAKE) install-built

# What stands in $(BUILT) already.
install-built:
	install -Dm755 '$(BUILT)/checksig' '$(DESTDIR)$(PREFIX)/bin/checksig'
	install -Dm755 '$(BUILT)/libchecksig.so' '$(DESTDIR)$(PREFIX)/lib/libchecksig.so.0'
	ln -sf libchecksig.so.0 '$(DESTDIR)$(PREFIX)/lib/libchecksig.so'
	install -Dm644 '$(BUILT)/libchecksig.a' '$(DESTDIR)$(PREFIX)/lib/libchecksig.a'
	install -Dm644 bindings/c/checksig.h '$(DESTDIR)$(PREFIX)/include/checksig.h'
	install -d '$(DESTDIR)$(PREFIX)/lib/pkgconfig'
	version=$$($(CARGO) pkgid --locked | sed 's/.*[#@]//') && \
		sed -e 's|@PREFIX@|$(PREFIX)|' -e "s|@VERSION@|$$version|" bindings/c/checksig.pc.in \
			> '$(DESTDIR)$(PREFIX)/lib/pkgconfig/checksig.pc'
	for page in $$(cd '$(BUILT)/pages' && find * -type f); do \
		install -Dm644 "$(BUILT)/pages/$$page" "$(DESTDIR)$(PREFIX)/share/$$page" || exit 1; \
	done

clean:
	$(CARGO) clean
	rm -rf $(DEMO_VENV) demo dist
