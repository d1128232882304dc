"""The register: every child on a stage, with what a SENCO is asked about them."""

import datetime
from functools import cached_property
from operator import itemgetter

import workflow
from models import (
    SEN_TYPES,
    STAFF,
    YEARS,
    MyPlan,
    MyPlanPlus,
    Placement,
    Pupil,
    class_sort_key,
)
from records.questions import TEACHER
from reports.report import BORN, UPN, WHO, Choice, Column, Line, Report, count_lines
from reports.roll import codes_on, placements_seen, review_cell

LONG_WEEKS = 26
SOON = datetime.timedelta(weeks=3)
# questions of the pupil with Yes or No
MARKS = (("premium", "Pupil premium"), ("eal", "EAL"), ("looked_after", "Looked after"))


class Register(Report):
    """The register, as on a day."""

    slug = "register"
    title = "Register"
    lead = "Every child on a stage, with needs, time on the stage and the next review."
    roles = (*STAFF, TEACHER)
    menu = ""
    is_dated = is_bulk = True
    counted = ("child", "children")
    beside = ("concerns-list", "sen-list")
    columns = (
        *WHO,
        Column("need_1", "Need 1"),
        Column("need_2", "Need 2"),
        Column("stage", "Stage"),
        Column("local", "Code"),
        Column("census", "Census", in_sheet_only=True),
        Column("since", "Since", "day"),
        Column("weeks", "Weeks", "number"),
        Column("review", "Next review", "day", wraps=True),
        Column("planned", "Review planned for", "day", in_sheet_only=True),
        Column("adult", "Key adult"),
        Column("premium", "PP", asked="premium"),
        Column("eal", "EAL", asked="eal"),
        Column("looked_after", "LAC", asked="looked_after"),
        Column("unit", "Unit"),
        UPN,
        BORN,
        Column("sex", "Sex", in_sheet_only=True),
    )

    @cached_property
    def choices(self):
        names = tuple((code, workflow.stage_label(code, self.settings)) for code in workflow.OPEN)
        lists = tuple((code, workflow.list_label(code, self.settings)) for code in workflow.LISTS)
        return (
            Choice("year", "Year", YEARS),
            Choice("form", "Class", order=class_sort_key),
            Choice("need", "Need", SEN_TYPES),
            Choice("list", "List", lists),
            Choice("stage", "Stage", names),
            Choice("is", "Only", self._marks()),
        )

    def _marks(self):
        marks = [
            ("late", "Review overdue"),
            ("soon", "Review in the next 3 weeks"),
            ("held", "Review held, to be decided"),
            ("long", f"On the stage over {LONG_WEEKS} weeks"),
            ("unit", "Unit or resourced provision"),
        ]
        for name, words in MARKS:
            if self.user.role in Pupil.section_of(name).see:
                marks.append((name, words))
        return tuple(marks)

    def lines(self):
        needs = codes_on(self.on)
        adults = key_adults(self.on)
        placements = list(placements_seen(self.user, self.on))
        Placement.fetch_planned(placements)
        return [self._line(placement, needs, adults) for placement in placements]

    def _line(self, placement, needs, adults):
        pupil = placement.pupil
        types = needs.get(pupil.id, [])
        when = workflow.clock_of(placement, self.on, self.settings)
        stage = workflow.STAGES[placement.stage]
        cells = {
            "need_1": types[0] if types else "",
            "need_2": types[1] if len(types) > 1 else "",
            "stage": self.short_label(placement.stage),
            "local": stage.local,
            "census": stage.census,
            "since": placement.stage_since,
            "weeks": (self.on - placement.stage_since).days // 7,
            "review": review_cell(placement, when),
            "planned": placement.planned_on,
            "adult": adults.get(pupil.id, ""),
            "unit": unit_of(pupil),
            "destination": pupil.destination,
            "sex": pupil.sex,
        }
        for name, _ in MARKS:
            cells[name] = "Yes" if getattr(pupil, name) == "Yes" else ""
        marks = self._marks_of(cells, when, placement.is_planned(self.on))
        facts = {"need": types, "list": stage.list, "stage": placement.stage, "is": marks}
        late = ("review",) if "late" in marks else ()
        return Line.about(pupil, cells, facts, late=late)

    def _marks_of(self, cells, when, is_planned):
        """By what the filter “Only” finds a line."""
        marks = {name for name, _ in MARKS if cells[name]}
        if cells["unit"]:
            marks.add("unit")
        if cells["weeks"] > LONG_WEEKS:
            marks.add("long")
        if when and when.state == "overdue":
            if not is_planned:
                marks.add("late")
        elif when and when.state == "held":
            marks.add("held")
        elif when and self.on <= when.closes <= self.on + SOON:
            marks.add("soon")
        return marks

    def totals(self, lines):
        found = []
        for code in workflow.OPEN:
            found.append((self.short_label(code), count_lines(lines, "stage", code)))
        return found

    def short_label(self, code):
        """The name of a stage without what the school puts in brackets behind it."""
        return workflow.stage_label(code, self.settings).partition(" (")[0]


def unit_of(pupil):
    if pupil.sen_unit == "Yes":
        return "Unit"
    return "Resourced" if pupil.resourced == "Yes" else ""


def key_adults(on):
    """Who keeps an eye on the newest plan agreed up to a day: {pupil: name}."""
    agreed = []
    for plan in (MyPlan, MyPlanPlus):
        told = plan.select(plan.pupil, plan.lead, plan.happened_on, plan.id)
        told = told.where(plan.status == "sealed", plan.lead != "")
        agreed.append(told.where(plan.happened_on <= on))
    plans = sorted((agreed[0] | agreed[1]).tuples(), key=itemgetter(2, 3))
    return {pupil: lead for pupil, lead, *_ in plans}
