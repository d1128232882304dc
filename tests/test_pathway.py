"""One test for each transition of the pathway (T01 to T29) that shows what it does."""

import datetime

import pytest
from conftest import (
    HELD,
    ON,
    START,
    TODAY,
    add_row,
    agreed,
    do_papers,
    hold_review,
    home_tasks,
    press,
    ready,
    ready_for,
    take_step,
    take_to,
    write,
)

import models as m
import workflow as w
from records.record import Clash

D = datetime.date


def lists(pupil):
    """The list rows in force: [(list, from, to)]."""
    rows = (
        m.ListMembership.select()
        .where(m.ListMembership.pupil == pupil, ~m.ListMembership.void)
        .order_by(m.ListMembership.id)
    )
    return [(r.list, r.started_on, r.ended_on) for r in rows]


def letter_of(placement):
    """The one letter that a move made."""
    return m.Letter.get(m.Letter.placement == placement)


def do(name, pupil, user, row=None, stage=None, **given):
    """Bring a pupil to where a move is possible and make it; the new placement."""
    ready(w.move_named(name), pupil, user, stage, row)
    return press(name, pupil, user, **given)


def test_t01_a_concern_puts_the_child_on_the_concerns_list(robin, cast):
    placed = press("Place on Concerns List", robin, cast.senco, on=START)
    assert (placed.stage, placed.cycle, placed.episode, lists(robin)) == (
        "S1",
        1,
        1,
        [("CONCERNS", START, None)],
    )
    assert (w.clock_of(placed).opens, w.clock_of(placed).closes) == (
        D(2026, 10, 13),
        D(2026, 11, 24),
    )
    assert "by Tuesday 24 November 2026" in letter_of(placed).body


@pytest.mark.parametrize(
    "gap", ["senco_consulted_on", "consent", "told_on", "key_concerns", "used", "added"]
)
def test_t02_a_record_of_concern_needs_senco_concern_strategies_and_the_talk_with_the_family(
    robin, cast, gap
):
    take_to(robin, "S1", cast.senco)
    form = write(m.RecordOfConcern, robin, cast.senco)
    (
        [row.remove() for row in getattr(form, gap)]
        if gap in form.groups()
        else setattr(form, gap, None)
    )
    assert gap in dict(w.missing(form, cast.senco))


def test_t03_a_review_of_stage_1_rates_each_strategy_and_says_who_was_part_of_it(robin, cast):
    take_to(robin, "S1", cast.senco)
    do_papers(robin, cast.senco)
    review = write(m.ConcernReview, robin, cast.senco, HELD, achieved="Yes")
    assert review.ratings.get().strategy == m.StrategyAdded.get().strategy
    review.parent_involved, review.child_involved = "No", "In part"
    assert {"parent_why", "child_why"} <= set(dict(w.missing(review, cast.senco)))


def test_t04_progress_takes_the_child_off_the_list_and_keeps_what_helped(robin, cast):
    take_to(robin, "S1", cast.senco)
    do_papers(robin, cast.senco)
    review = write(m.ConcernReview, robin, cast.senco, HELD, achieved="Yes")
    for strategy, effect in (
        ("Pictures", "2"),
        ("A quiet corner", "1"),
        ("Shouting", "-2"),
        ("Nothing", "0"),
    ):
        add_row(review, "ratings", strategy=strategy, effect=effect)
    w.agree(review, cast.senco)
    placed = press("Take off Concerns List", robin, cast.senco)
    assert (placed.stage, lists(robin)) == ("LEFT", [("CONCERNS", START, ON)])
    assert {s.strategy for s in m.Strategy.select()} == {"Pictures", "A quiet corner"}
    assert "no longer on our Concerns List" in letter_of(placed).body


