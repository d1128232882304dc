"""The EHCPs of the year: when each review is due, its next step, the plans for the next phase."""

import workflow
from models import CASE_OPEN, EhcCase, Placement, ReviewYear
from pathway import clock, planning
from records.query import among
from reports.report import UPN, WHO, Choice, Column, Line, Report, count_lines
from reports.roll import placements_seen

MAKE_THE_MOVE = "make the move that the review leads to"
SCHOOL_MONTHS = (
    ("09", "September"),
    ("10", "October"),
    ("11", "November"),
    ("12", "December"),
    ("01", "January"),
    ("02", "February"),
    ("03", "March"),
    ("04", "April"),
    ("05", "May"),
    ("06", "June"),
    ("07", "July"),
    ("08", "August"),
)


class EhcpYear(Report):
    """Every EHCP, by the month in which its annual review is due."""

    slug = "ehcp-year"
    title = "EHCPs of the year"
    made_of = (EhcCase,)
    lead = "Each EHC plan: its annual review, the next step, and the plan for the next phase."
    sort = "due"
    counted = ("child", "children")
    columns = (
        *WHO,
        Column("authority", "Local authority", in_sheet_only=True),
        Column("band", "Band", in_sheet_only=True),
        Column("due", "Review due", "day"),
        Column("planned", "Meeting planned", "day"),
        Column("held", "Last held", "day"),
        Column("step", "Next step", wraps=True),
        Column("step_by", "By", "day"),
        Column("phase_by", "Next phase by", "day"),
        Column("phase_on", "Issued", "day"),
        UPN,
    )
    choices = (
        Choice("month", "Review due in", SCHOOL_MONTHS),
        Choice(
            "is",
            "Only",
            (("phase", "Plan for the next phase this year"), ("late", "Something is overdue")),
        ),
    )

    def lines(self):
        placements = placements_seen(self.user, self.on).where(Placement.stage == "E")
        cases = open_cases([placement.pupil_id for placement in placements])
        years = years_of(cases.values())
        found = []
        for placement in placements:
            case = cases.get(placement.pupil_id, EhcCase(pupil=placement.pupil))
            case.pupil = placement.pupil
            case.years = years.get(case.id, [])
            found.append(self._line(placement, case))
        return found

    def _line(self, placement, case):
        closes = workflow.year_end(placement)
        held = case.held_year()
        coming = case.coming_year()
        step = None
        task = MAKE_THE_MOVE
        if not placement.reviewed_on:
            waiting = [line for line in clock.yearly_dates(case, closes) if not line.done]
            step = min(waiting, key=lambda line: line.due, default=None)
            task = step.task if step else ""
        phase = next(iter(clock.phase_dates(case, self.settings, self.on)), None)
        cells = {
            "authority": case.authority,
            "band": case.band,
            "due": closes,
            "planned": coming.planned_on,
            "held": placement.reviewed_on or (held.held_on if held else None),
            "step": task[:1].upper() + task[1:],
            "step_by": step.due if step else None,
            "phase_by": phase.due if phase else None,
            "phase_on": phase.done if phase else None,
        }
        late = []
        if step and step.is_late(self.on):
            late.append("step_by")
        if phase and phase.is_late(self.on):
            late.append("phase_by")
        if closes < self.on and not placement.reviewed_on:
            late.append("due")
        planned = None if placement.reviewed_on else coming.planned_on
        if planned and planned + planning.DECISION > closes:
            late.append("planned")
        marks = []
        if late:
            marks.append("late")
        if phase:
            marks.append("phase")
        facts = {"month": f"{closes:%m}", "is": marks}
        return Line.about(placement.pupil, cells, facts, late=late)

    def totals(self, lines):
        found = []
        for code, name in SCHOOL_MONTHS:
            due = count_lines(lines, "month", code)
            if due:
                found.append((name, due))
        return [*found, ("Next phase", count_lines(lines, "is", "phase"))]


def open_cases(pupils):
    """The open EHC case of each of these pupils: {pupil: case}."""
    cases = EhcCase.select().where(among(EhcCase.pupil, pupils), EhcCase.state.in_(CASE_OPEN))
    return {case.pupil_id: case for case in cases.order_by(EhcCase.id)}


def years_of(cases):
    found = {}
    rows = ReviewYear.select().where(among(ReviewYear.case, [case.id for case in cases]))
    for year in rows.order_by(ReviewYear.id):
        found.setdefault(year.case_id, []).append(year)
    return found
