"""Two people are two: a new sign-in waits, and what changes about accounts is told to all."""

import datetime
import re

import pytest
from conftest import START, dump
from live import Live
from web import words

import models as m
from admin_views.account import views as screens
from audit import accounts
from audit import log as audit_log
from people import Draft, User
from privacy import erasure
from records import questions as q

HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def write(act, person, by=None, question="", before="", after="", reason=""):
    """A row of the audit trail about a person's account, by a colleague or by nobody."""
    with audit_log.acting_as(str(by), by.id, by.role) if by else audit_log.acting_as("The tests"):
        audit_log.audit(act, person, question, before, after, reason)


def used_a_link(person):
    """A person has come in by a sign-in link just now."""
    write("sign-in link used", person, by=person)


# --- a sign-in that is new
@pytest.mark.parametrize("act, question", accounts.MAKES_NEW)
def test_each_of_these_makes_a_sign_in_new_for_24_hours(cast, the_day, act, question):
    assert accounts.new_sign_in(cast.head) is None
    write(act, cast.head, cast.technician, question, "Off", "On")
    new = accounts.new_sign_in(cast.head)
    assert accounts.MAKES_NEW[act, question] in str(new) and "25 Nov 2026, 10:00" in str(new)
    the_day.shift(DAY - HOUR)
    assert accounts.new_sign_in(cast.head)
    the_day.shift(2 * HOUR)
    assert accounts.new_sign_in(cast.head) is None


def test_what_is_no_new_sign_in_makes_none(cast, the_day):
    """One's own password, a link not used, another name, an account switched off, a wrong clock."""
    write("password changed", cast.head, cast.head)
    write("sign-in link made", cast.head, cast.technician)
    write("change", cast.head, cast.technician, "name", "A", "B")
    write("change", cast.head, cast.technician, "account", "On", "Off")
    assert accounts.new_sign_in(cast.head) is None
    the_day.shift(400 * DAY)
    used_a_link(cast.head)  # the clock was a year ahead, and was put right
    the_day.shift(-400 * DAY)
    assert accounts.new_sign_in(cast.head) is None


def test_the_first_account_sets_up_the_school_on_its_first_day(cast, the_day):
    """It was made by no colleague. From the second day on it waits like any other."""
    with audit_log.acting_as("Sign-in"):
        first = User.create(name="First", username="first", role=q.TECHNICIAN)
    write("second step set up", first, first)
    assert accounts.new_sign_in(first) is None
    with audit_log.acting_as("First", first.id, first.role):
        second = User.create(name="Second", username="second", role=q.SENCO)
    assert accounts.new_sign_in(second)
    the_day.shift(DAY + HOUR)
    assert accounts.new_sign_in(first) is None and accounts.new_sign_in(second) is None
    write("second step set up", first, first)
    assert accounts.new_sign_in(first)


def test_a_link_for_the_first_account_makes_it_new_on_its_first_day_too(cast):
    with audit_log.acting_as("Sign-in"):
        first = User.create(name="First", username="first", role=q.TECHNICIAN)
    used_a_link(first)
    assert accounts.new_sign_in(first)


def waiting(app):
    """Every route that a new sign-in must wait for: [(endpoint, method)]."""
    found = []
    for rule in app.url_map.iter_rules():
        last = rule.endpoint.rpartition(".")[2]
        if rule.endpoint in screens.WAITING or last in screens.WAITING:
            found += [(rule.endpoint, method) for method in rule.methods & {"GET", "POST"}]
    return sorted(found)


def test_every_line_of_the_table_names_a_route(portal):
    there = {endpoint for endpoint, _ in waiting(portal)}
    ends = {endpoint.rpartition(".")[2] for endpoint in there}
    assert {line for line in screens.WAITING if line not in there | ends} == set()
    spreadsheets = {e for e in there if e.endswith(".spreadsheet")}
    assert len(spreadsheets) > 20, "the spreadsheet of every kind of record"


