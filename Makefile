# make run    一条命令：建环境，用 data/sample 跑三晚，打印小结
# make test   全部测试    make lint  检查    make prove  大规模证明    make bench  计时    make lock  重做锁文件    make bundle  离线安装包    make screenshots  重画文档里的图    make wheels  两种处理器的依赖齐不齐    make aarch64  在仿真的 aarch64 上装一遍、跑一晚
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := run
.PHONY: run test lint audit prove bench spark lock clean bundle screenshots wheels aarch64

PYTHON ?= $(firstword $(foreach name,python3 python3.11 python3.12 python3.13,$(shell $(name) -c 'import sys; print("$(name)" if (3, 11) <= sys.version_info[:2] < (3, 14) else "")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev
BENCH_VENV := .venv-bench
BENCH_READY := $(BENCH_VENV)/.ready
SPARK_VENV := .venv-spark
SPARK_READY := $(SPARK_VENV)/.ready
BENCH ?=
PLATFORM ?= $(shell uname -m)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

run: $(RUN_READY)
	@.ci/nights data/sample home $(BIN)/sanzhao

test: $(DEV_READY)
	@.ci/test-packages
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not prove"
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow

lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# bandit: what is left out is explained in pyproject.toml. pip-audit asks the registry's advisories: 1 some are known,
# 4 they could not be asked.
audit: $(DEV_READY)
	$(BIN)/bandit -c pyproject.toml -q -r schemas matchers flows reports
	$(BIN)/python .ci/advisories requirements.lock

prove: $(DEV_READY)
	$(BIN)/python -m pytest -m prove -s

# The peers have an environment of their own. For more: make bench BENCH="--rounds 5 --sizes 1000000"
bench: $(BENCH_READY)
	$(BENCH_VENV)/bin/python -m benchmarks.peers.compare $(BENCH)
	$(BENCH_VENV)/bin/python -m benchmarks.district

# `--engine spark` and the queries of docs/查询示例.md on Spark (needs Java 17), which has an environment of its own, about
# a gigabyte: .venv-spark/bin/sanzhao runs every command there.
spark: $(SPARK_READY) $(DEV_READY)
	$(BIN)/python -m pytest -rs tests/docs/test_queries.py tests/matchers/engines/test_spark_engine.py

# The lock files name neither a registry nor a path; only this target needs uv.
lock:
	uv pip compile pyproject.toml --extra build --python-version 3.11 --universal --generate-hashes --no-strip-extras \
		--no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra sample --extra dev --python-version 3.11 --universal --generate-hashes --no-strip-extras \
		--no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements-dev.lock
	printf 'pypinyin>=0.55,<1\nopencc>=1.4.2,<2\npython-stdnum>=2.2,<3\n' | uv pip compile - -c requirements-dev.lock \
		--python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --quiet -o requirements-sample.lock
	echo 'pyspark>=4.3,<5' | uv pip compile - --python-version 3.11 --universal --generate-hashes --no-strip-extras \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o requirements-spark.lock

# The pictures of the documents, drawn anew from data/sample (needs chromium; LibreOffice and poppler for two of them).
screenshots: $(DEV_READY)
	$(BIN)/python -m benchmarks.screenshots

# An archive for a machine without a network: wheels with checked hashes, units, guide. See deploy/INSTALL.md.
# For machines with 鲲鹏 or 飞腾: make bundle PLATFORM=aarch64 (any machine can build it).
bundle: $(RUN_READY)
	@PYTHON=$(BIN)/python .ci/bundle dist $(PLATFORM)

# The aarch64 archive installed and run under emulation, its ledger held byte by byte against this machine's (root; 15 minutes).
aarch64: PLATFORM := aarch64
aarch64: bundle
	@.ci/aarch64 "$$(ls dist/sanzhao-bundle-*-aarch64.tar.gz)" $(BIN)/sanzhao

# Every package of the lock has a wheel on both kinds of processor; what LoongArch lacks is written into the document.
wheels: $(RUN_READY)
	$(BIN)/python .ci/wheels check x86_64 aarch64
	$(BIN)/python .ci/wheels table docs/平台.md

clean:
	rm -rf $(VENV) home build dist

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11—3.13，请先安装" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		command -v apt-get >/dev/null && test "$$(id -u)" = 0 || { echo "缺少 python3-venv：请管理员运行 apt-get install python3-venv" >&2; exit 1; }; \
		apt-get update -qq && apt-get install -y -qq python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(RUN_READY): requirements.lock requirements-sample.lock pyproject.toml | $(BIN)/pip
	@echo "安装运行环境（首次约两三分钟）……"
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --require-hashes -r requirements-sample.lock
	$(INSTALL) --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q schemas matchers reports flows
	@touch $@

$(DEV_READY): requirements-dev.lock $(RUN_READY)
	@echo "安装开发与测试工具……"
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(BENCH_READY): requirements-bench.lock pyproject.toml | $(BIN)/pip
	@echo "安装比较用的环境（首次约三分钟）……"
	test -x $(BENCH_VENV)/bin/pip || $(BIN)/python -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BENCH_VENV)/bin/python -m compileall -q schemas matchers reports flows
	@touch $@

$(SPARK_READY): requirements-spark.lock requirements.lock pyproject.toml | $(BIN)/pip
	@echo "安装 Spark 的环境（首次约三分钟）……"
	test -x $(SPARK_VENV)/bin/pip || $(BIN)/python -m venv $(SPARK_VENV)
	$(SPARK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock -r requirements-spark.lock
	$(SPARK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(SPARK_VENV)/bin/python -m compileall -q schemas matchers reports flows
	@touch $@
