"""Nobody stops the portal by what they send: limits hold before anything is read, and typed words
are not lost by them.

The requests of ATTACKS go to the real server, started as the README's command does.
"""

import json
import re
import sys
import threading
import unicodedata
from pathlib import Path

import hostile
import pytest
import web
from conftest import HANGS, PROGRAM, own_school
from live import live  # noqa: F401  (the running server)
from web import Browser, Page

import app as portal_module
import models as m
from admin_views import drafts, forms, limits, merge
from admin_views.account import passwords, sessions
from audit import log as audit_log
from people import Draft, User, UserSession
from records import unicode_text
from records.record import Row

ROOT = Path(__file__).resolve().parent.parent
MARK = "\u0301"


# --- through the real server
@pytest.mark.parametrize(
    "attack", hostile.ATTACKS, ids=lambda a: a.name.replace(" ", "-").replace(",", "")
)
def test_a_hostile_request_costs_little_and_the_next_person_is_answered(live, attack):  # noqa: F811
    """Seconds of the server's processor and its highest memory, as /proc says: a busy machine
    changes neither much.
    """
    cost = hostile.cost_of(live, attack)
    assert cost.other == 200
    assert cost.status == attack.status, cost.page[:500]
    assert cost.seconds < hostile.MOST_SECONDS, f"{cost.seconds:.1f} s of the processor"
    assert cost.memory < hostile.MOST_MEMORY, f"{cost.memory} MB"


def test_a_file_of_pupils_with_a_run_of_marks_is_looked_at_cheaply(live):  # noqa: F811
    """The preview reads the file again: its cells, not only the form, go through the one
    function.
    """
    attack = next(a for a in hostile.ATTACKS if a.name == "a cell of 200 KB of marks")
    before = set((live.folder / "imports").glob("*"))
    hostile.cost_of(live, attack)
    (new,) = set((live.folder / "imports").glob("*")) - before
    key = new.stem.partition("-")[2]
    cost = hostile.cost_of(
        live, hostile.Attack("the preview", 200, f"/import/{key}/", "office0", "GET")
    )
    assert cost.status == 200
    assert cost.seconds < hostile.MOST_SECONDS


def test_one_person_at_many_connections_leaves_room_for_the_others(live):  # noqa: F811
    answers, status, _ = hostile.flood(live)
    assert status == 200
    assert set(answers) <= {200, 429}


# --- which limit holds where
def test_whoever_is_not_signed_in_may_send_little_to_every_address(portal):
    """The table is for people who are signed in; no endpoint opens it for others."""
    for rule in portal.url_map.iter_rules():
        with portal.test_request_context("/"):
            limits.request.url_rule = rule
            assert limits.limit_of_request() is limits.SIGN_IN, rule


def test_more_than_a_page_comes_in_only_where_somebody_types_or_chooses_a_file(portal):
    """A new screen has the small limit until the table names it."""
    larger = {
        rule.endpoint
        for rule in portal.url_map.iter_rules()
        if limit_at(portal, rule) in (limits.FORM, limits.FILE)
    }
    typed = {e for e in larger if e.partition(".")[2] in drafts.FORMS}
    assert larger - typed == {
        "import.index",
        "import-measures.index",
        "draft.keep_typing",
        "prints.start",
        "review-week.index",
        *(e for e in larger if e.startswith("keeping.")),
    }
    files = {
        rule.endpoint
        for rule in portal.url_map.iter_rules()
        if limit_at(portal, rule) is limits.FILE
    }
    assert files == {
        "import.index",
        "import-measures.index",
        "document.new",
        "document.edit",
        "setting.new",
        "setting.edit",
    }


def limit_at(portal, rule):
    """The limit of an endpoint for somebody who is signed in."""
    with portal.test_request_context("/"):
        limits.request.url_rule = rule
        limits.g._login_user = User(account="on")
        return limits.limit_of_request()


@pytest.mark.parametrize(
    "cls", [c for c in m.every() if not issubclass(c, Row)], ids=lambda c: c.__name__
)
def test_every_form_has_room_for_all_its_lines(cls):
    """200 lines in each of its lists, each with all its boxes."""
    boxes = len(cls.questions()) + 20
    for row_class in cls.groups().values():
        boxes += 200 * (len(row_class.questions()) + 2)
    assert boxes <= limits.FORM.fields


def test_a_draft_that_can_be_kept_can_be_sent():
    assert limits.FORM.field_bytes >= drafts.MOST


