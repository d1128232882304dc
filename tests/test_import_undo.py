"""An import is taken back whole, but for what somebody has touched since."""

from conftest import START
from test_import import look
from web import Browser

import models as m
from admin_views import import_undo, pupil_import
from audit import log as audit_log
from audit import verify

HEADS = "Surname,Forename,DOB,UPN,Year,Reg,EAL,Admission date,Contact 1 name,Contact 1 phone"
NEW = "Reed,Kit,4/6/2019,,Year 2,2D,No,,Ana Reed,07700 900001"
HERE = "Oakley,Robin,05/05/2018,,3,3C,Yes,6/9/2022,Jo Oakley,07700 900123"


def bring(user, *rows):
    """One press of Import; what it is called in the audit log."""
    with audit_log.acting_as(user.name, user.id) as actor:
        items = look(user, *rows, heads=HEADS)
        assert not [item.reasons for item in items if item.reasons]
        pupil_import.import_pupils(items, "Import 24 Nov 2026")
    return actor.request


def state():
    """What the records of pupils say, without their versions."""
    found = []
    for cls in (m.Pupil, m.Contact):
        for row in cls.select().order_by(cls.id):
            found.append([cls.__name__, row.id, *(row.answer(name) for name, _ in row.questions())])
    return found


def test_an_import_is_taken_back_to_what_was_before(cast, robin, tmp_path):
    robin.admitted_on = START
    robin.eal = "No"
    robin.save()
    before = state()
    batch = bring(cast.senco, NEW, HERE)
    assert state() != before
    assert [row.request for row in import_undo.last_imports()][0] == batch
    steps = import_undo.steps_of(batch)
    assert [step.why for step in steps if step.why] == []
    assert len(steps) == 5  # a pupil, three answers, a contact
    assert import_undo.take_back(batch, cast.senco, tmp_path) == 5
    assert state() == before
    assert verify.problems() == []
    assert import_undo.steps_of("no such batch") == []


def test_what_was_touched_since_stays_and_says_why(cast, robin, tmp_path):
    batch = bring(cast.senco, NEW, HERE)
    kit = m.Pupil.get(m.Pupil.forename == "Kit")
    kit.alert = "Somebody wrote this"
    kit.save()
    mine = m.Pupil.get_by_id(robin.id)
    mine.form = "4A"
    mine.save()
    contact = m.Contact.get(m.Contact.name == "Jo Oakley")
    contact.relationship = "Mother"
    contact.save()
    whys = {step.what: step.why for step in import_undo.steps_of(batch) if step.why}
    assert len(whys) == 3 and all("since" in why for why in whys.values())
    import_undo.take_back(batch, cast.senco, tmp_path)
    again = m.Pupil.get_by_id(robin.id)
    assert (again.form, again.eal, again.admitted_on) == ("4A", None, None)
    assert m.Pupil.get_or_none(id=kit.id) and m.Contact.get_or_none(id=contact.id)


def test_the_page_shows_it_before_anything_is_written(cast, robin, empty_portal):
    batch = bring(cast.senco, NEW, HERE)
    senco = Browser(empty_portal, cast.senco)
    assert f"/import/undo/{batch}/" in senco.page("/import/").addresses()
    page = senco.page(f"/import/undo/{batch}/")
    assert "the record is new" in page.text
    senco.read(senco.post(f"/import/undo/{batch}/", {"seen": "another"}), 409)
    seen = import_undo.digest_of_steps(import_undo.steps_of(batch))
    senco.read(senco.post(f"/import/undo/{batch}/", {"seen": seen}))
    assert m.Pupil.get_or_none(m.Pupil.forename == "Kit") is None
    assert Browser(empty_portal, cast.office).get(f"/import/undo/{batch}/").status_code == 403
