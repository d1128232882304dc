"""Bringing in pupils: what is understood, what is refused and why, and that only “Import”
writes.
"""

import datetime
import io
import os
import re
import time

import pytest
from conftest import assert_tasks_are_kept, dump
from web import enter

import models as m
from admin_views import pupil_import, table_file
from audit import log as audit_log
from records import questions as q
from records.record import Clash

HEADS = "Surname,Forename,DOB,UPN,Year,Reg"
NEW = "Reed,Kit,4/6/2019,H801200001001,Year 2,2D"
ROBIN = "Oakley,Robin,05/05/2018,,3,3B"


def csv_of(*rows, heads=HEADS):
    """A CSV file as bytes."""
    return "\r\n".join((heads, *rows)).encode()


def look(user, *rows, heads=HEADS, lines=""):
    """The preview of some rows."""
    found = table_file.read_file(csv_of(*rows, heads=heads))
    return pupil_import.preview(
        found, pupil_import.map_columns(found.heads, lines, user.role), user
    )


def one(user, *rows, **more):
    """The only item of a preview."""
    (item,) = look(user, *rows, **more)
    return item


# --- the columns
@pytest.mark.parametrize(
    "heads, codes",
    [
        ("Forename|Surname|UPN|Year|Reg", "forename surname upn year form"),
        ("First name|Last name|Year group|Registration form", "forename surname year form"),
        ("FirstName|LastName|YearGroup|Form", "forename surname year form"),
        ("LEGAL SURNAME|Legal_Forename|NC Year|former upn", "surname forename year former_upn"),
        (
            (
                "Contact 1 name|Contact 1 Telephone|contact 2 parental responsibility|Priority"
                " contact 2 email"
            ),
            "contact1.name contact1.phone contact2.responsibility contact2.email",
        ),
        (
            "In care|Date of admission|M/F|EAL",
            "looked_after admitted_on sex eal",
        ),
    ],
)
def test_the_columns_of_known_school_systems_are_understood(heads, codes):
    assert pupil_import.map_columns(heads.split("|"), "", q.OFFICE) == codes.split()


def test_our_own_labels_are_understood():
    asked = pupil_import.targets(q.OFFICE)
    labels = [column.label for column in asked.values()]
    assert pupil_import.map_columns(labels, "", q.OFFICE) == list(asked)


def test_an_unknown_column_is_asked_about_once():
    heads = ["Surname", "Forename", "DOB", "Year", "House", "Tutor = room"]
    columns = pupil_import.map_columns(heads, "", q.OFFICE)
    assert [words for _, words in pupil_import.column_faults(heads, columns, q.OFFICE)] == [
        "Say what the column “House” is, or leave it out.",
        "Say what the column “Tutor = room” is, or leave it out.",
    ]
    lines = pupil_import.remember(
        "old = UPN", heads, [*columns[:4], pupil_import.OUT, "form"], q.OFFICE
    )
    assert lines.split("\n") == ["old = UPN", "House = leave out", "Tutor = room = Class or form"]
    assert pupil_import.map_columns(heads, lines, q.OFFICE)[4:] == [pupil_import.OUT, "form"]


def test_what_the_school_said_goes_before_what_the_program_thinks():
    assert pupil_import.map_columns(
        ["Form", "Reg"], "Reg = Class or form\nForm = leave out", q.OFFICE
    ) == [pupil_import.OUT, "form"]


def test_a_second_column_for_the_same_question_is_asked_about():
    assert pupil_import.map_columns(["Reg", "Form"], "", q.OFFICE) == ["form", ""]


def test_a_needed_column_that_is_not_there_is_named():
    heads = ["Surname", "Forename", "Year"]
    faults = pupil_import.column_faults(
        heads, pupil_import.map_columns(heads, "", q.OFFICE), q.OFFICE
    )
    (words,) = [words for _, words in faults]
    assert words == "No column is “Date of birth”. Choose it below, or add it to the file."


def test_a_file_cannot_change_stage_sen_types_or_leaving_date():
    assert not set(pupil_import.NEVER) & set(pupil_import.targets(q.SENCO))
    heads = ["SEN status", "Date of leaving", "SEN types"]
    assert pupil_import.map_columns(heads, "Date of leaving = Date of leaving", q.SENCO) == [
        "sen_status",
        pupil_import.OUT,
        "sen_types",
    ]


