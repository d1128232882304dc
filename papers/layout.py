"""How each question is laid out on paper: beside or above its answer, boxes to tick, lines to write
on, a table.

Come here to change when a list becomes a table, how wide its columns are, or how much room there is
to write. Each line of `record.document` is told `how` it is drawn: the name of a macro in
`templates/paper_parts.html`. Long words never stand in a table cell, because a cell taller than a
page shrinks until its words cannot be read.
"""

SHORT, LINES = 200, 5  # the most letters and lines that stand in a table cell
PAGE_WIDTH = 17.0  # centimetres between the margins
MOST_COLUMNS, MOST_RULED = 6, 4  # of a completed table; of an empty one
FEW_OPTIONS = 10  # more are named, not ticked, on a completed paper


def ready(sections, blank):
    """The sections with every line told how it is drawn."""

    def told(line):
        return _group(line, blank) if "columns" in line else _line(line, blank)

    return [{**s, "lines": [told(line) for line in s["lines"]]} for s in sections]


def _line(line, blank):
    """A question with `how` it is drawn: ticks, fact (beside it), long (below it), line or box (to
    write in).
    """
    line = {**line, "chosen": _chosen(line)}
    if line["options"] and (blank or len(line["options"]) <= FEW_OPTIONS):
        # an option that is no longer offered
        more = [c for c in line["chosen"] if c not in line["options"]]
        line["options"] = line["options"] + more
        return {**line, "how": "ticks", "place": _tick_place(line["options"])}
    if blank and not line["answer"]:
        return {
            **line,
            "how": "box" if line["rows"] > 1 else "line",
            "room": min(line["rows"] + 1, 14),
        }
    return {**line, "how": "fact" if fits_cell(line["answer"]) and line["rows"] == 1 else "long"}


def _tick_place(options):
    """Where the boxes to tick stand: beside the question, below it in pairs, or below it one a
    line.
    """
    if sum(len(o) + 4 for o in options) <= 56:
        return "beside"
    return "pairs" if len(options) >= 4 and max(map(len, options)) <= 42 else "below"


def _chosen(line):
    """The chosen options, in words."""
    return [words for words in line["answer"].split("; ") if words] if line["options"] else []


def _group(group, blank):
    """A list of rows with `how` it is drawn: a table when all is short, else stacked; empty rows
    when blank.
    """
    columns, table = group["columns"], group["table"]
    if blank:
        wide = len(columns) > MOST_RULED or any(sum(map(len, c["options"])) > 40 for c in columns)
        how = "blocks" if wide else "ruled"
        group = {**group, "grid": _grid(columns)}
    else:
        how = "none" if not table else "table" if _fits_table(columns, table) else "stack"
        group = {**group, "entries": [_entry(columns, row) for row in table]}
    return {**group, "how": how, "widths": widths(columns, table)}


def _grid(columns):
    """The cells of one empty entry to write in: what needs room has a line of its own, the others
    stand in pairs.
    """
    lines = []
    for at, column in enumerate(columns):
        alone = (
            at == 0 or column.get("rows", 1) > 1 or sum(len(o) + 4 for o in column["options"]) > 50
        )
        if not alone and lines and lines[-1]["open"]:
            lines[-1] = {"cells": [*lines[-1]["cells"], column], "open": False}
        else:
            lines.append({"cells": [column], "open": not alone})
    return [line["cells"] for line in lines]


def _entry(columns, row):
    """One row as a stack: short answers run on in one line of the paper, a longer one stands below
    its question.
    """
    stack, room = [], 0
    for column, said in zip(columns, row, strict=True):
        length = len(column["label"]) + len(said or "Not answered") + 6
        short = length <= 100 and "\n" not in said
        if short and stack and stack[-1]["short"] and length <= room:
            stack[-1]["facts"].append((column["label"], said))
            room -= length
        else:
            stack.append({"short": short, "facts": [(column["label"], said)]})
            room = 105 - length
    return {"stack": stack, "keep": sum(map(len, row)) < 1500}


def fits_cell(text):
    """Whether an answer is short enough for a table cell, which must never be taller than a
    page.
    """
    return len(text) <= SHORT and text.count("\n") < LINES


def _fits_table(columns, table):
    """Whether rows can be ruled as a table: few columns, short answers, and no word wider than its
    column.
    """
    short = all(fits_cell(cell) for row in table for cell in row)
    return len(columns) <= MOST_COLUMNS and short and sum(_least(columns, table)) <= PAGE_WIDTH


def _least(columns, table):
    """The least width of each column in centimetres: that of its longest word."""
    said = [[c["label"], *(row[at] for row in table)] for at, c in enumerate(columns)]
    return [
        0.5 + 0.2 * max(len(w) for text in texts for w in text.split() or [""]) for texts in said
    ]


def widths(columns, table):
    """The width of each column in per cent: room for its longest word, and more where more
    is said.
    """
    least = _least(columns, table)
    said = [
        max(12, *map(len, [c["label"], *c["options"]]), *(min(len(row[at]), 90) for row in table))
        for at, c in enumerate(columns)
    ]
    spare = max(PAGE_WIDTH - sum(least), 0)
    whole = [low + spare * part / sum(said) for low, part in zip(least, said, strict=True)]
    return [f"{100 * w / sum(whole):.1f}%" for w in whole]
