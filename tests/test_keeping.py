"""The child's rights: everything held is given in one bundle without what is left out, requests
have a date, erasing leaves nothing.

The bytes of the files are read in a school of its own (`own_school`), because the other tests'
database is rolled back.
"""

import csv
import datetime
import hashlib
import io
import json
import re
import shutil
import sqlite3
import zipfile
from contextlib import contextmanager

import pytest
import time_machine
import web
from click.testing import CliRunner
from conftest import START, TODAY, TOTP, home_tasks, press
from peewee import SqliteDatabase

import commands
import models as m
import people
import workflow as w
from admin_views import privacy as screens
from audit import log as audit_log
from ops import database as ops_database
from pathway import clock
from privacy import erasure, retention, subject_access
from records import dates
from records import questions as q
from records.record import Clash, seal_of

DAY = datetime.timedelta(1)


# --- due dates
def request(**said):
    """A request for information, not saved."""
    return m.Disclosure(**{"kind": "access", "asked_on": datetime.date(2026, 1, 31), **said})


def on(words):
    """A date from its short form."""
    return datetime.date.fromisoformat(words)


@pytest.mark.parametrize(
    "said, due",
    (
        # one calendar month; the month is shorter
        ({}, "2026-02-28"),
        ({"asked_on": on("2026-09-03")}, "2026-10-03"),
        # from when it is known who asks
        ({"identity_on": on("2026-02-10")}, "2026-03-10"),
        # known before: from the day it came
        ({"identity_on": on("2026-01-10")}, "2026-02-28"),
        ({"more_time": "Yes"}, "2026-04-30"),
        # the clock is stopped
        ({"paused_on": on("2026-02-05")}, None),
        # ten days later
        ({"paused_on": on("2026-02-05"), "resumed_on": on("2026-02-15")}, "2026-03-10"),
        # stopped before it began to run
        ({"paused_on": on("2026-01-20"), "resumed_on": on("2026-01-25")}, "2026-02-28"),
        ({"kind": "record"}, "2026-02-28"),  # an academy
    ),
)
def test_a_request_is_due_when_the_law_says(said, due):
    assert clock.request_due(request(**said), m.Setting()) == (due and on(due))


def test_a_maintained_school_gives_the_educational_record_in_fifteen_school_days():
    school = m.Setting(maintained="Yes", holidays="16/2/2026 to 20/2/2026")
    assert clock.request_due(request(kind="record", asked_on=on("2026-02-02")), school) == on(
        "2026-03-02"
    )


def groups_of(user, asked):
    return [group for group, _ in home_tasks(user, asked)]


def test_the_page_and_the_home_page_say_when_it_is_due(school, browser):
    asked = m.Disclosure.create(
        pupil=school.mine, kind="access", asked_by="The mother", asked_on=TODAY - 25 * DAY
    )
    assert (
        "To be answered by Monday 30 November 2026"
        in browser("senco").page(f"/disclosure/{asked.id}/").text
    )
    assert "30 Nov 2026" in browser("senco").page("/disclosure/").text
    assert groups_of(school.senco, asked) == ["soon"]
    asked.asked_on = TODAY - 40 * DAY
    asked.save()
    assert groups_of(school.office, asked) == ["overdue"]
    assert groups_of(school.teacher, asked) == []


# --- the bundle
@pytest.fixture
def asked(school):
    """A request for everything held on `mine`, the child's file on the disk, and something typed
    that was not saved.
    """
    data = b"%PDF-1.4 the child's own report"
    folder = school.app.config["DATA_DIR"] / "files"
    folder.mkdir(exist_ok=True)
    (folder / "11").write_bytes(data)
    m.Document.update(
        stored_as="11", sha256=hashlib.sha256(data).hexdigest(), file_name="Zebmine report.PDF"
    ).where(m.Document.pupil == school.mine).execute()
    plan = school.records["mine"]["MyPlan"]
    people.Draft.create(
        user=school.senco,
        form=f"/my-plan/{plan.id}/edit/",
        pupil_id=school.mine.id,
        typed=json.dumps(
            [["csrf_token", "x"], ["strengths", "Zebminetyped"], ["withhold_why", "Zebmineunsaved"]]
        ),
    )
    return m.Disclosure.create(
        pupil=school.mine, kind="access", asked_by="The mother", asked_on=TODAY
    )