# --- one cell
@pytest.mark.parametrize(
    "cell, code",
    [
        ("Year 3", "3"),
        ("3", "3"),
        ("03", "3"),
        ("Yr 3", "3"),
        ("Y3", "3"),
        ("Curriculum Year  3", "3"),
        ("Year Group 11", "11"),
        ("Reception", "R"),
        ("YR", "R"),
        ("Year R", "R"),
        ("r", "R"),
        ("N2", "N2"),
        ("Nursery 1", "N1"),
        ("x", "X"),
    ],
)
def test_a_year_group_is_read_as_schools_write_it(cell, code):
    assert pupil_import.convert(m.Pupil.year, cell) == code


@pytest.mark.parametrize("cell", ["Year 15", "Nursery", "0", "3B", "Year", "-1", "1/2", "1.5"])
def test_an_unknown_year_group_is_refused_with_the_cure(cell):
    with pytest.raises(
        ValueError, match="none of the answers; write one of: E1, E2, N1, N2, R, 1,"
    ):
        pupil_import.convert(m.Pupil.year, cell)


@pytest.mark.parametrize(
    "cell",
    [
        "05/05/2018",
        "2018-05-05",
        "5 May 2018",
        "05/05/2018 00:00:00",
        "2018-05-05T00:00:00",
        "5-May-18",
    ],
)
def test_a_date_is_read_as_school_systems_write_it(cell):
    assert pupil_import.convert(m.Pupil.dob, cell) == datetime.date(2018, 5, 5)


@pytest.mark.parametrize(
    "cell, code",
    [("Y", "Yes"), ("true", "Yes"), ("1", "Yes"), ("no", "No"), ("F", "No"), ("0", "No")],
)
def test_yes_and_no_are_read_as_school_systems_write_them(cell, code):
    assert pupil_import.convert(m.Pupil.premium, cell) == code


# --- the preview
def test_new_changed_same_and_refused_are_told_apart(cast):
    items = look(cast.office, NEW, ROBIN, "Ash,Wren,2/3/2016,,6,5A", "Nobody,No,31/2/2018,,3,3B")
    assert [i.kind for i in items] == ["new", "same", "changed", "refused"]
    assert items[2].changes == [("Year group", "Year 5", "Year 6")]
    assert items[3].reasons == [
        "“DOB”: “31/2/2018” is not a date we can read; a date is written like 05/09/2018."
    ]


@pytest.mark.parametrize(
    "row, words",
    [
        ("Reed,Kit,4/6/2019,A801200001001,2,2D", "“UPN”: The first letter does not match"),
        ("Reed,Kit,4/6/2019,H80,2,2D", "“UPN”: A UPN has 13 characters"),
        ("Reed,Kit,4/6/2019,,20,2D", "“Year”: “20” is none of the answers"),
        ("Reed,,4/6/2019,,2,2D", "“Forename”: it is empty, and a new pupil needs it."),
        ("Reed,Kit,4/6/2030,,2,2D", "“DOB”: “Date of birth” (4 Jun 2030) is in the future"),
        ("Reed,Kit,4/6/2019,,2,2D,extra", "more cells than there are headings"),
        (f"{'R' * 300},Kit,4/6/2019,,2,2D", "“Surname”: it has 300 characters"),
    ],
)
def test_a_row_is_refused_with_the_column_and_the_cure(cast, row, words):
    item = one(cast.office, row)
    assert item.kind == "refused" and words in item.reasons[0]


def test_the_same_upn_twice_in_the_file_is_refused_both_times(cast):
    items = look(cast.office, NEW, "Other,Ann,1/1/2019,h801200001001 ,2,2D", ROBIN)
    assert [i.reasons for i in items] == [
        ["Lines 2, 3 of the file have the same UPN; keep one of them."]
    ] * 2 + [[]]


def test_the_same_pupil_twice_in_the_file_is_refused_both_times(cast):
    items = look(
        cast.office,
        ROBIN,
        ROBIN.replace("3B", "4B"),
        "Reed,Kit,4/6/2019,,2,",
        "Reed,Kit,4/6/2019,,3,",
    )
    assert [(i.kind, i.lines) for i in items] == [("refused", [2, 3]), ("refused", [4, 5])]


