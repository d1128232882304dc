"""The provision map: who gets what, when, with whom, and what it costs; by child and by adult."""

import functools
from collections import defaultdict
from decimal import Decimal

import workflow
from models import (
    PROVIDERS,
    SEN_TYPES,
    STAFF,
    YEARS,
    EhcCase,
    MyPlan,
    Programme,
    class_sort_key,
)
from pathway import provision
from pathway.provision import bare_number, how_often, rounded
from records.dates import school_year
from records.questions import HEAD, SENCO, TEACHER
from records.unicode_text import sort_key
from reports.report import (
    FORM,
    PUPIL,
    WHO,
    Choice,
    Column,
    Line,
    Report,
    code_of_words,
    count_lines,
    say_cell,
)
from reports.roll import codes_on, placements_seen, placements_unseen

COSTS = ("to_date", "full_run", "year_to_date", "year_planned", "share")
NOTES = {
    "clash": "Clash of times",
    "old": "Plan out of date",
    "twice": "May be counted twice",
    "uncosted": "No cost yet",
}
SEE_COSTS = (SENCO, HEAD)  # who may read the rates in Settings


class ProvisionReport(Report):
    """What all reports of provision share: what is given on the day, and who may see its cost."""

    is_dated = True
    roles = (*STAFF, TEACHER)
    made_of = (MyPlan, EhcCase)

    @functools.cached_property
    def of_children(self):
        """The filters by who a child is."""
        stages = tuple((code, workflow.stage_label(code, self.settings)) for code in workflow.OPEN)
        return (
            Choice("form", "Class", order=class_sort_key),
            Choice("year", "Year", YEARS),
            Choice("need", "Need", SEN_TYPES),
            Choice("stage", "Stage", stages),
        )

    def heads(self):
        found = super().heads()
        if self.user.role in SEE_COSTS:
            return found
        return [column for column in found if column.name not in COSTS]

    def note_clashes(self, given, find):
        """Say where lines clash, also with children whom this person may not see."""
        unseen = provision.running(placements_unseen(self.user, self.on), self.on)
        provision.note_clashes(given, find, unseen)