def make(browser, asked, who="senco", status=200, drop=(), **reasons):
    """Open the page of the bundle and press the button; `drop` unticks boxes, `reasons` are typed
    by number. The answer.
    """
    at = browser(who)
    shown = at.page(f"/keeping/{asked.id}/bundle/")
    form = shown.form("//main//form")
    sent = [
        (n, reasons.pop(n.replace("-", "_"), v))
        for n, v in web.values_of(form)
        if (n, v) not in {("out", key) for key in drop}
    ]
    return at.post(f"/keeping/{asked.id}/bundle/", [p for p in sent if p[0] != "csrf_token"])


def members(answer):
    """The files of the bundle: {name: text}."""
    assert answer.status_code == 200 and answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as box:
        assert box.testzip() is None
        return {name: box.read(name).decode("utf-8", "replace") for name in box.namelist()}


def canaries(school, which="mine"):
    """Every text that was answered in the records of a pupil: {(record, question): words}."""
    mark = web.MARKS[which]
    return {
        (c, n): web.canary(mark, r, n)
        for c, r in school.records[which].items()
        for n, f in r.questions()
        if isinstance(r.__data__.get(n), str) and r.__data__[n] == web.canary(mark, r, n)
    }


def test_the_bundle_holds_every_answer_on_the_paper_and_in_the_data(
    school, browser, asked, plain_paper
):
    inside = members(make(browser, asked))
    shut = {
        ("Pupil", "hold"),
        ("Disclosure", "left_out"),
        ("Disclosure", "contents"),
        *((c, "withhold_why") for c in school.records["mine"]),
    }
    wanted = {
        key: words
        for key, words in canaries(school).items()
        if key not in shut and key != ("Document", "file_name")
    }
    assert len(wanted) > 150
    for name in ("record.pdf", "record.html", "record.json"):
        lost = [key for key, words in wanted.items() if words not in inside[name]]
        assert not lost, f"{name} lacks {lost}"
    assert "Zebminetyped" in inside["record.json"] and "Zebmineunsaved" not in inside["record.json"]
    assert (
        inside["files/01 Professionals report 2026-09-01.pdf"] == "%PDF-1.4 the child's own report"
    )
    data = json.loads(inside["record.json"])
    plan = next(r for r in data["records"] if r["kind"] == "MyPlan")
    assert any(
        line["label"] == "What is going well?" or line["label"]
        for s in plan["sections"]
        for line in s["lines"]
    )
    rows = list(csv.reader(io.StringIO(inside["who.csv"].lstrip("\ufeff"))))
    assert (
        rows[0][0] == "When (UTC)"
        and len(rows) - 1 > 50
        and {r[1] for r in rows[1:]} >= {"The tests", "Senco of the school"}
    )
    assert all(name in inside["contents.txt"] for name in inside if name != "contents.txt")


def test_a_bundle_goes_without_a_paper_that_cannot_be_made(school, browser, asked, monkeypatch):
    def failing(*_):
        raise screens.pdf.PaperError("It is too long.")

    monkeypatch.setattr(screens.pdf, "given_record", failing)
    inside = members(make(browser, asked))
    assert "record.pdf" not in inside and "Zebmine" in inside["record.html"]
    assert "record.pdf      could not be made" in inside["contents.txt"]


def test_what_is_kept_for_the_school_stays_out_unless_somebody_says_why(
    school, browser, asked, plain_paper
):
    hold = web.canary("Zebmine", m.Pupil, "hold")
    assert not [name for name, text in members(make(browser, asked)).items() if hold in text]
    key = f"Pupil-{school.mine.id}/keep"
    # no reason why it is given
    assert make(browser, asked, drop=(key,)).status_code == 422
    at = [i.key for i in subject_access.review(school.mine)].index(key)
    inside = members(make(browser, asked, drop=(key,), **{f"why_{at}": "The claim is settled"}))
    assert all(hold in inside[name] for name in ("record.pdf", "record.json", "who.csv"))
    assert (
        "Given although it is marked: “Keeping the record”"
        in m.Disclosure.get_by_id(asked.id).contents
    )


def test_what_stood_there_for_the_school_only_stays_out_too(school, browser, asked, plain_paper):
    """The audit trail keeps an answer that was taken out since."""
    pupil = m.Pupil.get_by_id(school.mine.id)
    pupil.hold = None
    pupil.save()
    inside = members(make(browser, asked))
    assert [
        name for name, text in inside.items() if web.canary("Zebmine", m.Pupil, "hold") in text
    ] == []
    assert "“Keeping the record”" in m.Disclosure.get_by_id(asked.id).left_out