@pytest.mark.parametrize("who", (q.SENCO, q.HEAD, q.TECHNICIAN))
def test_a_new_sign_in_cannot_erase_export_or_give_rights(school, browser, the_day, who):
    """Every route of the table, opened and sent: refused in words, nothing changed; later
    as ever.
    """
    from web import address, rules

    person, at = getattr(school, who), browser(who)
    used_a_link(person)
    before, asked = dump(), set(waiting(school.app))
    tried = 0
    for method in ("GET", "POST"):
        for endpoint, rule in rules(school.app, method):
            if (endpoint, method) not in asked:
                continue
            at.begin_again()
            answer = at.send(method, address(school, rule), {"do": "save"})
            assert answer.status_code == 403, f"{method} {rule}"
            page = at.read(answer, 403)
            assert page.h1 == "Your sign-in is new"
            assert "is possible from 25 Nov 2026, 10:00 on" in page.text
            tried += 1
    before.pop("draft")
    assert tried > 25 and dump(but=(Draft,)) == before
    refused = audit_log.AuditEntry.select().where(audit_log.AuditEntry.act == "refused")
    mine = {row.reason for row in refused.where(audit_log.AuditEntry.user_id == person.id)}
    assert "A new sign-in tried to erase a record" in mine
    the_day.shift(DAY + HOUR)
    url = "/user/new/" if who == q.TECHNICIAN else f"/keeping/{school.mine.id}/erase/"
    assert browser(who).get(url).status_code == 200


def test_what_a_new_sign_in_sent_is_kept(school, browser):
    used_a_link(school.technician)
    at = browser("technician")
    sent = {
        "version": "",
        "name": "Typed Name",
        "username": "typed",
        "role": "senco",
        "account": "on",
    }
    at.post("/user/new/", sent)
    assert not User.select().where(User.username == "typed").exists()
    assert "Typed Name" in Draft.get(Draft.user == school.technician).typed


# --- what is told
TOM, HEDDA = "Technician of the school", "Head of the school (Head)"
TELLING = (
    ("sign-in link made", "", "", "", "Lost", f"{TOM} made a sign-in link for {HEDDA}. Why: Lost."),
    ("add", "", "", "", "", f"{TOM} made an account for {HEDDA}."),
    ("change", "role", "Office", "Head", "", f"changed the role of {HEDDA} from Office to Head."),
    ("change", "account", "Off", "On", "", f"changed the account of {HEDDA} from Off to On."),
    ("change", "account", "On", "Off", "", f"changed the account of {HEDDA} from On to Off."),
    ("change", "classes", "", "3B", "", f"changed the classes of {HEDDA} from none to 3B."),
)


@pytest.mark.parametrize("act, question, before, after, reason, sentence", TELLING)
def test_what_changes_about_an_account_is_told_to_every_senco_and_head(
    school, browser, the_day, act, question, before, after, reason, sentence
):
    write(act, school.head, school.technician, question, before, after, reason)
    for who in (q.SENCO, q.HEAD):
        assert sentence in browser(who).page("/").text
    for who in (q.OFFICE, q.TEACHER, q.TECHNICIAN):
        assert sentence not in browser(who).page("/").text
    the_day.shift(13 * DAY)
    assert sentence in browser(q.SENCO).page("/").text
    the_day.shift(2 * DAY)
    assert sentence not in browser(q.SENCO).page("/").text


def test_every_line_of_what_is_told_is_shown_by_a_test():
    shown = {("User", act, question) for act, question, *_ in TELLING}
    assert {line for line in accounts.TOLD if line[0] == "User"} == shown


def test_the_pages_themselves_are_told(school, browser):
    """A new colleague, another role, a link: by the technician's own screens."""
    at = browser("technician")
    sent = {"version": "", "name": "Nina New", "username": "nina", "role": "senco", "account": "on"}
    at.post("/user/new/", sent)
    nina = User.get(User.username == "nina")
    at.post(f"/account/link/{nina.id}", {"reason": "new"})
    at.post(f"/user/{nina.id}/edit/", {**sent, "version": str(nina.version), "role": "head"})
    said = browser("senco").page("/").text
    assert "made an account for Nina New" in said and "made a sign-in link for Nina New" in said
    assert "changed the role of Nina New (Head) from SENCO to Head" in said