def test_t05_moving_to_stage_2_puts_the_child_on_the_sen_list(robin, cast):
    placed = do("Move to Stage 2", robin, cast.senco, sen_type="NSA")
    assert lists(robin) == [("CONCERNS", START, ON), ("SEN", ON, None)]
    assert (w.STAGES[placed.stage].local, w.STAGES[placed.stage].census, placed.cycle) == (
        "K",
        "K",
        1,
    )
    assert (robin.primary_type(), robin.sen_needs.get().since) == ("NSA", ON)
    assert w.clock_of(placed).closes == D(2026, 12, 1)
    assert "receives SEN support" in letter_of(placed).body


def test_t06_watching_again_opens_a_new_cycle_with_a_reason(robin, cast):
    placed = do("Watch for another cycle", robin, cast.senco, reason="Some progress")
    assert (placed.stage, placed.cycle, placed.reason, lists(robin)) == (
        "S1",
        2,
        "Some progress",
        [("CONCERNS", START, None)],
    )


def test_t06_watching_again_carries_the_record_on_and_nothing_is_typed_again(robin, cast):
    take_to(robin, "S1", cast.senco)
    record = write(m.RecordOfConcern, robin, cast.senco)
    add_row(record, "added", strategy="Shouting", who="A teacher")
    w.agree(record, cast.senco)
    review = write(m.ConcernReview, robin, cast.senco, HELD, achieved="No")
    first, shouting = review.ratings
    first.effect, shouting.effect = "1", "-2"
    first.save(), shouting.save()
    w.agree(review, cast.senco)
    press("Watch for another cycle", robin, cast.senco)
    fresh = w.PupilContext(robin, cast.senco).paper("plan")[1]
    tried = {row.strategy: (row.effect, row.until) for row in fresh.used}
    assert tried[first.strategy] == ("1", HELD) and tried["Shouting"] == ("-2", HELD)
    assert [row.strategy for row in fresh.added] == [first.strategy], "what made it worse ends"
    assert (fresh.status, fresh.happened_on, w.missing(fresh, cast.senco)) == ("draft", ON, [])
    w.perform(w.UNDO, robin, cast.senco, {"reason": "Wrong child"}, on=TODAY)
    assert m.RecordOfConcern.select().count() == 1


def test_t07_entered_in_error_opens_the_previous_stage_again_and_marks_what_was_wrong(robin, cast):
    placed = do("Move to Stage 2", robin, cast.senco)
    w.perform(w.UNDO, robin, cast.senco, {"reason": "Wrong child"}, on=TODAY)
    assert (m.Placement.stage_of(robin), lists(robin)) == ("S1", [("CONCERNS", START, None)])
    assert m.Placement.get_by_id(placed.id).void and letter_of(placed).void


def test_t08_direct_entry_to_stage_2_keeps_why(robin, cast):
    placed = press(
        "Start at Stage 2",
        robin,
        cast.senco,
        on=START,
        why_direct="Diagnosis",
        reason="Seen in June",
    )
    assert (placed.stage, placed.reason, lists(robin)) == (
        "S2",
        "Seen in June",
        [("SEN", START, None)],
    )
    assert "Why does the pupil start here?: Diagnosis" in placed.answers


@pytest.mark.parametrize(
    "gap",
    [
        "aspirations",
        "needs",
        "outcomes",
        "provision",
        "child_consulted",
        "parent_consulted",
    ],
)
def test_t09_a_my_plan_needs_its_four_stepping_stones_and_both_voices(robin, cast, gap):
    take_to(robin, "S2", cast.senco)
    form = write(m.MyPlan, robin, cast.senco)
    if gap in form.groups():
        for group in list(reversed(form.groups()))[: list(reversed(form.groups())).index(gap) + 1]:
            [row.remove() for row in getattr(form, group)]
    else:
        setattr(form, gap, None)
    assert gap in dict(w.missing(form, cast.senco))


def test_t10_a_my_plan_review_rates_the_outcomes_and_answers_the_chart(robin, cast):
    take_to(robin, "S2", cast.senco)
    do_papers(robin, cast.senco)
    review = write(m.MyPlanReview, robin, cast.senco, HELD)
    review.ratings.get().remove()
    assert {"ratings", "achieved"} <= {name for name, _ in w.missing(review, cast.senco)}


