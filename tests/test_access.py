"""Who may do what: every address of the program, for every person, against the one table RIGHTS of
models.py.

A new screen of a record is covered by its row in RIGHTS. A route that is no record's, or a new kind
of screen, must be added to `EVERYBODY` or `RIGHT_OF` below; the test says so.
"""

import contextlib
import re
from urllib.parse import urlencode

import pytest
import time_machine
from conftest import dump
from test_enter import enter_faults
from web import FILE, MARKS, MOMENT, MOVE, Page, address, canary, class_of, reached, rules

import models as m
import people
import workflow as w
from admin_views.register import REPORT_CLASSES
from audit import actions
from audit import log as audit_log
from records import questions as q
from records.record import Row

OPEN = "open"  # also for those who are not signed in
STAFF = set(q.ROLES)
# Routes that are no record's, with the roles that may use them (or OPEN).
EVERYBODY = {
    "home.index": STAFF,
    "pupil.agree_request": {q.HEAD},
    "home.put_away": {q.SENCO, q.HEAD},
    "help.index": STAFF,
    "help.day": STAFF,
    "help.blank": STAFF,
    "help.leaflet": STAFF,
    "audit.index": {q.SENCO, q.HEAD},
    "audit.anchor": {q.SENCO, q.HEAD},
    "status.index": {q.SENCO, q.HEAD, q.TECHNICIAN},
    "healthz": OPEN,
    "account.sign_in": OPEN,
    "account.code": OPEN,
    "account.first_account": OPEN,
    "account.use_link": OPEN,
    "account.sign_out": STAFF,
    "account.show": STAFF,
    "account.confirm": STAFF,
    "account.change_password": STAFF,
    "account.second_step": STAFF,
    "account.recovery_codes": STAFF,
    "account.make_link": {q.SENCO, q.TECHNICIAN},
    "account.stay": STAFF,
    "account.end_places": STAFF,
    "account.end_all": {q.SENCO, q.TECHNICIAN},
    # one's own only
    "draft.keep_typing": STAFF,
    "draft.show_draft": STAFF,
    "draft.throw_away": STAFF,
    "import.index": {q.OFFICE, q.SENCO},
    "import.sample": {q.OFFICE, q.SENCO},
    "import.columns": {q.OFFICE, q.SENCO},
    "import.look": {q.OFFICE, q.SENCO},
    "import.bring": {q.OFFICE, q.SENCO},
    "import.leave": {q.OFFICE, q.SENCO},
    "starting-register.index": {q.SENCO},
    "leavers.index": {q.OFFICE, q.SENCO},
    "sessions.index": {q.SENCO, q.TEACHER, q.TA},
    "prints.index": STAFF - {q.TECHNICIAN},
    "prints.start": STAFF - {q.TECHNICIAN},
    "prints.progress": STAFF - {q.TECHNICIAN},
    "prints.page": STAFF - {q.TECHNICIAN},
    "prints.file": STAFF - {q.TECHNICIAN},
    "prints.remove": STAFF - {q.TECHNICIAN},
    "prints.sent": {q.SENCO, q.OFFICE},
    "review-week.index": {q.SENCO, q.OFFICE},
    "review-week.child": {q.SENCO, q.OFFICE},
    "review-week.invitations": {q.SENCO, q.OFFICE},
    "keeping.index": {q.SENCO, q.HEAD},
    "keeping.bundle": {q.SENCO, q.HEAD},
    "keeping.merge": {q.SENCO},
    "import.undo": {q.SENCO},
    "keeping.mistake": {q.SENCO},
    "keeping.erase": {q.SENCO, q.HEAD},
    "pupil.request_check": {q.SENCO, q.HEAD},
    "pupil.request_pack": {q.SENCO, q.HEAD},
    "import-measures.index": {q.OFFICE, q.SENCO, q.TEACHER},
    "import-measures.look": {q.OFFICE, q.SENCO, q.TEACHER},
}
for report in REPORT_CLASSES:
    EVERYBODY[f"{report.slug}.index"] = set(report.roles)
    EVERYBODY[f"{report.slug}.keep_view"] = set(report.roles)
    exporters = set(report.roles)
    for kind in report.made_of:
        exporters &= {role for role in q.ROLES if "x" in m.RIGHTS_TABLE[kind.__name__][role]}
    EVERYBODY[f"{report.slug}.spreadsheet"] = exporters
