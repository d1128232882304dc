"""Children are kept apart: no number of a row is given twice, and nobody knows a record by its
number alone.

The first half shows that numbers are never given again: on both engines, past the program, in
databases of released versions, after a restore. The second half gives each number again by force,
as databases before 1.2.0 did, and looks at every surface.
"""

import json

import pytest
from conftest import ON, START, TODAY, press, take_to
from test_upkeep import RELEASED, build, kill_at, killed, point_at
from web import MARKS, fill_in

import config
import models as m
import people
import workflow as w
from audit import log as audit_log
from audit import report
from ops import backup, numbering, restore, upgrade
from ops import database as ops_database
from pathway import effects, guards
from privacy import subject_access
from records.record import Clash

each = pytest.mark.parametrize
NEVER_TAKEN_OUT = (audit_log.AuditEntry,)
KINDS = [c for c in m.every(m.PupilRecord) if c not in (m.Placement, m.ListMembership)]
# what only one row may have
ALONE = {
    "upn": None,
    "done_with": None,
    "username": None,
    "ended_on": START,
    "number": 988,
    "name": "N",
}


def copy_past_the_program(kind):
    """Write the newest row of a table once more, as somebody would at the database: the number of
    the copy.
    """
    said = dict(kind.select().order_by(kind.id.desc()).dicts().get())
    del said["id"]
    said.update({name: value for name, value in ALONE.items() if name in said})
    said.update({name: people.new_token() for name in ("token", "key") if name in said})
    said.update({"form": "/pupil/new/?again=1"} if kind is people.Draft else {})
    with audit_log.db.atomic():
        return kind.insert(**said).execute()


def some_row(kind, user):
    """A row of a table that no child of the tests fills."""
    rows = {
        people.SignInAttempt: {"key": "k"},
        people.UserSession: {"key": "k", "user": user},
        people.FormToken: {"token": "t", "led_to": "/"},
        people.ListSearch: {"user": user, "token": "t", "words": "w"},
        people.SavedView: {"user": user, "report": "register", "name": "n"},
        people.Work: {"user": user, "kind": "profiles"},
        people.Draft: {"user": user, "form": "/pupil/new/", "typed": "[]"},
        m.MergedPupil: {"number": 987, "pupil": m.Pupil.select().first()},
    }
    if kind in rows:
        kind.create(**rows[kind])


@each("kind", [c for c in m.every_table() if c not in NEVER_TAKEN_OUT], ids=lambda c: c.__name__)
def test_the_number_of_a_removed_row_is_not_given_again(school, kind):
    """The last row is taken out, and the next one has another number: on this engine, and past the
    program.
    """
    some_row(kind, school.senco)
    first = copy_past_the_program(kind)
    assert kind.delete().where(kind.id == first).execute() == 1
    assert copy_past_the_program(kind) > first


@each("kind", KINDS, ids=lambda c: c.__name__)
def test_a_record_that_is_made_after_one_was_removed_has_another_number(school, acting, kind):
    taken = fill_in(kind(pupil=school.other), MARKS["other"])
    keys = {(type(row), row.id) for row in (taken, *rows_of(taken))}
    take_out(taken)
    made = fill_in(kind(pupil=school.mine), MARKS["mine"])
    assert not keys & {(type(row), row.id) for row in (made, *rows_of(made))}


def test_what_was_removed_meanwhile_is_not_made_again_by_a_late_save(school, acting):
    strategy = m.Strategy.create(pupil=school.mine, strategy="A timetable")
    late = m.Strategy.get_by_id(strategy.id)
    strategy.remove()
    late.strategy = "A visual timetable"
    with pytest.raises(Clash, match="has taken this Everyday strategy out"):
        late.save()
    assert not m.Strategy.get_or_none(id=strategy.id)


# --- databases that exist already
@pytest.fixture(params=RELEASED, ids=lambda path: path.stem)
def released(tmp_path, monkeypatch, request):
    """A school of a released version, from which the newest strategy was removed before the
    upgrade: the folder, and its number.
    """
    for folder in point_at(tmp_path / "data", monkeypatch, lambda path: build(path, request.param)):
        with backup.reading(folder / "portal.db") as old:
            (number,) = old.execute_sql("SELECT MAX(id) FROM strategy").fetchone()
            old.execute_sql("DELETE FROM strategy WHERE id = ?", (number,))
        yield folder, number


