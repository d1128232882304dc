"""Everything is accounted for: every look, every refusal, every change; what was tampered with is
found; who saw a child is said.
"""

import datetime
import hashlib
import json
import sqlite3

import pytest
from click.testing import CliRunner
from conftest import ROOT, agreed, dump, sqlite_file, take_to, write
from peewee import DatabaseError, OperationalError, PeeweeException
from test_scope import change_everything, hidden_from
from web import MARKS
from witness import Witness, walk

import commands
import models as m
from admin_views import school as school_pages
from audit import access, report, verify
from audit import log as audit_log
from ops import database as ops_database
from records import questions as q
from records import storage
from records.record import seal_of


def since(key):
    """The audit rows after a row: [(act, record, record_id, pupil_id)]."""
    rows = audit_log.AuditEntry.select(
        audit_log.AuditEntry.act,
        audit_log.AuditEntry.record,
        audit_log.AuditEntry.record_id,
        audit_log.AuditEntry.pupil_id,
    )
    return list(
        rows.where(audit_log.AuditEntry.id > key).order_by(audit_log.AuditEntry.id).tuples()
    )


def last():
    """The number of the newest audit row."""
    return audit_log.head().last


def newest():
    """The newest audit row."""
    return audit_log.AuditEntry.get_by_id(last())


# --- looks
@pytest.mark.parametrize(
    "url, act",
    [
        ("/my-plan/{}/", "view"),
        ("/my-plan/{}/edit/", "view"),
        ("/my-plan/{}/print.pdf", "print"),
        ("/meeting/{}/", "view"),
        ("/contact/{}/", "view"),
        ("/document/{}/file", "file"),
    ],
)
def test_a_look_at_a_record_is_written_down_once(school, browser, plain_paper, tmp_path, url, act):
    """Who, what, which child, one row for one answer."""
    record = next(r for r in school.records["mine"].values() if r.slug() == url.split("/")[1])
    if act == "file":
        data = b"%PDF-1.7 x"
        path = school.app.config["DATA_DIR"] / "files" / ("f" * 32)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        m.Document.update(
            stored_as=path.name, sha256=hashlib.sha256(data).hexdigest(), withhold="No"
        ).execute()
    before = last()
    assert browser("senco").get(url.format(record.id)).status_code == 200
    assert since(before) == [(act, type(record).__name__, record.id, school.mine.id)]
    entry = newest()
    assert (entry.who, entry.user_id, entry.before, entry.after) == (
        school.senco.name,
        school.senco.id,
        "",
        "",
    )


def test_the_pupils_page_and_papers_are_looks_at_the_pupil(school, browser, plain_paper):
    """The page, the page of a move, the whole record, the profile, the family pack."""
    key, before = school.mine.id, last()
    for part in (
        "",
        "move/new-my-plan-plus-cycle/",
        "record.pdf",
        "profile.pdf",
        "family-pack.pdf",
    ):
        assert browser("senco").get(f"/pupil/{key}/{part}").status_code == 200
    assert since(before) == [("view", "Pupil", key, key)] * 2 + [("print", "Pupil", key, key)] * 3


def test_who_is_found_listed_or_exported_is_written_down(school, browser):
    """A search: each child every time; a plain list and an offer once a day; a spreadsheet: every
    child in it.
    """
    at, mine, other = browser("senco"), school.mine.id, school.other.id
    before = last()
    for length in (3, 4, 5):
        at.post("/pupil/look-up/", {"words": MARKS["mine"][:length]})
    at.post("/pupil/", {"search": MARKS["mine"]})
    assert since(before) == [(act, "Pupil", mine, mine) for act in ("listed", "found")]
    before = last()
    for _ in range(3):
        at.get("/meeting/")
    assert sorted(since(before)) == sorted(
        [("listed", "Meeting", None, mine), ("listed", "Meeting", None, other)]
    )
    browser("office").get("/meeting/")
    assert len(since(before)) == 4, "another person's look is another row"
    before = last()
    at.post("/contact/spreadsheet/", {})
    assert sorted(row for row in since(before) if row[3]) == [
        ("export", "Contact", None, mine),
        ("export", "Contact", None, other),
    ]