def sealed_as_by_1_1_0(form, who):
    """Seal a paper as version 1.1.0 did: its sections had no key."""
    form.seal(who)
    kept = json.loads(form.sealed)
    for part in kept["sections"]:
        del part["key"]
    form.sealed, form.sealed_code = seal_of(kept)
    type(form).update(sealed=form.sealed, sealed_code=form.sealed_code).where(
        type(form).id == form.id
    ).execute()


@pytest.mark.parametrize("seal", (m.Form.seal, sealed_as_by_1_1_0))
def test_a_heading_that_is_reworded_after_the_seal_lets_nothing_out(
    school, browser, asked, plain_paper, monkeypatch, seal
):
    seal(m.MyPlan.get_by_id(school.records["mine"]["MyPlan"].id), "The SENCO")
    monkeypatch.setattr(m.MyPlan.foot, "label", "Put on file")
    inside = members(make(browser, asked))
    secret = web.canary("Zebmine", m.MyPlan, "withhold_why")
    assert [
        name for name, text in inside.items() if secret in text or "Zebmineunsaved" in text
    ] == []
    assert web.canary("Zebmine", m.MyPlan, "every_day") in inside["who.csv"]


@pytest.mark.parametrize("kind", ("MyPlan", "Document"))
def test_a_marked_paper_is_left_out_of_paper_data_files_and_trail_alike(
    school, browser, asked, plain_paper, kind
):
    record = school.records["mine"][kind]
    record = type(record).get_by_id(record.id)
    record.withhold = "Yes"
    if hasattr(record, "withhold_why"):
        record.withhold_why = "Serious harm"
    record.save()
    rows = [type(row).__name__ for row in web.rows_below(record)]
    secret = [words for (c, _), words in canaries(school).items() if c in (kind, *rows)]
    assert len(secret) > (0 if kind == "Document" else 8)
    inside = members(make(browser, asked))
    found = [(name, words) for name, text in inside.items() for words in secret if words in text]
    assert not found
    if kind == "Document":
        assert not any(name.startswith("files/") for name in inside)
    if kind == "MyPlan":
        assert "Zebminetyped" not in inside["record.json"]
        assert "Serious harm" in m.Disclosure.get_by_id(asked.id).left_out


def test_a_marked_paper_that_was_taken_away_does_not_come_back_by_the_trail(
    school, browser, asked, plain_paper
):
    made = m.Document.create(
        pupil=school.mine, title_of="Zebminegone", kind="Other", withhold="Yes"
    )
    made.remove("by mistake")
    assert not [
        name for name, text in members(make(browser, asked)).items() if "Zebminegone" in text
    ]


def test_the_page_names_the_people_in_the_record(school, browser, asked):
    at, address = browser("senco"), f"/keeping/{asked.id}/bundle/"
    at.page(address)  # a look that the audit log now tells of
    page = at.page(address)
    named = page.one("//section[@aria-labelledby='named']").text_content()
    for cls, name in ((m.Contact, "name"), (m.Agency, "professional"), (m.MeetingPerson, "who")):
        assert web.canary("Zebmine", cls, name) in named
    assert "Senco of the school" in named and "yakother" not in named.lower()


@pytest.mark.parametrize("given", ("left out", "given"))
def test_words_not_saved_under_a_section_for_the_school_are_never_given(
    school, browser, asked, plain_paper, given
):
    """On a form that has no record yet, too, and when the section itself is given."""
    pupil = school.mine.id
    for address, question in (
        ("/my-plan/new/?pupil={}", "withhold_why"),
        ("/pupil/{}/edit/", "hold"),
    ):
        typed = [[question, "Zebminehidden"], ["strengths", "Zebmineopen"]]
        at = {"user": school.senco, "form": address.format(pupil), "pupil_id": pupil}
        m.Draft.create(**at, typed=json.dumps(typed))
    keys = [i.key for i in subject_access.review(school.mine) if i.why]
    if given == "left out":
        keys = []
    bundle = subject_access.gather(school.mine, set(keys))
    assert "Zebminehidden" not in json.dumps(bundle.drafts)
    assert json.dumps(bundle.drafts).count("Zebmineopen") == 2


