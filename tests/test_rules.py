"""The rules of single records: UPN, SEN types, outcomes and provision of a plan, consent, and who
sees which pupil.
"""

import datetime

import pytest
from conftest import START, TODAY, add_row, take_to, write

import models as m
from audit import log as audit_log
from records import questions as q
from records.record import Row

D = datetime.date


# --- UPN
@pytest.mark.parametrize(
    "upn", ["H801200001001", "G80120000101A", "B801200005001", "P207000016049"]
)
def test_a_upn_with_its_right_letter_passes(upn):
    assert m.upn_fault(upn) is None


@pytest.mark.parametrize(
    "upn, words",
    [
        ("Z801200001001", "first letter"),
        ("A801200005001", "first letter"),
        ("Q207000016049", "first letter"),
        ("G80120000101S", "last character"),
        ("G80120000101I", "last character"),
        ("G80120000101O", "last character"),
        ("G80120000101²", "last character"),
        ("X80120000A001", "digits"),
        ("H80120000100", "13 characters; this one has 12"),
        ("H8012000010011", "13 characters; this one has 14"),
        ("", "13 characters"),
        ("H8٠1200001001", "digits"),
    ],
)
def test_a_upn_with_a_slip_is_named(upn, words):
    assert words in m.upn_fault(upn)


@pytest.mark.parametrize("typed", ["g80120000101a ", "G8012 0000 101A", "\tG80120000101a"])
def test_a_upn_is_tidied_before_it_is_checked_and_kept(robin, typed):
    robin.upn = typed
    assert robin.errors() == []
    robin.save()
    assert m.Pupil.get_by_id(robin.id).upn == "G80120000101A"


def test_two_pupils_cannot_have_one_upn(robin, cast):
    robin.upn = "H801200001001"
    robin.save()
    cast.wren.upn = "h801200001001"
    assert ("upn", "There is another Pupil with this UPN.") in cast.wren.unique_errors()
    assert robin.errors() == []


def test_many_pupils_may_have_no_upn(robin, cast):
    robin.upn, cast.wren.upn = "", "  "
    robin.save(), cast.wren.save()
    assert m.Pupil.get_by_id(cast.wren.id).upn is None


@pytest.mark.parametrize(
    "dob, admitted, question",
    [
        (TODAY + datetime.timedelta(1), None, "dob"),
        (D(1989, 12, 31), None, "dob"),
        (D(2018, 1, 1), D(2017, 1, 1), "admitted_on"),
    ],
)
def test_a_date_of_birth_must_be_possible(robin, dob, admitted, question):
    robin.dob, robin.admitted_on = dob, admitted
    assert question in dict(robin.errors())


# --- SEN types
def types(pupil, *lines):
    """Give a pupil SEN types: (code, rank) or (code, rank, until)."""
    for code, rank, *until in lines:
        m.SenNeed(pupil=pupil, code=code, rank=rank, until=until[0] if until else None).save()
    return [words for name, words in pupil.errors() if name == "sen_needs"]


@pytest.mark.parametrize(
    "lines, words",
    [
        ([], None),
        ([("SLCN", 1)], None),
        ([("SLCN", 1), ("MLD", 2)], None),
        ([("SLCN", 1, START), ("MLD", 1)], None),
        ([("SLCN", 1), ("MLD", 1)], "same rank"),
        ([("SLCN", 1), ("SLCN", 2)], "stands twice"),
        ([("SLCN", 2)], "must have rank 1"),
        ([("SLCN", 2), ("MLD", 3)], "must have rank 1"),
        ([("SLCN", 1, START), ("MLD", 2)], "must have rank 1"),
    ],
)
def test_sen_types_have_ranks_of_their_own_and_one_is_the_main_need(robin, lines, words):
    found = types(robin, *lines)
    assert bool(found) == bool(words) and (words or "") in " ".join(found)


