"""The decision table of a review (charts 1 to 3): which questions are asked, which row they reach,
what each row offers.
"""

import itertools

import pytest
from conftest import HELD, ON, chart_answers, ready, write

import models as m
import workflow as w

REVIEWS = {"S1": m.ConcernReview, "S2": m.MyPlanReview, "S3": m.MyPlanPlusReview}
NAMES = ("achieved", "appropriate", "barriers", "onward")
YES_NO = ("Yes", "No")

# The table of PATHWAY.md 5.3: row, (achieved, appropriate, barriers, onward) with - for "not
# asked", offered at S2, at S3
TABLE = (
    ("1 Yes Yes - -", "New My Plan cycle", "New My Plan+ cycle"),
    ("1 No Yes - -", "New My Plan cycle", "New My Plan+ cycle"),
    (
        "2 Yes No Yes -",
        "Remove from SEN List",
        "Remove from SEN List / Step down to My Plan",
    ),
    ("3 Yes No No Yes", "Move to Stage 3", "Begin process for an EHCP"),
    ("4 No No - Yes", "Move to Stage 3", "Begin process for an EHCP"),
    (
        "5 Yes No No No",
        "New My Plan cycle / Step down to Concerns List",
        "New My Plan+ cycle / Step down to My Plan",
    ),
    (
        "5 No No - No",
        "New My Plan cycle / Step down to Concerns List",
        "New My Plan+ cycle / Step down to My Plan",
    ),
)


def table():
    """The table as cases: (stage, row, answers, the moves that are offered)."""
    for front, s2, s3 in TABLE:
        row, *answers = front.split()
        said = {n: v for n, v in zip(NAMES, answers) if v != "-"}
        for stage, offered in (("S2", s2), ("S3", s3)):
            moves = set(offered.split(" / "))
            name = f"{stage}-{front.replace(' ', '-')}"
            yield pytest.param(stage, row, said, moves, id=name)


S1_TABLE = [
    pytest.param(
        "S1", "progress", {"achieved": "Yes"}, {"Take off Concerns List"}, id="S1-progress"
    ),
    pytest.param(
        "S1",
        "no progress",
        {"achieved": "No"},
        {"Move to Stage 2", "Watch for another cycle"},
        id="S1-no-progress",
    ),
]


@pytest.mark.parametrize("stage, row, said, offered", [*S1_TABLE, *table()])
def test_each_row_is_reached_by_its_answers(stage, row, said, offered):
    review = REVIEWS[stage](**said)
    assert w.next_question(review) is None
    assert w.chart_row(review).name == row


@pytest.mark.parametrize("stage, row, said, offered", [*S1_TABLE, *table()])
def test_each_row_offers_exactly_the_moves_of_the_pathway(robin, cast, stage, row, said, offered):
    move = next(m for m in w.MOVES if row in m.rows and stage in m.from_ and m.name in offered)
    ready(
        move,
        robin,
        cast.senco,
        stage,
        row,
        **{q.name: said.get(q.name) for q in w.QUESTIONS[stage]},
    )
    found = {
        mv.name
        for mv, stops in w.moves_for(w.PupilContext(robin, cast.senco, ON))
        if mv.rows and not stops
    }
    assert found == offered


@pytest.mark.parametrize("stage", ["S2", "S3"])
@pytest.mark.parametrize("given", list(itertools.product(YES_NO, repeat=4)), ids="-".join)
def test_every_combination_of_answers_leads_to_exactly_one_row(stage, given):
    review, wish, asked = REVIEWS[stage](), dict(zip(NAMES, given)), []
    while name := w.next_question(review):
        asked.append(name)
        setattr(review, name, wish[name])
    said = {name: wish[name] for name in asked}
    fits = [
        r.name
        for r in w.ROWS
        if stage in r.stages and all(said.get(k) == v for k, v in r.answers.items())
    ]
    assert len(fits) == 1 and w.chart_row(review).name == fits[0]


@pytest.mark.parametrize("stage", ["S2", "S3"])
@pytest.mark.parametrize("given", list(itertools.product(YES_NO, repeat=4)), ids="-".join)
def test_an_answer_to_a_question_that_is_not_asked_changes_nothing(stage, given):
    full, asked, wish = (
        REVIEWS[stage](**dict(zip(NAMES, given))),
        REVIEWS[stage](),
        dict(zip(NAMES, given)),
    )
    while name := w.next_question(asked):
        setattr(asked, name, wish[name])
    assert w.chart_row(full) == w.chart_row(asked)


