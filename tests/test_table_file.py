"""A file of the school system, read as headings and rows: encodings, workbooks, files that are
something else, and the shapes that big school systems export.
"""

import csv
import datetime
import io
import re
import zipfile

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from admin_views import pupil_import, table_file, zip_guard
from records import questions as q
from records.spreadsheet import escape_formula, unescape_formula

HEADS = "Surname,Forename,DOB,UPN,Year,Reg"
ROW = "Mockhill,Ann,04/06/2019,,2,2D"


def read(data):
    if isinstance(data, str):
        data = data.encode()
    return table_file.read_file(data, pupil_import.meaning)


def names(*forenames):
    """A file of pupils with these forenames."""
    return "\r\n".join([HEADS, *(ROW.replace("Ann", name) for name in forenames), ""])


def book(*sheets, hidden=(), **options):
    """A workbook whose sheets have these rows, as bytes."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as made:
        day = made.add_format({"num_format": "dd/mm/yyyy"})
        time = made.add_format({"num_format": "hh:mm"})
        for number, rows in enumerate(sheets):
            sheet = made.add_worksheet()
            if number in hidden:
                sheet.hide()
            else:
                sheet.activate()
                sheet.set_first_sheet()
            for line, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if isinstance(cell, datetime.date):
                        sheet.write_datetime(line, column, cell, day)
                    elif isinstance(cell, datetime.time):
                        sheet.write_datetime(line, column, cell, time)
                    else:
                        sheet.write(line, column, cell)
    return out.getvalue()


def repacked(data, **changed):
    """The workbook with other words in its parts; a part is named by the end of its name."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", 8) as made:
        for part in given.namelist():
            words = given.read(part)
            stem = part.rpartition("/")[2].partition(".")[0]
            if stem in changed:
                words = changed[stem](words)
            made.writestr(part, words)
    return out.getvalue()