def test_t11_a_copied_plan_runs_through_its_own_cycle(robin, cast):
    take_to(robin, "S2", cast.senco)
    plan = write(m.MyPlan, robin, cast.senco)
    need = plan.needs.get()
    m.Aspiration.update(horizon="Adult life").where(m.Aspiration.plan == plan).execute()
    far = ON + datetime.timedelta(365)
    for by, until in ((ON, HELD), (far, far), (far, None)):
        outcome = add_row(plan, "outcomes", need=need, by=by)
        add_row(plan, "provision", outcome=outcome, since=START, until=until)
    w.agree(plan, cast.senco)
    hold_review(robin, cast.senco, "1")
    placed = press("New My Plan cycle", robin, cast.senco)
    fresh = w.PupilContext(robin, cast.senco).paper("plan")[1]
    due = w.clock_of(placed).closes
    assert [row.by for row in fresh.outcomes] == [None, None, far, far]
    assert [row.until for row in fresh.provision] == [None, due, far, None]
    assert {row.since for row in fresh.provision} == {ON}
    lacks = [name for name, _ in fresh.missing() if name.startswith("outcomes")]
    assert lacks == ["outcomes-0-by", "outcomes-1-by"]


@pytest.mark.parametrize("row", ["1", "5"])
def test_t11_a_new_my_plan_cycle_copies_what_is_not_finished(robin, cast, row):
    take_to(robin, "S2", cast.senco)
    plan = do_papers(robin, cast.senco)
    more = add_row(w.new_version(plan, cast.senco), "outcomes", words="Ties shoes")
    add_row(more.parent(), "provision", outcome=more)
    w.agree(more.parent(), cast.senco)
    review = write(
        m.MyPlanReview,
        robin,
        cast.senco,
        HELD,
        achieved="No",
        appropriate="Yes" if row == "1" else "No",
        onward=None if row == "1" else "No",
    )
    done = next(r for r in review.ratings if r.outcome == "Ties shoes")
    done.rating = "Achieved"
    done.save()
    w.agree(review, cast.senco)
    placed = press("New My Plan cycle", robin, cast.senco, changes="New target")
    fresh = w.PupilContext(robin, cast.senco).paper("plan")[1]
    assert (placed.cycle, placed.reason, fresh.status, fresh.review_by) == (
        2,
        "New target",
        "draft",
        None,
    )
    assert [str(o) for o in fresh.outcomes] == [str(plan.outcomes.get())]
    assert [p.outcome.parent() for p in fresh.provision] == [fresh]


def test_t12_barriers_overcome_ends_support(robin, cast):
    placed = do("Remove from SEN List", robin, cast.senco)
    assert (placed.stage, w.STAGES["LEFT"].census, lists(robin)) == (
        "LEFT",
        "N",
        [("SEN", START, ON)],
    )
    assert (robin.sen_needs.get().until, robin.primary_type()) == (ON, None)
    assert "no longer needs SEN support" in letter_of(placed).body


@pytest.mark.parametrize("row", ["3", "4"])
def test_t13_more_help_needed_begins_my_plan_plus(robin, cast, row):
    placed = do("Move to Stage 3", robin, cast.senco, row)
    assert (w.STAGES[placed.stage].local, placed.cycle, lists(robin)) == (
        "K+",
        1,
        [("SEN", START, None)],
    )
    assert (w.clock_of(placed).opens, w.clock_of(placed).closes) == (D(2026, 12, 1), D(2027, 1, 12))
    assert isinstance(w.PupilContext(robin, cast.senco).paper("plan")[1], m.MyPlanPlus)


def test_t14_stage_3_can_begin_between_reviews_with_a_reason(robin, cast):
    placed = do("Move to Stage 3 between reviews", robin, cast.senco, reason="A year on My Plan")
    assert (placed.stage, placed.reason) == ("S3", "A year on My Plan")


def test_t15_stepping_down_to_the_concerns_list_ends_support_and_watches(robin, cast):
    placed = do("Step down to Concerns List", robin, cast.senco)
    assert (placed.stage, lists(robin), robin.primary_type()) == (
        "S1",
        [("SEN", START, ON), ("CONCERNS", ON, None)],
        None,
    )
    assert w.clock_of(placed).closes == D(2027, 1, 12)


