"""The dates: review windows, school days and holidays, months, and the local authority's clock."""

import datetime
import hashlib

import pytest
from conftest import TODAY, press, ready, take_step, take_to

import models as m
import workflow as w
from pathway import clock

D = datetime.date
STARTED = D(2026, 11, 24)
CHRISTMAS = "19/12/2026 to 3/1/2027"


def settings(**more):
    """The settings of a school, not saved."""
    return m.Setting(**more)


# --- windows
@pytest.mark.parametrize(
    "stage, opens, closes",
    [
        ("S1", D(2027, 1, 5), D(2027, 2, 16)),
        ("S2", STARTED, D(2027, 1, 5)),
        ("S3", D(2027, 1, 5), D(2027, 2, 16)),
        # "12 months starting with" the day (CFA 2014, s.44), and ten weeks before that
        ("E", D(2027, 9, 14), D(2027, 11, 23)),
    ],
)
def test_each_stage_has_its_window(stage, opens, closes):
    found = clock.window(w.STAGES[stage], STARTED, settings(), STARTED)
    assert (found.opens, found.closes) == (opens, closes)


@pytest.mark.parametrize("stage", ["NONE", "LEFT", "OFF"])
def test_a_stage_that_is_closed_has_no_clock(stage):
    assert clock.window(w.STAGES[stage], STARTED, settings(), STARTED) is None


@pytest.mark.parametrize(
    "on, state",
    [
        (STARTED, "waiting"),
        (D(2027, 1, 4), "waiting"),
        (D(2027, 1, 5), "open"),
        (D(2027, 2, 1), "open"),
        (D(2027, 2, 2), "due soon"),
        (D(2027, 2, 16), "due soon"),
        (D(2027, 2, 17), "overdue"),
    ],
)
def test_a_review_on_the_closing_day_is_in_time_and_overdue_the_next(on, state):
    assert clock.window(w.STAGES["S1"], STARTED, settings(), on).state == state


@pytest.mark.parametrize(
    "on, state",
    [
        (STARTED, "open"),
        (D(2026, 12, 22), "due soon"),
        (D(2027, 1, 5), "due soon"),
        (D(2027, 1, 6), "overdue"),
    ],
)
def test_a_my_plan_review_opens_at_once(on, state):
    assert clock.window(w.STAGES["S2"], STARTED, settings(), on).state == state


def test_the_weeks_are_those_of_the_settings():
    mine = settings(stage_1_opens=4, stage_1_closes=8, due_soon_days=3)
    found = clock.window(w.STAGES["S1"], STARTED, mine, D(2027, 1, 16))
    assert (found.opens, found.closes, found.state) == (D(2026, 12, 22), D(2027, 1, 19), "due soon")


def test_the_window_of_a_stage_starts_on_the_day_of_the_move(robin, cast):
    placed = take_to(robin, "S1", cast.senco, D(2026, 9, 1))
    assert (w.clock_of(placed).opens, w.clock_of(placed).closes) == (
        D(2026, 10, 13),
        D(2026, 11, 24),
    )


@pytest.mark.parametrize(
    "name",
    [mv.name for mv in w.MOVES if mv.rows and mv.to in mv.from_ and not w.STAGES[mv.to].months],
)
def test_the_window_of_a_new_cycle_starts_from_the_day_of_the_review(robin, cast, name):
    move = w.move_named(name)
    was = ready(move, robin, cast.senco)
    held = w.PupilContext(robin, cast.senco).review.happened_on
    fresh = press(name, robin, cast.senco, on=held + datetime.timedelta(5))
    assert w.clock_of(fresh).closes == clock.add_weeks(
        held, {"S1": 12, "S2": 6, "S3": 12}[move.to], settings()
    )
    assert fresh.cycle == was.cycle + 1


def test_a_move_to_another_stage_starts_its_window_on_its_own_day(robin, cast):
    ready(w.move_named("Move to Stage 2"), robin, cast.senco)
    assert w.clock_of(press("Move to Stage 2", robin, cast.senco, on=D(2026, 10, 20))).closes == D(
        2026, 12, 1
    )


def test_typing_in_a_plan_does_not_move_the_window(robin, cast):
    ready(w.move_named("Move to Stage 3"), robin, cast.senco, row="1")
    before = w.clock_of(m.Placement.current(robin))
    w.new_version(w.PupilContext(robin, cast.senco).paper("plan")[1], cast.senco)
    assert w.clock_of(m.Placement.current(robin)) == before


