"""Agencies that have not reported yet: whom to chase, for which child."""

from models import AGENCY_STATUS, STAFF, Agency, Pupil
from reports.report import UPN, Choice, Column, Line, Report

ASKED = ("Consulted", "Referred", "Waiting", "Involved")
LONG_WEEKS = 12


class AgenciesWaiting(Report):
    """Every agency that was asked and has not reported."""

    slug = "agencies-waiting"
    title = "Agencies to chase"
    lead = "Every agency that was asked about a child and has not reported, longest waiting first."
    roles = STAFF
    sort = "-weeks"
    columns = (
        Column("pupil", "Pupil"),
        Column("form", "Class"),
        Column("agency", "Agency"),
        Column("state", "Status"),
        Column("asked", "Asked on", "day"),
        Column("weeks", "Weeks", "number"),
        Column("chased", "Last chased", "day"),
        Column("next", "Next contact", "day"),
        Column("contact", "Telephone or e-mail", in_sheet_only=True),
        UPN,
    )

    def filters(self):
        waiting = self._waiting().select(Agency.agency).distinct().order_by(Agency.agency)
        names = tuple((name, name) for name in waiting.scalars() if name)
        states = tuple((state, state) for state in AGENCY_STATUS if state in ASKED)
        self.choices = (
            Choice("agency", "Agency", names),
            Choice("state", "Status", states),
            Choice("is", "Only", (("long", f"Waiting over {LONG_WEEKS} weeks"),)),
        )
        return super().filters()

    def _waiting(self):
        mine = Pupil.visible_to(self.user).where(Pupil.left_on.is_null())
        return (
            Agency.select(Agency, Pupil)
            .join(Pupil)
            .where(
                Agency.pupil.in_(mine.select(Pupil.id)),
                Agency.state.in_(ASKED),
                Agency.report_on.is_null(),
            )
        )

    def lines(self):
        waiting = self._waiting().order_by(Pupil.sort_name, Agency.id)
        return [self._line(agency) for agency in waiting]

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
        facts = {
            "agency": agency.agency,
            "state": agency.state,
            "is": ("long",) if is_long else (),
        }
        press = ("Chased today", "agency.chased", agency.id)
        return Line.about(agency.pupil, cells, facts, late=tuple(late), press=press)
