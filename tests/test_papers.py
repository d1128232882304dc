"""The papers of each stage: who completes and agrees them, what must hold first, declining, opening
again, new versions.
"""

import dataclasses
import datetime

import pytest
from conftest import (
    HELD,
    START,
    TODAY,
    add_row,
    agreed,
    chart_answers,
    do_papers,
    dump,
    hold_review,
    paper_of,
    press,
    take_to,
    write,
)

import models as m
import workflow as w
from pathway import guards as g
from records import questions as q
from records.record import document

EACH = [pytest.param(p, id=f"{p.stage}-{p.form.__name__}") for p in w.PAPERS]
SIDES = [p.form for p in w.PAPERS if p.kind == "side"]
REFUSALS = (w.Refused, w.Invalid)


def possible(paper, pupil, user, **given):
    """A draft of a paper that lacks nothing, with everything before it done."""
    take_to(pupil, paper.stage, user)
    if paper.kind == "review":
        do_papers(pupil, user)
        row = next(r.name for r in w.ROWS if paper.stage in r.stages)
        said = {**chart_answers(row, paper.stage), "achieved_why": "It shows in class."}
        return write(paper.form, pupil, user, HELD, **{**said, **given})
    for side in SIDES if paper.stage == "S3" and paper.kind == "plan" else ():
        w.decline(w.start_form(side, pupil, user)[0], user, "Does not apply.")
    return write(paper.form, pupil, user, **given)


# --- agreeing and sealing
@pytest.mark.parametrize("paper", EACH)
def test_a_paper_that_lacks_nothing_is_completed_then_agreed_and_sealed(robin, cast, paper):
    form = possible(paper, robin, cast.senco)
    assert w.missing(form, cast.senco) == []
    w.complete(form, cast.senco)
    w.agree(form, cast.senco)
    kept = paper.form.get_by_id(form.id)
    assert (kept.status, kept.sealed_by) == ("sealed", cast.senco.name) and kept.seal_holds()


@pytest.mark.parametrize("role", [r for r in q.ROLES if r != q.SENCO])
@pytest.mark.parametrize("paper", EACH)
def test_only_the_senco_agrees_a_paper(robin, cast, paper, role):
    form = possible(paper, robin, cast.senco)
    before = dump()
    with pytest.raises(w.Refused):
        w.agree(form, getattr(cast, role))
    assert dump() == before


def test_a_row_of_the_papers_says_who_else_agrees_one(robin, cast, monkeypatch):
    """What the README promises of `agreed_by`."""
    rows = tuple(
        dataclasses.replace(row, agreed_by=(q.SENCO, q.OFFICE)) if row.form is m.PupilViews else row
        for row in w.PAPERS
    )
    take_to(robin, "S3", cast.senco)
    monkeypatch.setattr(w, "PAPERS", rows)
    assert agreed(m.PupilViews, robin, cast.office).status == "sealed"
    with pytest.raises(w.Refused, match="Only the SENCO agrees"):
        agreed(m.ChildStory, robin, cast.office)


@pytest.mark.parametrize("who", ["office", "teacher", "head", "technician", "stranger", "gone"])
@pytest.mark.parametrize("paper", EACH)
def test_who_may_write_a_paper_may_complete_it_and_nobody_else(robin, cast, paper, who):
    form, person = possible(paper, robin, cast.senco), getattr(cast, who)
    before = dump()
    if m.may(person, "w", paper.form) and who not in ("stranger", "gone"):
        w.complete(form, person)
        assert paper.form.get_by_id(form.id).status == "complete"
    else:
        with pytest.raises(w.Refused):
            w.complete(form, person)
        assert dump() == before


def test_a_teacher_writes_the_record_of_concern_of_their_own_class_only(cast, acting):
    take_to(cast.wren, "S1", cast.senco)
    form = write(m.RecordOfConcern, cast.wren, cast.senco)
    with pytest.raises(w.Refused, match="may not change"):
        w.complete(form, cast.teacher)


