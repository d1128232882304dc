"""What is typed comes back: after a mistake, a clash, a crash, a full disk, the end of the session
and a closed tab; to nobody else.

The closed tab and the typing itself, with JavaScript, are in browser/test_drafts.py.
"""

import errno
import io
import json
import os
import sqlite3
from functools import partial

import pytest
from conftest import START, own_school
from peewee import OperationalError
from web import Browser, Page, edit, hidden, values_of

import app as portal_module
import models as m
import people
import workflow as w
from admin_views import documents, drafts, merge
from audit import log as audit_log
from ops import backup
from records.record import Row

each = pytest.mark.parametrize
WORDS = "Typed, and not to be lost"


@pytest.fixture
def fails(school, monkeypatch):
    """Show the page of an error as in real life, instead of raising it in the test."""
    monkeypatch.setitem(school.app.config, "PROPAGATE_EXCEPTIONS", False)


def lies_there(at, address, name="strengths", words=WORDS):
    """The form as it opens now: what was typed is back, with the notice."""
    page = at.page(address)
    assert page.said(name) == words and "This is what you typed on 24 Nov 2026, " in page.text
    return page


# --- six ways to lose it, six returns
def test_after_a_mistake_in_the_form_it_comes_back(senco, concern):
    """1 of 6: a date that is no date; the page holds the typing, and so does the form when it is
    opened again.
    """
    page = senco.submit(
        senco.page(edit(concern)),
        422,
        strengths=WORDS,
        raised_on="31 June",
        used__0__who="In a line",
    )
    assert page.said("strengths") == WORDS
    page = lies_there(senco, edit(concern))
    assert (page.said("raised_on"), page.said("used-0-who")) == ("31 June", "In a line")


def test_after_a_clash_it_comes_back(browser, senco, concern):
    """2 of 6: with what the other person saved beside it."""
    mine, office = senco.page(edit(concern)), browser("office")
    office.submit(office.page(edit(concern)), strengths="Theirs")
    senco.submit(mine, 422, strengths=WORDS)
    page = lies_there(senco, edit(concern))
    assert "Theirs" in page.text
    senco.submit(page)
    assert (
        m.RecordOfConcern.get_by_id(concern.id).strengths == WORDS
        and not people.Draft.select().exists()
    )


def test_after_a_crash_the_page_holds_it_and_it_comes_back(senco, concern, fails, monkeypatch):
    """3 of 6: the page of the error has the words under their questions, and “Try again” sends the
    same thing once more.
    """
    shown = senco.page(edit(concern))
    with monkeypatch.context() as broken:
        broken.setattr(merge, "store", lambda *given: 1 / 0)
        page = senco.submit(shown, 500, strengths=WORDS, used__0__who="In a line")
        assert "Not saved. What you typed is below and not lost" in page.text
        read = {page.label(box): box.text.strip() for box in page.all("//textarea[@readonly]")}
        assert (
            read["What is going well?"] == WORDS
            and read["Strategies used so far, line 1: Who"] == "In a line"
        )
    lies_there(senco, edit(concern))
    again = senco.submit(page, path="//main//form[.//button='Try again']", button=None)
    saved = m.RecordOfConcern.get_by_id(concern.id)
    assert (saved.strengths, saved.used.get().who) == (
        WORDS,
        "In a line",
    ) and not people.Draft.select().exists()
    assert again.response.request.path == edit(concern)


def test_after_the_session_has_ended_it_comes_back(senco, concern):
    """5 of 6: the door keeps what an ended session was typing; after signing in again the form has
    it.
    """
    typed = [
        ("strengths", WORDS),
        ("version", str(concern.version)),
        ("csrf_token", "x"),
        ("password", "secret words"),
    ]
    with senco.app.test_request_context():
        drafts.keep(people.User.get_by_id(senco.user.id), edit(concern) + "?", iter(typed))
    assert "secret" not in people.Draft.get().typed and "csrf" not in people.Draft.get().typed
    lies_there(senco, edit(concern))


