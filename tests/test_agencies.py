"""Agencies: kept about a child at every stage, with consent to each referral; the form of Stage 3
is drawn from them.
"""

import contextlib
import datetime
import shutil

import pytest
from conftest import HELD, START, TODAY, add_row, pointed_back, take_to, write
from playhouse.migrations import Runner

import models as m
import workflow as w
from config import MIGRATIONS
from ops import database as ops_database
from privacy import subject_access
from records.record import document

DAY = datetime.timedelta(1)


def consent(pupil, **given):
    said = {
        "purpose": "Referral",
        "to_whom": "Speech therapy",
        "information": "The plan",
        "answer_given": "Given",
        "given_on": START,
        "given_by": "Her mother",
        "method": "Signed",
    }
    made = m.Consent(pupil=pupil, **{**said, **given})
    made.save()
    return made


def refused(agency):
    """Whether an agency that was saved now may not stand, for want of consent."""
    return "consent" in dict(agency.errors())


def agency(pupil, **given):
    said = {"agency": "Speech therapy", "question": "What helps?", "state": "Referred"}
    made = m.Agency(pupil=pupil, **{**said, **given})
    made.save()
    return made


# --- consent, by purpose, on the day
@pytest.mark.parametrize(
    "given, holds",
    [
        ({}, True),
        ({"to_whom": " speech THERAPY"}, True),
        ({"answer_given": "Not needed in law", "legal_reason": "A duty"}, True),
        ({"answer_given": "Withdrawn", "withdrawn_on": HELD + DAY}, True),
        ({"purpose": "Invite to a meeting"}, False),
        ({"to_whom": "Community Paediatrics"}, False),
        ({"answer_given": "Refused"}, False),
        ({"answer_given": "Withdrawn", "withdrawn_on": HELD}, False),
        ({"given_on": HELD + DAY}, False),
        ({"valid_to": HELD - DAY}, False),
    ],
)
def test_a_referral_needs_a_consent_to_it_that_holds_on_its_day(robin, given, holds):
    kept = consent(robin, **given)
    for said in ({"state": "Consulted"}, {"state": "Waiting"}):
        made = agency(robin, asked_on=HELD, **said)
        assert refused(made) != holds
        assert (made.consent == kept) == holds
        chosen = agency(robin, asked_on=HELD, consent=kept, **said)
        assert refused(chosen) != holds


@pytest.mark.parametrize("state", m.AGENCY_STATUS)
def test_a_state_in_which_something_was_sent_needs_consent_without_a_date_too(robin, state):
    assert refused(agency(robin, state=state)) == (state in m.SENT)


def test_what_stood_before_without_consent_may_stand_until_something_is_sent(robin):
    old = agency(robin, state="Waiting", asked_on=START)
    old = m.Agency.get_by_id(old.id)
    assert not refused(old)
    for said in ({"report_on": HELD}, {"state": "Discharged"}, {"contact": "07700 900900"}):
        for name, value in said.items():
            setattr(old, name, value)
        old.save()
        assert not refused(old), said
    old.state = "Involved"
    old.save()
    assert refused(old)
    # what is sent today needs a consent of today, even where an earlier one is not there
    consent(robin, given_on=TODAY)
    old.state = "Waiting"
    old.save()
    assert not refused(old) and old.consent


def test_a_consent_or_report_of_another_child_is_refused(robin, cast):
    theirs = consent(cast.wren)
    made = agency(robin, consent=theirs)
    assert "same child" in str(made.errors())


# --- on the screen
FOUR = {
    "agency": "Speech therapy",
    "state": "Referred",
    "question": "What helps?",
    "asked_on": "24/11/2026",
}


