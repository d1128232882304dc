"""The browser of the browser tests: which one it is, and how a machine gets one.

`make test` runs this file before the tests. It ends with exit code 0 when a browser is there or
could be installed; else with 1 and one line that says what helps. The tests ask `browser()` too, so
that both mean the same program.
"""

import os
import platform
import re
import shutil
import subprocess
import sys

SETTING = "PORTAL_BROWSER"  # names a browser that is none of NAMES
NAMES = (
    "chromium-headless-shell",  # does the same as the others in less time
    "chromium",
    "chromium-browser",
    "google-chrome",
)
PACKAGES = ("chromium-headless-shell", "chromium")  # of Debian, the better first
APT = (
    "apt-get",
    "-qq",
    "--option=DPkg::Lock::Timeout=300",  # seconds: a new machine may be installing its updates
    "--option=Acquire::Retries=1",
    "--option=Acquire::http::Timeout=30",
    "--option=Acquire::https::Timeout=30",
)
INSTALL = ("install", "--yes", "--no-remove", "--no-install-recommends")


def starts(path):
    """Whether a program says its version as a browser does. Ubuntu's only asks for the snap."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return said.returncode == 0 and re.search(r"\d+\.\d+", said.stdout) is not None


def browser():
    """The path of the browser for the tests; None when there is none that starts."""
    named = os.environ.get(SETTING)
    if named:
        return named if starts(named) else None
    for name in NAMES:
        path = shutil.which(name)
        if path and starts(path):
            return path
    return None


def what_helps(complaint=""):
    """One line for whoever runs the tests on this machine without a browser; `complaint` is apt's."""
    named = os.environ.get(SETTING)
    if named:
        return (
            f"{SETTING}={named} is no browser that starts here. "
            f"Name the program itself, or leave {SETTING} out."
        )
    because = f"; it could not be installed ({complaint})" if complaint else ""
    return (
        f"The browser tests need Chromium{because}. Name a browser that is there "
        f"({SETTING}=/path/to/chrome make test), or {command()}"
    )


def command():
    """What installs a browser on this kind of machine."""
    if is_ubuntu():
        return "run this once: sudo snap install chromium"
    if shutil.which("apt-get"):
        return "run this once: sudo apt-get install chromium"
    return "install it from the packages of your system"


def is_ubuntu():
    """Whether this is Ubuntu, whose package has no browser in it: there it comes as a snap."""
    try:
        return platform.freedesktop_os_release().get("ID") == "ubuntu"
    except OSError:
        return False


def install():
    """Install a browser, and take no package away: an empty text, or what apt complained about."""
    print("Installing Chromium for the browser tests ...", flush=True)
    complaint = install_one()
    if not complaint:
        return ""
    no_lists = apt("update")  # there were no lists of packages, or old ones
    complaint = install_one()
    if not complaint:
        return ""
    return no_lists or complaint


def install_one():
    """Install the first package that can be had: an empty text, or apt's last complaint."""
    complaint = ""
    for package in PACKAGES:
        complaint = apt(*INSTALL, package)
        if not complaint:
            return ""
    return complaint


def apt(*words):
    """Run apt-get: an empty text when all went well, else the last line of what it said."""
    quiet = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run([*APT, *words], env=quiet, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    lines = done.stderr.split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else f"apt-get ended with {done.returncode}"


def main():
    """See that there is a browser: 0, or 1 after the line that helps."""
    if browser():
        return 0
    complaint = ""
    may_install = os.geteuid() == 0 and shutil.which("apt-get") and not is_ubuntu()
    if may_install and SETTING not in os.environ:
        complaint = install()
        if browser():
            return 0
    print(what_helps(complaint), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
