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
MOST_WRITING_LINES = 14
# letters that fit
BESIDE = 56  # of options beside their question
IN_A_BLOCK = 50  # of options side by side
IN_A_PAIR = 42  # of one option in a pair
IN_A_LINE = 105  # of one line of a stack


def ready(sections, blank):
    found = []
    for section in sections:
        lines = [_laid_out(line, blank) for line in section["lines"]]
        found.append({**section, "lines": lines})
    return found


def _laid_out(line, blank):
    if "columns" not in line:
        return _answer_line(line, blank)
    if blank:
        return _blank_list(line)
    return _filled_list(line)


def _answer_line(line, blank):
    options = line["options"]
    answer = line["answer"]
    chosen = []
    if options:
        chosen = list(filter(None, answer.split("; ")))
    line = {**line, "chosen": chosen}
    if options and (blank or len(options) <= FEW_OPTIONS):
        # with those no longer offered
        options = list(dict.fromkeys([*options, *chosen]))
        return {**line, "how": "ticks", "options": options, "place": _tick_place(options)}
    if blank and not answer:
        how = "box" if line["rows"] > 1 else "line"
        return {**line, "how": how, "room": min(line["rows"] + 1, MOST_WRITING_LINES)}
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


def _grid(columns):
    # what needs room has its own line, the others stand in pairs
    grid = []
    open_pair = False
    for number, column in enumerate(columns):
        needs_room = column.get("rows", 1) > 1
        needs_room |= _width(column["options"]) > IN_A_BLOCK
        alone = number == 0 or needs_room
        if open_pair and not alone:
            grid[-1].append(column)
        else:
            grid.append([column])
        open_pair = not alone and not open_pair
    return grid


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
