"""What leaves as a spreadsheet: no cell is ever run as a formula, and what comes back is what went
out (ASVS 1.2.10, TRUST A8.10).
"""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import DateField, DecimalField, ForeignKeyField
from test_surfaces import owner_of
from web import key_of

import models as m
from admin_views import forms, pupil_import, table_file
from audit import log as audit_log
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
        if not f.choices and not isinstance(f, DateField | DecimalField | ForeignKeyField)
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
            n: record.answer(n) for n, _ in cls.questions()
        }


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
    was typed.
    """
    typed = {n: forms.clean_line(s) for n, s in zip(TEXTS, said)}
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
