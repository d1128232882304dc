"""Files of a child's record: which are kept, under what name, who may open them, and that none is
left behind.
"""

import hashlib
import io
import zipfile

import pytest
from PIL import Image, PngImagePlugin
from printed import reader_of
from test_request_pack import keep_file
from web import Page, enter

import models as m
from admin_views import documents, zip_guard
from audit import log as audit_log
from papers import photo
from privacy.pictures import without_place

PDF = b"%PDF-1.7\nA report\n%%EOF"
GOOD = {"pupil": "Oakley, Robin (3B)", "title_of": "Speech report", "kind": "Professional's report"}


def office_file(member="word/document.xml", **more):
    """A Word file, or what would be one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in ("[Content_Types].xml", member, *more.get("also", ())):
            made.writestr(name, "x")
    return out.getvalue()


def picture(kind, size=(4, 3)):
    """A small picture."""
    out = io.BytesIO()
    Image.new("1" if size[0] > 100 else "RGB", size).save(out, kind)
    return out.getvalue()


# --- what may be kept
@pytest.mark.parametrize(
    "name, data",
    [
        ("a.pdf", PDF),
        ("A.PDF", PDF),
        ("a.docx", office_file()),
        ("a.xlsx", office_file("xl/workbook.xml")),
        ("a.pptx", office_file("ppt/presentation.xml")),
        ("a.odt", office_file("content.xml")),
        ("a.jpg", picture("JPEG")),
        ("a.jpeg", picture("JPEG")),
        # how Edge, Chrome and Firefox on Windows save a JPEG
        ("photo.jfif", picture("JPEG")),
        ("photo.JFIF", picture("JPEG")),
        ("photo.jpe", picture("JPEG")),
        ("photo.pjpeg", picture("JPEG")),
        ("photo.pjp", picture("JPEG")),
        # what public reports of readers and of the qpdf and pdf.js trackers tell of: before the
        # header a mark, blanks, a printer's or a mail's lines; padding behind the end
        ("mark.pdf", b"\xef\xbb\xbf" + PDF),
        ("mark-and-line.pdf", b"\xef\xbb\xbf\r\n" + PDF),
        ("printer.pdf", b"\x1b%-12345X@PJL\r\n" + PDF),
        ("printer-job.pdf", b'\x1b%-12345X@PJL JOB NAME="a (1)"\r\n@PJL SET DPI=600\r\n' + PDF),
        ("printer-end.pdf", PDF + b"\r\n\x1b%-12345X@PJL EOJ\r\n\x1b%-12345X"),
        ("blank.pdf", b"\n" + PDF),
        ("blanks.pdf", b"\r\n" * 100 + PDF),
        ("zeros-first.pdf", bytes(128) + PDF),
        ("mail.pdf", b"Content-Type: application/pdf\r\n\r\n" + PDF),
        ("latest.pdf", b" " * 1019 + PDF),
        ("padded.pdf", PDF + bytes(4096)),
        ("sectors.pdf", PDF + b"\xff" * 4096),
        ("lines.pdf", PDF + b"\r\n" * 3000),
        ("old-end.pdf", PDF + b"\r\n\x1a"),
        ("both.pdf", b"\xef\xbb\xbf" + PDF + bytes(4096)),
        ("a.png", picture("PNG")),
        ("a.webp", picture("WEBP")),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
    ],
)
def test_the_usual_kinds_of_file_are_kept(name, data):
    documents.refuse_file(name, data)


@pytest.mark.parametrize(
    "name, data, words",
    [
        ("a.exe", b"MZ", "kind of file"),
        ("a.svg", b"<svg/>", "kind of file"),
        ("a.html", b"<html>", "kind of file"),
        ("pdf", PDF, "kind of file"),
        ("a.pdf.exe", PDF, "kind of file"),
        ("", PDF, "kind of file"),
        ("a.pdf", b"", "empty"),
        ("a.pdf", PDF + b"x" * 10 * 1024 * 1024, "10 MB"),
        ("a.pdf", b"<html>%PDF-", "not what its name says"),
        ("a.png", picture("JPEG"), "not what its name says.*jpg file.*name to .jpg"),
        ("a.jpg", picture("PNG"), "not what its name says.*png file.*name to .png"),
        ("a.jfif", picture("WEBP"), "webp file"),
        ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0", "heic file"),
        ("a.jpg", PDF, "pdf file"),
        ("a.pdf", picture("PNG"), "png file"),
        ("a.webp", b"RIFF0000WAVEfmt ", "not what its name says"),
        ("a.jpg", b"\xff\xd8\xff broken", "not what its name says"),
        ("a.docx", b"PK\x03\x04 broken", "not what its name says"),
        ("a.docx", office_file("xl/workbook.xml"), "not what its name says"),
        ("a.docx", b"MZ" + office_file(), "not what its name says"),
        ("a.docx", office_file(also=["word/vbaProject.bin"]), "macros"),
        (
            "a.docx",
            office_file(also=[f"f{n}" for n in range(5001)]),
            "more than the portal can check",
        ),
        ("a.png", picture("PNG", (30_000, 2_900)), "picture is too large"),
    ],
)
def test_a_file_that_may_not_be_kept_is_refused_in_a_plain_sentence(name, data, words):
    with pytest.raises(documents.FileRefused, match=words):
        documents.refuse_file(name, data)


def test_a_file_that_unpacks_to_far_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(zip_guard, "MOST_UNPACKED", 1)
    with pytest.raises(documents.FileRefused, match="more than the portal can check"):
        documents.refuse_file("a.docx", office_file())


@pytest.mark.parametrize(
    "sent, kept",
    [
        ("../../etc/Report.pdf", "Report.pdf"),
        ("C:\\Users\\x\\Report.pdf", "Report.pdf"),
        ("a\r\nSet-Cookie: x\0.pdf", "a Set-Cookie: x.pdf"),
        ("gpj.\u202efdp.pdf", "gpj.fdp.pdf"),
        ("  My   report .pdf", "My report .pdf"),
        ("x" * 300 + ".pdf", "x" * 112 + ".pdf"),
    ],
)
def test_the_name_of_a_file_is_cleaned(sent, kept):
    assert documents.shown_name(sent) == kept


# --- the pages
def send(browser, data=PDF, name="Report.pdf", to="/document/new/", **more):
    """Send the form of a document with a file; the answer."""
    file = {"file": (io.BytesIO(data), name)} if data is not None else {}
    return browser.post(
        to, data={**GOOD, "version": "1", **more, **file}, content_type="multipart/form-data"
    )


def disk(portal):
    """The files on the disk: {name: bytes}."""
    found = portal.config["DATA_DIR"] / "files"
    return {p.name: p.read_bytes() for p in found.iterdir()} if found.exists() else {}


def kept():
    """The only document."""
    (one,) = m.Document.select()
    return one


def test_a_file_is_kept_under_our_own_name_and_given_back_as_it_was(empty_portal, plain_senco):
    page = send(plain_senco, name="../Robin’s report.pdf")
    one = kept()
    assert page.location == f"/document/{one.id}/" and one.file_name == "Robin’s report.pdf"
    assert (
        disk(empty_portal) == {one.stored_as: PDF}
        and "Robin" not in one.stored_as
        and "." not in one.stored_as
    )
    assert (one.size, one.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert (
        empty_portal.config["DATA_DIR"] / "files" / one.stored_as
    ).stat().st_mode & 0o777 == 0o600
    file = plain_senco.get(f"/document/{one.id}/file")
    assert (
        file.data == PDF
        and file.mimetype == "application/pdf"
        and file.headers["Content-Disposition"].startswith("attachment")
    )
    assert file.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (
        file.headers["X-Content-Type-Options"] == "nosniff"
        and file.headers["Cache-Control"] == "no-store"
    )
    assert "Get the file" in plain_senco.get(f"/document/{one.id}/").text


# --- where a picture was taken
GPS = 0x8825
LATITUDE, LONGITUDE = b"53,23.4012N", b"1,28.7711W"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="%s">'
    b"<exif:GPSLongitude>%s</exif:GPSLongitude></rdf:Description></x:xmpmeta>"
) % (LATITUDE, LONGITUDE)
FILM = b"\xa9xyz\0\x12\x15\xc7+53.3901-001.4795/"


def exif_with_place(order):
    """What a telephone writes: which way up, when, by what, and where."""
    exif = Image.Exif()
    exif.endian = order
    exif[0x0112], exif[0x0132], exif[0x010F] = 6, "2026:11:20 09:15:00", "A telephone"
    exif.get_ifd(GPS).update(
        {1: "N", 2: (53.0, 23.0, 24.07), 3: "W", 4: (1.0, 28.0, 46.27), 29: "2026:11:20"}
    )
    return exif.tobytes()


def taken_somewhere(kind, order):
    """A picture with its place, in every way in which it may be written."""
    out = io.BytesIO()
    exif = exif_with_place(order)
    if kind == "HEIC":  # nothing here can draw one
        return b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\6" + exif + XMP + b"points"
    more = {"xmp": XMP}
    if kind == "PNG":
        more = {"pnginfo": PngImagePlugin.PngInfo()}
        more["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    Image.linear_gradient("L").convert("RGB").save(out, kind, exif=exif, **more)
    return out.getvalue() + (FILM if kind == "JPEG" else b"")


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", ("JPEG", "PNG", "WEBP", "HEIC"))
def test_a_picture_is_kept_without_where_it_was_taken_and_with_every_point(
    empty_portal, plain_senco, kind, order
):
    sent = taken_somewhere(kind, order)
    assert send(plain_senco, sent, f"Scan.{kind.lower()}").status_code == 302
    given = plain_senco.get(f"/document/{kept().id}/file").data
    assert disk(empty_portal) == {kept().stored_as: given}
    assert given != sent and len(given) == len(sent)
    for place in (LATITUDE, LONGITUDE, b"+53.3901-001.4795", b"2026:11:20\0"):
        assert place not in given
    assert LATITUDE in sent
    exif = Image.Exif()
    exif.load(given[given.index(b"Exif") :] if kind == "HEIC" else b"")
    if kind != "HEIC":
        with Image.open(io.BytesIO(sent)) as before, Image.open(io.BytesIO(given)) as after:
            assert dict(before.getexif().get_ifd(GPS))
            assert before.tobytes() == after.tobytes()
            exif = after.getexif()
    assert not dict(exif.get_ifd(GPS))
    assert (exif[0x0112], exif[0x0132]) == (6, "2026:11:20 09:15:00")


@pytest.mark.parametrize(
    "data",
    (
        b"II*\0",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II*\0\x08\0\0\0\1\0\x25\x88\4\0\1\0\0\0\xff\xff\xff\xff",
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf" + exif_with_place("<"),
    ),
)
def test_a_damaged_place_stops_nothing(data):
    assert len(without_place(data)) == len(data)


def test_the_pages_of_a_document_say_what_may_be_kept(plain_senco):
    page = plain_senco.get("/document/new/")
    assert (
        'type="file"' in page.text
        and "at most 10 MB" in page.text
        and 'name="file_name"' not in page.text
    )


def test_a_document_needs_a_file(empty_portal, plain_senco):
    page = send(plain_senco, None)
    assert (
        page.status_code == 422
        and "Choose the file." in page.text
        and not m.Document.select().exists()
    )


@pytest.mark.parametrize("wrong", [{"title_of": ""}, {"pupil": "Nobody"}, {"dated": "31/2/2018"}])
def test_no_file_stays_when_the_answers_are_refused(empty_portal, plain_senco, wrong):
    page = Page(send(plain_senco, **wrong))
    assert page.response.status_code == 422
    assert not disk(empty_portal) and not m.Document.select().exists()
    # it waits for the next press, and need not be chosen again
    waits = {name: page.said(name) for name in ("waits", "waits_name")}
    send(plain_senco, None, **waits)
    assert disk(empty_portal) == {kept().stored_as: PDF}
    assert kept().file_name == "Report.pdf"
    assert not list((empty_portal.config["DATA_DIR"] / "imports").iterdir())


def test_no_file_stays_when_the_file_is_refused(empty_portal, plain_senco):
    page = send(plain_senco, b"MZ", "virus.pdf")
    assert page.status_code == 422 and "not what its name says" in page.text
    assert not disk(empty_portal) and not m.Document.select().exists()


def test_no_file_stays_when_saving_breaks(empty_portal, plain_senco, monkeypatch):
    monkeypatch.setattr(documents.PupilRecordView, "save", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        send(plain_senco)
    assert not disk(empty_portal)


def test_a_replaced_file_leaves_the_disk_and_other_answers_keep_it(empty_portal, plain_senco):
    send(plain_senco)
    one = kept()
    send(plain_senco, None, to=f"/document/{one.id}/edit/", title_of="New title")
    assert kept().title_of == "New title" and kept().stored_as == one.stored_as
    send(plain_senco, PDF + b"2", to=f"/document/{one.id}/edit/", version="2")
    assert (
        disk(empty_portal) == {kept().stored_as: PDF + b"2"} and kept().stored_as != one.stored_as
    )


def test_a_replaced_file_stays_while_another_document_names_it(empty_portal, plain_senco):
    send(plain_senco)
    one = kept()
    with audit_log.acting_as("The tests"):
        m.Document.create(
            pupil=one.pupil_id,
            title_of="Copy",
            stored_as=one.stored_as,
            file_name="x.pdf",
            sha256=one.sha256,
        )
    send(plain_senco, PDF + b"2", to=f"/document/{one.id}/edit/")
    assert len(disk(empty_portal)) == 2


def test_a_clash_keeps_the_old_file(empty_portal, plain_senco):
    send(plain_senco)
    one = kept()
    page = send(
        plain_senco, PDF + b"2", to=f"/document/{one.id}/edit/", version="7", title_of="Mine"
    )
    assert (
        page.status_code == 422
        and disk(empty_portal) == {one.stored_as: PDF}
        and kept().stored_as == one.stored_as
    )


def test_a_file_changed_behind_our_back_is_not_given_out(empty_portal, plain_senco):
    send(plain_senco)
    (empty_portal.config["DATA_DIR"] / "files" / kept().stored_as).write_bytes(b"%PDF-other")
    assert plain_senco.get(f"/document/{kept().id}/file").location == f"/document/{kept().id}/"
    assert "changed outside the portal" in plain_senco.get(f"/document/{kept().id}/").text


@pytest.mark.parametrize(
    "role, code",
    [
        ("office", 200),
        ("senco", 200),
        ("head", 200),
        ("teacher", 200),
        ("stranger", 404),
        ("technician", 403),
    ],
)
def test_only_who_may_read_documents_gets_the_file(empty_portal, plain_senco, cast, role, code):
    send(plain_senco)
    assert (
        enter(empty_portal, getattr(cast, role)).get(f"/document/{kept().id}/file").status_code
        == code
    )


def test_a_restricted_file_is_for_the_senco_and_the_head(empty_portal, plain_senco, cast):
    send(plain_senco, restricted="Yes")
    for role, code in (("office", 403), ("teacher", 403), ("head", 200), ("senco", 200)):
        assert (
            enter(empty_portal, getattr(cast, role)).get(f"/document/{kept().id}/file").status_code
            == code
        )
    office = enter(empty_portal, cast.office)
    page = office.get(f"/document/{kept().id}/")
    assert page.status_code == 200 and "Get the file" not in page.text and "/edit/" not in page.text
    assert send(office, None, to=f"/document/{kept().id}/edit/", restricted="No").status_code == 403
    assert kept().restricted == "Yes"


def test_an_unknown_document_has_no_file(plain_senco):
    assert plain_senco.get("/document/999/file").status_code == 404


# --- the photo on the profile
@pytest.mark.parametrize("given", [{}, {"restricted": "Yes"}, {"withhold": "Yes"}])
def test_the_newest_photo_stands_on_the_profile_unless_it_is_for_few(
    empty_portal, plain_senco, robin, given
):
    address = f"/pupil/{robin.id}/profile.pdf"
    folder = empty_portal.config["DATA_DIR"]
    keep_file(folder, robin, picture("JPEG"), "photo.jpg", **{"kind": "Photo", **given})
    (page,) = reader_of(plain_senco.get(address).data).pages
    assert bool(page.images) == (given == {})


def test_what_is_no_picture_leaves_the_place_empty():
    assert photo.data_address(b"no picture") == ""
    assert photo.data_address(picture("GIF")) == ""
    assert photo.data_address(picture("PNG")).startswith("data:image/jpeg;base64,")