def test_a_child_is_listed_again_on_another_day(school, browser, the_day):
    """Once for each day."""
    browser("senco").get("/meeting/")
    before = last()
    the_day.shift(datetime.timedelta(days=1))
    browser("senco").get("/meeting/")
    assert len(since(before)) == 2


def test_an_answer_that_names_a_child_without_a_row_is_noticed(school, browser, monkeypatch):
    """`web.Browser` looks at every answer of every test: were a page to forget its note, it would
    fail there.
    """
    monkeypatch.setattr(access, "log_access", lambda *_: None)
    with pytest.raises(AssertionError, match="log_access"):
        browser("senco").get(f"/pupil/{school.mine.id}/")


def test_no_page_is_a_look_at_a_child_it_does_not_show(school, browser, plain_paper):
    """Static files, blank papers, settings, help, people: no row at all. A saved form leads away:
    the change is the row.
    """
    before = last()
    for url in (
        "/static/portal.css",
        "/my-plan/blank.pdf",
        f"/setting/{m.Setting.get().id}/",
        "/help/",
        "/user/",
        "/help/blank/S3.pdf",
    ):
        browser("senco").get(url)
    assert since(before) == []
    at, strategy = browser("senco"), school.records["mine"]["Strategy"]
    shown = at.page(f"/strategy/{strategy.id}/edit/")
    before = last()
    sent = at.post(
        f"/strategy/{strategy.id}/edit/",
        {**dict(shown.form().form_values()), "strategy": "Another"},
    )
    assert sent.status_code == 302 and {row[0] for row in since(before)} == {"change"}


class Cause(Exception):
    """What the driver of a database says."""

    def __init__(self, words, code):
        super().__init__(words)
        self.sqlite_errorcode = code


