"""The provision map: what runs on a day, hours, costs, clashes, and which programmes worked."""

import datetime
import io
import re
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest
import python_calamine
from conftest import TODAY, add_row, sqlite_file, take_to
from web import enter
from year import terms

import models as m
from admin_views.pupil import journey
from audit import log as audit_log
from pathway import clock
from pathway.provision import DAY, ProvisionCost, all_given, note_clashes, running
from people import User
from records.dates import read_slots
from reports.programmes import Programmes
from reports.provision_map import AdultWeeks, ProvisionCosts, ProvisionMap
from reports.report import code_of_words
from reports.roll import placements_seen

START = datetime.date(2026, 11, 2)
END = datetime.date(2026, 12, 18)
LINE = {
    "words": "Precision teaching, ten words",
    "who": "Ann Helper, teaching assistant",
    "role": "ta",
    "group": "Small group (3 to 6)",
    "size": 4,
    "minutes": 20,
    "times": 3,
    "cost": 20,
    "since": START,
    "until": END,
    "when_given": "Mon Wed Fri 9:15",
}


def ran(user, on):
    return running(placements_seen(user, on), on)


DAYS = (TODAY, TODAY - datetime.timedelta(30), TODAY + datetime.timedelta(20))


@pytest.fixture
def settings(acting, cast):
    found = m.Setting.of_school()
    found.rate_ta = Decimal("15")
    found.rate_teacher = Decimal("40")
    found.save()
    return found


def plan_of(pupil, *lines, on=START, status="sealed", kind=m.MyPlan):
    """A plan with these lines of provision, each the usual one but for what is given."""
    plan = kind(pupil=pupil, happened_on=on)
    plan.save()
    aspiration = add_row(plan, "aspirations")
    need = add_row(plan, "needs", aspiration=aspiration)
    outcome = add_row(plan, "outcomes", need=need, words=f"Reads ten words on {on}")
    for line in lines:
        kind.groups()["provision"](plan=plan, **{**LINE, "outcome": outcome, **line}).save()
    kind.update(status=status).where(kind.id == plan.id).execute()
    return plan


def report(cls, user, settings, on=TODAY):
    return cls(user, settings, on)


def test_the_cost_is_that_of_the_pathways_formula(cast, settings, robin):
    take_to(robin, "S2", cast.senco)
    plan_of(robin, {})
    (line,) = report(ProvisionMap, cast.senco, settings).lines()
    # 17 school days to date and 35 in all: 3.4 and 7 weeks, 3 times 20 minutes at £15, by 4
    assert line.cells["to_date"] == Decimal("17.75")
    assert line.cells["full_run"] == Decimal("31.25")
    assert line.cells["hours"] == 1
    assert line.cells["share_hours"] == Decimal("0.25")


def test_a_plan_that_ended_early_costs_what_was_given_on_school_days(cast, settings, robin):
    """By hand: 2 to 17 November is 12 school days, 7 with a week of holidays. 1 hour a week at £15,
    and £20 of resources, by 4 children: (2.4 × 15 + 20) / 4, and (1.4 × 15 + 20) / 4.
    """
    take_to(robin, "S2", cast.senco)
    plan_of(robin, {})
    plan_of(robin, on=datetime.date(2026, 11, 18))
    for holidays, pounds in (("", "14.00"), ("9/11/2026 to 13/11/2026", "10.25")):
        settings.holidays = holidays
        given = all_given(placements_seen(cast.senco, TODAY), TODAY)
        cost = ProvisionCost(settings, given, TODAY)
        assert cost.to_date(given[0], TODAY) == cost.full_run(given[0]) == Decimal(pounds)


def test_what_has_no_end_is_counted_to_the_day_and_to_the_end_of_the_year(cast, settings, robin):
    take_to(robin, "E", cast.senco)
    given = {**LINE, "until": None}
    del given["group"]
    m.PlanProvision(case=m.EhcCase.current(robin), **given).save()
    (line,) = report(ProvisionMap, cast.senco, settings).lines()
    assert (line.cells["to_date"], line.cells["full_run"]) == (Decimal("17.75"), None)
    (line,) = report(ProvisionCosts, cast.senco, settings).lines()
    # 2 November to 31 August: 217 weekdays less 8 bank holidays; (41.8 × 15 + 20) / 4
    assert line.cells["year_planned"] == Decimal("161.75")


