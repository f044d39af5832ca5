# Kassa: build, run, prove. The recipes are one line each; what they do is in scripts/.

# Go 1.21 or newer is enough: it fetches the toolchain that go.mod names.
export GOTOOLCHAIN := auto

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD   := CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'

.PHONY: help build run test check bench test-power test-long image image-test bundle deb clean

build: ## bin/kassa (the till) and bin/kassalab (the bench)
	$(BUILD) -o bin/ ./cmd/kassa ./cmd/kassalab

run: build ## the bench and a till on it; Ctrl-C stops both
	@scripts/run

test: ## every test, in under 10 minutes
	@scripts/test

check: ## formatting, vet, staticcheck, race tests, import rules, static arm64 build, tidy modules
	@scripts/check

bench: ## one line a figure, non-zero when one is over its budget; BENCH=quick for a desk
	@go -C scripts/bench run .

test-power: ## every power cut and kill the tests know; the last line is what they saw together
	@KASSA_LONG=1 scripts/gotest -power -count=1 -timeout 60m -run '^Test(Root)?Power|^TestKilledAtEvery' ./offline/tape ./offline/journal ./cmd/kassa

test-long: ## the whole of every matrix that make test only samples
	@KASSA_LONG=1 scripts/gotest -count=1 -timeout 4h ./...

image: ## the flashable image
	@scripts/image build

image-test: ## boot the image in QEMU, sell in it, cut its power; N=50 for the long run, UPDATES=1 for those too
	@scripts/image test

bundle: ## an update made of the last image, signed with keys given from outside
	@build/bundle

deb: ## a Debian package for machines that keep their own system
	@build/deb

clean: ## forget what was built and the bench's data
	rm -rf bin out .run

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 14