def test_what_was_given_is_written_down(school, browser, asked, plain_paper):
    answer = make(browser, asked)
    kept = m.Disclosure.get_by_id(asked.id)
    assert (
        hashlib.sha256(answer.data).hexdigest() in kept.contents
        and "record.pdf" in kept.contents
        and "Senco of the school" in kept.contents
    )
    assert "“For the file”" in kept.left_out and kept.given_on is None
    assert not re.search("zeb", answer.headers["Content-Disposition"] + answer.request.path, re.I)
    seen = (
        audit_log.AuditEntry.select()
        .where(
            audit_log.AuditEntry.act == "export", audit_log.AuditEntry.pupil_id == school.mine.id
        )
        .order_by(audit_log.AuditEntry.id.desc())
        .first()
    )
    assert seen.who == "Senco of the school" and str(asked.id) in seen.reason


def test_a_change_since_the_page_was_opened_is_looked_at_first(school, browser, asked, plain_paper):
    at = browser("senco")
    sent = [
        p
        for p in web.values_of(at.page(f"/keeping/{asked.id}/bundle/").form("//main//form"))
        if p[0] != "csrf_token"
    ]
    m.Document.create(
        pupil=school.mine, title_of="New", kind="Other", withhold="Yes", withhold_why=""
    )
    assert "Please look again" in at.read(at.post(f"/keeping/{asked.id}/bundle/", sent), 422).text


@pytest.mark.parametrize(
    "who, status",
    (("senco", 200), ("head", 200), ("office", 403), ("teacher", 403), ("technician", 403)),
)
def test_only_the_senco_and_the_head_make_a_bundle(
    school, browser, asked, plain_paper, who, status
):
    assert browser(who).get(f"/keeping/{asked.id}/bundle/").status_code == status
    assert browser(who).get("/keeping/").status_code == status
    assert browser(who).get(f"/keeping/{school.mine.id}/erase/").status_code == status


def test_the_password_is_asked_again_first(school, browser, asked, the_day):
    at = browser("senco")
    the_day.shift(datetime.timedelta(minutes=11))
    for url in (f"/keeping/{asked.id}/bundle/", f"/keeping/{school.mine.id}/erase/"):
        for answer in (at.get(url), at.post(url, {"do": "ask", "words": "x"})):
            assert answer.status_code == 302 and "/account/confirm" in answer.location


def test_the_paper_of_the_bundle_is_a_pdf(school, asked):
    with school.app.test_request_context(), audit_log.acting_as("The tests"):
        bundle = subject_access.gather(school.mine, {})
        bundle.papers = [
            (r, told)
            for r, told in bundle.papers
            if isinstance(r, m.Pupil | m.ConcernReview | m.Letter)
        ]
        parts = screens.bundle_files(asked, bundle, school.app.config["DATA_DIR"])
    assert parts["record.pdf"].startswith(b"%PDF") and len(parts["record.pdf"]) > 20_000


# --- the leaver
@pytest.fixture
def leaver(school):
    """The pupil `mine` has left, and its old requests are answered."""
    m.Disclosure.delete().where(m.Disclosure.pupil == school.mine).execute()
    press(
        "Has left the school",
        m.Pupil.get_by_id(school.mine.id),
        school.senco,
        START,
        destination="Hill School",
    )
    return m.Pupil.get_by_id(school.mine.id)


def packs_to_send(user):
    """The transfer packs on the home page: [(group, pupil, due day), ...]."""
    found = []
    for group, task in home_tasks(user):
        if task.what.startswith("Transfer pack"):
            found.append((group, task.pupil, task.due))
    return found


def test_a_leaver_s_record_is_sent_within_fifteen_school_days(school, browser, leaver, plain_paper):
    late = [("overdue", leaver, on("2026-09-22"))]
    assert packs_to_send(school.office) == late
    assert packs_to_send(school.teacher) == []
    at = browser("senco")
    page = at.page(f"/pupil/{leaver.id}/")
    assert "Transfer pack" in page.text and "Tuesday 22 September 2026" in page.text
    made = at.submit(at.page(f"/disclosure/new/?pupil={leaver.id}"))
    assert made.h1 == "Make the bundle" and made.said != "x"
    asked = m.Disclosure.get(m.Disclosure.pupil == leaver, m.Disclosure.kind == "transfer")
    assert asked.asked_by == "Hill School"
    inside = members(make(browser, asked))
    assert "Receipt for a pupil" in inside["receipt.pdf"] and "Zebminesur" in inside["receipt.pdf"]
    assert "Confirm sent" in at.page(f"/pupil/{leaver.id}/").text
    at.submit(
        at.page(f"/disclosure/{asked.id}/edit/"),
        given_on="today",
        given_to="Hill School",
        given_how="By courier",
    )
    assert packs_to_send(school.office) == []
    assert "was sent to the next school" in at.page(f"/pupil/{leaver.id}/").text