@each("fetch_site, again", [("same-origin", True), ("cross-site", False), (None, False)])
def test_a_form_with_an_old_token_gives_the_typing_back(senco, concern, fetch_site, again):
    """Open too long: the page holds the words. “Try again” only when our own page sent them, not
    when another site made them up.
    """
    headers = {"Sec-Fetch-Site": fetch_site} if fetch_site else {}
    page = senco.read(
        senco.send(
            "POST",
            edit(concern),
            {"strengths": WORDS, "version": str(concern.version)},
            token=False,
            headers=headers,
        ),
        403 if fetch_site == "cross-site" else 400,
    )
    assert WORDS in page.source and "Not saved" in page.text
    assert bool(page.all("//button[text()='Try again']")) == again == people.Draft.select().exists()
    assert m.RecordOfConcern.get_by_id(concern.id).strengths != WORDS


def test_on_a_full_disk_the_page_holds_it_and_reading_goes_on(full_school):
    """4 of 6: nothing can be written at all, not even a draft. The page says so (507) and holds
    every word; with room again it is saved.
    """
    app, senco, key = full_school
    at, address, long = Browser(app, senco), f"/record-of-concern/{key}/edit/", WORDS + " x" * 9_000
    shown = at.page(address)
    full(app, True)
    page = at.submit(shown, 507, strengths=long)
    assert "The disk of the portal is full" in page.h1 and "Tell your technician" in page.text
    assert (
        next(
            b.text.strip()
            for b in page.all("//textarea[@readonly]")
            if page.label(b) == "What is going well?"
        )
        == long
    )
    with app.database.connection_context():
        assert app.database.execute_sql("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert (
            m.RecordOfConcern.get_by_id(key).strengths is None
            and not people.Draft.select().exists()
        )
    assert at.page("/").h1 and at.page(f"/record-of-concern/{key}/").h1, "reading goes on"
    page = at.submit(page, 507, path="//main//form[.//button='Try again']", button=None)
    full(app, False)
    at.submit(page, path="//main//form[.//button='Try again']", button=None)
    with app.database.connection_context():
        assert m.RecordOfConcern.get_by_id(key).strengths == long


# --- the full disk
@pytest.fixture
def full_school(tmp_path):
    """The program on a database file of its own, as it runs in a school, with one person and one
    paper.
    """
    with own_school(tmp_path, school_name="Full School") as database:
        with database.connection_context(), audit_log.acting_as("The tests"):
            senco = people.User.create(
                name="Sam Senco", username="senco", role="senco", totp="JBSWY3DPEHPK3PXP"
            )
            child = m.Pupil.create(
                surname="Oakley",
                forename="Robin",
                dob=START.replace(year=2018),
                year="3",
                form="3B",
            )
            concern = m.RecordOfConcern(pupil=child, happened_on=START, entered_by="Sam Senco")
            concern.save()
        yield portal_module.create_app(database, tmp_path), senco, concern.id


def full(app, is_full):
    """Let the database file grow no more: SQLite then fails as on a full disk."""
    with app.database.connection_context():
        pages = (
            app.database.execute_sql("PRAGMA page_count").fetchone()[0] if is_full else 1_000_000
        )
        app.database.pragma("max_page_count", pages, permanent=True)


@each(
    "fault, code",
    [
        ("database or disk is full", sqlite3.SQLITE_FULL),
        ("attempt to write a readonly database", sqlite3.SQLITE_READONLY),
    ],
)
def test_sqlite_s_words_for_a_disk_that_cannot_be_written_are_known(
    senco, concern, fails, monkeypatch, fault, code
):
    """507, and the cure in words; also when the draft fails in the same way."""

    def break_down(*args, **more):
        said = sqlite3.OperationalError(fault)
        said.sqlite_errorcode = code
        raise OperationalError(said) from said

    shown = senco.page(edit(concern))
    monkeypatch.setattr(merge, "store", break_down)
    monkeypatch.setattr(drafts, "keep", break_down)
    page = senco.submit(shown, 507, strengths=WORDS)
    assert WORDS in page.source and "disk" in page.h1