def test_what_a_plan_gives_of_section_f_counts_once(cast, settings, robin):
    take_to(robin, "E", cast.senco)
    case = m.EhcCase.current(robin)
    plan = plan_of(robin, {}, kind=m.MyPlanPlus)
    known = {"minutes": 60, "times": 1}
    told = []
    for linked in (None, m.BESIDES, LINE["words"]):
        m.PlanProvision.delete().execute()
        m.PlanProvision(case=case, words="In the words of F", linked=linked, **known).save()
        map_now = report(ProvisionMap, cast.senco, settings)
        lines = map_now.lines()
        twice = sum("May be counted twice" in line.cells["note"] for line in lines)
        told.append((dict(map_now.totals(lines))["Hours a week, children"], twice))
    assert told == [(2, 1), (2, 0), (1, 0)]
    # what is given besides the plan counts, even in the same words
    m.PlanProvision.update(words=LINE["words"], linked=m.BESIDES).execute()
    assert len(ran(cast.senco, TODAY)) == 2
    m.PlanProvision.update(words="In the words of F", linked=LINE["words"]).execute()
    # reworded in the next plan, it is still the same line; without a plan that runs, F counts
    key = plan.rows("provision")[0].line_key
    plan_of(robin, {"words": "Reworded", "line_key": key}, on=TODAY, kind=m.MyPlanPlus)
    assert [one.row.words for one in ran(cast.senco, TODAY)] == ["Reworded"]
    after = END + datetime.timedelta(1)
    assert [one.row.words for one in ran(cast.senco, after)] == ["In the words of F"]


def test_the_stepping_stones_are_those_of_the_newest_plan_whenever_it_was_typed(cast, robin):
    take_to(robin, "S3", cast.senco)
    newest = plan_of(robin, {}, on=TODAY, kind=m.MyPlanPlus)
    typed_after = plan_of(robin, {})
    m.MyPlan.update(entered_at=datetime.datetime(2027, 1, 1)).execute()
    plans = [type(one).get_by_id(one.id) for one in (newest, typed_after)]
    assert journey(plans, {})["plan"] == newest
    plan_of(robin, {}, on=TODAY + datetime.timedelta(1), status="draft")
    plans.append(m.MyPlan.get(m.MyPlan.status == "draft"))
    assert journey(plans, {})["plan"] == newest


@pytest.mark.parametrize(
    "unknown", [{"role": "therapist"}, {"role": None}, {"size": None}, {"until": None}]
)
def test_a_cost_that_nobody_knows_is_not_guessed(cast, settings, robin, unknown):
    take_to(robin, "S2", cast.senco)
    plan_of(robin, unknown)
    (line,) = report(ProvisionMap, cast.senco, settings).lines()
    assert line.cells["full_run"] is None
    if "until" not in unknown:
        assert line.facts["is"] == {"uncosted"}


def test_only_the_newest_agreed_plan_counts_and_only_on_its_days(cast, settings, robin):
    take_to(robin, "S2", cast.senco)
    older = plan_of(robin, {"words": "Older"}, {"words": "Over", "until": START})
    plan_of(robin, {"words": "Draft"}, on=TODAY, status="draft")
    week = datetime.timedelta(7)
    told = [one.row.words for one in ran(cast.senco, START + week)]
    assert told == ["Older"]
    newer = plan_of(robin, {"words": "Newer", "since": TODAY}, on=TODAY)
    assert [one.row.words for one in ran(cast.senco, TODAY)] == ["Newer"]
    assert [one.row.words for one in ran(cast.senco, TODAY - week)] == ["Older"]
    assert [one.row.words for one in ran(cast.senco, END + week)] == []
    # a correction takes the place of what it corrects, and is no cycle of its own
    corrected = plan_of(robin, {"words": "Corrected", "minutes": 40}, on=TODAY)
    m.MyPlan.update(supersedes=newer.id).where(m.MyPlan.id == corrected.id).execute()
    assert [one.row.words for one in ran(cast.senco, TODAY)] == ["Corrected"]
    (line,) = report(ProvisionCosts, cast.senco, settings).lines()
    before = sum(row.minutes * row.times for row in older.provision)
    assert line.cells["change"] == round(Decimal(40 * 3 - before) / 60, 2)


