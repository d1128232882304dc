"""How somebody fills in a form: what is needed first, then what the portal says is wrong, until it
is taken or nobody could.
"""

import io
import re
from dataclasses import dataclass, field

from web import values_of

from year import words
from year.controls import button_names, form_controls, needed_lists

TRIES = 8


class Stuck(Exception):
    """Somebody could not do what the page asks for: what they see, and which question it is."""

    def __init__(self, words, page=None, place=""):
        super().__init__(words)
        self.page, self.place = page, place


@dataclass
class Answers:
    """What one person knows while filling in one form."""

    today: object
    happened: object  # the day of which the paper tells
    hopeful: bool
    chance: object
    is_begun: bool = False  # whether the record was there before
    given: dict = field(default_factory=dict)  # answers that are known, by question
    tried: dict = field(default_factory=dict)  # how often a question was answered again

    def to(self, control):
        """An answer to one question."""
        if control.name in self.given:
            return self.given[control.name]
        if control.kind == "day":
            return f"{words.day_for(control.question, self.happened, self.chance):%d/%m/%Y}"
        if control.kind == "number":
            return str(self.chance.choice((10, 15, 20)))
        if control.question.lower() in words.NAMES_AN_AGENCY:
            return words.AGENCY
        if control.kind == "words":
            return words.sentence(self.chance)
        if control.kind == "ticks":
            return [self.chance.choice(control.options)[0]]
        if not control.options:
            return ""
        return words.choose(control.question, control.options, self.hopeful, self.chance)


class Sheet:
    """One form on the screen, as somebody fills it in."""

    def __init__(self, page, form, answers):
        self.page, self.form, self.answers = page, form, answers
        self.controls = {one.name: one for one in form_controls(page, form)}
        self.typed = {}
        self.chosen = set()  # the words of the options that are chosen

    def value(self, control):
        return self.typed.get(control.name, control.said)

    def lines(self, group):
        """The lines of a list: {its name: [control, ...]}."""
        found = {}
        for control in self.controls.values():
            if control.group == group:
                found.setdefault(control.line, []).append(control)
        return found

    def is_used(self, line):
        return any(self.value(one) for one in self.controls.values() if one.line == line)

    def fill_needed(self):
        """Answer what is needed, and some of the rest."""
        self.tell_the_day()
        for group in needed_lists(self.page, self.form):
            lines = self.lines(group)
            if lines and not any(map(self.is_used, lines)):
                self.fill_line(next(iter(lines)))
        for control in self.controls.values():
            if control.line and not self.is_used(control.line):
                continue
            if not self.value(control) and self.wants(control):
                self.typed[control.name] = self.answers.to(control)
            for value, said in control.options:
                if value == self.value(control):
                    self.chosen.add(said)

    def wants(self, control):
        """Whether somebody answers an open question."""
        if control.name in self.answers.given:
            return True
        if control.needed or self.chosen.intersection(control.needed_if):
            return True
        if self.answers.is_begun and words.COME_FOR.search(control.question):
            return True
        if control.kind == "day" or words.NEVER_ASKED_FOR.search(control.question):
            return False
        return self.answers.chance.random() < 0.2

    def fill_line(self, line, names=""):
        """Answer what a line needs; what it links to is the line that the portal `names`."""
        for control in self.controls.values():
            if control.line != line or self.value(control):
                continue
            named = [value for value, said in control.options if names and names[:40] in said]
            if named:
                self.typed[control.name] = named[0]
            elif control.needed:
                self.typed[control.name] = self.answers.to(control)

    def mend(self, problems):
        """Put right what the portal says; the list that needs one more line, or empty."""
        for place, said in problems:
            control = self.controls.get(place)
            sure = self.asks_to_be_sure(place)
            if sure is not None:
                self.typed[sure.name] = [*self.typed.get(sure.name, []), place]
            elif control is not None:
                self.mend_one(control, said)
            elif place and self.lines(place):
                free = [line for line in self.lines(place) if not self.is_used(line)]
                if not free:
                    return place
                self.mend_list(free[0], said)
            elif place:
                self.fill_line(place)
            else:
                self.mend_what_is_named(said)
        return ""

    def asks_to_be_sure(self, place):
        """The boxes to tick of which one is at a place of the page; None when there are none."""
        for control in self.controls.values():
            if control.name == "confirmed" and place in dict(control.options):
                return control
        return None

    def mend_what_is_named(self, said):
        """Answer again what a sentence names without its place: a choice, such as “NSA is only for
        SEN support”, or a day.
        """
        for control in self.controls.values():
            value = self.value(control)
            if control.kind == "one" and value and said.startswith(f"{value} "):
                self.mend_one(control, said)
            if control.kind == "day" and value and words.read(value) in words.days_in(said):
                self.mend_one(control, said)

    def mend_list(self, line, said):
        """Add a line because the list lacks it, with the words that the portal quotes."""
        names = re.findall("“(.+?)”", said)
        quoted = names[-1] if names else ""
        if line.startswith("ratings") and names:
            for control in self.controls.values():
                if control.line == line and control.kind == "words" and control.needed:
                    self.typed[control.name] = names[0]
        self.fill_line(line, quoted)

    def mend_one(self, control, said):
        """Answer a question again."""
        times = self.answers.tried.get(control.name, 0)
        self.answers.tried[control.name] = times + 1
        if control.kind == "day":
            self.typed[control.name] = self.another_day(control, said, times)
            return
        if control.kind == "one" and not control.options:
            raise Stuck(said, self.page, control.name)
        if control.kind == "one" and times:
            value = control.options[times % len(control.options)][0]
            self.typed[control.name] = value
            return
        self.typed[control.name] = self.answers.to(control)

    def another_day(self, control, said, times):
        """A day near one that the sentence names, or near today."""
        days = []
        wrong = self.value(control)
        for day in words.days_in(said):
            if f"{day:%d/%m/%Y}" == wrong:
                continue
            days += [day, day + words.DAY, day - words.DAY]
        for step in (0, 1, -1, 7, -7, 42, 70):
            days.append(self.answers.today + step * words.DAY)
        return f"{days[times % len(days)]:%d/%m/%Y}"

    def tell_the_day(self):
        """A new paper gets the day it tells of; of one that was begun that day is known."""
        control = self.controls.get("happened_on") or self.controls.get("on")
        if control is None or control.kind != "day":
            return
        if self.answers.is_begun and control.said:
            self.answers.happened = words.read(control.said)
        elif not self.answers.tried.get(control.name):
            self.typed[control.name] = f"{self.answers.happened:%d/%m/%Y}"

    def pairs(self, button):
        """What the browser sends."""
        sent = []
        for name, value in values_of(self.form):
            if name not in self.typed:
                sent.append((name, value))
        for name, value in self.typed.items():
            several = value if isinstance(value, list) else [value]
            for one in several:
                sent.append((name, one))
        if button[0]:
            sent.append(button)
        return sent


