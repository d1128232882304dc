"""The browser of the browser tests: which one it is, and how a machine gets what is missing.

`make test` runs this file before the tests. It ends with exit code 0 when a browser and Playwright,
which drives it, start or could be installed; else with 1 and one line that says what helps. The
tests ask `browser()` too, so that both mean the same program.
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
CHROMIUM = ("chromium-headless-shell", "chromium")  # packages of Debian, the better first
LIBRARY = "libatomic1"  # Playwright's own program needs it
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


def driver_starts():
    """Whether Playwright, which drives the browser, starts."""
    words = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def missing():
    """What the browser tests lack on this machine, by the names of Debian's packages."""
    found = []
    if not browser():
        found.append("chromium")
    if not driver_starts():
        found.append(LIBRARY)
    return found


def what_helps(lacking, complaint=""):
    """One line for whoever runs the tests on a machine that lacks this; `complaint` is apt's."""
    named = os.environ.get(SETTING)
    if named and "chromium" in lacking:
        return (
            f"{SETTING}={named} is no browser that starts here. "
            f"Name the program itself, or leave {SETTING} out."
        )
    because = f"; that could not be installed ({complaint})" if complaint else ""
    other = ""
    if "chromium" in lacking:
        other = f", or a browser that you name ({SETTING}=/path/to/chrome make test)"
    return f"The browser tests need {' and '.join(lacking)}{other}{because}. {command(lacking)}"


def command(lacking):
    """What installs this on this kind of machine."""
    if not shutil.which("apt-get"):
        return "Install it from the packages of your system"
    if "chromium" not in lacking or not is_ubuntu():
        return f"Run this once: sudo apt-get install {' '.join(lacking)}"
    if LIBRARY in lacking:
        return f"Run this once: sudo snap install chromium && sudo apt-get install {LIBRARY}"
    return "Run this once: sudo snap install chromium"


def is_ubuntu():
    """Whether this is Ubuntu, whose package has no browser in it: there it comes as a snap."""
    try:
        return platform.freedesktop_os_release().get("ID") == "ubuntu"
    except OSError:
        return False


def install(lacking):
    """Install this and take no package away: an empty text, or what apt complained about."""
    print(f"Installing {' and '.join(lacking)} for the browser tests ...", flush=True)
    complaint = install_each(lacking)
    if not complaint:
        return ""
    no_lists = apt("update")  # there were no lists of packages, or old ones
    complaint = install_each(lacking)
    if not complaint:
        return ""
    return no_lists or complaint


def install_each(lacking):
    """Install what is lacking, one after the other: an empty text, or apt's last complaint."""
    complaint = ""
    if LIBRARY in lacking:
        complaint = apt(*INSTALL, LIBRARY)
    if "chromium" not in lacking:
        return complaint
    for package in CHROMIUM:
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


def may_install(lacking):
    """Whether this may be installed here: by root, with apt, and no browser that was named."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    return "chromium" not in lacking or not (is_ubuntu() or SETTING in os.environ)


def main():
    """See that nothing is missing: 0, or 1 after the line that helps."""
    complaint = ""
    lacking = missing()
    if lacking and may_install(lacking):
        complaint = install(lacking)
        lacking = missing()
    if not lacking:
        return 0
    print(what_helps(lacking, complaint), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