def test_a_record_that_was_sent_is_offered_after_the_days_of_the_settings(school, leaver):
    m.Disclosure.create(
        pupil=leaver, kind="transfer", asked_by="x", asked_on=START, given_on=TODAY - 89 * DAY
    )
    settings = m.Setting.of_school()
    assert [d.pupil for d in retention.due(settings)] == []
    assert [(d.pupil, d.since) for d in retention.due(settings, TODAY + DAY)] == [
        (leaver, TODAY + DAY)
    ]


# --- retention
def test_a_record_is_due_by_its_date_of_birth(robin, cast):
    settings = m.Setting.of_school()

    def due(day):
        """Who of the two is due on a day, and since when."""
        return [
            (d.pupil, f"{d.since}")
            for d in retention.due(settings, on(day))
            if d.pupil in (robin, cast.wren)
        ]

    wren, young, old = (cast.wren, "2041-03-02"), (robin, "2043-05-05"), (robin, "2049-05-05")
    assert (due("2041-03-01"), due("2043-05-04"), due("2043-05-05")) == ([], [wren], [wren, young])
    press("Start at Stage 2", robin, cast.senco, START)
    assert (due("2049-05-04"), due("2049-05-05")) == ([wren], [wren, old])
    settings.keep_sen_years = 40
    assert due("2049-05-05") == [wren]


def test_the_list_names_nobody_to_the_technician_and_says_what_is_held(robin):
    robin.hold = "A claim"
    robin.save()
    m.Pupil.update(dob=on("1990-05-05")).where(m.Pupil.id == robin.id).execute()
    lines = retention.due_lines(m.Setting.of_school())
    assert lines[0] == f"Record {robin.id}" and "due: 1." in lines[1]


def test_the_screen_lists_what_is_due_and_what_is_on_hold(school, browser, leaver):
    m.Pupil.update(dob=on("1990-05-05"), hold="A claim at the tribunal").where(
        m.Pupil.id == leaver.id
    ).execute()
    page = browser("senco").page("/keeping/")
    assert (
        "Friday 5 May 2021" not in page.text
        and "5 May 2021" in page.text
        and "A claim at the tribunal" in page.text
    )
    assert not page.all("//a[contains(@href, '/erase/')]")


# --- erasing
def press_erase(at, pupil, do, words="", status=200):
    """Press a button of the page on which a record is erased; the page that follows."""
    return at.read(at.post(f"/keeping/{pupil.id}/erase/", {"do": do, "words": words}), status)


def free(pupil):
    """Nothing is in the way of erasing."""
    m.Pupil.update(hold=None).where(m.Pupil.id == pupil.id).execute()


def still_there(school):
    """Whether the record is untouched."""
    return (
        m.MyPlan.select().where(m.MyPlan.pupil == school.mine).exists()
        and m.Pupil.get_by_id(school.mine.id).erased_on is None
    )


def test_two_people_erase_a_record(school, browser, leaver):
    free(leaver)
    senco, head = browser("senco"), browser("head")
    assert "Only the SENCO asks" in press_erase(head, leaver, "ask", "Sent on", 422).text
    assert "Nobody has asked" in press_erase(head, leaver, "erase", "Zebminesur", 422).text
    assert "Say why" in press_erase(senco, leaver, "ask", " ", 422).text
    press_erase(senco, leaver, "ask", "It is at the next school")
    assert (
        "another SENCO or the head does it"
        in press_erase(senco, leaver, "erase", "Zebminesur", 422).text
    )
    assert "not the child" in press_erase(head, leaver, "erase", "Yakothersur", 422).text
    assert still_there(school)
    page = press_erase(head, leaver, "erase", " zebminesur ")
    assert (
        "This record was erased" in page.text
        and "by Head of the school" in page.text
        and "It is at the next school" in page.text
    )
    assert dates.say_day(TODAY + 31 * DAY) in page.text and not still_there(school)
    assert browser("senco").get(f"/pupil/{leaver.id}/edit/").status_code == 302
    assert "This record was erased" in press_erase(senco, leaver, "ask", "Again").text
    nothing_new(senco, leaver)


