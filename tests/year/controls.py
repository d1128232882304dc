"""What a form asks, as a person reads it: each question with its kind, its options and its answer.

Come here when the screens ask in a new way.
"""

import re
from dataclasses import dataclass

from web import values_of, words

NEED = re.compile(r"\s+needed( to complete)?$")
NEED_IF = re.compile(r"\s+needed if (“.*”)$")


@dataclass
class Control:
    """One question of a form."""

    name: str
    question: str
    needed: bool
    needed_if: list  # the options of another question with which it is needed
    kind: str  # words, day, number, one, ticks
    options: list  # [(value, words), ...]
    said: str

    @property
    def line(self):
        """The list and the line of it that this is in, such as `outcomes-0`; or empty."""
        found = re.match(r"(\w+-\d+)-\w+$", self.name)
        if found:
            return found[1]
        return ""

    @property
    def group(self):
        return self.line.partition("-")[0]


def form_controls(page, form):
    """The questions of a form, in the order of the page."""
    boxes = {}
    for box in form.iter("input", "select", "textarea"):
        name = box.get("name")
        hidden = box.get("type") in ("hidden", "submit", "file")
        if name and not hidden and not name.endswith("-gone"):
            boxes.setdefault(name, []).append(box)
    said = {}
    for name, value in values_of(form):
        said.setdefault(name, value)
    found = []
    for name, some in boxes.items():
        found.append(read_control(page, name, some, said.get(name, "")))
    return found


def read_control(page, name, boxes, said):
    kind = kind_of(boxes[0])
    if kind in ("one", "ticks") and boxes[0].tag == "input":
        legends = boxes[0].xpath("ancestor::fieldset[1]/legend | ancestor::label")
        question = words(legends[0])
        options = []
        for box in boxes:
            options.append((box.get("value"), words(box.getparent())))
    else:
        question = page.labels.get(boxes[0].get("id"), "")
        options = []
        for option in boxes[0].iter("option"):
            options.append((option.get("value", words(option)), words(option)))
    options = [pair for pair in options if pair[0]]
    needed = bool(NEED.search(question))
    needed_if = []
    condition = NEED_IF.search(question)
    if condition:
        needed_if = re.findall("“(.*?)”", condition[1])
    question = NEED_IF.sub("", NEED.sub("", question))
    return Control(name, question, needed, needed_if, kind, options, said)


def kind_of(box):
    if box.tag == "select" or box.get("type") == "radio":
        return "one"
    if box.get("type") == "checkbox":
        return "ticks"
    if box.get("data-day"):
        return "day"
    if box.get("inputmode") == "decimal":
        return "number"
    return "words"


def needed_lists(page, form):
    """The lists of a form that must have a line."""
    found = []
    for part in form.xpath(".//div[@id and div/@data-rows]"):
        headings = part.xpath("h2 | h3")
        if headings and NEED.search(words(headings[0])):
            found.append(part.get("id"))
    return found


def button_names(page, form):
    """What the buttons of a form send: [(name, value), ...]."""
    found = []
    for button in page.buttons(form):
        found.append((button.get("name"), button.get("value") or ""))
    return found


def cell(row, head):
    """What the cell of a row says under a heading; empty when it has none."""
    found = row.xpath(f"*[@data-label='{head}']")
    return words(found[0]) if found else ""
