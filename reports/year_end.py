"""The end of a year: who moves to the next phase. For a hand-over see `class_sheet`."""

from records.questions import HEAD, OFFICE, SENCO
from reports.register import Register
from reports.report import BORN, FORM, PUPIL, UPN, Column, chosen


class NextPhase(Register):
    """Next phase: the children of the last year group, for the schools they go to."""

    slug = "next-phase"
    title = "Moving to the next phase"
    lead = "Children with SEN or a concern in the last year of this school."
    roles = (OFFICE, SENCO, HEAD)
    menu = "Reports"
    is_dated = False
    beside = ()
    columns = (
        PUPIL,
        FORM,
        Column("stage", "Stage"),
        Column("local", "Code"),
        Column("need_1", "Need 1"),
        Column("need_2", "Need 2"),
        Column("review", "Next review", "day"),
        Column("adult", "Key adult"),
        Column("looked_after", "LAC", asked="looked_after"),
        Column("destination", "Goes on to"),
        UPN,
        BORN,
    )

    def lines(self):
        return chosen(super().lines(), {"year": self.settings.last_year})