def test_a_file_that_could_not_be_written_is_taken_away_and_asked_for_again(
    school, senco, fails, monkeypatch
):
    """No room for the file: half of it is removed, the words are kept, and the page says that the
    file must be chosen again.
    """

    def no_room(number):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(documents.os, "fsync", no_room)
    files = school.app.config["DATA_DIR"] / "files"
    there = set(files.glob("*"))
    shown = senco.page(f"/document/new/?pupil={school.mine.id}")
    pdf = (io.BytesIO(b"%PDF-1.4 words\n%%EOF\n"), "report.pdf")
    data = {
        "title_of": "A report",
        "kind": "Other",
        "file": pdf,
        "csrf_token": senco.token,
        "press": shown.said("press"),
    }
    response = senco.client.post(
        f"/document/new/?pupil={school.mine.id}", data=data, content_type="multipart/form-data"
    )
    page = Page(response)
    assert (
        response.status_code == 507
        and "The file must be chosen again: report.pdf." in page.text
        and "A report" in page.source
    )
    assert set(files.glob("*")) == there


# --- kept while typing
def kept(at, address, **typed):
    """What the script sends while somebody types."""
    return at.post(
        "/draft/", {"draft_of": address, **{n.replace("__", "-"): v for n, v in typed.items()}}
    )


def test_what_is_typed_is_kept_and_says_when(senco, concern):
    """The line below the form says the time in London."""
    response = kept(senco, edit(concern), strengths=WORDS, version=str(concern.version))
    assert response.json == {"words": "Draft kept at 10:00"}
    lies_there(senco, edit(concern))
    kept(senco, edit(concern), strengths=WORDS + " more", version=str(concern.version))
    assert people.Draft.select().count() == 1
    lies_there(senco, edit(concern), words=WORDS + " more")


@each(
    "address",
    [
        "/account/password",
        "/sign-in",
        "/pupil/",
        "https://elsewhere.example/record-of-concern/1/edit/",
        "//elsewhere/",
        "",
        "/no-such-page",
        "/record-of-concern/1/",
        "/record-of-concern/999999/edit/\0",
        "/placement/1/edit/",
        "/consent/new/?" + "x" * 300,
    ],
)
def test_nothing_is_kept_of_what_is_no_form_to_type_into(school, senco, address):
    """Pages of passwords, other sites, pages that are no forms, records that no form writes."""
    if address == "/placement/1/edit/":
        address = f"/audit-entry/{1}/edit/"
    assert kept(senco, address, password="secret", strengths=WORDS).status_code == 422
    assert not people.Draft.select().exists()


def test_a_draft_holds_no_password_and_no_code(browser):
    """Whatever is sent with the rest."""
    secrets = {n: "a secret" for n in drafts.NEVER if n not in ("draft_of", "csrf_token")}
    assert kept(browser("technician"), "/user/new/", name=WORDS, **secrets).status_code == 200
    assert people.Draft.get().typed == f'[["name", "{WORDS}"]]'


FORMS = {
    "/record-of-concern/new/?pupil={other}": ("strengths", WORDS),
    "/meeting/new/?pupil={mine}": ("minutes", WORDS),
    "/pupil/new/": ("surname", WORDS),
    "/pupil/{mine}/edit/": ("alert", WORDS),
    "/pupil/{mine}/move/new-my-plan-plus-cycle/": ("changes", WORDS),
    "/pupil/{mine}/move/has-left-the-school/": ("destination", WORDS),
    "/bank-entry/new/": ("words", WORDS),
    "/consent/new/": ("to_whom", WORDS),
}


@each("address", FORMS)
def test_every_form_gives_back_what_was_typed_and_lets_it_be_thrown_away(school, senco, address):
    """New and old records, moves, the school's own lists."""
    name, words = FORMS[address]
    address = address.format(mine=school.mine.id, other=school.wren.id)
    assert kept(senco, address, **{name: words, "version": "1"}).status_code == 200
    page = senco.page(address)
    assert words in page.source and "This is what you typed" in page.text
    page = senco.submit(page, path="//form[.//button='Throw it away']", button=None)
    assert words not in page.source and not people.Draft.select().exists()


