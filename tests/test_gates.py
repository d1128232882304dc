"""What the program never does: build a query or a page from somebody's words, run text, or use a
pattern that hostile text can stall.
"""

import ast
import re
import signal
import time
from contextlib import contextmanager

import pytest
from conftest import PROGRAM, ROOT

CALLS = [
    (path, node)
    for path in PROGRAM
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.Call)
]
# drawings that stand in the same file
SAFE = {"macros.html: ICONS[name]|safe"}
MARKUP = {"pdf.py: SHEET.read_text(encoding='utf-8')"}  # our own style sheet


def name_of(call):
    """The last part of what is called: `execute_sql`."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


# --- gates
def test_no_query_is_put_together_from_text():
    """SQL, execute_sql and raw take a text that stands in the source; what varies goes beside it
    (ASVS 1.2.4).
    """
    built = [
        f"{path.name}:{call.lineno}"
        for path, call in CALLS
        if name_of(call) in ("SQL", "execute_sql", "raw", "executescript")
        and call.args
        and any(
            isinstance(part, ast.JoinedStr | ast.BinOp)
            or isinstance(part, ast.Call)
            and name_of(part) in ("format", "join")
            for part in ast.walk(call.args[0])
        )
    ]
    assert not built, f"Give the value as a parameter instead: {built}"


def test_no_text_is_run_as_a_program_or_as_a_template():
    """ASVS 1.3.6, 1.3.7."""
    never = {
        "eval",
        "exec",
        "render_template_string",
        "from_string",
        "system",
        "popen",
        "loads_pickle",
    }
    found = [
        f"{path.name}:{call.lineno} {name_of(call)}"
        for path, call in CALLS
        if name_of(call) in never
    ]
    shells = [
        f"{path.name}:{call.lineno}"
        for path, call in CALLS
        for k in call.keywords
        if k.arg == "shell" and getattr(k.value, "value", True)
    ]
    imports = [
        f"{path.name}: {word}"
        for path in PROGRAM
        for word in re.findall(
            r"(?m)^\s*(?:import|from) (pickle|marshal|shelve)", path.read_text("utf-8")
        )
    ]
    assert not found + shells + imports


def test_no_archive_is_unpacked_without_looking_at_each_entry():
    """Python 3.11.2, which Debian 12 has, has no filter for it: `restore.unpack_entries` looks."""
    found = [
        f"{path.name}:{call.lineno}"
        for path, call in CALLS
        if name_of(call) in ("extractall", "extract", "unpack_archive")
    ]
    assert not found, f"Use restore.unpack_entries, or look at each entry as it does: {found}"


def test_nothing_but_our_own_drawings_goes_unescaped_into_a_page():
    """`|safe` and `Markup` are for text of our own that the lists above name (ASVS 1.2.1)."""
    pages = [(path.name, path.read_text("utf-8")) for path in (ROOT / "templates").glob("*.html")]
    found = {
        f"{name}: {words}|safe"
        for name, text in pages
        for words in re.findall(r"([\w\[\].]+)\s*\|\s*safe\b", text)
    }
    assert found <= SAFE and all("|safe" not in f"{f}" or f in SAFE for f in found)
    assert not [
        name
        for name, text in pages
        if re.search(r"autoescape\s+false|\|\s*(?:safe\s*\(|forceescape)|Markup", text)
    ]
    made = {
        f"{path.name}: {ast.unparse(call.args[0])}"
        for path, call in CALLS
        if name_of(call) == "Markup" and not is_plain(call.args[0])
    }
    assert made <= MARKUP, f"Only constant text may be Markup: {made - MARKUP}"


def is_plain(node):
    """Whether a part of the source is a text that stands there."""
    return (
        isinstance(node, ast.Constant)
        or isinstance(node, ast.IfExp)
        and is_plain(node.body)
        and is_plain(node.orelse)
    )


# --- patterns
def patterns():
    """Every regular expression of the program: {(file, pattern): how it is used}."""
    found = {}
    for path, call in CALLS:
        ours = (
            isinstance(call.func, ast.Attribute)
            and getattr(call.func.value, "id", "") == "re"
            or name_of(call) == "Regexp"
        )
        if ours and call.args and isinstance(call.args[0], ast.Constant):
            used = {"compile": "search", "Regexp": "match"}.get(name_of(call), name_of(call))
            found[path.name, call.args[0].value] = (
                used if used in ("match", "fullmatch") else "search"
            )
    return found


def attacks(pattern, size=100_000):
    """Long texts of the characters that a pattern is about, which fail only at their end."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    letters = dict.fromkeys(
        c for c in re.sub(r"\\[a-zA-Z]|\[\^", "", text) if c not in "\\[](){}?*+|^$"
    ) | dict.fromkeys(" 1a\n\t")
    few = list(letters)[:9]
    units = [
        *few,
        *(a + b for a in few[:3] for b in few[:3] if a != b),
        " ",
        "a",
        "1",
        text[:40],
        " 11:11:11.1",
        '"a',
        "x. ",
        "\n \n",
    ]
    made = [unit * (size // len(unit)) + end for unit, end in zip(units, "\x01(" * len(units))]
    return (
        [words.encode("utf-8", "replace") for words in made] if isinstance(pattern, bytes) else made
    )


class TooSlow(Exception):
    """A pattern took more than its time."""


@contextmanager
def at_most(seconds):
    """Stop what is inside when it needs more time of the processor."""

    def stop(*_):
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("where", patterns(), ids=lambda w: f"{w[0]} {w[1]!r}"[:60])
def test_no_pattern_is_stalled_by_hostile_text(where):
    """100 KB in less than a tenth of a second of the processor, whatever it is (ASVS 1.3.12)."""
    used, slow = getattr(re.compile(where[1]), patterns()[where]), []
    for words in attacks(where[1]):
        start = time.process_time()
        try:
            with at_most(0.1):
                used(words)
        except TooSlow:
            slow.append(f"{words[:30]!r}... took {time.process_time() - start:.2f} s")
    assert not slow, f"{where}: {slow[:3]}"


def test_a_pattern_that_can_be_stalled_is_found():
    """The one that read contacts before it was mended."""
    with pytest.raises(TooSlow), at_most(0.1):
        for words in attacks(r"([^()\d@+]{2,100})[\s,:-]*(\+?[\d ]{7,20})?"):
            re.fullmatch(r"([^()\d@+]{2,100})[\s,:-]*(\+?[\d ]{7,20})?", words)
