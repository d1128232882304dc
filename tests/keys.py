"""How many keys the usual jobs take: each is typed in Chromium, on our form and on the one that
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
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import need_chromium
import waitress.server
from browser.screen import PASSWORD
from conftest import agree_plan
from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.peewee import ModelView
from playwright.sync_api import sync_playwright

import app as portal
import models as m
import people
from admin_views.account import passwords
from audit import log as audit_log
from ops import database as ops_database

WIDE = {"width": 1280, "height": 900}
MOST = 400  # Tabs of one form, after which it cannot be finished
NEW_CHILD = {
    "surname": "Examplebrook",
    "forename": "Robin",
    "dob": "3/7/2018",
    "sex": "F",
    "upn": "H801200001001",
    "year": "3",
    "form": "3B",
    "contacts-0-name": "Ash Examplebrook",
    "contacts-0-relationship": "Mother",
    "contacts-0-responsibility": "Yes",
    "contacts-0-phone": "01632 960123",
    "contacts-0-email": "ash@family.example",
}
CONCERN = {
    "raised_on": "2/11/2026",
    "raised_by": "Tess Teacher",
    "senco_consulted_on": "4/11/2026",
    "areas": "Cognition and learning",
    "key_concerns-0-area": "Cognition and learning",
    "key_concerns-0-what": "Loses the thread of a story after two sentences",
    "key_concerns-0-where_when": "Guided reading",
    "key_concerns-0-how_often": "Every day",
    "key_concerns-1-area": "Communication and interaction",
    "key_concerns-1-what": "Does not ask when something is unclear",
    "key_concerns-1-where_when": "In every lesson",
    "key_concerns-1-how_often": "Most days",
    "strengths": "Draws with great care and helps the others",
    "used-0-strategy": "Instructions one at a time",
    "used-0-since": "7/9/2026",
    "used-0-effect": "1",
    "used-1-strategy": "Sits close to the teacher",
    "used-1-since": "14/9/2026",
    "used-1-effect": "0",
    "added-0-strategy": "Pictures beside the text",
    "added-0-who": "Class teacher",
    "added-0-how_often": "Daily",
    "added-0-hope": "Retells three sentences",
    "added-1-strategy": "A card to ask for help",
    "added-1-who": "Class teacher",
    "added-1-how_often": "Daily",
    "added-1-hope": "Asks once a day",
    "told_on": "5/11/2026",
    "told_who": "Ash Examplebrook",
    "told_how": "In person",
    "consent": "given",
    "family_said": "The same is seen at home",
    "child_said": "I like stories with pictures",
}


def lines(group, *many):
    """The boxes of the lines of a list with their answers."""
    found = {}
    for number, answers in enumerate(many):
        for name, words in answers.items():
            found[f"{group}-{number}-{name}"] = words
    return found


def aspiration(words):
    return {"words": words, "whose": "The child's", "horizon": "This school year"}


def need(words, number):
    return {
        "words": words,
        "aspiration": number,
        "area": "Cognition and learning",
        "baseline": "With help, once a week",
    }


def outcome(words, number):
    return {
        "words": words,
        "need": number,
        "baseline": "0 of 5 days",
        "target": "4 of 5 days",
        "by": "20/7/2027",
    }


def provision(words, number):
    return {
        "words": words,
        "outcome": number,
        "who": "Teaching assistant",
        "minutes": "20",
        "times": "3",
    }


PLAN = {
    **lines(
        "aspirations", aspiration("Read a book alone"), aspiration("Have a friend to play with")
    ),
    **lines("needs", need("read a page and say what it is about", "0"), need("join a game", "1")),
    **lines(
        "outcomes",
        outcome("I retell what I read", "0"),
        outcome("I read every evening", "0"),
        outcome("I ask to join in", "1"),
    ),
    **lines(
        "provision",
        provision("Reading with pictures", "0"),
        provision("Paired reading", "1"),
        provision("Games group", "2"),
        provision("Check-in at noon", "2"),
    ),
    "every_day": "Time to think before answering",
    "at_home": "Ten minutes of reading",
    "child_consulted": "Yes",
    "child_how": "Talked on Tuesday",
    "parent_consulted": "Yes",
    "parent_how": "At the gate on Tuesday, with mother",
    "parent_agrees": "Agrees",
    "parent_comment": "We are glad of it",
    "lead": "Class teacher",
}
PHONE = {
    "areas": "Cognition and learning",
    "what": "Loses the thread of a story after two sentences",
    "tried": "Instructions one at a time",
    "told_on": "today",
}
PHONE_STOCK = {
    "raised_on": "27/11/2026",
    "raised_by": "Tess Teacher",
    "areas": PHONE["areas"],
    "told_on": "27/11/2026",
    "key_concerns-0-what": PHONE["what"],
    "used-0-strategy": PHONE["tried"],
}
REVIEWED = {
    "led_by": "Miss Elm",
    "present": "Ash Examplebrook",
    "parent_involved": "Yes",
    "child_involved": "Yes",
    "progress_seen": "Reads a page alone",
    "changes": "None",
    "keen_on": "Stories of the sea",
    "family_hopes": "A good start in Year 4",
    "next_steps": "Go on as planned",
    "achieved": "No",
    "appropriate": "Yes",
}
RATED = [{"rating": "Mostly"}] * 4
NAMED = [{"outcome": "Outcome number 1", "rating": "Mostly"}] * 4


@dataclass(frozen=True)
class Job:
    """What is timed: the class, who does it, what is typed, and the most Tabs and clicks."""

    name: str
    model: type
    who: str
    answers: dict
    most: int
    stock: dict | None = None  # what the stock form wants, when it is something else
    at: str = "new"
    buttons: tuple = ()  # pressed with a click; without any, Alt+S saves
    on_phone: bool = False
    halved: bool = True  # whether it takes at most half of the stock form's Tabs and clicks


JOBS = (
    Job("New child, 12 answers", m.Pupil, "senco", NEW_CHILD, 14),
    Job("Record of Concern (2, 2, 2)", m.RecordOfConcern, "teacher", CONCERN, 27),
    Job("My Plan (2, 2, 3, 4)", m.MyPlan, "senco", PLAN, 45),
    Job(
        "Concern on a phone",
        m.RecordOfConcern,
        "teacher",
        PHONE,
        5,
        stock=PHONE_STOCK,
        at="raise",
        buttons=("Send to the SENCO",),
        on_phone=True,
    ),
    Job(
        "Review of four outcomes, and the move",
        m.MyPlanReview,
        "senco",
        {**REVIEWED, **lines("ratings", *RATED)},
        30,
        stock={**REVIEWED, **lines("ratings", *NAMED)},
        buttons=("Agree, and make the move", "New My Plan cycle"),
        halved=False,
    ),
)
KNOWN = ("raised_on", "raised_by", "areas")  # the portal fills them in

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
OPTION = """([name, value]) => {
  const box = document.querySelector(`select[name="${name}"]`);
  const it = [...box.options].find(o => o.value === value) || [...box.options].find(o => o.value);
  if (it) box.value = it.value;
  box.dispatchEvent(new Event('change', {bubbles: true}));
}"""


class Typist:
    """Somebody who fills in a form with the keyboard, from where the focus is when it opens."""

    def __init__(self, page, answers):
        self.page = page
        self.left = dict(answers)
        self.counts = dict.fromkeys(("tabs", "clicks", "chars", "keys"), 0)

    def press(self, key, kind="keys"):
        self.page.keyboard.press(key)
        self.counts[kind] += 1

    def fill_in(self):
        """The counts, when everything stands in its box."""
        self.answer()
        while self.left:
            following = next(iter(self.left))
            if self.page.locator(f'[name="{following}"]').count():
                assert self.counts["tabs"] < MOST, f"cannot be reached: {sorted(self.left)}"
                self.press("Tab", "tabs")
            else:
                self.add_line(following)
            self.answer()
        self.counts["pixels"] = self.page.evaluate("document.documentElement.scrollHeight")
        return self.counts

    def add_line(self, first):
        self.press("Control+Enter")
        name = self.page.evaluate(AT)["name"]
        assert name == first, f"the new line begins with {name}, not {first}"

    def answer(self):
        at = self.page.evaluate(AT)
        words = self.left.get(at["name"])
        if words is None or at["kind"] == "checkbox" and at["value"] != words:
            return
        del self.left[at["name"]]
        if at["kind"] == "checkbox":
            self.press("Space")
        elif at["kind"] in ("radio", "select-one"):
            self.choose(at, words)
        else:
            self.page.keyboard.type(words)
            self.counts["chars"] += len(words)

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
        self.counts["chars"] += 2
        self.counts["keys"] += at["dressed"]


class StockTypist(Typist):
    """The same on a stock form: its boxes first, then its lines, each added by one click that is
    taken to lead into the new line.
    """

    def __init__(self, page, answers):
        in_lines = {name: words for name, words in answers.items() if "-" in name}
        alone = {name: words for name, words in answers.items() if "-" not in name}
        super().__init__(page, {**alone, **in_lines})

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
                self.counts["chars"] += len(words)
        self.counts["pixels"] = self.page.evaluate("document.documentElement.scrollHeight")
        return self.counts

    def tap(self, what):
        """Calendars that stand in the way cost nothing."""
        self.page.locator(what).first.evaluate("one => one.click()")
        self.counts["clicks"] += 1


class StockView(ModelView):
    """What Flask-Admin makes of a table by itself, without what the program keeps for itself."""

    def __init__(self, model):
        asked = {name for name, _ in model.questions()} | {"pupil"}
        self.form_excluded_columns = [name for name in model._meta.fields if name not in asked]
        self.inline_models = [(one, {"form_excluded_columns": []}) for one in rows_of(model)]
        super().__init__(model, endpoint=f"stock-{model.slug()}")

    def is_visible(self):
        """The menu has no way to it, which would cost Tabs."""
        return False


def rows_of(model):
    return model.groups().values()


def stock_app(database):
    app = Flask("stock", template_folder="nowhere")
    app.before_request(lambda: database.connect(reuse_if_open=True) and None)
    app.teardown_request(lambda fault: database.close() and None)
    app.secret_key = "not secret"
    admin = Admin(app, name="Stock")
    for model in dict.fromkeys(job.model for job in JOBS):
        admin.add_view(StockView(model))
    return app


def serve(app):
    """The server of an app on a free port, and its address."""
    server = waitress.server.create_server(app, host="127.0.0.1", port=0, threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    return server, f"http://127.0.0.1:{server.effective_port}"


def sign_in(browser, url, who):
    """The page of somebody who has signed in."""
    page = browser.new_context(viewport=WIDE).new_page()
    page.goto(f"{url}/sign-in")
    page.fill("#user_name", who)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    return page


def ours(page, url, job, child):
    """The counts of one job on our form; saved, so that it was worth the typing."""
    query = f"?pupil={child.id}" if child else ""
    page.goto(f"{url}/{job.model.slug()}/{job.at}/{query}")
    answers = job.answers
    if job.at == "new":
        answers = {name: words for name, words in answers.items() if name not in KNOWN}
    typist = (Thumb if job.on_phone else Typist)(page, answers)
    typist.fill_in()
    if not job.buttons:
        typist.press("Alt+s")
        page.wait_for_url(lambda there: "/new/" not in there)
    for words in job.buttons:
        with page.expect_navigation():
            page.get_by_role("button", name=words, exact=True).click()
        typist.counts["clicks"] += 1
    assert not page.locator("main .notice.problem").count(), page.url
    return typist.counts


def stock(page, url, job, child):
    answers = job.stock or job.answers
    if child:
        answers = {"pupil": str(child.id), **answers}
    page.goto(f"{url}/admin/stock-{job.model.slug()}/new/")
    return (Thumb if job.on_phone else StockTypist)(page, answers).fill_in()


def child_of(job):
    """Whom a job is about: the child of the first job, or one with a plan to review."""
    if job.model is m.MyPlanReview:
        child = m.Pupil(surname="Ash", forename="Wren", year="3", form="3B")
        child.dob = datetime.date(2018, 9, 1)
        child.save()
        agree_plan(child, people.User.get(username="senco"), "S2")
        return child
    return m.Pupil.get_or_none()


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
    """Each job on both forms: [(Job, our counts, the stock form's counts)]."""
    app, database = school(folder)
    mine, my_url = serve(app)
    theirs, their_url = serve(stock_app(database))
    at = {who: sign_in(browser, my_url, who) for who in ("senco", "teacher")}
    there = browser.new_page(viewport=WIDE)
    found = []
    with database.connection_context(), audit_log.acting_as("The keys"):
        for job in JOBS:
            size = {"width": 390, "height": 844} if job.on_phone else WIDE
            child = child_of(job)
            page = at[job.who]
            for one in (page, there):
                one.set_viewport_size(size)
            counts = ours(page, my_url, job, child)
            found.append((job, counts, stock(there, their_url, job, child)))
    for server in (mine, theirs):
        server.task_dispatcher.shutdown()
        server.close()
    return found


def table(found):
    """The table of README."""
    said = ["| Job | | Tabs | Clicks | Characters | Other keys | Pixels |"]
    said.append("| --- | --- | --: | --: | --: | --: | --: |")
    names = ("tabs", "clicks", "chars", "keys", "pixels")
    for job, mine, theirs in found:
        for who, counts in (("portal", mine), ("stock", theirs)):
            cells = " | ".join(f"{counts[name]:,}" for name in names)
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
