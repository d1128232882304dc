"""The portal as a browser without JavaScript sees it.

A `Browser` is one person at one computer: whatever it fetches is checked (headers; title, labels,
ids, tokens ... of a page), and a form is sent as it stands on the page, with what the test typed.
`school` is a school in which every question of every record is answered with words that stand
nowhere else, for two pupils: `mine` in the teacher's class and `other` in another.
"""

import contextlib
import datetime
import functools
import hashlib
import re
import time
from collections import Counter
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
import time_machine
import werkzeug.test
from conftest import START, TODAY, answer, press
from itsdangerous import URLSafeTimedSerializer
from lxml import etree, html
from peewee import CharField, DateField, DecimalField, ForeignKeyField, TextField
from werkzeug.exceptions import HTTPException

import app as portal_module
import models as m
from audit import log as audit_log
from papers import kept, pdf
from people import User, UserSession, new_token
from records.record import Row

# its pattern is read once
werkzeug.test.stream_encode_multipart = functools.partial(
    werkzeug.test.stream_encode_multipart, boundary="the-tests"
)
MOMENT = datetime.datetime(*TODAY.timetuple()[:3], 10, tzinfo=datetime.UTC)
FILE = (".pdf", ".csv", "/file")  # the ends of addresses that are no page
# a file that was uploaded has a stricter policy of its own
OWN_POLICY = ("document.get_file",)
CONTROLS = "//input[not(@type='hidden')] | //select | //textarea"
SAID_NONE = re.compile(r"\bNone\b(?! yet| written)|\bundefined\b|datetime\.|Decimal\(|<[A-Z]\w+: ")
MARKS = {"mine": "Zebmine", "other": "Yakother"}


XPATH = functools.cache(etree.XPath)  # each path is read once


