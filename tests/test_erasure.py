"""Erasing one child touches that child alone, whatever the names; the trail verifies ever after."""

import pytest
from click.testing import CliRunner
from conftest import START, assert_tasks_are_kept
from peewee import PeeweeException
from test_trail import off_guard, sql
from test_upkeep import (
    migrated,  # noqa: F401  (fixtures: a data folder)
    school,  # noqa: F401  (fixtures: a data folder)
)

import commands
import models as m
import people
from audit import log as audit_log
from audit import verify
from ops import backup, restore
from privacy import erasure
from records import questions as q

# The child; a name that contains the child's, or is the same: a colleague's, a school's, a child's.
NAMES = (
    ("Rhea", "Trial", "Rhea Trialshaw"),
    ("Rhea", "Trial", "Rhea Trial"),
    ("Ann", "Lee", "Joann Lee-Smith"),
    ("May", "May", "May May-Rose"),
    ("Rose", "Hill", "Rose Hill School"),
    ("Grace", "Hall", "Grace Hall"),
    ("O", "I", "O I"),
    ("X", "Y", "Max Yates"),
    ("Zoë", "Ó Briain", "Zoë Ó Briain-Walsh"),
    ("Sean", "O'Neil", "Sean O'Neill"),
    ("D'Arcy", "St. John", "D'Arcy St. Johnson"),
    ("Anne-Marie", "van der Berg", "Anne-Marie van der Bergh"),
    ("J.", "(Bo)", "J. (Bob)"),
)


def leaver(forename, surname):
    """A child who has left, with words in the trail."""
    pupil = m.Pupil.create(surname=surname, forename=forename, dob=START, left_on=START)
    pupil.alert = f"Words about {forename} {surname}"
    pupil.save()
    return pupil


def others(name):
    """Rows that say a name and are not the child's: colleague, settings, word bank, a child."""
    people.User.create(name=name, username="namesake", role=q.TEACHER)
    settings = m.Setting.of_school()
    settings.school_name = name
    settings.save(reason=f"Renamed to {name}")
    m.BankEntry.create(bank="strategy", words=f"As {name} does it")
    first, _, last = name.partition(" ")
    m.Pupil.create(surname=last, forename=first, dob=START, alert=f"Friend of {name}")


def rows_not_about(pupil):
    """Every row of the trail that is not about this child, whole: {number: columns}."""
    found = audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id).dicts()
    return {row["id"]: row for row in found if row["pupil_id"] != pupil.id}


def erase(pupil, cast, folder):
    """Two people erase a record."""
    erasure.ask(pupil, cast.senco, "Sent on")
    erasure.erase(pupil, cast.head, pupil.surname, folder)
    assert_tasks_are_kept()
    assert not m.HomeTask.select().where(m.HomeTask.pupil == pupil).exists()


@pytest.mark.parametrize("forename, surname, namesake", NAMES)
def test_erasing_a_child_leaves_every_other_row_byte_for_byte(
    cast, acting, tmp_path, forename, surname, namesake
):
    pupil = leaver(forename, surname)
    others(namesake)
    others_before = rows_not_about(pupil)
    assert verify.problems() == []
    erase(pupil, cast, tmp_path)
    after = rows_not_about(pupil)
    assert {key: after[key] for key in others_before} == others_before
    assert verify.problems() == []
    left = audit_log.AuditEntry.select().where(
        audit_log.AuditEntry.pupil_id == pupil.id, ~audit_log.AuditEntry.erased
    )
    assert {row.act for row in left} == {"erase"}


def test_a_saved_view_that_names_the_child_goes(cast, acting, tmp_path):
    pupil = leaver("Rhea", "Trial")
    for name in ("Rhea’s hours", "The Trial family", "Rheas", "Year 3, trials", "Rheage"):
        people.SavedView.create(user=cast.senco, report="register", name=name)
    erase(pupil, cast, tmp_path)
    mine = people.SavedView.of(cast.senco, "register")
    assert [view.name for view in mine] == ["Rheage"]


@pytest.mark.parametrize(
    "forename, surname, text, is_theirs",
    (
        ("Rhea", "Trial", "Import of Rhea Trial", True),
        ("Rhea", "Trial", "trial, rhea", True),
        ("Rhea", "Trial", "Rhea Trial’s letters", True),
        ("Rhea", "Trial", "“Rhea\nTrial”.", True),
        ("Rhea", "Trial", "Rhea Trialshaw", False),
        ("Rhea", "Trial", "Drhea Trial", False),
        ("Rhea", "Trial", "Rhea Trial-Shaw", False),
        ("Rhea", "Trial", "Anna-Rhea Trial", False),
        ("Rhea", "Trial", "Rhea", False),
        ("Rhea", "Trial", "the trial of May", False),
        ("May", "Rose", "In May rose the number", True),  # in the row of an import only
        ("O", "I", "O I", True),
        ("O", "I", "Bo Ira", False),
        ("O", "I", "O I'Anson", False),
        ("Sean", "O'Neil", "Sean O'Neil", True),
        ("Sean", "O'Neil", "Sean O'Neill", False),
        ("Zoe\u0308", "Breen", "Zo\u00eb Breen", True),  # one letter, or two
        ("Zo\u00eb", "Breen", "Zoe\u0308 Breen", True),
        ("J.", "(Bo)", "J. (Bo)", True),
        ("", "Trial", "any words at all", False),
    ),
)
def test_a_row_about_nobody_is_blanked_for_the_whole_name_only(
    cast, acting, tmp_path, forename, surname, text, is_theirs
):
    pupil = leaver(forename or None, surname)
    audit_log.audit("import", m.Pupil(), reason=f"{text}: 3 new")
    key = audit_log.head().last
    erase(pupil, cast, tmp_path)
    assert audit_log.AuditEntry.get_by_id(key).erased is is_theirs
    assert verify.problems() == [], "a row that was blanked lawfully is accounted for"