# --- the file
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", ",;\t")
def test_a_file_is_read_in_each_encoding_and_with_each_separator(code, mark):
    found = table_file.read_file(
        f"Surname{mark}First name\r\nO’Neill{mark}Zoë\r\n\r\n".encode(code)
    )
    assert (found.heads, found.rows) == (["Surname", "First name"], [(2, ["O’Neill", "Zoë"])])


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf  \n", "empty"),
        (b"Surname,Forename\n", "no pupils"),
        (b"Surn\0ame\nx", "not a text file"),
        (b'a,b\n"x,y\n', "quotation mark"),
        (b'a,b\n"x"y,z\n', "quotation mark"),
        (b"x" * (5 * 1024 * 1024 + 1), "5 MB"),
        (b"a\n" + b"x\n" * 5001, "5,000 rows"),
        (b"a," * 100 + b"b\nx\n", "100 columns"),
        (b"\x81\x8d\n\x81", "not a text file"),
        (b"\xff\xfea", "not a text file"),
        (b"a,b\n" + b"x" * 140_000, "quotation mark"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_plain_sentence(data, words):
    with pytest.raises(table_file.Unreadable, match=words):
        table_file.read_file(data)


@given(st.binary(max_size=300))
def test_no_file_whatever_breaks_the_reader(data):
    try:
        found = table_file.read_file(data)
    except table_file.Unreadable:
        return
    assert all(cells is None or len(cells) == len(found.heads) for _, cells in found.rows)


@pytest.mark.parametrize("cell", ["=1+1", "+44 7700 900123", "-x", "@home"])
def test_the_mark_against_formulas_comes_off_again(cell):
    assert unescape_formula(escape_formula(cell)) == cell


def test_an_apostrophe_of_a_name_stays():
    assert unescape_formula("'t Hooft") == "'t Hooft"


def test_headings_that_stand_twice_and_empty_columns_are_told_apart():
    found = table_file.read_file(b"Form,Form,,,Year\n3B,3C,x,,3\n")
    assert found.heads == ["Form", "Form (2)", "Column 3", "Year"]


# --- encodings
# kinds of faults from public issues: rchardet 27 and charlock_holmes 98 (a Macintosh's CSV), glific
# 5657 (byte 0x96, UTF-16), openwisp-radius 550 (UTF-16), camptix 136 and rocketchat-export-userlist
# 2 (letters read twice); the people are invented
ENCODED = (  # a forename, the encoding, and how it is read
    ("Zoë", "cp850", "Zoë"),
    ("Zoë", "mac_roman", "Zoë"),
    ("José", "utf-16-le", "José"),
    ("José", "utf-16-be", "José"),
    ("José", "utf-16", "José"),
    ("محمد", "utf-16-le", "محمد"),
    ("José", "cp850", "José"),
    ("José", "mac_roman", "José"),
    ("Seán", "cp850", "Seán"),
    ("Siân", "mac_roman", "Siân"),
    ("Björn", "cp850", "Björn"),
    ("Björn", "mac_roman", "Björn"),
    ("João", "cp850", "João"),
    ("André", "mac_roman", "André"),
    ("Ümit", "cp850", "Ümit"),
    ("Éva", "mac_roman", "Éva"),
    ("Begoña", "cp850", "Begoña"),
    ("Zoë", "cp1252", "Zoë"),
    ("D’Arcy", "cp1252", "D’Arcy"),
    ("Anne–Marie", "cp1252", "Anne–Marie"),
    ("Šárka", "cp1252", "Šárka"),
    ("Zoë", "utf-8", "Zoë"),
    ("Łukasz", "utf-8", "Łukasz"),
    ("王芳", "utf-8-sig", "王芳"),
)


@pytest.mark.parametrize("name, encoding, right", ENCODED)
def test_a_name_is_read_rightly_in_each_encoding(name, encoding, right):
    found = read(names(name).encode(encoding))
    assert [cells[1] for _, cells in found.rows] == [right]
    is_guessed = encoding in ("cp850", "mac_roman")
    assert is_guessed == any("accents" in words for words in found.warnings)


SPOILED = (  # a word that stands in no name, and whether it is told
    ("ZoÃ«", True),
    ("JosÃ©", True),
    ("Ã‰lodie", True),
    ("Zo√´", True),
    ("Zo‰", True),
    ("Zo‘", True),
    ("Renƒ", True),
    ("Zo‚", True),
    ("Bj”rn", True),
    ("Micha³", True),
    ("Mu?oz", True),
    ("Ren\ufffd", True),
    ("Zo├½", True),
    ("O‘Brien", True),
    ("Zoë", False),
    ("O’Brien", False),
    ("“Zoë”", False),
    ("O´Brien", False),
    ("MacÉinrí", False),
    ("ZOË", False),
    ("Gal·la", False),
    ("Smith–Jones", False),
    ("Çelik", False),
    ("Nguyễn", False),
    ("İpek", False),
    ("محمد،", False),
    ("Mª", False),
    ("Zoë😀", False),
    ("example.org/?a=b", False),
)


@pytest.mark.parametrize("word, is_told", SPOILED)
def test_a_letter_that_stands_in_no_name_is_told_with_its_line(word, is_told):
    found = read(names("Ann", word))
    told = [words for words in found.warnings if "Line 3 " in words and f"“{word}”" in words]
    assert bool(told) == is_told
    assert len(found.rows) == 2


def test_many_spoiled_lines_are_told_shortly():
    assert len(read(names(*["ZoÃ«"] * 30)).warnings) == table_file.MOST_TOLD + 1


@pytest.mark.parametrize("good, bad", [(1, 1), (1, 3), (5, 5)])
def test_only_the_rows_with_a_bad_byte_are_refused(good, bad):
    data = names(*["Zoë"] * good, *["Bad"] * bad).encode().replace(b"Bad", b"B\x96d")
    found = read(data)
    refused = range(2 + good, 2 + good + bad)
    assert list(found.faults) == list(refused)
    assert [cells[1] for _, cells in found.rows if cells] == ["Zoë"] * good
    assert all(
        "cannot be read" in words and "CSV UTF-8" in words for words in found.faults.values()
    )


# --- files that are something else
ELSE = (  # the file, and what is said of it
    ('<?xml version="1.0" encoding="utf-8"?>\n<CTfile>\n<Header></Header></CTfile>', "CTF"),
    ("<html><body><table><tr><th>Surname</th></tr></table></body></html>", "web page"),
    ("\r\n<!DOCTYPE html><html>", "web page"),
    ("<table border=1><tr><td>Surname</td></tr></table>", "web page"),
    (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook'
        ' xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "XML workbook",
    ),
    ("<?xml version='1.0'?><pupils/>", "is XML"),
    (b"%PDF-1.7\n1 0 obj", "is a PDF"),
    ('[{"Surname": "Mockhill"}]', "is JSON"),
    ('{\n  "pupils": []}', "is JSON"),
    (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture"),
    (b"\0\0\0\x18ftypheic", "picture"),
    (r"{\rtf1\ansi Surname}", "RTF"),
    (b"7z\xbc\xaf'\x1c", "packed"),
    (b"SQLite format 3\0", "database"),
    ("BEGIN:VCARD\nVERSION:3.0", "contacts"),
    ("From: office@example.org\nTo: senco@example.org", "e-mail"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel"),
    (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
    (b"PK\x03\x04 mimetypeapplication/vnd.oasis.opendocument.spreadsheet", ".ods"),
    (b"PK\x03\x04 xl/workbook.bin", ".xlsb"),
    (b"PK\x03\x04 word/document.xml", "Word"),
    (b"PK\x03\x04 Index/Document.iwa", "Numbers"),
    (b"PK\x03\x04 pupils.csv", "ZIP"),
)


@pytest.mark.parametrize("data, words", ELSE)
def test_a_file_that_is_something_else_is_named_with_its_cure(data, words):
    with pytest.raises(table_file.Unreadable, match=re.escape(words)) as fault:
        read(data)
    assert re.search(r"Export|Save|Choose|Unpack|choose", str(fault.value))


SHAPES = (  # a file of one pupil, and the line that she stands in
    (f"Willow Brook School\r\nClass list,26/11/2026\r\n\r\n{HEADS}\r\n{ROW}\r\n", 5),
    (f"Class: 2D\nYear,2,Class,2D\n{HEADS}\n{ROW}", 4),
    (f"{HEADS}\n{ROW}".replace(",", "|"), 2),
    (f"{HEADS}\n{ROW}".replace(",", ";"), 2),
    (f"{HEADS}\n{ROW}".replace(",", "\t"), 2),
    (f"sep=|\r\n{HEADS}\r\n{ROW}".replace(",", "|"), 3),
    ('"Pupil\nsurname";Forename;DOB;UPN;Year;Reg\n' + ROW.replace(",", ";"), 3),
    (f"{HEADS}\r{ROW}\r", 2),
    (f"{HEADS},,\n{ROW},,\n", 2),
    (f"\n\n\n{HEADS}\n\n{ROW}\n\n", 6),
    (f"{HEADS}\n{ROW}\nTotal: 312 pupils\n", 2),
    (f"{HEADS}\n{ROW}\nTotal,312\n", 2),
    (f"{HEADS}\n{ROW}\n\nReport generated 26/11/2026 09:14 by Office\n", 2),
    (f"{HEADS}\n{ROW}\nNumber of pupils: 1\n*** End of report ***\n", 2),
    (f"{HEADS}\n{ROW}\n,,,,,\nPage 1 of 1\n", 2),
    (f"Class list\n{HEADS}\n{ROW}\nClass list\n{HEADS}\n", 3),
)


@pytest.mark.parametrize("data, line", SHAPES)
def test_the_headings_are_found_and_no_note_is_a_pupil(data, line):
    found = read(data)
    columns = pupil_import.map_columns(found.heads, "", q.OFFICE)
    assert columns == ["surname", "forename", "dob", "upn", "year", "form"]
    assert found.rows == [(line, ROW.split(","))]
    noted = [words for words in found.warnings if "seems to be a total" in words]
    assert bool(noted) == bool(re.search("Total|Report|Number|Page", data))


def test_a_pupil_with_a_name_like_a_note_stays():
    rows = "Page,Ann,04/06/2019,,2,2D\nTotal,Kit,04/06/2019,,2,2D\nPage,Robin"
    assert len(read(f"{HEADS}\n{rows}").rows) == 3


# --- workbooks
LIST = (HEADS.split(","), ["Mockhill", "Ann", datetime.date(2019, 6, 4), "", 2, "2D"])
CELLS = (  # as a workbook holds it, and as words
    (datetime.date(2018, 9, 5), "05/09/2018"),
    (datetime.datetime(2018, 9, 5, 8, 30), "05/09/2018 08:30"),
    (datetime.time(8, 45), "08:45"),
    (7700900123.0, "7700900123"),
    (447700900123, "447700900123"),
    (1.5, "1.5"),
    (0, "0"),
    (True, "Yes"),
    (False, "No"),
    ("#N/A", ""),
    ("=1/0", "0"),
    (" Zoë ", "Zoë"),
    ("3-1", "3-1"),
    ("07700 900123", "07700 900123"),
    ("", ""),
)


@pytest.mark.parametrize("cell, words", CELLS)
def test_a_cell_of_a_workbook_is_read_as_the_words_it_shows(cell, words):
    found = read(book([["Surname", "Forename", "x"], ["Mockhill", "Ann", cell]]))
    assert found.rows == [(2, ["Mockhill", "Ann", words][: len(found.heads)])]


def test_a_workbook_is_read_as_its_csv():
    assert read(book(LIST)) == read(f"{HEADS}\n{ROW}")


@pytest.mark.parametrize(
    "made, line",
    [
        (lambda: book([["Read me"]], LIST), 2),
        (lambda: book(LIST, LIST[:1], hidden=[1]), 2),
        (lambda: book([["Old", "List"], ["x", "y"]], LIST, hidden=[0]), 2),
        (lambda: book([["Willow Brook School"], [], *LIST, ["Total", 1]]), 4),
        (lambda: book([["Willow Brook"], *LIST, ["Willow Brook"], LIST[0]]), 3),
        (lambda: book(LIST, constant_memory=False, use_zip64=True), 2),
    ],
)
def test_the_first_visible_sheet_with_rows_is_read(made, line):
    assert read(made()).rows == [(line, ROW.split(","))]


def test_other_sheets_with_rows_are_told():
    (words,) = read(book(LIST, LIST)).warnings
    assert "Only the first sheet" in words and "Sheet1" in words


def far_cell(words):
    return words.replace(b'r="A2"', b'r="XFD1048576"')


def far_row(words):
    return words.replace(b'<row r="2"', b'<row r="1048576"').replace(b' r="F', b' r="ZZZ')


def long_text(words):
    return words.replace(b"Mockhill", b"x" * 2_000_000)


def many_cells(words):
    return words.replace(b"</sheetData>", b"<row><c><v>1</v></c></row>" * 1_500_000)


def entity(words):
    return words.replace(b"<sst", b'<!DOCTYPE x [<!ENTITY a "b">]><sst', 1)


def cut_short(words):
    return words[: len(words) // 2]


HOSTILE = (  # what is changed in which part of a workbook, and what is said
    ({"sheet1": far_cell}, "larger than a list"),
    ({"sheet1": far_row}, "larger than a list"),
    ({"sheet1": many_cells}, "more than the portal can check"),
    ({"sharedStrings": entity}, "damaged"),
    ({"sheet1": cut_short}, "damaged"),
    ({"workbook": cut_short}, "damaged"),
    ({"sheet1": lambda words: words.replace(b'r="A2"', b'r="A99999999999"')}, "larger than a list"),
    ({"styles": lambda words: b"<x"}, "damaged"),
)


@pytest.mark.parametrize("changed, words", HOSTILE)
def test_a_workbook_that_could_use_up_the_memory_or_is_damaged_is_refused(changed, words):
    with pytest.raises(table_file.Unreadable, match=words) as fault:
        read(repacked(book(LIST), **changed))
    assert "Copy the list" in str(fault.value) or "CSV UTF-8" in str(fault.value)


def test_a_long_text_that_many_cells_repeat_is_refused():
    rows = [["Mockhill"] * 90 for _ in range(200)]
    with pytest.raises(table_file.Unreadable, match="larger than a list"):
        read(repacked(book([HEADS.split(","), *rows]), sharedStrings=long_text))


def test_the_guard_of_documents_looks_at_a_workbook_first(monkeypatch):
    data = book(LIST)
    macros = io.BytesIO(data)
    with zipfile.ZipFile(macros, "a") as made:
        made.writestr("xl/vbaProject.bin", b"x")
    locked = bytearray(data)
    locked[6] |= 1
    locked[data.index(b"PK\x01\x02") + 8] |= 1
    for refused, words in ((macros.getvalue(), "macros"), (bytes(locked), "password")):
        with pytest.raises(table_file.Unreadable, match=words):
            read(refused)
    monkeypatch.setattr(zip_guard, "MOST_UNPACKED", 1)
    with pytest.raises(table_file.Unreadable, match="more than the portal can check"):
        read(data)


@given(st.integers(0, 5_000), st.binary(min_size=1, max_size=30))
def test_no_change_of_a_sheet_breaks_the_reader(place, words):
    def spoil(part):
        at = place % len(part)
        return part[:at] + words + part[at + len(words) :]

    for name in ("sheet1", "sharedStrings", "styles", "workbook"):
        try:
            found = read(repacked(book(LIST), **{name: spoil}))
        except table_file.Unreadable:
            continue
        assert all(cells is None or len(cells) == len(found.heads) for _, cells in found.rows)


# --- what big school systems export
# Headings as public pages name them: Bromcom's guide to importing access arrangements, Arbor's
# connector data sets and an open parser of its export, the SIMS 7 applicant format and open scripts
# that read SIMS reports, a public list of the pupil fields of a system for independent
# schools, the Common Transfer File's element names, and the CSV guides of CEM and Hodder for
# Google Sheets, Excel and LibreOffice. Of ScholarPack, RM Integris, Pupil Asset, Go 4 Schools and
# Progresso no public list was found: theirs are the usual words of such lists.
SHAPES_OF_SYSTEMS = {  # heading = answer, and what the column is
    "SIMS student list": """
        Adno=004321=out | Legal Surname=Mockhill=surname | Legal Forename=Ann=forename
        Preferred Surname=Mockhill=out | Preferred Forename=Annie=known_as | DOB=04/06/2019=dob
        Gender=F=sex | UPN=H801200001001=upn | Year=2=year | Reg=2D=form""",
    "SIMS, names of the CTF": """
        UPN=H801200001001=upn | FormerUPN==former_upn | Surname=Mockhill=surname
        Forename=Ann=forename | PreferredForename=Annie=known_as | MiddleNames=May=out
        DOB=2019-06-04=dob | Sex=F=sex | NCyearActual=2=year | SENprovision=K=sen_status
        Languages=ENG=home_language""",
    "Arbor": """
        Arbor Student ID=1234=out | UPN=H801200001001=upn | Legal first name=Ann=forename
        Legal last name=Mockhill=surname | Preferred first name=Annie=known_as
        Preferred last name=Mockhill=out | Date of birth=4 Jun 2019=dob | Sex=Female=sex
        Year group=Year 2=year | Registration form=2D=form | Pupil Premium Recipient=No=premium
        EAL=No=eal""",
    "Bromcom": """
        Last Name=Mockhill=surname | First Name=Ann=forename | Admission Number=004321=out
        UPN=H801200001001=upn | Gender=Female=sex | Year Group=2=year | Tutor Group=2D=form
        Preferred First Name=Annie=known_as | Date of Birth=04/06/2019=dob""",
    "ScholarPack": """
        Pupil ID=12=out | Forename=Ann=forename | Surname=Mockhill=surname
        Chosen Name=Annie=known_as | UPN=H801200001001=upn | DoB=04/06/2019=dob | Gender=F=sex
        Year=2=year | Class=2D=form | SEN Stage=K=sen_status | Pupil Premium=N=premium""",
    "RM Integris": """
        Admission No=4321=out | Legal Surname=Mockhill=surname | Legal Forename=Ann=forename
        Preferred Name=Annie=known_as | Date of Birth=04/06/2019=dob | Gender=F=sex
        UPN=H801200001001=upn | Year Group=2=year | Registration Group=2D=form
        Date of Admission=05/09/2023=admitted_on""",
    "Pupil Asset": """
        UPN=H801200001001=upn | First Name=Ann=forename | Last Name=Mockhill=surname
        DOB=04/06/2019=dob | Gender=F=sex | Year Group=2=year | Class Name=2D=form
        Pupil Premium=No=premium | EAL=No=eal | SEN Status=K=sen_status""",
    "Go 4 Schools": """
        Student ID=77=out | UPN=H801200001001=upn | Surname=Mockhill=surname
        Forename=Ann=forename | DOB=04/06/2019=dob | Gender=F=sex | Year=2=year
        Tutor Group=2D=form | SEN Code=K=sen_status | PP=N=premium""",
    "independent schools": """
        Id=9=out | UPN=H801200001001=upn | ULN==out | Forename=Ann=forename
        Middle Names=May=out | Surname=Mockhill=surname | Preferred Name=Annie=known_as
        DOB=04/06/2019=dob | Gender=F=sex | Language=English=home_language | NC Year=2=year
        Form/Tutor Group=2D=form | Enrolment Date=05/09/2023=admitted_on""",
    "Progresso": """
        Legal Surname=Mockhill=surname | Legal Forename=Ann=forename
        Known As=Annie=known_as | Date Of Birth=04/06/2019=dob | Gender=Female=sex
        UPN=H801200001001=upn | Year Group=2=year | Form Group=2D=form
        First Language=English=home_language""",
    "a list of the school's own": """
        First name=Ann=forename | Surname=Mockhill=surname | Date Of Birth=04/06/2019=dob
        Sex=F=sex | UPN=H801200001001=upn | Year group=2=year | Class=2D=form
        MisID=9=out | Contact 1 name=Jo Mockhill=contact1.name
        Contact 1 phone=07700 900123=contact1.phone""",
}
SAVED_BY = {  # how the programs save a CSV
    "Excel, CSV UTF-8": lambda rows: csv_words(rows, ",", "\r\n").encode("utf-8-sig"),
    "Excel, CSV": lambda rows: csv_words(rows, ",", "\r\n").encode("cp1252"),
    "Excel, Unicode text": lambda rows: csv_words(rows, "\t", "\r\n").encode("utf-16"),
    "LibreOffice": lambda rows: csv_words(rows, ";", "\n").encode(),
    "Google Sheets": lambda rows: csv_words(rows, ",", "\r\n").encode(),
    "a workbook": lambda rows: book(rows),
    "a workbook with a title": lambda rows: book([["Pupils on roll", "26/11/2026"], [], *rows]),
}


def csv_words(rows, separator, end):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("program", SAVED_BY)
@pytest.mark.parametrize("system", SHAPES_OF_SYSTEMS)
def test_the_file_of_a_school_system_is_understood_without_a_question(cast, system, program):
    columns = []
    for words in re.split(r"\s*\n\s*|\s+\|\s+", SHAPES_OF_SYSTEMS[system].strip()):
        columns.append([part.strip() for part in words.split("=")])
    heads, answers, codes = zip(*columns, strict=True)
    found = read(SAVED_BY[program]([heads, answers]))
    mapped = pupil_import.map_columns(found.heads, "", q.OFFICE)
    known = pupil_import.targets(q.OFFICE)
    expected = [code for code in codes if code in known or code == "out"]
    assert len(expected) == len(codes)
    assert mapped == expected, dict(zip(found.heads, mapped, strict=True))
    assert not pupil_import.column_faults(found.heads, mapped, q.OFFICE)
    (item,) = pupil_import.preview(found, mapped, cast.office)
    assert (item.kind, item.reasons) == (pupil_import.NEW, [])
    pupil = item.pupil
    assert (pupil.surname, pupil.forename) == ("Mockhill", "Ann")
    assert (pupil.dob, pupil.year) == (datetime.date(2019, 6, 4), "2")
