"""Pages in each of their states: built as they should be, safe to look at, and sent with the right
headers. Every page as it opens is in test_access.py.
"""

from collections import Counter

import pytest
from conftest import add_row, dump
from flask_wtf.csrf import generate_csrf
from web import FILE, Browser, Page, address, everywhere, header_faults, rules

import models as m
import people
import workflow as w
from admin_views.pupil import BESIDE
from audit import log as audit_log
from records import dates
from records import questions as q
from records.query import rows_of


# --- built as it should be
def test_the_page_of_every_state_of_a_paper_is_built_as_it_should_be(school, browser):
    """Draft, complete, sealed, declined, for each who may read it."""
    with audit_log.acting_as("The tests"):
        for status in ("draft", "complete", "sealed", "declined"):
            concern = school.records["mine"]["RecordOfConcern"]
            m.RecordOfConcern.update(
                status=status,
                declined_why="No wish",
                sealed_by="Somebody",
                sealed_at=audit_log.now(),
                sealed_code="0" * 64,
            ).where(m.RecordOfConcern.id == concern.id).execute()
            for who in ("office", "senco", "teacher", "head"):
                browser(who).page(f"/record-of-concern/{concern.id}/")


@pytest.mark.parametrize("move", (*w.MOVES, w.UNDO), ids=lambda move: move.slug)
def test_the_page_of_every_move_is_built_as_it_should_be(school, browser, move):
    """From a stage where it begins: possible or not, the page says what it does or what
    stops it.
    """
    with audit_log.acting_as("The tests"):
        m.Placement.update(stage=move.from_[0]).where(m.Placement.pupil == school.mine).execute()
        if move.from_[0] == "NONE":
            m.Placement.update(ended_on=dates.today()).where(
                m.Placement.pupil == school.mine
            ).execute()
    page = browser("senco").page(f"/pupil/{school.mine.id}/move/{move.slug}/")
    assert page.h1 == move.name
    assert move.does in page.text or "Not possible now" in page.text


@pytest.mark.parametrize("stage", w.STAGES)
def test_the_page_of_a_pupil_on_every_stage_is_built_as_it_should_be(school, browser, stage):
    """With everything that can stand on it, for everybody who may see the pupil."""
    change = {"ended_on": dates.today()} if stage == "NONE" else {"stage": stage}
    m.Placement.update(change).where(m.Placement.pupil == school.mine).execute()
    for who in ("office", "senco", "teacher", "head"):
        page = browser(who).page(f"/pupil/{school.mine.id}/")
        assert w.stage_label(stage) in page.text
        browser(who).page("/")


def test_the_page_of_a_pupil_asks_nothing_twice(school, browser, asked):
    """One context and one row of settings for the whole page, one question for each table: none for
    each paper, line or review."""
    page = browser("senco")
    page.page(f"/pupil/{school.mine.id}/")
    review = m.MyPlanReview.get(m.MyPlanReview.pupil == school.mine)
    for _ in range(2):
        older = m.MyPlanReview.create(pupil=school.mine, placement=review.placement)
        m.MyPlanReview.update(status="sealed").where(m.MyPlanReview.id == older.id).execute()
    asked.clear()
    page.page(f"/pupil/{school.mine.id}/")
    reads = [sql for sql in asked if sql.startswith("SELECT") and "audit_entry" not in sql]
    twice = {one: times for one, times in Counter(reads).items() if times > 1}
    assert reads
    assert not twice


MOST_QUERIES = {"/pupil/{}/": 17, "/document/new/?pupil={}": 19}


@pytest.mark.parametrize("address", MOST_QUERIES)
def test_a_page_of_a_child_asks_few_queries_whatever_is_kept(school, browser, asked, address):
    """Of a child of whom every kind of record is kept, on every stage, with more of each kind."""
    pupil = school.mine.id
    kinds = [*w.every_form(), *BESIDE]
    for stage in w.STAGES:
        m.Placement.update(stage=stage).where(m.Placement.pupil == pupil).execute()
        with audit_log.acting_as("The tests"):
            for kind in kinds:
                kind.create(pupil=pupil, entered_at=audit_log.now())
        for who in ("office", "senco", "teacher", "head"):
            client = browser(who).client  # without the questions of the witness
            client.get("/")
            asked.clear()
            client.get(address.format(pupil))
            said = "\n".join(sql[-200:] for sql in asked)
            assert 5 < len(asked) <= MOST_QUERIES[address], f"{stage}, {who}:\n{said}"