def test_a_move_pressed_again_from_an_old_page_leaves_no_draft_but_new_words_wait(school, senco):
    address = f"/pupil/{school.wren.id}/move/place-on-concerns-list/"
    form = "//main//form[@data-draft]"
    said = {"raised_by": "Ms Grey", "areas": m.AREAS[:1]}
    old = senco.page(address)
    senco.submit(senco.page(address), path=form, button=None, **said)
    kept(senco, address, **said)
    page = senco.submit(old, path=form, button=None, **said)
    assert "was made already" in page.text and not people.Draft.select().exists()
    page = senco.submit(old, 422, path=form, button=None, **said, on="20/11/2026")
    assert "was made already" not in page.text and people.Draft.select().exists()
    page = senco.submit(old, 422, path=form, button=None, **said, on="31 February")
    assert "There is a problem" in page.text
    page = senco.submit(old, 422, path=form, button=None, **{**said, "raised_by": WORDS})
    assert "Not possible from: Stage 1" in page.text and WORDS in page.source
    senco.submit(page, path="//form[.//button='Throw it away']", button=None)
    assert not people.Draft.select().exists()


def test_the_settings_and_the_people_give_it_back_too(school, browser):
    """The technician's forms."""
    at = browser("technician")
    key = m.Setting.get().id
    for address, name in (
        (f"/setting/{key}/edit/", "school_name"),
        (f"/user/{school.teacher.id}/edit/", "classes"),
        ("/user/new/", "name"),
    ):
        kept(at, address, **{name: WORDS, "version": "1"})
        assert at.page(address).said(name) == WORDS
    assert {d.pupil_id for d in people.Draft.select()} == {None}


def test_the_chart_s_question_gives_it_back(school, senco):
    """The answer and what shows it, for that question only."""
    where = f"/pupil/{school.mine.id}/review/?ask=achieved"
    kept(senco, where, ask="achieved", answer="No", why=WORDS)
    page = senco.page(where)
    assert (page.said("why"), page.said("answer")) == (WORDS, "No")
    assert WORDS not in senco.page(where.replace("achieved", "appropriate")).source
    senco.submit(page, button=None)
    assert not people.Draft.select().exists()


def test_the_chart_s_words_for_a_question_that_was_answered_since_can_be_read(school, senco):
    where = f"/pupil/{school.mine.id}/review/"
    kept(senco, where, ask="achieved", answer="No", why=WORDS)
    review = m.MyPlanPlusReview.get(m.MyPlanPlusReview.pupil == school.mine)
    with audit_log.acting_as("The tests"):
        review.achieved = "Yes"
        review.save()
    page = senco.page(where)
    assert WORDS in page.source and "It cannot be saved now" in page.text
    senco.submit(page, path="//form[.//button='Throw it away']", button=None)
    assert not people.Draft.select().exists()


def place_anew(school, **change):
    m.Placement.update(change).where(m.Placement.pupil == school.mine).execute()


def seal_review(school):
    m.MyPlanPlusReview.get(m.MyPlanPlusReview.pupil == school.mine).seal("The SENCO")


def remove_meeting(school):
    meeting = school.records["mine"]["Meeting"]
    for row in (*meeting.people, *meeting.actions, meeting):
        row.remove()


def decline_concern(school):
    concern = school.records["mine"]["RecordOfConcern"]
    m.RecordOfConcern.update(status="declined").where(m.RecordOfConcern.id == concern.id).execute()


MOVE = "/pupil/{pupil}/move/new-my-plan-plus-cycle/"
CHART = "/pupil/{pupil}/review/"
# what happens, the form, a box of it
NOT_NOW = {
    "the child is on another stage": (partial(place_anew, stage="B"), MOVE, "changes"),
    "the cycle has ended": (partial(place_anew, ended_on=START), CHART, "why"),
    "the review is sealed": (seal_review, CHART, "why"),
    "the record is removed": (remove_meeting, "/meeting/{Meeting}/edit/", "minutes"),
    "the paper is declined": (
        decline_concern,
        "/record-of-concern/{RecordOfConcern}/edit/",
        "strengths",
    ),
}