# The right (letter of RIGHTS) that each kind of screen of a record needs.
RIGHT_OF = {
    "index_view": "r",
    "page": "r",
    "part": "r",
    "print_one": "r",
    "print_blank": "r",
    "get_file": "r",
    "look_up": "r",
    "whole": "r",
    "pack": "r",
    "profile": "r",
    "move": "r",
    "chart": "r",
    "new": "w",
    "raise_one": "w",
    "edit": "w",
    "act": "w",
    "step": "w",
    "chased": "w",
    "spreadsheet": "x",
}
# these lead to the sign-in page when all is well
TO_SIGN_IN = {"account.code", "account.sign_out"}
# all that opens until it is set up
BEFORE_SECOND_STEP = {"account.second_step", "account.confirm", "account.sign_out", "account.stay"}
ALLOWED, REFUSED = {200, 302, 303, 404, 409, 410, 422}, {403, 404}
PEOPLE = {
    "office": q.OFFICE,
    "senco": q.SENCO,
    "teacher": q.TEACHER,
    "stranger": q.TEACHER,
    "ta": q.TA,
    "head": q.HEAD,
    "technician": q.TECHNICIAN,
    "no second step": q.SENCO,
    "was senco": q.TECHNICIAN,
    "gone": None,
    None: None,
}


def allowed(endpoint, role):
    """Whether a role may use a route, by the tables above; raises KeyError for a route that is in
    none.
    """
    if endpoint in EVERYBODY:
        return EVERYBODY[endpoint] == OPEN or role in EVERYBODY[endpoint]
    cls, screen = class_of(endpoint), endpoint.partition(".")[2]
    right, owner = RIGHT_OF[screen], cls.parent_field().rel_model if issubclass(cls, Row) else cls
    if role is None or right not in m.RIGHTS_TABLE[owner.__name__][role]:
        return False
    if issubclass(cls, Row) and role not in owner.section_of(cls.parent_field().backref).see:
        return False
    if screen == "move":
        return role in next(move for move in w.MOVES if move.slug == MOVE).by
    return "w" in m.RIGHTS_TABLE["MyPlanPlusReview"][role] if screen == "chart" else True


def in_reach(endpoint, who):
    """Whether the record that the address names is within the person's reach: a teacher's own
    classes.
    """
    cls, screen = class_of(endpoint), endpoint.partition(".")[2]
    about_all = (
        screen in ("index_view", "print_blank", "look_up", "spreadsheet", "new", "raise_one")
        or cls is None
    )
    return (
        about_all or who != "stranger" or cls in (m.BankEntry, m.Programme, m.Setting, people.User)
    )


# --- the matrix
def test_every_route_has_its_rights(portal):
    """A new route must say who may use it."""
    unknown = []
    for endpoint, rule in {**dict(rules(portal, "GET")), **dict(rules(portal, "POST"))}.items():
        cls, screen = class_of(endpoint), endpoint.partition(".")[2]
        known = endpoint in EVERYBODY or cls is not None and screen in RIGHT_OF
        unknown += [] if known else [f"{endpoint} ({rule})"]
    assert not unknown, (
        "Nobody has said who may use these routes. A page that is no record's: add it to EVERYBODY"
        " in tests/test_access.py with its roles; a new kind of screen of a record: add it to"
        " RIGHT_OF:\n" + "\n".join(unknown)
    )
    gone = set(EVERYBODY) - {e for method in ("GET", "POST") for e, _ in rules(portal, method)}
    assert not gone, f"These routes are no more; take them out of EVERYBODY: {gone}"