def test_t16_direct_entry_to_stage_3(robin, cast):
    placed = press("Start at Stage 3", robin, cast.senco, on=START, sen_type="ASD")
    assert (placed.stage, lists(robin), robin.primary_type()) == (
        "S3",
        [("SEN", START, None)],
        "ASD",
    )


def test_t17_each_of_the_five_forms_is_received_or_declined_before_the_plan(robin, cast):
    take_to(robin, "S3", cast.senco)
    plan = write(m.MyPlanPlus, robin, cast.senco)
    sides = [p.form for p in w.PAPERS if p.kind == "side"]
    assert len(sides) == 5
    for at, side in enumerate(sides):
        assert sides[at].kind_name() in str(w.missing(plan, cast.senco))
        if at % 2:
            agreed(side, robin, cast.senco)
        else:
            w.decline(w.start_form(side, robin, cast.senco)[0], cast.senco, "Does not apply.")
    assert w.missing(plan, cast.senco) == []


@pytest.mark.parametrize("gap", ["discussed", "consent_gained", "outcomes"])
def test_t18_a_my_plan_plus_says_that_reports_were_discussed_and_consent_gained(robin, cast, gap):
    take_to(robin, "S3", cast.senco)
    form, _ = w.start_form(m.MyPlanPlus, robin, cast.senco)
    form.save()
    assert gap in dict(w.missing(form, cast.senco))


def test_t19_a_my_plan_plus_review_before_its_window_says_why(robin, cast):
    take_to(robin, "S3", cast.senco)
    do_papers(robin, cast.senco)
    review = write(
        m.MyPlanPlusReview,
        robin,
        cast.senco,
        HELD - datetime.timedelta(1),
        achieved="No",
        appropriate="Yes",
    )
    assert [name for name, _ in w.missing(review, cast.senco)] == ["early_why"]


@pytest.mark.parametrize("row", ["1", "5"])
def test_t20_a_new_my_plan_plus_cycle(robin, cast, row):
    placed = do("New My Plan+ cycle", robin, cast.senco, row)
    assert (placed.stage, placed.cycle, w.clock_of(placed).opens) == (
        "S3",
        2,
        HELD + datetime.timedelta(weeks=6),
    )


@pytest.mark.parametrize("row", ["2", "5"])
def test_t21_stepping_down_to_my_plan_makes_it_from_the_open_outcomes(robin, cast, row):
    placed = do("Step down to My Plan", robin, cast.senco, row)
    plan = w.PupilContext(robin, cast.senco).paper("plan")[1]
    assert (placed.stage, w.STAGES["S2"].local, type(plan), plan.status) == (
        "S2",
        "K",
        m.MyPlan,
        "draft",
    )
    assert plan.outcomes.count() == 1 and w.clock_of(placed).closes == D(2026, 12, 1)


def test_t22_support_ends_from_stage_3(robin, cast):
    placed = do("Remove from SEN List", robin, cast.senco)
    assert (placed.stage, lists(robin), robin.primary_type()) == (
        "LEFT",
        [("SEN", START, ON)],
        None,
    )


@pytest.mark.parametrize("row", ["3", "4"])
def test_t23_beginning_an_ehcp_opens_a_case_and_my_plan_plus_goes_on(robin, cast, row):
    placed = do("Begin process for an EHCP", robin, cast.senco, row, parents_view="Refuse")
    case = w.PupilContext(robin, cast.senco).case
    assert (placed.stage, placed.cycle, case.state, case.requester, case.parents_view) == (
        "S3",
        2,
        "preparing",
        "School",
        "Refuse",
    )