@pytest.mark.parametrize("stage", ["S2", "S3"])
def test_no_other_combination_exists(stage):
    paths = set()
    for given in itertools.product(YES_NO, repeat=4):
        review, wish = REVIEWS[stage](), dict(zip(NAMES, given))
        while name := w.next_question(review):
            setattr(review, name, wish[name])
        paths.add(tuple(getattr(review, n) or "-" for n in NAMES))
    assert paths == {tuple(front.split()[1:]) for front, _, _ in TABLE}


def test_the_questions_are_asked_in_the_charts_order_and_only_when_they_apply():
    review, asked = m.MyPlanReview(), []
    for said in ("Yes", "No", "No", "No"):
        asked.append(w.next_question(review))
        setattr(review, asked[-1], said)
    assert tuple(asked) == NAMES and w.next_question(review) is None
    assert w.next_question(m.MyPlanReview(appropriate="Yes")) == "achieved"
    assert (
        w.next_question(m.MyPlanReview(achieved="Yes", appropriate="No", onward="Yes"))
        == "barriers"
    )
    assert w.next_question(m.MyPlanReview(achieved="No", appropriate="No")) == "onward"
    assert w.next_question(m.MyPlanReview(achieved="No", appropriate="Yes")) is None


def test_stage_1_asks_one_question():
    assert [q.name for q in w.QUESTIONS["S1"]] == ["achieved"]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"achieved": "Yes"},
        {"achieved": "No", "appropriate": "No"},
        {"achieved": "Yes", "appropriate": "No", "barriers": "No"},
    ],
)
def test_no_row_is_reached_while_a_question_is_open(said):
    assert w.chart_row(m.MyPlanReview(**said)) is None


def test_without_a_review_there_is_no_row():
    assert w.chart_row(None) is None


@pytest.mark.parametrize("row", [r.name for r in w.ROWS])
def test_every_row_leads_to_at_least_one_move_in_each_of_its_stages(row):
    found = next(r for r in w.ROWS if r.name == row)
    for stage in found.stages:
        assert [mv.name for mv in w.MOVES if row in mv.rows and stage in mv.from_], (
            f"Name row “{row}” in a move from {stage}"
        )


def test_the_charts_words_are_those_of_the_schools_guide():
    words = {
        stage: [REVIEWS[stage]._meta.fields[q.name].verbose_name for q in w.QUESTIONS[stage]]
        for stage in REVIEWS
    }
    assert words == {
        "S1": ["Has the child made progress or achieved outcomes?"],
        "S2": [
            "Has the child achieved outcomes?",
            "Is a My Plan still appropriate?",
            "Has the child achieved outcomes and overcome barriers to learning?",
            "Is specialist or outside agency involvement required?",
        ],
        "S3": [
            "Has the child achieved outcomes?",
            "Is a My Plan+ still appropriate?",
            "Has the child achieved outcomes and overcome barriers to learning?",
            "Does consideration for an EHCP need to be made?",
        ],
    }


@pytest.mark.parametrize("row", ["3", "4"])
def test_an_open_ehc_case_never_leaves_a_review_without_a_way_on(robin, cast, row):
    ready(w.move_named("Begin process for an EHCP"), robin, cast.senco, row=row)
    m.EhcCase(pupil=robin, requester="Parent", state="requested").save()
    found = [
        mv.name
        for mv, stops in w.moves_for(w.PupilContext(robin, cast.senco, ON))
        if mv.rows and not stops
    ]
    assert found == ["New My Plan+ cycle beside the EHC case"]


def test_the_reasons_beside_the_answers_are_sealed_with_them(robin, cast):
    ready(w.move_named("New My Plan cycle"), robin, cast.senco)
    draft = write(
        m.MyPlanReview,
        robin,
        cast.senco,
        HELD,
        **chart_answers("1", "S2"),
        appropriate_why="It works.",
    )
    w.agree(draft, cast.senco)
    assert "It works." in draft.sealed