# --- typing is not lost
@pytest.fixture
def concern(school):
    """The address of the form of a paper that the teacher may write."""
    return f"/record-of-concern/{school.records['mine']['RecordOfConcern'].id}/edit/"


def test_an_answer_that_is_too_long_is_told_at_its_box_and_kept(school, browser, concern):
    """A million letters: the box says how many it takes, the page still holds them, and so does the
    draft.
    """
    at = browser("teacher")
    words = "A long answer. " * 70_000
    page = at.submit(at.page(concern), 422, strengths=words)
    assert "has room for 20,000 characters" in page.text
    assert words.strip() in page.source
    assert words.strip() in Draft.get().typed


def test_a_form_beyond_the_limit_is_refused_with_the_cure(school, browser, concern):
    page = browser("teacher").post(concern, {"strengths": "x" * (5 * hostile.MEGA)})
    assert page.status_code == 413
    assert "what was kept while you typed is in its boxes" in Page(page).text


def test_who_signed_out_elsewhere_is_told_so_and_led_back_to_the_form(school, browser, concern):
    at = browser("teacher")
    at.client.delete_cookie("portal")
    page = Page(at.post(concern, {"strengths": "x" * limits.SIGN_IN.bytes}))
    assert "You are signed out" in page.text
    assert page.all(f"//a[starts-with(@href, '{concern}')]")


def test_what_a_session_that_ran_out_still_sends_is_kept_though_it_is_long(
    school, browser, concern
):
    """The small limit is for strangers, not for a colleague who typed until the session ended."""
    at = browser("teacher")
    shown = at.page(concern)
    words = "Typed for hours. " * 1_000
    UserSession.update(seen_at=audit_log.now() - sessions.timedelta(hours=1)).where(
        UserSession.user == school.teacher
    ).execute()
    response = at.post(
        concern, {"strengths": words, "version": shown.said("version"), "seen": shown.said("seen")}
    )
    assert response.location.startswith("/sign-in")
    assert words in dict(json.loads(Draft.get().typed))["strengths"]


# --- how many at once
@pytest.fixture
def waiting(tmp_path):
    """The program on a database of its own, where the help page waits until it is let go: (program,
    two people, let go, at work).
    """
    go, at_work = threading.Event(), threading.Semaphore(0)

    def slow_help():
        at_work.release()
        go.wait(HANGS)
        return "helped"

    with own_school(tmp_path, school_name="Busy School", second_step=None) as database:
        with database.connection_context(), audit_log.acting_as("The tests"):
            people = [
                User.create(name=name, username=name.lower(), role="senco")
                for name in ("Eager", "Other")
            ]
        program = portal_module.create_app(database, tmp_path)
        program.view_functions["help.index"] = slow_help
        yield program, people, go, at_work
        go.set()