def test_the_upn_of_somebody_else_is_refused(cast, acting):
    cast.wren.upn = "H801200001001"
    cast.wren.save()
    assert "it belongs to another pupil, Ash, Wren (5A)" in one(cast.office, NEW).reasons[0]


def test_a_pupil_is_found_by_upn_and_by_former_upn_when_the_name_is_new(cast, acting):
    cast.robin.upn = "H801200001001"
    cast.robin.save()
    found = one(cast.office, "Newname,Robin,05/05/2018,H801200001001,3,3B")
    assert (found.kind, found.changes) == ("changed", [("Surname", "Oakley", "Newname")])
    found = one(
        cast.office,
        "Newname,Robin,05/05/2018,B801200005001,3,H801200001001",
        heads="Surname,Forename,DOB,UPN,Year,Former UPN",
    )
    assert found.pupil.id == cast.robin.id


def test_a_changed_upn_keeps_the_old_one_as_the_former(cast, acting):
    cast.robin.upn = "H801200001001"
    cast.robin.save()
    changes = one(cast.office, "Oakley,Robin,05/05/2018,B801200005001,3,3B").changes
    assert changes == [
        ("UPN", "H801200001001", "B801200005001"),
        ("Former UPN", "", "H801200001001"),
    ]


def test_twins_of_the_register_are_in_doubt_without_upn(cast, acting):
    m.Pupil.create(surname="Oakley", forename="Robin", dob=datetime.date(2018, 5, 5), year="3")
    assert one(cast.office, ROBIN).reasons == [
        "Several pupils here have this name and date of birth; give the UPN."
    ]


def test_an_empty_cell_erases_nothing(cast):
    assert one(cast.office, "Oakley,Robin,05/05/2018,,,").kind == "same"


def test_a_preview_writes_nothing(cast):
    before = dump()
    look(cast.office, NEW, ROBIN.replace("3B", "4B"))
    assert dump() == before


# --- contacts
CONTACT = (
    "Surname,Forename,DOB,UPN,Year,Reg,Contact 1 name,Contact 1 telephone,Contact 1 relationship"
)


def bring(user, *rows, **more):
    """Bring some rows in; the items."""
    items = look(user, *rows, **more)
    pupil_import.import_pupils(items, "Import 24 Nov 2026")
    assert_tasks_are_kept()
    return items


def test_contacts_are_added_then_changed_and_never_removed(cast, acting):
    m.Contact.create(pupil=cast.robin, name="Gran", phone="1")
    bring(cast.office, ROBIN + ",Jo Oakley,'+44 7700 900123,mother", heads=CONTACT)
    item = one(cast.office, ROBIN + ",JO OAKLEY,07700 900999,", heads=CONTACT)
    assert item.changes == [("JO OAKLEY: Telephone", "+44 7700 900123", "07700 900999")]
    pupil_import.import_pupils([item], "Import")
    kept = [
        (c.name, c.phone, c.relationship, c.may_contact)
        for c in cast.robin.contacts.order_by(m.Contact.id)
    ]
    assert kept == [("Gran", "1", None, "Yes"), ("Jo Oakley", "07700 900999", "mother", "Yes")]


@pytest.mark.parametrize(
    "known, said",
    [
        ("Mrs Ana de Mocksouza", "Ana de Mocksouza"),
        ("Ana de Mocksouza", "Ms. Ana De Mocksouza"),
        ("Dr Élodie O'Mock", "elodie O’Mock"),
        ("Rev Paul Testley-Mock", "Mr Paul Testley Mock"),
        ("Miss Zoë Mock", "Mx ZOE MOCK"),
    ],
)
def test_a_parent_with_and_without_a_title_is_one_person(known, said):
    assert m.known_name(known) == m.known_name(said)
    assert m.known_name(known) != m.known_name("Mrs Ana Testley")


def test_a_contact_without_a_name_is_refused_but_a_bare_no_is_not(cast):
    assert (
        "Contact 1: there is no name"
        in one(cast.office, ROBIN + ",,07700 900123,", heads=CONTACT).reasons[0]
    )
    assert (
        one(cast.office, ROBIN + ",No", heads=HEADS + ",Contact 2 parental responsibility").kind
        == "same"
    )


def test_a_new_contact_counts_as_a_change_of_the_pupil(cast, acting):
    before = cast.robin.version
    bring(cast.office, ROBIN + ",Jo Oakley,1,mother", heads=CONTACT)
    assert m.Pupil.get_by_id(cast.robin.id).version == before + 1


