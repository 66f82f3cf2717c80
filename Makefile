SHELL := /bin/bash
.PHONY: lock setup
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
MEMBERS := chassis proto svc-catalog svc-segment svc-campaign svc-reward svc-channel gateway deploy
LOCAL := carillon-chassis carillon-proto carillon-svc-catalog carillon-svc-segment carillon-svc-campaign carillon-svc-reward carillon-svc-channel carillon-gateway carillon-deploy
lock:
	.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	  $(addprefix --no-emit-package ,$(LOCAL)) --no-header --group dev pyproject.toml --python-version 3.11 -o requirements.lock
