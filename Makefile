# `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
BIN := $(CURDIR)/.tmp/bin
export PATH := $(BIN):$(PATH)

.PHONY: generate
generate: $(BIN)/buf $(BIN)/protoc-gen-go
	rm -rf protocol/gen tck/gen reference-impl/gen
	buf generate
