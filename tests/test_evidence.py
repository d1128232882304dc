"""Evidence hangs where it belongs: a document names the paper, agency, meeting, case or note of the
same child to which it belongs, is shown there, and keeps or loses the link rightly.
"""

import io
import re

import pytest
from conftest import HELD, START, agreed, take_to
from test_documents import PDF
from test_two_records import second
from web import enter

import models as m
import workflow as w
from admin_views import work
from audit.log import AuditEntry
from pathway import effects, ehc_request
from privacy import erasure, subject_access, two_records
from records.record import record_key

KINDS = [cls for cls in m.every(m.PupilRecord) if cls.document_kind]


def hang(record, **given):
    """A document that belongs to a record."""
    said = {"title_of": "Speech report", "kind": "Letter", "from_whom": "Dr Made Up", **given}
    made = m.Document(pupil=record.pupil_id, belongs=record_key(record), **said)
    made.save()
    return made


def send(at, to, **said):
    """Send the form of a document with a file."""
    given = {"title_of": "Speech report", "kind": "Letter", "version": "1", **said}
    given["file"] = (io.BytesIO(PDF), "report.pdf")
    return at.post(to, data=given, content_type="multipart/form-data")


# --- where it is chosen and shown
@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.__name__)
def test_a_document_is_added_at_a_record_of_each_kind_and_shown_there(school, browser, cls):
    record = school.records["mine"][cls.__name__]
    at = browser("senco")
    page = at.page(f"/{cls.slug()}/{record.id}/")
    (to,) = page.all("//section[@aria-labelledby='documents']//a[text()='Add a document']/@href")
    form = at.page(to)
    assert form.all("//select[@name='belongs']/optgroup/option[@selected]/@value") == [
        record_key(record)
    ]
    assert form.said("kind") == cls.document_kind
    assert form.said("from_whom") == (getattr(record, cls.document_from, "") or "")
    hung = hang(record, received_on=START)
    shown = at.page(f"/{cls.slug()}/{record.id}/").all("//section[@aria-labelledby='documents']")
    words = " ".join(shown[0].text_content().split())
    assert "Speech report" in words and "from Dr Made Up, received 1 Sep" in words
    links = at.page(f"/document/{hung.id}/").all("//div[@class='actions']/a/@href")
    assert f"/{cls.slug()}/{record.id}/" in links
    assert hung.answer("belongs") == record.full_name()


def test_many_documents_ask_for_what_they_belong_to_once_a_kind(school, browser, asked):
    at = browser("senco")
    times = []
    for _ in range(3):
        for cls in (m.MyPlan, m.Agency):
            hang(cls.create(pupil=school.mine))
        for do in (lambda: at.page("/document/"), lambda: at.post("/document/spreadsheet/")):
            asked.clear()
            assert do()
            times.append(sum(sql.startswith("SELECT") for sql in asked))
    assert times[2:4] == times[4:]


def test_saving_leads_back_to_the_record(empty_portal, plain_senco, robin, cast):
    paper = agreed(m.ParentInformation, robin, cast.senco)
    key = record_key(paper)
    to = f"/document/new/?pupil={robin.id}&belongs={key}"
    assert "Signed paper: Parent Information Form" in plain_senco.get(to).text
    page = send(plain_senco, to, belongs=key, kind="Signed paper")
    assert page.location == f"/parent-information/{paper.id}/"
    assert "Speech report" in plain_senco.get(page.location).text


def test_a_record_of_another_child_is_refused_with_a_sentence(empty_portal, plain_senco, robin):
    theirs = m.Note.create(pupil=second(), on=START, kind="E-mail", whom="A", words="B")
    to = f"/document/new/?pupil={robin.id}"
    for key in (record_key(theirs), "Note-999", "Placement-1", "User-1", "Note", "Note-1 OR 1=1"):
        page = send(plain_senco, to, belongs=key)
        assert page.status_code == 422 and "about the same child" in page.text, key
        # nor is it begun there
        page = plain_senco.get(f"{to}&belongs={key}")
        assert "selected" not in re.search("(?s)<select.*?</select>", page.text)[0]
    assert not m.Document.select().where(m.Document.pupil == robin).exists()