def nothing_new(senco, pupil):
    """Nothing can be written about an erased child again: not by any form, not by a move."""
    for cls in (m.Letter, m.Strategy, m.Meeting, m.Consent, m.RecordOfConcern):
        page = senco.read(
            senco.post(
                f"/{cls.slug()}/new/?pupil={pupil.id}",
                {n: "x" for n, f in cls.questions() if not f.choices},
            ),
            422,
        )
        assert "was erased: nothing new is kept" in page.text or "There is a problem" in page.text
        assert not cls.select().where(cls.pupil == pupil).exists(), cls.__name__
    for move in w.MOVES:
        assert senco.post(
            f"/pupil/{pupil.id}/move/{move.slug}/", {"on": "today", "reason": "x"}
        ).status_code in (302, 409, 422)
    assert not m.Placement.select().where(m.Placement.pupil == pupil).exists()
    with audit_log.acting_as("The tests"), pytest.raises(Clash, match="nothing new is kept"):
        m.Letter(pupil=pupil, subject="Again").save()


def test_a_request_to_erase_is_taken_back_by_who_asked(school, browser, leaver):
    free(leaver)
    press_erase(browser("senco"), leaver, "ask", "A mistake")
    assert (
        "Only the person who asked" in press_erase(browser("head"), leaver, "back", status=422).text
    )
    press_erase(browser("senco"), leaver, "back")
    assert "Nobody has asked" in press_erase(
        browser("head"), leaver, "erase", "Zebminesur", 422
    ).text and still_there(school)


def test_a_hold_stops_erasing_even_after_it_was_asked_for(school, browser, leaver):
    free(leaver)
    press_erase(browser("senco"), leaver, "ask", "Sent on")
    m.Pupil.update(hold="A claim").where(m.Pupil.id == leaver.id).execute()
    assert "on hold: A claim" in press_erase(
        browser("head"), leaver, "erase", "Zebminesur", 422
    ).text and still_there(school)


def test_a_child_on_the_roll_is_not_erased(school, browser):
    free(school.mine)
    assert "has not left" in press_erase(browser("senco"), school.mine, "ask", "x", 422).text


@pytest.mark.parametrize("who", ("office", "teacher", "technician"))
def test_nobody_else_erases(school, browser, leaver, who):
    free(leaver)
    with audit_log.acting_as("The tests"):
        erasure.ask(leaver, school.senco, "Sent on")
    assert (
        browser(who)
        .post(f"/keeping/{leaver.id}/erase/", {"do": "erase", "words": "Zebminesur"})
        .status_code
        == 403
    )
    with (
        audit_log.acting_as("The tests"),
        pytest.raises(erasure.Cannot, match="Only the SENCO or the head"),
    ):
        erasure.erase(leaver, getattr(school, who), "Zebminesur", school.app.config["DATA_DIR"])
    assert still_there(school)


# --- a school of its own
@pytest.fixture(scope="module")
def own_file(database, tmp_path_factory):
    """The database file of a school with two children, closed; and the key of their records: {class
    name: (class, id)}.
    """
    path = tmp_path_factory.mktemp("own") / "portal.db"
    with (
        time_machine.travel(web.MOMENT, tick=False),
        on_database(open_file(path), database),
        audit_log.acting_as("The tests"),
    ):
        audit_log.db.obj.create_tables(m.every_table())
        audit_log.install_triggers()
        m.Setting().save()
        senco, head = (
            people.User.create(name=f"The {r}", username=r, role=r, account="on", totp=TOTP)
            for r in (q.SENCO, q.HEAD)
        )
        records = {"senco": senco, "head": head, **web.build_pupil(senco, "Zebmine", "3B")}
        web.build_pupil(senco, "Yakother", "5A")
        keys = {name: (type(r), r.id) for name, r in records.items()}
    return path, keys


def open_file(path):
    """A database file with the settings of the portal, but without patience."""
    return SqliteDatabase(
        str(path),
        pragmas={**ops_database.PRAGMAS, "busy_timeout": 50},
        lock_type="IMMEDIATE",
        autoconnect=False,
    )