def test_a_teacher_sees_the_own_class_and_no_costs(cast, settings, robin):
    for pupil in (robin, cast.wren):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {})
    mine = report(ProvisionMap, cast.teacher, settings)
    assert [line.pupil for line in mine.lines()] == [robin.id]
    for cls in (ProvisionMap, ProvisionCosts):
        seen = report(cls, cast.teacher, settings)
        costs = [column for column in seen.heads() if column.kind == "money"]
        assert not costs
        assert not [words for words, _ in seen.totals(seen.lines()) if "cost" in words.lower()]


def test_a_group_counts_once_in_the_week_of_its_adult(cast, settings, robin):
    for pupil in (robin, cast.wren):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {"size": 2})
    (line,) = report(AdultWeeks, cast.senco, settings).lines()
    assert line.cells["adult"] == "Ann Helper"
    assert (line.cells["children"], line.cells["lines"]) == (2, 2)
    assert line.cells["share_hours"] == 1
    assert not line.cells["clashes"]


@pytest.mark.parametrize(
    "other, clashes",
    [
        ({}, False),  # one group
        ({"when_given": "Tue 9:15"}, False),
        ({"when_given": "Wed 9:35"}, False),  # begins when the first one ends
        ({"when_given": "Wed 9:30"}, True),
        ({"when_given": "Wed 9:15", "words": "Numicon"}, True),
        ({"when_given": "Wed 9:15", "size": 1}, True),
        ({"words": "Precision teaching, numbers"}, False),  # one programme
        ({"when_given": "Wed 9:15", "words": "Numicon", "who": "Bob Helper"}, False),
        ({"when_given": "after lunch", "words": "Numicon"}, False),
        ({"when_given": "daily 9:15", "words": "Numicon", "minutes": None}, True),
    ],
)
def test_a_clash_of_times_is_told_at_both_lines(cast, settings, robin, other, clashes):
    m.Programme(name="Precision teaching").save()
    for pupil, line in ((robin, {}), (cast.wren, other)):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, line)
    lines = report(ProvisionMap, cast.senco, settings).lines()
    assert [bool(line.cells["clash"]) for line in lines] == [clashes, clashes]


def test_a_clash_names_the_other_child_and_the_access_log_too(cast, settings, robin, empty_portal):
    for pupil, words in ((robin, "Numicon"), (cast.wren, "Word mats")):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {"words": words, "when_given": "Wed 9:15"})
    told = f"Clash of times: Wed 9:15 Numicon ({robin.name})"
    theirs = {line.pupil: line for line in report(ProvisionMap, cast.senco, settings).lines()}
    assert theirs[cast.wren.id].cells["note"] == told
    enter(empty_portal, cast.senco).get(f"/provision-map/?form={cast.wren.form}")
    entry = audit_log.AuditEntry
    assert entry.select().where(entry.pupil_id == robin.id, entry.act == "found").exists()


def test_a_teacher_is_told_of_a_clash_with_a_child_of_another_class_and_not_with_whom(
    cast, settings, robin, empty_portal
):
    for pupil, words in ((robin, "Numicon"), (cast.wren, "Word mats")):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {"words": words, "when_given": "Wed 9:15"})
    cast.teacher.classes = cast.wren.form
    cast.teacher.save()
    told = "Wed 9:15 with another child"
    (line,) = report(ProvisionMap, cast.teacher, settings).lines()
    assert line.cells["note"] == f"Clash of times: {told}"
    (week,) = report(AdultWeeks, cast.teacher, settings).lines()
    assert (week.cells["children"], week.cells["clash"]) == (1, told)
    page = enter(empty_portal, cast.teacher).get("/provision-map/").text
    assert told in page and "Numicon" not in page and robin.surname not in page
    entry = audit_log.AuditEntry
    assert not entry.select().where(entry.pupil_id == robin.id, entry.act == "found").exists()