class ProvisionMap(ProvisionReport):
    """The provision map, as on a day."""

    slug = "provision-map"
    title = "Provision map"
    lead = (
        "Who gets what, when and with whom: the lines of agreed plans and of Section F that run on"
        " the day. A group's hours and cost are shared by its children. A plan that is out of date"
        " is shown and not counted. Section F counts once where the EHC case says which line of a"
        " plan gives it."
    )
    paper = "a3"
    columns = (
        PUPIL,
        Column("year", "Year", in_sheet_only=True),
        FORM,
        Column("need", "Need", wraps=True),
        Column("stage", "Stage", in_sheet_only=True),
        Column("plan", "Plan", wraps=True),
        Column("words", "What", "long"),
        Column("outcome", "For which outcome", in_sheet_only=True),
        Column("adult", "With whom", wraps=True),
        Column("who", "With whom, in full", in_sheet_only=True),
        Column("role", "Role", in_sheet_only=True),
        Column("group", "Group", in_sheet_only=True),
        Column("size", "Group of", "number"),
        Column("when", "When", wraps=True),
        Column("each", "Each week", wraps=True),
        Column("minutes", "Minutes", "number", in_sheet_only=True),
        Column("times", "Times a week", "number", in_sheet_only=True),
        Column("hours", "Hours", "number", in_sheet_only=True),
        Column("share_hours", "Adult hours", "number", in_sheet_only=True),
        Column("from", "From", "day", in_sheet_only=True),
        Column("until", "Until", "day"),
        Column("to_date", "To date", "money"),
        Column("full_run", "Full run", "money"),
        Column("note", "Note", wraps=True),
        Column("clash", "Clashes with", in_sheet_only=True),
    )

    @functools.cached_property
    def given(self):
        return provision.on_the_map(placements_seen(self.user, self.on), self.on)

    @functools.cached_property
    def programmes(self):
        return list(Programme.select())

    @functools.cached_property
    def choices(self):
        names = sorted((programme.name for programme in self.programmes), key=sort_key)
        return (
            *self.of_children,
            Choice("adult", "Adult", typed=True),
            Choice("programme", "Programme", names),
            Choice("plan", "Plan"),
            Choice("is", "Only", tuple(NOTES.items())),
        )

    def lines(self):
        cost = provision.ProvisionCost(self.settings, self.given, self.on)
        needs = codes_on(self.on)
        find = Programme.finder(self.programmes)
        running = [one for one in self.given if one.runs_on(self.on)]
        self.note_clashes(running, find)
        return [self._line(one, cost, needs.get(one.pupil.id, []), find) for one in self.given]

    def _line(self, one, cost, needs, find):
        row = one.row
        programme = find(row.words)
        cells = {
            "need": ", ".join(needs),
            "stage": workflow.stage_label(one.placement.stage, self.settings),
            "plan": one.source,
            "words": row.words,
            "outcome": row.outcome.words if row.outcome else "",
            "adult": one.adult,
            "who": row.who,
            "role": dict(PROVIDERS).get(row.role, ""),
            "group": getattr(row, "group", None),
            "size": bare_number(row.size),
            "when": row.when_given,
            "each": (how_often(row) or "").removesuffix(" a week"),
            "minutes": bare_number(row.minutes),
            "times": bare_number(row.times),
            "hours": rounded(one.hours),
            "share_hours": rounded(one.adult_hours),
            "from": one.begins,
            "until": one.ends,
            "to_date": cost.to_date(one, self.on),
            "full_run": cost.full_run(one),
            "clash": "; ".join(one.clashes),
        }
        marks = set()
        if one.clashes:
            marks.add("clash")
        if one.is_out_of_date(self.on):
            marks.add("old")
        if one.may_be_twice:
            marks.add("twice")
        notes = {**NOTES, "clash": f"{NOTES['clash']}: {cells['clash']}"}
        cells["note"] = "; ".join(notes[name] for name in sorted(marks))
        if cells["to_date"] is None:
            marks.add("uncosted")
        facts = {
            "need": needs,
            "programme": programme.name if programme else "",
            "stage": one.placement.stage,
            "is": marks,
            "hours": one.hours,
            "share_hours": one.adult_hours,
        }
        late = ("note",) if cells["note"] else ()
        return Line.about(one.pupil, cells, facts, late=late, others=named_in(one.clashes))

    def totals(self, lines):
        old = [line for line in lines if "old" in line.facts["is"]]
        lines = [line for line in lines if "old" not in line.facts["is"]]
        found = [
            ("Children", len({line.pupil for line in lines})),
            ("Hours a week, children", rounded(total(lines, "hours"))),
            ("Hours a week, adults", rounded(total(lines, "share_hours"))),
            ("Clashes", count_lines(lines, "is", "clash")),
        ]
        if self.user.role in SEE_COSTS:
            found += cost_totals(
                lines,
                ("to_date", "Cost since each line began"),
                ("full_run", "Full run of lines with an end"),
            )
            found.append(("Without a cost", sum(line.cells["to_date"] is None for line in lines)))
        if old:
            found.append(("Out of date, not counted", len(old)))
        return found


class ProvisionCosts(ProvisionReport):
    """Provision by child: hours, more or less than last time, and the cost of the school year."""

    slug = "provision-costs"
    title = "Provision by child"
    lead = (
        "Hours a week of each child on the day, how much more or less the newest plan gives than"
        " the one before, and what the agreed plans cost in this school year. A school meets the"
        f" first £{provision.NOTIONAL:,} of a child's year before any top-up; most children cost"
        " less, and the line is told, not judged."
    )
    counted = ("child", "children")
    columns = (
        *WHO,
        Column("need", "Need"),
        Column("stage", "Stage", in_sheet_only=True),
        Column("lines", "Lines", "number"),
        Column("hours", "Hours a week", "number"),
        Column("change", "More or less", "number"),
        Column("share_hours", "Adult hours", "number"),
        Column("year_to_date", "This year to date", "money"),
        Column("year_planned", "This year as planned", "money"),
        Column("share", f"% of £{provision.NOTIONAL:,}", "number"),
        Column("uncosted", "Lines without a cost", "number"),
    )

    @property
    def choices(self):
        return self.of_children

    def lines(self):
        given = provision.all_given(placements_seen(self.user, self.on), self.on)
        cost = provision.ProvisionCost(self.settings, given, self.on)
        needs = codes_on(self.on)
        of_pupil = defaultdict(list)
        for one in given:
            of_pupil[one.pupil.id].append(one)
        begins, _ = school_year(self.on)
        found = []
        for mine in of_pupil.values():
            this_year = [one for one in mine if one.ends is None or one.ends >= begins]
            if this_year:
                found.append(self._line(mine, this_year, cost, needs))
        return found

    def _line(self, given, this_year, cost, needs):
        pupil = given[0].pupil
        begins, ends = school_year(self.on)
        now = [one for one in given if one.runs_on(self.on)]
        newest = [one for one in given if one.age == 0]
        before = [one for one in given if one.age == 1]
        more = sum_of_hours(newest) - sum_of_hours(before)
        to_date = [cost.between(one, begins, self.on) for one in this_year]
        planned = [cost.between(one, begins, min(one.ends or ends, ends)) for one in this_year]
        cells = {
            "need": ", ".join(needs.get(pupil.id, [])),
            "stage": workflow.stage_label(given[0].placement.stage, self.settings),
            "lines": len(now),
            "hours": rounded(sum_of_hours(now)),
            "change": rounded(more) if before else None,
            "share_hours": rounded(sum(one.adult_hours or 0 for one in now)),
            "year_to_date": known_sum(to_date),
            "year_planned": known_sum(planned),
            "uncosted": to_date.count(None),
        }
        cells["share"] = int(100 * cells["year_planned"] / provision.NOTIONAL)
        facts = {"need": needs.get(pupil.id, []), "stage": given[0].placement.stage}
        facts["hours"] = sum_of_hours(now)
        return Line.about(pupil, cells, facts)

    def totals(self, lines):
        found = [
            ("Children with provision now", sum(line.cells["lines"] > 0 for line in lines)),
            ("Hours a week", rounded(total(lines, "hours"))),
        ]
        if self.user.role in SEE_COSTS:
            over = sum(line.cells["year_planned"] > provision.NOTIONAL for line in lines)
            found += cost_totals(
                lines, ("year_to_date", "Year to date"), ("year_planned", "Year as planned")
            )
            found.append((f"Over £{provision.NOTIONAL:,}", over))
        return found