def test_the_rows_of_all_tables_are_read_in_one_statement_as_in_their_own(school, asked):
    """Every answer comes back as it was kept, of whatever type it is."""
    kinds = m.every()
    own = {kind: [row.__data__ for row in kind.select().order_by(kind.id)] for kind in kinds}
    asked.clear()
    found = rows_of([kind.select() for kind in kinds])
    assert len(asked) == 1
    assert {kind: [row.__data__ for row in rows] for kind, rows in found.items()} == own
    assert all(own.values())


def test_the_page_of_a_pupil_asks_once_for_what_the_case_counts_by(school, browser, asked):
    case = m.EhcCase.get(m.EhcCase.pupil == school.mine)
    m.EhcCase.update(state="final").where(m.EhcCase.id == case.id).execute()
    m.Placement.update(stage="E").where(m.Placement.pupil == school.mine).execute()
    asked.clear()
    browser("senco").page(f"/pupil/{school.mine.id}/")
    for rows in (m.CaseDecision, m.ReviewYear):
        assert sum(f'FROM "{rows._meta.table_name}"' in sql for sql in asked) == 1, rows


@pytest.mark.parametrize("page, most", (("", 17), ("edit/", 23)))
@pytest.mark.parametrize("kind", (m.MyPlan, m.MyPlanPlus))
def test_a_plan_asks_as_often_however_many_lines_it_has(school, browser, asked, kind, page, most):
    plan = kind.get(kind.pupil == school.mine)
    kind.update(status="draft").where(kind.id == plan.id).execute()
    senco = browser("senco")
    times = []
    for _ in range(3):
        asked.clear()
        senco.page(f"/{kind.slug()}/{plan.id}/{page}")
        times.append(sum(sql.startswith("SELECT") for sql in asked))
        for group in kind.groups():
            add_row(plan, group, words="One more line")
    assert times[1] == times[2] <= most


def test_the_timeline_shows_all_or_one_kind(school, browser):
    at = browser("senco")
    shown = {}
    for kind in ("Moves", "Papers", "no such kind"):
        page = at.page(f"/pupil/{school.mine.id}/?only={kind}")
        shown[kind] = len(page.all("//ol[@class='timeline']/li"))
        assert page.one("//details[.//h2[@id='timeline']]").get("open") is not None
    assert 0 < shown["Moves"] < shown["no such kind"]
    assert 0 < shown["Papers"] < shown["no such kind"]


def test_papers_that_are_hardly_begun_have_pages_too(school, browser, plain_paper):
    """Every answer that may be empty is empty: nothing says “None”, nothing fails."""
    # no record is kept without these
    always = ("pupil", "surname", "forename", "dob", "year", "form", "state")
    for record in school.records["mine"].values():
        cls = type(record)
        empty = {
            n: None
            for n, _ in cls.questions()
            if n not in always and cls.__name__ not in w.ONLY_BY_MOVES
        }
        if empty:
            cls.update(empty).where(cls.id == record.id).execute()
    for _, url in everywhere(school):
        at = browser("senco")
        response = at.get(url)
        shown = (
            response.mimetype == "text/html"
            and response.status_code == 200
            and not url.endswith(FILE)
        )
        faults = list(Page(response, at.names).faults()) if shown else []
        assert not faults, f"{url}: {faults}"
    browser("teacher").page(f"/pupil/{school.mine.id}/")


def test_a_school_without_pupils_has_pages_too(cast, portal):
    """The home page, every list and the settings before anything was written."""
    for who in q.ROLES:
        for _, rule in rules(portal, "GET"):
            if not rule.arguments and not rule.rule.endswith(FILE):
                response = Browser(portal, getattr(cast, who)).get(rule.rule)
                assert response.status_code in (
                    200,
                    302,
                    403,
                    404,
                ), f"{response.status_code} for {rule.rule}"
                if response.status_code == 200 and response.mimetype == "text/html":
                    assert not list(Page(response).faults()), rule.rule


