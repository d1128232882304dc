"""What every record can do: dates as people type them, saving with an audit trail, sealing, and
what is missing.
"""

import contextvars
import datetime

import pytest
from conftest import TODAY, add_row, agreed, dump, fill, take_to, write

import models as m
import people
import workflow as w
from audit import log as audit_log
from records import dates
from records import questions as q
from records.record import Clash, document

D = datetime.date


# --- dates
@pytest.mark.parametrize(
    "typed, meant",
    [
        ("3/7/26", D(2026, 7, 3)),
        ("03/07/2026", D(2026, 7, 3)),
        ("3.7.2026", D(2026, 7, 3)),
        ("3-7-26", D(2026, 7, 3)),
        ("3 July 2026", D(2026, 7, 3)),
        ("3 jul 26", D(2026, 7, 3)),
        ("3rd July, 2026", D(2026, 7, 3)),
        ("1st Sept 2026", D(2026, 9, 1)),
        ("22nd August 2026", D(2026, 8, 22)),
        ("2026-07-03", D(2026, 7, 3)),
        ("  3/7/26 ", D(2026, 7, 3)),
        ("29/2/2024", D(2024, 2, 29)),
        ("today", TODAY),
        ("Yesterday", D(2026, 11, 23)),
        ("tomorrow", D(2026, 11, 25)),
        ("+6w", D(2027, 1, 5)),
        ("+12w", D(2027, 2, 16)),
        ("-1d", D(2026, 11, 23)),
        ("+ 10 d", D(2026, 12, 4)),
        ("", None),
        ("   ", None),
        ("Friday 3 July 2026", D(2026, 7, 3)),
        ("fri 3 jul 2026", D(2026, 7, 3)),
    ],
)
def test_a_date_is_read_as_people_type_it(typed, meant):
    assert dates.read_day(typed, TODAY) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "31/2/2026",
        "29/2/2026",
        "7/2026",
        "next week",
        "3/7",
        "3/7/1899",
        "1/1/2151",
        "+6",
        "+w",
        "+6y",
        "32/1/2026",
        "1/13/2026",
        "+²w",
        "++6w",
        "0/0/0",
        "3 July",
        "0026-07-03",
        "Monday 3 July 2026",
        "friday",
        "fri 3",
    ],
)
def test_what_is_no_date_is_refused_with_a_sentence(typed):
    with pytest.raises(ValueError) as refusal:
        dates.read_day(typed, TODAY)
    assert str(refusal.value) == f"“{typed}” is not a date we can read. {dates.DAY_HELP}"


@pytest.mark.parametrize("typed", ["+9999w", "-40001d", "+" + "9" * 50 + "d"])
def test_a_day_that_is_too_far_away_is_refused_with_a_sentence(typed):
    with pytest.raises(ValueError, match="is too far away"):
        dates.read_day(typed, TODAY)


@pytest.mark.parametrize("day", [D(2026, 7, 3), D(2026, 9, 30), D(2024, 2, 29), D(1999, 12, 31)])
def test_a_date_that_the_portal_wrote_can_be_typed_back(day):
    assert dates.read_day(dates.say_day(day)) == dates.read_day(dates.short_day(day)) == day


def test_dates_and_moments_are_said_in_uk_words_and_london_time():
    assert dates.say_day(D(2026, 7, 3)) == "Friday 3 July 2026"
    assert dates.short_day(D(2026, 7, 3)) == "3 Jul 2026"
    assert dates.say_moment(datetime.datetime(2026, 7, 3, 13, 5)) == "3 Jul 2026, 14:05"
    assert dates.say_moment(datetime.datetime(2026, 12, 3, 13, 5)) == "3 Dec 2026, 13:05"
    assert dates.say_day(None) == dates.short_day(None) == dates.say_moment(None) == ""


def test_today_is_the_day_in_london(the_day):
    the_day.move_to(datetime.datetime(2026, 6, 30, 23, 30, tzinfo=datetime.UTC))
    assert dates.today() == D(2026, 7, 1)
    assert audit_log.now() == datetime.datetime(2026, 6, 30, 23, 30)


