"""How many keys the usual jobs take: each is done in Chromium, on our pages and on those that
Flask-Admin makes of the same tables by itself (ModelView and inline_models, nothing else).

`make keys` prints the table of README. It presses real keys and counts them; what it types is made
up. Our forms are typed without the mouse, but for the buttons that a review ends with. On the stock
form selects are answered by two letters of the answer, a line is added by a click, and saving costs
nothing. On the phone taps are counted as clicks.
"""

import datetime
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import need_chromium
import waitress.server
from browser.screen import PASSWORD
from conftest import ON, do_papers, four_outcomes, hold_review, press, take_to, write
from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.peewee import ModelView
from playwright.sync_api import sync_playwright

import app as portal
import models as m
import people
import workflow
from admin_views.account import passwords
from audit import log as audit_log
from ops import database as ops_database

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
COUNTED = ("tabs", "clicks", "chars", "keys", "loads", "pixels")
MOST = 400  # Tabs of one job, after which it cannot be finished


def typed(text):
    """What is typed into which box: a line for each; a list says its boxes once, then its rows."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            group, _, names = line[1:].partition("] ")
            row = 0
        elif line.startswith("- "):
            for name, words in zip(names.split("; "), line[2:].split("; "), strict=True):
                found[f"{group}-{row}-{name}"] = words
            row += 1
        else:
            name, words = line.split(": ", 1)
            found[name] = words
    return found


NEW_CHILD = typed("""
    surname: Examplebrook
    forename: Robin
    dob: 3/7/2018
    sex: F
    upn: H801200001001
    year: 3
    form: 3B
    [contacts] name; relationship; responsibility; phone; email
    - Ash Examplebrook; Mother; Yes; 01632 960123; ash@family.example
""")
CONCERN = typed("""
    senco_consulted_on: 4/11/2026
    [key_concerns] area; what; where_when; how_often
    - Cognition and learning; Loses the thread of a story; Guided reading; Every day
    - Communication and interaction; Does not ask for help; In every lesson; Most days
    strengths: Draws with great care and helps the others
    [used] strategy; since; effect
    - Instructions one at a time; 7/9/2026; 1
    - Sits close to the teacher; 14/9/2026; 0
    [added] strategy; who; how_often; hope
    - Pictures beside the text; Class teacher; Daily; Retells three sentences
    - A card to ask for help; Class teacher; Daily; Asks once a day
    told_on: 5/11/2026
    told_who: Ash Examplebrook
    told_how: In person
    consent: given
    family_said: The same is seen at home
    child_said: I like stories with pictures
""")
PLAN = typed("""
    [aspirations] words; whose; horizon
    - Read a book alone; The child's; This school year
    - Have a friend to play with; The child's; This school year
    [needs] words; aspiration; area; baseline
    - read a page and say what it is about; 0; Cognition and learning; With help, once a week
    - join a game; 1; Cognition and learning; With help, once a week
    [outcomes] words; need; baseline; target; by
    - I retell what I read; 0; 0 of 5 days; 4 of 5 days; 20/7/2027
    - I read every evening; 0; 0 of 5 days; 4 of 5 days; 20/7/2027
    - I ask to join in; 1; 0 of 5 days; 4 of 5 days; 20/7/2027
    [provision] words; outcome; who; minutes; times
    - Reading with pictures; 0; Teaching assistant; 20; 3
    - Paired reading; 1; Teaching assistant; 20; 3
    - Games group; 2; Teaching assistant; 20; 3
    - Check-in at noon; 2; Teaching assistant; 20; 3
    every_day: Time to think before answering
    at_home: Ten minutes of reading
    child_consulted: Yes
    child_how: Talked on Tuesday
    parent_consulted: Yes
    parent_how: At the gate on Tuesday, with mother
    parent_agrees: Agrees
    parent_comment: We are glad of it
    lead: Class teacher
""")
RAISED = typed("""
    areas: Cognition and learning
    what: Loses the thread of a story after two sentences
    tried: Instructions one at a time
    told_on: today
""")
RAISED_STOCK = typed("""
    raised_on: 27/11/2026
    raised_by: Tess Teacher
    areas: Cognition and learning
    told_on: 27/11/2026
    [key_concerns] what
    - Loses the thread of a story after two sentences
    [used] strategy
    - Instructions one at a time
""")
KNOWN = typed("""
    raised_on: 2/11/2026
    raised_by: Tess Teacher
    areas: Cognition and learning