@pytest.mark.parametrize("stage", ["NONE", "S1", "S2", "S3", "LEFT"])
def test_t24_somebody_elses_request_opens_a_case_and_leaves_the_stage(robin, cast, stage):
    (
        do("Record an EHC request", robin, cast.office, stage=stage)
        if stage == "NONE"
        else (
            take_to(robin, stage, cast.senco),
            press("Record an EHC request", robin, cast.office),
        )
    )
    case = w.PupilContext(robin, cast.senco).case
    assert (m.Placement.stage_of(robin), case.state, case.requester, case.requested_on) == (
        stage,
        "requested",
        "Parent",
        ON,
    )


@pytest.mark.parametrize("stage", ["NONE", "S1", "S2", "S3", "LEFT"])
def test_t25_the_final_plan_gives_code_e_and_a_yearly_review(robin, cast, stage):
    placed = do(
        "EHCP issued",
        robin,
        cast.senco,
        stage=stage,
        sen_type="ASD",
        plan_on=HELD,
        authority="Hillshire",
    )
    case = m.EhcCase.get()
    assert (placed.stage, w.STAGES["E"].census, lists(robin)[-1][0], robin.primary_type()) == (
        "E",
        "E",
        "SEN",
        "ASD",
    )
    assert (case.state, case.final_on, case.authority) == ("final", HELD, "Hillshire")
    # from the day the plan was made, not the day it arrived
    assert w.clock_of(placed).closes == D(2027, 10, 12)
    assert [(row.what, row.on) for row in case.decisions] == [("Final plan issued", HELD)]
    assert case.requester == m.ARRIVED


def test_t25_a_plan_that_was_reviewed_before_it_came_runs_from_that_decision(robin, cast):
    placed = press("EHCP issued", robin, cast.senco, plan_on=D(2024, 5, 1), reviewed_on=START)
    assert w.clock_of(placed).closes == D(2027, 8, 31)


@pytest.mark.parametrize("rank", [1, 2])
def test_t25_nsa_ends_when_an_ehcp_begins(robin, cast, rank):
    press("Start at Stage 2", robin, cast.senco, on=START, sen_type="NSA" if rank == 1 else "ASD")
    if rank == 2:
        add_row(robin, "sen_needs", code="NSA", rank=2)
    press("EHCP issued", robin, cast.senco, sen_type="ASD")
    assert [n.code for n in robin.sen_needs if n.until is None] == ["ASD"] and robin.errors() == []


YEAR = {
    "Meeting planned for this day": "planned_on",
    "Advice for the meeting asked for": "asked_on",
    "Invitations sent": "invited_on",
    "Papers sent round": "papers_on",
}
AFTER = {
    "Review report sent": "report_on",
    "Plan to be amended": "decided_on",
    "Notice of the changes received": "notice_on",
    "Amended plan issued": "amended_on",
}


def noon(day):
    return datetime.datetime(day.year, day.month, day.day, 12, tzinfo=datetime.UTC)


def test_t26_two_review_years_are_walked_and_nothing_is_overwritten(robin, cast, the_day):
    take_to(robin, "E", cast.senco)
    case = m.EhcCase.current(robin)
    add_row(case, "outcomes", words="Reads a timetable")
    for year, day in enumerate((D(2027, 6, 1), D(2028, 5, 2)), 1):
        the_day.move_to(noon(day))
        for name in YEAR:
            take_step(name, m.EhcCase.current(robin), cast.office, day)
        review, rows = w.start_form(m.AnnualReview, robin, cast.senco)
        assert rows["ratings"] == [{"outcome": "Reads a timetable", "then": "Keep"}]
        agreed(m.AnnualReview, robin, cast.senco, day)
        placed = press("Annual review held", robin, cast.senco, on=day, today=day)
        assert (placed.cycle, placed.clock_from) == (year + 1, day)
        decided = day + datetime.timedelta(20)
        the_day.move_to(noon(decided))
        for name in AFTER:
            take_step(name, m.EhcCase.current(robin), cast.office, decided)
        assert m.Placement.current(robin).clock_from == decided
        kept = case.rows("years")
        assert [line.held_on for line in kept][-1] == day and len(kept) == year
        assert kept[-1].state == "over"
        for asked in (YEAR | AFTER).values():
            assert getattr(kept[-1], asked)
    assert [row.what for row in case.rows("decisions")] == [
        "Final plan issued",
        *["Plan to be amended", "Amended plan issued"] * 2,
    ]