# --- saving and the audit
def trail(record):
    """What the audit trail says about a record: [(act, question, before, after)]."""
    rows = audit_log.AuditEntry.select().where(
        audit_log.AuditEntry.record == type(record).__name__,
        audit_log.AuditEntry.record_id == record.id,
    )
    return [(r.act, r.question, r.before, r.after) for r in rows.order_by(audit_log.AuditEntry.id)]


def test_every_answer_that_changes_leaves_an_audit_row(robin):
    before = len(trail(robin))
    robin.known_as, robin.year = "Rob", "4"
    robin.save(reason="Asked for at the door")
    assert trail(robin)[before:] == [
        ("change", "known_as", "", "Rob"),
        ("change", "year", "Year 3", "Year 4"),
    ]
    last = audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id.desc()).first()
    assert (last.who, last.pupil_id, last.section, last.reason) == (
        "The tests",
        robin.id,
        "Who they are",
        "Asked for at the door",
    )


def test_a_save_that_changes_nothing_leaves_no_audit_row(robin):
    before = dump()
    robin.save()
    assert dump() == before


def test_the_changes_of_one_press_share_one_request(robin, acting):
    robin.known_as = "Rob"
    robin.save()
    last = audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id.desc()).first()
    assert last.request == acting.request


def test_the_second_of_two_people_gets_a_clash_and_changes_nothing(robin):
    mine, yours = m.Pupil.get_by_id(robin.id), m.Pupil.get_by_id(robin.id)
    yours.alert = "Sits at the front"
    yours.save()
    before = dump()
    mine.known_as = "Rob"
    with pytest.raises(Clash, match="Somebody else has saved this Pupil"):
        mine.save()
    assert dump() == before


def without_a_name(act):
    """Run something where nobody is named as acting."""
    return contextvars.Context().run(act)


def test_nothing_is_saved_when_nobody_is_named_as_acting(cast):
    before, pupil = dump(), cast.robin
    pupil.known_as = "Rob"
    with pytest.raises(RuntimeError, match="with acting"):
        without_a_name(pupil.save)
    with pytest.raises(RuntimeError, match="with acting"):
        without_a_name(m.Strategy(pupil=pupil, strategy="Pictures").save)
    with pytest.raises(RuntimeError, match="with acting"):
        without_a_name(m.Pupil.get_by_id(cast.wren.id).remove)
    assert dump() == before


def test_a_change_without_its_audit_row_does_not_stay(robin, monkeypatch):
    def broken(*_, **__):
        raise OSError("The disk is full")

    before = dump()
    monkeypatch.setattr("records.record.audit_all", broken)
    robin.known_as = "Rob"
    with pytest.raises(OSError):
        robin.save()
    with pytest.raises(OSError):
        m.Strategy(pupil=robin, strategy="Pictures").save()
    assert dump() == before


@pytest.mark.parametrize("name", people.User.audit_exclude)
def test_a_secret_never_reaches_the_audit_trail(cast, acting, name):
    kind = type(people.User._meta.fields[name]).__name__
    first, second = {
        "IntegerField": (770_011, 770_012),
        "DateTimeField": [datetime.datetime(2031, 7, 7, 7, n) for n in (1, 2)],
    }.get(kind, ("hush-1", "hush-2"))
    person = people.User.create(name="New person", username="new", role="office", **{name: first})
    setattr(person, name, second)
    person.save()
    person.remove()
    told = " ".join(str(v) for row in audit_log.AuditEntry.select().tuples() for v in row)
    assert str(first) not in told and str(second) not in told


def test_what_is_taken_away_stays_in_the_audit_trail(robin):
    line = m.Strategy(pupil=robin, strategy="Pictures beside words")
    line.save()
    line.remove("Entered twice")
    assert trail(line)[-3:] == [
        ("remove", "pupil", str(robin), ""),
        ("remove", "strategy", "Pictures beside words", ""),
        ("remove", "", "", ""),
    ]
    assert not m.Strategy.select().count()


