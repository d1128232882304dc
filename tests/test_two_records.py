"""Two records of one child become one without a loss; one made by mistake goes, and only it."""

import datetime

import pytest
from conftest import START, agreed, assert_tasks_are_kept, take_to
from web import Browser, build_pupil

import models as m
from audit import verify
from audit.log import AuditEntry
from people import Draft
from privacy import mistakes, two_records
from privacy.erasure import Cannot


def rows_about(*pupils):
    """How many rows of every table lead to these pupils: {table: rows}."""
    numbers = [pupil.id for pupil in pupils]
    found = {}
    for cls, field in two_records.links():
        found[cls.__name__] = cls.select().where(field.in_(numbers)).count()
    for cls in m.every(m.Row):
        if cls.__name__ not in found:
            found[cls.__name__] = cls.select().count()
    found["Draft"] = Draft.select().where(Draft.pupil_id.in_(numbers)).count()
    return found


def second(**more):
    """A second record of Robin, made by hand."""
    said = {"surname": "Oakley", "forename": "Robin", "dob": START, "year": "3", "form": "3B"}
    pupil = m.Pupil(**{**said, **more})
    pupil.save()
    return pupil


def test_nothing_is_lost_when_two_full_records_become_one(cast, acting):
    robin = build_pupil(cast.senco, "mine", "3B")["Pupil"]
    other = build_pupil(cast.senco, "other", "3B")["Pupil"]
    theirs = {cls: cls.about(other.id) for cls in m.every(m.PupilRecord)}
    m.Placement.update(stage="LEFT").where(theirs[m.Placement]).execute()
    m.EhcCase.update(state="ceased").where(theirs[m.EhcCase]).execute()
    closed = m.ListMembership.update(ended_on=START)
    closed.where(theirs[m.ListMembership]).execute()
    # the same need in both would be one line afterwards
    m.SenNeed.update(code="HI").where(m.SenNeed.pupil == other).execute()
    Draft.create(user=cast.senco, form=f"/pupil/{other.id}/edit/", pupil_id=other.id, typed="[]")
    before = rows_about(robin, other)
    kept = two_records.merge_records(robin, other, cast.senco)
    assert rows_about(kept) == before
    assert min(before[name] for name in ("MyPlan", "Document", "Letter", "Contact")) > 0
    assert verify.problems() == []
    assert m.Pupil.get_or_none(id=other.id) is None
    assert m.MergedPupil.numbers_of(kept.id) == [kept.id, other.id]
    assert Draft.get().form == f"/pupil/{kept.id}/edit/"


def test_sealed_papers_keep_their_seals(cast, robin):
    other = second()
    take_to(other, "S1", cast.senco)
    form = agreed(m.ParentInformation, other, cast.senco)
    two_records.merge_records(robin, other, cast.senco)
    moved = type(form).get_by_id(form.id)
    assert moved.pupil == robin and moved.seal_holds() and moved.sealed_code == form.sealed_code
    assert verify.problems() == []
    assert m.Placement.stage_of(robin) == "S1"


def test_the_answers_are_chosen_one_by_one_and_the_other_upn_stays_known(cast, robin):
    robin.upn = "H801200001001"
    robin.alert = "Ours"
    robin.save()
    other = second(upn="A801200001004", alert="Theirs", home_language="Welsh")
    shown = [name for name, *_ in two_records.differing_answers(robin, other)]
    assert {"dob", "upn", "alert"} <= set(shown) and "home_language" not in shown
    kept = two_records.merge_records(robin, other, cast.senco, theirs=("alert", "upn"))
    said = (kept.alert, kept.home_language, kept.upn, kept.former_upn)
    assert said == ("Theirs", "Welsh", "A801200001004", "H801200001001")


def test_the_same_person_is_a_contact_once_unless_the_lines_contradict(cast, robin):
    other = second()
    m.Contact.create(pupil=robin, name="Mrs Ana Mock", phone="07700 900123")
    m.Contact.create(pupil=robin, name="Paul Mock", phone="07700 900124")
    m.Contact.create(pupil=other, name="ana mock", email="ana@example.org")
    m.Contact.create(pupil=other, name="Paul Mock", phone="07700 900999")
    m.SenNeed.create(pupil=robin, code="SLCN", rank=1)
    m.SenNeed.create(pupil=other, code="SLCN", rank=1)
    m.SenNeed.create(pupil=other, code="HI", rank=2)
    two_records.merge_records(robin, other, cast.senco)
    found = [(one.name, one.phone, one.email) for one in robin.rows("contacts")]
    assert ("Mrs Ana Mock", "07700 900123", "ana@example.org") in found
    assert [name for name, *_ in found].count("Paul Mock") == 2
    assert not [name for name, *_ in found if name == "ana mock"]
    assert sorted((need.code, need.rank) for need in robin.rows("sen_needs")) == [
        ("HI", 2),
        ("SLCN", 1),
    ]
    assert m.Pupil.get_by_id(robin.id).errors() == []