def test_settings_commands_restores_and_accepted_faults_are_told(school, browser):
    settings = m.Setting.of_school()
    settings.second_step, settings.anchor_place = "senco", "/mnt/anchors"
    with audit_log.acting_as("Tom", school.technician.id, q.TECHNICIAN):
        settings.save()
    with audit_log.acting_as("At the server"):
        audit_log.audit_access("export", [school.mine], "Everything held")
    with audit_log.acting_as("Command line"):
        audit_log.audit_access("view", [school.mine], "who-saw")
        audit_log.note_accepted(["A fault."], settings, "Known since May")
    with audit_log.acting_as("Restore"):
        audit_log.audit("restored", settings, before="2026-11-20T10:00:00Z")
    said = browser("head").page("/").text
    shown = (
        f"At the server: everything held on record {school.mine.id} was written to a file.",
        f"Command line: somebody asked who saw record {school.mine.id}.",
        "faults of the audit trail were accepted. Why: Known since May.",
        "A backup of 2026-11-20T10:00:00Z was put in the place of the records.",
        "Tom changed who must use a second step: now SENCO.",
        "Tom changed the folder for anchors: now /mnt/anchors.",
    )
    assert [sentence for sentence in shown if sentence not in said] == []
    assert len([line for line in accounts.TOLD if line[0] != "User"]) == len(shown)


def test_each_puts_the_notices_away_alone_and_sees_later_ones(school, browser):
    write("sign-in link made", school.head, school.technician, reason="Why")
    senco = browser("senco")
    page = senco.page("/")
    senco.submit(page, path="//form[@action='/notices/']", button=None)
    assert "made a sign-in link" not in senco.page("/").text
    assert "made a sign-in link" in browser("head").page("/").text
    row = audit_log.AuditEntry.get(audit_log.AuditEntry.act == accounts.READ)
    assert row.user_id == school.senco.id
    write("sign-in link made", school.senco, school.technician, reason="Later")
    assert "Why: Later." in senco.page("/").text and "Why: Why." not in senco.page("/").text


@pytest.mark.parametrize("number", ("0", "999999999", "x", "9" * 30))
def test_only_what_was_shown_is_put_away(school, browser, number):
    """Not a number of the future, which would put away what is still to come."""
    write("sign-in link made", school.head, school.technician, reason="Why")
    at = browser("senco")
    assert at.post("/notices/", {"up_to": number}).status_code == 302
    assert "made a sign-in link" in at.page("/").text


# --- the other half of an erasure
@pytest.fixture
def leaver(cast, acting):
    """A child who has left and may be erased."""
    return m.Pupil.create(surname="Trial", forename="Rhea", dob=START, left_on=START)


HANDS = (
    ("the SENCO made a link for the head", ("head", "senco"), ()),
    ("the head had a hand in the SENCO's account", ("senco", "head"), ()),
    ("the technician made both links", ("head", "technician"), ("senco", "technician")),
)


@pytest.mark.parametrize("said, first, second", HANDS, ids=[h[0] for h in HANDS])
def test_who_had_a_hand_in_the_other_s_sign_in_is_not_the_other_half(
    cast, leaver, the_day, tmp_path, said, first, second
):
    for whom, by in filter(None, (first, second)):
        write("sign-in link made", getattr(cast, whom), getattr(cast, by))
    the_day.shift(2 * DAY)
    erasure.ask(leaver, cast.senco, "Sent on")
    with pytest.raises(erasure.Cannot, match="cannot do this together yet.*8 December 2026"):
        erasure.erase(leaver, cast.head, "Trial", tmp_path)
    assert m.Pupil.get_by_id(leaver.id).erased_on is None
    the_day.shift(13 * DAY)
    erasure.erase(leaver, cast.head, "Trial", tmp_path)
    assert m.Pupil.get_by_id(leaver.id).erased_on


def test_a_link_by_a_third_for_one_of_them_is_no_hindrance(cast, leaver, tmp_path):
    write("sign-in link made", cast.head, cast.technician)
    write("sign-in link made", cast.head, cast.head)
    erasure.ask(leaver, cast.senco, "Sent on")
    erasure.erase(leaver, cast.head, "Trial", tmp_path)
    assert m.Pupil.get_by_id(leaver.id).erased_on


