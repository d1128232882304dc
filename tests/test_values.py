"""One reading of each sort of value, in forms and in files alike; its vectors in one table."""

import datetime
import importlib

import pytest
from test_import import CONTACT, HEADS, ROBIN, bring, csv_of, look, one, seen, send
from web import Browser, enter

import models as m
from admin_views import forms, pupil_import, table_file
from people import User, class_key
from records import cells, dates, telephones

D = datetime.date


def warned(user, *rows, **more):
    """The sentences above the preview of some rows."""
    heads = more.pop("heads", HEADS)
    sheet = table_file.read_file(csv_of(*rows, heads=heads))
    columns = pupil_import.map_columns(sheet.heads, "", user.role)
    items = pupil_import.preview(sheet, columns, user)
    return pupil_import.warnings(sheet, columns, items, user)


# --- dates
# cases/10; and as the issues submersion-app/submersion 1828 and 1846, wealthfolio/wealthfolio 1601,
# dannymcc/may 250 and studentinsights/studentinsights 2117 have them, and Excel's own formats
DATES = {
    # midnight of the school's day, as programs write it: British Summer Time, then not
    "2018-09-04T23:00:00.000Z": D(2018, 9, 5),
    "2018-09-04T23:00:00Z": D(2018, 9, 5),
    "2018-09-04T23:00:00+00:00": D(2018, 9, 5),
    "2018-09-05T00:00:00+01:00": D(2018, 9, 5),
    "2018-12-04T23:00:00Z": D(2018, 12, 4),
    "2018-12-05T00:00:00.0000000Z": D(2018, 12, 5),
    "2018-09-05T00:00:00": D(2018, 9, 5),
    "2018-09-05 00:00:00.0": D(2018, 9, 5),
    "05/09/2018 00:00": D(2018, 9, 5),
    "05/09/2018 12:00:00 AM": D(2018, 9, 5),
    "43225": D(2018, 5, 5),
    "43225.0": D(2018, 5, 5),
    "43225.75": D(2018, 5, 5),
    "20180905": D(2018, 9, 5),
    "2018/09/05": D(2018, 9, 5),
    "05-Sep-18": D(2018, 9, 5),
    "05-SEP-2018": D(2018, 9, 5),
    "5th September 2018": D(2018, 9, 5),
    "Wed, 5 Sep 2018": D(2018, 9, 5),
    "Sep 5, 2018": D(2018, 9, 5),
    "September 5 2018": D(2018, 9, 5),
    "5. 9. 2018": D(2018, 9, 5),
    "15/04/1991": D(1991, 4, 15),
    "03/04/1991": D(1991, 4, 3),
    "15/04/91": D(1991, 4, 15),
}
NO_DATES = (
    "20181305",
    "20180231",
    "18991231",
    "4322",
    "432250",
    "2018-02-30T00:00:00Z",
    "2018-09-04T25:00:00Z",
    "9999-12-31T23:00:00-12:00",
    "Sep 31, 2018",
    "5/22/19",
    "12/31/2026",
    "00/00/0000",
    "4.32E+04",
    "1/1/2018 tbc",
)


@pytest.mark.parametrize("typed", DATES)
def test_a_date_is_read_as_programs_write_it_in_forms_and_files(typed):
    assert dates.read_day(typed) == DATES[typed]
    assert pupil_import.convert(m.Pupil.dob, typed) == DATES[typed]
    assert not dates.is_month_first(typed)


@pytest.mark.parametrize("typed", NO_DATES)
def test_what_could_not_be_a_date_is_refused(typed):
    with pytest.raises(ValueError, match="not a date we can read"):
        dates.read_day(typed)


MONTH_FIRST = {
    "5/22/19": True,
    "05/22/2019": True,
    "12/31/2026": True,
    "5-22-2019": True,
    "5.22.19": True,
    "5/22/2019 0:00": True,
    "4/15/91": True,
    "7/5/19": False,
    "22/5/19": False,
    "2/31/2019": False,
    "13/13/2019": False,
    "2019-05-22": False,
    "43225": False,
    "": False,
}


@pytest.mark.parametrize("typed", MONTH_FIRST)
def test_a_date_that_can_only_be_month_first_is_known(typed):
    assert dates.is_month_first(typed) is MONTH_FIRST[typed]


AMERICAN = "First name,Last name,UPN,Date of Birth,Gender,Year"