def test_the_next_annual_review_runs_from_the_meeting_until_the_decision_is_known(robin, cast):
    fresh = ready(w.move_named("Annual review held"), robin, cast.senco)
    fresh = press("Annual review held", robin, cast.senco)
    assert w.clock_of(fresh).closes == D(2027, 10, 12)
    case = m.EhcCase.current(robin)
    take_step("Plan kept as it is", case, cast.senco, D(2026, 10, 20))
    assert w.clock_of(m.Placement.current(robin)).closes == D(2027, 10, 19)


# --- months and weeks
@pytest.mark.parametrize(
    "start, months, end",
    [
        (D(2028, 2, 29), 12, D(2029, 2, 28)),
        (D(2027, 2, 28), 12, D(2028, 2, 28)),
        (D(2026, 1, 31), 1, D(2026, 2, 28)),
        (D(2028, 1, 31), 1, D(2028, 2, 29)),
        (D(2026, 3, 31), 1, D(2026, 4, 30)),
        (D(2026, 12, 1), 1, D(2027, 1, 1)),
        (D(2026, 11, 24), 12, D(2027, 11, 24)),
        (D(2026, 1, 15), 0, D(2026, 1, 15)),
        (D(2026, 12, 31), 2, D(2027, 2, 28)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(start, months, end):
    assert clock.add_months(start, months) == end


@pytest.mark.parametrize(
    "only, weeks, end",
    [
        ("No", 6, D(2027, 1, 5)),
        ("No", 12, D(2027, 2, 16)),
        ("Yes", 6, D(2027, 1, 19)),
        ("Yes", 3, D(2026, 12, 15)),
        ("Yes", 0, STARTED),
    ],
)
def test_weeks_are_calendar_weeks_or_school_weeks_as_the_school_has_set(only, weeks, end):
    assert (
        clock.add_weeks(STARTED, weeks, settings(school_weeks_only=only, holidays=CHRISTMAS)) == end
    )


def test_counting_school_weeks_ends_even_when_the_holidays_do_not():
    endless = settings(school_weeks_only="Yes", holidays="1/1/2026 to 1/1/2040")
    assert clock.add_weeks(STARTED, 6, endless) < D(2029, 1, 1)


HALF_TERM = "15/2/2027 to 19/2/2027"
ALL_YEAR = "1/1/2026 to 31/12/2027"


@pytest.mark.parametrize(
    "stage, start, holidays, due",
    [
        ("S2", STARTED, "", D(2027, 1, 5)),
        ("S2", STARTED, "19/12/2026 to 6/1/2027", D(2026, 12, 18)),
        ("S2", D(2026, 11, 13), CHRISTMAS, D(2026, 12, 18)),  # from 25 December
        ("S2", D(2026, 11, 13), "", D(2026, 12, 24)),
        ("S2", D(2027, 3, 22), "", D(2027, 4, 30)),  # from May Day
        ("S1", STARTED, HALF_TERM, D(2027, 2, 12)),
        ("S3", STARTED, HALF_TERM, D(2027, 2, 12)),
        ("S2", D(2026, 11, 7), "", D(2026, 12, 18)),  # from a Saturday
        ("E", D(2026, 11, 14), CHRISTMAS, D(2027, 11, 13)),  # a Saturday, never rolled
        # a window that is all holiday ends with the holiday: never on the day it begins
        ("S1", STARTED, ALL_YEAR, D(2028, 1, 4)),
        ("S2", D(2026, 7, 21), "22/7/2026 to 1/9/2026", D(2026, 9, 2)),
    ],
)
def test_a_due_day_on_which_school_is_closed_is_the_last_school_day_before(
    stage, start, holidays, due
):
    assert clock.window(w.STAGES[stage], start, settings(holidays=holidays), start).closes == due


def test_a_due_day_is_never_moved_before_the_window_opens():
    mine = settings(holidays="6/1/2027 to 16/2/2027")
    found = clock.window(w.STAGES["S1"], STARTED, mine, STARTED)
    assert found.opens == found.closes == D(2027, 1, 5)


# the bank holidays of 2026 to 2040 on weekdays, as the package `holidays` 0.109 has them for
# England and Wales; those of the first two years by name
BANK_HOLIDAYS = "d4c6bb9e9df2a586e437e1524afa90ef57834fdb4d80ec101acf39f8c12f736a"


def test_bank_holidays_are_those_of_the_government():
    days = sorted(str(day) for year in range(2026, 2041) for day in clock.bank_holidays(year))
    assert days[:16] == [
        *("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04"),
        *("2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28"),
        *("2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03"),
        *("2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28"),
    ]
    assert hashlib.sha256("\n".join(days).encode()).hexdigest() == BANK_HOLIDAYS


def test_school_days_are_counted_without_bank_holidays():
    assert clock.school_days_after(D(2027, 4, 23), 15, settings()) == D(2027, 5, 17)


@pytest.mark.parametrize(
    "typed, spans",
    [
        (CHRISTMAS, [(D(2026, 12, 19), D(2027, 1, 3))]),
        ("4/5/2026", [(D(2026, 5, 4), D(2026, 5, 4))]),
        ("19/12/2026\t3/1/2027\tClosed to all", [(D(2026, 12, 19), D(2027, 1, 3))]),
        ("\t3/1/2027\tChristmas", []),
        ("4/5/2026\t\tMay Day", [(D(2026, 5, 4), D(2026, 5, 4))]),
        ("next week\n4/5/2026", [(D(2026, 5, 4), D(2026, 5, 4))]),
        (None, []),
        ("", []),
    ],
)
def test_a_holiday_line_is_two_days_or_one(typed, spans):
    assert clock.holidays(settings(holidays=typed)) == spans


def test_an_empty_holiday_line_closes_no_day():
    assert clock.is_school_day(STARTED, settings(holidays=f"\n \n{CHRISTMAS}\n"))


@pytest.mark.parametrize(
    "typed, words",
    [
        (CHRISTMAS, {}),
        ("", {}),
        (None, {}),
        (f"{CHRISTMAS}\n\n4/5/2026", {}),
        ("Christmas", {0: "line 1: “Christmas” is not a date"}),
        ("\t3/1/2027\tChristmas", {0: "write its first day"}),
        ("19/12/2026 to then", {0: "“then” is not a date"}),
        ("3/1/2027 to 19/12/2026\n4/5/2026\nnever", {0: "ends before it", 2: "“never”"}),
        ("3/1/2027\t19/12/2026\tChristmas", {0: "ends before it begins"}),
        (f"{CHRISTMAS}\n4/1/2027 to 5/1/2027", {}),
        (f"1/1/2027\n{CHRISTMAS}", {1: "has days that line 1 has too"}),
    ],
)
def test_each_holiday_line_that_cannot_be_is_named(typed, words):
    found = dict(clock.holiday_faults(typed))
    assert found.keys() == words.keys()
    for place, said in words.items():
        assert said in found[place]


# --- the local authority's
def case(state="requested", **days):
    """An EHC case with these dates."""
    pupil = m.Pupil(year=days.pop("year", "5"))
    return m.EhcCase(state=state, pupil=pupil, **days)


def due_in(case, closes=None, on=TODAY):
    """The dates of a case that are open: {question: day}."""
    lines = clock.case_dates(case, closes, settings(), on)
    return {line.name: line.due for line in lines if line.done is None}


@pytest.mark.parametrize(
    "state, known, due",
    [
        (
            "requested",
            {},
            {
                "decided_assess_on": D(2027, 1, 5),
                "decided_issue_on": D(2027, 3, 16),
                "final_on": D(2027, 4, 13),
            },
        ),
        ("refused_assess", {"decided_assess_on": STARTED}, {}),
        ("refused_issue", {"decided_assess_on": STARTED, "decided_issue_on": STARTED}, {}),
        # 15 days that begin with the day it is served
        (
            "draft",
            {"decided_assess_on": STARTED, "draft_served_on": STARTED},
            {"final_on": D(2027, 4, 13), "draft_answered_on": D(2026, 12, 8)},
        ),
        # the decision to issue was never written down
        ("final", {"final_on": D(2027, 5, 1)}, {}),
        # after an order other limits run (SEND Regulations 2014, reg. 44 and 45)
        (
            "assessing",
            {"decided_assess_on": STARTED, "assess_ordered_on": D(2027, 6, 1)},
            {"decided_issue_on": D(2027, 8, 10), "final_on": D(2027, 9, 7)},
        ),
        (
            "after_all",
            {"decided_issue_on": STARTED, "issue_ordered_on": D(2027, 6, 1)},
            {"draft_served_on": D(2027, 7, 6), "final_on": D(2027, 8, 17)},
        ),
    ],
)
def test_the_local_authority_is_waited_for_only_while_a_step_is_open(state, known, due):
    assert due_in(case(state, received_on=STARTED, **known)) == due


@pytest.mark.parametrize(
    "state, asked, answered, due",
    [
        ("assessing", "advice_asked_on", "advice_sent_on", D(2027, 1, 5)),
        ("draft", "consulted_on", "consultation_answered_on", D(2026, 12, 8)),
    ],
)
def test_what_the_local_authority_asks_has_a_day_too(state, asked, answered, due):
    assert due_in(case(state, **{asked: STARTED}))[answered] == due
    assert answered not in due_in(case(state, **{asked: STARTED, answered: TODAY}))


def test_a_reason_that_the_law_knows_stops_the_word_late_for_the_authority_only():
    late = case(received_on=D(2026, 1, 1), advice_asked_on=D(2026, 1, 1))
    lines = clock.case_dates(late, None, settings(), TODAY)
    assert {line.name for line in lines if line.is_late(TODAY)} == {
        "decided_assess_on",
        "decided_issue_on",
        "final_on",
        "advice_sent_on",
    }
    late.exception = "Exceptional personal circumstances"
    lines = clock.case_dates(late, None, settings(), TODAY)
    assert [line.name for line in lines if line.is_late(TODAY)] == ["advice_sent_on"]


def test_no_clock_runs_before_the_request_is_received():
    assert due_in(case("preparing")) == {}


def test_the_local_authoritys_days_are_never_moved_for_holidays():
    closed = settings(holidays="1/1/2027 to 31/12/2027", school_weeks_only="Yes")
    lines = clock.case_dates(case(received_on=STARTED), None, closed, TODAY)
    assert D(2027, 1, 5) in [line.due for line in lines]


@pytest.mark.parametrize(
    "decided, certificate, last",
    [
        (D(2026, 9, 1), None, D(2026, 11, 1)),
        (D(2026, 9, 1), D(2026, 9, 8), D(2026, 11, 1)),
        (D(2026, 9, 1), D(2026, 10, 20), D(2026, 11, 20)),
        (D(2026, 1, 1), None, None),
    ],
)
def test_an_appeal_has_two_months_or_one_from_the_certificate(decided, certificate, last):
    decision = m.CaseDecision(what="Plan refused", on=decided, certificate_on=certificate)
    lines = clock.appeal_dates(decision, D(2026, 11, 1))
    assert [line.due for line in lines] == ([last] if last else [])
    assert not any(line.is_late(D(2027, 1, 1)) for line in lines)
    assert clock.appeal_dates(m.CaseDecision(what="Will assess", on=decided), decided) == []


# --- the year of an annual review
ENDS = D(2027, 11, 23)


@pytest.mark.parametrize(
    "known, due",
    [
        ({}, {"planned_on": D(2027, 9, 28), "held_on": D(2027, 10, 26)}),
        (
            {"planned_on": D(2027, 10, 5)},
            {
                "asked_on": D(2027, 9, 7),
                "invited_on": D(2027, 9, 21),
                "papers_on": D(2027, 9, 21),
                "held_on": D(2027, 10, 5),
            },
        ),
        # what was not written down before the meeting is over
        (
            {"held_on": D(2027, 10, 5)},
            {"report_on": D(2027, 10, 19), "decided_on": D(2027, 11, 2)},
        ),
        (
            {
                "held_on": D(2027, 10, 5),
                "decided_on": D(2027, 11, 1),
                "decision": m.TO_AMEND,
            },
            {"amended_on": D(2027, 12, 28)},
        ),
        (
            {
                "held_on": D(2027, 10, 5),
                "decided_on": D(2027, 10, 20),
                "decision": m.TO_AMEND,
                "notice_on": D(2027, 10, 20),
            },
            {"amended_on": D(2027, 12, 15)},
        ),
        ({"held_on": D(2027, 10, 5), "decided_on": TODAY, "decision": "Plan kept as it is"}, {}),
    ],
)
def test_a_review_year_has_its_dates(known, due):
    lines = clock.year_dates(m.ReviewYear(**known), ENDS)
    assert {line.name: line.due for line in lines if not line.done} == due


@pytest.mark.parametrize(
    "year, last_year, on, due",
    [
        ("6", "6", D(2026, 10, 1), D(2027, 2, 15)),
        ("6", "6", D(2027, 7, 1), D(2027, 2, 15)),
        ("2", "2", D(2026, 10, 1), D(2027, 2, 15)),
        ("N2", "N2", D(2026, 10, 1), D(2027, 2, 15)),
        ("11", "11", D(2026, 10, 1), D(2027, 3, 31)),
        ("6", "11", D(2026, 10, 1), None),
        ("5", "6", D(2026, 10, 1), None),
    ],
)
def test_in_the_last_year_the_plan_for_the_next_phase_has_its_day(year, last_year, on, due):
    mine = case("final", year=year)
    lines = clock.phase_dates(mine, settings(last_year=last_year), on)
    assert [line.due for line in lines] == ([due] if due else [])
    mine.phase_final_on = on
    assert all(line.done for line in clock.phase_dates(mine, settings(last_year=last_year), on))