# --- one page
class Page:
    """A page that was fetched: its text, headings, problems and forms."""

    def __init__(self, response, names=()):
        self.response, self.source = response, response.get_data(as_text=True)
        self.tree = html.document_fromstring(self.source)
        self.names = [name.lower() for name in names]

    def all(self, path):
        """The parts of the page that an XPath names."""
        return XPATH(path)(self.tree)

    def one(self, path):
        """The only part of the page that an XPath names."""
        found = self.all(path)
        assert len(found) == 1, f"{len(found)} parts of the page are {path}"
        return found[0]

    @property
    def text(self):
        """What a person reads, with single spaces."""
        return words(self.one("//body"))

    @property
    def title(self):
        """The title of the window, without the name of the program."""
        return words(self.one("//title")).partition(" - Learning Pathway")[0]

    @property
    def h1(self):
        """The heading of the page."""
        return words(self.one("//h1"))

    @functools.cached_property
    def ids(self):
        """Every id on the page."""
        return self.all("//@id")

    @functools.cached_property
    def labels(self):
        """The words of the labels that name a control: {its id: words}."""
        found = {}
        for label in self.all("//label[@for]"):
            key = label.get("for")
            found[key] = " ".join([*found.get(key, "").split(), words(label)])
        return found

    @property
    def problems(self):
        """What the summary of problems says: [(where it leads or "", words)]."""
        return [
            ((item.xpath("string(a/@href)")).lstrip("#"), words(item))
            for item in self.all("//div[@aria-labelledby='problem']//li")
        ]

    def form(self, path="//main//form[@data-draft]"):
        """A form of the page: the big one, unless another is named."""
        return self.one(path)

    def buttons(self, form):
        """The buttons that send a form, in the order of the page; those outside it that name it,
        too.
        """
        found = []
        for button in self.all("//button | //input"):
            kind = (button.get("type") or ("submit" if button.tag == "button" else "text")).lower()
            owner = (
                self.all(f"//form[@id={quoted(button.get('form'))}]")
                if button.get("form")
                else button.xpath("ancestor::form")
            )
            if kind in ("submit", "image") and owner and owner[-1] is form:
                found.append(button)
        return found

    def boxes(self, form):
        """The boxes of a form in which Enter sends it: of one line, to tick, or to choose a
        file.
        """
        kinds = [
            (b, b.get("type", "text").lower())
            for b in form.iter("input")
            if "readonly" not in b.attrib
        ]
        return [
            box
            for box, kind in kinds
            if kind not in ("hidden", "submit", "image", "button", "reset")
        ]

    def said(self, name):
        """What a control of the big form holds."""
        return dict(values_of(self.form())).get(name, "")

    def label(self, control):
        """The words of a control's label, its group's included."""
        around = XPATH("ancestor::label | ancestor::fieldset/legend")(control)
        by_id = self.labels.get(control.get("id"), "")
        said = " ".join([by_id, *(words(part) for part in around)]).strip()
        return said or control.get("aria-label", "")

    def addresses(self):
        """Every address on the page."""
        return self.all("//@href | //@src | //@action | //@formaction")

    def faults(self):
        """What is wrong with the page, in sentences."""
        return [*self._outline(), *self._controls(), *self._code(), *self._links(), *self._forms()]

    def _outline(self):
        h1, ids = self.all("//h1"), self.ids
        yield from [f"{len(h1)} h1 instead of one"] * (len(h1) != 1)
        starts = len(h1) == 1 and self.title.removeprefix("Error: ").startswith((self.h1, "Home"))
        yield from [] if starts else [f"the title “{self.title}” does not begin with the heading"]
        yield from ["html has no lang=en-GB"] * (self.tree.get("lang") != "en-GB")
        yield from ["there is not one main"] * (len(self.all("//main")) != 1)
        yield from [f"two parts have the id {i}" for i, n in Counter(ids).items() if n > 1]
        text = self.text
        yield from [
            f"it shows “{text[max(at.start() - 40, 0) : at.end() + 20]}”"
            for at in SAID_NONE.finditer(text)
        ]
        yield from [
            f"a table has no caption: {words(t)[:60]}" for t in self.all("//table[not(caption)]")
        ]
        levels = [
            int(h.tag[1])
            for h in self.all("//main//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5]")
        ]
        yield from ["its first heading is not the h1"] * (levels[:1] != [1])
        yield from [
            f"a heading of level {b} follows one of level {a}"
            for a, b in zip(levels, levels[1:])
            if b > a + 1
        ]

    def _controls(self):
        yield from [
            f"a control has no label: {html.tostring(c)[:120]}"
            for c in self.all(CONTROLS)
            if not self.label(c)
        ]
        yield from [
            f"a button has no words: {html.tostring(b)[:80]}"
            for b in self.all("//button")
            if not words(b)
        ]
        yield from [
            f"a group has no legend: {html.tostring(f)[:80]}"
            for f in self.all("//fieldset[not(legend)]")
        ]
        keys = ("aria-describedby", "aria-labelledby", "for", "list")
        named = {i for key in keys for said in self.all(f"//@{key}") for i in said.split()}
        yield from [
            f"something refers to the id {i}, which is not there"
            for i in sorted(named - set(self.ids))
        ]

    def _code(self):
        yield from [f"inline handler {a}" for a in self.all("//@*[starts-with(name(), 'on')]")]
        yield from [f"inline style {a}" for a in self.all("//@style")] + ["a style element"] * len(
            self.all("//style")
        )
        yield from ["inline script"] * len(self.all("//script[not(@src)]"))

    def _links(self):
        for address in self.addresses():
            parts, plain = urlsplit(address), unquote(address).lower()
            if parts.scheme and not address.startswith("data:image/svg+xml") or parts.netloc:
                yield f"address outside the portal: {address[:80]}"
            yield from [
                f"a pupil's name in an address: {address}" for name in self.names if name in plain
            ]
        there = set(self.ids)
        yield from [
            f"a link to #{a[1:]}, which is not there"
            for a in self.all("//@href")
            if a.startswith("#") and a[1:] not in there
        ]
        yield from [
            f"a link has no words: {html.tostring(a)[:80]}" for a in self.all("//a") if not words(a)
        ]

    def _forms(self):
        for form in self.all("//form"):
            if form.get("role") == "search" and form.get("method") is None:
                continue  # filters, which name no child and change nothing
            token = form.xpath(".//input[@name='csrf_token']/@value")
            if form.get("method") != "post":
                yield f"a form is not sent by POST: {form.get('action')}"
            elif len(token) != 1 or not token[0]:
                yield f"the form to {form.get('action')} has {len(token)} tokens"