def test_one_date_that_is_month_first_refuses_its_whole_column(cast):
    rows = ("Jo,Mockhill,,5/22/19,M,2", "Al,Mockford,,7/5/19,F,2")
    items = look(cast.office, *rows, heads=AMERICAN)
    assert [item.kind for item in items] == ["refused", "refused"]
    assert all("has the month first" in item.reasons[0] for item in items)
    assert not any(item.pupil.dob for item in items)
    (words,) = warned(cast.office, *rows, heads=AMERICAN)
    assert words.startswith("“Date of Birth”, line 2: a date of this column has the month first")


def test_a_column_that_is_not_needed_is_left_out_and_said(cast):
    heads = "Surname,Forename,DOB,Year,Admission date"
    rows = ("Mockhill,Jo,22/5/2019,2,9/28/2023", "Mockford,Al,7/5/2019,2,9/4/2023")
    items = look(cast.office, *rows, heads=heads)
    assert [(item.kind, item.pupil.admitted_on) for item in items] == [("new", None)] * 2
    assert "line 2" in warned(cast.office, *rows, heads=heads)[0]


def test_midnight_in_london_keeps_its_day(cast):
    item = one(cast.office, "Mockhill,Ann,2018-09-04T23:00:00.000Z,,3,2D")
    assert (item.kind, item.pupil.dob) == ("new", D(2018, 9, 5))


@pytest.mark.parametrize("typed", ["5/9/68", "05-Sep-27", "5/9/2062"])
def test_a_child_is_never_born_in_the_future(cast, typed):
    assert "is in the future" in one(cast.office, f"Mockhill,Ann,{typed},,2,2D").reasons[0]


# --- telephones
# cases/07; as the issues Automattic/camptix 40, KingdomFirst/Excavator 152, mautic/mautic 890 and
# softmonkeyjapan/opencart-excel-export 4 have them. The numbers are Ofcom's for drama.
TELEPHONES = {
    "7700900123": "07700900123",
    "7700 900 123": "07700 900 123",
    "7700900123.0": "07700900123",
    "2079460123": "02079460123",
    "1134960123": "01134960123",
    "3069990123": "03069990123",
    "447700900123": "+447700900123",
    "44 20 7946 0123": "+44 20 7946 0123",
    "7700900123 or 2079460456": "07700900123 or 02079460456",
    "7700900123/7700900456": "07700900123/07700900456",
    "7700900123 (work)": "07700900123 (work)",
    "mum: 7700900123": "mum: 07700900123",
    # these stay
    "07700900123": "07700900123",
    "07700 900123 (work)": "07700 900123 (work)",
    "+44 7700 900123": "+44 7700 900123",
    "0044 7700 900123": "0044 7700 900123",
    "+44 (0)20 7946 0123": "+44 (0)20 7946 0123",
    "(0)20 7946 0123": "(0)20 7946 0123",
    "(020) 7946 0123": "(020) 7946 0123",
    "020.7946.0123": "020.7946.0123",
    "020-7946-0123 ext 12": "020-7946-0123 ext 12",
    "0808 157 0123": "0808 157 0123",
    "+1 202 555 0123": "+1 202 555 0123",
    "999": "999",
    "01632 960123, after 6": "01632 960123, after 6",
    "ask Gran": "ask Gran",
}
SPOILED = ("4.47701E+11", "7.7009E+09", "4,47701E+11", "4.41e+11", "7.70E+9 / 07700 900123")


@pytest.mark.parametrize("typed", TELEPHONES)
def test_a_telephone_gets_back_what_a_spreadsheet_took(typed):
    meant = TELEPHONES[typed]
    assert telephones.read_telephone(typed) == meant
    assert telephones.read_telephone(meant) == meant, "read twice it stays"
    assert pupil_import.convert(m.Contact.phone, typed) == meant


@pytest.mark.parametrize("typed", SPOILED)
def test_a_number_that_excel_has_spoiled_is_refused(typed):
    with pytest.raises(ValueError, match="Excel has spoiled this number"):
        pupil_import.convert(m.Contact.phone, typed)


SAME_NUMBER = (
    "7700900123",
    "07700 900 123",
    "+44 7700 900123",
    "0044 7700 900123",
    "+44 (0)7700 900123",
    "447700900123",
    "07700-900-123",
    "07700.900.123",
    "07700900123.0",
    "(07700) 900123",
)


