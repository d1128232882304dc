#!/bin/sh
# The browser tests need Chromium or, better, its headless shell, which does the same with half the work. As root the shell is installed
# when that takes nothing away and changes no other package; anybody else without a Chromium is told the one line that helps.
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
there() { command -v "$1" >/dev/null 2>&1; }
chromium() { for name in chromium chromium-browser google-chrome; do there $name && return; done; return 1; }
harmless() { apt-get install -s "$1" 2>/dev/null | grep -q "^0 upgraded, .* 0 to remove"; }
install() {
    harmless "$1" || return 1
    echo "Installing $1 for the browser tests ..."
    timeout 300 apt-get install -y -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10 "$1" >/dev/null 2>&1
}

there chromium-headless-shell && exit 0
if [ "$(id -u)" = 0 ] && there apt-get; then
    chromium || apt-get update -qq
    install chromium-headless-shell && exit 0
    chromium || install chromium
fi
chromium && exit 0
echo "The browser tests need Chromium. Run this once: sudo apt-get install chromium" >&2
exit 1
