"""The tree keeps its own rules: what is generated is fresh, imports run one way, nothing is written
inline, functions stay short.
"""

import ast
import re

import pins
import pytest
from conftest import PROGRAM, ROOT

import models
import workflow
from tools import letters, readme, shape

TESTS = [
    *ROOT.glob("tests/test_*.py"),
    *ROOT.glob("tests/browser/*.py"),
    *(ROOT / "tests" / name for name in ("conftest.py", "live.py", "web.py", "witness.py")),
]
TEMPLATES = sorted(ROOT.glob("templates/*.html"))


def test_the_readme_says_what_the_tables_say():
    text = (ROOT / "README.md").read_text("utf-8")
    assert readme.fresh(text) == text, (
        "Run `make readme`: the chart, the rights or the settings have changed."
    )


def test_the_letters_to_proof_read_are_those_that_moves_write():
    text = (ROOT / "docs" / "letters.md").read_text("utf-8")
    assert letters.text() == text, "Run `make readme`: a letter or a move has changed."


def test_the_tables_do_not_contradict_themselves():
    assert models.check_models() == [] and workflow.check_pathway() == []


@pytest.mark.parametrize("words", [None, "A name without a sentence"])
def test_a_record_begins_its_description_with_its_name(words, monkeypatch):
    """Else it would be called as its parent class is, or by a whole sentence."""
    monkeypatch.setattr(models.MyPlan, "__doc__", words)
    assert "MyPlan has no sentence that says what it is." in models.check_models()


# From the ground up: a module imports what stands on a lower floor, or its neighbours on its own.
FLOORS = (
    ("config", "audit.log", "audit.actions"),
    ("records",),
    ("pathway.clock",),
    ("models", "people"),
    ("pathway",),
    ("workflow",),
    ("audit",),
    ("privacy",),
    ("pathway.tasks", "pathway.provision", "pathway.example_letters"),
    ("pathway.ehc_request",),
    ("pathway.advice",),
    ("reports",),
    ("papers",),
    ("ops",),
    ("admin_views",),
    ("app", "demo", "tools"),
    ("commands",),
)
WEB = ("flask", "wtforms")
ARROWS = shape.imports(
    {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in PROGRAM}
)


def floor(module):
    """The floor that a module stands on; its own entry in FLOORS comes before its package's."""
    for name in (module, module.partition(".")[0]):
        for number, names in enumerate(FLOORS):
            if name in names:
                return number
    raise AssertionError(f"Write the floor of {module} into FLOORS.")


def test_imports_run_one_way():
    upward = [
        f"{module} imports {other}"
        for module, others in ARROWS.items()
        for other in others
        if floor(other) > floor(module)
    ]
    assert not upward
    assert shape.circles(ARROWS) == []