def test_t26_a_meeting_needs_no_other_date_and_is_taken_back_whole(robin, cast):
    do("Annual review held", robin, cast.senco)
    case = m.EhcCase.current(robin)
    assert [year.held_on for year in case.years] == [HELD]
    press("Entered in error", robin, cast.senco)
    assert case.rows("years") == []


@pytest.mark.parametrize(
    "landing, stage, listed",
    [
        ("back to My Plan+", "S3", "SEN"),
        ("back to My Plan", "S2", "SEN"),
        ("off the SEN List", "LEFT", None),
    ],
)
def test_t27_a_plan_that_ceases_lands_where_the_senco_says(robin, cast, landing, stage, listed):
    placed = do(f"EHCP ceased: {landing}", robin, cast.senco)
    assert (placed.stage, m.EhcCase.get().state, m.EhcCase.get().closed_on) == (stage, "ceased", ON)
    assert lists(robin) == [("SEN", START, None if listed else ON)]


@pytest.mark.parametrize("stage", ["NONE", "S1", "S2", "S3", "E", "LEFT"])
def test_t28_leaving_ends_all_lists_and_clocks(robin, cast, stage):
    placed = (
        do("Has left the school", robin, cast.office, stage=stage, destination="Hill School")
        if stage == "NONE"
        else (
            take_to(robin, stage, cast.senco),
            press("Has left the school", robin, cast.office, destination="Hill School"),
        )[1]
    )
    kept = m.Pupil.get_by_id(robin.id)
    assert (placed.stage, kept.left_on, kept.destination, w.clock_of(placed)) == (
        "OFF",
        ON,
        "Hill School",
        None,
    )
    assert all(ended for _, _, ended in lists(robin))


@pytest.mark.parametrize(
    "landing, stage",
    [("", "LEFT"), (": Stage 1", "S1"), (": My Plan", "S2"), (": My Plan+", "S3"), (": EHCP", "E")],
)
def test_t29_who_returns_starts_where_the_senco_says(robin, cast, landing, stage):
    take_to(robin, "S1", cast.senco)
    press("Has left the school", robin, cast.senco, on=HELD)
    placed = press(f"Has returned{landing}", robin, cast.senco)
    kept = m.Pupil.get_by_id(robin.id)
    assert (placed.stage, placed.cycle, kept.left_on, kept.destination, kept.admitted_on) == (
        stage,
        1,
        None,
        None,
        ON,
    )
    assert placed.episode == (1 if stage == "LEFT" else 2) and placed.before.stage == "OFF"


# --- letters, the case beside the stage
@pytest.mark.parametrize("mv", [pytest.param(mv, id=mv.name) for mv in w.MOVES if mv.letter])
def test_every_letter_is_filled_in(robin, cast, mv):
    robin.known_as = "Rob"
    robin.save()
    placed = do(mv.name, robin, cast.senco)
    written = letter_of(placed)
    assert "Rob" in written.body and "{" not in written.body and "None" not in written.body
    assert (written.dated, written.sent_on) == (ON, None)


@pytest.mark.parametrize(
    "wording, words",
    [
        ("Dear {forename}", "Dear Robin"),
        ("{nobody} knows", "{nobody} knows"),
        ("A stray { bracket", "A stray { bracket"),
        ("{0} {} {forename.__class__}", "{0} {} {forename.__class__}"),
        ("", ""),
        (None, ""),
    ],
)
def test_no_wording_of_a_letter_can_stop_a_move(robin, cast, wording, words):
    m.Setting(letter_concern=wording, letter_end=None).save()
    assert (letter_of(press("Place on Concerns List", robin, cast.senco)).body or "") == words


def opened(robin, cast, state):
    """An EHC case in some state."""
    case = m.EhcCase(pupil=robin, requester="School", state=state)
    case.save()
    return case


