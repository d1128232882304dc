"""Long work: asked for, made beside the web threads, fetched by who asked and nobody else."""

import contextlib
import datetime
import io
import os
import zipfile

import pytest
from conftest import TODAY
from peewee import OperationalError
from pypdf import PdfReader

import models as m
from admin_views import imports, work
from audit import log as audit_log
from ops import background
from people import Work
from privacy import subject_access


@pytest.fixture
def worker(empty_portal, school):
    return empty_portal.extensions["work"]


def ask(at, kind, *pupils, **more):
    sent = {"kind": kind, "pupil": [str(pupil.id) for pupil in pupils], **more}
    return at.client.post("/prints/start/", data=sent)


def made(worker, at, kind, *pupils):
    """Ask for something and let it be made; the row."""
    answer = ask(at, kind, *pupils)
    assert answer.status_code == 302, answer.status
    assert worker.make_next()
    return Work.select().order_by(Work.id.desc()).get()


def looks(user, act):
    entries = audit_log.AuditEntry.select(audit_log.AuditEntry.pupil_id)
    entries = entries.where(
        audit_log.AuditEntry.act == act, audit_log.AuditEntry.user_id == user.id
    )
    return set(entries.scalars())


@pytest.mark.parametrize("kind", ["profiles", "records", "letters"])
def test_one_pdf_begins_each_child_on_an_odd_page(school, browser, worker, kind):
    at = browser("senco")
    row = made(worker, at, kind, school.mine, school.other)
    assert (row.state, row.words, row.done) == ("done", "", row.total)
    path = worker.folder / row.file
    assert path.stat().st_mode & 0o777 == 0o600
    assert "1 of" in at.get("/").text or "Ready" in at.get("/").text
    answer = at.client.get(f"/prints/{row.id}/file")
    pages = PdfReader(io.BytesIO(answer.data))
    starts = [pages.get_destination_page_number(mark) for mark in pages.outline]
    assert len(starts) >= 2
    assert all(start % 2 == 0 for start in starts)
    assert {school.mine.id, school.other.id} <= looks(school.senco, "print")
    said = answer.headers["Content-Disposition"]
    assert f"{kind}-{row.id}.pdf" in said
    assert "Ready:" not in at.get("/").text


def test_whole_records_with_their_files_have_no_name_in_a_file_name(
    school, browser, worker, plain_paper
):
    row = made(worker, browser("senco"), "files", school.mine, school.other)
    at = browser("senco")
    answer = at.client.get(f"/prints/{row.id}/file")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert f"{school.mine.id}/record.pdf" in names
    assert f"{school.other.id}/record.pdf" in names
    assert "Zebmine" not in str(names) and "Yakother" not in str(names)
    assert school.mine.id in looks(school.senco, "export")


def test_only_who_asked_and_may_see_every_child_gets_the_file(school, browser, worker):
    teacher = browser("teacher")
    assert ask(teacher, "profiles", school.mine, school.other).status_code == 404
    row = made(worker, teacher, "profiles", school.mine)
    page = f"/prints/{row.id}/"
    for address in (page, f"{page}file", f"/prints/progress?of={row.id}"):
        assert browser("senco").client.get(address).status_code == 404
        assert browser("technician").client.get(address).status_code == 403
    m.Pupil.update(form="9X", class_key="9x").where(m.Pupil.id == school.mine.id).execute()
    assert teacher.client.get(f"/prints/{row.id}/file").status_code == 302
    assert school.mine.id not in looks(school.teacher, "print")


def test_one_press_says_that_all_letters_of_a_file_went(school, browser, worker):
    at = browser("senco")
    row = made(worker, at, "letters", school.mine, school.other)
    printed = [letter.id for letter in m.Letter.unsent()]
    said = {"subject": "Written since", "dated": TODAY, "body": "Dear family"}
    later = m.Letter.create(pupil=school.mine, **said)
    address = f"/prints/{row.id}/sent/"
    page = at.page(f"/prints/{row.id}/")
    assert f"All {len(printed)} letters of this file: sent today" in page.text
    page = at.submit(page, path=f"//form[@action='{address}']", button=None)
    assert "Written down: sent today." in page.text and not page.all(f"//form[@action='{address}']")
    assert {m.Letter.get_by_id(number).sent_on for number in printed} == {TODAY}
    assert m.Letter.get_by_id(later.id).sent_on is None
    assert browser("office").post(address).status_code == 404