def test_a_row_of_a_form_is_told_under_its_pupil(robin, cast):
    take_to(robin, "S1", cast.senco)
    line = add_row(write(m.RecordOfConcern, robin, cast.teacher), "used")
    assert (
        audit_log.AuditEntry.get(
            audit_log.AuditEntry.record == "StrategyUsed", audit_log.AuditEntry.record_id == line.id
        ).pupil_id
        == robin.id
    )


# --- drafts, completing, sealing
@pytest.mark.parametrize("form_class", w.every_form(), ids=lambda c: c.__name__)
def test_a_draft_always_saves(robin, cast, form_class):
    form = form_class(pupil=robin)
    form.save()
    assert form_class.get_by_id(form.id).status == "draft"


@pytest.mark.parametrize("form_class", w.every_form(), ids=lambda c: c.__name__)
def test_every_needed_question_is_named_when_it_is_missing(robin, cast, form_class):
    form = form_class(pupil=robin)
    form.save()
    named = {name for name, _ in form.missing()}
    needed = {n for n, f in form_class.questions() if f.ask.needed is True and not form.answer(n)}
    groups = {n for n in form_class.groups() if form_class.markers[n].needed}
    assert needed | groups <= named
    assert all(words for _, words in form.missing())


@pytest.mark.parametrize("form_class", w.every_form(), ids=lambda c: c.__name__)
def test_completing_names_every_missing_answer_at_once(robin, cast, form_class):
    stage = next(p.stage for p in w.PAPERS if p.form is form_class)
    take_to(robin, stage, cast.senco)
    form, _ = w.start_form(form_class, robin, cast.senco)
    form.save()
    with pytest.raises(w.Invalid) as refusal:
        w.complete(form, cast.senco)
    assert set(form.missing()) <= set(refusal.value.errors)
    assert form_class.get_by_id(form.id).status == "draft"


@pytest.mark.parametrize("form_class", w.every_form(), ids=lambda c: c.__name__)
def test_every_form_can_be_filled_in_and_lacks_nothing_then(robin, cast, form_class):
    form = fill(form_class(pupil=robin))
    assert form.missing() == [] and form.errors() == []


@pytest.mark.parametrize(
    "consent, gaps",
    [(None, {"consent", "told_on"}), ("given", {"told_on"}), ("not reached", {"not_reached"})],
)
def test_what_is_needed_can_hang_on_another_answer(robin, consent, gaps):
    form = m.RecordOfConcern(pupil=robin, consent=consent)
    assert {n for n, _ in form.missing()} & {"consent", "told_on", "not_reached"} == gaps


def test_a_date_in_the_future_is_no_day_it_happened(robin, cast):
    take_to(robin, "S1", cast.senco)
    form = write(m.RecordOfConcern, robin, cast.senco)
    form.happened_on = TODAY + datetime.timedelta(1)
    form.save()
    with pytest.raises(w.Invalid, match="is in the future"):
        w.complete(form, cast.senco)


def test_a_seal_keeps_its_words_when_a_question_is_reworded(robin, cast, monkeypatch):
    take_to(robin, "S1", cast.senco)
    form = agreed(m.RecordOfConcern, robin, cast.senco, strengths="Kind to others")
    kept = m.RecordOfConcern.get_by_id(form.id)
    monkeypatch.setattr(m.RecordOfConcern.strengths, "verbose_name", "Reworded")
    words = str(kept.content())
    assert "What is going well?" in words and "Kind to others" in words and "Reworded" not in words
    assert "Reworded" in str(document(kept)), "a draft shows the words of today"
    assert kept.seal_holds()


def test_a_seal_that_was_tampered_with_does_not_hold(robin, cast):
    take_to(robin, "S1", cast.senco)
    form = agreed(m.RecordOfConcern, robin, cast.senco, strengths="Kind to others")
    form.sealed = form.sealed.replace("Kind to others", "Rude to others")
    assert not form.seal_holds()