def test_no_route_can_only_refuse(portal):
    """A screen that nobody may use is not there: lines of papers, and what only moves write, have
    no forms; nothing is printed that is not about a child.
    """
    every = [*rules(portal, "GET"), *rules(portal, "POST")]
    dead = {endpoint for endpoint, _ in every if not any(allowed(endpoint, r) for r in q.ROLES)}
    # who may take out a spreadsheet is one letter of RIGHTS, which a school may give tomorrow
    assert not {endpoint for endpoint in dead if not endpoint.endswith(".spreadsheet")}
    for endpoint, _ in every:
        cls, screen = class_of(endpoint), endpoint.partition(".")[2]
        if screen in ("new", "edit"):
            assert not issubclass(cls, Row) and cls.__name__ not in w.ONLY_BY_MOVES
        if screen in ("print_one", "print_blank"):
            assert issubclass(cls, m.PupilRecord)
        if screen == "act":
            assert issubclass(cls, (m.Form, m.Letter))


def hidden_from(role, which):
    """The words about a pupil that a role may not read: {canary: where it stands}."""
    found = {MARKS[which]: "the pupil's name"} if role in q.OF_CLASSES and which == "other" else {}
    for cls in m.every():
        owner = cls.parent_field().rel_model if issubclass(cls, Row) else cls
        if not (issubclass(owner, m.PupilRecord) or owner is m.Pupil):
            continue
        sees_kind = "r" in m.RIGHTS_TABLE[owner.__name__][role] and (
            which == "mine" or role not in q.OF_CLASSES
        )
        for name, _ in cls.questions():
            section = owner.section_of(cls.parent_field().backref if owner is not cls else name)
            if not sees_kind or role not in section.see:
                found[canary(MARKS[which], cls, name)] = f"{cls.__name__}.{name}"
    return found


def change_everything(school):
    """A change of each text, so that the history and the audit trail repeat the words."""
    with audit_log.acting_as("The tests"), audit_log.transaction():
        for record in list(school.records["mine"].values()):
            fresh = type(record).get_by_id(record.id)
            for name, asked in fresh.questions():
                if (
                    isinstance(getattr(fresh, name), str)
                    and not asked.choices
                    and name not in ("surname", "forename", "form", "upn")
                ):
                    setattr(fresh, name, f"{getattr(fresh, name)}!")
            fresh.save()


@pytest.fixture(scope="module", autouse=True)
def changed(built):
    """The history and the audit trail repeat the words of the school."""
    with time_machine.travel(MOMENT, tick=False):
        change_everything(built)


@pytest.mark.parametrize("method", ("GET", "POST"))
@pytest.mark.parametrize("who", PEOPLE)
def test_each_person_reaches_what_the_table_says_and_nothing_else(
    school, browser, database, plain_paper, who, method
):
    """Every route. A refusal changes not a row of the database, nor does opening a page; each page
    is built as it should be (`web.Page`), says nothing that the role may not read anywhere, and
    Enter in each of its forms does what test_enter.py says.
    """
    person, role = at_the_door(school, browser, who), PEOPLE[who]
    closed = closed_to(who)
    before, found, read, asked = kept(method), [], 0, 0
    for endpoint, rule in rules(school.app, method):
        with database.atomic() as everything:
            may = is_set_up(who, endpoint) and allowed(endpoint, role)
            person.begin_again()
            with tables_written(database) as written:
                response = person.send(method, address(school, rule), sent_to(endpoint))
            found += [f"{method} {rule}: {words}" for words in faults(response, endpoint, who, may)]
            # what was typed stands in the search box
            source = response.get_data(as_text=True).replace(f'value="{MARKS["mine"]}"', "")
            if MARKS["mine"] in source or MARKS["other"] in source:
                read += 1
                found += [f"{method} {rule} says {closed[m]}" for m in closed if m in source]
            if is_page(response, rule):
                page = Page(response, person.names)
                found += [f"{rule}: {words}" for words in page.faults()]
                if response.status_code == 200:
                    of_enter, forms = enter_faults(school.app, page, response.request.path)
                    found += of_enter
                    asked += forms
            if may:
                if method == "GET" and changed_by(written, before):
                    found.append(f"{rule}: opening the page changes the database; do it on POST")
                # a page does not rely on the rows of another's look
                everything.rollback()
    assert not found, (
        f"{who}: {len(found)} routes are not as RIGHTS, EVERYBODY, the sections and web.Page say:\n"
        + "\n".join(dict.fromkeys(found))
    )
    assert kept(method) == before, "A refused request changed the database."
    if method == "GET":
        assert asked, "a form in which Enter was looked at"
        reads = who in ("office", "senco", "teacher", "head", "ta")
        assert bool(read) == reads, "The technician sees no pupil; who has a right sees some."