@pytest.mark.parametrize("code, status", [(13, 200), (8, 200), (1034, 200), (5, 503), (1, 500)])
def test_a_look_that_cannot_be_written_down(school, browser, monkeypatch, caplog, code, status):
    """A disk that is full (13), read-only (8) or failing (10): the page is served and the log says
    so, without names. Busy (5): the page that says so. Else no page.
    """
    monkeypatch.setitem(school.app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(school.app, "testing", False)
    monkeypatch.setattr(school.app.database, "close", lambda: None)

    def refuse(_):
        raise OperationalError(Cause("no", code), "no")

    monkeypatch.setattr(audit_log, "_append", refuse)
    response = browser("senco").client.get(f"/pupil/{school.mine.id}/")
    assert response.status_code == status
    assert (MARKS["mine"] in response.get_data(as_text=True)) == (status == 200)
    assert ("not written down" in caplog.text) == (status == 200) and MARKS[
        "mine"
    ] not in caplog.text


def test_a_full_and_a_read_only_database_are_known_as_such(tmp_path):
    """What SQLite itself says of a full disk and of a database that nobody may write."""
    own = sqlite_file(tmp_path / "small.db")
    own.execute_sql("CREATE TABLE t (x)")
    for pragma, row in (("max_page_count = 4", "x" * 50_000), ("query_only = 1", "x")):
        own.execute_sql(f"PRAGMA {pragma}")
        with pytest.raises(PeeweeException) as caught:
            own.execute_sql("INSERT INTO t VALUES (?)", (row,))
        assert storage.cannot_write(caught.value)
    with pytest.raises(DatabaseError) as caught:
        own.execute_sql("SELECT nothing")
    assert not storage.cannot_write(caught.value)
    own.close()


# --- refusals
def test_every_refusal_of_somebody_signed_in_is_written_down(school, browser):
    """What was tried, by whom, at which child; no words of it."""
    mine, other, case = school.mine.id, school.other.id, school.records["mine"]["EhcCase"].id
    tried = (
        ("stranger", "GET", f"/pupil/{mine}/", ("refused", "Pupil", mine, mine)),
        ("teacher", "GET", f"/pupil/{other}/record.pdf", ("refused", "Pupil", other, other)),
        ("teacher", "POST", f"/ehc-case/{case}/edit/", ("refused", "EhcCase", case, mine)),
        ("technician", "GET", "/pupil/", ("refused", "Pupil", None, None)),
        ("senco", "GET", "/pupil/999999/", ("refused", "Pupil", None, None)),
        ("office", "GET", f"/pupil/{'9' * 20}/", ("refused", "Pupil", None, None)),
    )
    for who, method, url, row in tried:
        before = last()
        assert browser(who).send(method, url, {}).status_code in (403, 404), url
        assert since(before) == [row], url
        assert newest().user_id == getattr(school, who).id
    before = last()
    assert (
        browser(None).get(f"/pupil/{mine}/").status_code == 302
        and browser("senco").get("/nothing/").status_code == 404
    )
    assert since(before) == []


# --- who saw whom
def test_who_saw_a_child_is_said_day_by_day(robin, cast, the_day):
    """Newest first; one line for each person and day; the answers of one press count once; London
    time.
    """
    take_to(robin, "S1", cast.senco)
    with audit_log.acting_as("Ann", 71):
        audit_log.audit_access("view", [robin, robin])
        the_day.move_to(datetime.datetime(2026, 11, 25, 9, tzinfo=datetime.UTC))
        audit_log.audit_access("print", [robin])
    with audit_log.acting_as("Bob", 72):
        robin.alert, robin.eal = "Needs glasses", "Yes"
        robin.save()
    visits = [v for v in report.who_saw(robin.id) if v.who != "The tests"]
    assert [(v.day.day, v.who) for v in visits] == [(25, "Bob"), (25, "Ann"), (24, "Ann")]
    assert [v.say() for v in visits] == [
        "changed Pupil",
        "printed Pupil",
        "looked at Pupil (2 times)",
    ]
    assert visits[2].hours() == "10:00"
    assert "Ann" not in [v.who for v in report.who_saw(cast.wren.id)]
    assert min(
        v.day for v in report.who_saw(robin.id, datetime.date(2026, 11, 25))
    ) == datetime.date(2026, 11, 25)


@pytest.mark.parametrize(
    "words, found",
    [
        ("Oakley, Robin", 1),
        ("oakley,robin", 1),
        ("H801200001001", 1),
        ("h801200001001 ", 1),
        ("Oakley", 0),
        ("Ash, Robin", 0),
        ("", 0),
        ("0", 0),
        ("9" * 30, 0),
    ],
)
def test_a_child_is_named_by_upn_or_name(robin, words, found):
    robin.upn = "H801200001001"
    robin.save()
    assert report.find_pupil(words) == [robin] * found and report.find_pupil(str(robin.id)) == [
        robin
    ]


def run(monkeypatch, tmp_path, database, *words):
    """A command on the database of the tests: (exit code, what it prints)."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr(commands, "opened", lambda: database)
    monkeypatch.setattr("ops.backup._folder", tmp_path)
    monkeypatch.setattr(database, "connection_context", lambda: database.atomic())
    done = CliRunner().invoke(commands.cli, words)
    return done.exit_code, done.output


def test_the_command_who_saw_prints_it_and_is_a_look_itself(
    robin, cast, database, monkeypatch, tmp_path
):
    with audit_log.acting_as("Ann", 71):
        audit_log.audit_access("view", [robin])
    code, said = run(monkeypatch, tmp_path, database, "who-saw", "Oakley, Robin")
    assert code == 0 and "Ann: looked at Pupil" in said and "Tuesday 24 Nov 2026" in said
    assert newest().who == "Command line"
    assert run(monkeypatch, tmp_path, database, "who-saw", "Nobody, Here")[0] == 1
    assert (
        "Nobody."
        in run(
            monkeypatch, tmp_path, database, "who-saw", "Oakley, Robin", "--since", "2027-01-01"
        )[1]
    )


def test_the_page_of_a_child_says_who_saw_it(school, browser):
    """For those who may read the audit trail; looks and changes apart; by one person."""
    browser("teacher").get(f"/pupil/{school.mine.id}/")
    at = browser("head")
    assert at.page(f"/pupil/{school.mine.id}/").all(f"//a[@href='/audit/?pupil={school.mine.id}']")
    page = at.page(f"/audit/?pupil={school.mine.id}")
    assert page.h1 == f"Who saw and changed {school.mine.name}"
    assert f"{school.teacher.name} looked at Pupil" in " ".join(
        " ".join(page.all("//table[1]//tr/td/text()")).split()
    )
    only = at.submit(
        page, path="//form[@id='filter']", button=None, show="looks", who=str(school.teacher.id)
    )
    said = [words.text_content() for words in only.all("//table[last()]//td[@data-label='Who']")]
    assert (
        set(said[-1:]) == {school.teacher.name}
        and "Pupil: looked at" in only.text
        and "Pupil: change" not in only.text
    )
    assert (
        "Pupil: view"
        not in at.submit(page, path="//form[@id='filter']", button=None, show="changes").text
    )
    assert (
        not browser("teacher")
        .page(f"/pupil/{school.mine.id}/")
        .all("//a[contains(@href, '/audit/')]")
    )
    assert at.get("/audit/?pupil=999999").status_code == 404


# --- the history obeys the sections
@pytest.mark.parametrize("role", q.ROLES)
def test_the_audit_trail_says_nothing_of_a_part_that_is_closed(school, browser, monkeypatch, role):
    """Even for a role that may read the audit trail: every word of every record is changed first,
    rows included.
    """
    change_everything(school)
    monkeypatch.setitem(m.RIGHTS_TABLE["AuditEntry"], role, "r")
    monkeypatch.setattr(school_pages, "PAGE_SIZE", 2000)
    hidden, found, seen = {**hidden_from(role, "mine"), **hidden_from(role, "other")}, set(), 0
    for url in (
        "/audit/",
        f"/audit/?pupil={school.mine.id}",
        f"/audit/?pupil={school.other.id}&show=changes",
    ):
        source = browser(role).get(url).get_data(as_text=True)
        seen += source.count(MARKS["mine"])
        found |= {f"{words} in {url}" for mark, words in hidden.items() if mark in source}
    assert not found, f"{role} reads in the audit trail what is closed:\n" + "\n".join(
        sorted(found)
    )
    assert (seen < 2) if role == q.TECHNICIAN else seen > 200


def test_the_history_of_a_record_says_nothing_of_a_part_that_is_closed(school):
    """The same beside each record."""
    change_everything(school)
    told = [
        e for r in school.records["mine"].values() for e in report.history(r, school.teacher, 2000)
    ]
    found = {
        words
        for mark, words in hidden_from(q.TEACHER, "mine").items()
        if any(mark in e.before + e.after for e in told)
    }
    assert len(told) > 100 and not found


def test_the_history_of_a_record_tells_the_changes_of_its_lines(school, browser):
    """For those who may read them: the contacts of a family are in the history of the child for the
    office, not for the teacher.
    """
    contact = school.records["mine"]["Contact"]
    with audit_log.acting_as("The tests"):
        contact.phone = "07700 900999"
        contact.save()
    assert any(e.after == contact.phone for e in report.history(school.mine, school.office))
    assert not any(e.record == "Contact" for e in report.history(school.mine, school.teacher))


# --- it only grows
def sql(statement, *values):
    """A statement past the program, as somebody with the file would write it."""
    return audit_log.db.execute_sql(
        statement if audit_log.on_sqlite() else statement.replace("?", "%s"), values
    )


@pytest.mark.parametrize(
    "statement",
    (
        "UPDATE audit_entry SET who = 'X'",
        "UPDATE audit_entry SET erased = ?",
        "DELETE FROM audit_entry",
        "UPDATE audit_entry SET \"after\" = '', erased = ?",
        "TRUNCATE audit_entry",
    ),
)
def test_the_database_refuses_to_change_the_trail(robin, database, statement):
    """By triggers, on both engines; only blanking the words of an erased child is let through."""
    if statement.startswith("TRUNCATE") and audit_log.on_sqlite():
        return
    for robin.alert in ("Words", "Other words"):
        robin.save()
    before = dump()
    with pytest.raises(PeeweeException, match="only grows"), database.atomic():
        sql(statement, *([True] if "?" in statement else []))
    assert dump() == before
    sql(
        "UPDATE audit_entry SET \"before\" = '', \"after\" = '', reason = '', erased = ? WHERE"
        " pupil_id = ?",
        True,
        robin.id,
    )
    assert audit_log.verify() == []
    found = verify.erasure_problems()
    assert len(found) == audit_log.AuditEntry.select().where(audit_log.AuditEntry.erased).count()
    assert f"about Pupil number {robin.id}, were blanked, but no erasure" in found[0]


def off_guard():
    """Take the triggers away, as an attacker with the file does; what they kept must show without
    them.
    """
    for name in (
        ("audit_entry_stays", "audit_entry_keeps")
        if audit_log.on_sqlite()
        else ("audit_entry_stays", "audit_entry_whole")
    ):
        sql(f"DROP TRIGGER {name}" + ("" if audit_log.on_sqlite() else " ON audit_entry"))


def rebuilt(with_key=b"the attacker's own"):
    """Chain the whole trail anew, with a key of the attacker's own."""
    key, link = audit_log._key, ""
    audit_log.use_key(with_key)
    for row in list(audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id).dicts()):
        row["content_hash"] = audit_log.keyed_hash(*(row[w] for w in audit_log.WORDS))
        link = audit_log.hash_entry(link, row)
        sql(
            "UPDATE audit_entry SET digest = ?, link = ? WHERE id = ?",
            row["content_hash"],
            link,
            row["id"],
        )
    audit_log.use_key(key)