def hidden(page):
    """The hidden boxes of the main form, the token aside."""
    boxes = page.all("//main//form[@data-draft]//input[@type='hidden']")
    return {b.get("name"): b.get("value") for b in boxes if b.get("name") != "csrf_token"}


def words(part):
    """The text of a part of a page, with single spaces."""
    return " ".join(part.text_content().split())


def values_of(form):
    """What a browser would send of a form as it stands: [(name, value)]; the line break after
    <textarea> is no part of the words.
    """
    boxes = {b.get("name") for b in form.iter("textarea")}
    # lxml says "on"
    none = {
        b.get("name")
        for b in form.iter("input")
        if b.get("type") == "radio" and b.get("value") == "" and "checked" in b.attrib
    }
    return [
        (n, re.sub(r"^\r?\n", "", v) if n in boxes else "" if n in none else v)
        for n, v in form.form_values()
    ]


def quoted(text):
    """A text as XPath writes it."""
    return f'"{text}"' if '"' not in text else f"'{text}'"


# --- one person's computer
def sign_in_row(user):
    """Sign somebody in without a password, past the pages; what the session holds as `_user_id`."""
    token = new_token()
    with (
        audit_log.db.connection_context() if audit_log.db.is_closed() else contextlib.nullcontext()
    ):
        UserSession.create(
            key=hashlib.sha256(token.encode()).hexdigest(),
            user=user,
            place="127.0.0.1",
            device="Firefox on Windows",
        )
    return token


