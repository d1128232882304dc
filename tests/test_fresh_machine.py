"""A machine where nothing is installed: what `make` finds there, gets for itself, or says.

The machines are made up: folders of small programs that stand for apt-get, a browser or Python. The
same was done by hand in a bare Debian 12; docs/trust.md has what came of it.
"""

import os
import shutil
import subprocess
import sys

import need_chromium
import pytest
from conftest import ROOT

import config

TOOLS = (
    "sh",
    "grep",
    "tail",
    "basename",
    "touch",
    "chmod",
    "cat",
    "cp",
    "mkdir",
    "rm",
    "ln",
    "dirname",
)
BROWSER = "echo 'Chromium 156.0.8078.108'"
STUB = (
    "echo 'This needs the chromium snap. Please install it with: snap install chromium' >&2; exit 1"
)
SAYS_NOTHING = "echo 'Welcome'"


class Machine:
    """A folder of programs that is the whole PATH."""

    def __init__(self, folder):
        self.folder = folder / "bin"
        self.folder.mkdir(parents=True)
        self.asked = folder / "asked"
        self.lists = folder / "lists"
        for name in TOOLS:
            (self.folder / name).symlink_to(shutil.which(name))

    def has(self, name, script):
        """Put a program there, as lines of shell."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return self

    def has_apt(self, packages, lists=True, installs=BROWSER):
        """Put an apt-get there that knows these packages once it has its lists."""
        self.lists.write_text(" ".join(packages) if lists else "")
        return self.has(
            "apt-get",
            f"""