def reordered():
    """Two rows change places."""
    a, b = last() - 3, last() - 2
    for was, now in ((a, -1), (b, a), (-1, b)):
        sql("UPDATE audit_entry SET id = ? WHERE id = ?", now, was)


TRAIL_ATTACKS = {
    "a row is edited": lambda: sql(
        "UPDATE audit_entry SET who = 'Somebody else' WHERE id = ?", last() - 2
    ),
    "its words are edited": lambda: sql(
        "UPDATE audit_entry SET \"after\" = 'Other words' WHERE id = ?", last() - 2
    ),
    "a row in the middle is deleted": lambda: sql(
        "DELETE FROM audit_entry WHERE id = ?", last() - 2
    ),
    "two rows change places": reordered,
    "the tail is cut": lambda: sql("DELETE FROM audit_entry WHERE id > ?", last() - 3),
    "the whole chain is rebuilt": rebuilt,
}


@pytest.mark.parametrize("attack", TRAIL_ATTACKS)
def test_tampering_with_the_trail_is_found(robin, tmp_path, attack):
    """The attacks of A8.18, triggers taken away first: the chain with its key and the anchor
    elsewhere find each.
    """
    for words in ("One", "Two", "Three", "Four", "Five"):
        robin.alert = words
        robin.save()
    assert (
        audit_log.write_anchor(tmp_path / "anchors.txt")
        and audit_log.verify(audit_log.read_anchors(tmp_path / "anchors.txt")) == []
    )
    off_guard()
    TRAIL_ATTACKS[attack]()
    # put back, so that nothing but the rows tells
    audit_log.install_triggers()
    found = audit_log.verify(audit_log.read_anchors(tmp_path / "anchors.txt"))
    assert found and audit_log.has_triggers(), attack
    if attack == "the tail is cut":
        assert audit_log.verify() == [] and "no longer there" in found[0], (
            "only the anchor can tell"
        )


