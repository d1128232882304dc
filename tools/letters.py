"""Writes docs/letters.md: every letter of every move beside the answers it was made from.

`make readme` does it; a test compares. The wordings are those of a new school (`models.Setting`).
"""

import models
import workflow
from pathway import example_letters, letters
from pathway.example_letters import DAY
from records.questions import say

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


def of_reviews(closing):
    """The letters before and after a review."""
    parts = []
    for letter in letters.OF_REVIEWS:
        said = example_letters.body_of_review(letter, school()).removesuffix(closing)
        parts.append(f"## {models.Setting.label_of(letter)}\n\n{quoted(said)}")
    return parts


def quoted(words):
    return "\n".join(f"> {line}".rstrip() for line in words.strip().splitlines()) + "\n"


def text():
    """The whole document."""
    settings = models.Setting()
    closing = end(letters.placeholders(example_letters.sam(), school(), DAY, "", None))
    parts = [HEAD + quoted(closing)]
    for move in workflow.MOVES:
        if not move.letter:
            continue
        stage = move.from_[0]
        to = workflow.stage_label(move.to or stage, settings)
        subject = models.Setting.label_of(move.letter)
        parts.append(f"## {move.name}\n\n{move.ref}. Leads to: {to}. Subject: **{subject}**\n")
        for reviewed, asked in example_letters.cases(move, stage):
            said = example_letters.body(move, stage, school(), reviewed, asked)
            parts.append("\n".join(told(move, stage, reviewed, asked)) + "\n")
            parts.append(quoted(said.removesuffix(closing)))
    parts += of_reviews(closing)
    silent = [move.name for move in workflow.MOVES if not move.letter]
    parts.append("## Moves without a letter\n\n" + "\n".join(f"- {name}" for name in silent) + "\n")
    return "\n".join(parts)


def refresh(path):
    """Write docs/letters.md again; returns what was done, in words."""
    new = text()
    old = path.read_text("utf-8") if path.exists() else ""
    path.write_text(new, "utf-8")
    return "docs/letters.md was written again." if new != old else "docs/letters.md is up to date."
