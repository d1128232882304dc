"""One person at one screen: signs in, fills in a page by the words that stand on it, presses
buttons by their words, reads.

Nothing here knows a particular form: a box is found by its label, a list of rows by its heading.
"""

import datetime
import itertools
import json
import re

PASSWORD = "harbour violet spoon teapot"
EXPECTED = re.compile(
    r"Failed to load resource: the server responded with a status of (403|404|410|422)"
)
WAIT = 120_000  # milliseconds until a missing button or box is a failure

# The ways in which people in the UK write a date; each date that a test types takes the next one.
SHAPES = itertools.cycle(
    (
        "{d:%d/%m/%y}",
        "{d.day} {d:%B} {d:%Y}",
        "{d.day}.{d.month}.{d.year}",
        "{d:%a} {d.day} {d:%b} {d:%Y}",
        "{d:%d-%m-%Y}",
    )
)

# Small pieces of JavaScript of our own: Playwright's locators bring a third of a megabyte of script
# into every page, a third of the time of a test.
# The big form of the page, or one line (`at`) of the list of rows with this heading.
SCOPE = """([heading, at]) => {
  if (heading === null) return document.querySelector('main form:has(.field)');
  const lists = [...document.querySelectorAll('div:has(> [data-rows])')];
  const list = lists.find(d => d.querySelector('h3').textContent.trim().startsWith(heading));
  return list.querySelectorAll(':scope > [data-rows] > fieldset')[at];
}"""

# What a page asks, its folds opened: label, whether it is needed, kind, id, name and options of
# each question inside an element.
QUESTIONS = (
    "([where, inner]) => {"
    "document.querySelectorAll('details.when').forEach(d => { d.open = true; });"
    "document.querySelectorAll('[data-all]').forEach(box => { box.checked = true; });"
    "const scope = "
    + SCOPE
    + """;
  const kindOf = box => {
    if (/radio|checkbox/.test(box.type)) return box.type;
    if (box.tagName === 'SELECT') return 'select';
    if ('day' in box.dataset) return 'day';
    return box.inputMode === 'decimal' ? 'number' : 'text';
  };
  const optionsOf = (kind, boxes, label) => {
    if (kind === 'select')
      return [...boxes[0].options].map(o => [o.text, o.value]).filter(o => o[1]);
    if (kind !== 'radio' && kind !== 'checkbox') return [];
    return boxes.map(b => [(b.closest('label') || label).textContent.trim(), b.value]);
  };
  const asked = field => {
    const label = field.querySelector(':scope > label, :scope > legend');
    const boxes = [...field.querySelectorAll('input:not([type=hidden]),select,textarea')];
    if (!label || !boxes.length) return null;
    const need = label.querySelector('.need');
    const plain = [...label.childNodes].filter(n => !n.classList?.contains('need'));
    const kind = kindOf(boxes[0]);
    const ticked = kind === 'radio' || kind === 'checkbox';
    return {
      words: plain.map(n => n.textContent).join('').trim(),
      need: !!need && /^needed( to complete)?$/.test(need.textContent.trim()),
      kind, id: boxes[0].id, name: boxes[0].name,
      options: optionsOf(kind, boxes, label),
      said: ticked ? boxes.some(b => b.checked) : !!boxes[0].value,
    };
  };
  const fields = [...scope(where).querySelectorAll('.field')];
  return fields.filter(f => inner || !f.closest('.repeat')).map(asked).filter(q => q);
}"""
)

# Press the button or link with exactly these words, on the page itself before the frame around it:
# it must be there to be seen and reached.
PRESS = """words => {
  const all = [...document.querySelectorAll('header a, header button, main a, main button')];
  const named = e => e.textContent.replace(/\\s+/g, ' ').trim() === words;
  const it = all.filter(e => !e.hasAttribute('aria-hidden') && named(e)).pop();
  if (!it || it.disabled || !it.checkVisibility({checkVisibilityCSS: true})) return 'is not there';
  it.scrollIntoView({block: 'center', behavior: 'instant'});
  const box = it.getClientRects()[0];
  const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  if (!at) return 'is covered by nothing';
  if (!it.contains(at) && !at.contains(it)) return 'is covered by ' + at.outerHTML.slice(0, 80);
  it.click();
  return '';
}"""

# Open what a person would: the other tasks of a child on the home page, a child's page.
UNFOLD = """() => {
  const folded = 'li.child details, .folds > details, .paths details';
  document.querySelectorAll(folded).forEach(fold => { fold.open = true; });
}"""