# --- bringing in
def test_bringing_in_writes_the_audit_trail(cast, acting):
    bring(cast.office, NEW, ROBIN.replace("3B", "4B"))
    kit = m.Pupil.get(m.Pupil.surname == "Reed")
    assert (kit.forename, kit.dob, kit.upn, kit.year, kit.form) == (
        "Kit",
        datetime.date(2019, 6, 4),
        "H801200001001",
        "2",
        "2D",
    )
    told = (
        audit_log.AuditEntry.select()
        .where(audit_log.AuditEntry.pupil_id == cast.robin.id)
        .order_by(audit_log.AuditEntry.id.desc())
        .get()
    )
    assert (told.act, told.question, told.before, told.after, told.reason) == (
        "import",
        "form",
        "3B",
        "4B",
        "Import 24 Nov 2026",
    )
    assert (
        audit_log.AuditEntry.select()
        .where(
            audit_log.AuditEntry.act == "import",
            audit_log.AuditEntry.reason.contains("1 changed, 1 new"),
        )
        .count()
        == 1
    )


def test_bringing_in_twice_changes_nothing_the_second_time(cast, acting):
    bring(cast.office, NEW, ROBIN.replace("3B", "4B"))
    assert [i.kind for i in look(cast.office, NEW, ROBIN.replace("3B", "4B"))] == ["same", "same"]


def test_when_one_row_fails_nothing_is_written(cast, acting):
    items = look(cast.office, NEW, ROBIN.replace("3B", "4B"))
    other = m.Pupil.get_by_id(cast.robin.id)
    other.alert = "Somebody else was quicker"
    other.save()
    with pytest.raises(Clash):
        pupil_import.import_pupils(items, "Import")
    assert not m.Pupil.select().where(m.Pupil.surname == "Reed").exists()


def test_two_thousand_pupils_are_looked_at_with_a_handful_of_queries(cast, acting, monkeypatch):
    asked, real = [], audit_log.db.obj.execute_sql
    monkeypatch.setattr(
        audit_log.db.obj,
        "execute_sql",
        lambda *given, **more: asked.append(given) or real(*given, **more),
    )
    rows = [
        f"Sur{n},Fore{n},0{n % 9 + 1}/03/2018,,{n % 3 + 2},{n % 3 + 2}A,Jo Sur{n},07700"
        f" 900{n % 1000:03},mother"
        for n in range(2000)
    ]
    items = look(cast.office, *rows, heads=CONTACT)
    assert pupil_import.counts(items)["new"] == 2000 and len(asked) < 20, len(asked)


# --- the pages
@pytest.fixture
def office(empty_portal, cast):
    """The office, signed in."""
    return enter(empty_portal, cast.office)


def send(browser, data, name="pupils.csv"):
    """Upload a file; the answer."""
    return browser.post(
        "/import/", data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data"
    )


def seen(page):
    """The fingerprint on a preview."""
    return re.search(r'name="seen" value="([0-9a-f]+)"', page.text)[1]


def folder(portal):
    """Where uploads wait."""
    return portal.config["DATA_DIR"] / "imports"


@pytest.mark.parametrize(
    "role, code",
    [
        ("office", 200),
        ("senco", 200),
        ("teacher", 403),
        ("head", 403),
        ("technician", 403),
        ("gone", 302),
    ],
)
def test_only_who_may_add_pupils_may_bring_them_in(empty_portal, cast, role, code):
    browser = enter(empty_portal, getattr(cast, role))
    assert browser.get("/import/").status_code == code
    assert browser.get("/import/sample.csv").status_code == code


def test_a_stranger_is_asked_to_sign_in(empty_portal, cast):
    assert "/sign-in" in empty_portal.test_client().get("/import/").location


def test_the_sample_can_be_brought_in(office, cast):
    look_at = send(office, office.get("/import/sample.csv").data).location
    page = office.get(look_at)
    assert (
        page.status_code == 200
        and "Import 1 pupil<" not in page.text
        and "2 rows in the file" in page.text
    )