@pytest.mark.parametrize("size, clashes", [(2, True), (3, False), (None, False)])
def test_more_children_than_the_size_of_a_group_are_two_groups(
    cast, settings, robin, size, clashes
):
    third = m.Pupil(surname="Third", forename="Child", form=robin.form)
    third.save()
    for pupil in (robin, cast.wren, third):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {"size": size})
    lines = report(ProvisionMap, cast.senco, settings).lines()
    assert any(line.cells["clash"] for line in lines) == clashes


def test_what_a_whole_class_is_given_is_one_group_and_another_class_is_not(cast, settings, robin):
    whole = {"group": "Whole class", "size": 28}
    cast.wren.form = robin.form
    cast.wren.save()
    for pupil, words in ((robin, "Word mats"), (cast.wren, "Now and next")):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {**whole, "words": words}, {**whole, "words": "Visual timetable"})
    for form, clashes in ((robin.form, {False}), ("6Z", {True})):
        m.Pupil.update(form=form).where(m.Pupil.id == cast.wren.id).execute()
        lines = report(ProvisionMap, cast.senco, settings).lines()
        assert {bool(line.cells["clash"]) for line in lines} == clashes


def test_the_programme_of_a_line_is_looked_up_once_however_many_lines_meet(cast, robin):
    for pupil in (robin, cast.wren):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {}, {}, {})
    given = ran(cast.senco, TODAY)
    asked = []
    note_clashes(given, asked.append)
    assert len(asked) == len(given) == 6


def test_a_role_is_nobodys_name_and_can_be_in_two_places(cast, settings, robin):
    for pupil, words in ((robin, "Numicon"), (cast.wren, "Word mats")):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {"words": words, "who": "Teaching assistant"})
    assert not any(
        line.cells["clash"] for line in report(ProvisionMap, cast.senco, settings).lines()
    )


def test_a_child_in_two_places_is_told(cast, settings, robin):
    take_to(robin, "S2", cast.senco)
    plan_of(robin, {}, {"who": "Bob Helper", "words": "Numicon", "when_given": "Fri 9:20"})
    lines = report(ProvisionMap, cast.senco, settings).lines()
    assert lines[0].cells["clash"] == "Fri 9:20 Numicon"


@pytest.mark.parametrize(
    "typed, slots",
    [
        ("", []),
        ("after lunch", []),
        ("9:15", []),
        ("Mon Wed 9:15", [(0, 555), (2, 555)]),
        ("Friday 2 pm, Mondays 9.30", [(0, 570), (4, 840)]),
        ("Tue 10:00 and 14:00", [(1, 600), (1, 840)]),
        ("Mon 25:00", []),
        ("Mon-Fri 9:15", [(day, 555) for day in range(5)]),
        ("Tue to Thu 9.15 to 9.35", [(1, 555), (2, 555), (3, 555)]),
        ("Mon 9:15–9:35, 14:00; Weds 10:00", [(0, 555), (0, 840), (2, 600)]),
        ("Every day 1:30", [(day, 810) for day in range(5)]),
        ("Thurs, Thursday 9:15", [(3, 555)]),
        ("once a month, in the Sunshine Room, 9:15", []),
    ],
)
def test_times_of_a_week_are_read(typed, slots):
    assert read_slots(typed) == slots


# --- the demonstration school, counted a second way
@pytest.fixture
def demo(demo_school):
    before, made = audit_log.db.obj, sqlite_file(demo_school[0])
    audit_log.db.initialize(made)
    made.connect(reuse_if_open=True)
    yield made
    made.close()
    audit_log.db.initialize(before)


