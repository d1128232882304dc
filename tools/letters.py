"""Writes docs/letters.md: every letter of every move beside the answers it was made from.

`make readme` does it; a test compares. The wordings are those of a new school (`models.Setting`).
"""

import datetime

import models
import workflow
from pathway import clock, letters
from records.questions import say

DAY = datetime.date(2026, 11, 24)
ANSWERS = {
    "why_told": "Sam manages the day with the help that every lesson has.",
    "plan_on": DAY - datetime.timedelta(days=5),
    "letter_on": DAY - datetime.timedelta(days=5),
    "authority": "Mockshire Council",
}
HEAD = """# Every letter, beside the answers it was made from

For the SENCO to proof-read. Written by `make readme` from the wordings of a new school; a school
changes them under Settings. Every letter goes to each household by itself, with its address, and is
signed by the SENCO. A line is left out when it has a word in brackets and there is nothing to fill
in: so the end of a letter says only what Settings know.

Every letter ends with this, when Settings know it all:

"""


def school():
    return models.Setting(
        school_name="Our School",
        senco_name="Ms Hazel",
        head_name="Mr Alder",
        local_authority="Mockshire Council",
        complaints="www.our-school.example/complaints",
        sendiass="Mockshire SENDIASS, 01632 960001",
    )


def ways_through(stage):
    """Every way through the questions of a review: [{question: answer}, ...]."""
    ways = [{}]
    for asked in workflow.QUESTIONS.get(stage, ()):
        further = []
        for said in ways:
            if workflow.applies(asked, said):
                further += [{**said, asked.name: answer} for answer in ("Yes", "No")]
            else:
                further.append(said)
        ways = further
    return ways


def cases(move, stage):
    """The answers from which a move may write its letter: [(of the review, of the move), ...]."""
    reviews = [{}]
    if move.rows:
        reviews = []
        for said in ways_through(stage):
            rows = [row for row in workflow.ROWS if stage in row.stages]
            reached = next(row for row in rows if row.answers.items() <= said.items())
            if reached.name in move.rows:
                reviews.append(said)
    moves = [{name: ANSWERS[name] for name in move.asks if name in ANSWERS}]
    if "parents_view" in move.asks:
        options = dict(workflow.ASKS["parents_view"].choices)
        moves = [{**moves[0], "parents_view": option} for option in options]
    return [(review, asked) for review in reviews for asked in moves]


def body(move, stage, reviewed, asked):
    settings = school()
    pupil = models.Pupil(forename="Sam", surname="Example")
    to = move.to or stage
    due = clock.window(workflow.STAGES[to], DAY, settings, DAY)
    label = workflow.stage_label(to, settings)
    words = letters.placeholders(pupil, settings, DAY, label, due and due.closes)
    words |= workflow.in_words(move, asked)
    said = letters.body_of(move.letter, settings, words, {**reviewed, **asked, "stage": to})
    return said.removesuffix(end(words))


def end(words):
    return letters.fill_wording(words, getattr(school(), letters.END))


def told(move, stage, reviewed, asked):
    """The answers as lines of a list."""
    lines = []
    if reviewed:
        review = workflow.forms_of_stage(stage)[-1]
        lines += [f"- {review.label_of(name)} **{said}**" for name, said in reviewed.items()]
    for name, said in asked.items():
        question = workflow.ASKS[name]
        lines.append(f"- {question.verbose_name}: **{say(question, said)}**")
    return lines or ["- (nothing that changes its words)"]


SAID_OF_REVIEW = {
    "when": "Tuesday 1 December 2026, 15:30",
    "place": "The library",
    "lead": "Ms Hazel",
    "people": "Jo Example (mother), Sam (the child), Miss Elm (class teacher)",
    "held": "Tuesday 24 November 2026",
    "outcomes": "Reads 100 words: Mostly\nAsks for help: Achieved",
    "next_steps": "Reading every day goes on; help is asked for in every lesson.",
}


def of_reviews():
    """The letters before and after a review."""
    pupil = models.Pupil(forename="Sam", surname="Example")
    parts = []
    for letter, names in letters.OF_REVIEWS.items():
        words = letters.placeholders(pupil, school(), DAY, "", DAY + datetime.timedelta(weeks=6))
        words |= {name: SAID_OF_REVIEW[name] for name in names}
        said = letters.body_of(letter, school(), words, {}).removesuffix(end(words))
        parts.append(f"## {models.Setting.label_of(letter)}\n\n{quoted(said)}")
    return parts


def quoted(words):
    return "\n".join(f"> {line}".rstrip() for line in words.strip().splitlines()) + "\n"


def text():
    """The whole document."""
    settings = models.Setting()
    sam = models.Pupil(forename="Sam", surname="Example")
    parts = [HEAD + quoted(end(letters.placeholders(sam, school(), DAY, "", None)))]
    for move in workflow.MOVES:
        if not move.letter:
            continue
        stage = move.from_[0]
        to = workflow.stage_label(move.to or stage, settings)
        subject = models.Setting.label_of(move.letter)
        parts.append(f"## {move.name}\n\n{move.ref}. Leads to: {to}. Subject: **{subject}**\n")
        for reviewed, asked in cases(move, stage):
            parts.append("\n".join(told(move, stage, reviewed, asked)) + "\n")
            parts.append(quoted(body(move, stage, reviewed, asked)))
    parts += of_reviews()
    silent = [move.name for move in workflow.MOVES if not move.letter]
    parts.append("## Moves without a letter\n\n" + "\n".join(f"- {name}" for name in silent) + "\n")
    return "\n".join(parts)


def refresh(path):
    """Write docs/letters.md again; returns what was done, in words."""
    new = text()
    old = path.read_text("utf-8") if path.exists() else ""
    path.write_text(new, "utf-8")
    return "docs/letters.md was written again." if new != old else "docs/letters.md is up to date."
