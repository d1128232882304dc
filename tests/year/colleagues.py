"""One colleague at a computer: opens what the portal offers and does what the page asks.

Come here when a new kind of page comes on the way to a child's next step.
"""

import re
from urllib.parse import urlsplit

from web import Browser, values_of, words

from year.hands import Stuck, fill_in, send

HOPS = 25
BIG = "//main//form[@data-draft]"
ACTS = "//main//form[contains(@action,'/act/')]"
NEXT = "//section[@class='next']//div[@class='do']"
LEADS = "//section[@aria-labelledby='leads']//ul[@class='moves']/li/a"
WAITS = re.compile("Still to come in|is not (agreed yet|started)|asks for the head's agreement")
ELSEWHERE = re.compile("There is none yet under|still to be decided")
NOTE = "//form[.//*[@name='whom']]"
CASE = "//form[contains(@action,'/ehc-case/') and contains(@action,'/step/')]"
LEADS_HEADING = "What the answers lead to"
KINDS_TO_EDIT = ("letter", "disclosure", "meeting", "agency", "consent")


class Colleague:
    """A person with a role, who works through the screens."""

    def __init__(self, year, user):
        self.year, self.user, self.role = year, user, user.role
        self.browser = None
        self.moment = None  # of signing in: every morning, and again in the evening
        self.began = ""
        self.acted = ""

    def at_computer(self):
        if self.moment != self.year.moment:
            self.browser = Browser(self.year.app, self.user)
            self.moment = self.year.moment
        return self.browser

    def open(self, url):
        """A page, checked; raises Stuck when it is refused or faulty."""
        try:
            return self.at_computer().page(url)
        except AssertionError as fault:
            raise Stuck(f"{url}: {fault}") from fault

    def begin(self, child):
        """Turn to a child."""
        self.acted, self.child, self.problems = "", child, []
        self.refused_offers, self.came_from_chart = set(), False
        self.answers = self.year.answers_of(self, child)
        self.began = ""
        self.lacks = None

    # --- the way through the pages
    def work(self, url, child):
        """Follow a link and do what it leads to; what was done, in words."""
        self.begin(child)
        self.began = url
        page = self.open(url)
        for _ in range(HOPS):
            page = self.one_act(page)
            if page is None:
                return self.acted
        raise Stuck(f"{HOPS} pages, and no end; the last: {page.h1}, {self.problems}")

    def one_act(self, page):
        """Do the one thing that this page is for; the next page, or None at the end."""
        path = urlsplit(page.response.request.path).path
        if page.all("//h2[@id='next']"):
            return self.on_child_page(page)
        if "/move/" in path:
            return self.on_move_page(page)
        if path.endswith("/review/"):
            return self.on_chart_page(page)
        if page.h1 == "Make the bundle":
            form = page.form("//main//form[@class='card']")
            send(self.browser, page, form, values_of(form))
            self.acted = "transfer pack made"
            return None
        if self.acted:
            return None
        if page.all(BIG):
            return self.on_form(page)
        return self.on_record_page(page, path)

    def on_child_page(self, page):
        agreement = page.all(f"{NEXT}/form")
        if agreement:
            self.acted = "EHCP request: agreed"
            self.year.count("EHCP request", "agreed by the head")
            return send(self.browser, page, agreement[0], values_of(agreement[0]))
        links = page.all(f"{NEXT}/a[contains(@class,'button')]")
        if self.acted or not links:
            return None
        address = links[0].get("href")
        if address == "#case":
            return self.press_case_step(page, words(links[0]))
        return self.open(address)

    def press_case_step(self, page, wanted=""):
        """Press a step of the EHC case: the one that the words name, or any."""
        forms = page.all(CASE)
        buttons = []
        if forms:
            buttons = [b for b in page.buttons(forms[0]) if b.get("name") == "step"]
        if not buttons:
            raise Stuck(f"“{wanted}” is the next step, and no step of the case is offered")
        names = [button.get("value") for button in buttons]
        name = self.year.chance.choice(names)
        if wanted:
            name = max(names, key=lambda one: likeness(one, wanted))
        pairs = [*values_of(forms[0]), ("step", name)]
        after = send(self.browser, page, forms[0], pairs)
        refused = after.all("//div[contains(@class,'problem')]")
        if refused:
            raise Stuck(f"EHC case, “{name}”: {words(refused[0])}")
        self.acted = f"EHC case: {name}"
        self.year.count("EHC case", name)

    def on_move_page(self, page):
        forms = page.all(BIG)
        name = page.h1
        if not forms:
            self.refused_offers.add(urlsplit(page.response.request.path).path)
            return self.past_a_stop(page)
        promise = [words(item) for item in page.all("//section[@aria-labelledby='will']//li")]
        try:
            page = self.fill(page, first_button)
        except Stuck as stuck:
            return self.past_what_lacks(stuck, name)
        self.acted = f"“{name}”"
        self.year.moved(self, self.child, name, promise)
        return page

    def past_a_stop(self, page):
        """A move that is offered and not possible: another offer of the review, else no way."""
        said = words(page.one("//div[contains(@class,'notice')]"))
        if not self.came_from_chart:
            raise Stuck(f"“{page.h1}” is offered as the next step: {said}")
        return self.open(f"/pupil/{self.child}/review/")

    def on_chart_page(self, page):
        forms = page.all(BIG)
        if forms:
            return self.answer_chart(page)
        offers = page.all(LEADS)
        if offers:
            self.came_from_chart = True
            open_ones = [a.get("href") for a in offers]
            open_ones = [url for url in open_ones if url not in self.refused_offers]
            if not open_ones:
                raise Stuck("None of the moves that the review leads to is possible")
            return self.open(self.year.chance.choice(open_ones))
        if self.acted:
            return None
        if page.all(ACTS):
            return self.press_act(page)
        before, self.problems = self.lacks, []
        for link in page.all("//section[@aria-labelledby='leads']//li/a"):
            self.problems.append((link.get("href").partition("#")[2], words(link)))
        self.lacks = list(self.problems)
        if self.lacks == before:
            return self.past_what_lacks(Stuck(str(self.lacks), page), page.h1)
        link = page.all("//section[@aria-labelledby='leads']//li/a")[0]
        return self.open(link.get("href"))

    def answer_chart(self, page):
        question = page.h1
        answer = self.year.chart_answer(self.child, question)
        form = page.form(BIG)
        said = self.year.sentence()
        pairs = [(n, v) for n, v in values_of(form) if n not in ("answer", "why")]
        pairs += [("answer", answer), ("why", said)]
        self.year.tell(f"    {question} {answer}.")
        return send(self.browser, page, form, pairs)

    def fill(self, page, pick):
        problems, self.problems = self.problems, []
        return fill_in(self.browser, page, BIG, pick, self.answers, problems)

    def on_form(self, page):
        """A paper or record: fill it in and press the button that people of this role press."""
        is_new = page.response.request.path.endswith("/new/")
        self.answers.is_begun = not is_new
        kind = page.h1.removeprefix("New: ")
        pressed = []

        def pick(buttons):
            button = self.pick_button(buttons)
            pressed.append(button[1])
            return button

        if self.declines(page):
            return self.decline(page, kind)
        try:
            page = self.fill(page, pick)
        except Stuck as stuck:
            return self.past_what_lacks(stuck, kind)
        if pressed[-1] == "move":
            self.year.count("review", "in one sitting")
        elif pressed[-1] != "chart":
            self.acted = f"{kind}: {SAYS[pressed[-1]]}"
            self.year.count(kind, SAYS[pressed[-1]])
        return page

    def past_what_lacks(self, stuck, kind):
        """What a paper lacks and another page has: wait for it, or write that first."""
        said = str(stuck)
        if WAITS.search(said):
            self.acted = f"{kind}: a draft, waits for another paper"
            return None
        links = []
        if stuck.place:
            field = f"//*[@id='{stuck.place}']/ancestor::div[contains(@class,'field')]"
            links = stuck.page.all(f"{field}//a[contains(@href,'/new/')]")
        elif stuck.page and ELSEWHERE.search(said):
            links = stuck.page.all("//main//form//ul[@class='links']/li/a")
        if links:
            return self.open(links[-1].get("href"))
        if "without a consent" in said:
            return self.open(f"/consent/new/?pupil={self.child}")
        raise stuck

    def pick_button(self, buttons):
        """The button of the form that this person presses."""
        acts = [value for name, value in buttons if name == "do"]
        wanted = ("chart", "agree", "complete", "save")
        if self.year.chance.random() < 0.6:
            wanted = ("move", *wanted)
        if self.role == "teacher" and self.year.chance.random() < 0.2:
            wanted = ("save",)
        for act in wanted:
            if act in acts:
                return "do", act
        return buttons[0]

    def declines(self, page):
        if not page.all("//*[@id='declined_why']"):
            return False
        return self.year.family_declines(self.child, page.h1)

    def decline(self, page, kind):
        form = page.form(BIG)
        pairs = [(n, v) for n, v in values_of(form) if n != "declined_why"]
        pairs += [("declined_why", "The family would rather not."), ("do", "decline")]
        self.acted = f"{kind}: declined by the family"
        self.year.count(kind, "declined")
        return send(self.browser, page, form, pairs)

    def on_record_page(self, page, path):
        """The page of a record: press its first act, or open its form."""
        if page.all(ACTS):
            return self.press_act(page)
        edits = page.all("//main//a[normalize-space()='Edit']")
        kind = path.split("/")[1]
        if edits and kind in KINDS_TO_EDIT:
            return self.open(edits[0].get("href"))
        crumbs = page.all("//p[@class='crumb']/a[starts-with(@href,'/pupil/')]")
        if crumbs and re.search(r"/pupil/\d+/$", crumbs[0].get("href")):
            return self.open(crumbs[0].get("href"))
        return None

    def press_act(self, page):
        form = page.all(ACTS)[0]
        button = page.buttons(form)[0]
        act = button.get("value")
        if act in ("version", "reopen"):
            return None
        after = send(self.browser, page, form, [*values_of(form), ("do", act)])
        if after.response.status_code == 422:
            self.problems = after.problems
            edits = after.all("//main//a[normalize-space()='Edit']")
            if not edits:
                raise Stuck(f"{words(button)}: {self.problems}")
            return self.open(edits[0].get("href"))
        kind = page.h1
        if page.all("//p[@class='quiet']") and kind == LEADS_HEADING:
            kind = words(page.all("//p[@class='quiet']")[0]).partition(",")[0]
        self.acted = f"{kind}: {SAYS.get(act, act)}"
        self.year.count(kind, SAYS.get(act, act))
        return after

    # --- what else somebody does
    def write_note(self, child, **given):
        """Write a note on a child's page."""
        self.begin(child)
        self.answers.given = given
        page = self.open(f"/pupil/{child}/")
        fill_in(self.browser, page, NOTE, first_button, self.answers)
        self.year.count("Note", "written")

    def more_moves(self, child):
        """The moves that are possible now: {words: address}."""
        page = self.open(f"/pupil/{child}/")
        found = {}
        for link in page.all("//section[@class='next']//details//ul[@class='moves']/li/a"):
            found[words(link)] = link.get("href")
        for link in page.all(f"{NEXT}/a[contains(@class,'button')]"):
            found[words(link)] = link.get("href")
        return found

    def tasks(self):
        """The lines of the home page: [(group, link, child, words, day), ...]."""
        found = []
        number = 1
        while True:
            page = self.open(f"/?page={number}")
            for line in page.all("//li[@class='child'][span/a]"):
                name = words(line.xpath("span/a")[0])
                found += [task_of(name, row) for row in line.xpath(".//div[@data-group]")]
            number += 1
            if not page.all(f"//nav//a[normalize-space()='Page {number}']"):
                return found


def first_button(buttons):
    return buttons[0]


def likeness(one, other):
    """How many words two sentences share."""
    return len(set(one.lower().split()) & set(other.lower().split()))


def task_of(name, row):
    days = row.xpath(".//time/@datetime")
    day = days[0] if days else ""
    link = row.xpath("a/@href")[0]
    return row.get("data-group"), link, name, words(row.xpath("span")[0]), day


SAYS = {
    "save": "saved",
    "complete": "marked complete",
    "agree": "agreed and sealed",
    "decline": "declined",
    "move": "agreed, and on to the move",
}