def new_strategy():
    """The number of a new strategy of some child."""
    with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
        return m.Strategy.create(pupil=m.Pupil.select().first(), strategy="A timetable").id


def test_an_old_database_gives_no_number_again_either(released):
    """Its tables are made anew, with a backup first; what the audit trail knows of is not given
    again; nothing else changes.
    """
    folder, number = released
    with backup.reading(folder / "portal.db") as old:
        shape = dict(
            old.execute_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        )
        assert "strategy" in numbering.reusing_tables(old)
    upgrade.migrated(ops_database.migrate)
    assert len(backup.archives(folder / "backups")) == 1
    with audit_log.db.connection_context():
        now = dict(
            audit_log.db.execute_sql(
                "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            ).fetchall()
        )
        assert numbering.reusing_tables(audit_log.db.obj) == {}
        assert (
            not ops_database.diff_models(audit_log.db.obj, m.every_table())
            and audit_log.has_triggers()
            and audit_log.verify() == []
        )
        assert audit_log.db.execute_sql("PRAGMA foreign_key_check").fetchall() == []
        assert audit_log.db.pragma("foreign_keys") == 1
    there = {name for name, made in shape.items() if "INDEX" in made}
    # migration 0006 has one of pupil and moment instead, 0007 agencies of no form
    gone = {"auditentry_pupil_id", "agency_form_id", "recommendation_form_id"}
    assert there - gone <= set(now), "every index is there"
    assert new_strategy() == number + 1
    before = backup.archives(folder / "backups")
    assert (
        upgrade.migrated(ops_database.migrate) == []
        and backup.archives(folder / "backups") == before
    )


def test_killed_while_the_tables_are_made_anew_nothing_is_lost(released, monkeypatch):
    folder, _ = released
    with backup.reading(folder / "portal.db") as old:
        total = old.execute_sql("SELECT COUNT(*) FROM pupil").fetchone()
    with monkeypatch.context() as patch:
        patch.setattr(numbering, "rebuild", kill_at(numbering.rebuild, 30))
        killed(lambda: ops_database.migrate(audit_log.db.obj))
    ops_database.migrate(audit_log.db.obj)
    with audit_log.db.connection_context():
        assert (
            numbering.reusing_tables(audit_log.db.obj) == {}
            and audit_log.db.execute_sql("SELECT COUNT(*) FROM pupil").fetchone() == total
        )


def test_a_new_form_of_the_school_counts_as_well(released, tmp_path):
    """A table that a school's own migration makes is plain at first, and counted at the end of the
    same command.
    """
    folder = tmp_path / "migrations"
    folder.mkdir()
    for path in config.MIGRATIONS.glob("0*.py"):
        (folder / path.name).write_text(path.read_text("utf-8"), "utf-8")
    (folder / "0099_sleep.py").write_text(
        "from peewee import *\ndef up(migrator, db):\n    class Sleep(Model):\n        words ="
        " TextField()\n        class Meta:\n            database = db\n            table_name ="
        " 'sleep'\n    db.create_tables([Sleep])\n",
        "utf-8",
    )
    ops_database.migrate(audit_log.db.obj, folder)
    with audit_log.db.connection_context():
        (made,) = audit_log.db.execute_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'sleep'"
        ).fetchone()
    assert "AUTOINCREMENT" in made


def test_after_a_restore_no_number_of_the_lost_time_is_given_again(released):
    """What was made between the backup and the restore is known to nobody but to open pages and to
    paper.
    """
    upgrade.migrated(ops_database.migrate)
    backup.backup()
    lost = new_strategy()
    audit_log.db.close()
    restore.restore()
    assert new_strategy() > lost


# --- a number that was given twice long ago
def rows_of(record):
    """The rows of a record, all groups."""
    return [row for group in record.groups() for row in getattr(record, group)]


