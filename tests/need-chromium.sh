#!/bin/sh
# The browser tests need Chromium or, better, its headless shell, which does the same with half the work. As root the shell is
# installed where a package of it is known; anybody else without a Chromium is told the one line that helps.
there() { command -v "$1" >/dev/null 2>&1; }
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-remove "$1" >/dev/null 2>&1; }
chromium() { for name in chromium chromium-browser google-chrome; do there $name && return; done; return 1; }

there chromium-headless-shell && exit 0
if [ "$(id -u)" = 0 ] && there apt-get; then
    chromium || { echo "Installing Chromium for the browser tests ..."; apt-get update -qq; }
    install chromium-headless-shell && exit 0
    chromium || install chromium
fi
chromium && exit 0
echo "The browser tests need Chromium. Run this once: sudo apt-get install chromium" >&2
exit 1
