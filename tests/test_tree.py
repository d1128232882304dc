"""The tree keeps its own rules: what is generated is fresh, imports run one way, nothing is written inline, functions stay short."""
import ast
import re
from pathlib import Path

import pytest

import models
import readme
import workflow
from mutate_guards import GUARDS

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = [p for p in (*ROOT.glob("*.py"), *ROOT.glob("admin_views/*.py"))]
TEMPLATES = [p for p in sorted(ROOT.glob("templates/*.html")) if not p.name.startswith("paper")]      # paper is no page


def test_the_readme_says_what_the_tables_say():
    text = (ROOT / "README.md").read_text("utf-8")
    assert readme.fresh(text) == text, "Run `make readme`: the chart, the rights or the settings have changed."


def test_the_tables_do_not_contradict_themselves():
    assert models.faults() == [] and workflow.faults() == []


@pytest.mark.parametrize("name", ["tables", "questions", "models", "clock", "guards", "effects", "workflow"])
def test_rules_and_records_know_nothing_of_the_web(name):
    tree = ast.parse((ROOT / f"{name}.py").read_text("utf-8"))
    found = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)} | {
        a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert not [m for m in found if m.startswith(("flask", "admin_views", "app", "wtforms"))], f"{name}.py must not import the web"


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
            inherited = n.name in ("__str__", "tidy", "pupil_key", "faults", "save", "missing", "populate_obj")
            public = not n.name.startswith("_") and not inherited and n in tree.body
            assert not public or ast.get_docstring(n), f"{path.name}: {n.name} says in one sentence what it does"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_templates_carry_no_script_style_or_handler(path):
    text = path.read_text("utf-8")
    assert not re.search(r"\sstyle=|\son\w+=\"|<script(?![^>]*src=)|<style", text), f"{path.name}: put it in static/"
    assert not re.search(r"https?://", text), f"{path.name}: no address outside the portal"


@pytest.mark.parametrize("name", ["requirements.txt", "tests/requirements.txt", "tests/tools.txt"])
def test_every_package_is_pinned_with_the_hashes_of_its_files(name):
    text = (ROOT / name).read_text("utf-8")
    packages = [p for p in re.sub(r"\\\n\s*", "", text).splitlines() if p and not p.startswith(("#", "-r "))]
    loose = [p.split(" --")[0] for p in packages if not re.match(r"[\w.-]+==[\w.]+( ; [^-]+)? --hash=sha256:[0-9a-f]{64}( |$)", p)]
    assert packages and not loose, f"{name}: write the version, then run `make pins`: {loose}"
    assert "://" not in text, f"{name}: no address of a registry"


def test_every_guard_of_the_mutation_table_is_still_there_once():
    gone = [f"{name}: {words}" for words, name, text, *_ in GUARDS if (ROOT / name).read_text("utf-8").count(text) != 1]
    assert len(GUARDS) >= 160 and not gone, "Write the text of these rows of tests/mutate_guards.py as the program has it now:\n" + "\n".join(gone)
    assert all(instead != text for _, _, text, instead, _ in GUARDS)


def test_no_migration_drops_anything():
    for path in ROOT.glob("migrations/*.py"):
        assert "drop_column" not in path.read_text("utf-8"), f"{path.name} would lose answers"


def test_no_long_run_has_the_name_of_a_module_of_the_program():
    """`make soak` runs each with its own folder first on the path: it would be found instead of the module."""
    assert not {p.stem for p in (ROOT / "tests" / "soak").glob("*.py")} & {p.stem for p in ROOT.glob("*.py")}