@each("happens", NOT_NOW)
def test_home_leads_to_what_cannot_be_saved_now_to_read_and_throw_away(school, senco, happens):
    happen, form, name = NOT_NOW[happens]
    keys = {of: record.id for of, record in school.records["mine"].items()}
    address = form.format(pupil=school.mine.id, **keys)
    assert kept(senco, address, **{name: WORDS}).status_code == 200
    line = "//details[@id='unsaved']//a"
    assert senco.page("/").one(line).get("href") == address
    with audit_log.acting_as("The tests"):
        happen(school)
    row = senco.page("/").one(line)
    assert "It cannot be saved now" in row.text_content()
    page = senco.page(row.get("href"))
    assert page.h1 == "What you typed and did not save" and WORDS in page.source
    senco.submit(page, path="//form[.//button='Throw it away']", button=None)
    assert not senco.page("/").all(line)


def test_a_draft_that_says_what_is_saved_already_is_no_draft(senco, concern):
    """Nothing is announced when nothing is different."""
    shown = senco.page(edit(concern))
    sent = [(n, v) for n, v in values_of(shown.form()) if n not in ("do", "csrf_token")]
    assert senco.post("/draft/", dict(group(sent), draft_of=edit(concern))).status_code == 200
    assert (
        "This is what you typed" not in senco.page(edit(concern)).text
        and not people.Draft.select().exists()
    )


def test_what_is_on_its_way_when_the_form_is_saved_does_not_come_back(senco, concern):
    """The script's last message arrives after the save: its press is used already."""
    shown = senco.page(edit(concern))
    senco.submit(shown, strengths=WORDS)
    assert (
        kept(senco, edit(concern), strengths="older", press=shown.said("press")).status_code == 422
    )
    assert not people.Draft.select().exists()


def test_an_old_draft_is_compared_with_what_was_saved_since(browser, senco, concern):
    """What they changed is shown beside mine, and stays unless I changed it too; a good save ends
    the draft.
    """
    shown, office = senco.page(edit(concern)), browser("office")
    sent = group((n, v) for n, v in values_of(shown.form()) if n != "csrf_token")
    senco.post(
        "/draft/", {**sent, "strengths": WORDS, "child_said": "Mine", "draft_of": edit(concern)}
    )
    office.submit(office.page(edit(concern)), child_said="Theirs", family_said="Theirs too")
    page = lies_there(senco, edit(concern))
    assert page.said("child_said") == "Mine" and "Theirs too" in page.text
    assert (page.said("keep.family_said"), page.said("keep.child_said")) == ("theirs", "mine")
    senco.submit(page)
    saved = m.RecordOfConcern.get_by_id(concern.id)
    assert (saved.strengths, saved.child_said, saved.family_said) == (WORDS, "Mine", "Theirs too")
    assert not people.Draft.select().exists()


def test_a_new_paper_that_somebody_else_began_meanwhile_takes_the_draft_in(school, browser, senco):
    """I typed into “new”; the office saved one first: mine is in the boxes of that one."""
    address = f"/record-of-concern/new/?pupil={school.wren.id}"
    shown, office = senco.page(address), browser("office")
    kept(senco, address, **{**hidden(shown), "strengths": WORDS})
    office.submit(office.page(address), child_said="Theirs")
    page = senco.page(address)
    assert page.response.request.path.endswith("/edit/") and (
        page.said("strengths"),
        page.said("child_said"),
    ) == (WORDS, "Theirs")


def group(pairs):
    """The values of a form by name; several ticks of one question stay several."""
    found = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