LINES = "words, line_key, size, minutes, times, role, cost, since, until"
COUNTED = """
WITH placed AS (
    SELECT pupil_id, stage, started_on FROM placement WHERE NOT void AND started_on <= :on
    AND (ended_on IS NULL OR ended_on > :on) AND stage IN ('S1', 'S2', 'S3', 'E')
), plans AS (
    SELECT 1 AS kind, id, pupil_id, happened_on, review_by FROM my_plan WHERE status = 'sealed'
    UNION ALL
    SELECT 2, id, pupil_id, happened_on, review_by FROM my_plan_plus WHERE status = 'sealed'
), newest AS (
    SELECT p.* FROM plans AS p JOIN placed USING (pupil_id) WHERE happened_on = (SELECT
    max(happened_on) FROM plans AS o WHERE o.pupil_id = p.pupil_id AND o.happened_on <= :on)
), lines AS (
    SELECT 1 AS kind, plan_id, lines FROM provision
    UNION ALL SELECT 2, plan_id, lines FROM plus_provision
), own AS (
    SELECT pupil_id, words, line_key, size, minutes, times, role, cost,
    coalesce(since, happened_on) AS first,
    coalesce(until, review_by) AS last, review_by
    FROM newest AS n JOIN lines AS l ON l.kind = n.kind AND l.plan_id = n.id
), section_f AS (
    SELECT pupil_id, words, line_key, size, minutes, times, role, cost,
    coalesce(since, final_on, started_on) AS first, date(until, '-1 day') AS last, NULL, linked
    FROM plan_provision AS r JOIN ehc_case AS c ON c.id = r.case_id
    JOIN placed USING (pupil_id) WHERE stage = 'E' AND coalesce(final_on, :on) <= :on
    AND (closed_on IS NULL OR closed_on > :on)
)
SELECT own.*, NULL FROM own
WHERE :on BETWEEN first AND last OR (last < :on AND coalesce(review_by, last) <= last)
UNION ALL SELECT * FROM section_f AS s WHERE :on BETWEEN first AND coalesce(last, :on)
AND NOT EXISTS (SELECT 1 FROM own AS o WHERE o.pupil_id = s.pupil_id
AND coalesce(linked, '') <> 'Given besides the plan'
AND (lower(o.words) = lower(s.words) OR o.line_key = s.line_key) AND :on BETWEEN o.first AND o.last)
""".replace("plan_id, lines", f"plan_id, {LINES}")


def hours_of(row):
    if row["minutes"] is None or row["times"] is None:
        return None
    return Fraction(str(row["minutes"])) * Fraction(str(row["times"])) / 60


@pytest.mark.parametrize("on", DAYS)
def test_the_map_of_the_demonstration_school_is_what_its_tables_say(demo, on):
    settings = m.Setting.of_school()
    report = ProvisionMap(User.get(User.role == "senco"), settings, on)
    lines = report.lines()
    rows = rows_of(demo, COUNTED, on)
    told = sorted((line.pupil, line.cells["words"]) for line in lines)
    assert told == sorted((row["pupil_id"], row["words"]) for row in rows)
    assert_sum([line.facts["hours"] for line in lines], [hours_of(row) for row in rows])
    for column, last in (("to_date", on), ("full_run", datetime.date.max)):
        expected = [cost_of(row, last, settings) for row in rows]
        assert_sum([line.cells[column] for line in lines], expected)
    old = sum((row["last"] or "9") < on.isoformat() for row in rows)
    assert dict(report.totals(lines)).get("Out of date, not counted", 0) == old
    assert sum("Plan out of date" in line.cells["note"] for line in lines) == old


def test_the_map_the_children_and_the_adults_say_the_same_hours(demo):
    made = []
    for report_class in (ProvisionMap, ProvisionCosts, AdultWeeks):
        one = report_class(User.get(User.role == "senco"), m.Setting.of_school(), TODAY)
        made.append(dict(one.totals(one.lines())))
    of_map, of_children, of_adults = made
    assert of_children["Children with provision now"] == of_map["Children"]
    assert of_children["Hours a week"] == of_map["Hours a week, children"]
    assert of_adults["Hours a week"] == of_map["Hours a week, adults"]