# --- the second step is off
def test_every_page_says_when_the_second_step_is_off(school, browser):
    assert "The second step is off" not in browser("teacher").page("/").text
    m.Setting.update(second_step=None).execute()
    for who in (q.TEACHER, q.SENCO):
        assert "The second step is off: whoever" in browser(who).page("/help/").text
    assert "The second step is off" not in browser(None).page("/sign-in").text


# --- through the real server
PASSWORD = [
    ("new_password", "harbour violet spoon teapot"),
    ("again", "harbour violet spoon teapot"),
]


@pytest.fixture(scope="module")
def own_live(tmp_path_factory):
    """A running portal of this file's own: its accounts are changed."""
    running = Live(tmp_path_factory.mktemp("accounts") / "data")
    yield running
    running.stop()


def link_for(at, people, username, reason):
    """The sign-in link that somebody makes for a colleague: its path."""
    status, page, _ = at.ask("POST", f"/account/link/{people[username]}", [("reason", reason)])
    assert status == 200, page
    return re.search(r"/set-up/[\w-]+", page)[0]


def numbers(at):
    """The numbers of the colleagues: {user name: number}."""
    found = {}
    for page in range(3):
        _, source, _ = at.ask("GET", f"/user/?page={page}")
        for row in re.findall(r"<tr>.*?</tr>", source, re.S):
            number = re.search(r"/user/(\d+)/", row)
            for name in ("senco", "head", "technician"):
                if number and re.search(rf">\s*{name}\s*<", row):
                    found[name] = number[1]
    return found


def test_who_makes_a_lost_phone_link_for_the_head_is_told_of_and_erases_nothing(own_live):
    senco = own_live.person("senco")
    people = numbers(own_live.person("technician"))
    path = link_for(senco, people, "head", "phone")
    false_head = own_live.stranger()
    status, _, where = false_head.ask("POST", path, PASSWORD)
    assert (status, where) == (302, "/"), "the link lets whoever has it in"
    said = words(page_of(false_head.ask("GET", "/")))
    assert "Sam Senco made a sign-in link for Hedda Head (Head)" in said
    erase = [("do", "erase"), ("words", "Sur000")]
    for method, path in (
        ("GET", "/keeping/1/erase/"),
        ("POST", "/keeping/1/erase/"),
        ("POST", "/pupil/spreadsheet/"),
        ("POST", "/notices/"),
    ):
        status, page, _ = false_head.ask(method, path, erase)
        assert status == 403 and "Your sign-in is new" in page, path
    assert "made a sign-in link for Hedda Head" in words(page_of(senco.ask("GET", "/")))


def page_of(answer):
    """The body of a page that was fetched."""
    from lxml import html

    status, source, _ = answer
    assert status == 200, source[:500]
    return html.document_fromstring(source).body


def test_who_makes_themselves_a_senco_is_told_of_and_exports_nothing(own_live):
    technician = own_live.person("technician")
    who = [("name", "Sly Second"), ("username", "sly"), ("role", "senco"), ("account", "on")]
    fields = [("version", ""), *who, ("do", "save")]
    status, page, where = technician.ask("POST", "/user/new/", fields)
    assert status == 302, page
    number = re.search(r"\d+", where)[0]
    path = link_for(technician, {"sly": number}, "sly", "new")
    sly = own_live.stranger()
    assert sly.ask("POST", path, PASSWORD)[0] == 302
    assert sly.ask("GET", "/pupil/")[0] == 200, "a new SENCO may work"
    status, page, _ = sly.ask("POST", "/pupil/spreadsheet/", [])
    assert status == 403 and "a sign-in link was used" in page
    said = words(page_of(own_live.person("senco").ask("GET", "/")))
    assert "Ted Technician made an account for Sly Second (SENCO)." in said
    assert "Ted Technician made a sign-in link for Sly Second (SENCO)" in said


@pytest.mark.parametrize("typed", ["3A, 3B", "3A; 3B", "3A/3B", "3A and 3B", "3A & 3B", "3A\n3B,"])
def test_classes_are_told_apart_however_they_are_typed(typed):
    assert User(classes=typed).class_names() == ["3A", "3B"]
    assert User(classes="Andover").class_names() == ["Andover"]
