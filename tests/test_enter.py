"""Enter in a box: the browser presses the first button of its form, in the order of the page (HTML,
“implicit submission”).

ENTER is the table of what that button is, for each form of each page that has a box; a form without
a row fails. The pages as they open are asked in test_access.py, with everything else about them; in
real Chromium, with and without JavaScript: browser/test_enter.py.
"""

import pytest
from conftest import do_papers
from web import MARKS, everywhere, words

import models as m
import workflow as w
from audit import log as audit_log
from records import dates

each = pytest.mark.parametrize
# where the form is sent to: the words of the button that Enter presses. "*" stands for every
# record.
ENTER = {
    # the box on top of every page; a list: searched, never downloaded
    "*.index_view": ("Find", "Apply"),
    # never “Add another line”, “Mark complete” or “Agree and seal”
    "*.edit": ("Save",),
    "*.new": ("Save",),
    "pupil.chart": ("Continue",),
    "pupil.move": tuple(move.name for move in (*w.MOVES, w.UNDO)),
    # which says that the button of a step is to be pressed
    "ehc-case.step": ("No step",),
    "keeping.erase": ("Nothing",),  # nobody erases by pressing Enter
    "keeping.bundle": ("Make the bundle",),
    "import.index": ("Look at the file",),
    "import-measures.index": ("Look at the file",),
    "home.index": ("Apply",),
    # a button that cannot be pressed: nobody leaves by pressing Enter
    "leavers.index": ("Nobody", "Show"),
    "note.new": ("Save", "Save the note"),
    "record-of-concern.raise_one": ("Send to the SENCO",),
    "review-week.index": ("Save the plans", "Show"),
    "review-week.child": ("Plan the review",),
    "keeping.merge": ("Find",),
    "*.index": ("Apply",),
    "*.keep_view": ("Save the view",),
    "audit.anchor": ("Look",),
    "account.sign_in": ("Sign in",),
    "account.code": ("Continue",),
    "account.confirm": ("Continue",),
    "account.change_password": ("Change password",),
    "account.second_step": ("Turn on",),
    "account.make_link": ("Make a sign-in link",),
}
HARM = ("Spreadsheet", "Remove", "Throw", "Erase", "Sign out", "Agree", "Mark ", "Add another")


def sent_to(app, url, form):
    """The endpoint that a form is sent to."""
    with app.test_request_context():
        method = (form.get("method") or "get").upper()
        return app.url_map.bind("").match(
            (form.get("action") or url).partition("?")[0], method=method
        )[0]


def enter_faults(app, page, url):
    """The forms of a page in which Enter does not do what the table says, in sentences; and how
    many were looked at.
    """
    found, looked = [], 0
    for form in page.all("//form"):
        if not page.boxes(form):
            continue
        endpoint, first = sent_to(app, url, form), words(page.buttons(form)[0])
        wanted = ENTER.get(endpoint) or ENTER.get(f"*.{endpoint.partition('.')[2]}", ())
        looked += 1
        if first not in wanted or first.startswith(HARM):
            found.append(
                f"{url}: Enter in the form to {endpoint} presses “{first}”, not"
                f" {' or '.join(wanted) or 'what ENTER says'}"
            )
    return found, looked


def test_enter_in_a_move_in_the_chart_and_in_the_papers_of_keeping(school, browser, acting):
    """The pages that ask only at their time: a move that is possible, a question of the chart, an
    erasure, what goes into a bundle.
    """
    at, pupil = (
        browser("senco"),
        m.Pupil.create(
            surname="Oakley", forename="Robin", dob=school.mine.dob, year="3", form="3B"
        ),
    )
    urls = [f"/pupil/{pupil.id}/move/place-on-concerns-list/"]
    found = enter_faults(school.app, at.page(urls[0]), urls[0])[0]
    w.perform(
        w.move_named("Place on Concerns List"),
        pupil,
        school.senco,
        {"on": dates.today(), "raised_by": "Tess", "areas": m.AREAS[0]},
    )
    do_papers(pupil, school.senco, dates.today())
    review, _ = w.start_form(m.ConcernReview, pupil, school.senco)
    review.save()
    pupil.left_on = dates.today()
    pupil.save()
    asked = m.Disclosure.create(
        pupil=school.mine, kind="access", asked_by="A parent", asked_on=dates.today()
    )
    m.Erasure.create(pupil=pupil, reason="Left long ago", asked_by="Head", asked_id=school.head.id)
    erase = f"/keeping/{pupil.id}/erase/"
    pages = {
        f"/pupil/{pupil.id}/review/": "pupil.chart",
        erase: "keeping.erase",
        f"/keeping/{asked.id}/bundle/": "keeping.bundle",
    }
    for url, endpoint in pages.items():
        page = at.page(url)
        assert endpoint in [sent_to(school.app, url, form) for form in page.all("//main//form")], (
            url
        )
        faults, looked = enter_faults(school.app, page, url)
        found += faults
        assert looked >= 2, f"{url}: the box on top of the page, and one of its own"
    assert not found, "\n".join(found)
    at.enter(at.page(erase), "//main//form[.//button='Nothing']", words="Oakley")
    assert m.Pupil.get_by_id(pupil.id).erased_on is None, "Enter after the surname erases nothing"


