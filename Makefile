# `make` or `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Tools live in .tmp/bin, built once from the versions pinned in tools/*/go.mod.
BIN := $(CURDIR)/.tmp/bin
export PATH := $(BIN):$(PATH)
IMAGES := $(CURDIR)/.tmp/images
VERSION := $(shell cat VERSION)
comma := ,
COMMIT := $(shell tools/commit)
# What every one of our binaries is told about itself.
LDFLAGS := -s -w \
	-X github.com/stateward/stateward/proxy/internal/build.version=$(VERSION) \
	-X github.com/stateward/stateward/proxy/internal/build.commit=$(COMMIT) \
	-X github.com/stateward/stateward/tck/app.version=$(VERSION) \
	-X github.com/stateward/stateward/tck/app.commit=$(COMMIT) \
	-X github.com/stateward/stateward/reference-impl/go/sdk.version=$(VERSION) \
	-X github.com/stateward/stateward/reference-impl/go/sdk.commit=$(COMMIT)
BUILD := CGO_ENABLED=0 go build -trimpath -ldflags='$(LDFLAGS)'

##@ People
.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

.PHONY: build
build: ## Build the proxy, the kit and the reference functions into .tmp/bin and .tmp/images
	@mkdir -p $(BIN) $(IMAGES)/data
	@echo "building $(VERSION) ($(COMMIT))"
	@$(BUILD) -o $(BIN)/ ./tck/cmd/tck
	@$(BUILD) -o $(IMAGES)/ ./proxy/cmd/stateward-proxy \
		./reference-impl/go/model ./reference-impl/go/cart ./reference-impl/go/profile ./reference-impl/go/temperature ./reference-impl/go/presence

.PHONY: test
test: ## Run the tests that need Go alone, and PostgreSQL where it is installed
	go test ./...

.PHONY: conformance
conformance: ## Build the images, certify the reference functions, drive their carts through the proxy, write the reports
	@conformance-reports/reproduce

# Without npm the pages lack the script that draws: diagrams stay as text.
.PHONY: docs
docs: $(if $(shell command -v npm),tools/docs/node_modules/.package-lock.json) ## Render the specification as HTML into .tmp/docs
	@rm -rf .tmp/docs
	go run ./protocol/cmd/specsite .tmp/docs
	@cp tools/docs/node_modules/mermaid/dist/mermaid.min.js .tmp/docs/ 2>/dev/null || \
		echo "npm is missing: the diagrams stay as text"
	@echo "open .tmp/docs/index.html"

##@ Contributors
.PHONY: slowtest
slowtest: ## Kill proxy, function and database under load, 100 times on pebble and 20 on PostgreSQL (about 3 minutes)
	go test ./reference-impl/scenario -count=1 -timeout 60m -v -run '^TestCrash$$' -kills 100 -postgres-kills 20

.PHONY: test-full
test-full: ## Run every test with the race detector, those that need a Docker engine, other languages or a browser included
	go test -race -timeout 20m -tags docker ./...
	$(MAKE) simulate MINUTES=0.167
	$(MAKE) test-languages checktemplates checkdocs checkreport

# The languages besides Go, whose builds generate by buf.
OTHERS = $(filter-out go,$(or $(subst $(comma), ,$(LANGUAGES)),every))

.PHONY: test-languages
test-languages: $(if $(OTHERS),$(BIN)/buf) ## Build, lint and test the reference functions in other languages than Go; LANGUAGES=python,java narrows
	@languages=$$(reference-impl/languages); \
	for language in $$languages; do [ "$$language" = go ] || reference-impl/$$language/check; done

.PHONY: check
check: lint protocheck checkgenerate checktidy checkmanifests checkqueries ## Run the linters and all that finds stale files

.PHONY: lint
lint: $(BIN)/golangci-lint ## Lint the Go code
	golangci-lint run ./...

.PHONY: lintfix
lintfix: $(BIN)/golangci-lint ## Lint the Go code and mend what can be mended
	golangci-lint run --fix ./...