@pytest.mark.parametrize("kind", ["bundle", "import", "none", "letters", "files"])
def test_a_teacher_asks_for_nothing_beyond_the_rights(school, browser, worker, kind):
    assert ask(browser("teacher"), kind, school.mine).status_code == 403


def test_all_files_at_once_are_for_whoever_may_export_documents(school, browser, worker):
    for who in ("office", "ta", "senco", "head"):
        status = 302 if m.may(getattr(school, who), "x", m.Document) else 403
        assert ask(browser(who), "files", school.mine).status_code == status
        offered = 'value="files"' in browser(who).get("/prints/").text
        assert offered == (status == 302)


def test_a_person_has_two_waiting_at_most(school, browser, worker):
    at = browser("senco")
    for _ in range(3):
        ask(at, "profiles", school.mine)
    assert Work.select().count() == background.MOST_WAITING
    assert "not ready yet" in at.get("/prints/").text
    ask(browser("head"), "profiles", school.mine)
    assert Work.select().count() == background.MOST_WAITING + 1


def test_a_class_is_chosen_without_a_child_in_the_address(school, browser, worker):
    at = browser("senco")
    answer = at.client.post("/prints/start/", data={"kind": "profiles", "form": "3b"})
    assert answer.status_code == 302
    assert school.mine.id in Work.get().numbers()
    assert school.other.id not in Work.get().numbers()
    assert ask(at, "profiles").location == "/prints/"


def make_all(worker, monkeypatch):
    """What the thread does when it is woken, on the connection of the test."""
    monkeypatch.setattr(worker.app.database, "connection_context", contextlib.nullcontext)
    worker.make_all()


def test_what_was_running_begins_again_after_a_restart(school, browser, worker, monkeypatch):
    ask(browser("senco"), "profiles", school.mine)
    Work.update(state="running", done=1, file="half").execute()
    (worker.folder / "half").write_bytes(b"half")
    make_all(worker, monkeypatch)
    assert [path.name for path in worker.folder.iterdir()] == [Work.get().file]
    assert Work.get().state == "done"


def test_what_a_fault_of_the_database_stopped_is_made_when_it_answers_again(
    school, browser, worker, monkeypatch
):
    ask(browser("senco"), "profiles", school.mine)

    def locked(*_):
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "made", locked)
        make_all(worker, monkeypatch)
    assert Work.get().state == "running"
    make_all(worker, monkeypatch)
    assert Work.get().state == "done"


def test_what_fails_says_so_and_the_next_is_made(school, browser, worker, plain_paper, monkeypatch):
    at = browser("senco")
    ask(at, "profiles", school.mine)
    ask(at, "records", school.mine)

    def broken(*_):
        raise ValueError("Zebmine")

    monkeypatch.setattr(work.pdf, "profile_pdf", broken)
    while worker.make_next():
        pass
    failed, done = Work.select().order_by(Work.id)
    assert failed.state == "failed" and "technician" in failed.words
    assert "Zebmine" not in failed.words
    assert not failed.file and done.state == "done"
    assert "Not made" in at.get(f"/prints/{failed.id}/").text


def test_a_file_goes_after_a_day_when_taken_away_and_when_a_child_is_erased(
    school, browser, worker
):
    at = browser("senco")
    row = made(worker, at, "profiles", school.mine)
    at.client.post(f"/prints/{row.id}/remove/")
    assert not list(worker.folder.iterdir())
    row = made(worker, at, "profiles", school.mine)
    Work.update(finished_at=audit_log.now() - datetime.timedelta(days=2)).execute()
    worker.sweep()
    assert not Work.select().exists() and not list(worker.folder.iterdir())
    assert at.client.get(f"/prints/{row.id}/file").status_code == 404


def test_the_page_shows_how_far_it_is_with_and_without_the_script(school, browser, worker):
    at = browser("senco")
    ask(at, "profiles", school.mine, school.other)
    row = Work.get()
    Work.update(state="running", done=1).execute()
    page = at.page(f"/prints/{row.id}/")
    bar = page.one("//progress")
    assert (bar.get("max"), bar.get("value")) == ("2", "1")
    assert page.one("//noscript//a").get("href") == f"/prints/{row.id}/"
    said = at.client.get(f"/prints/progress?of={row.id}").get_json()
    assert said == {"open": True, "state": "running", "done": 1, "total": 2}