def test_a_seal_says_who_agreed_it_and_when(robin, cast):
    take_to(robin, "S1", cast.senco)
    form = agreed(m.RecordOfConcern, robin, cast.senco)
    assert form.sealed_by == cast.senco.name and form.content()["who"] == cast.senco.name
    assert form.sealed_at == datetime.datetime.fromisoformat(form.content()["when"])


def test_a_sealed_form_shows_each_role_only_its_sections(robin, cast):
    take_to(robin, "S3", cast.senco)
    form = agreed(m.ParentInformation, robin, cast.senco, medication="Twice a day")
    assert "Twice a day" in str(form.content(q.SENCO)) and "Twice a day" not in str(
        form.content(q.TEACHER)
    )
    assert form.content(q.TEACHER) == {
        **form.content(),
        "sections": [s for s in form.content()["sections"] if q.TEACHER in s["see"]],
    }


def test_a_new_version_names_the_one_it_supersedes(robin, cast):
    take_to(robin, "S2", cast.senco)
    old = agreed(m.MyPlan, robin, cast.senco)
    kept = old.sealed
    new = w.new_version(old, cast.senco)
    assert (new.supersedes, new.status, new.placement) == (old.id, "draft", old.placement)
    assert [str(o) for o in new.outcomes] == [str(o) for o in old.outcomes]
    assert [p.outcome.parent() for p in new.provision] == [new], (
        "the links of a copy stay within the copy"
    )
    assert m.MyPlan.get_by_id(old.id).sealed == kept


# --- what a class says of itself
@pytest.mark.parametrize("record", m.every(), ids=lambda c: c.__name__)
def test_every_record_has_a_sentence_about_itself(record):
    assert record.kind_name() and record.slug() == record.slug().lower()
    assert record.intro() and record.intro().endswith("."), (
        f"Write the first line of {record.__name__}'s description: “Name: what.”"
    )


@pytest.mark.parametrize(
    "record, words",
    (
        (m.Disclosure, "Requests for information"),
        (m.Strategy, "Everyday strategies"),
        (m.PupilViews, "Pupil Views"),
        (m.PlusNeed, "Needs (My Plan+)"),
        (m.Letter, "Letters"),
    ),
)
def test_a_list_of_records_has_the_plural_of_their_name(record, words):
    assert record.plural() == words


@pytest.mark.parametrize("record", m.every(), ids=lambda c: c.__name__)
def test_every_question_stands_in_one_section_only(record):
    placed = [name for _, lines in record.layout() for name, _ in lines]
    drawn = [name for name, mark in record.markers.items() if isinstance(mark, q.Drawn)]
    wanted = [*dict(record.questions()), *record.groups(), *drawn]
    assert sorted(placed) == sorted(wanted)


@pytest.mark.parametrize("record", m.every(), ids=lambda c: c.__name__)
def test_every_answer_may_be_empty_in_the_database(record):
    held = [n for n, f in record.questions() if not f.null]
    assert not held, (
        f"Questions are made with text(), day(), ...: {held} of {record.__name__} would stop a"
        " draft from saving"
    )


@pytest.mark.parametrize("record", m.every(), ids=lambda c: c.__name__)
def test_what_is_needed_when_names_a_question_that_is_there(record):
    names = dict(record.questions())
    for name, asked in names.items():
        if isinstance(asked.ask.needed, str):
            other, _, wanted = asked.ask.needed.partition("=")
            known = {code for code, _ in names[other].choices} | {""}
            assert set(wanted.split("|")) <= known, (
                f"{record.__name__}.{name}: needed={asked.ask.needed!r} names no option"
            )


def test_a_reworded_question_of_a_plan_keeps_its_place():
    names = [n for n, _ in m.MyPlanPlusReview.questions()]
    assert names == [n for n, _ in m.MyPlanReview.questions()]


def test_an_unknown_start_counts_from_today():
    assert dates.read_day("+7d") == TODAY + datetime.timedelta(7)