class AdultWeeks(ProvisionReport):
    """The week of each adult who is named in a plan."""

    slug = "adult-weeks"
    title = "Adults' weeks"
    lead = (
        "Hours a week of each adult in the agreed plans. A group counts once, however many children"
        " are in it; its size, minutes and times must be known."
    )
    sort = "adult"
    counted = ("adult", "adults")
    columns = (
        Column("adult", "Adult"),
        Column("role", "Role"),
        Column("children", "Children", "number"),
        Column("lines", "Lines", "number"),
        Column("share_hours", "Hours a week", "number"),
        Column("unknown", "Lines without a size or time", "number"),
        Column("clashes", "Clashes of times", "number"),
        Column("when", "When", in_sheet_only=True),
        Column("clash", "Clashes with", in_sheet_only=True),
    )

    def lines(self):
        of_adult = defaultdict(list)
        given = provision.running(placements_seen(self.user, self.on), self.on)
        self.note_clashes(given, Programme.finder(Programme.select()))
        for one in given:
            if one.adult:
                of_adult[sort_key(one.adult)].append(one)
        return [self._line(given) for given in of_adult.values()]

    def _line(self, given):
        roles = {dict(PROVIDERS).get(one.row.role, "") for one in given} - {""}
        times = {one.row.when_given for one in given if one.row.when_given}
        clashes = {}
        for one in given:
            clashes |= one.clashes
        cells = {
            "adult": given[0].adult,
            "role": ", ".join(sorted(roles)),
            "children": len({one.pupil.id for one in given}),
            "lines": len(given),
            "share_hours": rounded(sum(one.adult_hours or 0 for one in given)),
            "unknown": sum(one.adult_hours is None for one in given),
            "when": "; ".join(sorted(times)),
            "clashes": sum(bool(one.clashes) for one in given),
            "clash": "; ".join(sorted(clashes)),
        }
        to = (ProvisionMap.slug, {"adult": code_of_words(given[0].adult)})
        late = ("clashes",) if clashes else ()
        facts = {"hours": sum(one.adult_hours or 0 for one in given)}
        return Line(cells, facts, to=to, late=late, others=named_in(clashes))

    def totals(self, lines):
        return [("Adults", len(lines)), ("Hours a week", rounded(total(lines, "hours")))]


# --- pieces
def named_in(clashes):
    """The numbers of the children whom clashes name."""
    return tuple(filter(None, clashes.values()))


def sum_of_hours(given):
    return sum(one.hours or 0 for one in given)


def total(lines, fact):
    return sum(line.facts[fact] or 0 for line in lines)


def known_sum(costs):
    return sum((cost for cost in costs if cost is not None), Decimal(0))


def cost_totals(lines, *columns):
    for name, words in columns:
        money = known_sum(line.cells[name] for line in lines)
        yield words, say_cell(money, "money")