@pytest.mark.parametrize("stage, stops", [("S2", False), ("S3", False), ("E", True)])
def test_nsa_is_only_for_sen_support(robin, cast, stage, stops):
    take_to(robin, stage, cast.senco)
    robin.sen_needs.model.update(until=START).execute()
    assert bool(types(robin, ("NSA", 1))) == stops


def test_the_main_type_is_the_open_one_with_the_first_rank(robin):
    types(robin, ("MLD", 2), ("SLCN", 1, START), ("ASD", 1))
    assert robin.primary_type() == "ASD"


# --- plans
@pytest.fixture(params=["S2", "S3"])
def plan(request, robin, cast):
    """A plan of either stage that is filled in and lacks nothing."""
    take_to(robin, request.param, cast.senco)
    return write(m.MyPlan if request.param == "S2" else m.MyPlanPlus, robin, cast.senco, START)


@pytest.mark.parametrize(
    "horizon, by, words",
    [
        (m.HORIZONS[0], D(2027, 8, 31), None),
        (m.HORIZONS[0], D(2027, 9, 1), "later than its aspiration reaches"),
        (m.HORIZONS[1], D(2030, 8, 31), None),
        (m.HORIZONS[1], D(2030, 9, 1), "later than its aspiration reaches"),
        (m.HORIZONS[2], D(2040, 1, 1), None),
        (m.HORIZONS[0], START, None),
        (m.HORIZONS[0], START - datetime.timedelta(1), "before the date of the plan"),
    ],
)
def test_an_outcome_lies_between_its_plan_and_the_horizon_of_its_aspiration(
    plan, horizon, by, words
):
    hope, need, outcome = plan.aspirations.get(), plan.needs.get(), plan.outcomes.get()
    hope.horizon, need.aspiration, outcome.by = horizon, hope, by
    hope.save(), need.save(), outcome.save()
    assert bool(plan.errors()) == bool(words) and (words or "") in str(plan.errors())


def test_a_need_names_its_aspiration(plan):
    """The stepping stones leave no gap from the aspiration to the provision (PATHWAY 5.5a)."""
    need = plan.needs.get()
    need.aspiration = None
    need.save()
    assert "For which aspiration?" in str(plan.missing())


def test_every_outcome_has_provision(plan):
    add_row(plan, "outcomes", words="Reads a page aloud")
    assert plan.errors() == [
        (
            "provision",
            "No provision yet for the outcome “Reads a page aloud”; add a line and link it.",
        )
    ]


@pytest.mark.parametrize(
    "year, start, end",
    [
        ("3", D(2026, 9, 1), D(2030, 8, 31)),
        ("6", D(2026, 9, 1), D(2027, 8, 31)),
        ("R", D(2027, 1, 5), D(2027, 8, 31)),
        ("11", D(2027, 8, 31), D(2027, 8, 31)),
        ("1", D(2026, 12, 1), D(2028, 8, 31)),
        ("N1", D(2026, 9, 1), D(2029, 8, 31)),
        ("7", D(2026, 9, 1), D(2029, 8, 31)),
        ("10", D(2026, 9, 1), D(2028, 8, 31)),
        ("12", D(2026, 9, 1), D(2028, 8, 31)),
    ],
)
def test_a_key_stage_ends_in_the_summer_of_its_last_year(year, start, end):
    assert m.horizon_end(m.HORIZONS[1], year, start) == end


@pytest.mark.parametrize("year", [code for code, _ in m.YEARS])
def test_every_year_group_has_an_end_of_its_school_year(year):
    assert m.horizon_end(m.HORIZONS[0], year, D(2027, 1, 5)) == D(2027, 8, 31)
    assert m.horizon_end(m.HORIZONS[1], year, D(2027, 1, 5)) >= D(2027, 8, 31)
    assert m.horizon_end(m.HORIZONS[2], year, D(2027, 1, 5)) is None