def closed_to(who):
    """The words about the pupils that a person may not read: {words: where they stand}."""
    role = PEOPLE[who]
    if role is None or who == "no second step":
        return dict.fromkeys(MARKS.values(), "the pupil's name")
    closed = {**hidden_from(role, "mine"), **hidden_from(role, "other")}
    if who == "stranger":
        closed[MARKS["mine"]] = "the pupil's name"
    return closed


def is_set_up(who, endpoint):
    """Whether a person is so far that the page opens: without a second step few do."""
    if who != "no second step" or endpoint in BEFORE_SECOND_STEP:
        return True
    return EVERYBODY.get(endpoint) == OPEN


def sent_to(endpoint):
    """What is sent to a route: to a list the name of a pupil."""
    if endpoint.endswith(".act"):
        return {"do": "complete"}
    if endpoint.endswith((".index_view", ".spreadsheet", ".look_up")):
        return {"words": MARKS["mine"], "search": MARKS["mine"]}
    return {}


def is_page(response, rule):
    """Whether an answer is a page that is shown."""
    if response.request.method != "GET" or response.status_code == 302:
        return False
    return response.mimetype == "text/html" and not rule.rule.endswith(FILE)


def faults(response, endpoint, who, may):
    """What is wrong with where an answer leads: a list of one sentence, or of none."""
    status, location = response.status_code, response.headers.get("Location", "")
    if endpoint in TO_SIGN_IN and location.startswith("/sign-in"):
        return []
    if not is_set_up(who, endpoint) and location == "/account/second-step":
        return []
    fault = verdict(may, status, location, in_reach(endpoint, who), PEOPLE[who])
    if not fault and who == "senco" and response.request.method == "GET" and may:
        fault = closed_page(endpoint, status)
    return [fault] if fault else []


def closed_page(endpoint, status):
    """What is wrong when a page of a record is merely “not refused”: the SENCO reads every one."""
    cls, screen = class_of(endpoint), endpoint.partition(".")[2]
    if cls is None or screen == "get_file" or endpoint.startswith("concerns-list"):
        return ""
    leads_on = status == 302 and screen in ("index_view", "new", "part")
    return "" if status == 200 or leads_on else f"{status}, but it should open"


def at_the_door(school, browser, who):
    """A person at a computer, signed in: one has no second step yet, one was the SENCO until a
    second ago.
    """
    if who == "was senco":
        person = browser("senco")
        # past every screen: the session lives on
        people.User.update(role=q.TECHNICIAN).where(people.User.id == school.senco.id).execute()
        return person
    if who == "no second step":
        people.User.update(totp=None).where(people.User.id == school.senco.id).execute()
        return browser("senco")
    return browser(who)


def kept(method, tables=None):
    """The database, or some of its tables, but for looks, refusals (a refused sign-in stands in the
    trail as well) and the moment of the last click.
    """
    found = dump(tables=tables)
    found["signed_in"] = list(
        people.UserSession.select(people.UserSession.key, people.UserSession.user).tuples()
    )
    if method == "POST":
        found["audit_entry"] = 0
    return found


@contextlib.contextmanager
def tables_written(database):
    """The names of the tables that the statements meanwhile write to."""
    found = set()
    execute_sql = database.execute_sql

    def watched(sql, *params):
        match = re.match('(?:INSERT INTO|UPDATE|DELETE FROM) "?([a-z_]+)', sql)
        if match:
            found.add(match[1])
        return execute_sql(sql, *params)

    database.execute_sql = watched
    try:
        yield found
    finally:
        del database.execute_sql