@pytest.mark.parametrize("said", SAME_NUMBER)
def test_a_good_number_is_not_replaced_by_the_same_written_otherwise(cast, acting, said):
    m.Contact.create(pupil=cast.robin, name="Jo Oakley", phone="07700900123")
    assert one(cast.office, f"{ROBIN},Jo Oakley,{said},", heads=CONTACT).kind == "same"


def test_a_spoiled_number_here_is_mended_and_a_new_one_taken(cast, acting):
    contact = m.Contact.create(pupil=cast.robin, name="Jo Oakley", phone="7700900123")
    row = f"{ROBIN},Jo Oakley,07700900123,"
    changes = [("Jo Oakley: Telephone", "7700900123", "07700900123")]
    assert one(cast.office, row, heads=CONTACT).changes == changes
    contact.phone = "07700 900123 (work)"
    contact.save()
    assert one(cast.office, row, heads=CONTACT).kind == "same", "the note stays"
    both = row.replace("123,", "123 / 07700900456,")
    assert one(cast.office, both, heads=CONTACT).kind == "changed"


def test_a_telephone_is_read_alike_in_a_form(empty_portal, cast):
    control = forms.control(m.Contact.phone, cast.office)
    with empty_portal.test_request_context():
        box = type("Box", (forms.FlaskForm,), {"phone": control})(meta={"csrf": False})
        box.phone.process({}, data="7700900123")
        assert box.phone.data == "07700900123"
        box.phone.process({}, data="4.47701E+11")
        assert "Excel has spoiled this number" in box.phone.process_errors[0]


# --- classes
CLASSES = {
    "3B": ("3b", "3 B", "03B", "03 b", " 3B ", "3\u00a0b"),
    "Oak": ("OAK", "oak", "O ak"),
    "10A/Ma1": ("10a/ma1", "10A/MA1"),
    "R": ("r",),
    "0": ("00", "0"),
    "Straße": ("STRASSE",),
}
OTHER_CLASSES = ("3B (Oak)", "30B", "B3", "3", "13B", "3B1", "")


def test_a_class_is_compared_without_capitals_spaces_and_noughts():
    for name, spellings in CLASSES.items():
        assert {class_key(one) for one in spellings} == {class_key(name)}
    assert class_key("3B") not in map(class_key, OTHER_CLASSES)
    assert class_key(None) == ""


@pytest.mark.parametrize("form", CLASSES["3B"])
def test_a_teacher_meets_the_class_however_it_is_written(cast, acting, form):
    bring(cast.office, f"Mocknull,Null,12/06/2019,,2,{form}")
    child = m.Pupil.get(m.Pupil.surname == "Mocknull")
    assert child in list(m.Pupil.visible_to(cast.teacher))
    assert child.forename == "Null"
    cast.teacher.classes = "03 b"
    assert child in list(m.Pupil.visible_to(cast.teacher))


@pytest.mark.parametrize("form", OTHER_CLASSES)
def test_another_class_is_not_the_teachers(cast, acting, form):
    cast.robin.form = form
    cast.robin.save()
    assert cast.robin not in list(m.Pupil.visible_to(cast.teacher))


def test_pupils_in_no_teachers_class_are_said_above_the_preview(cast):
    rows = [f"Mock{n},Ann,{n + 1}/6/2019,,2,3B (Oak)" for n in range(12)]
    (words,) = warned(cast.office, *rows, "Reed,Kit,4/6/2019,,2,3b")
    assert words.startswith("12 pupils are now in no teacher's class: 3B (Oak).")
    assert not warned(cast.office, ROBIN)


def test_nothing_is_said_before_a_teacher_has_classes(cast, acting):
    User.update(classes="").execute()
    assert not warned(cast.office, "Reed,Kit,4/6/2019,,2,3X")


def test_saving_a_teacher_says_which_class_nobody_is_in(empty_portal, cast):
    at = Browser(empty_portal, cast.technician)
    there = f"/user/{cast.teacher.id}/edit/"
    text = at.submit(at.page(there), classes="03b, 3X").text
    assert "No pupil is in the class “3X”" in text and "class “03b”" not in text
    assert User.get_by_id(cast.teacher.id).classes == "03b, 3X"


# Excel's own formats for dates, large numbers and errors
EXCEL_MADE = (
    "03-Jan",
    "3-Jan",
    "Jan-31",
    "01-Mar-26",
    "03/01/2026",
    "2026-01-03",
    "2026-01-03 00:00:00",
    "1.00E+02",
    "1E+02",
    "8.012E+11",
    "#REF!",
    "#NAME?",
    "#VALUE!",
    "########",
)
NOT_EXCEL_MADE = ("3-1", "3B", "3E1", "Jan", "10-A", "1/2", "March", "E10", "#1", "3-J")


