"""What leaves as a spreadsheet: no cell is ever run as a formula, and what comes back is what went
out (ASVS 1.2.10, TRUST A8.10).
"""

import csv
import datetime
import decimal
import io
import re
import zipfile

import pytest
import python_calamine
import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import DateField, DecimalField, ForeignKeyField
from test_surfaces import in_csv, owner_of
from web import key_of

import models as m
from admin_views import forms, pupil_import, table_file
from audit import log as audit_log
from records import cells, spreadsheet
from records import questions as q
from records.spreadsheet import escape_formula, unescape_formula

RUN = tuple("=+-@\t\r＝＋－＠")  # how a cell begins that some spreadsheet runs
ODD = (
    "=1+1",
    "+44 7700 900123",
    "-2+3",
    "@SUM(A1)",
    "'=1+1",
    "''=1",
    "'",
    "''",
    "' =1",
    "'t Hooft",
    "\t=1",
    "\r=1",
    "\0=1",
    "\ufeff=1",
    " =1",
    "\u00a0=1",
    "\u2003=1",
    "\n=1",
    "＝1+1",
    "'＝1",
    "＠x",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x","y")',
    "a;=1+1",
    "a\t=1+1",
    'a"\n=1',
    "-",
    "+",
    "=",
    "",
    "|x",
    "%0A=1",
    "\ufeff'=1",
    "'\t",
    "e\u0301",
    "sep=;",
    "1,5",
    "\u202e=1",
    "“=1”",
    'DDE("a")',
    "\\=1",
    "0x=1",
)
words = st.text(max_size=12) | st.text(
    alphabet="'=+-@\t\r\n\0\ufeff \u00a0＝＋－＠a\";,", max_size=6
)
each = pytest.mark.parametrize


# --- the mark
@settings(max_examples=600, deadline=None)
@given(words)
def test_the_mark_comes_off_exactly(said):
    """For every text there is: marked and unmarked it is what it was; and no marked cell is run."""
    assert unescape_formula(escape_formula(said)) == said
    assert not is_run(escape_formula(said))


def test_the_mark_comes_off_exactly_from_what_is_odd():
    bad = [
        said
        for said in ODD
        if unescape_formula(escape_formula(said)) != said or is_run(escape_formula(said))
    ]
    assert not bad, bad


def is_run(cell):
    """Whether some spreadsheet may take the cell for a formula: it skips blanks, marks of the file
    and what cannot be seen.
    """
    return cell.startswith(("\t", "\r")) or cell.lstrip("\ufeff\0 \t\r\n\u00a0\u2003").startswith(
        RUN
    )


# --- every spreadsheet
def cells_of(response):
    """The rows of a spreadsheet as a spreadsheet program reads them."""
    return list(
        csv.reader(io.StringIO(response.get_data(as_text=True).removeprefix("\ufeff"), newline=""))
    )


def free_texts(cls):
    """The questions whose answer is any words."""
    return [
        n
        for n, f in cls.questions()
        if not (f.choices or f.ask.any_record)
        and not isinstance(f, DateField | DecimalField | ForeignKeyField)
    ]


EXPORTED = [c for c in m.every() if "x" in m.RIGHTS_TABLE[owner_of(c).__name__][q.SENCO]]


@each("cls", EXPORTED, ids=lambda c: c.__name__)
def test_no_cell_of_any_spreadsheet_is_run(school, browser, cls):
    """Every text of every record that can be exported, twice with other odd words; each cell says
    what is kept.
    """
    names, key, senco = free_texts(cls), key_of(school, cls), browser("senco")
    for start in (5 * EXPORTED.index(cls), 5 * EXPORTED.index(cls) + 17):
        odd = {
            n: ODD[(start + at) % len(ODD)].replace("\0", "\0" if audit_log.on_sqlite() else "")
            + "!"
            for at, n in enumerate(names)
        }
        if cls is m.Pupil:
            odd["upn"] += str(start)
        cls.update(odd).where(cls.id == key).execute() if odd else None
        rows = cells_of(senco.post(f"/{cls.slug()}/spreadsheet/"))
        bad = [cell for row in rows for cell in row if is_run(cell)]
        assert not bad, bad
        line = dict(zip(rows[0], next(row for row in rows if row[0] == str(key))))
        record = cls.get_by_id(key)
        assert {n: unescape_formula(line[f.verbose_name]) for n, f in cls.questions()} == {
            n: in_csv(record, n) for n, _ in cls.questions()
        }