def assert_sum(told, expected):
    """The same in all, to a penny each, and as often not known."""
    assert told.count(None) == expected.count(None)
    told = [one for one in told if one is not None]
    expected = sum(one for one in expected if one is not None)
    assert abs(float(sum(told)) - expected) < 0.01 * len(told)


def cost_of(row, last, settings):
    """£ of one line for its child, added up day by day; None when it is not known."""
    rate = getattr(settings, f"rate_{row['role']}", None)
    last = min(datetime.date.fromisoformat(row["last"] or "9999-12-31"), last)
    if last == datetime.date.max or None in (rate, hours_of(row), row["size"]):
        return None
    day = datetime.date.fromisoformat(row["first"])
    pounds = Fraction(str(row["cost"] or 0))
    while day <= last:
        if clock.is_school_day(day, settings):
            pounds += hours_of(row) * Fraction(str(rate)) / 5
        day += datetime.timedelta(1)
    return pounds / Fraction(str(row["size"]))


PLANS_OF_A_CHILD = """
SELECT p.pupil_id, p.kind || p.id AS plan, p.happened_on, p.review_by, l.* FROM (
    SELECT 'my' AS kind, id, pupil_id, happened_on, review_by FROM my_plan
    WHERE status = 'sealed' AND happened_on <= :on
    AND id NOT IN (SELECT supersedes FROM my_plan WHERE status = 'sealed' AND supersedes > 0)
    UNION ALL SELECT 'plus', id, pupil_id, happened_on, review_by FROM my_plan_plus
    WHERE status = 'sealed' AND happened_on <= :on
    AND id NOT IN (SELECT supersedes FROM my_plan_plus WHERE status = 'sealed' AND supersedes > 0)
) AS p JOIN (
    SELECT 'my' AS kind, plan_id, lines FROM provision
    UNION ALL SELECT 'plus', plan_id, lines FROM plus_provision
) AS l ON l.kind = p.kind AND l.plan_id = p.id ORDER BY p.pupil_id, p.happened_on
""".replace("plan_id, lines", f"plan_id, {LINES}")


def test_the_year_of_each_child_costs_what_its_rows_say(demo):
    """Added up day by day from the raw rows of all agreed plans, by a calendar of its own."""
    on = TODAY
    settings = m.Setting.of_school()
    lines = report(ProvisionCosts, User.get(User.role == "senco"), settings, on).lines()
    plans = defaultdict(list)
    for row in rows_of(demo, PLANS_OF_A_CHILD, on):
        plans[row["pupil_id"]].append(row)
    sections = defaultdict(list)
    for row in rows_of(demo, COUNTED, on):
        if row["review_by"] is None and row["last"] is None:
            sections[row["pupil_id"]].append(row)
    ended = 0
    for line in lines:
        mine = plans[line.pupil]
        days = sorted({row["happened_on"] for row in mine})
        for row in mine:
            row["first"] = row["since"] or row["happened_on"]
            row["last"] = row["until"] or row["review_by"]
            for next_on in days[days.index(row["happened_on"]) + 1 :][:1]:
                last = str(datetime.date.fromisoformat(next_on) - DAY)
                ended += last < row["last"]
                row["last"] = min(row["last"], last)
        for column, last in (("year_to_date", on), ("year_planned", YEAR_ENDS)):
            expected = [year_cost(row, last, settings) for row in mine + sections[line.pupil]]
            told = line.cells[column]
            assert abs(float(told) - sum(filter(None, expected))) < 0.01 * len(expected)
    assert len(lines) > 10 and ended and any(sections.values())


def rows_of(demo, asked, on):
    found = demo.connection().execute(asked, {"on": on.isoformat()})
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


YEAR_BEGINS, YEAR_ENDS = datetime.date(2026, 9, 1), datetime.date(2027, 8, 31)