@pytest.mark.parametrize("cell", EXCEL_MADE)
def test_what_excel_made_of_a_class_or_a_upn_is_refused_with_the_cure(cast, cell):
    for question in (m.Pupil.form, m.Pupil.upn, m.Pupil.surname):
        with pytest.raises(ValueError, match="Excel has made .* then Text"):
            pupil_import.convert(question, cell)
    reasons = one(cast.office, f"Reed,Kit,4/6/2019,,2,{cell}").reasons
    assert reasons[0].startswith("“Reg”: Excel has made")


@pytest.mark.parametrize("cell", NOT_EXCEL_MADE)
def test_a_class_that_excel_left_alone_stays(cell):
    assert pupil_import.convert(m.Pupil.form, cell) == cell


# --- words for nothing
# pandas' own list of missing values (pandas-dev/pandas 59314), Excel's, and what people write
NOTHING = (
    "NULL",
    "null",
    "N/A",
    "n/a",
    "none",
    "None",
    "nil",
    "-",
    "--",
    "not known",
    "Not  Known",
    "unknown",
    "(blank)",
    "#N/A",
    "#NA",
    "<NA>",
    "nan",
    "NaN",
    "\\N",
    "–",
    "Not applicable",
)


@pytest.mark.parametrize("cell", NOTHING)
def test_a_word_for_nothing_is_an_empty_cell_of_every_kind_of_question(cast, cell):
    heads = f"{HEADS},Known as,Gender,EAL,Admission date,Contact 1 name,Contact 1 telephone"
    heads += ",SEN needs,Home language"
    row = f"{ROBIN},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell}"
    assert one(cast.office, row, heads=heads).kind == "same"
    assert "it is empty" in one(cast.office, f"Reed,Kit,{cell},,2,2D").reasons[0]


@pytest.mark.parametrize("sign", ["-", ".", "--"])
def test_a_child_with_one_name_has_a_sign_for_the_other(cast, sign):
    assert one(cast.office, f"{sign},Kit,4/6/2019,,2,2D").pupil.surname == sign


def test_a_word_for_nothing_that_is_an_answer_is_the_answer(cast):
    row = one(cast.office, f"{ROBIN},none", heads=f"{HEADS},SEN status")
    assert row.pupil.sen_status == "N"


@pytest.mark.parametrize("name", cells.NAMES)
def test_a_name_that_is_a_word_for_nothing_is_a_name(cast, name):
    item = one(cast.office, f"{name},{name},4/6/2019,,2,2D")
    assert (item.kind, item.pupil.surname, item.pupil.forename) == ("new", name, name)
    assert "it is empty" in one(cast.office, f"{name},NULL,4/6/2019,,2,2D").reasons[0]


def test_capitals_of_a_name_stay_and_doubled_spaces_go(cast):
    item = one(cast.office, "O'MOCK  DE  LA TEST,ANN  MAE,4/6/2019,,2,2D")
    assert str(item.pupil) == "O'MOCK DE LA TEST, ANN MAE (2D)"


# --- invisible letters: Unicode's own names for them
INVISIBLE = {
    "An\u200bn": "Ann",
    "\ufeffAnn": "Ann",
    "An\u00adn": "Ann",
    "Ann\u00a0Mae": "Ann Mae",
    "\u200eAnn\u200f": "Ann",
    "\u202aAnn\u202c": "Ann",
    "\u2066Ann\u2069": "Ann",
    "\u061cAnn": "Ann",
    "An\u2060n": "Ann",
    "An\u200dn": "Ann",
    "Ann\u200c": "Ann",
    "\u180eAnn": "Ann",
    "Ann\u2003Mae": "Ann Mae",
    "An\x07n": "Ann",
    # a joiner that is spelling: Persian, Sinhala, a family in one emoji
    "\u0645\u06cc\u200c\u0646\u0627": "\u0645\u06cc\u200c\u0646\u0627",
    "\u0dc1\u0dca\u200d\u0dbb\u0dd3": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "\U0001f469\u200d\U0001f467": "\U0001f469\u200d\U0001f467",
    # and its vector of no change
    "Ann-Mae O’Mock": "Ann-Mae O’Mock",
}