def test_a_trail_chained_anew_with_the_key_differs_from_its_anchor(robin, tmp_path):
    """Who has the key as well can make a chain that holds; what was written down elsewhere still
    says that it is another one.
    """
    robin.alert = "One"
    robin.save()
    assert audit_log.write_anchor(tmp_path / "anchors.txt")
    off_guard()
    sql("UPDATE audit_entry SET who = 'Somebody else' WHERE id = ?", last())
    rebuilt(audit_log._key)
    audit_log.install_triggers()
    assert (
        audit_log.verify() == []
        and "is not what was written down elsewhere"
        in audit_log.verify(audit_log.read_anchors(tmp_path / "anchors.txt"))[0]
    )


def test_triggers_that_were_taken_away_are_missed(robin, caplog):
    """By `verify`, and in the log of the start that puts them back."""
    robin.alert = "One"
    robin.save()
    off_guard()
    assert audit_log.verify() == ["The triggers that keep the audit trail are not in the database."]
    audit_log.install_triggers()
    assert audit_log.has_triggers() and "were not in the database and were put back" in caplog.text


def test_an_anchor_is_written_once_a_day_and_a_broken_line_costs_only_itself(
    robin, tmp_path, the_day
):
    path = tmp_path / "anchors.txt"
    assert [audit_log.write_anchor(path) for _ in range(3)] == [
        True,
        False,
        False,
    ] and path.stat().st_mode & 0o777 == 0o600
    path.write_text(path.read_text() + '\n{"at": "2026-1')  # the power went
    the_day.shift(datetime.timedelta(days=1))
    robin.alert = "More"
    robin.save()
    assert (
        audit_log.write_anchor(path)
        and len(audit_log.read_anchors(path)) == 2
        and audit_log.verify(audit_log.read_anchors(path)) == []
    )
    assert audit_log.read_anchors(tmp_path / "none") == []


