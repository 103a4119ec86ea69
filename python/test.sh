#!/usr/bin/env bash
# Builds the package into a virtual environment of its own and runs its tests.
set -euo pipefail
cd "$(dirname "$0")"
venv=../target/python-venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.16,<2' 'pytest>=8' 'mypy>=1.11' 'pyarrow>=17'
# `develop` wants to be told which environment it installs into.
VIRTUAL_ENV="$(cd "$venv" && pwd)" "$venv/bin/maturin" develop --quiet
"$venv/bin/python" -m pytest -q
"$venv/bin/mypy" --strict dlpscan
"$venv/bin/python" -m mypy.stubtest dlpscan._native