def enter(app, user):
    """A plain client in which this person has signed in."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"], session["proved"] = (
            sign_in_row(user),
            True,
            int(time.time()),
        )
    return client


class Browser:
    """One person at one computer; nobody when `user` is None."""

    def __init__(self, app, user=None, names=()):
        self.app, self.user, self.client, self.names = app, user, app.test_client(), names
        self.cookie = self._session()
        self.begin_again()

    def begin_again(self):
        """The session cookie as it was at the start, whatever the pages made of it."""
        self.client.set_cookie("portal", self.cookie)

    def _session(self):
        """The cookie of somebody who has signed in, as the program signs it."""
        user = (
            {"_user_id": sign_in_row(self.user), "_fresh": True, "proved": int(time.time())}
            if self.user
            else {}
        )
        self.token = URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(
            "the tests"
        )
        return self.app.session_interface.get_signing_serializer(self.app).dumps(
            {"csrf_token": "the tests", **user}
        )

    def send(self, method, url, data=None, token=True, **more):
        """Any request; the security headers of the answer are checked."""
        sent = (
            None
            if method in ("GET", "HEAD")
            else [*pairs(data), *([("csrf_token", self.token)] if token else [])]
        )
        before = (
            self.names
            and audit_log.db.execute_sql("SELECT MAX(id) FROM audit_entry").fetchone()[0]
            or 0
        )
        # as on the server: whoever acts in the test does not act in its requests
        nobody = audit_log._acting.set(None)
        try:
            response = self.client.open(
                url, method=method, buffered=True, **form_data(sent), **more
            )
        finally:
            audit_log._acting.reset(nobody)
        assert not header_faults(response), f"{method} {url}: {header_faults(response)}"
        assert not self.names or not unwitnessed(self.user, response, sent, before), (
            f"{method} {url} shows a child, nobody is told; use access.log_access()"
        )
        return response

    def get(self, url):
        """Fetch something."""
        return self.send("GET", url)

    def post(self, url, data=None, **more):
        """Send a form; that of a list is answered by the way to the list (303), as it was asked."""
        response = self.send("POST", url, data, **more)
        return self.get(response.location) if response.status_code == 303 else response

    def page(self, url, status=200):
        """Fetch a page, following redirections, and check it."""
        return self.read(self.get(url), status)

    def read(self, response, status=200):
        """The checked page of an answer, following redirections."""
        while response.status_code in (302, 303):
            response = self.get(response.location)
        assert response.status_code == status, (
            f"{response.status_code} for {response.request.path} instead of {status}"
        )
        made = Page(response, self.names)
        found = list(made.faults())
        assert not found, f"{response.request.path}: " + "; ".join(found[:8])
        return made

    def submit(
        self, shown, status=200, *, path="//main//form[@data-draft]", button=("do", "save"), **typed
    ):
        """Send the form of a page as it stands, with what was typed (`a__0__b` is the control
        `a-0-b`); the page that follows.
        """
        form = shown.form(path)
        typed = {name.replace("__", "-"): value for name, value in typed.items()}
        kept = [(n, v) for n, v in values_of(form) if n not in typed]
        unknown = set(typed) - {
            c.get("name") for c in form.xpath(".//input | .//select | .//textarea")
        }
        assert not unknown, f"not on the page: {unknown}"
        sent = [*kept, *pairs(typed), *([button] if button else [])]
        url = form.get("action") or shown.response.request.full_path.rstrip("?")
        return self.read(self.send("POST", url, sent, token=False), status)

    def enter(self, shown, path, **typed):
        """Press Enter in a box of a form: the browser presses the form's first button (HTML,
        implicit submission).
        """
        form = shown.form(path)
        first = shown.buttons(form)[0]
        kept = [(n, v) for n, v in values_of(form) if n not in typed]
        named = [(first.get("name"), first.get("value") or "")] if first.get("name") else []
        url = (
            first.get("formaction")
            or form.get("action")
            or shown.response.request.full_path.rstrip("?")
        )
        return self.post(url, [*kept, *pairs(typed), *named], token=False)


def reached(at):
    """One address of each route that links lead somebody to from the home page: ({address: whether
    the page has a kind of element that none before it had}, links to a page that is refused).
    """
    routes = at.app.url_map.bind("localhost")
    todo, tried, known, pages, dead = [("/", "")], set(), set(), {}, []
    while todo:
        address, page_before = todo.pop(0)
        try:
            route, _ = routes.match(address.partition("?")[0])
        except HTTPException:
            continue
        if route in tried or address.endswith(FILE):
            continue
        tried.add(route)
        answer = at.get(address)
        if answer.status_code >= 400:
            dead.append(f"{page_before} leads to {address}: {answer.status_code}")
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        page = html.fromstring(answer.text)
        links = [link.partition("#")[0] for link in page.xpath("//a/@href")]
        todo += [(link, address) for link in links if link.startswith("/")]
        kinds = {
            (part.getparent().tag, part.tag, part.get("class"))
            for part in page.xpath("//main//*[not(self::time)]")
        }
        pages[address] = not kinds <= known
        known |= kinds
    return pages, dead


def unwitnessed(user, response, sent, before):
    """Whether an answer says anything about a child of the school without a row of this person: of
    this request, or as listed today.
    """
    source = (
        response.data.decode("utf-8", "replace")
        if response.status_code < 300 or response.status_code in (409, 422)
        else ""
    )
    for _, typed in sent or ():
        # what was typed comes back
        source = source.replace(typed, "") if isinstance(typed, str) and len(typed) > 3 else source
    there = [f"{mark}sur" for mark in MARKS.values() if re.search(rf"{mark}\w", source)]
    for pupil in m.Pupil.select().where(m.Pupil.surname.in_(there)) if there else ():
        midnight = audit_log.now().replace(hour=0, minute=0, second=0)
        now = (audit_log.AuditEntry.id > before) | (audit_log.AuditEntry.act == "listed") & (
            audit_log.AuditEntry.at >= midnight
        )
        theirs = audit_log.AuditEntry.user_id == (user.id if user else 0)
        if (
            not audit_log.AuditEntry.select()
            .where(audit_log.AuditEntry.pupil_id == pupil.id, theirs, now)
            .exists()
        ):
            return True
    return False


def pairs(data):
    """Form data as a list of (name, value)."""
    items = data.items() if isinstance(data, dict) else data or ()
    return [
        (n, v) for n, said in items for v in (said if isinstance(said, list | tuple) else [said])
    ]


def form_data(sent):
    """What the test client needs to send a form."""
    if sent is None:
        return {}
    grouped = {}
    for name, value in sent:
        grouped.setdefault(name, []).append(value)
    return {"data": grouped, "content_type": "multipart/form-data"}


HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src"
        " 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
        " object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
OF_THE_ANSWER = {
    "Content-Type",
    "Content-Length",
    "Content-Disposition",
    "Location",
    "Vary",
    "Set-Cookie",
    "Allow",
    "Clear-Site-Data",
    "Retry-After",
}
OF_A_FILE = {"ETag", "Last-Modified", "Date", "Accept-Ranges"}


def header_faults(response, **other):
    """What differs from HEADERS, word for word; nothing else may be said, so no version either.
    Every answer to a Browser is checked.
    """
    wanted, aside = {**HEADERS, **other}, OF_THE_ANSWER
    if response.request.path.startswith("/static/"):
        wanted, aside = {**wanted, "Cache-Control": "no-cache"}, aside | OF_A_FILE
    elif response.request.path.endswith("/file"):
        aside = aside | OF_A_FILE
        if response.request.path.startswith("/document/") and response.status_code == 200:
            wanted = {**wanted, "Content-Security-Policy": "sandbox; default-src 'none'"}
    said = {n: response.headers.getlist(n) for n in set(response.headers.keys()) - aside}
    return [
        f"{n}: {said.get(n)} instead of {wanted.get(n)}"
        for n in sorted({*said, *wanted})
        if said.get(n) != [wanted.get(n)]
    ]


# --- the school
def canary(mark, record, name):
    """Words that stand nowhere else: which pupil, which record, which question."""
    kind = record if isinstance(record, type) else type(record)
    return f"{mark}{kind.__name__}Q{name.replace('_', '')}"


def value_for(mark, record, name, asked):
    """An answer of the right kind to a question; a text is the canary of the question."""
    if name in ("withhold", "restricted", "status"):
        return "No"
    if isinstance(record, m.Agency) and name == "asked_on":
        return None  # nothing has gone there: each change would need a consent
    if asked.choices:
        return (
            "\n".join(code for code, _ in asked.choices[:2])
            if asked.ask.many
            else asked.choices[0][0]
        )
    if isinstance(asked, DateField):
        return TODAY if name in ("review_by", "by") else START
    if isinstance(asked, DecimalField):
        return max(1, asked.ask.between[0])
    if asked.ask.is_time:
        return "15:30"
    if isinstance(asked, ForeignKeyField) or asked.ask.any_record:
        return None  # to another record of the same child
    assert isinstance(asked, CharField | TextField), (
        f"web.value_for does not know the kind of “{asked.verbose_name}”; teach it"
    )
    return canary(mark, record, name)


def fill_in(record, mark):
    """Answer every question of a record, and save it with one full line in each group of rows."""
    for name, asked in record.questions():
        if isinstance(asked, ForeignKeyField) and isinstance(record, Row):
            answer(record, name)
        elif not isinstance(asked, ForeignKeyField):
            setattr(record, name, value_for(mark, record, name, asked))
    record.save()
    for row_class in record.groups().values():
        fill_in(row_class(**{row_class.parent_field().name: record}), mark)
    return record


def rows_below(record):
    """The rows of a record, all groups."""
    return [row for group in record.groups() for row in getattr(record, group)]


def build_pupil(senco, mark, form):
    """A pupil on Stage 3 with one of everything, every question answered; {class name: record},
    rows included.
    """
    pupil = fill_in(m.Pupil(), mark)
    pupil.surname, pupil.forename, pupil.known_as = f"{mark}sur", f"{mark}fore", f"{mark}call"
    pupil.form, pupil.dob, pupil.upn, pupil.left_on = form, datetime.date(2017, 5, 5), None, None
    pupil.save()
    press("Start at Stage 3", pupil, senco, START, reason=f"{mark}PlacementQreason")
    placement = m.Placement.current(pupil)
    made = {
        "Pupil": pupil,
        "Placement": placement,
        "ListMembership": m.ListMembership.get(m.ListMembership.pupil == pupil),
    }
    for cls in m.every(m.PupilRecord):
        if cls.__name__ not in made:
            more = (
                {"placement": placement, "entered_by": senco.name}
                if issubclass(cls, m.Form)
                else {}
            )
            made[cls.__name__] = fill_in(cls(pupil=pupil, **more), mark)
    made["EhcCase"].state = "requested"
    made["EhcCase"].save()
    made["Document"].stored_as, made["Document"].sha256 = "0" * 32, "0" * 64
    made["Document"].save()
    for owner in list(made.values()):
        made.update({type(row).__name__: row for row in rows_below(owner)})
    return made


@pytest.fixture(scope="session")
def portal(database, people, tmp_path_factory):
    """The program, on the database of the tests."""
    made = portal_module.create_app(database, tmp_path_factory.mktemp("data"), testing=True)
    made.config["PROPAGATE_EXCEPTIONS"] = True
    return made


@pytest.fixture
def empty_portal(portal, tmp_path, monkeypatch):
    """The program with an empty data folder, and without the check of tokens."""
    monkeypatch.setitem(portal.config, "DATA_DIR", tmp_path)
    monkeypatch.setitem(portal.config, "WTF_CSRF_ENABLED", False)
    return portal


@pytest.fixture(scope="module")
def built(portal, database, people):
    """The school of this module, rolled back at its end: people, and the records of the pupils
    `mine` and `other`.
    """
    with (
        time_machine.travel(MOMENT, tick=False),
        database.atomic() as everything,
        audit_log.acting_as("The tests"),
    ):
        cast = {name: cls.get_by_id(key) for name, (cls, key) in people.items()}
        school = SimpleNamespace(**cast, app=portal, records={})
        with audit_log.transaction():  # the tasks are made once, at its end
            m.Setting(school_name="Hill School").save()
            m.BankEntry(bank="strategy", words="A visual timetable", area=m.AREAS[0]).save()
            m.Programme(name="Precision teaching", area=m.AREAS[1], minutes=10).save()
            for which, form in (("mine", "3B"), ("other", "5A")):
                school.records[which] = build_pupil(cast["senco"], MARKS[which], form)
                setattr(school, which, school.records[which]["Pupil"])
        yield school
        everything.rollback()


@pytest.fixture
def school(built, database):
    """The school, as it was built: what the test changes is rolled back."""
    with database.atomic() as everything:
        yield built
        everything.rollback()


@pytest.fixture
def browser(school):
    """`browser("senco")` is the SENCO at a computer; `browser(None)` is somebody who is not signed
    in.
    """
    names = [
        str(getattr(p, n))
        for p in (school.mine, school.other)
        for n in ("surname", "forename", "known_as")
    ]

    def at(who):
        user = User.get_by_id(getattr(school, who).id) if isinstance(who, str) else who
        return Browser(school.app, user, names)

    return at


@pytest.fixture
def asked(monkeypatch):
    """The statements that the database is sent."""
    asked, real = [], audit_log.db.obj.execute_sql

    def note(sql, params=None, **more):
        asked.append(sql)
        return real(sql, params, **more)

    monkeypatch.setattr(audit_log.db.obj, "execute_sql", note)
    return asked


@pytest.fixture
def senco(browser):
    """The SENCO at a computer."""
    return browser("senco")


@pytest.fixture
def concern(school):
    """A Record of Concern with one line in each list."""
    return m.RecordOfConcern.get_by_id(key_of(school, m.RecordOfConcern))


@pytest.fixture
def plan(school):
    """A My Plan+ with one line in each list."""
    return m.MyPlanPlus.get_by_id(key_of(school, m.MyPlanPlus))


@pytest.fixture
def meeting(school):
    """A meeting with one line in each list: the smallest form with lines."""
    return m.Meeting.get_by_id(key_of(school, m.Meeting))


@pytest.fixture
def plain_senco(empty_portal, cast):
    """The SENCO, signed in to a program without records, with a plain client."""
    return enter(empty_portal, cast.senco)


def edit(record):
    """The address of a record's form."""
    return f"/{record.slug()}/{record.id}/edit/"


