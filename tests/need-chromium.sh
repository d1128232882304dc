#!/bin/sh
# The browser tests need Chromium or its headless shell. As root the shell is installed; anybody else is told the one line that does.
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
    command -v $name >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests ..."
    apt-get update -qq
    for name in chromium-headless-shell chromium; do
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $name >/dev/null 2>&1 && exit 0
    done
fi
echo "The browser tests need Chromium. Run this once: sudo apt-get install chromium" >&2
exit 1
