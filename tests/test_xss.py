"""Hostile words on every surface: shown as words, never a part of the page (ASVS 1.2.1, TRUST
A8.8).

`test_surfaces.py` types them into every text of every form and reads them back; here all records
hold them and every page, list, paper, preview and refusal is looked at. A real Chromium does the
same in `browser/test_xss.py`.
"""

import csv
import io
import itertools
import json

import pytest
from conftest import press
from test_exports import free_texts
from test_surfaces import XSS
from web import Page, everywhere, rules

import models as m
from admin_views import forms, pupil_import
from audit import log as audit_log
from records import questions as q
from records.spreadsheet import escape_formula

# these have a shape of their own
KEEP = {"username", "classes", "upn", "former_upn", "holidays", "import_columns", "backup_places"}
BREAKS = [words for words in XSS if set(words) & set("<>\"'")]
FOREIGN = (
    "//iframe | //img[not(starts-with(@src, 'data:image/svg+xml'))] | //object | //embed | //base |"
    " //math | //template | //video | //script[not(@src)] | //b[text()='bold'] | "
    "//*[@autofocus][not(self::input or self::select or self::textarea)] |"
    " //xss"
)


def type_everywhere(records, words):
    """Put the words, in turn, into every text question of these records."""
    turn = itertools.cycle(words)
    for record in records:
        typed = {n: next(turn) for n in free_texts(type(record)) if n not in KEEP and n != "form"}
        if typed:
            type(record).update(typed).where(type(record).id == record.id).execute()


@pytest.fixture
def hostile(school):
    """The school, all of whose words about one child are hostile; the settings, people, word bank
    and audit trail too.
    """
    with audit_log.acting_as(XSS[0], school.senco.id, q.SENCO):
        type_everywhere(
            [
                *school.records["mine"].values(),
                m.Setting.of_school(),
                school.office,
                m.BankEntry.get(),
            ],
            XSS,
        )
        pupil = m.Pupil.get_by_id(school.mine.id)
        pupil.alert = XSS[1]
        pupil.save(reason=XSS[2])
    return school


def faults_of(response, where):
    """What of the hostile words has become part of a page."""
    source = response.get_data(as_text=True)
    raw = [words for words in BREAKS if words in source]
    if response.mimetype != "text/html" or source.startswith("%PDF"):
        return []
    page = Page(response)
    found = [f"{where}: {words}" for words in raw] + [
        f"{where}: {e.tag}" for e in page.all(FOREIGN)
    ]
    if "<html lang" in source and "<main" in source:
        found += [
            f"{where}: {fault}"
            for fault in (*page._code(), *page._links())
            if "has no words" not in fault
        ]
        found += [f"{where}: 7*7 was worked out"] * (
            "49" in page.text.replace("49 ", "").split() and "7*7" not in page.text
        )
    return found


@pytest.mark.parametrize("who", ("senco", "technician"))
def test_no_page_list_or_paper_runs_what_somebody_typed(hostile, browser, plain_paper, who):
    """Every address there is, and every list as it is searched."""
    at, found, seen = browser(who), [], 0
    for _, address in everywhere(hostile):
        if (
            "blank" in address
            or who == "technician"
            and not address.startswith(("/setting", "/user", "/account", "/help", "/bank"))
        ):
            continue
        response = at.get(address)
        assert response.status_code < 500
        found += faults_of(response, address)
        seen += "&lt;script&gt;" in response.get_data(as_text=True)
    for endpoint, rule in rules(hostile.app, "POST") if who == "senco" else ():
        if endpoint.endswith(".index_view"):
            found += faults_of(
                at.post(
                    str(rule), {"search": XSS[1], "sort": XSS[0], "f0": XSS[2], "page": XSS[0]}
                ),
                str(rule),
            )
    assert not found, "\n".join(found[:20])
    assert seen >= (30 if who == "senco" else 2), (
        f"only {seen} pages show hostile words: the test looks at nothing"
    )


def test_no_refusal_runs_what_was_typed(hostile, browser):
    """Boxes that cannot be read, names that nobody has, addresses that are not there, words in the
    address.
    """
    at, found = browser("senco"), []
    for turn, words in enumerate(BREAKS):
        for url, typed in (
            (f"/meeting/new/?pupil={hostile.mine.id}", {"on": words, "kind": words, "at": words}),
            ("/strategy/new/", {"pupil": [words, words], "since": words}),
            ("/sign-in?next=" + words, {"user_name": words, "password": ""}),
            (f"/no-such-page/{words}", {}),
        )[turn % 2 :: 2]:
            found += faults_of(at.post(url, typed), url[:20])
        found += faults_of(at.get("/no-such-page?x=" + words), "404")
    assert not found, "\n".join(found[:20])
    answer = at.post("/help/day/", {"words": XSS[0]})
    assert answer.mimetype == "application/json" and XSS[0] in json.loads(answer.data)["words"]


def test_what_is_brought_in_from_a_file_is_words(hostile, browser):
    """Headings and cells: in the columns page and the preview as words; kept as they stood."""
    at, out = browser("senco"), io.StringIO()
    surnames = [escape_formula(words) for words in XSS]
    csv.writer(out).writerows(
        [
            ["Surname", "Forename", "Date of birth", "Year group", XSS[1], XSS[0]],
            *(
                [words, f"Kim {n}", "1/1/2018", "3", words, words]
                for n, words in enumerate(surnames)
            ),
        ]
    )
    page = at.send(
        "POST", "/import/", {"file": [(io.BytesIO(out.getvalue().encode()), "<b>x.csv")]}
    )
    columns = at.get(at.get(page.location).location)
    assert columns.status_code == 200 and not faults_of(columns, "columns")
    key = page.location.strip("/").split("/")[-1]
    typed = {
        f"c{at}": code
        for at, code in enumerate(("surname", "forename", "dob", "year", "alert", pupil_import.OUT))
    }
    shown = at.get(at.post(f"/import/{key}/columns/", typed).location)
    assert (
        shown.status_code == 200
        and not faults_of(shown, "preview")
        and "&lt;script&gt;" in shown.get_data(as_text=True)
    )
    before = m.Pupil.select().count()
    assert (
        at.post(
            f"/import/{key}/import/", {"seen": Page(shown).one("//input[@name='seen']/@value")}
        ).status_code
        == 302
    )
    assert [(p.surname, p.alert) for p in m.Pupil.select().order_by(m.Pupil.id).offset(before)] == [
        (forms.clean_line(w),) * 2 for w in XSS
    ]


def test_what_is_said_at_a_move_is_words(school, browser):
    """In the placement, the letter it makes, the list and the child's page."""
    with audit_log.acting_as("The tests"):
        press(
            "Start at Stage 2",
            m.Pupil.get_by_id(school.robin.id),
            school.senco,
            reason=XSS[0],
            told=None,
        )
    at, found = browser("senco"), []
    for address in (
        f"/pupil/{school.robin.id}/",
        "/sen-list/",
        f"/letter/{m.Letter.select().order_by(m.Letter.id.desc()).get().id}/",
        "/audit/",
        "/placement/",
    ):
        found += faults_of(at.get(address), address)
    assert not found, found
    assert m.Placement.current(school.robin).reason == XSS[0]
