"""How each question is laid out on paper: boxes to tick, lines to write on, a table.

Come here to change when a list becomes a table, how wide its columns are, or how much room there is
to write. Each line of `record.document` is told `how` it is drawn: a macro of
`templates/paper_parts.html`. Long words never stand in a table cell: one taller than a page shrinks
until it cannot be read.
"""

# the most that stand in a table cell
LETTERS_OF_CELL = 200
LINES_OF_CELL = 5
PAGE_WIDTH = 17.0  # centimetres between the margins
MOST_COLUMNS = 6  # of a completed table
MOST_RULED = 4  # of an empty one
FEW_OPTIONS = 10  # more are named, not ticked, on a completed paper
QUARTERS = 4  # of a row of cells to write in
# letters that fit
BESIDE = 56  # of options beside their question
IN_A_QUARTER = 32  # of options side by side in a quarter of a row
IN_A_PAIR = 42  # of one option in a pair
IN_A_LINE = 105  # of one line of a stack


def ready(sections, blank):
    lay_out = _blank_lines if blank else _filled_lines
    return [{**section, "lines": lay_out(section["lines"])} for section in sections]


def _blank_lines(lines):
    # questions that follow each other share rows of cells to write in
    found = []
    for line in lines:
        if "columns" in line:
            found.append(_blank_list(line))
        elif found and found[-1]["how"] == "cells":
            found[-1]["cells"].append(line)
        else:
            found.append({"how": "cells", "cells": [line]})
    for part in found:
        if part["how"] == "cells":
            part["grid"] = _grid(part["cells"])
    return found


def _filled_lines(lines):
    found = []
    for line in lines:
        found.append(_filled_list(line) if "columns" in line else _answer_line(line))
    return found


def _answer_line(line):
    options = line["options"]
    answer = line["answer"]
    chosen = []
    if options:
        chosen = list(filter(None, answer.split("; ")))
    line = {**line, "chosen": chosen}
    if options and len(options) <= FEW_OPTIONS:
        # with those no longer offered
        options = list(dict.fromkeys([*options, *chosen]))
        return {**line, "how": "ticks", "options": options, "place": _tick_place(options)}
    is_short = fits_cell(answer) and line["rows"] == 1
    return {**line, "how": "fact" if is_short else "long"}


def _tick_place(options):
    if _width(options) <= BESIDE:
        return "beside"
    if len(options) >= 4 and max(map(len, options)) <= IN_A_PAIR:
        return "pairs"
    return "below"


def _width(options):
    # letters side by side, with their boxes
    return sum(map(len, options)) + 4 * len(options)


def _blank_list(group):
    columns = group["columns"]
    how = "blocks" if len(columns) > MOST_RULED else "ruled"
    for column in columns:
        if sum(map(len, column["options"])) > 40:
            how = "blocks"
    return {**group, "how": how, "grid": _grid(columns), "widths": widths(columns, [])}


def _filled_list(group):
    columns = group["columns"]
    table = group["table"]
    how = "none"
    if table:
        how = "table" if _fits_table(columns, table) else "stack"
    entries = [_stacked(columns, row) for row in table]
    return {**group, "how": how, "entries": entries, "widths": widths(columns, table)}


def _grid(cells):
    # rows of cells: each takes as many quarters as it needs, and what is left is shared
    grid = []
    room = 0
    for cell in cells:
        need = _quarters(cell)
        if need > room:
            grid.append([])
            room = QUARTERS
        grid[-1].append((cell, need))
        room -= need
        if cell.get("rows", 1) > 1:  # what is written at length ends its row
            room = 0
    found = []
    for row in grid:
        taken = sum(need for _, need in row)
        found.append([(cell, f"{100 * need / taken:.1f}%") for cell, need in row])
    return found


def _quarters(cell):
    if cell["options"]:
        return min(QUARTERS, 1 + _width(cell["options"]) // IN_A_QUARTER)
    if cell.get("rows", 1) > 1:
        return QUARTERS - 1
    if cell.get("short") and not cell.get("prompt"):
        return 1
    return 2


def _stacked(columns, row):
    # short answers share a line, a longer one stands below its question
    stack = []
    room = 0
    for column, answer in zip(columns, row, strict=True):
        fact = (column["label"], answer)
        length = len(column["label"]) + len(answer or "Not answered") + 6
        is_short = length <= 100 and "\n" not in answer
        if is_short and length <= room:
            stack[-1]["facts"].append(fact)
            room -= length
        else:
            stack.append({"short": is_short, "facts": [fact]})
            room = IN_A_LINE - length if is_short else 0
    return {"stack": stack, "keep": sum(map(len, row)) < 1500}


def fits_cell(text):
    return len(text) <= LETTERS_OF_CELL and text.count("\n") < LINES_OF_CELL


def _fits_table(columns, table):
    if len(columns) > MOST_COLUMNS:
        return False
    for row in table:
        if not all(map(fits_cell, row)):
            return False
    return sum(_least_widths(columns, table)) <= PAGE_WIDTH


def _least_widths(columns, table):
    # centimetres for the longest word
    least = []
    for number, column in enumerate(columns):
        words = column["label"].split()
        for row in table:
            words += row[number].split()
        least.append(0.5 + 0.2 * max(map(len, words), default=0))
    return least


def widths(columns, table):
    """The width of each column in per cent: room for its longest word, more where more is said."""
    least = _least_widths(columns, table)
    most = []
    for number, column in enumerate(columns):
        room = max(12, len(column["label"]), *map(len, column["options"]))
        for row in table:
            room = max(room, min(len(row[number]), 90))
        most.append(room)
    spare = max(PAGE_WIDTH - sum(least), 0)
    pairs = zip(least, most, strict=True)
    whole = [low + spare * part / sum(most) for low, part in pairs]
    return [f"{100 * width / sum(whole):.1f}%" for width in whole]