@pytest.mark.parametrize("typed", INVISIBLE)
def test_letters_that_nobody_sees_are_taken_off_in_forms_and_files(typed):
    meant = INVISIBLE[typed]
    assert forms.clean_line(typed) == meant
    assert pupil_import.convert(m.Pupil.forename, typed) == meant


# --- one row a contact
REPORT = "Surname,Forename,DOB,UPN,Year,Reg,Contact 1 relationship,Contact 1 name,Contact 1 phone"
MOCKHILL = "Mockhill,Ann,04/06/2019,,2,2D"


def test_rows_that_differ_in_the_contact_are_one_child(cast, acting):
    rows = (
        f"{MOCKHILL},Mother,Jo Mockhill,07700900111",
        f"{MOCKHILL},Father,Al Mockhill,07700900222",
    )
    (item,) = bring(cast.office, *rows, heads=REPORT)
    assert (item.kind, item.lines) == ("new", [2, 3])
    kept = [(c.name, c.relationship, c.phone) for c in item.pupil.contacts.order_by(m.Contact.id)]
    assert kept == [
        ("Jo Mockhill", "Mother", "07700900111"),
        ("Al Mockhill", "Father", "07700900222"),
    ]
    assert one(cast.office, *rows, heads=REPORT).kind == "same"


ROWS_OF_ONE = {
    # rows: (lines of each pupil, what is said of the first)
    ("2,2D,Mother,Jo M,1", "2,2D,Mother,Jo M,1"): ([[2, 3]], ""),
    ("2,2D,,,", "2,2D,Mother,Jo M,1"): ([[2, 3]], ""),
    ("2,,,,", ",2D,,,"): ([[2, 3]], ""),
    ("2,2D,,,", "3,2D,,,"): (
        [[2, 3]],
        "Lines 2, 3 of the file are about the same pupil, but “Year”",
    ),
    ("2,2D,,,", "2,3D,,,", "2,2D,,,"): ([[2, 3, 4]], "but “Reg” is not the same in them"),
    ("2,2D,Mother,Jo M,1", "2,2D,Aunt,Jo M,1"): ([[2, 3]], "Jo M stands twice in the file"),
    ("20,2D,Mother,Jo M,1", "20,2D,Father,Al M,2"): ([[2, 3]], "is none of the answers"),
}


@pytest.mark.parametrize("rows", ROWS_OF_ONE)
def test_rows_of_one_child_agree_or_say_what_differs(cast, rows):
    lines, words = ROWS_OF_ONE[rows]
    items = look(cast.office, *(f"M,Ann,4/6/2019,,{row}" for row in rows), heads=REPORT)
    assert [item.lines for item in items] == lines
    assert words in " ".join(items[0].reasons) and bool(words) == bool(items[0].reasons)


def test_a_contact_with_a_row_for_each_telephone_keeps_both(cast):
    rows = [f"{MOCKHILL},Mother,Jo Mockhill,{number}" for number in ("07700900111", "07700900222")]
    (contact,) = one(cast.office, *rows, heads=REPORT).contacts
    assert contact.phone == "07700900111 / 07700900222"


def test_twins_of_one_name_with_their_own_upn_stay_two(cast):
    rows = [
        MOCKHILL.replace(",,", f",{upn},") + ",,," for upn in ("H801200001001", "B801200005001")
    ]
    assert [item.kind for item in look(cast.office, *rows, heads=REPORT)] == ["new", "new"]


def test_a_fifth_contact_is_told(cast):
    rows = [f"{MOCKHILL},Aunt,Aunt {n},0770090011{n}" for n in "12345"]
    item = one(cast.office, *rows, heads=REPORT)
    assert len(item.contacts) == 4 and "5 contacts in the file" in item.notes["contacts"]
    words = [words for words in warned(cast.office, *rows, heads=REPORT) if "contacts" in words]
    assert words[0].startswith("More contacts than there is room for: line 2.")


