#!/bin/sh
# Prints a Python that can run the portal and make an environment for its packages: the one that is
# given (`sh tests/need-python.sh /usr/bin/python3.12`), or the first that is there. Where none is,
# root has it installed; anybody else is told the line that does, and the exit code is 1.
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
known="python3.14 python3.13 python3.12 python3.11"

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
has_command() { command -v "$1" >/dev/null 2>&1; }

say() {
    echo "$*" >&2
}

# Sets `found` to the first new enough Python of these names; fails when it makes no environments.
find_python() {
    found=
    for name in "$@"; do
        if new_enough "$name"; then
            found=$name
            break
        fi
    done
    [ -n "$found" ] && has_venv "$found"
}

# Sets `packages` to those of apt that bring what is missing, or to nothing.
find_packages() {
    packages=
    if [ -n "$found" ]; then
        packages="$(basename "$found")-venv"
        return
    fi
    if ! has_command python3; then
        packages="python3 python3-venv"
        return
    fi
    for name in $known; do              # Ubuntu 22.04: python3 is 3.10, and python3.11 is there
        if apt-cache show "$name" 2>/dev/null | grep -q '^Package:'; then
            packages="$name $name-venv"
            return
        fi
    done
}

if [ -n "$1" ]; then
    if ! new_enough "$1"; then
        say "PYTHON=$1 is no Python 3.11 or newer: $("$1" --version 2>&1 | tail -n 1)"
        exit 1
    fi
else
    set -- python3 $known
fi

if find_python "$@"; then
    echo "$found"
    exit 0
fi

if has_command apt-get; then
    is_root=$([ "$(id -u)" = 0 ] && echo yes)
    if [ "$is_root" ]; then
        apt-get update -qq >&2
    fi
    find_packages
    if [ "$is_root" ] && [ "$packages" ]; then
        say "Installing $packages ..."
        apt-get install --yes -qq --no-remove $packages >/dev/null
        if find_python "$@"; then
            echo "$found"
            exit 0
        fi
    fi
fi

if [ -n "$found" ]; then
    lacks="The part of Python that makes environments (venv) is missing."
else
    lacks="Python 3.11 or newer is needed (found: $(python3 --version 2>&1 | tail -n 1))."
fi
if [ "$packages" ]; then
    say "$lacks Run this once, then the same command again: sudo apt-get install $packages"
else
    say "$lacks The packages here have none. Get one, then: make run PYTHON=/path/to/python3"
fi
exit 1