@pytest.mark.parametrize("path", PROGRAM, ids=lambda p: p.name)
def test_our_own_modules_are_imported_at_the_top_and_by_name(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if ARROWS.keys() & set(shape.imported_names(node, ())):
            assert node in tree.body, f"{path.name}, line {node.lineno}: import it at the top"
        assert getattr(node, "id", "") not in ("importlib", "__import__"), path.name
    if path.name == "__init__.py":
        assert len(tree.body) == 1, f"{path.parent.name} says what it is for, and imports nothing"


@pytest.mark.parametrize("name", ["records", "models.py", "people.py", "pathway", "workflow.py"])
def test_rules_and_records_know_nothing_of_the_web(name):
    for path in PROGRAM:
        if path.relative_to(ROOT).parts[0] == name:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                for module in shape.imported_names(node, ()):
                    assert not module.startswith(WEB), f"{path.name} must not import the web"


def test_only_config_reads_the_environment():
    readers = [p.name for p in PROGRAM if "os.environ" in p.read_text("utf-8")]
    assert readers == ["config.py"]


@pytest.mark.parametrize("path", PROGRAM, ids=lambda p: p.name)
def test_functions_stay_short_and_say_what_they_do(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), f"{path.name}: the module says what you come here to change"
    for n in ast.walk(tree):
        if isinstance(n, ast.FunctionDef):
            length = n.end_lineno - n.lineno + 1
            assert length <= 50, f"{path.name}: {n.name} has {length} lines; take it apart"
            inherited = n.name in (
                "__str__",
                "clean",
                "pupil_key",
                "errors",
                "save",
                "missing",
                "populate_obj",
            )
            long = length > 12
            public = long and not n.name.startswith("_") and not inherited and n in tree.body
            assert not public or ast.get_docstring(n), (
                f"{path.name}: {n.name} says in one sentence what it does"
            )


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_templates_can_be_read_and_carry_no_script_style_or_handler(path):
    text = path.read_text("utf-8")
    long = [number for number, line in enumerate(text.splitlines(), 1) if len(line) > 120]
    assert not long, f"{path.name}: one element or block a line; too long: {long}"
    if not path.name.startswith(("paper", "_paper_")):  # a paper is no page
        assert not re.search(r"\sstyle=|\son\w+=\"|<script(?![^>]*src=)|<style", text), (
            f"{path.name}: put it in static/"
        )
    assert not re.search(r"https?://", text), f"{path.name}: no address outside the portal"


def test_every_partial_and_every_macro_is_used():
    text = "".join(path.read_text("utf-8") for path in TEMPLATES)
    partials = [path.name for path in TEMPLATES if path.name.startswith("_")]
    macros = re.findall(r"macro (\w+)\(", text)
    unused = [name for name in partials if f'include "{name}"' not in text]
    unused += [name for name in macros if not re.search(rf"(?<!macro )\b{name}\(|: {name},", text)]
    assert partials and macros and not unused


@pytest.mark.parametrize("name", pins.FILES)
def test_every_package_is_pinned_with_the_hashes_of_its_files(name):
    text = (ROOT / name).read_text("utf-8")
    packages = [
        p for p in re.sub(r"\\\n\s*", "", text).splitlines() if p and not p.startswith(("#", "-r "))
    ]
    loose = [
        p.split(" --")[0]
        for p in packages
        if not re.match(r"[\w.-]+==[\w.]+( ; [^-]+)? --hash=sha256:[0-9a-f]{64}( |$)", p)
    ]
    assert packages and not loose, f"{name}: write the version, then run `make pins`: {loose}"
    assert "://" not in text, f"{name}: no address of a registry"


def test_no_migration_drops_anything():
    for path in ROOT.glob("migrations/*.py"):
        assert "drop_column" not in path.read_text("utf-8"), f"{path.name} would lose answers"


def test_no_long_run_has_the_name_of_a_module_of_the_program():
    """`make soak` runs each with its own folder first on the path: it would be found instead of the
    module.
    """
    assert not {p.stem for p in (ROOT / "tests" / "soak").glob("*.py")} & {
        p.stem for p in ROOT.glob("*.py")
    }


OF_THE_CLOCK = {  # what a test must not call, and what it does instead
    "sleep": "wait for what must come: conftest.until",
    "wait_for_timeout": "wait for what must come: Screen.until",
    "monotonic": "count the work, take time.process_time, or look at the order",
    "perf_counter": "count the work, take time.process_time, or look at the order",
}


def looks_at_the_clock(call):
    """Why a call of a test depends on how quick the machine is; an empty text when it does not."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    named = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if name in OF_THE_CLOCK:
        return OF_THE_CLOCK[name]
    if name == "travel" and named.get("tick") != "False":
        return "the clock stands until a test moves it: tick=False"
    if named.get("timeout", "HANGS") != "HANGS":
        return "the only limit is HANGS of conftest.py"
    seconds = [a for a in call.args if isinstance(getattr(a, "value", None), int | float)]
    if name in ("join", "wait") and seconds:
        return "the only limit is HANGS of conftest.py"
    return ""


def calls_in(tree):
    """Every call in a piece of source, without those of `until`, which asks again and again."""
    if isinstance(tree, ast.FunctionDef) and tree.name == "until":
        return
    if isinstance(tree, ast.Call):
        yield tree
    for part in ast.iter_child_nodes(tree):
        yield from calls_in(part)


@pytest.mark.parametrize("path", TESTS, ids=lambda p: p.name)
def test_no_test_depends_on_how_quick_the_machine_is(path):
    """A busy machine is slow: a test that looks at the clock then fails with nothing wrong."""
    found = []
    for call in calls_in(ast.parse(path.read_text("utf-8"))):
        why = looks_at_the_clock(call)
        if why:
            found.append(f"line {call.lineno}: {why}")
    assert not found, f"{path.name}: {found}"


@pytest.mark.parametrize(
    "words",
    [
        "time.sleep(1)",
        "page.wait_for_timeout(300)",
        "perf_counter()",
        "time.monotonic()",
        "subprocess.run(words, timeout=300)",
        "thread.join(30)",
        "box.wait_for(timeout=6000)",
        "travel(now())",
        "time_machine.travel(now(), tick=True)",
    ],
)
def test_a_test_that_looks_at_the_clock_is_found(words):
    assert looks_at_the_clock(ast.parse(words).body[0].value)
