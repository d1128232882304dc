"""Agencies: whom to chase for which child, and what came of what they recommend."""

from collections import defaultdict

from models import BESIDES, Agency, Pupil, Recommendation
from pathway import provision
from reports.report import FORM, PUPIL, UPN, Choice, Column, Line, Report
from reports.roll import placements_seen

ASKED = ("Consulted", "Referred", "Waiting", "Involved")
LONG_WEEKS = 12


class AgenciesWaiting(Report):
    """Every agency that was asked and has not reported."""

    slug = "agencies-waiting"
    title = "Agencies to chase"
    made_of = (Agency,)
    lead = "Every agency that was asked about a child and has not reported, longest waiting first."
    sort = "-weeks"
    columns = (
        PUPIL,
        FORM,
        Column("agency", "Agency"),
        Column("state", "Status"),
        Column("asked", "Asked on", "day"),
        Column("weeks", "Weeks", "number"),
        Column("chased", "Last chased", "day"),
        Column("next", "Next contact", "day"),
        Column("contact", "Telephone or e-mail", in_sheet_only=True),
        UPN,
    )

    choices = (
        Choice("agency", "Agency", typed=True),
        Choice("state", "Status", ASKED),
        Choice("is", "Only", (("long", f"Waiting over {LONG_WEEKS} weeks"),)),
    )

    def lines(self):
        mine = Pupil.visible_to(self.user).where(Pupil.left_on.is_null())
        waiting = Agency.select(Agency, Pupil).join(Pupil)
        waiting = waiting.where(
            Agency.pupil.in_(mine.select(Pupil.id)),
            Agency.state.in_(ASKED),
            Agency.report_on.is_null(),
        )
        return [self._line(agency) for agency in waiting.order_by(Pupil.sort_name, Agency.id)]

    def _line(self, agency):
        weeks = None
        if agency.asked_on:
            weeks = (self.on - agency.asked_on).days // 7
        cells = {
            "agency": agency.agency,
            "state": agency.state,
            "asked": agency.asked_on,
            "weeks": weeks,
            "chased": agency.chased_on,
            "next": agency.next_contact,
            "contact": agency.contact,
        }
        is_long = weeks is not None and weeks > LONG_WEEKS
        late = []
        if is_long:
            late.append("weeks")
        if agency.next_contact and agency.next_contact < self.on:
            late.append("next")
        press = ("Chased today", "agency.chased", agency.id)
        facts = {"is": "long" if is_long else ""}
        return Line.about(agency.pupil, cells, facts, late=late, press=press)


TO_DECIDE, NOT_NOW, IN_PLAN = "To decide", "Not now", "In the plan"
WAS_IN_PLAN, NOT_IN_PLAN, DONE = "Was in a plan", "Not in a plan", "Done"
OUTCOMES = (TO_DECIDE, NOT_IN_PLAN, WAS_IN_PLAN, IN_PLAN, DONE, NOT_NOW)


class RecommendationsTaken(Report):
    """Every recommendation of an agency, and the line of provision that takes it up."""

    slug = "recommendations"
    title = "Recommendations"
    made_of = (Agency,)
    lead = (
        "What agencies recommend, what was decided, and whether a line of an agreed plan takes it"
        " up. Pick the line on the agency's form."
    )
    columns = (
        PUPIL,
        FORM,
        Column("agency", "Agency", wraps=True),
        Column("words", "Recommendation", wraps=True),
        Column("decision", "Decision"),
        Column("taken", "Taken up"),
        Column("line", "Line of provision", wraps=True),
        Column("since", "From", "day"),
        Column("owner", "Who sees to it?", wraps=True),
        Column("by", "By", "day"),
        Column("done", "Done on", "day", in_sheet_only=True),
        Column("reason", "Reason", in_sheet_only=True),
    )

    choices = (Choice("agency", "Agency", typed=True), Choice("taken", "Taken up", OUTCOMES))

    def lines(self):
        given = defaultdict(list)
        for one in provision.all_given(placements_seen(self.user, self.on), self.on):
            given[one.pupil.id].append(one)
        mine = Pupil.visible_to(self.user).where(Pupil.left_on.is_null())
        rows = Recommendation.select(Recommendation, Agency, Pupil).join(Agency).join(Pupil)
        rows = rows.where(Agency.pupil.in_(mine.select(Pupil.id)))
        found = []
        for row in rows.order_by(Pupil.sort_name, Recommendation.id):
            found.append(self._line(row, given[row.agency.pupil_id]))
        return found

    def _line(self, row, given):
        lines = provision.taken_up(row, given)
        line = lines[-1] if lines else None
        taken = self._taken(row, line)
        cells = {
            "agency": row.agency.agency,
            "words": row.words,
            "decision": row.decision,
            "taken": taken,
            "line": line.row.words if line else row.linked,
            "since": lines[0].begins if lines else None,
            "owner": row.owner,
            "by": row.by,
            "done": row.done_on,
            "reason": row.reason,
        }
        late = []
        if row.by and row.by < self.on and taken not in (DONE, NOT_NOW):
            late.append("by")
        if taken == TO_DECIDE or (taken == NOT_IN_PLAN and row.linked != BESIDES):
            late.append("taken")
        return Line.about(row.agency.pupil, cells, late=late)

    def _taken(self, row, line):
        if row.done_on:
            return DONE
        if not row.decision:
            return TO_DECIDE
        if row.decision == NOT_NOW:
            return NOT_NOW
        if line is None:
            return NOT_IN_PLAN
        return IN_PLAN if line.runs_on(self.on) else WAS_IN_PLAN
