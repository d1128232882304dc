"""What no page of ours would send: numbers that no row has, too many lines, too many drafts. A
sentence or no such page; never a crash.
"""

import json

import pytest
from web import address, key_of, rules, values_of

import models as m
import people
from admin_views import drafts

each = pytest.mark.parametrize
NUMBERS = (2**31, 2**63, 2**63 - 1, 10**40)
HOSTILE = (
    str(2**31),
    str(2**63),
    str(-(2**63)),
    "9" * 5_000,
    "٣",
    "1e400",
    "NaN",
    "\0",
    "[" * 100_000,
    "{}",
    '{"": [1]}',
    json.dumps({"at": {"": 2**63}, "": {}}),
    json.dumps({"people": {str(2**63): {}, "x": {}}, "": {"on": 2**63}}),
)


# --- numbers
@each("method", ("GET", "POST"))
def test_a_number_that_no_row_can_have_leads_to_no_page(school, browser, method):
    """Every address with a number in it, on either engine: 404, or the refusal that every number
    gets.
    """
    at, found = browser("senco"), []
    for _, rule in rules(school.app, method):
        for name in rule.arguments & {"key", "number"}:
            if f"<int:{name}>" not in rule.rule:
                continue
            for number in NUMBERS:
                url = address(school, rule).replace(
                    f"/{key_or_number(school, rule)}", f"/{number}", 1
                )
                answer = at.send(method, url)
                if answer.status_code not in (302, 403, 404):
                    found.append(f"{method} {url}: {answer.status_code}")
    assert not found, "\n".join(found[:10])


def key_or_number(school, rule):
    """The number that stands in the address of a rule."""
    return next(part for part in address(school, rule).split("/") if part.isdecimal())


FORMS = (
    "/meeting/{meeting}/edit/",
    "/strategy/new/?pupil={mine}",
    "/pupil/{mine}/edit/",
    "/my-plan-plus/{plan}/edit/",
    "/document/new/?pupil={mine}",
    "/pupil/{mine}/move/has-left-the-school/",
    "/pupil/{mine}/",
    "/audit/",
    "/pupil/",
    "/user/{senco}/edit/",
    "/setting/{setting}/edit/",
    "/account",
    "/consent/new/",
)


@each("url", FORMS)
def test_a_crafted_value_in_any_box_is_a_sentence_and_no_crash(school, browser, url):
    """Each box of each form of the page in turn, hidden ones above all: `seen`, `version`, the
    number of a line, a choice.
    """
    plan, setting = key_of(school, m.MyPlanPlus), m.Setting.get().id
    url = url.format(
        mine=school.mine.id,
        meeting=key_of(school, m.Meeting),
        plan=plan,
        senco=school.senco.id,
        setting=setting,
    )
    at = browser("technician" if url.startswith(("/user", "/setting")) else "senco")
    page = at.page(url)
    for form in page.all("//main//form"):
        sent = [(n, v) for n, v in values_of(form) if n != "csrf_token"]
        hidden = {box.get("name") for box in form.iter("input") if box.get("type") == "hidden"} - {
            "csrf_token"
        }
        lines = {n for n, _ in sent if n.endswith(("-row_id", "-outcome", "-need"))}
        for name in (hidden | lines) or {n for n, _ in sent[:3]}:
            for value in HOSTILE:
                changed = [(n, v) for n, v in sent if n != name] + [(name, value)]
                # it is read when somebody else has saved meanwhile
                if name == "seen":
                    changed = [(n, "0" if n == "version" else v) for n, v in changed]
                with school.app.database.atomic() as everything:
                    answer = at.post(form.get("action") or url, changed)
                    everything.rollback()
                assert answer.status_code < 500, f"{url}: {name}={value[:40]}: {answer.status_code}"


@each("value", ["9" * 400, str(2**63), "-1", "x"])
def test_a_crafted_number_in_a_query_is_no_crash(school, browser, value):
    at = browser("senco")
    for url in (
        "/strategy/new/?pupil={}",
        "/audit/?pupil={}",
        "/audit/?who={}",
        "/audit/?page={}",
        "/pupil/?page={}",
        "/pupil/?f0={}&sort={}",
    ):
        assert at.get(url.format(value, value)).status_code in (200, 302, 404), url
    assert at.post(
        "/draft/", {"draft_of": f"/meeting/{value}/edit/", "place": "x"}
    ).status_code in (200, 422)
    assert at.post("/account/places", {"which": value}).status_code == 302


