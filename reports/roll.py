"""Who was on roll on a day, with stage and needs, and how many there were by group.

Come here to change by what children are counted. The census check and the governors' page use it.
"""

from collections import Counter
from dataclasses import dataclass, field

import workflow
from models import SEN_TYPES, YEARS, Placement, Pupil, SenNeed
from records.dates import short_day

YEAR_NAMES = dict(YEARS)
TYPE_NAMES = dict(SEN_TYPES)
SEXES = {"F": "Female", "M": "Male"}
NO_TYPE = "No SEN type"


@dataclass
class ChildOnRoll:
    """One child on the day: the code of the stage, and [(rank, code)] of the SEN types."""

    pupil: Pupil
    stage: str = "NONE"
    needs: list = field(default_factory=list)

    @property
    def census(self):
        """The code of the SEN provision: N, K or E."""
        return workflow.STAGES[self.stage].census

    @property
    def has_place(self):
        """Whether they have a place in an SEN unit or resourced provision."""
        return "Yes" in (self.pupil.sen_unit, self.pupil.resourced)

    @property
    def types(self):
        return [code for _, code in self.needs]

    @property
    def returned_types(self):
        """What goes into the census: two at most, of children with SEN only."""
        if self.census == "N":
            return []
        return self.types[:2]


def review_cell(placement, when):
    """The day by which a review is due, or in words that it was held and waits for its move."""
    if when and when.state == "held":
        return f"Held {short_day(placement.reviewed_on)}"
    return when.closes if when else None


def children_on_roll(user, day):
    """Every child whom this person may know of and who was on roll on a day, by name."""
    pupils = Pupil.visible_to(user).where(
        Pupil.erased_on.is_null(),
        Pupil.admitted_on.is_null() | (Pupil.admitted_on <= day),
        Pupil.left_on.is_null() | (Pupil.left_on > day),
    )
    held = Placement.select(Placement.pupil, Placement.stage).where(Placement.held_on(day))
    stages = dict(held.tuples())
    needs = needs_on(day)
    found = []
    for pupil in pupils.order_by(Pupil.sort_name, Pupil.id):
        stage = stages.get(pupil.id, "NONE")
        found.append(ChildOnRoll(pupil, stage, needs.get(pupil.id, [])))
    return found


def placements_seen(user, day):
    """The placements of a day on a stage, each with its child whom this person may see, by name."""
    mine = Pupil.visible_to(user).select(Pupil.id)
    held = Placement.select(Placement, Pupil).join(Pupil).where(Placement.held_on(day))
    held = held.where(Placement.pupil.in_(mine), Placement.stage.in_(workflow.OPEN))
    return held.order_by(Pupil.sort_name, Pupil.id)


def needs_on(day):
    """The SEN types that held on a day, the main one first: {pupil: [(rank, code), ...]}."""
    found = {}
    held = SenNeed.select(SenNeed.pupil, SenNeed.rank, SenNeed.code).where(
        SenNeed.code.is_null(False),
        SenNeed.since.is_null() | (SenNeed.since <= day),
        SenNeed.until.is_null() | (SenNeed.until > day),
    )
    for pupil, rank, code in held.order_by(SenNeed.rank, SenNeed.id).tuples():
        found.setdefault(pupil, []).append((rank, code))
    return found


def codes_on(day):
    """The same without their ranks: {pupil: [code, ...]}."""
    return {pupil: [code for _, code in types] for pupil, types in needs_on(day).items()}


# --- groups: each says (where it stands, its words)
def year_of(child):
    year = child.pupil.year
    if year not in YEAR_NAMES:
        return len(YEAR_NAMES), "Not known"
    return list(YEAR_NAMES).index(year), YEAR_NAMES[year]


def need_of(child):
    if child.census == "N" or not child.types:
        return len(TYPE_NAMES), NO_TYPE
    main = child.types[0]
    return list(TYPE_NAMES).index(main), TYPE_NAMES[main]


def sex_of(child):
    words = SEXES.get(child.pupil.sex, "Not known")
    return words, words


def premium_of(child):
    if child.pupil.premium == "Yes":
        return 0, "Pupil premium"
    return 1, "No pupil premium"


def tally(children, groupings, column_of):
    """How many there are by grouping, group and column: {(grouping, group): Counter}, in order."""
    found = {}
    for name, group_of in groupings:
        groups = {}
        for child in children:
            count = groups.setdefault(group_of(child), Counter())
            count[column_of(child)] += 1
        for place, words in sorted(groups):
            found[name, words] = groups[place, words]
    return found