.PHONY: protocheck
protocheck: $(BIN)/buf ## Lint the protos and compare them with the last release
	buf lint
	buf format --diff --exit-code
	@image=$$(printf '%s\n' $(wildcard protocol/releases/*.binpb) | sort -V | tail -n 1); \
	if [ -n "$$image" ]; then buf breaking protocol --against "$$image"; \
	else echo "buf breaking: nothing has been released yet, so nothing can break"; fi

# What `make generate` writes.
GENERATED := protocol tck/gen proxy/gen tck/report/report.schema.json reference-impl/gen

.PHONY: generate
generate: $(BIN)/buf $(BIN)/protoc-gen-go $(BIN)/protoc-gen-go-grpc $(BIN)/protoc-gen-connect-go ## Write the generated code and requirements.json
	rm -rf protocol/gen tck/gen reference-impl/gen proxy/gen
	buf generate
	buf generate --template proxy/buf.gen.yaml
	go run ./protocol/cmd/requirements

.PHONY: checkgenerate
checkgenerate: ## Fail when generated files are stale
	@stale() { git status --porcelain --untracked-files=all -- $(GENERATED); }; \
	before=$$(stale; git diff -- $(GENERATED) | sha256sum); \
	$(MAKE) generate >/dev/null; \
	after=$$(stale; git diff -- $(GENERATED) | sha256sum); \
	if [ "$$before" != "$$after" ]; then \
		git status --short -- $(GENERATED); \
		echo "generated files were stale; \`make generate\` has just written them: commit the change" >&2; exit 1; \
	fi; \
	echo "generated files are fresh"

.PHONY: checkmanifests
checkmanifests: ## Hold the manifests of docs/operations against the schemas of Kubernetes and Compose
	cd tools/manifests && go test -count=1 ./... # it reads files that are not its own

.PHONY: checkqueries
checkqueries: ## Ask each query of the dashboard and of the alert rules of what proxies under load tell
	@rm -rf .tmp/scrapes && mkdir -p .tmp/scrapes
	go test ./proxy/internal/app -count=1 -run '^TestMetricsPage$$' -scrapes $(CURDIR)/.tmp/scrapes
	cd tools/promql && go test -count=1 ./... -scrapes $(CURDIR)/.tmp/scrapes

.PHONY: checktidy
checktidy: ## Fail when go.mod is not tidy
	go mod tidy -diff

.PHONY: checktemplates
checktemplates: $(BIN)/buf ## Generate Go, Python, TypeScript and Java by the templates of the protocol, compile it, and begin a library in each
	protocol/templates/check
	tck/scaffold/check

.PHONY: checkdocs
checkdocs: docs ## Look at the rendered specification in a browser
	@if command -v node >/dev/null && [ -d tools/docs/node_modules ]; then node tools/docs/check.mjs .tmp/docs; \
	else echo "checkdocs: skipped, node or npm is missing"; [ "$${CI:-}" != true ]; fi

.PHONY: checkreport
checkreport: $(if $(shell command -v npm),tools/docs/node_modules/.package-lock.json) ## Look at the page of a failing subject's report, and at the matrix, in a browser
	@rm -rf .tmp/report && mkdir -p .tmp/report
	go test ./tck/app -count=1 -run '^TestPages$$' -pages $(CURDIR)/.tmp/report
	go test ./tck/report/index -count=1 -run '^TestHTML' -pages $(CURDIR)/.tmp/report
	@if command -v node >/dev/null && [ -d tools/docs/node_modules ]; then \
		node tools/docs/report.mjs .tmp/report .tmp/report; \
		node tools/docs/matrix.mjs .tmp/report .tmp/report conformance-reports/matrix.html; \
	else echo "checkreport: skipped, node or npm is missing"; [ "$${CI:-}" != true ]; fi

.PHONY: simulate
simulate: ## Play whole proxies under seeds for MINUTES (default 1), or the one SEED again
	@go test ./proxy/internal/simulation -count=1 -timeout 0 -run '^TestSimulate$$' -v \
		-args $(if $(SEED),-seed $(SEED),-minutes $(or $(MINUTES),1))

.PHONY: fuzz
fuzz: ## Fuzz every decoder, for FUZZTIME each (default 10s)
	@go list ./... | while read -r pkg; do \
		go test -list '^Fuzz' "$$pkg" | sed -n '/^Fuzz/p' | while read -r name; do \
			echo "fuzz $$pkg $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $${FUZZTIME:-10s} -fuzzminimizetime 100x "$$pkg"; \
		done; \
	done

.PHONY: bench
bench: ## Measure the proxy beside the bare way through gRPC, for TIME in all (default 5m); BENCH='-only REGEXP -profiles DIR' narrows and profiles
	@mkdir -p $(IMAGES)
	@$(BUILD) -o $(BIN)/stateward-bench ./proxy/cmd/stateward-bench
	@$(BUILD) -o $(IMAGES)/ ./proxy/cmd/stateward-proxy
	@$(BIN)/stateward-bench -proxy $(IMAGES)/stateward-proxy -time $${TIME:-5m} $(BENCH)

.PHONY: microbench
microbench: ## Run the Go benchmarks of the rooms
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: functions
functions: build $(if $(OTHERS),$(BIN)/buf) ## Build the reference functions of each language; LANGUAGES=go,python narrows
	@languages=$$(reference-impl/languages); \
	printf '%s\n' $$languages | sed '/^go$$/d' | xargs -r -P 2 -n 1 bash -c 'exec reference-impl/$$0/build'

# The folder with the programs is the context of the images in Go. What other languages
# build stands below it, and is none of theirs.
.PHONY: images
images: functions ## Build the container images (needs a Docker engine); LANGUAGES narrows
	@cp $(BIN)/tck $(IMAGES)/
	@reference-impl/languages all > $(IMAGES)/.dockerignore
	docker build --quiet --tag stateward/tck:$(VERSION) --file tck/Dockerfile $(IMAGES)
	docker build --quiet --tag stateward/proxy:$(VERSION) --file proxy/Dockerfile $(IMAGES)
	@reference-impl/images

.PHONY: clean
clean: ## Remove what the other targets built and installed
	rm -rf .tmp tools/docs/node_modules
	git clean -qfdX reference-impl

$(BIN)/buf: tools/buf/go.mod tools/buf/go.sum
	@echo "building buf (about 3 minutes, once)"; mkdir -p $(BIN)
	cd tools/buf && go build -o $(BIN)/ tool

$(BIN)/golangci-lint: tools/golangci-lint/go.mod tools/golangci-lint/go.sum
	@echo "building golangci-lint (about 2 minutes, once)"; mkdir -p $(BIN)
	cd tools/golangci-lint && go build -o $(BIN)/ tool

$(BIN)/ginkgo $(BIN)/protoc-gen-go $(BIN)/protoc-gen-go-grpc $(BIN)/protoc-gen-connect-go &: tools/gen/go.mod tools/gen/go.sum
	@mkdir -p $(BIN)
	cd tools/gen && go build -o $(BIN)/ tool

tools/docs/node_modules/.package-lock.json: tools/docs/package-lock.json
	cd tools/docs && npm ci --ignore-scripts --no-audit --no-fund