def test_what_one_may_not_read_is_not_offered(empty_portal, cast, robin):
    take_to(robin, "S1", cast.senco)
    case = m.EhcCase.create(pupil=robin, state="requested")
    teacher = enter(empty_portal, cast.teacher)
    new = teacher.get(f"/document/new/?pupil={robin.id}&belongs={record_key(case)}").text
    assert record_key(case) not in new.replace("belongs=", "")
    to = f"/document/new/?pupil={robin.id}"
    assert send(teacher, to, belongs=record_key(case)).status_code == 422


@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.__name__)
def test_a_document_is_open_to_whoever_may_read_what_it_belongs_to(
    school, browser, cls, plain_paper
):
    """A scan of a paper tells what the paper tells."""
    title = "Zebhungtitle"
    hung = hang(school.records["mine"][cls.__name__], title_of=title, stored_as="0" * 32)
    for who in ("teacher", "office", "senco"):
        at = browser(who)
        is_open = m.may(at.user, "r", cls)
        status = 200 if is_open else 404
        for to in (f"/document/{hung.id}/", f"/document/{hung.id}/edit/"):
            assert at.get(to).status_code == status, (who, to)
        assert (at.get(f"/document/{hung.id}/file").status_code == 404) != is_open
        for to in (f"/pupil/{school.mine.id}/", f"/pupil/{school.mine.id}/record.pdf"):
            assert (title in at.get(to).text) == is_open, (who, to)
        assert (title in at.post("/document/").text) == is_open, who
        assert (hung in work.files_of(school.mine, at.user)) == is_open, who


# --- what becomes of the link
def test_a_new_version_leaves_the_scan_with_the_paper_that_was_signed(cast, robin):
    take_to(robin, "S1", cast.senco)
    paper = agreed(m.RecordOfConcern, robin, cast.senco)
    hung = hang(paper)
    w.new_version(paper, cast.senco)
    assert m.Document.get_by_id(hung.id).belongs == record_key(paper)


def test_a_paper_that_goes_with_its_move_leaves_its_documents_to_the_child(cast, robin):
    take_to(robin, "S1", cast.senco)
    journal = effects.MoveJournal()
    note = journal.make(m.Note(pupil=robin, on=START, kind="E-mail", whom="A", words="B"))
    hung = hang(note)
    effects._unmake(note, note.content_hash(), "Wrong child")
    kept = m.Document.get_by_id(hung.id)
    assert kept.belongs is None and kept.answer("belongs") == ""
    last = AuditEntry.select().where(AuditEntry.record == "Document")
    said = last.order_by(AuditEntry.id.desc()).first()
    assert (said.question, said.after, said.reason) == ("belongs", "", "Wrong child")


def test_two_records_that_become_one_keep_the_link(cast, robin):
    other = second()
    note = m.Note.create(pupil=other, on=START, kind="E-mail", whom="A", words="B")
    hung = hang(note)
    two_records.merge_records(robin, other, cast.senco)
    kept = m.Document.get_by_id(hung.id)
    assert kept.pupil == robin and kept.leads_to("belongs") == note and kept.errors() == []


def test_erasure_takes_the_document_with_what_it_belongs_to(cast, robin, tmp_path):
    take_to(robin, "S1", cast.senco)
    hang(m.Note.create(pupil=robin, on=START, kind="E-mail", whom="A", words="B"))
    robin.left_on = HELD
    robin.save()
    erasure.ask(robin, cast.senco, "Asked for")
    erasure.erase(robin, cast.head, robin.surname, tmp_path)
    for cls in (m.Document, m.Note):
        assert not cls.select().where(cls.pupil == robin).exists()


def test_what_is_not_for_disclosure_keeps_back_what_belongs_to_it(robin, acting):
    """A scan of a paper that stays in school does not go out instead of the paper."""
    open_one = m.Agency(pupil=robin, agency="Open", state="Considered")
    secret = m.Agency(pupil=robin, agency="Secret", state="Considered", withhold="Yes")
    for agency in (open_one, secret):
        agency.save()
        hang(agency, stored_as="0" * 32, kind="Photo")
    of_robin = m.Document.select().where(m.Document.pupil == robin)
    given, kept_back = of_robin.order_by(m.Document.id)
    out = {item.key for item in subject_access.review(robin) if item.why}
    assert out == {record_key(secret), record_key(kept_back)}
    assert ehc_request.evidence(robin).files == [given]
    assert ehc_request.evidence(robin).left_out == 2