def name_of(cls):
    """The name of a record's class, for the name of a test."""
    return cls.__name__


@pytest.fixture
def plain_paper(monkeypatch):
    """Papers as the HTML from which they are drawn, so that their words can be read quickly; tests
    of the drawing do without. Nothing of it is kept.
    """
    monkeypatch.setattr(pdf, "_printed", html_of)
    monkeypatch.setattr(pdf, "_counted", lambda html: (html, 1))
    monkeypatch.setattr(kept, "read_part", lambda path: None)
    monkeypatch.setattr(kept, "keep_part", lambda path, html, pages: None)


def html_of(do, what, *about):
    if do == "draw":
        return what.encode()
    return b"".join(what)


def key_of(school, cls, which="mine"):
    """The id of the school's record of a class: the pupil's own, or the newest of a class that is
    no pupil's.
    """
    found = school.records[which].get(cls.__name__)
    return found.id if found else cls.select().order_by(cls.id.desc()).get().id


# --- every address
def rules(app, method):
    """Every (endpoint, rule) of the program that answers this method, static files aside."""
    return [
        (r.endpoint, r)
        for r in sorted(app.url_map.iter_rules(), key=str)
        if method in r.methods and not r.endpoint.endswith("static")
    ]


@functools.cache
def class_of(endpoint):
    """The record class whose screen an endpoint is; None for a page that is no record's."""
    slugs = {
        "concerns-list": m.Placement,
        "sen-list": m.Placement,
        **{cls.slug(): cls for cls in m.every()},
    }
    return slugs.get(endpoint.partition(".")[0])


MOVE = "new-my-plan-plus-cycle"  # an address of `pupil.move` that exists


def address(school, rule, which="mine"):
    """A full address of a rule, with the key of one of the school's records; a new paper is for the
    pupil `which`.
    """
    cls, values = class_of(rule.endpoint), {}
    for name in rule.arguments:
        # of a pupil, or of a person
        number = (
            getattr(school, which)
            if rule.endpoint.startswith(("keeping.", "review-week."))
            else school.teacher
        ).id
        values[name] = {
            "slug": MOVE,
            "stage": "S3",
            "part": "clock",
            "number": number,
            "token": "no-such-token",
            "filename": "portal.css",
        }.get(name)
        if name == "key":
            values[name] = key_of(school, cls, which) if cls else "0" * 32
    if rule.endpoint.endswith(".new") and cls and issubclass(cls, m.PupilRecord):
        values["pupil"] = getattr(school, which).id
    with school.app.test_request_context():
        # what is no part of the path becomes the query
        return school.app.url_for(rule.endpoint, **values)


def everywhere(school, which="mine"):
    """Every address that can be fetched: [(endpoint, address)]."""
    return [(endpoint, address(school, rule, which)) for endpoint, rule in rules(school.app, "GET")]
