# The commands of this repository. `make` alone explains them.
#
# Nothing needs more than Go and a Unix shell, unless its line says so; what a
# target needs beyond that it installs where it may (apt-get, as root), and
# names where it may not.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help build test torture bench e2e mutants fuzz lint release container

# The version is read from git by scripts/version, not by the Go tool: the same
# source gives the same bytes, in whatever folder it lies.
export GOFLAGS ?= -buildvcs=false

help: ## explain the targets
	@awk -F':.*## ' '/^[a-z0-9]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build ./collector
	@scripts/compile ./collector

test: ## everything that CI checks: format, vet, staticcheck, modules, tests with -race, fuzz, mutants, container, the table of 16 defects
	@scripts/test

torture: ## the promises of docs/RELIABILITY.md at their documented amounts (hours); TORTURE="kills storm" for single steps
	@scripts/torture $(TORTURE)

bench: ## every speed that is promised, beside the floor of this machine; BENCH="-short quota" for less
	@scripts/bench $(BENCH)

e2e: ## whole runs: a real Bluesky server from npm, a music server from PyPI; the HTTP API as Schemathesis asks it; the pages in Chromium; recorded replies and published descriptions where COLLECTOR_REPLIES and COLLECTOR_SPECS name them
	@e2e/run.sh

mutants: ## break the product on purpose, once for each promise: its test must turn red
	@go run ./scripts/mutants $(MUTANTS)

fuzz: ## every fuzz target for SECONDS (default 10) seconds
	@scripts/fuzz $(SECONDS)

lint: ## format, vet, staticcheck and the modules, without tests
	@scripts/test lint

release: ## binaries for linux, macOS and Windows, checksums and dependencies in dist/
	@scripts/release

container: ## build the image of Dockerfile.prebuilt and run it (Linux; buildah, podman and runc)
	@scripts/container
