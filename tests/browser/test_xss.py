"""A real Chromium over a child, a school and an audit trail full of hostile words: nothing runs,
nothing is blocked, nothing is fetched.

That the words are shown as words is in tests/test_xss.py; here the browser itself is the judge: a
dialog, a message about the content security policy in its console, or a request to another place is
a failure.
"""

import datetime

import pytest
import time_machine
from conftest import START, TODAY
from test_surfaces import XSS
from test_xss import type_everywhere
from web import build_pupil

import models as m
import people
from audit import log as audit_log
from records import questions as q


@pytest.fixture(scope="module")
def hostile(served):
    """The records of a pupil with one of everything, all of whose words are hostile; the settings
    and the word bank too.
    """
    noon = datetime.datetime(*TODAY.timetuple()[:3], 9, tzinfo=datetime.UTC)
    with (
        time_machine.travel(noon, tick=False),
        served.database.connection_context(),
        audit_log.acting_as("The tests"),
        served.database.atomic(),
    ):
        senco = people.User.get(username="senco")
        m.BankEntry.create(bank="strategy", words="x", area=m.AREAS[0])
        made = build_pupil(senco, "Zebmine", "3B")
        m.Setting.update(second_step="").execute()  # nobody here has an app for codes
        m.EhcCase.update(state="requested", requested_on=START).execute()
    with (
        time_machine.travel(noon, tick=False),
        served.database.connection_context(),
        audit_log.acting_as(XSS[0], senco.id, q.SENCO),
    ):
        type_everywhere([*made.values(), m.Setting.of_school(), m.BankEntry.get()], XSS)
        pupil = m.Pupil.get_by_id(made["Pupil"].id)
        pupil.alert = XSS[2]
        pupil.save(reason=XSS[1])
    return made


def addresses(made):
    """The pages to look at: of the child, of each record to read and to write, the lists, home,
    audit, search, refusals.
    """
    key = made["Pupil"].id
    yield from (
        "/",
        "/pupil/",
        f"/pupil/{key}/",
        f"/pupil/{key}/review/",
        f"/pupil/{key}/move/new-my-plan-plus-cycle/",
        "/audit/",
        f"/audit/?pupil={key}",
        "/sen-list/",
        "/strategy/",
        "/provision/",
        "/setting/",
        "/bank-entry/",
        "/nobody%22%3E%3Csvg%20onload=alert(1)%3E",
    )
    for kind in ("MyPlanPlus", "AgencyInformation", "Meeting", "Letter", "Document", "Pupil"):
        slug = type(made[kind]).slug()
        yield from (f"/{slug}/{made[kind].id}/", f"/{slug}/{made[kind].id}/edit/")


def test_a_browser_runs_blocks_and_fetches_nothing(school, chromium, hostile):
    """Every page with everything unfolded; then hostile words are typed, refused and shown back,
    searched for, and brought in from a file.
    """
    screen, told, pages = school.screen(chromium, "senco"), [], 0
    screen.page.on(
        "dialog",
        lambda dialog: (
            told.append(f"{screen.page.url}: a dialog says {dialog.message}"),
            dialog.dismiss(),
        ),
    )
    screen.context.on(
        "request",
        lambda asked: (
            told.append(f"{screen.page.url}: asked for {asked.url}")
            if not asked.url.startswith((school.url, "data:"))
            else None
        ),
    )
    for address in addresses(hostile):
        screen.open(address)
        screen.page.evaluate(
            """() => {
              document.querySelectorAll('details').forEach(d => d.open = true);
              document.querySelectorAll('input, textarea, a, button').forEach(e => {
                e.focus();
                e.dispatchEvent(new Event('mouseover', {bubbles: true}));
              });
            }"""
        )
        pages += "alert(1)" in screen.page.content()
    screen.open(f"/meeting/new/?pupil={hostile['Pupil'].id}")
    for box in screen.page.locator(
        "main form[data-draft] input[type=text], main form[data-draft] input:not([type]), main"
        " form[data-draft] textarea"
    ).all()[:12]:
        box.fill(XSS[1])
    screen.press("Save")
    screen.says(XSS[1])
    screen.page.get_by_label("Name, class or UPN").fill(XSS[1])
    screen.press("Find")
    screen.open("/import/")
    words = "Surname,Forename,Date of birth,Year,<img src=x onerror=alert(1)>\n" + "\n".join(
        f'"{w.replace(chr(34), chr(34) * 2)}",A,1/1/2018,3,x' for w in XSS
    )
    screen.page.locator("#file").set_input_files(
        {"name": "pupils.csv", "mimeType": "text/csv", "buffer": words.encode()}
    )
    screen.press("Look at the file")
    screen.says("<img src=x onerror=alert(1)>")
    assert not told, "\n".join(told)
    assert pages > 15, f"only {pages} pages show hostile words: the test looks at nothing"