# --- lines
def with_lines(at, meeting, number):
    """The form of a meeting with so many lines of people: what would be sent."""
    sent = [
        (n, v)
        for n, v in values_of(at.page(f"/meeting/{meeting.id}/edit/").form())
        if not n.startswith("people-")
    ]
    for line in range(number):
        sent += [
            (f"people-{line}-who", f"Person {line}"),
            (f"people-{line}-reply", ""),
            (f"people-{line}-came", ""),
        ]
    return [*sent, ("do", "save")]


@each("number", (201, 1_100))
def test_lines_for_which_there_is_no_room_are_refused_in_words_and_kept(
    school, browser, meeting, number
):
    """Also more than are shown again: nothing is saved, and every word is in the draft."""
    at = browser("senco")
    before = [r.who for r in meeting.people]
    page = at.read(at.post(f"/meeting/{meeting.id}/edit/", with_lines(at, meeting, number)), 422)
    assert (
        "“People” has room for 200 lines. Nothing is saved yet" in page.text
        and "saved." not in page.text
    )
    assert [r.who for r in meeting.people] == before
    kept = dict(json.loads(people.Draft.get().typed))
    assert all(kept[f"people-{n}-who"] == f"Person {n}" for n in range(number))
    assert page.said("people-200-who") == "Person 200"


def test_two_hundred_lines_are_saved_and_one_more_is_not_added(school, browser, meeting):
    at = browser("senco")
    at.read(at.post(f"/meeting/{meeting.id}/edit/", with_lines(at, meeting, 200)))
    assert (
        m.MeetingPerson.select()
        .where(m.MeetingPerson.meeting == meeting, m.MeetingPerson.who.startswith("Person "))
        .count()
        == 200
    )
    page = at.page(f"/meeting/{meeting.id}/edit/")
    sent = [*((n, v) for n, v in values_of(page.form())), ("more", "people")]
    page = at.read(at.post(f"/meeting/{meeting.id}/edit/", sent), 422)
    assert "has room for 200 lines" in page.text


def test_lines_that_are_taken_out_make_room(school, browser, meeting):
    """A list that is too long can be made shorter: lines that are ticked to go, or empty, do not
    count.
    """
    at = browser("senco")
    sent = with_lines(at, meeting, 205)
    gone = [(f"people-{n}-gone", "y") for n in range(4)]
    sent = [(n, "" if n == "people-4-who" else v) for n, v in sent]
    at.read(at.post(f"/meeting/{meeting.id}/edit/", [*sent, *gone]))
    assert (
        m.MeetingPerson.select()
        .where(m.MeetingPerson.meeting == meeting, m.MeetingPerson.who.startswith("Person "))
        .count()
        == 200
    )


# --- drafts
def keep(school, n, words="x"):
    """Keep a draft of the SENCO for a form of its own."""
    with school.app.test_request_context():
        return drafts.keep(
            school.senco, f"/strategy/new/?pupil={school.mine.id}&n={n}", [("strategy", words)]
        )


def test_of_one_persons_drafts_the_oldest_go(school, the_day, monkeypatch):
    """By number, and by what stands in them; nobody else's, and never the one that is being
    typed.
    """
    with school.app.test_request_context():
        drafts.keep(
            school.office, f"/strategy/new/?pupil={school.mine.id}", [("strategy", "Of the office")]
        )
    for n in range(drafts.MOST_OF_PERSON + 5):
        keep(school, n)
        the_day.shift(1)
    left = [
        d.form.rpartition("=")[2]
        for d in people.Draft.select()
        .where(people.Draft.user == school.senco)
        .order_by(people.Draft.at)
    ]
    assert left == [str(n) for n in range(5, drafts.MOST_OF_PERSON + 5)]
    monkeypatch.setattr(drafts, "MOST_IN_ALL", 10_000)
    assert keep(school, "long", "w" * 9_990)
    assert [
        d.form.rpartition("=")[2]
        for d in people.Draft.select().where(people.Draft.user == school.senco)
    ] == ["long"]
    assert people.Draft.select().where(people.Draft.user == school.office).count() == 1
