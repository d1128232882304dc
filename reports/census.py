"""The census check: what the portal would return on the census day, and what is wrong with it."""

from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from models import SEN_STATUSES, SEN_TYPES, YEARS, upn_fault
from pathway import clock
from records.dates import today
from reports.report import BORN, UPN, WHO, Choice, Column, Line, Report
from reports.roll import children_on_roll, need_of, sex_of, tally, year_of


# --- the rules
@dataclass(frozen=True)
class CensusRule:
    """One rule of the return: what is wrong, how it is put right, and the DfE's number of it."""

    breaks: object  # whether a child breaks it
    words: str
    cure: str
    number: str = ""


RULES = (
    CensusRule(
        lambda child: child.census != "N" and not child.needs,
        "SEN support or a plan, but no SEN type.",
        "Add the main SEN type on the child's page, with rank 1.",
        "2170",
    ),
    CensusRule(
        lambda child: child.needs and child.needs[0][0] != 1,
        "No SEN type is the main one.",
        "Give the main SEN type rank 1.",
    ),
    CensusRule(
        lambda child: len({rank for rank, _ in child.needs}) < len(child.needs),
        "Two SEN types have the same rank.",
        "Give each SEN type a rank of its own; the first two are returned.",
    ),
    CensusRule(
        lambda child: len(set(child.types)) < len(child.types),
        "The same SEN type stands twice.",
        "End one of the two, or take it out.",
    ),
    CensusRule(
        lambda child: child.census == "E" and "NSA" in child.types,
        "An EHC plan, but a type that says “no specialist assessment” (NSA).",
        "Choose the type that the plan names; NSA is for SEN support only.",
        "2175",
    ),
    CensusRule(
        lambda child: child.census == "N" and child.has_place,
        "A place in an SEN unit or resourced provision, but no SEN.",
        "Take the place out, or put the child on the stage that fits.",
        "2230, 2250",
    ),
    CensusRule(
        lambda child: not child.pupil.upn,
        "No UPN.",
        "Add the UPN from the school's system.",
        "1510 to 1530",
    ),
    CensusRule(
        lambda child: child.pupil.upn and upn_fault(child.pupil.upn),
        "The UPN cannot be right.",
        "Compare it with the school's system, character by character.",
        "1510 to 1530",
    ),
    CensusRule(
        lambda child: not child.pupil.sex,
        "The sex is not known.",
        "Add it from the school's system.",
    ),
    CensusRule(
        lambda child: child.pupil.sen_status not in ("", None, child.census),
        "The school's system says another SEN status.",
        "The census is sent from the school's system: change it there, or make the move here.",
    ),
)


class CensusReport(Report):
    """What the pages of the census share: the day, the children on roll, how many N, K and E."""

    is_dated = True

    @classmethod
    def first_day(cls):
        return clock.next_census(today())

    @cached_property
    def children(self):
        return children_on_roll(self.user, self.on)

    def totals(self, lines):
        found = []
        for code, words in SEN_STATUSES:
            count = sum(child.census == code for child in self.children)
            found.append((f"{code}: {words}", count))
        return [*found, ("On roll", len(self.children))]


class CensusCheck(CensusReport):
    """Census check: one line for each thing to put right."""

    slug = "census"
    title = "Census check"
    lead = "What to put right before the census is returned, child by child."
    empty = "Nothing to put right: the census can go."
    beside = ("census-return", "census-figures")
    columns = (
        *WHO,
        Column("census", "Census"),
        Column("fault", "What is wrong", wraps=True),
        Column("cure", "How to put it right", wraps=True),
        Column("rule", "DfE rule"),
    )
    choices = (
        Choice("year", "Year", YEARS),
        Choice("fault", "What is wrong", tuple(rule.words for rule in RULES)),
    )

    def lines(self):
        found = []
        for child in self.children:
            for rule in RULES:
                if rule.breaks(child):
                    found.append(self._line(child, rule))
        return found

    def _line(self, child, rule):
        cells = {"census": child.census}
        cells |= {"fault": rule.words, "cure": rule.cure, "rule": rule.number}
        return Line.about(child.pupil, cells)

    def totals(self, lines):
        return [*super().totals(lines), ("To put right", len(lines))]


class CensusReturn(CensusReport):
    """Census return: what stands in it, for each child on roll."""

    slug = "census-return"
    title = "Census return"
    lead = "What is known of each child on roll. Unit and resourced: No where nothing is said."
    menu = "Beside"
    beside = ("census", "census-figures")
    columns = (
        *WHO,
        Column("sex", "Sex"),
        Column("census", "Census"),
        Column("type_1", "Type, rank 1"),
        Column("type_2", "Type, rank 2"),
        Column("unit", "SEN unit"),
        Column("resourced", "Resourced"),
        UPN,
        BORN,
    )
    choices = (
        Choice("census", "Census", SEN_STATUSES),
        Choice("year", "Year", YEARS),
        Choice("type", "SEN type", SEN_TYPES),
    )

    def lines(self):
        found = []
        for child in self.children:
            types = [*child.returned_types, "", ""]
            cells = {
                "sex": child.pupil.sex,
                "census": child.census,
                "type_1": types[0],
                "type_2": types[1],
                "unit": child.pupil.sen_unit or "No",
                "resourced": child.pupil.resourced or "No",
            }
            found.append(Line.about(child.pupil, cells, {"type": child.returned_types}))
        return found


class CensusFigures(CensusReport):
    """Census figures: how many N, K and E by year, main need and sex."""

    slug = "census-figures"
    title = "Census figures"
    lead = (
        "How many children are returned, by year, main need and sex. Small numbers stand here as"
        " they are: what goes to governors is the page “For governors”."
    )
    menu = "Beside"
    beside = ("census", "census-return")
    sort = "by"
    groupings = (("Year", year_of), ("Main need", need_of), ("Sex", sex_of))
    columns = (
        Column("by", "By"),
        Column("group", "Group"),
        *(Column(code, f"{code}: {words}", "number") for code, words in SEN_STATUSES),
        Column("all", "All", "number"),
    )
    choices = (Choice("by", "By", tuple(dict(groupings))),)

    def lines(self):
        counted = tally(self.children, self.groupings, attrgetter("census"))
        found = []
        for place, ((by, group), counts) in enumerate(counted.items()):
            cells = {code: counts[code] for code, _ in SEN_STATUSES}
            cells |= {"by": by, "group": group, "all": counts.total()}
            found.append(Line(cells, {"sort:by": place}))
        return found