def year_cost(row, last, settings):
    """£ of one line for its child in the school year, up to a day; None when it is not known."""
    rate = getattr(settings, f"rate_{row['role']}", None)
    if None in (rate, hours_of(row), row["size"]):
        return None
    begins = datetime.date.fromisoformat(row["first"])
    last = min(datetime.date.fromisoformat(row["last"] or "9999-12-31"), last)
    pounds = 0
    if YEAR_BEGINS <= begins <= last:
        pounds += Fraction(str(row["cost"] or 0))
    day = max(begins, YEAR_BEGINS)
    while day <= last:
        if terms.is_school_day(day):
            pounds += hours_of(row) * Fraction(str(rate)) / 5
        day += DAY
    return pounds / Fraction(str(row["size"]))


# --- which programmes worked
def test_a_programme_is_told_by_the_ratings_of_what_it_was_for(cast, settings, robin):
    m.Programme(name="Precision teaching", also="PT").save()
    m.Programme(name="Numicon").save()
    take_to(robin, "S2", cast.senco)
    plan_of(robin, {}, {"words": "PT again"})
    for rating, day in (("Mostly", TODAY), ("A little", TODAY), ("Achieved", START - DAY)):
        review = m.MyPlanReview(pupil=robin, happened_on=day)
        review.save()
        add_row(review, "ratings", outcome=f"Reads ten words on {START}", rating=rating)
        m.MyPlanReview.update(status="sealed").where(m.MyPlanReview.id == review.id).execute()
    lines = {
        line.cells["name"]: line.cells for line in report(Programmes, cast.senco, settings).lines()
    }
    told = lines["Precision teaching"]
    # what was rated before the plan was agreed says nothing about it
    assert (told["children"], told["plans"], told["rated"], told["good"]) == (1, 1, 2, 1)
    assert told["share"] is None and told["note"].startswith("Under 6")
    assert lines["Numicon"]["rated"] == 0


def test_the_longest_name_that_a_line_begins_with_is_its_programme(acting, cast):
    for name in ("Reading", "Reading Recovery"):
        m.Programme(name=name).save()
    find = m.Programme.finder(m.Programme.select())
    assert find("reading recovery, daily").name == "Reading Recovery"
    assert find("Reading with a friend").name == "Reading"
    assert find("A reading corner") is None
    assert find(None) is None


def test_the_word_banks_provision_becomes_programmes(acting, cast):
    for bank, words in (("provision", "Numicon"), ("strategy", "A word mat")):
        m.BankEntry(bank=bank, words=words, area=m.AREAS[1]).save()
    for _ in range(2):
        m.Programme.fill_up()
    assert [(one.name, one.area) for one in m.Programme.select()] == [("Numicon", m.AREAS[1])]
    assert [one.words for one in m.BankEntry.select()] == ["A word mat"]


# --- the screens
PAGES = (
    "/provision-map/",
    "/provision-costs/",
    "/adult-weeks/",
    "/programmes-worked/",
    "/sessions/",
)
USUAL = {"role": "ta", "group": "Pair", "size": 2, "minutes": 15, "times": 5, "evidence": "Chart"}


def test_a_programme_fills_the_empty_boxes_of_its_line(cast, empty_portal, robin):
    m.Programme(name="Numicon", **USUAL).save()
    take_to(robin, "S2", cast.senco)
    plan = plan_of(robin, status="draft")
    client = enter(empty_portal, cast.senco)
    address = f"/my-plan/{plan.id}/edit/"
    sent = {"version": "1", "provision-0-words": "numicon, daily", "provision-0-times": "3"}
    shown = client.post(address, data={**sent, "more": "provision"}).get_data(as_text=True)
    assert 'value="15"' in shown and 'value="Chart"' in shown
    client.post(address, data={**sent, "do": "save"})
    (row,) = plan.provision
    filled = {name: getattr(row, name) for name in USUAL}
    assert filled == {**USUAL, "times": 3}
    assert row.who == "Teaching assistant"