def fill_in(browser, page, path, pick_button, answers, first=()):
    """Fill in a form and press a button until the portal takes it; the page that follows."""
    problems = list(first)
    said_before = None
    repeated = 0
    for _ in range(TRIES):
        form = page.form(path)
        sheet = Sheet(page, form, answers)
        sheet.fill_needed()
        more = sheet.mend(problems)
        button = pick_button(button_names(page, form))
        if more:
            button = ("more", more)
        page = send(browser, page, form, sheet.pairs(button))
        if more:
            continue
        if page.response.status_code != 422:
            return page
        problems = page.problems
        repeated += problems == said_before
        if repeated > 3:
            break
        said_before = problems
        if not page.all(path):
            break
    raise Stuck("; ".join(said for _, said in problems) or "The page says nothing.", page)


def send_file(browser, page, form, name, data, **typed):
    """Choose a file and send the form; the page that follows."""
    response = browser.client.post(
        form.get("action") or page.response.request.full_path.rstrip("?"),
        data={**dict(values_of(form)), **typed, "file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )
    return browser.read(response)


def send(browser, page, form, pairs):
    """Send a form; the page that follows, with its problems if there are any."""
    url = form.get("action") or page.response.request.full_path.rstrip("?")
    response = browser.send("POST", url, pairs, token=False)
    status = response.status_code
    if status in (302, 303):
        status = 200
    if status not in (200, 422):
        raise Stuck(f"The portal answers {status} to {url}.")
    if response.mimetype != "text/html" and response.status_code == 200:
        return None
    return browser.read(response, status)
