"""The request pack: one PDF with all that goes with a request for an EHC needs assessment."""

import datetime
import hashlib
import io

import pytest
from conftest import HELD, START, TODAY, add_row, do_papers, hold_review, take_to
from printed import paper_of
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas
from test_measures import measure
from web import Page

import models as m
import workflow as w
from papers import joining, request_pack
from pathway import ehc_request, provision
from records.dates import short_day
from reports.roll import placements_seen


def pdf_of(words, size=(595, 842)):
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    canvas.drawString(40, 40, words)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def keep_file(folder, pupil, data, name="report.pdf", **given):
    (folder / "files").mkdir(exist_ok=True)
    stored = hashlib.sha256(name.encode()).hexdigest()[:32]
    (folder / "files" / stored).write_bytes(data)
    said = {"title_of": name, "kind": "Professional's report", **given}
    made = m.Document(pupil=pupil, **said)
    made.file_name = name
    made.stored_as = stored
    made.sha256 = hashlib.sha256(data).hexdigest()
    made.save()
    return made


@pytest.fixture
def reviewed(robin, cast):
    """A child with one reviewed cycle of a My Plan."""
    take_to(robin, "S2", cast.senco)
    do_papers(robin, cast.senco)
    row = next(r.name for r in w.ROWS if "S2" in r.stages)
    hold_review(robin, cast.senco, row)
    return robin


def checks(pupil):
    found = ehc_request.evidence(pupil)
    return {check.asked: check for check in ehc_request.checklist(found, TODAY)}


def test_the_checklist_names_what_is_there_and_how_to_add_what_lacks(reviewed):
    found = checks(reviewed)
    assert "1" in found["Action already taken by the school"].lacks
    assert "Attendance" in found["Attendance"].lacks
    assert found["Provision over and above the usual"].there
    assert found["Action already taken by the school"].there == "Reviewed cycles: 1"
    measure(reviewed, "88 %", START, "Attendance %")
    assert found["Attendance"].there == ""
    assert checks(reviewed)["Attendance"].lacks == ""
    assert "Attendance 88 %" in checks(reviewed)["Attendance"].there
    for check in found.values():
        assert check.there or check.lacks


def test_a_report_that_came_is_asked_for_until_its_file_belongs_to_its_agency(reviewed):
    agency = m.Agency(pupil=reviewed, agency="Zebspeech", state="Considered", report_on=START)
    agency.save()
    assert "Zebspeech" in checks(reviewed)["Reports of professionals"].lacks
    kept = m.Document(pupil=reviewed, title_of="Zebreport", kind="Letter")
    kept.save()
    assert "Zebspeech" in checks(reviewed)["Reports of professionals"].lacks
    kept.belongs = f"Agency-{agency.id}"
    kept.save()
    assert "Zebspeech" not in checks(reviewed)["Reports of professionals"].lacks
    tables = request_pack.agency_tables(ehc_request.evidence(reviewed))
    assert "Zebreport" in str(tables[0])


def test_the_page_before_it_says_what_lacks_and_what_is_left_out(plain_senco, reviewed):
    m.Document(pupil=reviewed, title_of="A", kind="Letter", withhold="Yes").save()
    page = Page(plain_senco.get(f"/pupil/{reviewed.id}/request/"))
    assert "Add a measure called “Attendance %”." in page.text
    assert "One paper or file is left out" in page.text
    assert page.all(f"//a[@href='/pupil/{reviewed.id}/request-pack.pdf']")