@pytest.mark.parametrize(
    "name, value",
    [
        ("stage_1_closes", 9_999_999),
        ("stage_2_closes", 0),
        ("undo_days", -1),
        ("stage_3_closes", 5),
        ("keep_sen_years", 1),
        ("keep_concern_years", 0),
    ],
)
def test_no_setting_can_stop_the_clocks(cast, name, value):
    settings = m.Setting()
    assert settings.errors() == []
    setattr(settings, name, value)
    assert [question for question, _ in settings.errors()] == [name]
    settings.undo_days = None
    assert "undo_days" in dict(settings.missing())


def test_smart_is_advice_and_refuses_nothing(plan):
    outcome = plan.outcomes.get()
    assert outcome.tips() == [
        "SMART? Measurable: give a number in the measure or the target; Achievable: say why it is"
        " within reach; Realistic: say where they are now and where they will be."
    ]
    outcome.measure, outcome.achievable, outcome.baseline, outcome.target = (
        "8 of 10 words",
        "With help",
        "2",
        "8",
    )
    assert outcome.tips() == ["This outcome is SMART."]


# --- consent
@pytest.mark.parametrize(
    "said, more, holds",
    [
        ("Given", {}, True),
        ("Not needed in law", {}, True),
        ("Refused", {}, False),
        ("Withdrawn", {}, False),
        ("Given", {"valid_to": TODAY}, True),
        ("Given", {"valid_to": TODAY - datetime.timedelta(1)}, False),
        ("Given", {"withdrawn_on": TODAY}, False),
    ],
)
def test_consent_holds_until_it_ends(robin, said, more, holds):
    assert m.Consent(pupil=robin, answer_given=said, **more).holds(TODAY) == holds


def test_consent_cannot_end_before_it_is_given(robin):
    assert "given_on" in dict(m.Consent(pupil=robin, given_on=TODAY, valid_to=START).errors())


# --- who sees whom
@pytest.mark.parametrize(
    "who, seen",
    [
        ("senco", {"robin", "wren"}),
        ("office", {"robin", "wren"}),
        ("head", {"robin", "wren"}),
        ("teacher", {"robin"}),
        ("technician", set()),
        ("stranger", set()),
        ("gone", set()),
    ],
)
def test_each_person_sees_the_pupils_of_their_role_only(cast, who, seen):
    found = {p.id for p in m.Pupil.visible_to(getattr(cast, who))}
    assert found == {getattr(cast, name).id for name in seen}


def test_nobody_is_seen_by_nobody(cast):
    assert not m.Pupil.visible_to(None).count()


@pytest.mark.parametrize("form", ["", None])
@pytest.mark.parametrize("classes", ["", None, " , "])
def test_a_teacher_without_a_class_sees_nobody_even_a_pupil_without_one(
    cast, acting, form, classes
):
    cast.wren.form, cast.teacher.classes = form, classes
    cast.wren.save()
    assert not m.Pupil.visible_to(cast.teacher).count()


@pytest.mark.parametrize("record", m.RIGHTS_TABLE)
@pytest.mark.parametrize("role", q.ROLES)
def test_rights_are_exactly_those_of_the_table(cast, record, role):
    cls = next(c for c in m.every_table() if c.__name__ == record)
    held = {right for right in "rwx" if m.may(getattr(cast, role), right, cls)}
    assert held == set(m.RIGHTS_TABLE[record][role]) - {"-"}
    assert not any(m.may(cast.gone, right, cls) for right in "rwx")


def test_every_table_has_a_line_of_rights():
    named = {c.__name__ for c in (*m.every(), audit_log.AuditEntry) if not issubclass(c, Row)}
    assert named == set(m.RIGHTS_TABLE), "Add the record to RIGHTS in models.py"


def test_a_row_has_the_rights_of_its_form(cast):
    assert m.may(cast.teacher, "w", m.Outcome)
    assert m.may(cast.teacher, "r", m.Agency) and not m.may(cast.teacher, "w", m.Agency)
    assert not m.may(cast.teacher, "r", m.ServiceKnown)
    # of its section too
    assert m.may(cast.teacher, "r", m.Pupil) and not m.may(cast.teacher, "r", m.Contact)
