# rehydrate: `make` alone lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TOOLS := $(CURDIR)/build/tools
GOLANGCI_LINT := $(TOOLS)/golangci-lint-v2.15.0
GOFUMPT := $(TOOLS)/gofumpt-v0.12.0
# Only cdk/ compiles the CDK, which is slow: it is tested apart, without -race.
PACKAGES = $$(go list ./... | grep -v '/cdk')

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## make a sample archive and rehydrate it, all on this computer
	@mkdir -p build
	@go build -o build/rehydrate ./local
	build/rehydrate sample -out out/archive
	@echo 'build/rehydrate run -archive out/archive -from 2018-12-10 -to 2018-12-12 -out out'
	@build/rehydrate run -archive out/archive -from 2018-12-10 -to 2018-12-12 -out out || [ $$? -eq 1 ]

.PHONY: lambdas
lambdas: ## build the four Lambdas for AWS (arm64), reproducibly
	@CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -buildvcs=false -tags lambda.norpc \
	  -ldflags '-s -w -buildid=' -o build/lambda/bootstrap ./lambdas/bootstrap

.PHONY: test
test: lint lambdas node_modules .venv/done ## everything: lint, unit tests, real engines, whole runs, synth, deploy
	go test -race -short -timeout 20m $(PACKAGES)
	go test -p 1 -run 'Engine|Security|KillAndRestart' -timeout 30m ./internal/cluster/... ./local
	go test -timeout 20m ./cdk/...

.PHONY: lint
lint: $(GOLANGCI_LINT) ## build, vet and golangci-lint
	go build ./...
	go vet ./...
	$(GOLANGCI_LINT) run

.PHONY: fmt
fmt: $(GOFUMPT) ## format the code
	$(GOFUMPT) -w $$(git ls-files '*.go')

.PHONY: bench
bench: ## how fast it is, as ratios within one run
	go test -run '^$$' -bench . ./internal/decode ./internal/document ./internal/bulk ./local/store ./local/lambdahost ./local/asl
	go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./internal/archive ./internal/report ./local

.PHONY: fuzz
fuzz: ## fuzz each target for FUZZTIME (default 1m)
	@for package in internal/decode internal/bulk internal/document; do \
	  for target in $$(grep -rhoE '^func Fuzz[A-Za-z]*' $$package | sed 's/func //' | sort -u); do \
	    echo "$$package $$target"; \
	    go test -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-1m} ./$$package; \
	  done; \
	done

.PHONY: deploy diff destroy start
deploy: node_modules ## deploy the stack; settings in cdk.json or CDK='-c rehydrate:archive=…'
	npx cdk deploy $(CDK)
diff: node_modules ## what a deploy would change
	npx cdk diff $(CDK)
destroy: node_modules ## remove the stack
	npx cdk destroy $(CDK)
start: ## start a run in AWS and follow it: make start FROM=2018-12-10 TO=2018-12-12
	go run ./cdk/ops start -from '$(FROM)' -to '$(TO)'

.PHONY: dashboards
dashboards: ## a dashboard for Kibana or OpenSearch Dashboards: make dashboards URL=http://127.0.0.1:5601 (without: a file)
	@mkdir -p build
	@go run ./local dashboards $(if $(PREFIX),-index-prefix '$(PREFIX)') $(if $(PARSE),-parse) \
	  $(if $(SECRET),-secret '$(SECRET)') $(if $(URL),-url '$(URL)',-out build/dashboards.ndjson)

.PHONY: clean
clean: ## remove what was built (not out/)
	rm -rf build cdk.out node_modules .venv

$(GOLANGCI_LINT):
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(TOOLS)/golangci-lint $@

$(GOFUMPT):
	GOBIN=$(TOOLS) go install mvdan.cc/gofumpt@v0.12.0
	mv $(TOOLS)/gofumpt $@

node_modules: package.json package-lock.json
	npm ci --no-audit --no-fund
	touch node_modules

.venv/done: cdk/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet -r cdk/requirements.txt
	touch $@