echo "$*" >> '{self.asked}'
case "$*" in
*update*) echo '{" ".join(packages)}' > '{self.lists}'; exit 0 ;;
esac
for last; do :; done
grep -qw -e "$last" '{self.lists}' || {{ echo "E: Unable to locate package $last" >&2; exit 100; }}
cat > '{self.folder}'/"$last" <<'END'
#!/bin/sh
{installs}
END
chmod +x '{self.folder}'/"$last"
""",
        )

    def apt_calls(self):
        """What apt-get was asked for, one call a line."""
        return self.asked.read_text().splitlines() if self.asked.exists() else []

    def run(self, words, cwd=ROOT, **more):
        """Run a command on this machine."""
        environment = {"PATH": str(self.folder), "LANG": "C.UTF-8", **more}
        return subprocess.run(
            words, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )

    def need_chromium(self, root=False, release="debian", driver=True, **more):
        """Run the first step of `make test`, as root or not, on this release of Linux.

        `driver=False`: Playwright starts only when its library has been installed.
        """
        library = str(self.folder / need_chromium.LIBRARY)
        code = (
            "import os, platform, sys\n"
            f"sys.path.insert(0, {str(ROOT / 'tests')!r})\n"
            "import need_chromium\n"
            f"os.geteuid = lambda: {0 if root else 1000}\n"
            f"platform.freedesktop_os_release = lambda: {{'ID': {release!r}}}\n"
            f"need_chromium.driver_starts = lambda: {driver} or os.path.exists({library!r})\n"
            "sys.exit(need_chromium.main())\n"
        )
        return self.run([sys.executable, "-c", code], **more)


@pytest.fixture
def machine(tmp_path):
    """A machine with the usual small tools and nothing else."""
    return Machine(tmp_path)


def one_line(done):
    """The line with which a step failed."""
    assert done.returncode == 1, done
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


# --- the browser
@pytest.mark.parametrize("name", need_chromium.NAMES)
def test_a_browser_that_is_there_is_enough(machine, name):
    done = machine.has(name, BROWSER).has_apt(need_chromium.CHROMIUM).need_chromium(root=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.apt_calls() == []


@pytest.mark.parametrize("script", [STUB, SAYS_NOTHING])
def test_what_only_asks_for_the_snap_is_no_browser(machine, script):
    machine.has("chromium-browser", script).has_apt(need_chromium.CHROMIUM)
    assert one_line(machine.need_chromium()).endswith(
        "Run this once: sudo apt-get install chromium"
    )
    assert machine.apt_calls() == []


def test_root_has_the_browser_installed(machine):
    done = machine.has_apt(need_chromium.CHROMIUM).need_chromium(root=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Installing chromium for the browser tests ...\n"
    (call,) = machine.apt_calls()
    assert call.endswith(" chromium-headless-shell")
    assert "--no-remove" in call, "a package of the machine may be upgraded but not taken away"


def test_lists_of_packages_are_fetched_where_they_are_missing(machine):
    done = machine.has_apt(need_chromium.CHROMIUM, lists=False).need_chromium(root=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [call.split()[-1] for call in machine.apt_calls()] == [
        "chromium-headless-shell",
        "chromium",
        "update",
        "chromium-headless-shell",
    ]


def test_the_whole_chromium_is_taken_where_there_is_no_shell(machine):
    done = machine.has_apt(["chromium"]).need_chromium(root=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.apt_calls()[-1].endswith(" chromium")


def test_apt_that_cannot_is_told_in_one_line(machine):
    line = one_line(machine.has_apt([]).need_chromium(root=True))
    assert "that could not be installed (E: Unable to locate package chromium)." in line
    assert line.endswith("Run this once: sudo apt-get install chromium")


def test_a_package_without_a_browser_in_it_is_told_in_one_line(machine):
    line = one_line(machine.has_apt(need_chromium.CHROMIUM, installs=STUB).need_chromium(root=True))
    assert line.startswith("The browser tests need chromium, or a browser that you name")


@pytest.mark.parametrize("root", [True, False])
def test_ubuntu_is_told_the_snap(machine, root):
    machine.has("chromium-browser", STUB).has_apt(need_chromium.CHROMIUM)
    line = one_line(machine.need_chromium(root=root, release="ubuntu"))
    assert line.endswith("Run this once: sudo snap install chromium")
    assert "PORTAL_BROWSER=/path/to/chrome make test" in line
    assert machine.apt_calls() == []


def test_a_system_without_apt_is_told_so_much(machine):
    assert "Install it from the packages of your system" in one_line(
        machine.need_chromium(root=True)
    )


def test_the_library_of_playwright_is_installed_or_told_too(machine):
    """A bare Debian 12 lacks it: the browser is there, and still no browser test could run."""
    machine.has("chromium", BROWSER).has_apt([*need_chromium.CHROMIUM, need_chromium.LIBRARY])
    line = one_line(machine.need_chromium(driver=False))
    assert (
        line == "The browser tests need libatomic1. Run this once: sudo apt-get install libatomic1"
    )
    done = machine.need_chromium(root=True, driver=False)
    assert (done.returncode, done.stderr) == (0, "")
    (call,) = machine.apt_calls()
    assert call.endswith(" libatomic1")


@pytest.mark.parametrize(
    ("release", "cure"),
    [
        ("debian", "sudo apt-get install chromium libatomic1"),
        ("ubuntu", "sudo snap install chromium && sudo apt-get install libatomic1"),
    ],
)
def test_browser_and_library_are_told_together(machine, release, cure):
    machine.has_apt([])
    assert one_line(machine.need_chromium(driver=False, release=release)).endswith(f": {cure}")


def test_browser_and_library_are_installed_together(machine):
    machine.has_apt([*need_chromium.CHROMIUM, need_chromium.LIBRARY], lists=False)
    done = machine.need_chromium(root=True, driver=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [call.split()[-1] for call in machine.apt_calls()[-3:]] == [
        "update",
        "libatomic1",
        "chromium-headless-shell",
    ]


def test_playwright_starts_where_the_tests_run():
    assert need_chromium.driver_starts()


def test_a_browser_can_be_named(machine, tmp_path, monkeypatch):
    machine.has("chromium", BROWSER).has("my browser", BROWSER)
    named = str(machine.folder / "my browser")
    assert machine.need_chromium(PORTAL_BROWSER=named).returncode == 0
    monkeypatch.setenv("PORTAL_BROWSER", named)
    monkeypatch.setenv("PATH", str(machine.folder))
    assert need_chromium.browser() == named
    monkeypatch.delenv("PORTAL_BROWSER")
    assert need_chromium.browser() == str(machine.folder / "chromium")


def test_a_named_browser_that_does_not_start_is_told_and_no_other_is_taken(machine, tmp_path):
    machine.has("chromium", BROWSER).has_apt(need_chromium.CHROMIUM)
    line = one_line(machine.need_chromium(root=True, PORTAL_BROWSER=str(tmp_path / "gone")))
    assert "is no browser that starts here" in line
    assert machine.apt_calls() == []


def test_the_browser_tests_take_the_same_browser():
    """They fail with the same line where the first step of `make test` would."""
    named = {"PORTAL_BROWSER": "/nowhere/chrome"}
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "tests/browser/test_sign_in.py",
    ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        words, cwd=ROOT, env=kept | named, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and " passed" not in done.stdout
    assert "PORTAL_BROWSER=/nowhere/chrome is no browser that starts here" in done.stdout


# --- Python
PYTHON = """
case "$*" in
*version_info*) exit {too_old} ;;
*ensurepip*) exit {no_venv} ;;
--version) echo "Python {version}" ;;
esac
"""


def python(version="3.11.2", venv=True):
    """A program that stands for a Python of this version."""
    minor = int(version.split(".")[1])
    return PYTHON.format(too_old=int(minor < 11), no_venv=int(not venv), version=version)


def need_python(machine, *words, root=False):
    """Run the script that `make` asks for a Python."""
    machine.has("id", f"echo {0 if root else 1000}")
    return machine.run(["sh", "tests/need-python.sh", *words])


def has_python_packages(machine, known):
    """Put an apt there that has these versions of Python, each with its part for environments."""
    (machine.folder.parent / "python").write_text(f"#!/bin/sh\n{python('3.11.2')}")
    machine.has(
        "apt-cache", f'case \' {known} \' in *" $2 "*) echo "Package: $2" ;; *) exit 100 ;; esac'
    )
    return machine.has(
        "apt-get",
        f"""