# --- the same parent
# here (name, relationship, telephone), in the file, whether they are one
PARENTS = (
    (("Mrs Ana de Mocksouza", "Mother", ""), ("Ana de Mocksouza", "Mother", "07700 900555"), True),
    (("Mrs J Mock", "", "07700900111"), ("Jo Mock", "Mother", "+44 7700 900111"), True),
    (("Mrs Mock", "", "07700900111"), ("Jo Mock", "Mother", "07700 900111"), True),
    (("Joanna Mock", "Mother", "07700900111"), ("Jo Mock", "mother", "7700900111"), True),
    (("Jo Mock-Test", "", "07700900111"), ("Jo Test", "", "07700900111"), True),
    (("Dr Zoë Mock", "", ""), ("ZOE MOCK", "", ""), True),
    # parents of one home
    (("Jo Mock", "Mother", "02079460111"), ("Al Mock", "Father", "02079460111"), False),
    (("Mrs Mock", "Mother", "02079460111"), ("Al Mock", "Father", "02079460111"), False),
    (("Jo Mock", "Mother", "02079460111"), ("Joe Mock", "Father", "02079460111"), False),
    (("Jo Mock", "", "07700900111"), ("Jo Other", "", "07700900111"), False),
    (("Jo Mock", "", "07700900111"), ("J Mock", "", "07700900222"), False),
    (("Jo Mock", "", "ask"), ("J Mock", "", "ask"), False),
)


@pytest.mark.parametrize("kept, said, same", PARENTS)
def test_a_parent_is_found_by_name_or_by_surname_and_telephone(cast, acting, kept, said, same):
    known = m.Contact.create(pupil=cast.robin, name=kept[0], relationship=kept[1], phone=kept[2])
    bring(cast.office, f"{ROBIN},{said[0]},{said[2]},{said[1]}", heads=CONTACT)
    assert (cast.robin.contacts.count() == 1) is same
    assert m.Contact.get_by_id(known.id).name == kept[0]


# --- leavers
def test_who_has_left_here_and_is_in_the_file_is_said(cast, acting):
    cast.robin.left_on = D(2026, 7, 3)
    cast.robin.save()
    assert one(cast.office, ROBIN).notes == {"left": "Left on 3 Jul 2026 here."}
    assert warned(cast.office, ROBIN)[0].startswith("In the file, but left here: line 2.")


@pytest.mark.parametrize("head", ["Leaving Date", "Date left", "Date of leaving", "DOL"])
def test_a_date_of_leaving_in_the_file_is_said_and_not_taken(cast, acting, head):
    row = f"{ROBIN},20/07/2026"
    heads = f"{HEADS},{head}"
    sheet = table_file.read_file(csv_of(row, "Ash,Wren,2/3/2016,,5,5A,N/A", heads=heads))
    columns = [*pupil_import.map_columns(sheet.heads, "", "office")[:-1], pupil_import.OUT]
    items = pupil_import.preview(sheet, columns, cast.office)
    assert [item.kind for item in items] == ["same", "same"]
    (words,) = pupil_import.warnings(sheet, columns, items, cast.office)
    assert words.startswith("With a date of leaving in the file: line 2.")
    assert cast.robin.left_on is None


# --- what holds in forms holds in files
def test_a_preferred_name_loses_the_surname_and_an_impossible_age_is_asked(cast):
    heads = "UPN,Legal Surname,Legal Forename,Preferred Name,Date of Birth,Gender,Year Group"
    item = one(cast.office, ",Mockcart,Emma,Emma Mockcart,2014-03-12,F,7", heads=heads)
    assert (item.kind, item.pupil.known_as) == ("new", "Emma")
    assert "is not in Year 2" in one(cast.office, "Reed,Kit,4/6/2014,,2,2D").reasons[0]
    assert (
        "more than 1 year ahead"
        in one(
            cast.office, "Reed,Kit,4/6/2019,2,1/9/2099", heads="Surname,Forename,DOB,Year,DOA"
        ).reasons[0]
    )


def test_the_page_shows_one_line_a_child_and_what_is_to_be_known(empty_portal, cast):
    rows = (
        f"{MOCKHILL},Mother,Jo Mockhill,07700900111",
        f"{MOCKHILL},Father,Al Mockhill,07700900222",
    )
    browser = enter(empty_portal, cast.office)
    there = send(browser, csv_of(*rows, heads=REPORT)).location
    page = browser.get(there)
    assert "2 rows in the file, of 1 pupil" in page.text and ">2, 3</td>" in page.text
    assert "1 pupil is now in no teacher&#39;s class: 2D" in page.text
    assert browser.post(f"{there}import/", data={"seen": seen(page)}).location == "/pupil/"


def test_the_classes_of_before_get_their_key(cast, acting):
    update = importlib.import_module("migrations.0013_classes_without_capitals")
    for form in ("3b", " 03 B", "00", None, ""):
        assert update.key_of(form) == (class_key(form) or None)
