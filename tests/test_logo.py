"""The school's logo: kept small, on letters and papers, in a backup, and removed by a tick."""

import io
import os

import pytest
import web
from PIL import Image
from printed import reader_of
from werkzeug.datastructures import FileStorage

import models as m
from admin_views import documents
from ops import backup

PAGE = "/setting/school/"


def picture(kind="PNG", size=(1200, 300)):
    out = io.BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, "teal").save(out, kind)
    return out.getvalue()


@pytest.fixture
def folder(school, tmp_path, monkeypatch):
    monkeypatch.setitem(school.app.config, "DATA_DIR", tmp_path)
    return tmp_path / "files"


@pytest.fixture
def send(browser, folder):
    """Send the settings of the school with a file; gives the page."""
    at = browser("senco")

    def send(name="logo.png", data=b"", status=200, **typed):
        return at.submit(at.page(PAGE), status, file=FileStorage(io.BytesIO(data), name), **typed)

    return send


def test_a_logo_is_on_letters_and_papers_until_it_is_removed(school, browser, send, folder):
    send(data=picture())
    name = m.Setting.get().logo
    assert [path.name for path in folder.iterdir()] == [name]
    with Image.open(folder / name) as kept:
        assert kept.size == (900, 225)
    letter = m.Letter.create(pupil=school.mine, subject="News", body="All is well.")
    at = browser("senco")
    papers = [f"/letter/{letter.id}/print.pdf", "/help/blank/S2.pdf", "/help/leaflet.pdf"]
    for address in papers:
        assert reader_of(at.get(address).data).pages[0].images, address
    send("logo.jpg", picture("JPEG", (300, 300)))
    assert [path.name for path in folder.iterdir()] == [m.Setting.get().logo] != [name]
    at.submit(at.page(PAGE), no_logo="y")
    assert m.Setting.get().logo is None
    assert not list(folder.iterdir())
    assert not reader_of(at.get(papers[0]).data).pages[0].images


@pytest.mark.parametrize(
    "name, data, words",
    [
        ("logo.png", b"\x89PNG\r\n\x1a\n and nothing more", "damaged"),
        ("logo.svg", b"<svg/>", "cannot be kept"),
        ("logo.pdf", b"%PDF-1.7\n%%EOF", "as a PNG or JPEG"),
        ("logo.png", picture(size=(4001, 4001)), "4,000 pixels"),
    ],
)
def test_what_is_no_picture_is_refused_at_its_box(send, folder, name, data, words):
    said = send(name, data, 422)
    assert words in str(said.problems)
    assert m.Setting.get().logo is None


def test_a_logo_is_kept_by_what_is_wrong_beside_it(send, folder):
    send(data=picture())
    kept = m.Setting.get().logo
    send(data=picture(size=(30, 30)), status=422, school_name="")
    assert m.Setting.get().logo == kept
    assert [path.name for path in folder.iterdir()] == [kept]


def test_a_logo_is_not_asked_for_again_when_the_form_was_refused(school, browser, send, folder):
    """Nor after a look at the letters; the file that waited goes with the saving."""
    page = send(data=picture(), status=422, school_name="")
    assert not page.faults()
    assert "logo.png is kept for this form" in page.text
    at = browser("senco")
    page = at.submit(page, 422, school_phone="x" * 300)
    assert len(list((folder.parent / "imports").iterdir())) == 1
    at.submit(page, school_name="Hill School", school_phone="")
    kept = m.Setting.get().logo
    assert [path.name for path in folder.iterdir()] == [kept]
    assert not list((folder.parent / "imports").iterdir())
    page = send(data=b"no picture", status=422)
    assert not page.all("//input[@name='waits']")
    whole = at.page(f"/setting/{m.Setting.get().id}/edit/")
    look = [("do", "preview"), ("file", FileStorage(io.BytesIO(picture("PNG", (30, 30))), "b.png"))]
    page = at.submit(whole, button=look[0], file=look[1][1])
    at.submit(page)
    assert m.Setting.get().logo != kept


def test_a_file_that_waits_is_nobody_elses(school, browser, send, folder):
    page = send(data=picture(), status=422, school_name="")
    key = page.one("//input[@name='waits']").get("value")
    technician = browser("technician")
    mine = technician.page(PAGE)
    form = [*web.values_of(mine.form()), ("waits", key), ("waits_name", "logo.png")]
    technician.post(mine.form().get("action"), [*form, ("do", "save")], token=False)
    assert m.Setting.get().logo is None
    assert len(list((folder.parent / "imports").iterdir())) == 1


def test_a_logo_is_no_stray_and_a_backup_has_it(school, send, folder):
    send(data=picture())
    path = folder / m.Setting.get().logo
    os.utime(path, (0, 0))
    with school.app.app_context():
        documents.remove_stray_files(school.app)
    assert path in backup.files_in(folder.parent)