def test_from_upload_to_import_and_a_second_press(empty_portal, office, cast):
    there = send(office, csv_of(NEW, ROBIN.replace("3B", "4B"), "Bad,Row,x,,3,")).location
    (kept,) = folder(empty_portal).iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600 and kept.name.startswith(f"{cast.office.id}-")
    page = office.get(there)
    assert (
        "Import 2 pupils" in page.text
        and "Reed, Kit (2D)" in page.text
        and "3B → <strong>4B" in page.text
    )
    assert (
        "is not a date we can read" in page.text
        and not m.Pupil.select().where(m.Pupil.surname == "Reed").exists()
    )
    assert office.post(there + "import/", data={"seen": seen(page)}).location == "/pupil/"
    assert m.Pupil.get(m.Pupil.surname == "Reed").form == "2D" and not list(
        folder(empty_portal).iterdir()
    )
    told = (
        audit_log.AuditEntry.select()
        .where(audit_log.AuditEntry.question == "form", audit_log.AuditEntry.after == "4B")
        .get()
    )
    assert (told.who, told.act, told.pupil_id) == (cast.office.name, "import", cast.robin.id)
    before = dump()
    assert office.post(there + "import/", data={"seen": seen(page)}).location == "/import/"
    assert dump() == before and "imported already" in office.get("/import/").text


def test_what_changed_since_the_preview_is_shown_again_and_nothing_imported(office, cast):
    there = send(office, csv_of(NEW, ROBIN.replace("3B", "4B"))).location
    was = seen(office.get(there))
    with audit_log.acting_as("Somebody else"):
        cast.robin.form = "5C"
        cast.robin.save()
    page = office.post(there + "import/", data={"seen": was})
    assert (
        page.status_code == 409
        and "Something in the portal has changed" in page.text
        and "5C → <strong>4B" in page.text
    )
    assert not m.Pupil.select().where(m.Pupil.surname == "Reed").exists()
    assert office.post(there + "import/", data={"seen": seen(page)}).location == "/pupil/"


def test_a_preview_of_somebody_else_cannot_be_opened(empty_portal, office, cast):
    there = send(office, csv_of(NEW)).location
    other = enter(empty_portal, cast.senco)
    assert other.get(there).location == "/import/"
    assert other.post(there + "import/", data={"seen": "x"}).location == "/import/"
    assert other.post(there + "leave/").location == "/import/"
    assert office.get(there).status_code == 200


@pytest.mark.parametrize("key", ["..", "x" * 32, "%2e%2e%2fportal", "0" * 31])
def test_a_made_up_key_opens_nothing(office, key):
    assert office.get(f"/import/{key}/").status_code in (302, 404)


def test_an_upload_is_gone_after_a_day(empty_portal, office):
    there = send(office, csv_of(NEW)).location
    (kept,) = folder(empty_portal).iterdir()
    os.utime(kept, (time.time() - 25 * 3600,) * 2)
    assert office.get(there).location == "/import/" and not kept.exists()


def test_an_upload_can_be_thrown_away(empty_portal, office):
    there = send(office, csv_of(NEW)).location
    office.post(there + "leave/")
    assert not list(folder(empty_portal).iterdir()) and office.get(there).location == "/import/"


def test_unknown_columns_are_asked_once_and_remembered(office, cast):
    data = csv_of("Reed,Kit,4/6/2019,2,Red", heads="Surname,Forename,DOB,Year,House")
    there = send(office, data).location
    asks = office.get(there).location
    assert asks.endswith("/columns/")
    page = office.get(asks)
    assert "House" in page.text and "Such as: Red" in page.text
    again = office.post(
        asks, data={f"c{i}": c for i, c in enumerate(("surname", "forename", "dob", "year", ""))}
    )
    assert again.status_code == 422 and "Say what the column “House” is" in again.text
    done = office.post(
        asks, data={f"c{i}": c for i, c in enumerate(("surname", "forename", "dob", "year", "out"))}
    )
    assert done.location == there and m.Setting.of_school().import_columns == "House = leave out"
    assert office.get(send(office, data).location).status_code == 200


NO_HEADINGS = [
    "Reed,Kit,4/6/2019,2,Red",
    "Reed,Kit,,Year 2,Red",
    "Quibble,Zed,2019-06-04,2,H801200001001",
    "Surname,Kit,,,kit@example.org",
    "Reed,Kit,Surname,,07700 900123",
]