def test_a_blanked_row_that_no_erasure_accounts_for_is_found(cast, acting, tmp_path):
    """A colleague's row; a child's who is here; one written after the erasure; words put back."""
    gone, stays = leaver("Rhea", "Trial"), leaver("Rose", "Hill")
    erase(gone, cast, tmp_path)
    audit_log.audit_access("view", [gone], "later")
    later = audit_log.head().last
    about_user = audit_log.AuditEntry.get(audit_log.AuditEntry.record == "User").id
    of_stays = audit_log.AuditEntry.get(audit_log.AuditEntry.pupil_id == stays.id).id
    for key in (about_user, of_stays, later):
        blank(key)
    m.Erasure.create(pupil=stays, asked_by="x", done_by="y", done_at=audit_log.now())  # made up
    found = verify.problems()
    assert len(found) == 3
    for key, words in zip((about_user, of_stays, later), found):
        assert f"audit row {key}, about" in words
    off_guard()
    of_gone = audit_log.AuditEntry.get(
        audit_log.AuditEntry.pupil_id == gone.id, audit_log.AuditEntry.erased
    ).id
    sql("UPDATE audit_entry SET reason = 'Never said' WHERE id = ?", of_gone)
    audit_log.install_triggers()
    assert any(f"Audit row {of_gone} has words" in words for words in verify.problems())


def blank(key):
    """Blank the words of a row, as the trigger allows."""
    empty = "\"before\" = '', \"after\" = '', reason = ''"
    sql(f"UPDATE audit_entry SET {empty}, erased = ? WHERE id = ?", True, key)


# --- an accepted break
def test_a_break_is_accepted_with_a_reason_and_only_as_it_stands(robin, tmp_path):
    for robin.alert in ("One", "Two", "Three"):
        robin.save()
    blank(audit_log.AuditEntry.get(audit_log.AuditEntry.record == "User").id)
    off_guard()
    edited = audit_log.head().last
    sql("UPDATE audit_entry SET \"after\" = 'Other words' WHERE id = ?", edited)
    audit_log.install_triggers()
    assert len(verify.problems()) == 2
    with pytest.raises(ValueError, match="Say why"):
        verify.accept((), " ")
    assert len(verify.accept((), "An old erasure blanked a colleague's row")) == 2
    assert verify.problems() == [] and len(audit_log.accepted()) == 2
    row = audit_log.AuditEntry.get(audit_log.AuditEntry.act == "accepted")
    assert row.who == "The tests" and "colleague's row" in row.reason
    assert verify.accept((), "Again") == [], "nothing new: no row"
    off_guard()
    sql("UPDATE audit_entry SET \"after\" = 'Still other words' WHERE id = ?", edited)
    audit_log.install_triggers()
    assert f"words of audit row {edited} were changed" in verify.problems()[0], "another state"
    with pytest.raises(PeeweeException, match="only grows"), audit_log.db.atomic():
        sql("UPDATE audit_entry SET reason = '' WHERE act = 'accepted'")


def test_missing_triggers_are_put_back_and_never_accepted(robin):
    off_guard()
    verify.accept((), "They were gone")
    assert audit_log.has_triggers() and audit_log.accepted() == set()


# --- on the disk: verify, drill and restore
def in_school(*words):
    """A command on the school's data folder: (exit code, what it prints)."""
    done = CliRunner().invoke(commands.cli, words)
    return done.exit_code, done.output


def test_after_an_erasure_verify_drill_and_restore_pass(school):  # noqa: F811
    with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
        senco = people.User.create(name="The SENCO", username="own.senco", role=q.SENCO)
        head = people.User.create(name="The head", username="own.head", role=q.HEAD)
        pupil = leaver("Rhea", "Trial")
        others("Rhea Trialshaw")
        audit_log.audit("import", m.Pupil(), reason="File of Rhea Trial")
        erasure.ask(pupil, senco, "Sent on")
        erasure.erase(pupil, head, "Trial", school)
    audit_log.db.close()
    assert in_school("verify")[0] == 0
    path = backup.backup()[0][0]
    passed, certificate = restore.drill(path)
    assert passed, certificate
    assert "Restored" in restore.restore(path)[0]


def test_a_database_with_an_old_wrong_erasure_has_a_way_on(school):  # noqa: F811
    """1.1.0 blanked a colleague's row. It is told; once it is accepted, all commands pass."""
    with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
        people.User.create(name="Rhea Trialshaw", username="rhea", role=q.TEACHER)
        blank(audit_log.head().last)
    audit_log.db.close()
    code, said = in_school("verify")
    assert code == 1 and "but no erasure accounts for it" in said
    assert in_school("verify", "--accept", "")[0] == 1
    code, said = in_school("verify", "--accept", "The erasure of 24 November blanked it")
    assert code == 0 and "Accepted: The words of audit row" in said
    assert "Faults that were accepted: 1." in said
    path = backup.backup()[0][0]
    passed, certificate = restore.drill(path)
    assert passed, certificate
    assert "Restored" in restore.restore(path)[0]