@contextmanager
def on_database(own, database):
    """The models on another database within this block."""
    audit_log.db.initialize(own)
    try:
        own.connect()
        yield own
    finally:
        own.close()
        audit_log.db.initialize(database)
        audit_log.use_key(b"the tests")


@pytest.fixture
def own_school(own_file, database, tmp_path):
    """A school in a folder of its own, as the portal keeps it: the folder, the records of `mine`,
    the SENCO and the head.
    """
    folder, (path, keys) = tmp_path / "data", own_file
    for name in ("files", "imports"):
        (folder / name).mkdir(parents=True)
    shutil.copy(path, folder / "portal.db")
    with on_database(open_file(folder / "portal.db"), database):
        records = {name: cls.get_by_id(key) for name, (cls, key) in keys.items()}
        yield folder, records, records.pop("senco"), records.pop("head")


def words_on_disk(folder, mark=b"Zebmine"):
    """Every word with the mark in any file of the folder, besides those of the stub: {word}."""
    texts = [p.read_bytes() for p in folder.rglob("*") if p.is_file()]
    return {
        w
        for text in texts
        for w in re.findall(rb"(?i)" + mark + rb"\w*", re.sub(b"|".join(STUB), b"", text))
    }


def words_of_other():
    """Every word of the other child in every row, sorted."""
    rows = [
        audit_log.db.execute_sql(f'SELECT * FROM "{cls._meta.table_name}"').fetchall()
        for cls in m.every_table()
    ]
    return sorted(re.findall(r"(?i)yakother\w*", str(rows)))


STUB = (
    *(b"Zebminesur", b"Zebminefore", b"ZebminePupilQdestination"),
    *(b"zebminesur0zebminefore", b"zebminefore0zebminesur"),  # what it is sorted by
)


def test_erasing_leaves_no_word_of_the_child_on_the_disk(own_school):
    folder, records, senco, head = own_school
    pupil = records["Pupil"]
    (folder / "files" / ("0" * 32)).write_bytes(b"Zebminefile")
    m.Document.update(stored_as="1" * 32).where(m.Document.pupil != pupil).execute()
    (folder / "files" / ("1" * 32)).write_bytes(b"Yakotherfile")
    (folder / "imports" / "1-ab.upload").write_text("Surname,Forename\nZebminesur,Zebminefore\n")
    with audit_log.acting_as("The tests"):
        people.Draft.create(
            user=senco,
            form=f"/my-plan/{records['MyPlan'].id}/edit/",
            typed='[["a", "Zebminedraft"]]',
        )
        people.Draft.create(
            user=senco, form=f"/letter/new/?pupil={pupil.id}", typed='[["a", "Zebminedraft2"]]'
        )
        other = people.Draft.create(
            user=senco, form=f"/letter/new/?pupil={pupil.id}9", typed='[["a", "kept"]]'
        )
        people.FormToken.create(token="a", led_to=f"/letter/{records['Letter'].id}/")
        audit_log.audit("import", m.Pupil(), reason="File of Zebminefore Zebminesur")
        pupil.left_on = START
        pupil.save()
        free(pupil)
        erasure.ask(pupil, senco, "Sent to the next school")
        before = words_on_disk(folder)
        others = words_of_other()
        assert len(before) > 250
        assert erasure.erase(pupil, head, "Zebminesur", folder) is True
    assert words_on_disk(folder) == set() and not list((folder / "imports").iterdir())
    assert audit_log.AuditEntry.get(audit_log.AuditEntry.act == "import").erased, (
        "the name in a row that is about nobody"
    )
    assert (
        words_of_other() == others
        and len(others) > 500
        and (folder / "files" / ("1" * 32)).exists()
    )
    assert (
        audit_log.verify() == []
        and people.Draft.get().id == other.id
        and not people.FormToken.select().exists()
    )
    stub = m.Pupil.get_by_id(pupil.id)
    left = {n for n in stub.__data__ if stub.__data__[n] not in (None, "")}
    assert left == {
        "id",
        "version",
        "surname",
        "forename",
        "dob",
        "left_on",
        "destination",
        "erased_on",
        "sort_name",
        "sort_forename",
    }
    about = audit_log.AuditEntry.select().where(audit_log.AuditEntry.pupil_id == pupil.id)
    assert about.count() > 200 and [e.act for e in about if not e.erased] == [
        "erase",
        "erase",
        "erase",
    ]
    with pytest.raises(Exception, match="only grows"):
        audit_log.AuditEntry.delete().where(audit_log.AuditEntry.pupil_id == pupil.id).execute()
    assert m.Erasure.get(m.Erasure.pupil == pupil).done_by == "The head"