def lists(school):
    """The address of every list with a search box that the SENCO sees."""
    return [url for endpoint, url in everywhere(school) if endpoint.endswith(".index_view")]


def test_enter_in_the_search_box_of_every_list_searches(school, browser):
    """Not one of them sends a file, and none writes down that a spreadsheet was taken."""
    at, tried, before = (
        browser("senco"),
        0,
        audit_log.AuditEntry.select().where(audit_log.AuditEntry.act == "export").count(),
    )
    for url in lists(school):
        answer = at.get(url)
        if answer.status_code != 200:
            continue
        shown = at.read(answer)
        if not shown.all("//form[@id='filter']//input[@name='search']"):
            continue
        tried += 1
        got = at.enter(shown, "//form[@id='filter']", search="Nobody is called this")
        page = at.read(got)
        assert (
            got.mimetype == "text/html"
            and "0 found" in page.text
            and page.one("//input[@id='q']").get("value") == "Nobody is called this"
        ), url
    assert tried > 20
    assert (
        audit_log.AuditEntry.select().where(audit_log.AuditEntry.act == "export").count() == before
    )


def test_the_only_hit_opens(school, browser):
    """A child, a colleague, a wording, a line of a paper: a search that finds one thing leads
    there; two stay a list, and none too.
    """
    at, child = browser("senco"), f"/pupil/{school.mine.id}/"
    hits = {
        ("/", "//form[@class='find']"): (f"{MARKS['mine']}sur", child),
        ("/pupil/", "//form[@id='filter']"): (f"{MARKS['mine']}sur", child),
        ("/sen-list/", "//form[@id='filter']"): (f"{MARKS['mine']}sur", child),
        ("/user/", "//form[@id='filter']"): ("Head of the school", f"/user/{school.head.id}/"),
        ("/bank-entry/", "//form[@id='filter']"): (
            "visual timetable",
            f"/bank-entry/{m.BankEntry.get().id}/",
        ),
    }
    for (url, path), (typed, there) in hits.items():
        got = at.enter(at.page(url), path, search=typed)
        assert (got.status_code, got.location) == (302, there), url
    got = at.enter(at.page("/pupil/"), "//form[@id='filter']", search="sur")
    assert "2 found" in at.read(got).text


def test_who_was_found_as_the_only_hit_is_written_down(school, browser):
    """Though the answer is only where to go: that there is such a child was told."""
    at = browser("senco")
    newest = audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id.desc()).get().id
    at.enter(at.page("/"), "//form[@class='find']", search=f"{MARKS['mine']}sur")
    told = audit_log.AuditEntry.select().where(
        audit_log.AuditEntry.id > newest, audit_log.AuditEntry.act == "found"
    )
    assert [(e.record, e.record_id, e.pupil_id, e.user_id) for e in told] == [
        ("Pupil", school.mine.id, school.mine.id, school.senco.id)
    ]


def test_the_spreadsheet_is_what_was_searched(school, browser):
    """The button is at its new place, and still takes what stands in the boxes."""
    at = browser("senco")
    shown = at.page("/pupil/")
    button = shown.one("//button[normalize-space()='Spreadsheet (CSV)']")
    form = shown.form("//form[@id='filter']")
    assert shown.buttons(form).index(button) > 0
    got = at.post(button.get("formaction"), {"search": f"{MARKS['mine']}sur"})
    assert (
        got.mimetype == "text/csv" and MARKS["mine"] in got.text and MARKS["other"] not in got.text
    )
