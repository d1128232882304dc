"""Who saw a child is asked by the person's number, and no answer names a child without a row: also
where it is easily forgotten.
"""

import io

import pytest
import web
from test_import import HEADS, csv_of

import models as m
import people
from audit import log as audit_log
from records import questions as q


def rows_of(user, pupil, act):
    """The audit rows of one person's looks of one kind at one child."""
    entry = audit_log.AuditEntry
    return (
        entry.select()
        .where(entry.user_id == user.id, entry.pupil_id == pupil.id, entry.act == act)
        .count()
    )


@pytest.fixture
def nameless(acting, school):
    """A child whom no page shows by itself: no stage, no paper."""
    return m.Pupil.create(
        surname="Quill",
        forename="Ash",
        dob=school.mine.dob,
        year="3",
        form="3B",
        upn="H801200001001",
    )


def test_two_colleagues_of_one_name_each_leave_their_own_rows(school, browser, nameless):
    """The second one opens the same list on the same day."""
    twins = [
        people.User.create(
            name="Pat Twin", username=f"pat{n}", role=q.OFFICE, account="on", totp="x"
        )
        for n in (1, 2)
    ]
    for twin in twins:
        assert "Quill" in browser(twin).page("/pupil/").text
    assert [rows_of(twin, nameless, "listed") for twin in twins] == [1, 1]


def test_the_home_page_that_names_a_child_in_what_was_not_saved_is_a_look(
    school, browser, nameless
):
    at = browser("senco")
    assert (
        at.post(
            "/draft/", {"draft_of": f"/pupil/{nameless.id}/edit/", "alert": "Sits near the door"}
        ).status_code
        == 200
    )
    assert not rows_of(school.senco, nameless, "listed")
    assert "Quill, Ash" in at.page("/").text
    assert rows_of(school.senco, nameless, "listed") == 1


def test_the_page_of_what_was_not_saved_is_a_look(school, browser, nameless):
    at = browser("senco")
    at.post(
        "/draft/", {"draft_of": f"/strategy/new/?pupil={nameless.id}", "strategy": "A timetable"}
    )
    assert "Quill, Ash" in at.page(f"/draft/{people.Draft.get().id}/").text
    assert rows_of(school.senco, nameless, "view") == 1


def test_the_preview_of_an_import_that_names_another_child_is_a_look(school, browser, nameless):
    """The UPN of the row belongs to a child who is here already, with another name."""
    at = browser("office")
    file = (
        io.BytesIO(csv_of("Reed,Kit,4/6/2019,H801200001001,Year 2,2D", heads=HEADS)),
        "pupils.csv",
    )
    sent = at.client.post(
        "/import/", data={"file": file, "csrf_token": at.token}, content_type="multipart/form-data"
    )
    page = at.page(sent.location)
    assert "it belongs to another pupil, Quill, Ash" in page.text
    assert rows_of(school.office, nameless, "found") == 1


def test_the_tests_own_eye_sees_a_child_that_somebody_else_looked_at(school, browser):
    """web.unwitnessed: a colleague's row, or one of this morning, does not count for this person's
    answer.
    """
    answer = browser("senco").client.get(f"/pupil/{school.mine.id}/")
    newest = audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id.desc()).get().id
    assert not web.unwitnessed(school.senco, answer, [], newest - 5)
    assert web.unwitnessed(school.office, answer, [], newest - 5), "the row is the SENCO's"
    assert web.unwitnessed(school.senco, answer, [], newest), "the row is of an earlier answer"
    assert web.unwitnessed(None, answer, [], 0), "nobody is signed in"