# --- seals
def forged(form, code=None, **changed):
    """Write other words into a sealed paper, with a check code that fits them."""
    kept = json.loads(form.sealed)
    kept["sections"][0]["lines"][0]["answer"] = "What was never said"
    text, own = seal_of(kept)
    type(form).update(sealed=text, sealed_code=code or own, **changed).where(
        type(form).id == form.id
    ).execute()


def swapped(first, second):
    """Two sealed papers change places: words, check code and all."""
    for form, other in ((first, second), (second, first)):
        type(form).update(
            sealed=other.sealed, sealed_code=other.sealed_code, sealed_at=other.sealed_at
        ).where(type(form).id == form.id).execute()


def gone(form):
    """A sealed paper is deleted, its lines first."""
    for row_class in reversed(form.groups().values()):
        row_class.delete().where(row_class.parent_field() == form).execute()
    type(form).delete().where(type(form).id == form.id).execute()


SEAL_ATTACKS = {
    "the sealed words are edited and the code made anew": lambda a, b: forged(a),
    "only the words are edited": lambda a, b: forged(a, "x"),
    "a sealed paper is deleted": lambda a, b: gone(a),
    "two seals change places": swapped,
    "the newest sealed paper is deleted": lambda a, b: gone(b),
    "all seals are made anew": lambda a, b: (forged(a), forged(b)),
    "a seal is taken off": lambda a, b: (
        type(a)
        .update(status="draft", sealed=None, sealed_code=None)
        .where(type(a).id == a.id)
        .execute()
    ),
    "it says it is a draft": lambda a, b: (
        type(a).update(status="draft").where(type(a).id == a.id).execute()
    ),
    "the words are no JSON": lambda a, b: (
        type(a).update(sealed="{").where(type(a).id == a.id).execute()
    ),
    "it belongs to another child": lambda a, b: (
        type(a)
        .update(pupil=m.Pupil.get(m.Pupil.id != a.pupil_id))
        .where(type(a).id == a.id)
        .execute()
    ),
    "a seal is invented": (
        lambda a, b: m.ParentInformation.insert(
            pupil=a.pupil,
            status="sealed",
            sealed=a.sealed,
            sealed_code=a.sealed_code,
            sealed_by=a.sealed_by,
        ).execute()
    ),
}


