# SPDX-License-Identifier: EUPL-1.2

# Where the example municipality answers, for make demo.
ADDR ?= 127.0.0.1:8080
# Where make screenshots stores what it sees.
SHOTS ?= .build/screenshots
# How many megabytes of text make bench-scan makes.
export SCAN_MB ?= 1024
# Which benchmarks to run, for make bench.
BENCH ?= .
# A directory with a copy of the Go vulnerability database, for make vuln.
VULNDB ?=

.DEFAULT_GOAL := help
.PHONY: demo test screenshots lint bench bench-load bench-scan profile accuracy vuln release build clean help

demo: ## build Insegel and start an example municipality (ADDR=127.0.0.1:8080)
	@scripts/build 'Insegel: builds the program and starts an example municipality. The first build takes some minutes.'
	@exec ./insegel demo --addr $(ADDR)

test: ## install what tests need, then check and test everything, on SQLite and PostgreSQL
	@scripts/test

screenshots: ## store the key screens in SHOTS (.build/screenshots), at 1280, 390 and 320 px, to be looked at
	@mkdir -p "$(SHOTS)"
	@INSEGEL_TEST_SHOTS="$(abspath $(SHOTS))" go test -count=1 -timeout 30m -run '^(TestBrowser|TestNewcomerInBrowser|TestSupplierOnPhoneInBrowser|TestWorkshopAndMorningInBrowser)$$' ./internal/app
	@echo "The screens are in $(SHOTS)."

lint: ## gofumpt, go vet and staticcheck
	@scripts/lint

bench: ## run the benchmarks (BENCH=regexp chooses which)
	@scripts/with-postgres go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 60m ./...

bench-load: ## let 50 people click through the example municipality at once, on SQLite
	@go test -run '^$$' -bench '^BenchmarkLoad$$' -benchtime 1x -timeout 20m ./internal/app

token: ## test the root key in a token (PKCS#11), with SoftHSM2; it needs a C compiler
	@go test -tags pkcs11 ./internal/key

bench-scan: ## measure insegel scan beside ripgrep, grep and others (SCAN_MB=1024 chooses how much text)
	@scripts/bench-scan

profile: ## measure where time goes, and write default.pgo, which the program is built with
	@scripts/profile

accuracy: ## score every detector on labelled sentences and mixed files
	@go test ./internal/discovery -run 'TestAccuracy|TestPrecisionInMixedFiles' -count=1

vuln: ## look for known vulnerabilities (VULNDB=directory with a copy of the Go vulnerability database)
	@if [ -z "$(VULNDB)" ]; then echo "make vuln VULNDB=DIRECTORY: give a copy of the Go vulnerability database (ID/*.json and index/)"; exit 2; fi
	@go tool -modfile=tools/release.mod govulncheck -db "file://$(abspath $(VULNDB))" ./...

release: ## build dist/: static binaries, bills of materials, checksums
	@scripts/release

build: ## build ./insegel
	@scripts/build

clean: ## remove what was built and installed here
	rm -rf insegel dist .build test/browser/node_modules test/node/node_modules

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