# Give answers as a person's typing would: the box must be there to be seen, and the page hears of
# the change.
PUT = """puts => puts.map(([how, which, value]) => {
  const tick = how === 'tick';
  const box = tick
    ? [...document.getElementsByName(which)].find(b => b.value === value)
    : document.getElementById(which);
  if (!box || box.disabled || box.readOnly) return which;
  if (!box.checkVisibility({checkVisibilityCSS: true})) return which;
  if (tick) {
    if (!box.checked) box.click();
    return box.checked ? null : which;
  }
  box.value = value;
  ['input', 'change'].forEach(kind => box.dispatchEvent(new Event(kind, {bubbles: true})));
  return box.value === value ? null : which;
}).filter(fault => fault)"""


def typed(day):
    """A date as somebody would type it, each time in another of the usual ways."""
    return next(SHAPES).format(d=day)


class Screen:
    """A browser window of one person."""

    def __init__(self, chromium, url, who, script=True, **more):
        self.who, self.script, self.noise = who, script, []
        self.context = chromium.new_context(
            base_url=url,
            java_script_enabled=script,
            locale="en-GB",
            reduced_motion="reduce",
            **more,
        )
        self.context.set_default_timeout(WAIT)
        self.page = self.context.new_page()
        self.page.on("console", self.note)
        self.page.on("pageerror", lambda error: self.noise.append(f"{self.page.url}: {error}"))

    def note(self, message):
        """Keep what the browser complains about; a refusal that the page itself explains is no
        complaint.
        """
        if message.type in ("error", "warning") and not EXPECTED.match(message.text):
            self.noise.append(f"{self.page.url}: {message.text}")

    # -- going somewhere
    def sign_in(self):
        """Sign in on the real page."""
        self.page.goto("/sign-in", wait_until="domcontentloaded")
        return self.give_password()

    def give_password(self):
        """Fill in the sign-in page that is shown."""
        self.page.locator("#user_name").fill(self.who)
        self.page.locator("#password").fill(PASSWORD)
        self.press("Sign in")
        assert "/sign-in" not in self.page.url, f"{self.who} could not sign in: {self.text()}"
        return self

    def open(self, address):
        """Open an address of the portal; sign in when that is asked first."""
        answer = self.page.goto(address, wait_until="domcontentloaded")
        if "/sign-in" in self.page.url and "/sign-in" not in address:
            self.give_password()
        self.page.evaluate(UNFOLD)
        return answer

    def source(self, address):
        """What the portal answers to this person at an address, without showing it."""
        return self.context.request.get(address).text()

    def press(self, words):
        """Press the button or link with exactly these words, and wait for the page that follows."""
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            fault = self.page.evaluate(PRESS, words)
            assert not fault, f"{self.page.url}: “{words}” {fault}:\n{self.text()}"
        self.page.evaluate(UNFOLD)

    def click(self, found):
        """Press a thing that leads to another page, and wait for that page."""
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            found.click()
        self.page.evaluate(UNFOLD)

    def thing(self, words):
        """The button or link with exactly these words, on the page itself before the frame around
        it.
        """
        said = json.dumps(words, ensure_ascii=False)
        fits = f"[self::a or self::button][not(@aria-hidden)][normalize-space()={said}]"
        return self.page.locator(f"xpath=(//main//*{fits} | //header//*{fits})[last()]")

    def look_up(self, name):
        """Find a pupil with the box on top of every page and open the page of the child."""
        surname, _, forename = name.partition(", ")
        self.page.get_by_label("Name, class or UPN").fill(surname)
        self.press("Find")
        if re.search(r"/pupil/\d+/$", self.page.url):  # the only hit opens by itself
            return
        row = (
            self.page.locator("tbody tr")
            .filter(has=self.page.get_by_role("link", name=surname, exact=True))
            .filter(has_text=forename)
        )
        self.click(row.locator("th a"))

    def unfold(self, words):
        """Open a part of the page that is folded away."""
        self.page.locator("summary").filter(has_text=words).first.click()

    def until(self, ask):
        """Ask the server again and again until it has an answer that is not empty; gives that."""
        for _ in range(WAIT // 100):
            answer = ask()
            if answer:
                return answer
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{self.page.url}: what was waited for never came")

    # -- reading
    def text(self):
        """The words of the page that can be seen."""
        return self.page.evaluate("document.querySelector('main').innerText")

    def says(self, *words):
        """Check that the page says all of this."""
        said = self.text()
        for one in words:
            assert one in said, f"“{one}” is not on {self.page.url}:\n{said}"

    def says_not(self, *words):
        """Check that the page says none of this."""
        said = self.text()
        for one in words:
            assert one not in said, f"“{one}” is on {self.page.url}:\n{said}"

    def each(self, selector):
        """The words of every element that fits, each on one line."""
        return [
            " ".join(words.split())
            for words in self.page.evaluate(
                "what => [...document.querySelectorAll(what)].map(e => e.innerText)", selector
            )
        ]

    def badges(self):
        """Where the child stands, from the top of the page."""
        return self.each(".badges li")

    def timeline(self):
        """The titles of the timeline, newest first."""
        return self.each(".timeline h3")

    def papers(self):
        """The papers of the stage with the state of each: {name: state}."""
        return dict(
            zip(
                self.each("section:has(> .card-head #papers) .go"),
                self.each("section:has(> .card-head #papers) .tag"),
            )
        )

    # -- filling in
    def fill_in(self, given=None, on=None):
        """Answer what is given by its label, and with a sample whatever else is needed and has no
        answer yet.

        A list of rows is given by its heading as a list of dictionaries; missing lines are added
        with the page's own button.
        """
        given = dict(given or {})
        self.answer((None, 0), given, on, inner=False)
        for label, needed in self.groups():
            lines = given.pop(label, [{}] if needed else [])
            for at, line in enumerate(lines):
                self.row(label, at, dict(line), on)
        assert not given, f"{self.page.url} does not ask: {', '.join(given)}"

    def groups(self):
        """The lists of rows on the page: [(heading, whether one line is needed)]."""
        found = self.page.evaluate(
            """() => {
              const lists = 'main form:has(.field) div:has(> [data-rows]) > h3';
              return [...document.querySelectorAll(lists)]
                .map(h => [h.firstChild.textContent.trim(), !!h.querySelector('.need')]);
            }"""
        )
        return [tuple(pair) for pair in found]

    def row(self, label, at, given, on):
        """Fill in one line of a list; adds it when the page does not show so many."""
        there = "where => !!(" + SCOPE + ")(where)"
        if not self.page.evaluate(there, (label, at)):
            self.add_line(
                self.page.locator("div:has(> [data-rows])").filter(
                    has=self.page.locator("h3", has_text=re.compile(rf"^\s*{re.escape(label)}"))
                )
            )
            assert self.page.evaluate(there, (label, at)), (
                f"“Add another line” did not add line {at + 1} under “{label}”"
            )
        self.answer((label, at), given, on, inner=True)
        assert not given, f"A line of “{label}” does not ask: {', '.join(given)}"

    def add_line(self, rows):
        """Press “Add another line”: in place with JavaScript, with the page sent and shown again
        without.
        """
        button = rows.get_by_role("button", name=re.compile("^Add another line"))
        if self.script:
            button.click()
        else:
            self.click(button)

    def answer(self, scope, given, on, inner):
        """Answer the questions inside one element (see SCOPE); what is answered is taken out of
        `given`.
        """
        puts = []
        for asked in self.page.evaluate(QUESTIONS, (scope, inner)):
            if asked["words"] in given:
                puts += as_put(asked, given.pop(asked["words"]))
            elif asked["need"] and not asked["said"]:
                puts += as_put(asked, sample(asked, on))
        faults = self.page.evaluate(PUT, puts) if puts else []
        assert not faults, f"{self.page.url}: cannot be answered: {', '.join(faults)}"


def as_put(asked, value):
    """What to do on the page for one answer: [(how, which, value), ...]."""
    codes = dict(asked["options"])
    if asked["kind"] in ("radio", "checkbox"):
        return [
            ("tick", asked["name"], codes[words])
            for words in ([value] if isinstance(value, str) else value)
        ]
    if asked["kind"] == "select":
        return [
            (
                "put",
                asked["id"],
                asked["options"][value - 1][1] if isinstance(value, int) else codes[value],
            )
        ]
    return [("put", asked["id"], typed(value) if isinstance(value, datetime.date) else value)]


def sample(asked, on):
    """Some answer of the right kind."""
    if asked["options"]:
        return asked["options"][0][0]
    return {"day": on, "number": "20"}.get(asked["kind"]) or f"Words for “{asked['words']}”"