# --- whose it is
def test_a_draft_is_its_writer_s_alone(browser, senco, concern):
    """Not on the form, not by its number, not on the home page of anybody else; nobody throws away
    another's.
    """
    kept(senco, edit(concern), strengths=WORDS)
    draft = people.Draft.get()
    for who in ("office", "head", "technician"):
        at = browser(who)
        assert (
            at.get(f"/draft/{draft.id}/").status_code
            == 404
            == at.post(f"/draft/{draft.id}/throw-away/").status_code
        )
        assert WORDS not in at.page("/").source and "Typed and not saved" not in at.page("/").text
    assert WORDS not in browser("office").page(edit(concern)).source
    assert "Typed and not saved" in senco.page("/").text and senco.page(
        f"/draft/{draft.id}/"
    ).text.count("What you typed")
    assert people.Draft.select().count() == 1
    office = browser("office")
    kept(office, edit(concern), strengths="The words of the office")
    assert senco.page(edit(concern)).said("strengths") == WORDS
    office.submit(office.page(edit(concern)))
    assert [d.id for d in people.Draft.select()] == [draft.id]


def test_a_teacher_who_lost_the_class_does_not_get_it_back(school, browser, concern):
    """Nor one who never had it, nor through a form for “new”; the words stay for the thirty days
    and for the child's file.
    """
    teacher, new = browser("teacher"), f"/strategy/new/?pupil={school.mine.id}"
    kept(teacher, edit(concern), strengths=WORDS)
    kept(teacher, new, strategy=WORDS)
    assert {d.pupil_id for d in people.Draft.select()} == {school.mine.id}
    assert teacher.page(new).said("strategy") == WORDS
    people.User.update(classes="9Z").where(people.User.id == school.teacher.id).execute()
    key = people.Draft.select().order_by(people.Draft.id).get().id
    for address in (edit(concern), new, "/", f"/draft/{key}/", "/record-of-concern/"):
        assert WORDS not in teacher.get(address).get_data(as_text=True), address
    assert "Typed and not saved" not in teacher.page("/").text
    assert kept(teacher, edit(concern), strengths="more").status_code == 422
    assert kept(browser("stranger"), edit(concern), strengths=WORDS).status_code == 422
    assert (
        kept(teacher, f"/setting/{m.Setting.get().id}/edit/", school_name=WORDS).status_code == 422
    ), "no child, and no right to write"


def test_a_draft_for_a_child_chosen_by_name_is_the_child_s_too(school, senco):
    """A form without the child in its address: the name that was typed says whom it is about."""
    kept(senco, "/consent/new/", pupil=str(school.mine), to_whom=WORDS)
    assert people.Draft.get().pupil_id == school.mine.id


def test_drafts_are_swept_away_after_thirty_days(school, senco, concern, the_day, monkeypatch):
    """Without anybody's doing: the next draft of anybody sweeps."""
    monkeypatch.setattr(backup, "_folder", None)  # no anchors say what day it is
    kept(senco, edit(concern), strengths=WORDS)
    the_day.shift(31 * 24 * 3600)
    with school.app.test_request_context():
        drafts.keep(school.office, f"/strategy/new/?pupil={school.mine.id}", [("strategy", "new")])
    assert [d.user_id for d in people.Draft.select()] == [school.office.id]


def test_a_draft_holds_no_file_and_no_more_than_fits(school, senco, concern):
    """Too long to keep: refused, and the page says so."""
    assert kept(senco, edit(concern), strengths="x" * 2_050_000).status_code == 422
    senco.submit(senco.page(f"/document/new/?pupil={school.mine.id}"), 422, title_of=WORDS)
    assert "file" not in dict(json.loads(people.Draft.get().typed))


def test_the_words_of_every_form_have_their_question_beside_them(school):
    """On the page of an error no box is called by its name in the program."""
    with school.app.test_request_context():
        for cls in m.every():
            if not issubclass(cls, Row) and cls.__name__ not in w.ONLY_BY_MOVES:
                names = [n for n, _ in cls.questions()] + [
                    f"{g}-0-{n}" for g, row in cls.groups().items() for n, _ in row.questions()
                ]
                said = drafts.typed_words(f"/{cls.slug()}/new/", [(n, WORDS) for n in names])
                labels = [f.verbose_name for _, f in cls.questions()]
                assert [label for label, _ in said][: len(labels)] == labels and len(said) == len(
                    names
                )
