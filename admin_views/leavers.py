"""“Leavers”: many children who leave the school on one day.

Come here to change this page. What leaving asks and makes is the row “Has left the school” of
`workflow.MOVES`.
"""

from dataclasses import dataclass

from flask import request

import workflow
from admin_views import forms
from admin_views.home import settings_now
from admin_views.pupil_lines import FROM_IMPORT, PupilLinesView, whom_to_show
from models import Placement, Pupil
from records.dates import read_day

MOVE = next(move for move in workflow.MOVES if "leave" in move.makes)
LAST_YEARS = ("6", "11", "13")  # the last of a phase


@dataclass
class Leaver:
    """One child of the page: the open placement, and what is typed."""

    pupil: Pupil
    seen: int
    stage: str
    is_ticked: bool
    destination: str


def line_sent(name):
    return (forms.clean_line(request.form.get(name)) or "")[:255]


def day_sent():
    """The day that was typed, and [(box, sentence)] of what is wrong with it."""
    try:
        day = read_day(request.form.get("on", "")[:60])
    except ValueError as fault:
        return None, [("on", f"Last day: {fault}")]
    if not day:
        return None, [("on", "Last day: give the day on which they leave.")]
    return day, []


class LeaversView(PupilLinesView):
    """Leavers."""

    template = "leavers.html"
    box = "on"
    done = "left the school. Transfer packs are due in 15 school days."
    roles = MOVE.by

    def groups(self, user):
        """The years and classes, the last of a phase first."""
        found = whom_to_show(user)
        found.pop(FROM_IMPORT, None)
        first = [f"year {year}" for year in (settings_now().last_year, *LAST_YEARS)]
        codes = [code for code in first if code in found]
        return {code: found[code] for code in dict.fromkeys((*codes, *found))}

    def lines_of(self, pupils, typed):
        keys = [pupil.id for pupil in pupils]
        rows = Placement.select().where(Placement.pupil.in_(keys), Placement.is_open())
        open_ones = {row.pupil_id: row for row in rows}
        ticked = typed.getlist("leaves")
        if "ticked" in request.args:
            ticked = list(map(str, keys))
        found = []
        for pupil in pupils:
            placed = open_ones.get(pupil.id)
            known = placed.id if placed else 0
            seen = typed.get(f"seen-{pupil.id}", known, type=forms.key_of)
            stage = placed.stage if placed else "NONE"
            where = line_sent(f"to-{pupil.id}")
            found.append(Leaver(pupil, seen, stage, str(pupil.id) in ticked, where))
        return found

    def moves_of(self, lines, user):
        leavers = [line for line in lines if line.is_ticked]
        day, problems = day_sent()
        if not leavers:
            problems.append(("", "Nobody is ticked yet."))
        where = line_sent("where")
        moves = []
        for line in leavers:
            answers = {"on": day, "destination": line.destination or where or None}
            moves.append((MOVE, line.pupil, answers, line.seen))
        return moves, problems