ACTS = {
    "complete": lambda form, who: w.complete(form, who),
    "agree": lambda form, who: w.agree(form, who),
    "decline": lambda form, who: w.decline(form, who, "No"),
    "reopen": lambda form, who: w.reopen(form, who),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("status", ["sealed", "declined"])
def test_a_sealed_or_declined_paper_never_changes_again(robin, cast, act, status):
    take_to(robin, "S3", cast.senco)
    form = write(m.ChildStory, robin, cast.senco)
    (
        w.agree(form, cast.senco)
        if status == "sealed"
        else w.decline(form, cast.senco, "They would rather not.")
    )
    before = dump()
    with pytest.raises(w.Refused):
        ACTS[act](form, cast.senco)
    assert dump() == before


def test_a_complete_paper_can_be_opened_again(robin, cast):
    take_to(robin, "S1", cast.senco)
    form = write(m.RecordOfConcern, robin, cast.teacher)
    w.complete(form, cast.teacher)
    w.reopen(form, cast.teacher)
    assert m.RecordOfConcern.get_by_id(form.id).status == "draft"


@pytest.mark.parametrize("who", ["head", "technician", "stranger", "gone"])
def test_who_may_not_write_a_paper_cannot_open_it_again_or_make_a_new_version(robin, cast, who):
    take_to(robin, "S1", cast.senco)
    form = write(m.RecordOfConcern, robin, cast.senco)
    w.complete(form, cast.senco)
    with pytest.raises(w.Refused):
        w.reopen(form, getattr(cast, who))
    w.agree(form, cast.senco)
    with pytest.raises(w.Refused):
        w.new_version(form, getattr(cast, who))


def test_a_draft_gets_no_new_version(robin, cast):
    take_to(robin, "S1", cast.senco)
    with pytest.raises(w.Refused, match="Only a sealed or declined paper"):
        w.new_version(write(m.RecordOfConcern, robin, cast.senco), cast.senco)


@pytest.mark.parametrize("paper", EACH)
def test_a_new_version_has_the_same_words_and_names_the_old_one(robin, cast, paper):
    old = possible(paper, robin, cast.senco)
    w.agree(old, cast.senco)
    old = paper.form.get_by_id(old.id)
    new = paper.form.get_by_id(w.new_version(old, cast.senco).id)
    assert (new.supersedes, new.status, new.placement_id, new.cycle, new.sealed) == (
        old.id,
        "draft",
        old.placement_id,
        old.cycle,
        None,
    )
    assert document(new) == document(old)


def test_a_plan_with_a_new_version_must_be_agreed_again_before_its_review(robin, cast):
    take_to(robin, "S2", cast.senco)
    new = w.new_version(do_papers(robin, cast.senco), cast.senco)
    review = write(m.MyPlanReview, robin, cast.senco, HELD, **chart_answers("1", "S2"))
    with pytest.raises(w.Invalid, match="The My Plan is not agreed yet"):
        w.agree(review, cast.senco)
    w.agree(new, cast.senco)
    w.agree(review, cast.senco)


# --- declining
@pytest.mark.parametrize("form_class", SIDES, ids=lambda c: c.__name__)
@pytest.mark.parametrize("reason", ["", "   ", None])
def test_declining_a_paper_needs_a_reason(robin, cast, form_class, reason):
    take_to(robin, "S3", cast.senco)
    form, _ = w.start_form(form_class, robin, cast.senco)
    form.save()
    before = dump()
    with pytest.raises(w.Invalid, match="Say why"):
        w.decline(form, cast.senco, reason)
    assert dump() == before


@pytest.mark.parametrize("form_class", SIDES, ids=lambda c: c.__name__)
def test_a_declined_paper_keeps_the_reason(robin, cast, form_class):
    take_to(robin, "S3", cast.senco)
    form, _ = w.start_form(form_class, robin, cast.senco)
    w.decline(form, cast.senco, " They would rather not. ")
    kept = form_class.get_by_id(form.id)
    assert (kept.status, kept.declined_why) == ("declined", "They would rather not.")


@pytest.mark.parametrize("paper", [p for p in EACH if p.values[0].kind != "side"])
def test_a_plan_or_review_cannot_be_declined(robin, cast, paper):
    form = possible(paper, robin, cast.senco)
    with pytest.raises(w.Refused, match="cannot be declined"):
        w.decline(form, cast.senco, "No time")


# --- the guards of papers, one by one
def unagree_plan(form, user):
    w.new_version(w.PupilContext(form.pupil, user).paper("plan")[1], user)


def date_before_start(form, user):
    form.happened_on, form.early_why = START - datetime.timedelta(1), "Asked for"
    form.save()


def date_before_window(form, user):
    form.happened_on = HELD - datetime.timedelta(1)
    form.save()


def leave_one_unrated(form, user):
    if isinstance(form, m.AnnualReview):
        add_row(m.EhcCase.current(form.pupil), "outcomes", words="Nobody looked at this")
    else:
        form.ratings.first().remove("Not looked at")


def leave_question_open(form, user):
    form.achieved = None
    form.save()


def review_too_late(form, user):
    clock = w.PupilContext(form.pupil, user, form=form).plan_clock
    form.review_by = clock.closes + datetime.timedelta(1)
    form.save()


def review_not_after_plan(form, user):
    form.review_by = form.happened_on
    form.save()


def late_without_reason(form, user):
    form.happened_on = w.PupilContext(form.pupil, user).clock.closes
    form.save()


def side_form_missing(form, user):
    declined = m.PupilViews.get(m.PupilViews.pupil == form.pupil)
    w.new_version(declined, user)


def referral(pupil, **given):
    """A consent to refer to the speech therapist, spelled in its own way."""
    said = {"purpose": "Referral", "answer_given": "Given", "given_on": START, **given}
    consent = m.Consent(pupil=pupil, to_whom="speech  Therapy ", **said)
    consent.save()
    return consent


def recommendation_open(form, user):
    agency = m.Agency(pupil=form.pupil, agency="Speech therapy", state="Considered")
    agency.save()
    add_row(agency, "recommendations")


def consent_missing(form, user):
    m.Agency(pupil=form.pupil, agency="Speech therapy", asked_on=START).save()


def consent_withdrawn(form, user):
    consent = referral(form.pupil)
    m.Agency(pupil=form.pupil, agency="Speech therapy", state="Waiting", asked_on=START).save()
    consent.answer_given, consent.withdrawn_on = "Withdrawn", HELD
    consent.save()


def consent_denied(form, user):
    """The plan says that there is no consent, or nothing to refer, and an agency was asked."""
    referral(form.pupil)
    m.Agency(pupil=form.pupil, agency="Speech therapy", state="Waiting", asked_on=START).save()
    form.consent_gained = "No"
    form.save()


def unlike_the_ratings(form, user):
    """All that was rated was achieved or of great help, and the chart says the opposite."""
    for row in form.ratings:
        asked = {"S1": "effect"}.get(m.Placement.stage_of(form.pupil), "rating")
        setattr(row, asked, row._meta.fields[asked].choices[-1][0])
        row.save()
    form.achieved, form.achieved_why = "No", None
    form.save()


SPOIL = {
    g.plan_agreed: [unagree_plan],
    g.after_start: [date_before_start],
    g.not_early: [date_before_window],
    g.chart_answered: [leave_question_open],
    g.everything_rated: [leave_one_unrated],
    g.ratings_explained: [unlike_the_ratings],
    g.delay_explained: [late_without_reason],
    g.review_in_time: [review_too_late, review_not_after_plan],
    g.five_forms_in: [side_form_missing],
    g.recommendations_decided: [recommendation_open],
    g.consent_recorded: [consent_missing, consent_withdrawn],
    g.consent_said: [consent_denied],
}
GUARDED = [
    pytest.param(p, guard, spoil, id=f"{p.stage}-{p.form.__name__}-{spoil.__name__}")
    for p in w.PAPERS
    for guard in p.needs
    for spoil in SPOIL.get(guard, [])
]


def test_every_guard_of_a_paper_is_tested():
    untested = {guard.__name__ for p in w.PAPERS for guard in p.needs} - {
        guard.__name__ for guard in SPOIL
    }
    assert not untested, f"Add to SPOIL in this file how to make these guards fail: {untested}"


@pytest.mark.parametrize("paper, guard, spoil", GUARDED)
def test_each_guard_stops_a_paper_in_words_and_only_then(robin, cast, paper, guard, spoil):
    form = possible(paper, robin, cast.senco)
    assert guard(w.PupilContext(robin, cast.senco, form=form)) is None
    spoil(form, cast.senco)
    form = paper.form.get_by_id(form.id)
    stop = guard(w.PupilContext(robin, cast.senco, form=form))
    assert stop and stop.words.endswith(tuple(".”"))
    before = dump()
    for act in (w.complete, w.agree):
        with pytest.raises(w.Invalid) as refusal:
            act(form, cast.senco)
        assert stop.words in [words for _, words in refusal.value.errors]
    assert dump() == before


@pytest.mark.parametrize("stage", ["S1", "S3"])
def test_an_early_review_that_says_why_is_held(robin, cast, stage):
    take_to(robin, stage, cast.senco)
    do_papers(robin, cast.senco)
    hold_review(
        robin,
        cast.senco,
        {"S1": "progress", "S3": "1"}[stage],
        HELD - datetime.timedelta(7),
        early_why="The family is moving.",
    )


def test_a_my_plan_review_needs_no_reason_to_be_early(robin, cast):
    take_to(robin, "S2", cast.senco)
    do_papers(robin, cast.senco)
    hold_review(robin, cast.senco, "1", START)


@pytest.mark.parametrize("said", ["Given", "Not needed in law"])
def test_a_plan_with_a_referral_needs_consent_to_it_or_a_legal_reason(robin, cast, said):
    form = possible(w.paper_for(m.MyPlanPlus), robin, cast.senco, consent_gained="Yes")
    consent_missing(form, cast.senco)
    referral(robin, purpose="Invite to a meeting")
    assert "Record the consent" in str(w.missing(form, cast.senco))
    referral(robin, answer_given=said)
    assert w.missing(form, cast.senco) == []


def test_an_agency_that_was_not_asked_anything_yet_needs_no_consent(robin, cast):
    form = possible(w.paper_for(m.MyPlanPlus), robin, cast.senco)
    m.Agency(pupil=robin, agency="Speech therapy", state="Considered").save()
    assert w.missing(form, cast.senco) == []


# --- beginning
@pytest.mark.parametrize("paper", EACH)
def test_a_paper_begins_with_what_is_known(robin, cast, paper):
    placed = take_to(robin, paper.stage, cast.senco)
    form, _ = w.start_form(paper.form, robin, cast.senco)
    assert (form.placement, form.cycle, form.happened_on, form.entered_by) == (
        placed,
        1,
        TODAY,
        cast.senco.name,
    )
    assert not form.id, "Beginning a paper writes nothing"


@pytest.mark.parametrize("stage", ["S2", "S3", "E"])
def test_a_plan_that_names_no_review_date_has_the_last_day_of_its_window(robin, cast, stage):
    take_to(robin, stage, cast.senco)
    plan = do_papers(robin, cast.senco, START + datetime.timedelta(3))
    assert plan.review_by == w.clock_of(m.Placement.current(robin)).closes


@pytest.mark.parametrize(
    "stage, column", [("S1", "strategy"), ("S2", "outcome"), ("S3", "outcome")]
)
def test_a_review_begins_with_a_line_to_rate_for_each_strategy_or_outcome(
    robin, cast, stage, column
):
    take_to(robin, stage, cast.senco)
    plan = do_papers(robin, cast.senco)
    rated = [str(r) for r in (plan.added if stage == "S1" else plan.outcomes)]
    preset = {} if stage == "S1" else {"then": "Keep"}
    assert w.start_form(paper_of(stage, "review"), robin, cast.senco)[1] == {
        "ratings": [{column: words, **preset} for words in rated]
    }


def form_of(cls, pupil, user):
    """The form of this kind that serves for the pupil's stage now."""
    return next(f for p, f in w.PupilContext(pupil, user).papers if p.form is cls)


def test_the_five_forms_serve_for_the_whole_stay(robin, cast):
    take_to(robin, "S3", cast.senco)
    story = agreed(m.ChildStory, robin, cast.senco)
    do_papers(robin, cast.senco)
    hold_review(robin, cast.senco, "1")
    press("New My Plan+ cycle", robin, cast.senco)
    assert form_of(m.ChildStory, robin, cast.senco) == story


def test_the_five_forms_of_an_earlier_stay_do_not_serve_again(robin, cast):
    take_to(robin, "S3", cast.senco)
    agreed(m.ChildStory, robin, cast.senco)
    press("Has left the school", robin, cast.senco)
    press("Has returned: My Plan+", robin, cast.senco)
    assert form_of(m.ChildStory, robin, cast.senco) is None