@pytest.mark.parametrize("renamed", (False, True))
def test_a_removed_scan_of_what_is_not_for_disclosure_is_not_in_the_audit_log_that_is_given(
    robin, acting, renamed
):
    """Nor that another document, which is given, once belonged to it; also when its name was
    another one then."""
    open_one = m.Agency(pupil=robin, agency="Open", state="Considered")
    secret = m.Agency(pupil=robin, agency="Secret", state="Considered")
    open_one.save()
    secret.save()
    hang(secret, title_of="Zebscan").remove()
    hang(open_one, title_of="Openscan").remove()
    loose = m.Document(pupil=robin, title_of="Loose", kind="Other")
    loose.save()
    loose.remove()
    robin.form = "4C"
    robin.save()
    moved = hang(secret, title_of="Moved")
    secret.withhold = "Yes"
    secret.agency = "Renamed" if renamed else "Secret"
    secret.save()
    moved.belongs = record_key(open_one)
    moved.save()
    trail = {True: "", False: ""}
    for is_kept in trail:
        out = {record_key(secret)} if is_kept else set()
        trail[is_kept] = str(subject_access.gather(robin, out).trail)
    assert "Zebscan" in trail[False] and "Secret" in trail[False]
    assert "Zebscan" not in trail[True]
    for given in ("Openscan", "Loose", "Moved"):
        assert given in trail[True]
    assert "Secret" not in trail[True]


@pytest.mark.parametrize("withheld, told", [("No", "Speech therapy"), ("Yes", "Agency")])
def test_subject_access_and_spreadsheets_say_to_what_it_belongs(robin, acting, withheld, told):
    agency = m.Agency(pupil=robin, agency="Speech therapy", state="Considered", withhold=withheld)
    agency.save()
    hung = hang(agency)
    assert hung.answer("belongs") == told
    bundle = subject_access.gather(robin, set())
    (data,) = [data for record, data in bundle.papers if record == hung]
    lines = [line for section in data["sections"] for line in section["lines"]]
    assert [line["answer"] for line in lines if line["name"] == "belongs"] == [told]


# --- nothing typed twice
def test_the_people_around_a_child_are_offered_by_name(empty_portal, cast, robin):
    m.Contact.create(pupil=robin, name="Ana Mock")
    m.TeamMember.create(pupil=robin, person="Bo Team", part="Key adult")
    m.Agency.create(pupil=robin, agency="Speech therapy", professional="Dr Made Up")
    everybody = {"Ana Mock", "Bo Team", "Speech therapy", "Dr Made Up", cast.teacher.name}
    senco = enter(empty_portal, cast.senco)
    for to in (f"/pupil/{robin.id}/", f"/note/new/?pupil={robin.id}", "/document/new/?pupil=1"):
        source = senco.get(to.replace("=1", f"={robin.id}")).text
        bank = re.search('(?s)<datalist id="bank-people">(.*?)</datalist>', source)[1]
        assert everybody <= set(re.findall('value="(.*?)"', bank)), to
        assert 'list="bank-people"' in source, to
    # an assistant reads no contacts
    m.TeamMember.create(pupil=robin, person=cast.ta.name)
    source = enter(empty_portal, cast.ta).get(f"/pupil/{robin.id}/").text
    assert "Bo Team" in source and "Ana Mock" not in source


@pytest.mark.parametrize("cls", (m.Consent, m.Agency, m.Letter, m.Note))
def test_two_of_a_kind_are_told_apart_by_their_day_where_one_is_chosen(cls):
    record = cls(**{cls.dated_by: START})
    assert record.full_name() == f"{record}, 1 Sep 2026"
    assert cls().full_name() == str(cls())


def test_the_consent_of_an_agency_is_chosen_by_its_day(school, browser):
    agency = school.records["mine"]["Agency"]
    consent = school.records["mine"]["Consent"]
    page = browser("senco").page(f"/agency/{agency.id}/edit/")
    offered = page.all(f"//select[@name='consent']/option[@value='{consent.id}']/text()")
    assert offered == [consent.full_name()]
