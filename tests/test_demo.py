"""The demonstration school: everything that a demonstration should show is there, nobody looks
real, and no rule was bent.
"""

import re
from collections import Counter

import pytest
from conftest import TODAY, sqlite_file
from peewee import ForeignKeyField

import models as m
import people
import workflow as w
from audit import log as audit_log
from demo import words

# asked at the foot of every form; answered on one of them is enough
SHARED = ("withhold", "withhold_why")
# Stage 2 has no first day before which a review is early; no fictional record is on hold
NEVER_ASKED = {("MyPlanReview", "early_why"), ("Pupil", "hold")}


@pytest.fixture(scope="module")
def school(demo_school):
    """The demonstration school in a database of its own: its sign-ins."""
    path, signs = demo_school
    before, made = audit_log.db.obj, sqlite_file(path)
    audit_log.db.initialize(made)
    made.connect(reuse_if_open=True)
    yield signs
    made.close()
    audit_log.db.initialize(before)


@pytest.fixture(autouse=True)
def built(school):
    """Every test here looks at the demonstration school."""
    return school


def forms(*classes):
    """All papers of these kinds, or of every kind."""
    return [f for c in classes or w.every_form() for f in c.select()]


def texts():
    """Everything that was written down, as (class, question, text)."""
    return [
        (c.__name__, n, str(r.__data__[n]))
        for c in m.every()
        for r in c.select()
        for n, f in c.questions()
        if r.__data__.get(n) is not None and not isinstance(f, ForeignKeyField)
    ]


def open_placements():
    """The placement that stands now, of each pupil on the pathway."""
    return list(m.Placement.select().where(m.Placement.ended_on.is_null(), ~m.Placement.void))


def test_staff_can_sign_in(school):
    signs = school
    assert [role for role, _, _ in signs] == ["office", "senco", "head", "technician", "teacher"]
    assert people.User.select().count() >= 12
    for _, username, password in signs:
        user = people.User.get(people.User.username == username)
        assert len(password) >= 14 and re.fullmatch(r"[a-z]+-[a-z]+-[a-z]+-\d{4}", password)
        assert user.password == f"hashed {password[::-1]}" and len(user.token) >= 24 and user.active
    assert len({p for _, _, p in signs}) == 5
    teacher = people.User.get(people.User.username == "teacher")
    assert [p for p in m.Pupil.visible_to(teacher) if m.Placement.stage_of(p) in w.OPEN]
    assert Counter(u.role for u in people.User.select())["office"] == 2


def test_the_school_has_every_year():
    assert m.Pupil.select().count() == 420
    years = Counter(p.year for p in m.Pupil.select())
    assert list(years.values()) == [35] * 12 and set(years) == {
        "R",
        *(str(n) for n in range(1, 12)),
    }
    assert 65 <= len(open_placements()) <= 100
    assert {"Łukasz", "Şahin", "Nguyễn", "Ṣọlá"} <= {p.known_as for p in m.Pupil.select()}
    assert len(words.STORIES) >= 12 and len({s["area"] for s in words.STORIES}) == 4


def test_every_stage_and_list():
    assert {p.stage for p in open_placements()} == {"S1", "S2", "S3", "E", "LEFT", "OFF"}
    here = Counter(
        x.list
        for x in m.ListMembership.select().where(
            m.ListMembership.ended_on.is_null(), ~m.ListMembership.void
        )
    )
    assert here["CONCERNS"] > 15 and here["SEN"] > 40


def test_reviews_stand_in_every_way():
    stands = {(p.stage, w.clock_of(p, TODAY).state) for p in open_placements() if p.stage in w.OPEN}
    ways = {(s, state) for s in w.OPEN for state in ("open", "due soon", "overdue")}
    assert ways | {("S1", "waiting"), ("S3", "waiting")} <= stands


def test_every_row_of_the_decision_table():
    found = {
        (w.paper_for(type(r)).stage, w.chart_row(r).name)
        for r in forms(m.ConcernReview, m.MyPlanReview, m.MyPlanPlusReview)
        if w.chart_row(r)
    }
    assert {r.name for r in w.ROWS} == {name for _, name in found}
    assert {("S2", n) for n in "12345"} <= found and {("S3", n) for n in "12345"} <= found


def test_every_move_was_made():
    made = {p.move for p in m.Placement.select()} | {"Record an EHC request"}
    assert made == {x.name for x in w.MOVES}
    assert m.EhcCase.select().where(m.EhcCase.requester == "Parent").exists()
    assert m.Placement.select().where(m.Placement.void).count() == 2, "two moves were taken back"


def test_papers_in_every_state():
    assert {f.status for f in forms()} == {"draft", "complete", "sealed", "declined"}
    for form_class in w.every_form():
        assert any(f.status == "sealed" for f in form_class.select()), form_class
    sides = [p.form for p in w.PAPERS if p.kind == "side"]
    empty = [
        p
        for p in open_placements()
        if p.stage == "S3" and not any(f for f in forms(*sides) if f.placement_id == p.id)
    ]
    assert empty, "somebody's five forms are not started"


