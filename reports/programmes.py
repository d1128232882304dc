"""What became of the outcomes that each programme was given for."""

from collections import defaultdict

from models import MyPlan, MyPlanPlus, MyPlanPlusReview, MyPlanReview, Programme, Pupil
from reports.report import Column, Line, Report

FEW = 6  # below it, a number says little
GOOD = ("Mostly", "Achieved")
OF_A_STAGE = ((MyPlan, MyPlanReview), (MyPlanPlus, MyPlanPlusReview))


class Programmes(Report):
    """Each programme of the school, with the ratings of what it was given for."""

    slug = "programmes-worked"
    title = "Which programmes worked"
    lead = (
        "How often the outcomes that a programme was given for were rated Mostly or Achieved in an"
        " agreed review. Other things helped as well: it is a question to ask, not a proof."
    )
    sort = "name"
    counted = ("programme", "programmes")
    columns = (
        Column("name", "Programme", wraps=True),
        Column("area", "Area", wraps=True),
        Column("children", "Children", "number"),
        Column("plans", "Plans", "number"),
        Column("rated", "Outcomes rated", "number"),
        Column("good", "Mostly or Achieved", "number"),
        Column("share", "% of rated", "number"),
        Column("note", "Read it with care", wraps=True),
    )

    def lines(self):
        programmes = list(Programme.select())
        found = {programme.name: Tally(programme) for programme in programmes}
        find = Programme.finder(programmes)
        mine = Pupil.visible_to(self.user).select(Pupil.id)
        for plan_class, review_class in OF_A_STAGE:
            aims = defaultdict(list)
            for words, aim, pupil, day, plan in provided(plan_class, mine):
                programme = find(words)
                if programme:
                    found[programme.name].pupils.add(pupil)
                    found[programme.name].plans.add((plan_class, plan))
                aims[pupil, aim].append((day, plan, programme))
            for aim, rating, pupil, day in rated(review_class, mine):
                for name in names_of(aims[pupil, aim], day):
                    found[name].ratings.append(rating)
        return [tally.line() for tally in found.values()]


class Tally:
    """What is counted of one programme."""

    def __init__(self, programme):
        self.programme = programme
        self.pupils = set()
        self.plans = set()
        self.ratings = []

    def line(self):
        rated = len(self.ratings)
        good = sum(rating in GOOD for rating in self.ratings)
        note = ""
        if rated < FEW:
            note = f"Under {FEW} ratings: too few to tell"
        elif len(self.pupils) < FEW:
            note = f"Under {FEW} children"
        cells = {
            "name": self.programme.name,
            "area": self.programme.area,
            "children": len(self.pupils),
            "plans": len(self.plans),
            "rated": rated,
            "good": good,
            "share": round(100 * good / rated) if rated >= FEW else None,
            "note": note,
        }
        return Line(cells)


def provided(plan_class, mine):
    """The lines of agreed plans: (what, outcome, pupil, day, number of the plan)."""
    row_class = plan_class.groups()["provision"]
    outcome_class = plan_class.groups()["outcomes"]
    asked = (row_class.words, outcome_class.words, plan_class.pupil, plan_class.happened_on)
    return (
        row_class.select(*asked, plan_class.id)
        .join(plan_class, on=(row_class.plan == plan_class.id))
        .join(outcome_class, on=(row_class.outcome == outcome_class.id))
        .where(plan_class.status == "sealed", plan_class.pupil.in_(mine))
        .tuples()
    )


def rated(review_class, mine):
    """The ratings of agreed reviews: (outcome, rating, pupil, day)."""
    row_class = review_class.groups()["ratings"]
    asked = (row_class.outcome, row_class.rating, review_class.pupil, review_class.happened_on)
    return (
        row_class.select(*asked)
        .join(review_class, on=(row_class.form == review_class.id))
        .where(review_class.status == "sealed", review_class.pupil.in_(mine))
        .where(row_class.rating.is_null(False))
        .tuples()
    )


def names_of(lines, day):
    """The programmes for an outcome in the last plan before a day: {name, ...}."""
    before = [line for line in lines if line[0] <= day]
    if not before:
        return set()
    newest = max(line[:2] for line in before)
    return {line[2].name for line in before if line[:2] == newest and line[2]}
