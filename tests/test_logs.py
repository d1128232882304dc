"""The log: one line of JSON for each event, in UTC, with no names, no secrets and no words of
anybody, and never in the way.
"""

import ast
import contextlib
import json
import logging
import sqlite3
from types import SimpleNamespace

import live
import pytest
from conftest import PROGRAM, until
from web import MARKS, address, everywhere, rules

import commands
from admin_views.account import passwords
from audit import log as audit_log
from ops import logs

HOSTILE = (
    '\r\n{"level": "info", "said": "signed in"}',
    "\n",
    "\r",
    "\x0b\x0c",
    "\x1b[2J",
    "\0",
    "\u2028\u2029\x85",
    "%s %d {0}",
    '"}',
    "\ud800",
)


@pytest.fixture
def kept(tmp_path):
    """The log of the program in a folder of its own: a function that gives its lines, each as what
    its JSON says.
    """
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    logs.write_to(tmp_path)

    def lines():
        return [
            json.loads(line)
            for path in sorted((tmp_path / "logs").iterdir())
            for line in path.read_text("ascii").split("\n")
            if line
        ]

    yield lines
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()


def file_of(folder):
    """The handler that writes the log in this folder."""
    return next(
        h
        for h in logging.getLogger().handlers
        if isinstance(h, logs.LogFile) and str(folder) in h.baseFilename
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_is_logged_is_one_line(kept, tmp_path, words):
    """A line break, a control character, half a letter: it cannot begin a line of its own, or move
    the cursor (ASVS 16.4.1).
    """
    record = logging.makeLogRecord(
        {"name": "portal.tests", "levelname": "WARNING", "msg": "told %s", "args": (words,)}
    )
    # not through the logger: pytest cannot report half a letter to its main process
    file_of(tmp_path).handle(record)
    (line,) = kept()
    assert (
        line["said"] == f"told {words}"
        and line["level"] == "warning"
        and line["at"] == "2026-11-24T10:00:00Z"
    )


def test_the_files_are_the_programs_own_and_do_not_grow_for_ever(kept, tmp_path, monkeypatch):
    """Only the program may read them; the oldest goes when there are too many."""
    handler = file_of(tmp_path)
    handler.maxBytes = 2000
    for number in range(300):
        logging.getLogger("portal.tests").info("line %s", number)
    files = sorted((tmp_path / "logs").iterdir())
    assert len(files) == logs.OLDER_FILES + 1 and all(
        f.stat().st_mode & 0o777 == 0o600 and f.stat().st_size <= 2000 for f in files
    )
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700 and max(
        int(line["said"].split()[1]) for line in kept()
    ) == 299
    assert logs.MAX_BYTES * (logs.OLDER_FILES + 1) <= 10_000_000


def test_the_words_of_others_and_of_exceptions_are_not_written(kept):
    """Of a library only where it spoke; of an exception its kind and its lines, never its
    message.
    """
    try:
        raise ValueError(MARKS["mine"])
    except ValueError as fault:
        logging.getLogger("some.library").warning("cannot draw %s", MARKS["mine"])
        logging.getLogger("portal.tests").exception("it failed")
        logging.getLogger("waitress").error(
            f"Exception while serving /{MARKS['mine']}", exc_info=fault
        )
    assert [line["said"].partition(":")[0] for line in kept()] == [
        "WARNING in test_logs",
        "it failed",
        "ERROR in test_logs",
    ]
    assert all(line["fault"].startswith("ValueError in test_logs.py:") for line in kept()[1:])
    assert MARKS["mine"] not in str(kept())


def test_a_log_that_cannot_be_written_never_stops_a_request(kept, tmp_path, school, browser):
    """A full disk, a folder that is gone, a disk that came back."""
    handler = file_of(tmp_path)

    class Full:
        """A file on a full disk."""

        def write(self, _):
            raise OSError(28, "No space left on device")

        tell = seek = flush = close = lambda *_: 0

    handler.stream = Full()
    assert browser("teacher").get(f"/pupil/{school.other.id}/").status_code == 404
    assert handler.stream is None and kept() == []
    browser("teacher").get(f"/pupil/{school.other.id}/")
    assert [line["said"] for line in kept()] == [f"refused: Pupil {school.other.id}"]
    handler.baseFilename = str(tmp_path / "gone" / "portal.log")
    handler.close()
    assert browser("teacher").get(f"/pupil/{school.other.id}/").status_code == 404


def test_without_a_place_for_files_the_log_goes_to_the_console(kept, tmp_path, capsys):
    (tmp_path / "no-folder").write_text("a file")
    logs.write_to(tmp_path / "no-folder")
    logging.getLogger("portal.tests").warning("still told")
    said = [json.loads(line)["said"] for line in capsys.readouterr().err.splitlines()]
    assert said == ["no log file: NotADirectoryError", "still told"]


def test_a_refusal_says_who_where_and_what_by_number(kept, school, browser):
    browser("stranger").get(f"/pupil/{school.mine.id}/?next=secret")
    (line,) = kept()
    assert line == {
        "at": "2026-11-24T10:00:00Z",
        "level": "info",
        "from": "portal.audit",
        "said": f"refused: Pupil {school.mine.id}",
        "user": school.stranger.id,
        "request": line["request"],
        "method": "GET",
        "rule": "/pupil/<int:key>/",
        "place": "127.0.0.1",
    }
    assert (
        audit_log.AuditEntry.select()
        .where(
            audit_log.AuditEntry.request == line["request"], audit_log.AuditEntry.act == "refused"
        )
        .count()
        == 1
    )


def test_a_refused_sign_in_is_in_the_log_and_what_was_typed_is_not(
    kept, school, browser, monkeypatch
):
    at = browser(None)
    monkeypatch.setattr(passwords, "matches", lambda *_: False)  # which takes its time
    for _ in range(11):
        at.post("/sign-in", {"user_name": "zz-typed-name", "password": "zz-typed-password"})
    said = [line["said"] for line in kept()]
    assert said.count("refused sign-in: User") == 10 and said[-1].startswith(
        "too many tries at a password"
    )
    assert "zz-typed" not in str(kept())


def test_no_child_is_in_the_log_whatever_happens(
    kept, school, browser, plain_paper, monkeypatch, tmp_path
):
    """Pages, searches, wrong addresses; then a fault in every view, with the child's name in its
    message and in the address.
    """
    names = [f"{mark}sur" for mark in MARKS.values()]
    for _, url in everywhere(school)[::4]:
        browser("teacher").client.get(
            f"{url}{'&' if '?' in url else '?'}search={names[0]}&next={names[1]}"
        )
    monkeypatch.setitem(school.app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(school.app, "testing", False)
    monkeypatch.setattr(school.app.database, "close", lambda: None)

    def fail(*_, **__):
        raise RuntimeError(
            f"{names[0]} has a plan: {MARKS['mine']}MyPlanQfamily", school.mine, {"name": names[1]}
        )

    failed = 0
    for endpoint, rule in rules(school.app, "GET")[::3]:
        with monkeypatch.context() as patch:
            patch.setitem(school.app.view_functions, endpoint, fail)
            response = browser("senco").client.get(address(school, rule))
            failed += response.status_code == 500
            assert MARKS["mine"] not in response.get_data(as_text=True)
    browser("senco").client.get(
        f"/{names[0]}/", headers={"Referer": f"https://x/{names[0]}", "User-Agent": names[1]}
    )
    text = str(kept())
    assert failed > 40 and text.count("RuntimeError in test_logs.py") == failed
    assert not [mark for mark in (*MARKS.values(), "search", "?") if mark in text]


def test_the_server_says_when_it_starts_and_stops(kept, portal, cast, monkeypatch, tmp_path):
    monkeypatch.setattr(commands.backup, "_folder", tmp_path)
    monkeypatch.setattr(commands.server, "listen", lambda *_: SimpleNamespace(run=lambda: None))
    monkeypatch.setattr(portal.database, "connection_context", portal.database.atomic)
    monkeypatch.setattr(portal.extensions["work"], "start", lambda: None)
    commands.serve(portal, [])
    assert [line["said"].split(",")[0] for line in kept()] == ["started", "stopped"]


def test_a_program_that_is_no_test_keeps_a_log(database, tmp_path, kept):
    """`create_app` opens the log in its data folder, once, however often it is called."""
    from app import create_app

    (tmp_path / "data").mkdir()
    for _ in range(2):
        create_app(database, tmp_path / "data")
    logging.getLogger("portal.tests").warning("once")
    assert len((tmp_path / "data/logs/portal.log").read_text().splitlines()) == 1


def test_every_logger_of_the_program_is_one_of_ours():
    """Only what begins with “portal” is written in words; the others that are named are other
    people's, and are made quieter.
    """
    named = []
    for path in PROGRAM:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("getLogger"):
                named += [(path.name, ast.unparse(word)) for word in call.args]
    others = {
        ("commands.py", "'waitress.queue'"),
        ("worker.py", "'xhtml2pdf'"),
        ("logs.py", "name"),
    }
    assert len(named) >= 8 and others <= set(named)
    assert [one for one in named if one not in others and not one[1].startswith("'portal.")] == []


def failed_backup(folder):
    """What stands in the log of a portal; nothing until it says a word about a backup."""
    said = live.common.logged(folder)
    return said if "backup" in said else ""


def test_why_a_backup_failed_stands_in_the_log_of_the_real_server(tmp_path):
    live.build(tmp_path / "data")
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "portal.db")) as database:
        database.execute("UPDATE setting SET backup_places = '/nowhere/at-all'")
        database.commit()
    server = live.common.Portal(tmp_path / "data")
    try:
        said = until(lambda: failed_backup(tmp_path / "data"))
    finally:
        server.stop()
    lines = [json.loads(line) for line in said.splitlines() if "backup" in line]
    assert [line["from"] for line in lines] == ["portal.backup"]
    assert "No backup in /nowhere/at-all: the folder is not there." in lines[0]["said"]