def changed_by(tables, before):
    """Whether these tables are not as they were; to the audit log rows are only added, and looks
    among them are no change.
    """
    entries = audit_log.AuditEntry
    if "audit_entry" in tables:
        known = max(row[0] for row in before["audit_entry"])
        new = entries.id > known, entries.act.not_in((*actions.READ_ACTIONS, "refused"))
        if entries.select().where(*new).exists():
            return True
    now = kept("GET", tables - {"audit_entry"})
    return any(before[name] != rows for name, rows in now.items())


def verdict(may, status, location, in_reach, role):
    """What is wrong with an answer, or nothing."""
    if role is None:
        to_sign_in = status == 302 and location.startswith("/sign-in")
        return (
            ""
            if to_sign_in != may
            else f"{status} {location}, "
            + ("but it is open" if may else "instead of the sign-in page")
        )
    if not may:
        return "" if status in REFUSED else f"{status}, but the role has no right"
    if not in_reach:
        return "" if status in REFUSED else f"{status}, but the pupil is in another class"
    return (
        ""
        if status in ALLOWED and not location.startswith("/sign-in")
        else f"{status} {location}, but the role has the right"
    )


@pytest.mark.parametrize("who", ("teacher", "ta", "head", "technician"))
def test_no_link_leads_to_a_refusal(browser, plain_paper, who):
    _, dead = reached(browser(who))
    assert not dead


def test_rights_that_are_taken_away_end_at_once(school, browser):
    """Another role, or the account switched off, counts from the next click on (ASVS 8.3.2)."""
    at = browser("senco")
    assert at.get("/pupil/").status_code == 200
    with audit_log.acting_as("The tests"):
        user = people.User.get_by_id(school.senco.id)
        user.role = q.OFFICE
        user.save()
        # a new role ends the session
        assert at.get("/pupil/").location.startswith("/sign-in")
        at = browser(user)
        assert at.get(f"/pupil/{school.mine.id}/move/{MOVE}/").status_code == 403
        user.account = "off"
        user.save()
    assert at.get("/pupil/").location.startswith("/sign-in")


def test_a_class_that_is_taken_away_is_out_of_reach_at_once(school, browser):
    """The teacher of another class from tomorrow on."""
    at = browser("teacher")
    assert at.get(f"/pupil/{school.mine.id}/").status_code == 200
    people.User.update(classes="9Z").where(people.User.id == school.teacher.id).execute()
    assert at.get(f"/pupil/{school.mine.id}/").status_code == 404


ELSEWHERE = (
    "//evil.example",
    "///evil.example",
    "https://evil.example",
    "http:evil.example",
    "https:/evil.example",
    "HTTPS://EVIL.EXAMPLE/",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,evil.example",
    "evil.example",
    "@evil.example",
    ".evil.example",
    "//localhost@evil.example",
    "/\r\nLocation: https://evil.example",
    "\0//evil.example",
    "//%65vil.example",
    "/\u2028/evil.example",
)


def test_signing_in_leads_nowhere_but_into_the_portal(school, browser):
    """`next` and `url` never lead to another host (ASVS 3.7.2)."""
    nobody, senco, led = browser(None).client, browser("senco"), []
    for target in ELSEWHERE:
        page = nobody.get("/sign-in", query_string={"next": target}).get_data(as_text=True)
        led += [target] if 'name="next" value="/"' not in page else []
        saved = senco.post(
            f"/bank-entry/new/?{urlencode({'url': target, 'next': target})}",
            {"bank": "strategy", "words": "A timer"},
        )
        led += (
            [target]
            if saved.status_code != 302 or not saved.location.startswith("/bank-entry/")
            else []
        )
    assert not led


def test_a_role_that_may_read_pupils_alone_opens_a_child(school, browser, monkeypatch):
    at = browser("technician")
    at.page("/")
    monkeypatch.setitem(m.RIGHTS_TABLE["Pupil"], "technician", "r")
    at.page(f"/pupil/{school.mine.id}/")