@pytest.mark.parametrize("attack", SEAL_ATTACKS)
def test_tampering_with_a_sealed_paper_is_found(robin, cast, attack):
    """Each sealed paper is held against the audit row that its sealing wrote, and each such row
    against its paper.
    """
    take_to(robin, "S3", cast.senco)
    first, second = (
        agreed(m.FamilyThinks, robin, cast.senco),
        agreed(m.PupilViews, robin, cast.senco),
    )
    # a draft is nobody's business
    write(m.ChildStory, robin, cast.senco)
    assert verify.seal_problems() == []
    SEAL_ATTACKS[attack](first, second)
    assert verify.seal_problems(), attack


def test_seals_and_trail_of_version_1_0_0_hold(tmp_path):
    """The database of the released version, upgraded: its rows are chained, and its sealed papers
    are found in them.
    """
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.executescript((ROOT / "tests/released/1.0.0.sql").read_text("utf-8"))
    old.close()
    before = audit_log.db.obj
    database = ops_database.SqliteDatabase(
        str(tmp_path / "old.db"),
        pragmas=ops_database.PRAGMAS,
        lock_type="IMMEDIATE",
        autoconnect=False,
    )
    audit_log.db.initialize(database)
    try:
        ops_database.migrate(database)
        with database.connection_context():
            plan = m.MyPlan.get(m.MyPlan.status == "sealed")
            assert verify.problems() == []
            assert plan.content()["sections"][-1]["key"] == "For the file", (
                "its label stands for the key"
            )
            m.MyPlan.update(sealed_code="0" * 64).where(m.MyPlan.status == "sealed").execute()
            assert len(verify.seal_problems()) >= 1
    finally:
        audit_log.db.initialize(before)


def test_the_command_verify_says_it_in_plain_words(robin, cast, database, monkeypatch, tmp_path):
    """Exit code 0 when all is whole, 1 when anything was changed behind the portal's back."""
    take_to(robin, "S3", cast.senco)
    form = agreed(m.PupilViews, robin, cast.senco)
    audit_log.write_anchor(tmp_path / "anchors.txt")
    code, said = run(monkeypatch, tmp_path, database, "verify")
    assert code == 0 and "All is as it was written" in said and "1 anchors kept elsewhere" in said
    assert f"Anchor of today: 24 November 2026, {audit_log.head().rows:,} rows, code " in said
    forged(form)
    code, said = run(monkeypatch, tmp_path, database, "verify")
    assert code == 1 and f"number {form.id} is not what was sealed" in said


# --- the witness
def test_nothing_is_written_past_the_audit_trail(school, browser, plain_paper):
    """Triggers on every table count what really changed while the whole pathway is walked; each
    change has its row in the trail.
    """
    if not audit_log.on_sqlite():
        pytest.skip("the witness is SQLite's")
    with Witness() as eyes:
        walk(school, browser)
    untold = eyes.untold()
    assert not untold, f"{len(untold)} changes are not in the audit trail:\n" + "\n".join(
        untold[:20]
    )
    assert len(eyes.tables_changed()) >= 30, (
        f"the walk is too short: it changed only {sorted(eyes.tables_changed())}"
    )


def test_the_witness_sees_a_write_past_the_trail(school):
    """It would be worth nothing if it could not."""
    if not audit_log.on_sqlite():
        pytest.skip("the witness is SQLite's")
    with Witness() as eyes, audit_log.acting_as("The tests"):
        m.Pupil.update(alert="Past the trail").where(m.Pupil.id == school.mine.id).execute()
        school.records["other"]["Strategy"].remove()
    assert eyes.untold() == [f"UPDATE of pupil {school.mine.id}"]