def test_work_that_is_taken_away_while_it_is_made_leaves_nothing(school, browser, worker):
    ask(browser("senco"), "profiles", school.mine)

    class Gone(background.Job):
        def step(self, done, total):
            Work.delete().execute()
            super().step(done, total)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(background, "Job", Gone)
        assert worker.make_next()
    assert not Work.select().exists() and not list(worker.folder.iterdir())


def test_no_room_on_the_disk_is_said(school, browser, worker, monkeypatch):
    ask(browser("senco"), "profiles", school.mine)

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(work.pdf, "profile_pdf", full)
    worker.make_next()
    assert Work.get().words == background.NO_ROOM


# --- the kinds that other pages ask for
def test_a_bundle_is_made_as_it_was_looked_at(school, browser, worker, plain_paper):
    asked = m.Disclosure.create(pupil=school.mine, kind="access", asked_on=TODAY, asked_by="She")
    at = browser("senco")
    address = f"/keeping/{asked.id}/bundle/"

    def sent():
        items = subject_access.review(asked.pupil)
        keys = [item.key for item in items]
        out = [item.key for item in items if item.why]
        whys = {f"why-{number}": item.why for number, item in enumerate(items)}
        return {"item": keys, "out": out, **whys, "later": "yes"}

    place = at.client.post(address, data=sent()).location
    worker.make_next()
    assert "Ready" in at.page(place).text
    with zipfile.ZipFile(io.BytesIO(at.client.get(f"{place}file").data)) as archive:
        assert {"record.pdf", "record.json", "contents.txt"} <= set(archive.namelist())
    assert "SHA-256 of the ZIP" in m.Disclosure.get_by_id(asked.id).contents
    place = at.client.post(address, data=sent()).location
    with audit_log.acting_as("The tests"):
        m.Document(pupil=school.mine, kind="Report", stored_as="x", file_name="x.pdf").save()
    worker.make_next()
    page = at.page(place)
    assert "The record has changed" in page.text
    assert page.one("//main//a[@class='button']").get("href") == address


def preview_of(at, number):
    rows = [f"Long{place:04},Kim,05/05/2018,,3,3B" for place in range(number)]
    data = "\n".join(["Surname,Forename,DOB,UPN,Year,Reg", *rows]).encode()
    sent = {"file": (io.BytesIO(data), "pupils.csv")}
    place = at.client.post("/import/", data=sent, content_type="multipart/form-data").location
    return place, at.page(place).one("//input[@name='seen']").get("value")


def test_a_long_import_shows_how_far_it_is(school, browser, worker, monkeypatch):
    at = browser("office")
    place, seen = preview_of(at, imports.AT_ONCE + 30)
    there = at.client.post(f"{place}import/", data={"seen": seen}).location
    assert there.startswith("/prints/")
    assert at.client.post(f"{place}import/", data={"seen": seen}).location == "/import/"
    monkeypatch.setattr(imports.pupil_import, "PAUSE", 0)
    steps = []
    real = background.Job.step

    def step(job, done, total):
        real(job, done, total)
        steps.append((Work.get().done, Work.get().total))

    monkeypatch.setattr(background.Job, "step", step)
    worker.make_next()
    whole = imports.AT_ONCE + 30
    assert steps[0] == (20, whole) and steps[-1] == (whole, whole)
    assert m.Pupil.select().where(m.Pupil.surname.startswith("Long0")).count() == whole
    assert f"{whole} pupils imported." in at.page(there).text
    assert not list(documents_of(worker, "imports"))


def documents_of(worker, name):
    return (worker.folder.parent / name).iterdir()


def test_an_import_that_no_longer_fits_gives_its_file_back(school, browser, worker):
    at = browser("office")
    place, seen = preview_of(at, imports.AT_ONCE + 30)
    there = at.client.post(f"{place}import/", data={"seen": seen}).location
    with audit_log.acting_as("The tests"):
        m.Pupil.create(surname="Long0003", forename="Kim", dob=datetime.date(2018, 5, 5))
    worker.make_next()
    page = at.page(there)
    assert "look at the rest" in page.text
    assert page.one("//main//a[@class='button']").get("href") == place
    assert at.page(place).h1