def sheet_of(response):
    """The rows of the only sheet of a workbook, as a library reads them."""
    return (
        python_calamine.load_workbook(io.BytesIO(response.data)).get_sheet_by_index(0).to_python()
    )


def in_workbook(record, name):
    """What a workbook says of an answer: dates and numbers as such, all else as text."""
    value = record.__data__[name]
    if type(value) is datetime.date:
        return value
    if isinstance(value, decimal.Decimal):
        return float(value)
    return record.answer(name)


@each("cls", EXPORTED, ids=lambda c: c.__name__)
def test_a_workbook_has_the_values_of_the_records_with_their_types(school, browser, cls):
    """Every text twice with other odd words: no cell is a formula, and none loses a sign."""
    names, key, senco = free_texts(cls), key_of(school, cls), browser("senco")
    for start in (3 * EXPORTED.index(cls), 3 * EXPORTED.index(cls) + 11):
        odd = {
            n: ODD[(start + at) % len(ODD)].replace("\0", "") + "!" for at, n in enumerate(names)
        }
        if cls is m.Pupil:
            odd["upn"] += str(start)
        cls.update(odd).where(cls.id == key).execute() if odd else None
        response = senco.post(f"/{cls.slug()}/spreadsheet/", {"as": "xlsx"})
        heads, *rows = sheet_of(response)
        line = dict(zip(heads, next(row for row in rows if row[0] == key), strict=True))
        record = cls.get_by_id(key)
        for name, question in cls.questions():
            # XML has one sign for the end of a line
            wanted = in_workbook(record, name)
            if isinstance(wanted, str):
                wanted = re.sub("\r\n?", "\n", wanted)
                assert type(line[question.verbose_name]) is str, name
            said = line[question.verbose_name]
            said = re.sub("\r\n?", "\n", said) if isinstance(said, str) else said
            assert said == wanted, name
        inside = zipfile.ZipFile(io.BytesIO(response.data)).read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in inside and b"<hyperlink" not in inside
        assert b'state="frozen"' in inside and b"<autoFilter" in inside


LONG = "x" * 40_000
# what is kept, what the workbook says, what the CSV file says
VALUES = (
    ("007", "007", "007"),
    ("07700 900123", "07700 900123", "07700 900123"),
    ("+44 7700 900123", "+44 7700 900123", "'+44 7700 900123"),
    ("A801200001001", "A801200001001", "A801200001001"),
    ("801200001001", "801200001001", "801200001001"),
    ("1E5", "1E5", "1E5"),
    ("3/4", "3/4", "3/4"),
    ("MARCH1", "MARCH1", "MARCH1"),
    ("=1+1", "=1+1", "'=1+1"),
    ("http://example.org", "http://example.org", "http://example.org"),
    ("mailto:a@example.org", "mailto:a@example.org", "mailto:a@example.org"),
    ("{=SUM(A1)}", "{=SUM(A1)}", "{=SUM(A1)}"),
    ("_x0041_", "_x0041_", "_x0041_"),
    ("\x01\x0b", "\x01\x0b", "\x01\x0b"),
    ("TRUE", "TRUE", "TRUE"),
    ("#N/A", "#N/A", "#N/A"),
    ("Zoë 👍 Олена", "Zoë 👍 Олена", "Zoë 👍 Олена"),
    (LONG, spreadsheet.cut(LONG), LONG),
    (decimal.Decimal("6000.00"), 6000.0, "6000"),
    (decimal.Decimal("0.50"), 0.5, "0.5"),
    (12, 12.0, "12"),
    (datetime.date(2026, 7, 3), datetime.date(2026, 7, 3), "2026-07-03"),
    (datetime.date(1899, 7, 3), "1899-07-03", "1899-07-03"),
    (datetime.datetime(2026, 7, 3, 9, 5), datetime.datetime(2026, 7, 3, 9, 5), "2026-07-03 09:05"),
    (None, "", ""),
)


def test_a_value_stands_in_both_files_as_what_it_is():
    heads, rows = ["Value"], [[kept] for kept, _, _ in VALUES]
    book = io.BytesIO(spreadsheet.as_xlsx("A: [name]/with?signs that is long", heads, rows))
    sheet = python_calamine.load_workbook(book).get_sheet_by_index(0)
    assert [row[0] for row in sheet.to_python()[1:]] == [said for _, said, _ in VALUES[:-1]]
    text = spreadsheet.as_csv(heads, rows).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [row[0] for row in lines] == [said for _, _, said in VALUES]