# --- tokens, headers
@pytest.mark.parametrize("token", (None, "another session's"))
def test_every_change_needs_the_token_of_the_page(school, browser, token):
    """POST without it, or with another, is refused with 400, for the person with most rights and
    for a stranger.
    """
    before, found = dump(), []
    if token == "another session's":
        with school.app.test_request_context():
            token = generate_csrf()
    for who in ("senco", None):
        at = browser(who)
        for _, rule in rules(school.app, "POST"):
            url = address(school, rule)
            sent = {} if token is None else {"csrf_token": token}
            status = at.post(url, sent, token=False).status_code
            found += [f"{status} for {url}"] if status != 400 else []
    assert not found, "POST without the right token must be 400:\n" + "\n".join(found)
    assert dump() == before


@pytest.mark.parametrize("token", ("", "wrong"))
def test_a_token_that_nobody_signed_is_none(browser, token):
    answer = browser("senco").post("/help/day/", {"csrf_token": token}, token=False)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "status, method, url",
    [
        (404, "GET", "/nothing-here"),
        (404, "GET", "/pupil/999999/"),
        (404, "GET", "/pupil/99999999999999999999/"),
        (403, "GET", "/user/new/"),
        (405, "PUT", "/pupil/"),
        (405, "DELETE", "/pupil/"),
        (405, "GET", "/sign-out"),
        (400, "POST", "/help/day/"),
    ],
)
def test_every_error_is_a_plain_page_with_the_headers(school, browser, status, method, url):
    """The headers are compared in `Browser.send`."""
    at = browser("senco")
    response = at.send(method, url, {}, token=False)
    page = at.read(response, status)
    assert "Go to your home page" in page.text
    assert "Traceback" not in page.source


def test_what_goes_wrong_is_a_plain_page_with_a_reference_and_nothing_is_changed(
    school, browser, monkeypatch, caplog
):
    """The last resort: no words of the fault on the page or in the log, only a reference; half a
    change is rolled back.
    """
    monkeypatch.setitem(school.app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(m.RecordOfConcern, "groups", classmethod(lambda cls: 1 / 0))
    monkeypatch.setattr(school.app, "testing", False)
    monkeypatch.setattr(school.app.database, "close", lambda: None)
    before = dump(but=[people.Draft])
    key = school.records["mine"]["RecordOfConcern"].id
    response = browser("senco").post(
        f"/record-of-concern/{key}/edit/", {"strengths": "secret words"}
    )
    page = Page(response)
    assert response.status_code == 500 and "Reference " in page.text
    assert (
        "ZeroDivision" not in page.source
        and "division by zero" not in caplog.text
        and "secret" not in caplog.text
        and school.mine.surname not in caplog.text
    )
    assert page.text.split("Reference ")[1][:6] in caplog.text
    assert dump(but=[people.Draft]) == before


def test_static_files_carry_the_headers_and_hold_no_foreign_address(school, browser):
    """The style sheet and the script."""
    for name in ("portal.css", "portal.js", "icon.svg"):
        response = browser(None).get(f"/static/{name}")
        assert response.status_code == 200 and not header_faults(response)
        source = (
            response.get_data(as_text=True)
            .replace('xmlns="http://www.w3.org/2000/svg"', "")
            .replace("http://www.w3.org/2000/svg", "")
        )
        assert "http:" not in source and "https:" not in source, (
            f"{name} fetches something from outside"
        )


def test_a_form_that_is_too_large_is_refused_with_a_plain_page(school, browser):
    """413, before anything is read."""
    sent = b"surname=" + b"x" * (5 * 1024 * 1024)
    page = browser("senco").client.post(
        "/pupil/new/", data=sent, content_type="application/x-www-form-urlencoded", buffered=True
    )
    assert page.status_code == 413 and "too large" in page.get_data(as_text=True)