CASES = [
    pytest.param(mv, state, id=f"{mv.name}-{state}")
    for mv in w.CASE_MOVES
    for state in m.CASE_STATES
]


@pytest.mark.parametrize("mv, state", CASES)
def test_each_step_of_a_case_is_made_from_its_states_only(robin, cast, mv, state):
    case = ready_for(mv, robin, cast.senco, state)
    if state not in mv.from_:
        with pytest.raises(Clash):
            w.perform_case_move(mv, case, cast.office, ON, case.version)
        return
    record = w.record_of_step(mv, case, m.Placement.current(robin))
    seen = case.version
    w.perform_case_move(mv, case, cast.office, ON, seen)
    kept = m.EhcCase.get_by_id(case.id)
    told = type(record).get_by_id(record.id)
    assert (kept.state, getattr(told, mv.sets)) == (mv.to or state, ON)
    assert kept.version > seen
    assert ((mv.name, ON) in [(row.what, row.on) for row in kept.decisions]) == mv.decides


def test_a_refusal_keeps_its_date_when_the_assessment_comes_after_all(robin, cast):
    case = opened(robin, cast, "requested")
    day = START
    for name in ("Assessment refused", "Appeal lodged", "Assessment after all", "Plan refused"):
        take_step(name, m.EhcCase.current(robin), cast.office, day)
        day += datetime.timedelta(7)
    kept = m.EhcCase.get_by_id(case.id)
    assert (kept.decided_assess_on, kept.assess_ordered_on) == (
        START,
        START + datetime.timedelta(14),
    )
    assert [(row.what, row.appeal_on) for row in kept.rows("decisions")] == [
        ("Assessment refused", START + datetime.timedelta(7)),
        ("Assessment after all", None),
        ("Plan refused", None),
    ]


def test_only_a_meeting_may_be_planned_for_a_day_to_come(robin, cast):
    take_to(robin, "E", cast.senco)
    case = m.EhcCase.current(robin)
    ahead = [step.name for step in w.CASE_MOVES if step.ahead]
    assert ahead == ["Meeting planned for this day"]
    take_step(ahead[0], case, cast.office, TODAY + datetime.timedelta(30))
    take_step(ahead[0], case, cast.office, TODAY + datetime.timedelta(40))
    assert case.coming_year().planned_on == TODAY + datetime.timedelta(40)


@pytest.mark.parametrize("who", ["teacher", "head", "technician", "stranger", "gone"])
def test_a_step_of_a_case_is_for_senco_and_office(robin, cast, who):
    case = opened(robin, cast, "preparing")
    with pytest.raises(w.Refused):
        w.perform_case_move(w.CASE_MOVES[0], case, getattr(cast, who), ON, case.version)


@pytest.mark.parametrize("on", [None, TODAY + datetime.timedelta(1)])
def test_a_step_of_a_case_has_a_day_that_is_not_in_the_future(robin, cast, on):
    case = opened(robin, cast, "preparing")
    with pytest.raises(w.Invalid):
        w.perform_case_move(w.CASE_MOVES[0], case, cast.senco, on, case.version)


def test_a_second_case_cannot_be_opened_beside_an_open_one(robin, cast):
    case = opened(robin, cast, "preparing")
    assert (
        "already" in str(m.EhcCase(pupil=robin, requester="Parent").errors())
        and case.errors() == []
    )
    case.state = "withdrawn"
    case.save()
    assert m.EhcCase(pupil=robin, requester="Parent").errors() == []


def test_the_yearly_clock_restarts_only_under_an_ehcp(robin, cast):
    take_to(robin, "E", cast.senco)
    case = w.PupilContext(robin, cast.senco).case
    steps = w.case_steps(case, cast.senco, m.Placement.current(case.pupil))
    assert "Meeting planned for this day" in [step.name for step in steps]
    press("Has left the school", robin, cast.senco)
    press("Has returned: My Plan+", robin, cast.senco)
    steps = w.case_steps(case, cast.senco, m.Placement.current(case.pupil))
    assert steps == []