def test_two_stages_are_refused_with_a_cure_and_a_closed_one_is_ended(cast, robin):
    other = second()
    take_to(robin, "S1", cast.senco)
    take_to(other, "S1", cast.senco)
    with pytest.raises(Cannot, match="Entered in error"):
        two_records.merge_records(robin, other, cast.senco)
    m.Placement.update(stage="LEFT").where(m.Placement.pupil == other).execute()
    closed = m.ListMembership.update(ended_on=START)
    closed.where(m.ListMembership.pupil == other).execute()
    two_records.merge_records(robin, other, cast.senco)
    assert m.Placement.stage_of(robin) == "S1"
    assert_tasks_are_kept()


@pytest.mark.parametrize("who", ["office", "teacher", "head", "technician"])
def test_only_the_senco_merges_or_takes_out(cast, robin, who, tmp_path):
    other = second()
    with pytest.raises(Cannot, match="Only the SENCO"):
        two_records.merge_records(robin, other, getattr(cast, who))
    with pytest.raises(Cannot, match="Only the SENCO"):
        mistakes.take_out(other, getattr(cast, who), "Twice", tmp_path)


def test_a_record_made_by_mistake_goes_with_its_words_and_is_still_in_the_audit_log(
    cast, robin, tmp_path
):
    other = second(alert="Words about nobody else")
    m.Contact.create(pupil=other, name="Ana Mock")
    m.MyPlan.create(pupil=other, happened_on=START)
    others_before = rows_about(robin)
    mistakes.take_out(other, cast.senco, "Entered twice", tmp_path)
    assert m.Pupil.get_or_none(id=other.id) is None
    assert not sum(
        cls.select().where(cls.about(other.id)).count() for cls in m.every(m.PupilRecord)
    )
    assert rows_about(robin) == {**others_before, "MyPlan": others_before["MyPlan"]}
    rows = AuditEntry.select().where(AuditEntry.pupil_id == other.id).order_by(AuditEntry.id)
    assert "Words about nobody else" not in " ".join(row.after + row.before for row in rows)
    assert (rows[-1].act, rows[-1].reason) == ("taken out", "Entered twice")
    assert verify.problems() == []
    assert second().id > other.id


def test_what_was_done_with_a_record_keeps_it_and_is_named(cast, robin, tmp_path):
    other = second()
    take_to(other, "S1", cast.senco)
    agreed(m.ParentInformation, other, cast.senco)
    told = " ".join(mistakes.what_stands_in_the_way(other))
    assert "Placements: 1" in told
    with pytest.raises(Cannot, match="Something was done"):
        mistakes.take_out(other, cast.senco, "Twice", tmp_path)


def test_the_pages_lead_from_the_search_to_one_record(cast, robin, empty_portal):
    other = second(dob=robin.dob + datetime.timedelta(days=1), alert="Theirs")
    senco = Browser(empty_portal, cast.senco)
    there = f"/keeping/{robin.id}/merge/"
    page = senco.page(there)
    assert f"number {other.id}" in page.text
    page = senco.read(senco.post(there, {"other": other.id}))
    assert "What is carried over" in page.text
    said = {"other": other.id, "do": "merge", "seen": "0-0"}
    assert "has changed since" in senco.read(senco.post(there, said), 422).text
    seen = f"{robin.version}-{other.version}"
    senco.read(senco.post(there, {**said, "seen": seen, "keep.dob": "other"}))
    assert m.Pupil.get_by_id(robin.id).dob == other.dob
    assert senco.get(f"/pupil/{other.id}/").location.endswith(f"/pupil/{robin.id}/")
    mistake = second(surname="Mistaken")
    page = senco.page(f"/keeping/{mistake.id}/mistake/")
    assert "needed" in page.text
    senco.read(senco.post(f"/keeping/{mistake.id}/mistake/", {"words": ""}), 422)
    senco.read(senco.post(f"/keeping/{mistake.id}/mistake/", {"words": "Wrong school"}))
    assert m.Pupil.get_or_none(id=mistake.id) is None