def test_four_boxes_refer_a_child_of_stage_1_and_the_consent_is_typed_once(school, browser):
    """The page of the child leads there, the refusal to the consent, and the consent back."""
    robin = school.robin
    take_to(robin, "S1", school.senco)
    at = browser("senco")
    page = at.page(f"/pupil/{robin.id}/")
    new = f"/agency/new/?pupil={robin.id}"
    assert [link.text for link in page.all(f"//a[@href='{new}']")] == ["Refer to an agency"]
    page = at.submit(at.page(new), 422, **FOUR)
    assert "Nothing may go to Speech therapy without a consent" in page.text
    assert not m.Agency.select().where(m.Agency.pupil == robin).exists()
    begin = page.one("//a[text()='Write down a consent']").get("href")
    page = at.page(begin)
    said = {"information": "The plan", "answer_given": "Given", "given_on": "24/11/2026"}
    page = at.submit(page, given_by="Her mother", method="Signed", **said)
    kept = m.Consent.get(m.Consent.pupil == robin)
    assert (kept.purpose, kept.to_whom) == ("Referral", "Speech therapy")
    assert page.one("//h1").text == "New: Agency", "it leads back to what was typed"
    at.submit(page)
    made = m.Agency.get(m.Agency.pupil == robin)
    assert (made.agency, made.consent, made.asked_on) == ("Speech therapy", kept, TODAY)
    page = at.page(f"/pupil/{robin.id}/")
    assert "Speech therapy 24 Nov 2026, Referred" in page.text


def test_an_agency_begins_with_what_the_review_wants_to_know(school, browser):
    robin = school.robin
    take_to(robin, "S2", school.senco)
    write(m.MyPlanReview, robin, school.senco, HELD, agency_need="Which book?")
    page = browser("senco").page(f"/agency/new/?pupil={robin.id}")
    assert page.one("//textarea[@name='question']").text.strip() == "Which book?"


# --- drawn into the form of Stage 3
def test_the_form_is_drawn_from_the_register_and_keeps_what_was_agreed(robin, cast):
    take_to(robin, "S3", cast.senco)
    form, _ = w.start_form(m.AgencyInformation, robin, cast.senco)
    form.save()
    assert "There is none yet under “Agencies”" in str(w.missing(form, cast.senco))
    consent(robin)
    made = agency(robin, asked_on=START)
    advice = add_row(made, "recommendations", words="Coloured paper")
    secret = agency(robin, agency="Kept back", state="Considered", withhold="Yes")
    add_row(secret, "recommendations", words="Not shown", decision="Do")
    assert "1 recommendation still to be decided" in str(w.missing(form, cast.senco))
    advice.decision = "Do"
    advice.save()
    w.agree(form, cast.senco)
    advice.decision = "Not now"
    advice.save()
    agency(robin, agency="Later", state="Considered")
    agencies, recommendations = form.content()["sections"][1]["lines"][:2]
    assert [row[0] for row in agencies["table"]] == ["Speech therapy"]
    assert recommendations["columns"][0]["label"] == "Agency"
    assert [row[:3] for row in recommendations["table"]] == [
        ["Speech therapy", "Coloured paper", "Do"]
    ]
    assert form.seal_holds()
    assert "Later" in str(document(form))


@pytest.mark.parametrize("left_out", [True, False])
def test_what_an_older_version_of_a_withheld_form_said_stays_withheld(robin, cast, left_out):
    """Its agencies were rows of that form; only the audit log still knows of them."""
    take_to(robin, "S3", cast.senco)
    form, _ = w.start_form(m.AgencyInformation, robin, cast.senco)
    form.save()
    gone = agency(robin, agency="An old one", state="Considered")
    add_row(gone, "recommendations", words="Old advice")
    stays = agency(robin, agency="Still there", state="Considered")
    m.Recommendation.delete().where(m.Recommendation.agency == gone).execute()
    m.Agency.delete().where(m.Agency.id == gone.id).execute()
    keys = [subject_access.record_key(form)] if left_out else []
    said = str(subject_access.gather(robin, keys).trail)
    assert ("An old one" in said) == ("Old advice" in said) == (not left_out)
    assert str(stays) in said