""")
REVIEW = typed("""
    led_by: Miss Elm
    present: Ash Examplebrook
    parent_involved: Yes
    child_involved: Yes
    progress_seen: Reads a page alone
    changes: None
    keen_on: Stories of the sea
    family_hopes: A good start in Year 4
    next_steps: Go on as planned
    achieved: No
    appropriate: Yes
""")
RATED = typed("[ratings] rating; then" + 4 * "\n- Mostly; Keep")
RATED_STOCK = typed("[ratings] outcome; rating; then" + 4 * "\n- Joins a game; Mostly; Keep")
NEXT_CYCLE = typed("""
    stage: S2
    cycle: 2
    started_on: 27/11/2026
    stage_since: 1/9/2026
    move: New My Plan cycle
    decided_by: Senco
""")
FAMILY = {
    m.ParentInformation: typed("""
        told_by: Ash Examplebrook
        relationship: Mother
        household: Robin, Ash and a sister of four
        responsibility: Ash Examplebrook
        languages: English
        contact_how: By telephone after three
        practitioners: Dr Rowan, Oak Surgery
        senses: In Reception
        [known_services] service; contact; since; may_contact
        - Speech and language therapy; Ms Reed; From 2023; Yes
        consent: Yes
    """),
    m.ChildStory: typed("""
        told_by: Ash Examplebrook
        teller: Parent
        [events] when; what; source
        - Age 2; First words; Mother
        - Age 3; Nursery, and a hearing test; Mother
        - Age 6; Reading was hard; Teacher
    """),
    m.FamilyThinks: typed("""
        told_by: Ash Examplebrook
        admire: Never gives up
        good_day: Somebody to play with
        important_to: The dog, and drawing
        works_at_home: One thing at a time
        worries_now: Reading
        hope_year: Reads a story alone
        want_school: Tell us early
        sure: Fairly sure
    """),
    m.PupilViews: typed("""
        gathered: Talked
        by_whom: Tess Teacher
        exact: Yes
        like: Drawing
        good_at: Football
        people: My teacher
        [lessons] part; feeling; why
        - Reading; Not happy; The words jump
        - Playtime; Happy; We play tag
        - Lunch; In between; It is loud
        hard: It is noisy
        helps: Pictures
        would_like: Read to my sister
    """),
    m.Agency: typed("""
        agency: Speech and language
        state: Considered
        question: What helps with longer sentences?
    """),
}


# --- the children
def nobody():
    return [m.Pupil()]


def first_child():
    return [m.Pupil.get()]


def planned(number=0):
    """A child with a Record of Concern, its review, and an agreed plan of four outcomes."""
    child = m.Pupil(surname="Ash", forename=f"Wren {number}", year="3", form="3B")
    child.dob = datetime.date(2018, 9, 1)
    child.save()
    senco = people.User.get(username="senco")
    take_to(child, "S1", senco)
    do_papers(child, senco)
    hold_review(child, senco, "no progress")
    press("Move to Stage 2", child, senco)
    plan = write(m.MyPlan, child, senco, ON)
    four_outcomes(plan)
    workflow.agree(plan, senco)
    return child


def one_planned():
    return [planned()]


def six_planned():
    return [planned(number) for number in range(1, 7)]


# --- the jobs
@dataclass(frozen=True)
class Form:
    """A form that is typed; `at` is its address beneath its class, `known` what only the stock
    admin asks.
    """

    model: type
    answers: dict
    at: str = "new/?pupil={children[0].id}"
    buttons: tuple = ()  # pressed with a click; without any, Alt+S saves
    known: dict = field(default_factory=dict)
    led_to: int = 0  # clicks that lead to it

    def on_stock(self):
        """The same on the stock admin: child and day are asked too, lists stand after the boxes."""
        asked = {**self.known, **self.answers}
        if issubclass(self.model, m.PupilRecord):
            asked["pupil"] = "{children[0].id}"
        if issubclass(self.model, m.Form):
            asked["happened_on"] = "27/11/2026"
        in_order = dict(sorted(asked.items(), key=is_in_line))
        return Form(self.model, in_order, "new/")


@dataclass(frozen=True)
class Clicks:
    """What is clicked on a page; on the stock admin each leads to a page that is printed."""

    address: str
    selectors: tuple


@dataclass(frozen=True)
class Job:
    """What is timed, and who does it; the most Tabs and clicks of ours."""

    name: str
    who: str
    most: int
    ours: list
    stock: list | None = None  # when it is not our forms on the stock admin
    children: object = first_child  # makes those it is about
    window: dict = field(default_factory=WIDE.copy)

    def on_stock(self):
        return self.stock or [step.on_stock() for step in self.ours]


def is_in_line(answer):
    return "-" in answer[0]


REVIEWED = Form(
    m.MyPlanReview,
    {**REVIEW, **RATED},
    buttons=("Agree, and make the move", "New My Plan cycle"),
)
MOVED_ON_STOCK = [
    Form(m.MyPlanReview, {**REVIEW, **RATED_STOCK}).on_stock(),
    Form(m.Placement, {"ended_on": "27/11/2026"}, "edit/?id={placement}", led_to=1),
    Form(m.Placement, NEXT_CYCLE).on_stock(),
]
RAISE = Form(
    m.RecordOfConcern, RAISED, "raise/?pupil={children[0].id}", buttons=("Send to the SENCO",)
)
SIX = range(6)
TICKS = [f"input[name=pupil][value='{{children[{number}].id}}']" for number in SIX]
PENCILS = [f"a[title='Edit Record'] >> nth={number}" for number in SIX]
RECORDS = Clicks("register/", (*TICKS, "button[value=records]", "text=Open the file"))
PAGES = (m.Pupil, m.RecordOfConcern, m.ConcernReview, m.MyPlan)
JOBS = (
    Job("New child, 12 answers", "senco", 14, [Form(m.Pupil, NEW_CHILD, "new/")], children=nobody),
    Job(
        "Record of Concern (2, 2, 2)",
        "teacher",
        21,
        [Form(m.RecordOfConcern, CONCERN, known=KNOWN)],
    ),
    Job("My Plan (2, 2, 3, 4)", "senco", 37, [Form(m.MyPlan, PLAN)]),
    Job(
        "Four family forms, and an agency",
        "senco",
        40,
        [Form(model, answers) for model, answers in FAMILY.items()],
    ),
    Job(
        "Concern on a phone",
        "teacher",
        5,
        [RAISE],
        [Form(m.RecordOfConcern, RAISED_STOCK).on_stock()],
        window=PHONE,
    ),
    Job(
        "Review of four outcomes, and the move",
        "senco",
        17,
        [REVIEWED],
        MOVED_ON_STOCK,
        children=one_planned,
    ),
    Job(
        "Whole records of six children, printed",
        "senco",
        8,
        [RECORDS],
        [Clicks(f"{model.slug()}/", PENCILS) for model in PAGES],
        children=six_planned,
    ),
)

# What has the focus: its name, kind and value; of a dressed select, the select itself. Then which
# key chooses the answer there, of at most nine.
AT = """() => {
  let at = document.activeElement;
  const dressed = at.closest('.select2-container');
  if (dressed) at = [dressed.nextElementSibling, dressed.previousElementSibling].find(
    e => e?.matches('select,input')) || at;
  return {name: at.name || '', kind: at.type || '', value: at.value || '', dressed: !!dressed};
}"""
DIGIT = """value => {
  const at = document.activeElement;
  const all = at.options || document.getElementsByName(at.name);
  const codes = [...all].map(one => one.value).filter(code => code);
  return codes.length > 9 ? 0 : codes.indexOf(value) + 1;
}"""
# Whether nothing is left to answer in the list or part of the focus, whose end is not reached.
IS_DONE = """names => {
  const part = document.activeElement.closest('.full:has(> [data-rows]), section.part');
  if (!part || names.some(name => part.querySelector(`[name="${name}"]`))) return false;
  const boxes = [...part.querySelectorAll('input:not([type=hidden]),select,textarea,button')];
  const left = boxes.filter(one => one.checkVisibility()
    && document.activeElement.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
  return left.length > 0;
}"""
FOCUSED = "document.activeElement !== document.body || !document.querySelector('[autofocus]')"
STANDS = """([name, words]) => [...document.getElementsByName(name)].some(
  one => one.type === 'text' && one.value === words)"""
OPTION = """([name, value]) => {
  const box = document.querySelector(`select[name="${name}"]`);
  const it = [...box.options].find(o => o.value === value) || [...box.options].find(o => o.value);
  if (it) box.value = it.value;
  box.dispatchEvent(new Event('change', {bubbles: true}));
}"""


class Typist:
    """Somebody who fills in a form with the keyboard, from where the focus is when it opens."""

    def __init__(self, page, answers, counts):
        self.page = page
        self.left = dict(answers)
        self.counts = counts

    def press(self, key, kind="keys"):
        self.page.keyboard.press(key)
        self.counts[kind] += 1

    def write(self, words):
        self.counts["chars"] += len(words)

    def fill_in(self):
        """Until everything stands in its box; what a new form begins with stands there already."""
        for name, words in list(self.left.items()):
            if self.page.evaluate(STANDS, [name, words]):
                del self.left[name]
        self.answer()
        while self.left:
            assert self.counts["tabs"] < MOST, f"cannot be reached: {sorted(self.left)}"
            following = next(iter(self.left))
            if not self.page.locator(f'[name="{following}"]').count():
                self.add_line(following)
            elif self.page.evaluate(IS_DONE, list(self.left)):
                self.press("Control+Shift+Enter")
            else:
                self.press("Tab", "tabs")
            self.answer()

    def add_line(self, first):
        self.press("Control+Enter")
        name = self.page.evaluate(AT)["name"]
        assert name == first, f"the new line begins with {name}, not {first}"

    def answer(self):
        at = self.page.evaluate(AT)
        words = self.left.pop(at["name"], None)
        if words is None:
            return
        if at["kind"] in ("checkbox", "radio", "select-one"):
            self.choose(at, words)
        else:
            self.page.keyboard.type(words)
            self.write(words)

    def choose(self, at, words):
        """A digit chooses and goes on; of more than nine answers, the first letters."""
        digit = self.page.evaluate(DIGIT, words)
        if digit:
            self.press(str(digit))
            self.answer()
        else:
            self.open_list(at, words)

    def open_list(self, at, words):
        self.page.evaluate(OPTION, [at["name"], words])
        self.write("ab")
        self.counts["keys"] += at["dressed"]


class StockTypist(Typist):
    """The same on a stock form: a line is added by one click, taken to lead into the new line."""

    def add_line(self, first):
        group = first.partition("-")[0]
        self.page.locator(f"#{group}-button").evaluate("link => link.click()")
        self.counts["clicks"] += 1
        while self.page.evaluate(AT)["name"] != first:
            self.page.keyboard.press("Shift+Tab")

    choose = Typist.open_list


class Thumb(Typist):
    """Somebody with a phone: each box is a tap, each answer chosen from a list another."""

    def fill_in(self):
        for name, words in self.left.items():
            box = self.page.locator(f'[name="{name}"]')
            if not box.count():
                self.tap(f"#{name.partition('-')[0]}-button")
            kind = box.first.evaluate("one => one.type")
            if kind == "checkbox":
                self.tap(f'[name="{name}"][value="{words}"]')
                continue
            self.tap(f'[name="{name}"]')
            if kind == "select-one":
                self.page.evaluate(OPTION, [name, words])
                self.counts["clicks"] += 1
            else:
                box.fill(words)
                self.write(words)

    def tap(self, what):
        """Calendars that stand in the way cost nothing."""
        self.page.locator(what).first.evaluate("one => one.click()")
        self.counts["clicks"] += 1


# --- the two programs
class StockView(ModelView):
    """What Flask-Admin makes of a table by itself, without what the program keeps for itself."""

    def __init__(self, model):
        asked = {name for name, _ in model.questions()} | {"pupil"}
        self.form_excluded_columns = [name for name in model._meta.fields if name not in asked]
        rows = model.groups().values()
        self.inline_models = [(one, {"form_excluded_columns": []}) for one in rows]
        super().__init__(model, endpoint=f"stock-{model.slug()}")

    def is_visible(self):
        """The menu has no way to it, which would cost Tabs."""
        return False


def stock_app(database):
    app = Flask("stock", template_folder="nowhere")
    app.before_request(lambda: database.connect(reuse_if_open=True) and None)
    app.teardown_request(lambda fault: database.close() and None)
    app.secret_key = "not secret"
    admin = Admin(app, name="Stock")
    for model in (*PAGES, *FAMILY, m.MyPlanReview, m.Placement):
        admin.add_view(StockView(model))
    return app


class Desk:
    """Our program in front of somebody, who does the steps of a job."""

    typist = Typist

    def __init__(self, app, page, home):
        self.app = app
        self.page = page
        self.home = home
        page.on("domcontentloaded", self.note_load)

    def note_load(self, page):
        self.counts["loads"] += 1

    def do(self, job, steps, children):
        """The counts of the steps of a job."""
        self.counts = dict.fromkeys(COUNTED, 0)
        self.page.set_viewport_size(job.window)
        placed = m.Placement.current(children[0])
        known = {"children": children, "placement": placed and placed.id}
        for step in steps:
            if isinstance(step, Clicks):
                self.click(step, known)
            else:
                self.fill_in(step, known, Thumb if job.window == PHONE else self.typist)
        return self.counts

    def fill_in(self, step, known, typist):
        self.page.goto(f"{self.home}{step.model.slug()}/{step.at}".format(**known))
        self.page.wait_for_function(FOCUSED)
        answers = {name: words.format(**known) for name, words in step.answers.items()}
        one = typist(self.page, answers, self.counts)
        one.fill_in()
        self.counts["pixels"] += self.page.evaluate("document.documentElement.scrollHeight")
        self.counts["clicks"] += step.led_to
        self.save(one, step.buttons)

    def save(self, one, buttons):
        """It is saved, so that it was worth the typing."""
        if not buttons:
            with self.page.expect_navigation():
                one.press("Alt+s")
        for words in buttons:
            with self.page.expect_navigation():
                self.page.get_by_role("button", name=words, exact=True).click()
            self.counts["clicks"] += 1
        assert not self.page.locator("main .notice.problem").count(), self.page.url

    def click(self, step, known):
        self.page.goto(self.home + step.address)
        for selector in step.selectors:
            self.page.click(selector.format(**known))
            self.counts["clicks"] += 1
            while self.app.extensions["work"].make_next():
                self.page.reload()


class StockDesk(Desk):
    """The stock admin in front of somebody."""

    typist = StockTypist

    def save(self, one, buttons):
        """It costs nothing, and is not done."""

    def click(self, step, known):
        """Each page that opens is printed and left again."""
        self.page.goto(self.home + step.address)
        for selector in step.selectors:
            self.page.click(selector)
            self.counts["clicks"] += 1
            self.counts["keys"] += 1  # Ctrl and P
            self.page.go_back()


def serve(app):
    """The server of an app on a free port, and its address."""
    server = waitress.server.create_server(app, host="127.0.0.1", port=0, threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    return server, f"http://127.0.0.1:{server.effective_port}/"


def sign_in(browser, home, who):
    """The page of somebody who has signed in."""
    page = browser.new_context(viewport=WIDE).new_page()
    page.goto(f"{home}sign-in")
    page.fill("#user_name", who)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(home)
    return page


def school(folder):
    """A school of its own with one SENCO, whose jobs are timed."""
    ops_database.configure(folder)
    database = ops_database.open_database(f"sqlite:///{folder / 'portal.db'}")
    ops_database.migrate(database)
    app = portal.create_app(database, folder)
    with database.connection_context(), audit_log.acting_as("The keys"):
        m.Setting.update(second_step=None).execute()
        hashed = passwords.hash_password(PASSWORD)
        for role in ("senco", "teacher"):
            people.User.create(
                name=role.title(), username=role, role=role, password=hashed, classes="3B"
            )
    return app, database


def measure(browser, folder):
    """Each job in both programs: [(Job, our counts, those of the stock admin)]."""
    app, database = school(folder)
    mine, home = serve(app)
    theirs, stock_home = serve(stock_app(database))
    desks = {who: Desk(app, sign_in(browser, home, who), home) for who in ("senco", "teacher")}
    stock = StockDesk(None, browser.new_page(viewport=WIDE), f"{stock_home}admin/stock-")
    found = []
    with database.connection_context(), audit_log.acting_as("The keys"):
        for job in JOBS:
            children = job.children()
            counts = stock.do(job, job.on_stock(), children)
            found.append((job, desks[job.who].do(job, job.ours, children), counts))
    for server in (mine, theirs):
        server.task_dispatcher.shutdown()
        server.close()
    return found


def table(found):
    """The table of README."""
    said = ["| Job | | Tabs | Clicks | Characters | Other keys | Loads | Pixels |"]
    said.append(f"| --- | --- |{' --: |' * len(COUNTED)}")
    for job, mine, theirs in found:
        for who, counts in (("portal", mine), ("stock", theirs)):
            cells = " | ".join(f"{counts[name]:,}" for name in COUNTED)
            said.append(f"| {job.name} | {who} | {cells} |")
    return "\n".join(said)


def main():
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=need_chromium.browser(), args=["--no-sandbox"]
        )
        print(table(measure(browser, Path(folder))))
        browser.close()


if __name__ == "__main__":
    main()