def test_what_was_deleted_before_is_written_over(own_school):
    """In a database whose pages were not wiped at each deletion."""
    folder, _, senco, _ = own_school
    audit_log.db.execute_sql("PRAGMA secure_delete = 0")
    people.Draft.create(user=senco, form="/", typed="Zebmineold" * 500).delete_instance()
    assert words_on_disk(folder, b"Zebmineold")
    assert erasure.scrub() and not words_on_disk(folder, b"Zebmineold")


def test_erasing_that_fails_changes_nothing(own_school, monkeypatch):
    folder, records, senco, head = own_school
    pupil = records["Pupil"]
    (folder / "files" / ("0" * 32)).write_bytes(b"Zebminefile")
    with audit_log.acting_as("The tests"):
        m.Pupil.update(left_on=START, hold=None).where(m.Pupil.id == pupil.id).execute()
        erasure.ask(m.Pupil.get_by_id(pupil.id), senco, "Sent on")
        before = {
            t: audit_log.db.execute_sql(f'SELECT * FROM "{t}"').fetchall()
            for t in audit_log.db.get_tables()
        }
        monkeypatch.setattr(erasure, "empty_to_stub", lambda pupil: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erasure.erase(pupil, head, "Zebminesur", folder)
    assert before == {
        t: audit_log.db.execute_sql(f'SELECT * FROM "{t}"').fetchall()
        for t in audit_log.db.get_tables()
    }
    assert (folder / "files" / ("0" * 32)).exists() and audit_log.verify() == []


def test_a_busy_database_is_said_and_cleaned_later(own_school):
    folder, records, senco, head = own_school
    reader = sqlite3.connect(folder / "portal.db")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM pupil").fetchall()
    assert erasure.scrub() is False
    reader.close()
    assert erasure.scrub() is True and not (folder / "portal.db-wal").stat().st_size


def test_the_commands_give_a_bundle_and_the_list(own_school, monkeypatch, tmp_path, plain_paper):
    folder, records, senco, head = own_school
    plan = records["MyPlan"]
    m.MyPlan.update(withhold="Yes").where(m.MyPlan.id == plan.id).execute()
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (folder / "audit.key").write_text("the tests")
    out = tmp_path / "out"
    out.mkdir()
    request = {"pupil": plan.pupil, "kind": "access", "asked_by": "Kim"}
    with audit_log.acting_as("The tests"):
        m.Disclosure.create(**request, asked_on=TODAY)
        oldest = m.Disclosure.create(**request, asked_on=datetime.date(2020, 1, 6))
    audit_log.db.obj.close()
    done = CliRunner().invoke(
        commands.cli, ["subject-access", str(records["Pupil"].id), "--to", str(out)]
    )
    assert done.exit_code == 0, done.output
    (made,) = out.iterdir()
    assert made.name.startswith(f"record-request-{oldest.id}-")
    assert oct(made.stat().st_mode)[-3:] == "600" and not re.search(
        "zeb", made.name + done.output, re.I
    )
    with zipfile.ZipFile(made) as box:
        text = b"".join(box.read(n) for n in box.namelist()).decode("utf-8", "replace")
    assert (
        web.canary("Zebmine", m.Letter, "body") in text
        and web.canary("Zebmine", m.MyPlan, "every_day") not in text
    )
    listed = CliRunner().invoke(commands.cli, ["retention"])
    assert listed.exit_code == 0 and "Records that are due: 0." in listed.output, listed.output
    lost = CliRunner().invoke(commands.cli, ["subject-access", "9999", "--to", str(out)])
    assert lost.exit_code == 1 and "no record with this number" in lost.output
    audit_log.db.obj.connect(reuse_if_open=True)
    seen = (
        audit_log.AuditEntry.select()
        .where(audit_log.AuditEntry.act == "export")
        .order_by(audit_log.AuditEntry.id.desc())
        .first()
    )
    assert seen.who == "At the server" and seen.pupil_id == records["Pupil"].id
