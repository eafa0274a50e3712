#!/bin/sh
# What agentmux needs from the system: tmux, git, and a Python with venv. Root on Debian and Ubuntu gets what is
# missing installed; everybody else gets one sentence.
set -eu

python=${PYTHON:-python3}
missing=""
command -v tmux >/dev/null 2>&1 || missing="$missing tmux"
command -v git >/dev/null 2>&1 || missing="$missing git"
if ! command -v "$python" >/dev/null 2>&1; then
    missing="$missing python3 python3-venv"
elif ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    missing="$missing python3-venv"
fi

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing$missing"
        apt-get update -qq
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    elif command -v apt-get >/dev/null 2>&1; then
        echo "agentmux needs$missing: sudo apt-get install$missing" >&2
        exit 1
    elif command -v brew >/dev/null 2>&1; then
        missing=$(echo "$missing" | sed "s/ python3 python3-venv/ python/; s/ python3-venv/ python/")  # Homebrew's python has venv
        echo "agentmux needs$missing: brew install$missing" >&2
        exit 1
    else
        echo "agentmux needs$missing: install it with your package manager." >&2
        exit 1
    fi
fi

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "agentmux needs Python 3.11 or newer, and $python is $("$python" -V 2>&1): name another, as in make PYTHON=python3.12 demo" >&2
    exit 1
fi