def test_the_pack_says_the_hours_and_the_cost_of_the_provision_map(reviewed, cast):
    settings = m.Setting.of_school()
    settings.rate_ta = 16
    line = m.MyPlan.get().rows("provision")[0]
    said = {"minutes": 45, "times": 2, "role": "ta", "size": 3, "since": START, "until": HELD}
    m.Provision.update(said).where(m.Provision.id == line.id).execute()
    found = ehc_request.evidence(reviewed)
    (own,) = [one for _, one in found.provision() if one.row == line]
    everything = provision.all_given(placements_seen(cast.senco, TODAY), TODAY)
    (mapped,) = [one for one in everything if one.row == line]
    assert own == mapped and own.hours == 1.5
    cost = provision.ProvisionCost(settings, found.given, TODAY)
    cells = request_pack.provision_cells(own, cost, TODAY)
    weeks = cost.weeks(START, HELD)
    assert cells[-2] == f"1.50 h × {weeks:.1f} = {weeks * 3 / 2:.1f} h"
    assert cells[-1] == f"£{cost.to_date(mapped, TODAY):,.2f}" != ""


def test_the_chronology_ends_today(reviewed):
    m.Meeting(pupil=reviewed, kind="Team meeting", on=TODAY).save()
    m.Meeting(pupil=reviewed, kind="Annual review", on=TODAY + datetime.timedelta(6)).save()
    said = str(request_pack.chronology(ehc_request.evidence(reviewed), TODAY))
    assert "Team meeting" in said
    assert "Annual review" not in said


def test_what_is_not_for_disclosure_or_restricted_is_left_out_and_counted(reviewed):
    m.Document(pupil=reviewed, title_of="A", kind="Letter", withhold="Yes").save()
    m.Document(pupil=reviewed, title_of="B", kind="Letter", restricted="Yes").save()
    m.Document(pupil=reviewed, title_of="C", kind="Letter").save()
    found = ehc_request.evidence(reviewed)
    assert [one.title_of for one in found.files] == ["C"]
    assert found.left_out == 2


def test_the_pack_has_every_chapter_the_papers_and_the_files(plain_senco, empty_portal, reviewed):
    measure(reviewed, "7y 2m")
    agency = m.Agency(pupil=reviewed, agency="Zebspeech", question="What helps?")
    agency.state = "Considered"
    agency.save()
    add_row(agency, "recommendations", words="Zebadvice", linked="Phonics")
    folder = empty_portal.config["DATA_DIR"]
    keep_file(folder, reviewed, pdf_of("Zebreport words"))
    keep_file(folder, reviewed, b"%PDF-1.4 damaged %%EOF", "broken.pdf")
    response = plain_senco.get(f"/pupil/{reviewed.id}/request-pack.pdf")
    assert response.status_code == 200
    said = (
        f"Born {short_day(reviewed.dob)}",
        "What the law asks, and where it is",
        "s.36(8)(a)",
        "Chronology",
        "Cycles of support",
        "Provision: hours and cost",
        "Reading age",
        "Zebspeech",
        "Zebadvice",
        "Zebreport words",
        "could not be joined",
    )
    assert paper_of(response).lacks(said) == []
    assert reviewed.surname not in response.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "role, status", [("senco", 200), ("head", 200), ("teacher", 403), ("office", 403)]
)
def test_who_may_make_the_pack(school, browser, role, status):
    address = f"/pupil/{school.mine.id}/request-pack.pdf"
    assert browser(role).get(address).status_code == status
    address = f"/pupil/{school.mine.id}/request/"
    assert browser(role).get(address).status_code == status
    shown = address in browser(role).get(f"/pupil/{school.mine.id}/").get_data(as_text=True)
    assert shown == (status == 200)


@pytest.mark.parametrize("size", [(595, 842), (842, 595), (2000, 3000), (100, 100)])
@pytest.mark.parametrize("turned", [0, 90])
def test_pages_from_elsewhere_fit_and_keep_their_words_and_nothing_attached(size, turned):
    writer = PdfWriter()
    writer.append(io.BytesIO(pdf_of("Words", size)))
    writer.pages[0].rotate(turned)
    writer.add_attachment("attached.txt", b"Attached")
    out = io.BytesIO()
    writer.write(out)
    fitted = joining.fit(out.getvalue())
    page = PdfReader(io.BytesIO(fitted)).pages[0]
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
    assert "Words" in page.extract_text()
    assert b"attached.txt" not in fitted