def test_every_question_is_answered_somewhere():
    unasked = []
    for form_class in [
        *w.every_form(),
        m.Pupil,
        m.Consent,
        m.Meeting,
        m.EhcCase,
        m.Letter,
        m.Strategy,
        m.BankEntry,
    ]:
        for cls in (form_class, *form_class.groups().values()):
            rows = list(cls.select())
            unasked += [
                (cls.__name__, n) for n, _ in cls.questions() if not any(r.answer(n) for r in rows)
            ]
    assert {x for x in unasked if x[1] not in SHARED} == NEVER_ASKED
    assert all(any(f.answer(n) for f in forms()) for n in SHARED)


def test_agencies_recommendations_consents():
    assert {a.state for a in m.Agency.select()} == set(m.AGENCY_STATUS)
    assert {r.decision for r in m.Recommendation.select()} == {None, "Do", "Do in part", "Not now"}
    assert {c.answer_given for c in m.Consent.select()} == {
        "Given",
        "Refused",
        "Withdrawn",
        "Not needed in law",
    }


def test_meetings_and_letters():
    assert (
        m.Meeting.select().where(m.Meeting.on > TODAY).exists()
        and m.Meeting.select().where(m.Meeting.on < TODAY).exists()
    )
    done = Counter(a.done_on is not None for a in m.MeetingAction.select())
    assert done[True] and done[False] and m.MeetingPerson.select().count() > 50
    sent = Counter(x.sent_on is not None for x in m.Letter.select().where(~m.Letter.void))
    assert sent[True] and sent[False]
    assert not [x for x in m.Letter.select() if "{" in x.body]


def test_a_case_in_every_state():
    assert {c.state for c in m.EhcCase.select()} == {*m.CASE_STATES}


def test_leavers_and_those_who_returned():
    stages = {}
    for placement in m.Placement.select().where(~m.Placement.void).order_by(m.Placement.id):
        stages.setdefault(placement.pupil_id, []).append(placement.stage)
    assert any(s[-1] == "OFF" for s in stages.values()) and any(
        "OFF" in s[:-1] for s in stages.values()
    )
    left = [p for p in m.Pupil.select() if p.left_on]
    assert left and all(m.Placement.stage_of(p) == "OFF" for p in left)


def test_settings_strategies_and_word_bank():
    settings = m.Setting.of_school()
    assert settings.school_name == "Willow Brook School" and settings.local_authority == "Anyshire"
    assert len(settings.holidays.split("\n")) == 18
    assert {b.bank for b in m.BankEntry.select()} == {
        "strategy",
        "provision",
        "agency",
    } and m.Strategy.select().count() > 60


def test_nobody_looks_real():
    for cls, name, text in texts():
        for found in re.findall(r"(?<!\d)\+?[\d() -]{9,}\d", text):
            digits = re.sub(r"\D", "", found)
            assert (
                len(digits) < 10
                or digits.startswith(("07700900", "01632960"))
                or cls == "Pupil"
                and "upn" in name
            ), (cls, name, found)
        assert all(x.endswith("example.org") for x in re.findall(r"@[\w.]+", text)), (
            cls,
            name,
            text,
        )
    starts = tuple(words.SURNAME_STARTS)
    assert all(p.surname.startswith(starts) for p in m.Pupil.select())


def test_upns_are_well_formed_and_fictitious():
    for pupil in m.Pupil.select():
        for upn in filter(None, (pupil.upn, pupil.former_upn)):
            assert m.upn_fault(upn) is None and upn[1:4] == "999", upn


def test_nothing_is_left_unfilled():
    odd = [(c, n, t) for c, n, t in texts() if c != "Setting" and re.search(r"[{}¦]", t)]
    assert not odd
    assert not [(c.__name__, r.id, r.errors()) for c in m.every() for r in c.select() if r.errors()]
    many = [
        (c, n, t)
        for c, n, t in texts()
        if len(t) > 255 and getattr(getattr(m, c)._meta.fields[n], "max_length", None)
    ]
    assert not many, "longer than its line"


def test_all_seals_hold():
    assert len([f for f in forms() if f.sealed]) > 300
    assert all(f.seal_holds() for f in forms())


def test_invariants():
    assert max(Counter(p.pupil_id for p in open_placements()).values()) == 1
    rows = list(
        m.ListMembership.select().where(m.ListMembership.ended_on.is_null(), ~m.ListMembership.void)
    )
    assert max(Counter(r.pupil_id for r in rows).values()) == 1, "never on both lists"
    for placement in open_placements():
        wanted = w.STAGES[placement.stage].list
        assert [r.list for r in rows if r.pupil_id == placement.pupil_id] == (
            [wanted] if wanted else []
        )
    assert not [e for e in audit_log.AuditEntry.select().where(audit_log.AuditEntry.who == "")]
    assert all(
        x.primary_type() not in (None, "NSA")
        for x in (p.pupil for p in open_placements() if p.stage == "E")
    )