def test_a_spreadsheet_has_the_rows_of_the_list_in_its_order(school, browser):
    """As sorted, searched and filtered; also what the two lists work out."""
    senco = browser("senco")
    for sort in ("forename", "-forename"):
        page = senco.post("/pupil/", {"sort": sort})
        shown = [cell.text_content().strip() for cell in web.Page(page).all("//main//tbody//th")]
        heads, *rows = sheet_of(senco.post("/pupil/spreadsheet/", {"sort": sort, "as": "xlsx"}))
        place = heads.index("Surname")
        assert [row[place] for row in rows] == shown and len(rows) > 1
    heads, *rows = sheet_of(senco.post("/sen-list/spreadsheet/", {"as": "xlsx"}))
    line = dict(zip(heads, rows[0], strict=True))
    assert (
        line["Stage"] == "Stage 3 (My Plan+)" and line["Code"] and line["Weeks on this stage"] >= 0
    )
    assert type(line["Next review"]) is datetime.date


def test_every_cell_is_in_quotation_marks(school, browser):
    """A spreadsheet that also cuts at semicolons or tabs finds no new cell within an answer."""
    m.Pupil.update(alert="a;=1+1\t=2").where(m.Pupil.id == school.mine.id).execute()
    body = browser("senco").post("/pupil/spreadsheet/").get_data(as_text=True)
    assert '"a;=1+1\t=2"' in body
    assert all(
        line.startswith('"') and line.endswith('"')
        for line in body.removeprefix("\ufeff").splitlines()
    )


# --- out and in again
@settings(max_examples=300, deadline=None)
@given(words | st.text(alphabet=" a\n\x01\u202e\u00a0e\u0301\u2028'=", max_size=8))
def test_what_is_kept_is_kept_the_same_a_second_time(said):
    """A form that is saved again without a change changes nothing."""
    for keep in (forms.clean, forms.clean_line):
        assert keep(keep(said)) == keep(said)


TEXTS = [
    n
    for n in free_texts(m.Pupil)
    if n not in ("upn", "former_upn", "left_on", "hold", "destination")
]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(words | st.sampled_from(ODD), min_size=len(TEXTS), max_size=len(TEXTS)))
def test_a_spreadsheet_of_pupils_comes_back_identical(school, browser, said):
    """Typed into the form, exported, brought in again: the import finds nothing to change, whatever
    was typed. Only NULL for a name says to an import that there is none, as other systems write it;
    the name Null is one.
    """
    typed = {n: forms.clean_line(s) for n, s in zip(TEXTS, said)}
    for name in ("surname", "forename"):
        if cells.is_nothing(typed[name] or "", is_name=True):
            typed[name] = "Null"
    typed |= {n: typed[n] or "=x" for n in ("surname", "forename")} | {
        "care_authority": typed["care_authority"] or "'=x"
    }
    kept = m.Pupil(**typed)
    kept.clean()
    typed["known_as"] = kept.known_as
    m.Pupil.update(**typed, former_upn="A801200001001").where(
        m.Pupil.id == school.mine.id
    ).execute()
    found = table_file.read_file(browser("senco").post("/pupil/spreadsheet/").data)
    columns = pupil_import.map_columns(found.heads, "", q.SENCO)
    assert not pupil_import.column_faults(found.heads, columns, q.SENCO)
    items = [
        i
        for i in pupil_import.preview(found, columns, school.senco)
        if i.pupil.id == school.mine.id
    ]
    assert [(i.kind, i.changes, i.reasons) for i in items] == [("same", [], [])]


def test_what_is_brought_in_is_what_stood_in_the_file(cast, acting):
    """Odd words as surnames in a file of ours: kept as the form would keep them."""
    surnames = [f"{said}x{at}".replace("\0", "") for at, said in enumerate(ODD)]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(
        [
            ["Surname", "Forename", "Date of birth", "Year group"],
            *([escape_formula(said), "Kim", "1/1/2018", "3"] for said in surnames),
        ]
    )
    found = table_file.read_file(out.getvalue().encode())
    before = m.Pupil.select().count()
    pupil_import.import_pupils(
        pupil_import.preview(found, pupil_import.map_columns(found.heads, "", q.SENCO), cast.senco),
        "The tests",
    )
    assert [p.surname for p in m.Pupil.select().order_by(m.Pupil.id).offset(before)] == [
        forms.clean_line(said) for said in surnames
    ]