def take_out(record):
    """Remove a record with its rows, as the program does."""
    for group in reversed(record.groups()):
        for row in list(getattr(record, group)):
            row.remove()
    record.remove()


def as_long_ago(*taken):
    """Let the numbers of these records be given again, as every SQLite database before
    1.2.0 did.
    """
    first = {}
    for record in taken:
        name = record._meta.table_name
        first[name] = min(record.id, first.get(name, record.id))
    for name, number in first.items():
        if audit_log.on_sqlite():
            audit_log.db.execute_sql(
                "UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (number - 1, name)
            )
        else:
            audit_log.db.execute_sql(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", (f'"{name}"', number)
            )


def written_by(user, kind):
    """Whether this person writes records of this kind on their own form."""
    return m.may(user, "w", kind) and kind.__name__ not in w.ONLY_BY_MOVES


@each("kind", KINDS, ids=lambda c: c.__name__)
def test_a_number_given_twice_shows_nothing_of_the_other_child(
    school, browser, plain_paper, acting, kind
):
    """Page, history, form, draft, paper, home page, the child's page, the bundle: not a word of the
    child who had the number before.
    """
    at, mark = browser("senco"), MARKS["other"]
    taken = fill_in(kind(pupil=school.other), mark)
    home, name = (
        f"/{kind.slug()}/{taken.id}",
        next(n for n, f in kind.questions() if not hasattr(f, "rel_model")),
    )
    if written_by(school.senco, kind):
        assert (
            at.post("/draft/", {"draft_of": f"{home}/edit/", name: f"{mark}typed"}).status_code
            == 200
        )
    there = [taken, *rows_of(taken)]
    take_out(taken)
    as_long_ago(*there)
    more = {"entered_by": "Somebody"} if issubclass(kind, m.Form) else {}
    made = fill_in(kind(pupil=school.mine, **more), MARKS["mine"])
    assert {(type(row), row.id) for row in (made, *rows_of(made))} == {
        (type(row), row.id) for row in there
    }, "the test gives the same numbers"
    addresses = [
        f"{home}/",
        f"{home}/print.pdf",
        f"/pupil/{school.mine.id}/",
        f"/pupil/{school.mine.id}/record.pdf",
    ]
    addresses += [f"{home}/edit/"] if written_by(school.senco, kind) else []
    addresses += [f"/{type(row).slug()}/{row.id}/" for row in rows_of(made)]
    for address in addresses:
        answer = at.get(address)
        assert answer.status_code == 200 and mark not in answer.get_data(as_text=True), address
    assert "Typed and not saved" not in at.page("/").text
    draft = people.Draft.get_or_none()
    assert draft is None or at.get(f"/draft/{draft.id}/").status_code == 404
    given = subject_access.gather(school.mine, [])
    assert mark not in json.dumps(
        [[data for _, data in given.papers], given.drafts, given.trail], default=str
    )


def test_the_history_is_of_one_child_even_when_nobody_told_of_the_removal(school):
    """Taken out past the program, so that the audit trail has no row of it."""
    with audit_log.acting_as("Somebody else"):
        taken = m.Strategy.create(pupil=school.other, strategy=MARKS["other"])
    m.Strategy.delete().where(m.Strategy.id == taken.id).execute()
    as_long_ago(taken)
    with audit_log.acting_as("The SENCO"):
        made = m.Strategy.create(pupil=school.mine, strategy="A timetable")
    assert made.id == taken.id
    assert {e.who for e in report.history(made, school.senco)} == {"The SENCO"}


@each("kind", m.Pupil.groups().values(), ids=lambda c: c.__name__)
def test_a_line_of_a_child_that_has_the_number_of_another_childs_line_tells_nothing_of_it(
    school, browser, acting, kind
):
    owner, mark = kind.parent_field().name, MARKS["other"]
    taken = fill_in(kind(**{owner: school.other}), mark)
    taken.remove()
    as_long_ago(taken)
    made = fill_in(kind(**{owner: school.mine}), MARKS["mine"])
    assert made.id == taken.id
    assert mark not in browser("senco").page(f"/{kind.slug()}/{made.id}/").source
    assert report.history(made, school.senco)