def test_a_case_that_somebody_changed_clashes(robin, cast):
    case = opened(robin, cast, "preparing")
    with pytest.raises(Clash):
        w.perform_case_move(w.CASE_MOVES[0], case, cast.senco, ON, case.version + 1)


@pytest.mark.parametrize(
    "cycles, weeks, advised", [(1, 0, False), (3, 0, True), (1, 26, True), (2, 25, False)]
)
def test_a14_a_long_time_on_my_plan_is_advised_about_and_never_a_rule(
    robin, cast, cycles, weeks, advised
):
    placed = take_to(robin, "S2", cast.senco, TODAY - datetime.timedelta(weeks=weeks))
    placed.cycle = cycles
    placed.save()
    told = w.advice(w.PupilContext(robin, cast.senco, TODAY))
    assert bool(told) == advised
    for stop in told:
        assert "Consider moving on to Stage 3" in stop.words
        assert stop.to is w.move_named("Move to Stage 3 between reviews")


def test_an_ehcp_is_advised_after_a_long_time_until_a_case_is_open(robin, cast):
    take_to(robin, "S3", cast.senco, TODAY - datetime.timedelta(weeks=26))
    (told,) = w.advice(w.PupilContext(robin, cast.senco, TODAY))
    assert "My Plan+ for 26 weeks" in told.words and "long term and complex" in told.words
    assert told.to is w.move_named("Begin process for an EHCP")
    opened(robin, cast, "preparing")
    assert w.advice(w.PupilContext(robin, cast.senco, TODAY)) == []


@pytest.mark.parametrize(
    "stage, words", [("S2", "outside agency or a specialist"), ("S3", "educational psychologist")]
)
def test_a_plan_that_goes_on_without_its_outcomes_brings_the_charts_advice(
    robin, cast, stage, words
):
    take_to(robin, stage, cast.senco)
    do_papers(robin, cast.senco)
    hold_review(robin, cast.senco, "1")
    (told,) = w.advice(w.PupilContext(robin, cast.senco, TODAY))
    assert words in told.words
    assert told.to is m.Agency


def test_what_the_move_asked_is_not_asked_again(robin, cast):
    press("Place on Concerns List", robin, cast.senco, raised_by="Her mother", areas=m.AREAS[1])
    form, _ = w.start_form(m.RecordOfConcern, robin, cast.teacher)
    assert (form.raised_by, form.areas) == ("Her mother", m.AREAS[1])


def test_a_paper_of_a_stage_the_child_is_not_on_is_not_agreed(robin, cast):
    form, _ = w.start_form(m.RecordOfConcern, robin, cast.teacher)
    form.save()
    with pytest.raises(w.Refused, match="not on the stage"):
        w.agree(form, cast.senco)


def test_a4_watching_again_is_warned_about_from_the_second_cycle(robin, cast):
    placed = take_to(robin, "S1", cast.senco)
    assert w.advice(w.PupilContext(robin, cast.senco)) == []
    placed.cycle = 2
    placed.save()
    assert "cycle 2" in w.advice(w.PupilContext(robin, cast.senco))[0].words


def test_a_refusal_that_is_accepted_closes_the_case(robin, cast):
    case = opened(robin, cast, "refused_issue")
    w.perform_case_move(
        next(s for s in w.CASE_MOVES if s.name == "Refusal accepted"),
        case,
        cast.office,
        ON,
        case.version,
    )
    assert m.EhcCase.current(robin) is None


def test_a_teacher_no_longer_sees_a_leaver(robin, cast):
    assert robin in m.Pupil.visible_to(cast.teacher)
    press("Has left the school", robin, cast.senco)
    assert robin not in m.Pupil.visible_to(cast.teacher)


@pytest.mark.parametrize("state", m.CASE_STATES)
def test_a_case_that_is_over_leaves_no_task_on_the_home_page(robin, cast, state):
    case = opened(robin, cast, state)
    case.received_on = START - datetime.timedelta(weeks=30)
    case.save()
    assert (home_tasks(cast.senco, case) == []) == (
        state not in ("preparing", "requested", "assessing", "draft")
    )
