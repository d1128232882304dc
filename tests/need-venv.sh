#!/bin/sh
# Debian keeps Python's venv in a package of its own. As root it is installed; anybody else is told the one line that does.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null && exit 0
fi
echo "Python's venv is missing. Run this once: sudo apt-get install python3-venv" >&2
exit 1