@pytest.mark.parametrize("before, words", [(30, "40 min more than"), (60, "1 h 20 min less than")])
def test_the_childs_page_says_more_or_less(cast, empty_portal, robin, before, words):
    take_to(robin, "S2", cast.senco)
    plan_of(robin, {"minutes": before, "times": 4})
    plan_of(robin, {"minutes": 30, "times": 4}, {"minutes": 40, "times": 1}, on=TODAY)
    page = enter(empty_portal, cast.senco).get(f"/pupil/{robin.id}/").get_data(as_text=True)
    assert f"Provision: 2 h 40 min a week, {words} last cycle" in page


def test_the_spreadsheet_of_the_map_has_every_number_as_one(cast, settings, empty_portal, robin):
    take_to(robin, "S2", cast.senco)
    plan_of(robin, {})
    client = enter(empty_portal, cast.senco)
    data = client.post("/provision-map/spreadsheet/", data={"as": "xlsx"}).data
    heads, row = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    cells = dict(zip(heads, row, strict=True))
    assert (cells["To date"], cells["Full run"], cells["Hours"]) == (17.75, 31.25, 1)
    assert cells["Role"] == "Teaching assistant"


def test_sessions_begin_with_ones_own(cast, empty_portal, robin):
    take_to(robin, "S2", cast.senco)
    theirs = {"words": "Speech games", "who": "Mrs Else"}
    plan_of(robin, {"words": "Number games", "who": cast.teacher.name}, theirs)
    client = enter(empty_portal, cast.teacher)
    of_other = f"?adult={code_of_words('mrs else')}"
    for query, seen in (("?adult=", (True, True)), ("", (True, False)), (of_other, (False, True))):
        page = client.get(f"/sessions/{query}").get_data(as_text=True)
        assert ("Number games" in page, "Speech games" in page) == seen
    assert f'<option value="{code_of_words("mrs else")}" selected>Mrs Else</option>' in page


def test_a_week_is_written_in_one_line_each_and_corrected(cast, empty_portal, robin):
    for pupil in (robin, cast.wren):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {})
    client = enter(empty_portal, cast.teacher)
    page = client.get("/sessions/").get_data(as_text=True)
    (name,) = set(re.findall(r'id="(provision-\d+)"', page))
    for typed, kept in (("2", 2), ("3", 3), ("", 3)):
        client.post("/sessions/", data={name: typed, f"{name}-why": "Ill"})
        (week,) = m.ProvisionWeek.select()
        assert (week.pupil, week.given, week.planned, week.why) == (robin, kept, 3, "Ill")
        assert week.week == datetime.date(2026, 11, 23)
    for wrong in ("many", "51", "-1"):
        answer = client.post("/sessions/", data={name: wrong})
        assert answer.status_code == 422
        assert f'href="#{name}"' in answer.get_data(as_text=True)
    assert m.ProvisionWeek.get().given == 3
    assert enter(empty_portal, cast.head).post("/sessions/", data={name: "1"}).status_code == 403
    assert enter(empty_portal, cast.office).get("/sessions/").status_code == 403


def test_the_pages_ask_the_same_number_of_questions_for_many_children(
    cast, settings, empty_portal, robin, monkeypatch
):
    asked = []
    real = audit_log.db.obj.execute_sql

    def note(sql, params=None, **more):
        asked.append(sql)
        return real(sql, params, **more)

    counts = {}
    client = enter(empty_portal, cast.senco)
    for pupil in (robin, cast.wren):
        take_to(pupil, "S2", cast.senco)
        plan_of(pupil, {}, {"words": "Numicon", "when_given": "Mon 9:20"})
        monkeypatch.setattr(audit_log.db.obj, "execute_sql", note)
        for page in PAGES:
            client.get(page)
            asked.clear()
            assert client.get(page).status_code == 200
            reads = [sql for sql in asked if sql.startswith("SELECT")]
            counts.setdefault(page, []).append(len(reads))
        monkeypatch.setattr(audit_log.db.obj, "execute_sql", real)
    for page, (few, many) in counts.items():
        assert few == many <= 12, (page, few, many)