def test_one_person_has_so_many_requests_under_way_and_others_are_answered(waiting):
    """The next is refused, in words and with the typing; when the first ones are over, all is as
    before.
    """
    program, (eager, other), go, at_work = waiting
    seats = [Browser(program, eager) for _ in range(limits.AT_ONCE + 1)]
    answers = []
    threads = [
        threading.Thread(target=lambda at=at: answers.append(at.get("/help/").status_code))
        for at in seats[1:]
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert at_work.acquire(timeout=HANGS)
    refused = seats[0].get("/account")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert "Too much at once" in refused.text
    typed = seats[0].send(
        "POST",
        "/bank-entry/new/",
        {"words": "Typed meanwhile"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert typed.status_code == 429
    assert "Typed meanwhile" in typed.text
    assert Browser(program, other).get("/account").status_code == 200
    go.set()
    for thread in threads:
        thread.join(HANGS)
    assert answers == [200] * limits.AT_ONCE
    assert seats[0].get("/account").status_code == 200
    assert not limits._under_way


# --- runs of combining marks
def test_only_one_module_normalises_text():
    """Its work grows with the square of a run of marks: every text goes through `unicode_text`,
    where runs are cut first.
    """
    sources = [p for p in PROGRAM if p.name != "unicode_text.py"]
    found = [
        p.name
        for p in sources
        if re.search(r"""normalize\(["']NF|normalize\([^)]""", p.read_text("utf-8"))
    ]
    assert not found


def test_every_character_that_can_make_a_long_run_is_counted_as_a_mark():
    """All of Unicode: what is no mark begins with a letter when it is decomposed, and brings at
    most three marks along.
    """
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if 0xD800 <= code < 0xE000 or unicode_text.is_mark(character):
            continue
        parts = [unicodedata.combining(c) for c in unicodedata.normalize("NFKD", character)]
        assert parts[0] == 0, hex(code)
        assert not any(parts[-4:]) or len(parts) - parts[::-1].index(0) > len(parts) - 4, hex(code)


def test_no_mark_stands_before_the_pattern_begins():
    assert not [c for c in map(chr, range(0x300)) if unicode_text.is_mark(c)]


@pytest.mark.parametrize(
    "words",
    [
        "Zoë Nuñez",
        "e\u0301" * 50,
        "a" + MARK * 30,
        "Nguyễn Thị Hường",
        "ก็ี่ " * 40,
        "𝒳" * 100,
        "한국어" * 50,
    ],
)
def test_real_writing_is_not_cut(words):
    assert unicode_text.cut_runs(words) == words


def test_a_run_is_cut_wherever_text_comes_in():
    long, short = "a" + MARK * 5_000 + "b", "a" + MARK * 30 + "b"
    assert unicode_text.cut_runs(long) == short
    assert forms.clean(long) == forms.clean_line(long) == unicodedata.normalize("NFC", short)
    assert forms.clean(forms.clean(long)) == forms.clean(long)


def test_a_password_with_a_run_of_marks_is_another_one():
    good = "harbour violet spoon teapot"
    kept = passwords.hash_password(good)
    assert passwords.matches(kept, good)
    assert not passwords.matches(kept, good + MARK * 200_000)


def test_so_many_passwords_are_hashed_at_once_and_no_more(monkeypatch):
    """Each takes 64 MiB: eight threads would take half a gigabyte."""
    at_work, most, started, go = [], [], threading.Semaphore(0), threading.Event()

    class Slow:
        def verify(self, kept, typed):
            at_work.append(typed)
            most.append(len(at_work))
            started.release()
            go.wait(HANGS)
            at_work.remove(typed)
            return True

    monkeypatch.setattr(passwords, "hasher", Slow())
    threads = [
        threading.Thread(target=passwords.matches, args=("kept", f"password {n}")) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for _ in range(passwords.HASHES_AT_ONCE):
        assert started.acquire(timeout=HANGS)
    go.set()
    for thread in threads:
        thread.join(HANGS)
    assert len(most) == 8
    assert max(most) == passwords.HASHES_AT_ONCE


# --- work that grows with the square
def merged(school, at, count, monkeypatch):
    """How often answers are read when somebody saves that many new lines beside as many lines of
    somebody else.
    """
    paper = school.records["mine"]["RecordOfConcern"]
    row_class = type(paper).groups()["used"]
    with audit_log.acting_as("Somebody else"):
        for n in range(count):
            row_class(**{row_class.parent_field().name: paper}, strategy=f"Theirs {n}").save()
    shown = at.page(f"/record-of-concern/{paper.id}/edit/")
    read = []
    real = merge.answer_hash
    monkeypatch.setattr(merge, "answer_hash", lambda *given: read.append(1) or real(*given))
    sent = {
        n: v
        for n, v in web.values_of(shown.form("//main//form[@data-draft]"))
        if not n.startswith("used-")
    }
    sent |= {"version": "0", "seen": "{}", "do": "save"}
    for n in range(count):
        sent |= {f"used-{n}-{name}": "" for name in ("row_id", *dict(row_class.questions()))}
        sent[f"used-{n}-strategy"] = f"Mine {n}"
    at.post(f"/record-of-concern/{paper.id}/edit/", sent)
    monkeypatch.setattr(merge, "answer_hash", real)
    return len(read)


def test_the_work_of_a_merge_grows_with_the_lines_and_not_with_their_square(
    school, browser, monkeypatch
):
    at = browser("teacher")
    few = merged(school, at, 10, monkeypatch)
    # beside 40 lines: those of before are still there
    many = merged(school, at, 30, monkeypatch)
    assert few > 10
    assert many < 6 * few


def test_the_lines_to_point_to_are_written_down_once_for_all_lines(school, browser, monkeypatch):
    """Forty lines that each point to one of forty others: each is read once, not forty times."""
    plan = school.records["mine"]["MyPlan"]
    with audit_log.acting_as("The tests"):
        for n in range(40):
            outcome = m.Outcome(plan=plan, words=f"Outcome {n}")
            outcome.save()
            m.Provision(plan=plan, words=f"Provision {n}", outcome=outcome).save()
    read = []
    real = forms.first_words
    monkeypatch.setattr(forms, "first_words", lambda row: read.append(1) or real(row))
    browser("office").page(f"/my-plan/{plan.id}/edit/")
    assert 40 <= len(read) <= 200
