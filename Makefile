# rehydrate: `make` alone lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TOOLS := $(CURDIR)/build/tools
GOLANGCI_LINT := $(TOOLS)/golangci-lint-v2.15.0
GOFUMPT := $(TOOLS)/gofumpt-v0.12.0
# Only cdk/ compiles the CDK, which is slow: it is tested apart, without -race.
PACKAGES = $$(go list ./... | grep -v '/cdk')
REHYDRATE := build/rehydrate

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: $(REHYDRATE)
$(REHYDRATE):
	@mkdir -p build
	@go build -o $@ ./cmd/rehydrate

.PHONY: demo
demo: $(REHYDRATE) ## make a sample archive and put it back, all on this computer
	$(REHYDRATE) sample --out out/archive
	@echo '$(REHYDRATE) run --archive out/archive --from 2018-12-10 --to 2018-12-12'
	@$(REHYDRATE) run --archive out/archive --from 2018-12-10 --to 2018-12-12 || [ $$? -eq 1 ]
	@echo; echo 'Look at the logs: $(REHYDRATE) serve'

.PHONY: install
install: ## install the program rehydrate where go install puts it
	go install ./cmd/rehydrate

.PHONY: lambdas
lambdas: ## build the Lambdas' one binary for AWS (arm64), reproducibly
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -buildvcs=false -tags lambda.norpc \
	  -ldflags '-s -w -buildid=' -o build/lambda/bootstrap ./lambdas/bootstrap

.PHONY: check
check: lint ## lint and short tests; needs nothing but Go
	go test -short -skip '^Test(Sweep|Killed)' $(PACKAGES)

.PHONY: test
test: setup lint lambdas node_modules cdk/nag/node_modules .venv/done ## everything: lint, unit tests, real engines, whole runs, synth, deploy
	$(MAKE) --no-print-directory demo
	go test -race -short -timeout 20m $(PACKAGES)
	go test -p 1 -run 'Engine|Security|KillAndRestart' -timeout 30m ./internal/cluster/... ./cmd/rehydrate
	go test -run '^(TestReadme|TestManyDays|TestConformance|TestIndexEveryFormCutAtEveryByte)$$' -timeout 10m ./cmd/rehydrate ./local/store ./lambdas/index
	go vet ./cdk/... && $(GOLANGCI_LINT) run ./cdk/...
	go test -timeout 20m ./cdk/...

.PHONY: setup
setup:
	@.ci/setup

.PHONY: lint
lint: $(GOLANGCI_LINT) ## vet and golangci-lint
	go vet $(PACKAGES)
	$(GOLANGCI_LINT) run $$(go list -f '{{.Dir}}' ./... | grep -v '/cdk')

.PHONY: fmt
fmt: $(GOFUMPT) ## format the code
	$(GOFUMPT) -w $$(git ls-files '*.go')

.PHONY: bench
bench: ## one table of how fast it is, each figure beside what it is to be compared with
	@.ci/bench

.PHONY: bench-engines
bench-engines: ## what real engines spend: mappings, replicas, a range beside a Python client (an hour)
	go test -run '^$$' -bench '^Benchmark(Engines|Mappings|Searches|Replicas|Restore|Auto)$$' -benchtime 1x -timeout 180m ./cmd/rehydrate -engines

.PHONY: fuzz
fuzz: ## fuzz each target for FUZZTIME (default 1m)
	@for package in $$(grep -rlE '^func Fuzz' --include='*_test.go' internal local | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -rhoE '^func Fuzz[A-Za-z]*' $$package/*_test.go | sed 's/func //' | sort -u); do \
	    echo "$$package $$target"; \
	    go test -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-1m} ./$$package; \
	  done; \
	done

.PHONY: sweep
sweep: ## fail every call of a run in every way (some 20 minutes), and write docs/faults.md
	go test -run '^TestSweep' -timeout 90m -v ./cmd/rehydrate -sweep -update

.PHONY: deploy diff destroy start
deploy: node_modules ## deploy the stack, with the settings that rehydrate init wrote (for once: CDK='-c rehydrate:live=true')
	npx cdk deploy $(CDK)
diff: node_modules ## what a deploy would change
	npx cdk diff $(CDK)
destroy: node_modules ## remove the stack
	npx cdk destroy $(CDK)
start: $(REHYDRATE) ## start a run in AWS and follow it: make start FROM=2018-12-10 TO=2018-12-12
	@$(REHYDRATE) start $(if $(STACK),--stack '$(STACK)') --from '$(FROM)' --to '$(TO)'

.PHONY: dashboards
dashboards: $(REHYDRATE) ## a dashboard for Kibana or OpenSearch Dashboards: make dashboards URL=http://127.0.0.1:5601 (without: a file)
	@$(REHYDRATE) dashboards $(if $(PREFIX),--index-prefix '$(PREFIX)') $(if $(PARSE),--parse) \
	  $(if $(SECRET),--secret '$(SECRET)') $(if $(TLS_NAME),--tls-name '$(TLS_NAME)') \
	  $(if $(URL),--url '$(URL)',--out build/dashboards.ndjson)

.PHONY: release
release: ## archives of the program for Linux and macOS, with checksums: make release VERSION=v1.2.3
	@[ -n '$(VERSION)' ] || { echo 'make release: give VERSION=v1.2.3'; exit 1; }
	rm -rf build/release && mkdir -p build/release
	for platform in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64; do \
	  name="rehydrate-$(VERSION)-$${platform/\//-}"; mkdir -p "build/release/$$name"; \
	  CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go build -trimpath -buildvcs=false \
	    -ldflags '-s -w -X main.release=$(VERSION)' -o "build/release/$$name/rehydrate" ./cmd/rehydrate; \
	  cp README.md LICENSE CHANGELOG.md "build/release/$$name"; \
	  tar -C build/release -czf "build/release/$$name.tar.gz" "$$name"; rm -r "build/release/$$name"; \
	done
	cd build/release && sha256sum *.tar.gz >checksums.txt

.PHONY: clean
clean: ## remove what was built (not out/)
	rm -rf build cdk.out node_modules cdk/nag/node_modules .venv

$(GOLANGCI_LINT):
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(TOOLS)/golangci-lint $@

$(GOFUMPT):
	GOBIN=$(TOOLS) go install mvdan.cc/gofumpt@v0.12.0
	mv $(TOOLS)/gofumpt $@

node_modules: package.json package-lock.json
	npm ci --no-audit --no-fund
	touch node_modules

cdk/nag/node_modules: cdk/nag/package.json cdk/nag/package-lock.json
	npm ci --prefix cdk/nag --no-audit --no-fund
	touch cdk/nag/node_modules

.venv/done: cdk/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet -r cdk/requirements.txt
	touch $@