echo "$*" >> '{machine.asked}'
case "$*" in
*install*)
    for name; do
        case "$name" in
        *-venv) cp '{machine.folder.parent}/python' '{machine.folder}'/"${{name%-venv}}"
                chmod +x '{machine.folder}'/"${{name%-venv}}" ;;
        esac
    done ;;
esac
""",
    )


def test_a_python_that_is_there_is_taken(machine):
    done = need_python(has_python_packages(machine.has("python3", python()), ""))
    assert (done.returncode, done.stdout, done.stderr) == (0, "python3\n", "")
    assert machine.apt_calls() == []


def test_a_newer_python_beside_an_old_one_is_taken(machine):
    machine.has("python3", python("3.10.12")).has("python3.11", python()).has(
        "python3.12", python("3.12.3")
    )
    assert need_python(machine).stdout == "python3.12\n"


def test_a_python_that_is_named_is_taken_or_refused(machine):
    machine.has("python3", python()).has("my python", python("3.13.1")).has("old", python("3.9.2"))
    named = str(machine.folder / "my python")
    assert need_python(machine, named).stdout == f"{named}\n"
    line = one_line(need_python(machine, "old", root=True))
    assert line == "PYTHON=old is no Python 3.11 or newer: Python 3.9.2"
    assert "PYTHON=/nowhere/python3 is no Python 3.11 or newer" in one_line(
        need_python(machine, "/nowhere/python3")
    )


def test_a_missing_venv_is_told_in_one_line(machine):
    has_python_packages(machine.has("python3", python(venv=False)), "")
    line = one_line(need_python(machine))
    assert line.endswith(
        "Run this once, then the same command again: sudo apt-get install python3-venv"
    )
    assert machine.apt_calls() == []


def test_root_has_a_missing_venv_installed(machine):
    done = need_python(
        has_python_packages(machine.has("python3", python(venv=False)), ""), root=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "python3\n",
        "Installing python3-venv ...\n",
    )
    assert machine.apt_calls()[0] == "update -qq" and machine.apt_calls()[1].endswith(
        "--no-remove python3-venv"
    )


def test_no_python_at_all_is_told_in_one_line_and_installed_for_root(machine):
    has_python_packages(machine, "python3.11")
    assert one_line(need_python(machine)).endswith("sudo apt-get install python3 python3-venv")
    assert need_python(machine, root=True).stdout == "python3\n"


def test_python_3_10_is_told_a_way_that_works(machine):
    """Ubuntu 22.04: its python3 is 3.10, and it has python3.11 beside it."""
    has_python_packages(machine.has("python3", python("3.10.12")), "python3.11 python3.11-venv")
    line = one_line(need_python(machine))
    assert (
        line == "Python 3.11 or newer is needed (found: Python 3.10.12). "
        "Run this once, then the same command again: "
        "sudo apt-get install python3.11 python3.11-venv"
    )
    machine.run(["apt-get", "install", *line.split()[-2:]])
    assert need_python(machine).stdout == "python3.11\n"


def test_an_old_system_without_a_newer_python_is_told_so(machine):
    for root in (False, True):
        line = one_line(
            need_python(has_python_packages(machine.has("python3", python("3.9.2")), ""), root=root)
        )
        assert line.endswith(
            "The packages here have none. Get one, then: make run PYTHON=/path/to/python3"
        )


def test_a_system_without_apt_is_told_what_is_missing(machine):
    assert "(venv) is missing." in one_line(
        need_python(machine.has("python3", python(venv=False)), root=True)
    )


# --- make
RUNS = """
echo "$*" >> '{log}'
case "$*" in
*version_info* | *ensurepip*) exit 0 ;;
"-m venv "*) mkdir -p "$3/bin" && ln -sf '{python}' "$3/bin/python" ;;
*"{fails}"*) echo "It does not work here." >&2; exit 1 ;;
esac
"""


class Copy:
    """The Makefile in a folder of its own, and a Python that only writes down what it is asked."""

    def __init__(self, machine, folder):
        self.machine, self.folder = machine, folder
        self.log = machine.folder.parent / "log"
        (folder / "tests").mkdir(parents=True)
        for name in (
            "Makefile",
            "requirements.txt",
            "tests/requirements.txt",
            "tests/need-python.sh",
        ):
            shutil.copy(ROOT / name, folder / name)
        machine.has("make", f'exec {shutil.which("make")} "$@"').has("id", "echo 1000")
        self.fails_at("nothing")

    def fails_at(self, words):
        """Let Python fail when it is asked for this."""
        self.machine.has(
            "python3",
            RUNS.format(log=self.log, python=self.machine.folder / "python3", fails=words),
        )

    def make(self, *words):
        """Run make: what it printed, and what Python was asked for."""
        self.log.unlink(missing_ok=True)
        done = self.machine.run(["make", *words], cwd=self.folder)
        asked = self.log.read_text().splitlines() if self.log.exists() else []
        return done, [line for line in asked if not line.startswith("-c ")]


@pytest.fixture(params=["portal", "the school's pörtal"])
def copy(machine, tmp_path, request):
    """The tree in a folder whose name may have spaces, quotes and letters that are not ASCII."""
    return Copy(machine, tmp_path / request.param)


PACKAGES = "-m pip install --quiet --disable-pip-version-check -r requirements.txt"


def test_install_brings_the_packages_and_starts_nothing(copy):
    done, asked = copy.make("install")
    assert asked == ["-m venv .venv", PACKAGES]
    assert done.stdout.splitlines() == [
        "Installing the packages of the portal (once, about a minute) ...",
        "The portal is installed. Start it with: make run",
    ]
    done, asked = copy.make("install")
    assert (asked, done.stdout) == ([], "The portal is installed. Start it with: make run\n")


def test_run_says_what_it_does_before_it_starts(copy):
    done, asked = copy.make("run")
    assert done.stdout == "Installing the packages of the portal (once, about a minute) ...\n"
    assert asked == ["-m venv .venv", PACKAGES, "commands.py run"]
    assert copy.make("run")[1] == ["commands.py run"]


def test_packages_are_installed_again_when_their_list_has_changed(copy):
    copy.make("install")
    later = (copy.folder / ".venv" / "ready").stat().st_mtime + 1
    os.utime(copy.folder / "requirements.txt", (later, later))
    assert copy.make("run")[1] == [PACKAGES, "commands.py run"]


def test_packages_are_installed_again_when_python_has_gone(copy):
    """As after an upgrade of the whole system, which takes the old Python away."""
    copy.make("install")
    (copy.folder / ".venv" / "bin" / "python").unlink()
    (copy.folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python3.9")
    assert copy.make("run")[1] == ["-m venv .venv", PACKAGES, "commands.py run"]


def test_packages_that_could_not_be_installed_are_tried_again(copy):
    copy.fails_at("pip install")
    done, asked = copy.make("run")
    assert done.returncode and asked[-1] == PACKAGES, "nothing is started"
    assert "Behind a web filter: docs/technician.md" in done.stderr
    copy.fails_at("nothing")
    assert copy.make("run")[1] == [PACKAGES, "commands.py run"]


def test_no_test_is_run_without_a_browser(copy):
    copy.fails_at("need_chromium")
    done, asked = copy.make("test")
    assert done.returncode and "It does not work here." in done.stderr
    assert asked[-1] == "tests/need_chromium.py"
    copy.fails_at("nothing")
    asked = copy.make("test")[1]
    assert asked[-2:] == ["tests/need_chromium.py", "-m pytest"]
    assert [line.split()[1] for line in asked[:-2]] == ["ruff", "ruff", "djlint"]


def test_a_machine_without_python_is_told_in_a_line(copy):
    (copy.machine.folder / "python3").unlink()
    has_python_packages(copy.machine, "")
    done, _ = copy.make("run")
    assert done.returncode
    assert done.stderr.splitlines()[0].endswith("sudo apt-get install python3 python3-venv")
    assert not (copy.folder / ".venv").exists()


# --- the tests
def test_the_tests_have_a_data_folder_of_their_own():
    """At the end of each run `conftest.nothing_in_the_checkout` looks whether all kept to that."""
    assert ROOT not in config.data_dir().resolve().parents
