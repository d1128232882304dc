"""An anchor outside the data folder shows a forgery that the data folder itself cannot show."""

import datetime
import json

import pytest
from click.testing import CliRunner
from test_trail import off_guard, rebuilt, sql
from test_upkeep import (
    migrated,  # noqa: F401  (fixtures: a data folder)
    school,  # noqa: F401  (fixtures: a data folder)
)

import commands
import config
import models as m
from audit import anchors
from audit import log as audit_log
from ops import backup

LINE = "24 November 2026, 57,789 rows, code 7F3A-19C2-44D0-8E1B"
READ = anchors.AnchorLine(57_789, "7f3a19c244d08e1b")


# --- the line
@pytest.mark.parametrize(
    "typed, read",
    (
        (LINE, READ),
        (f"Anchor of today: {LINE}.", READ),
        ("57789 rows code 7f3a19c244d08e1b", READ),
        ("57.789 rows, code 7F3A 19C2 44DO 8EIB", READ),  # O for 0, I for 1
        ("57,789 rows 7F3A-19C2-44D0-8E1B", READ),
        ("57,789\u00a0rows,\ncode: 7F3A-19C2-44D0-8E1B", READ),
        ("24 November 2026, 57,789 rows, code 7F3A-19C2-44D0", None),
        ("24 November 2026, code 7F3A-19C2-44D0-8E1B", None),
        ("0 rows, code 7F3A-19C2-44D0-8E1B", None),
        ("9" * 60 + " rows, code 7F3A-19C2-44D0-8E1B", None),
        ("57,789 rows, code 7F3A-19C2-44D0-8E1G", None),
        ("", None),
        ("\u0665\u0667 rows, code 7F3A-19C2-44D0-8E1B", None),
        ("rows " * 20_000, None),
    ),
)
def test_a_line_is_read_as_people_copy_it(typed, read):
    assert anchors.read_line(typed) == read


def more_rows(robin, *words):
    """Some rows of the trail."""
    for robin.alert in words:
        robin.save()


def test_the_trail_is_held_against_an_old_line(robin):
    more_rows(robin, "One", "Two")
    line = anchors.read_line(anchors.as_line(audit_log.head()))
    assert line.rows == audit_log.head().rows
    more_rows(robin, "Three")
    assert anchors.compare(line) == []
    assert (
        "is not the one that was written down"
        in anchors.compare(anchors.AnchorLine(line.rows, "0" * 16))[0]
    )
    assert "Rows were cut off" in anchors.compare(anchors.AnchorLine(line.rows + 100, line.code))[0]


def test_a_row_before_the_line_that_does_not_fit_is_told(robin):
    """The row of the line is untouched, and one before it was edited."""
    more_rows(robin, "One", "Two", "Three")
    line = anchors.read_line(anchors.as_line(audit_log.head()))
    off_guard()
    sql("UPDATE audit_entry SET who = 'Somebody else' WHERE id = ?", audit_log.head().last - 2)
    audit_log.install_triggers()
    assert "does not follow from the row before it" in anchors.compare(line)[0]


# --- the second place
def verify(*words):
    """The command `verify`: (exit code, what it prints)."""
    done = CliRunner().invoke(commands.cli, ["verify", *words])
    audit_log.db.close()
    return done.exit_code, done.output


@pytest.fixture
def two_places(school, tmp_path):  # noqa: F811
    """A school whose anchors go to a second place too; the day's anchors and a backup are made."""
    second = tmp_path / "elsewhere"
    second.mkdir()
    with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
        settings = m.Setting.of_school()
        settings.anchor_place = str(second)
        settings.save()
        pupil = m.Pupil.select().first()
        for pupil.alert in ("What was said", "And what was added"):
            pupil.save()
    backup.run_due()
    return school, second


def forge(folder):
    """Whoever can write the data folder: another word in the trail, chained anew with its key.

    The anchors in the folder and in the notes of the backups there are written anew as well.
    """
    with audit_log.db.connection_context():
        off_guard()
        row = audit_log.AuditEntry.get(audit_log.AuditEntry.after == "What was said")
        sql('UPDATE audit_entry SET "after" = ? WHERE id = ?', "What was never said", row.id)
        rebuilt(config.key_file(folder, "audit.key").encode())
        audit_log.install_triggers()
        marks = [anew(mark) for mark in backup.daily_anchors()]
        (folder / "anchors.txt").unlink()
        audit_log.write_anchors(folder / "anchors.txt", marks)
        for note in (folder / "backups").glob("*.json"):
            said = json.loads(note.read_text("utf-8"))
            said["anchor"] = vars(anew(audit_log.Anchor(**said["anchor"])))
            note.write_text(json.dumps(said), "utf-8")


def anew(mark):
    """An anchor as it would have been, had the forged rows been there."""
    row = audit_log.AuditEntry.get_by_id(mark.last)
    return audit_log.Anchor(mark.at, mark.rows, mark.last, row.entry_hash)


def test_a_forgery_with_the_key_is_found_by_the_second_place_alone(two_places):
    folder, second = two_places
    assert verify()[0] == 0
    kept = (second / "anchors.txt").read_bytes()
    forge(folder)
    (second / "anchors.txt").rename(second / "away")
    code, said = verify()
    assert code == 0 and "All is as it was written" in said, "the data folder alone cannot tell"
    (second / "away").rename(second / "anchors.txt")
    code, said = verify()
    assert code == 1 and "is not what was written down elsewhere on 24 Nov 2026" in said
    assert (second / "anchors.txt").read_bytes() == kept


def test_a_file_of_anchors_is_named_to_verify(two_places):
    """When the Settings were changed too, so that they name no second place."""
    folder, second = two_places
    with audit_log.db.connection_context():
        m.Setting.update(anchor_place="").execute()
    forge(folder)
    code, said = verify()
    assert code == 0 and "No anchor is kept where the portal can only add" in said
    assert verify("--anchors", str(second / "anchors.txt"))[0] == 1


def test_a_forgery_is_found_by_the_line_in_the_book(two_places):
    folder, _ = two_places
    with audit_log.db.connection_context():
        line = anchors.as_line(audit_log.head())
    forge(folder)
    with audit_log.db.connection_context():
        assert "is not the one that was written down" in anchors.compare(anchors.read_line(line))[0]


def test_a_made_up_restore_that_hides_anchors_is_told(two_places):
    """A row that says a restore took all the time back; the anchors it hides are counted aloud."""
    folder, _ = two_places
    with audit_log.db.connection_context(), audit_log.acting_as("Restore"):
        audit_log.audit("restored", m.Setting.of_school(), before="2026-01-01T00:00:00Z")
    code, said = verify()
    assert code == 0 and "anchors are of a time that a restore took back" in said
    assert "a backup of 2026-01-01T00:00:00Z" in said


def test_the_second_place_only_grows_and_what_cannot_be_added_is_in_the_log(
    two_places, the_day, caplog
):
    folder, second = two_places
    path = second / "anchors.txt"
    first = path.read_bytes()
    backup.run_due()
    assert path.read_bytes() == first, "once a day"
    the_day.shift(datetime.timedelta(days=1))
    backup.run_due()
    assert path.read_bytes().startswith(first) and len(audit_log.read_anchors(path)) == 2
    path.unlink()
    second.rmdir()
    backup.run_due()
    assert "No anchor was added in the second place" in caplog.text
    assert verify()[0] == 0, (
        "a place that is away is a warning of `check`, not a fault of the trail"
    )