@pytest.mark.parametrize("first", NO_HEADINGS)
def test_a_file_without_headings_is_refused_and_nothing_of_it_is_remembered(
    empty_portal, office, cast, first
):
    """The names of columns are kept in the Settings, which the technician reads: a child's name
    must not be taken for one.
    """
    page = send(office, csv_of("Ash,Wren,2/3/2016,5,5A", heads=first))
    assert (
        page.status_code == 422 and "The first line of this file seems to be a pupil" in page.text
    )
    assert not (folder(empty_portal).exists() and list(folder(empty_portal).iterdir())), (
        "nothing is kept of the file"
    )
    assert not m.Setting.of_school().import_columns
    said = " ".join(
        e.after + e.reason
        for e in audit_log.AuditEntry.select().where(audit_log.AuditEntry.pupil_id.is_null())
    )
    assert "Reed" not in said and "Quibble" not in said


def test_names_of_columns_that_the_school_has_told_once_are_headings(office, cast):
    """Also when the portal would know none of them by itself."""
    settings = m.Setting.of_school()
    settings.import_columns = (
        "Nachname = Surname\nVorname = Forename\nGeboren = Date of birth\nKlasse 1 = Year group"
    )
    with audit_log.acting_as("The tests"):
        settings.save()
    assert (
        send(
            office, csv_of("Reed,Kit,4/6/2019,2", heads="Nachname,Vorname,Geboren,Klasse 1")
        ).status_code
        == 302
    )


def test_a_bad_file_is_refused_on_the_page_and_not_kept(empty_portal, office, monkeypatch):
    monkeypatch.setattr(table_file, "MOST_BYTES", 50)
    for data, words in (
        (b"PK\x03\x04", "packed folder"),
        (b'a,b\n"x', "quotation mark"),
        (b"a" * 60, "5 MB"),
    ):
        page = send(office, data)
        assert page.status_code == 422 and words in page.text
    page = office.post("/import/")
    assert "Choose a file first" in page.text and not (
        folder(empty_portal).exists() and list(folder(empty_portal).iterdir())
    )


def test_what_stands_in_the_file_is_shown_as_text(office):
    page = office.get(
        send(office, csv_of('"<script>alert(1)</script>",{{7*7}},4/6/2019,,2,2D')).location
    )
    assert (
        "<script>alert" not in page.text
        and "&lt;script&gt;" in page.text
        and "{{7*7}}" in page.text
    )


def test_the_preview_is_paged_and_filtered(office):
    rows = [f"Sur{n},Fore,4/6/2019,,2,2D" for n in range(130)] + ["x,y,z,,2,2D"]
    there = send(office, csv_of(*rows)).location
    assert office.get(there).text.count('<th scope="row">') == 100
    assert office.get(there + "?page=1").text.count('<th scope="row">') == 31
    assert office.get(there + "?show=refused&page=99").text.count('<th scope="row">') == 1
    assert office.get(there + "?show=%3Cscript&page=x").text.count('<th scope="row">') == 100


def test_import_needs_the_token_of_its_page(empty_portal, office):
    there = send(office, csv_of(NEW)).location
    was = seen(office.get(there))
    empty_portal.config["WTF_CSRF_ENABLED"] = True
    assert office.post(there + "import/", data={"seen": was}).status_code == 400
    assert send(office, csv_of(NEW)).status_code == 400
    assert not m.Pupil.select().where(m.Pupil.surname == "Reed").exists()


def test_our_own_spreadsheet_comes_back_the_same(empty_portal, cast, acting):
    """Export, then import: every pupil is the same as before (TRUST A8.10)."""
    cast.wren.known_as, cast.wren.upn, cast.wren.alert, cast.wren.sex = (
        "=Wrennie",
        "H801200001001",
        "+Line",
        "F",
    )
    cast.wren.save()
    senco = enter(empty_portal, cast.senco)
    there = send(senco, senco.post("/pupil/spreadsheet/").data).location
    page = senco.get(there)
    assert (
        page.status_code == 200
        and page.text.count('class="tag done"') == 2
        and 'name="seen"' not in page.text
    )


def test_a_whole_name_as_the_preferred_one_loses_its_surname_and_changes_nothing_twice(
    cast, acting
):
    heads = "Surname,Forename,Preferred Name,DOB,Year"
    row = "Mockcart,Emma,Emma Mockcart,12/3/2014,7"
    item = one(cast.senco, row, heads=heads)
    assert ("Known as", "", "Emma") in item.changes
    item.save("A file")
    assert one(cast.senco, row, heads=heads).changes == []
