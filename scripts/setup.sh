#!/bin/sh
# Make .venv hold what uv.lock says: setup.sh PYTHON GROUP...
set -eu
python=$1
shift

fail() {
    echo "setup: $1" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 || fail "no $python on PATH; install Python 3.11 or newer, or name it: make PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old; Sea Trial needs Python 3.11 or newer: make PYTHON=python3.12"

uv=.venv/bin/uv
if [ ! -x "$uv" ]; then
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "this Python has no venv module; install it: sudo apt-get install $("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
    echo "setup: making .venv" >&2
    "$python" -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check 'uv==0.13.9' ||
        fail "uv could not be installed into .venv; is the package index reachable (PIP_INDEX_URL, proxy)?"
fi

stamp=".venv/.synced-$(echo "$*" | tr ' ' '-')"
if [ ! -e "$stamp" ] || [ uv.lock -nt "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    echo "setup: installing the locked environment ($*)" >&2
    groups=""
    for group in "$@"; do groups="$groups --group $group"; done
    # shellcheck disable=SC2086  # one word a group
    "$uv" sync --quiet --locked --inexact --no-default-groups $groups ||
        fail "the locked environment could not be installed; the lines above say why"
    touch "$stamp"
fi
