"""Writes the parts of README.md that follow from the tables, so that it cannot say anything else
than the program does.

`make readme` does it; a test compares. The parts stand between `<!-- name -->` and `<!-- /name
-->`.
"""

import models
import workflow
from records.questions import ROLES
from records.record import Row


def chart():
    """The flow chart (Mermaid), and the same in words as a table."""
    settings = models.Setting()
    drawn = workflow.chart(settings)
    nodes = ["    NONE([Is there a concern?])", "    LEFT([Pathway closed])"]
    nodes += [
        f"    {s['code']}[{s['label'].replace('(', '- ').replace(')', '')}<br>review {s['weeks']}]"
        for s in drawn
    ]
    edges = [
        f"    NONE -->|{move.name}| {move.to}"
        for move in workflow.MOVES
        if "NONE" in move.from_ and not move.beside
    ]
    edges += [
        f"    {s['code']} -->|{move.name}| {move.to or s['code']}"
        for s in drawn
        for _, move, _ in s["ways"]
    ]
    edges += [
        f"    {[c for c in workflow.OPEN if c in move.from_][-1]} -.->|{move.name}| {move.to}"
        for move in workflow.MOVES
        if move.beside and not move.on_paper and move.to in workflow.OPEN
    ]
    rows = ["| From | When the review says | Button | To |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {s['label']} | {answers or '(no review needed)'} | **{move.name}** | {to} |"
        for s in drawn
        for answers, move, to in s["ways"]
    ]
    return "\n".join(["```mermaid", "flowchart TD", *nodes, *edges, "```", "", *rows])


def rights():
    """Who may do what: the table RIGHTS of models.py."""
    names = {c.__name__: c.kind_name() for c in models.every() if not issubclass(c, Row)} | {
        "AuditEntry": "Audit trail"
    }
    rows = [f"| Record | {' | '.join(ROLES)} |", f"| --- |{' --- |' * len(ROLES)}"]
    rows += [
        f"| {names.get(n, n)} | {' | '.join(row[r] for r in ROLES)} |"
        for n, row in models.RIGHTS_TABLE.items()
    ]
    return "\n".join(rows)


def settings():
    """The settings with their defaults; long texts are left out."""
    rows = ["| Setting | Default |", "| --- | --- |"]
    defaults = models.Setting()
    rows += [
        f"| {f.verbose_name} | {defaults.answer(n)} |"
        for n, f in models.Setting.questions()
        if f.ask.rows == 1 and f.default not in (None, "")
    ]
    return "\n".join(rows)


PARTS = {"chart": chart, "rights": rights, "settings": settings}


def fresh(text):
    """README.md's text with the generated parts as they should be."""
    for name, part in PARTS.items():
        before, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        text = f"{before}{begin}{part()}\n{end}{after}"
    return text


def refresh(path):
    """Write the generated parts of a README again; returns what was done, in words."""
    old = path.read_text("utf-8")
    new = fresh(old)
    path.write_text(new, "utf-8")
    return "README.md was written again." if new != old else "README.md is up to date."