def test_a_line_tells_what_was_changed_since_it_was_made_and_nothing_before(school, acting):
    """The same child, too: what an earlier line of this number said is not this line's history."""
    first = m.Contact.create(pupil=school.mine, name="Mr Before")
    first.remove()
    as_long_ago(first)
    second = m.Contact.create(pupil=school.mine, name="Mrs After")
    assert second.id == first.id
    told = report.history(second, school.senco)
    assert "Mrs After" in [e.after for e in told] and "Mr Before" not in [
        e.before + e.after for e in told
    ]


def test_a_second_press_carries_no_words_to_another_child(school, browser, acting):
    """The form of a record that was saved, removed, and whose number another child's record has
    now.
    """
    at = browser("senco")
    shown = at.page(f"/strategy/new/?pupil={school.other.id}")
    token = shown.said("press")
    at.submit(shown, strategy="Said about the other child")
    taken = m.Strategy.select().order_by(m.Strategy.id.desc()).get()
    taken.remove()
    as_long_ago(taken)
    made = m.Strategy.create(pupil=school.mine, strategy="Of this child")
    assert made.id == taken.id and people.FormToken.get_or_none(token=token)
    answer = at.post(
        f"/strategy/new/?pupil={school.other.id}",
        {"press": token, "strategy": "Said about the other child", "more": "x"},
    )
    assert answer.status_code == 404 and not people.Draft.select().exists()


# --- entered in error
def undo(pupil, user):
    """Take the last move back."""
    return w.perform(w.UNDO, m.Pupil.get_by_id(pupil.id), user, {"reason": "Wrong child"}, on=TODAY)


def type_of(pupil):
    """The SEN type that a move wrote."""
    return m.SenNeed.select().where(m.SenNeed.pupil == pupil).order_by(m.SenNeed.id.desc()).get()


@each("who", ("wren", "robin"))
def test_entered_in_error_takes_away_only_what_the_move_made(cast, who):
    """The type that a move of Robin's made was taken out, and a type of the same words has its
    number: another child's, or Robin's own.
    """
    with audit_log.acting_as("The SENCO", cast.senco.id):
        press("Start at Stage 2", cast.robin, cast.senco, START)
    taken = type_of(cast.robin)
    with audit_log.acting_as("The SENCO", cast.senco.id):
        taken.remove()
        as_long_ago(taken)
        made = m.SenNeed.create(
            pupil=getattr(cast, who), code=taken.code, rank=taken.rank, since=taken.since
        )
    assert made.id == taken.id and made.content_hash() == taken.content_hash()
    with audit_log.acting_as("The SENCO", cast.senco.id):
        undo(cast.robin, cast.senco)
    assert m.Placement.stage_of(cast.robin) == "NONE"
    assert m.SenNeed.get_or_none(id=made.id), "what the move did not make stays"


def test_another_childs_case_does_not_stop_entered_in_error(cast, acting):
    """The case that a move of Robin's opened is gone, and another child's case has its number."""
    press("Start at Stage 3", cast.robin, cast.senco, START)
    case = m.EhcCase.create(pupil=cast.wren, requester="Parent")
    placement = m.Placement.current(cast.robin)
    placement.effects = json.dumps(
        {**json.loads(placement.effects), "case": [case.id, "as it was"]}
    )
    placement.save()
    assert guards.case_not_moved_on(w.PupilContext(cast.robin, cast.senco)) is None
    undo(cast.robin, cast.senco)
    assert m.EhcCase.get_or_none(id=case.id)


def test_entered_in_error_changes_nothing_of_another_child(cast, acting):
    """A record that the move changed was taken out; the record that has its number now, another
    child's, keeps its words.
    """
    take_to(cast.robin, "S2", cast.senco)
    had = type_of(cast.robin)
    kept = effects.MoveJournal()
    kept.change(had, until=ON)
    had.remove()
    as_long_ago(had)
    made = m.SenNeed.create(pupil=cast.wren, code=had.code, rank=1, since=START, until=ON)
    assert made.id == had.id
    kept.undo(m.Placement.current(cast.robin), "Wrong child")
    assert m.SenNeed.get_by_id(made.id).until == ON
