"""The machine fails: killed at a random moment, a full disk, many people at once (`make soak`);
and what a start finds after that.
"""

import os
import pathlib
import subprocess
import sys
import time

import pytest
from conftest import HANGS
from peewee import SqliteDatabase

import models as m
from audit import log as audit_log
from ops import backup

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(name, *figures):
    """The `main` of a long run with smaller figures, in a process of its own; what it printed."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tests' / 'soak')!r}); import {name}; "
        f"sys.exit({name}.main(*{figures!r}))"
    )
    env = {
        k: v
        for k, v in os.environ.items()
        if k not in ("PYTEST_XDIST_WORKER", "DATABASE_URL", "DATA_DIR")
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=HANGS,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.long)])
def test_nothing_acknowledged_is_lost_by_kills(kills):
    seed = 4  # with two kills the second comes after each kind of write
    assert f"{kills} SIGKILLs" in run("kills", kills, seed)


@pytest.mark.long
def test_a_full_disk_breaks_nothing_and_pages_are_still_read():
    said = run("full", os.geteuid() == 0)
    assert all(place in said for place in ("database", "files", "log", "backups"))


@pytest.mark.long
def test_twelve_people_at_once_meet_no_lock_and_no_error_page():
    assert "“database is locked” | 0" in run("load", 10, 12)


@pytest.fixture
def swept(school, tmp_path, monkeypatch):
    """Sweep a folder of files: `swept(3)` makes so many that no document names and gives the names
    of those that stay.
    """
    from admin_views import documents

    def sweep(count, seconds=3600):
        monkeypatch.setitem(school.app.config, "DATA_DIR", tmp_path)
        folder = tmp_path / "files"
        folder.mkdir()
        for name in [
            school.records["mine"]["Document"].stored_as,
            *(f"stray{n}" for n in range(count)),
        ]:
            (folder / name).write_bytes(b"x")
            os.utime(folder / name, (time.time() - seconds,) * 2)
        with school.app.app_context():
            documents.remove_stray_files(school.app)
        return sorted(p.name for p in folder.iterdir())

    return sweep


def test_a_start_sweeps_a_file_that_a_crash_left_and_keeps_those_of_documents(swept):
    assert swept(2) == ["0" * 32]


def test_a_start_sweeps_the_upload_of_a_crash_before_there_is_any_document(swept):
    m.Document.delete().execute()
    assert swept(2) == []


def test_an_import_that_was_killed_is_given_back(school, tmp_path, monkeypatch):
    from admin_views import imports

    monkeypatch.setitem(school.app.config, "DATA_DIR", tmp_path)
    (tmp_path / "imports").mkdir()
    (tmp_path / "imports" / "1-ab.taken").write_text("rows")
    (tmp_path / "imports" / "1-cd.taken").write_text("rows")
    os.utime(tmp_path / "imports" / "1-cd.taken", (0, 0))
    with school.app.app_context():
        imports.restore_uploads()
    assert [p.name for p in (tmp_path / "imports").iterdir()] == ["1-ab.upload"]


def test_a_file_that_somebody_may_be_saving_is_not_swept(swept):
    assert len(swept(2, seconds=60)) == 3


def test_many_files_without_a_document_are_left_alone(swept):
    assert len(swept(9)) == 10


def test_the_head_of_a_copy_is_read_without_leading_other_threads_to_the_copy(
    database, tmp_path, monkeypatch
):
    """A backup once bound the model to the copy for a moment: a row that was written meanwhile
    followed from the wrong one.
    """
    copy, seen, anchor = SqliteDatabase(str(tmp_path / "copy.db")), [], audit_log.Anchor
    with audit_log.AuditEntry.bind_ctx(copy), audit_log.acting_as("The copy"):
        copy.create_tables([audit_log.AuditEntry])
        audit_log.AuditEntry.create(
            act="add", record="Pupil", who="The copy", request="1", entry_hash="of the copy"
        )
    monkeypatch.setattr(
        audit_log,
        "Anchor",
        lambda *given: (
            seen.append(audit_log.AuditEntry._meta.database is audit_log.db) or anchor(*given)
        ),
    )
    assert backup.head_of(copy)["link"] == "of the copy" and seen == [True]