# --- migration
AGENCIES_MOVE = next(MIGRATIONS.glob("*_agencies.py")).name
OLD_PUPILS = "INSERT INTO pupil (id, version) VALUES (1, 1), (2, 1)"
OLD_FORMS = """INSERT INTO agency_information (id, version, pupil_id, status, cycle, entered_at,
 supersedes, withhold, sealed) VALUES
 (1, 1, 1, 'sealed', 1, '2026-09-01 10:00:00', NULL, NULL, 'kept'),
 (2, 1, 1, 'draft', 1, '2026-09-02 10:00:00', 1, NULL, NULL),
 (3, 1, 2, 'declined', 1, '2026-09-02 10:00:00', NULL, 'Yes', NULL)"""
OLD_AGENCIES = """INSERT INTO agency
 (id, version, form_id, agency, state, question, asked_on) VALUES
 (11, 1, 1, 'Speech', 'Waiting', 'Why?', '2026-09-01'),
 (12, 3, 2, 'Speech', 'Involved', 'Why?', '2026-09-01'),
 (13, 1, 3, 'Paediatrics', 'Referred', 'What?', NULL)"""
OLD_ADVICE = """INSERT INTO recommendation
 (id, version, form_id, agency_id, words, decision, reason, linked) VALUES
 (21, 1, 1, 11, 'Old', NULL, NULL, NULL),
 (22, 2, 2, 12, 'Coloured paper', 'Not now', 'No room', 'OVERLAYS'),
 (23, 1, 2, NULL, 'From nobody', NULL, NULL, 'Nobody knows')"""


OLD_PLAN = """INSERT INTO my_plan (id, version, pupil_id, status, cycle, entered_at) VALUES
 (31, 1, 1, 'sealed', 1, '2026-09-01 10:00:00'), (32, 1, 1, 'draft', 2, '2026-09-02 10:00:00')"""
OLD_LINES = """INSERT INTO provision (id, version, plan_id, words) VALUES
 (41, 1, 31, 'Overlays'), (42, 1, 32, 'overlays '), (43, 1, 32, 'Phonics')"""


@contextlib.contextmanager
def old_school(folder, url):
    """A database as it was before the migration that moves the agencies, with two children."""
    (folder / "migrations").mkdir()
    for path in MIGRATIONS.glob("*.py"):
        if path.name < AGENCIES_MOVE:
            shutil.copy(path, folder / "migrations")
    with pointed_back():
        made = ops_database.open_database(url)
        with made.connection_context():
            Runner(made, str(folder / "migrations")).up()
            for said in (OLD_PUPILS, OLD_FORMS, OLD_AGENCIES, OLD_ADVICE, OLD_PLAN, OLD_LINES):
                made.execute_sql(said)
            yield made


def test_the_migration_moves_the_newest_version_of_each_form_and_loses_nothing(tmp_path):
    with old_school(tmp_path, f"sqlite:///{tmp_path / 'portal.db'}") as database:
        assert_moved(database)


def assert_moved(database):
    Runner(database, str(MIGRATIONS)).up()
    assert not ops_database.diff_models(database, [m.Agency, m.Recommendation])
    names = ("id", "version", "pupil", "agency", "state", "question", "asked_on", "withhold")
    columns = [getattr(m.Agency, name) for name in names]
    day = datetime.date(2026, 9, 1)
    assert list(m.Agency.select(*columns).order_by(m.Agency.id).tuples()) == [
        (12, 3, 1, "Speech", "Involved", "Why?", day, None),
        (13, 1, 2, "Paediatrics", "Referred", "What?", None, "Yes"),
        (14, 1, 1, None, "Considered", None, None, None),
    ]
    names = ("id", "version", "agency", "words", "decision", "reason")
    columns = [getattr(m.Recommendation, name) for name in names]
    assert list(m.Recommendation.select(*columns).order_by(m.Recommendation.id).tuples()) == [
        (22, 2, 12, "Coloured paper", "Not now", "No room"),
        (23, 1, 14, "From nobody", None, None),
    ]
    assert m.AgencyInformation.get_by_id(1).sealed == "kept"
    # one line in both plans, and what names it by its words
    overlays, again, phonics = m.Provision.select(m.Provision.line_key).order_by(m.Provision.id)
    named = m.Recommendation.select().order_by(m.Recommendation.id)
    assert overlays.line_key == again.line_key != phonics.line_key
    assert [row.line_key for row in named] == [overlays.line_key, None]
