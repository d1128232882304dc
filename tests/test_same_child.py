"""A child who is here already is not entered a second time without being asked about."""

import datetime

import pytest
from web import Browser

import models as m
from admin_views import pupil_import, same_child
from admin_views.table_file import Sheet

HERE = ("Oakmock", "Robin", "Rob", "2018-05-03")
# Who is here: surname, forename, known as, date of birth; who comes; whether it may be the same.
# What is compared is what public trackers ask for: names without regard to capitals (mSupply mobile
# 5238) with the date of birth (mSupply mobile 5139, SimpleReport 3014), when an answer is changed
# too (OpenEMR 6517). The names, and the slips in them, are our own.
VECTORS = (
    (HERE, ("Oakmock", "Robin", "", "2018-05-03"), True),
    (HERE, ("OAKMOCK", "robin", "", "2018-05-03"), True),
    (HERE, ("Robin", "Oakmock", "", "2018-05-03"), True),
    (HERE, ("Oakmock", "Rob", "", "2018-05-03"), True),
    (HERE, ("Oakmock", "Robin James", "", "2018-05-03"), True),
    (HERE, ("Oakmock", "Robin", "", "2018-03-05"), True),  # day and month changed round
    (HERE, ("Oakmock", "Robin", "", "2018-05-08"), True),  # one digit
    (HERE, ("Oakmock", "Robin", "", "2013-05-03"), True),
    (HERE, ("Oakmock", "Robin", "", "2017-06-03"), False),  # two digits
    (HERE, ("Oakmock", "Wren", "", "2018-05-03"), False),  # a twin
    (HERE, ("Ash", "Robin", "", "2018-05-03"), False),
    (("O’Mocken", "Zoë", "", "2018-05-03"), ("O'Mocken", "Zoe", "", "2018-05-03"), True),
    (("O’Mocken", "Zoë", "", "2018-05-03"), ("OMocken", "ZOE", "", "2018-05-03"), True),
    (("Mock-Testley", "Ann", "", "2018-05-03"), ("Mock Testley", "Ann", "", "2018-05-03"), True),
    (("Mock-Testley", "Ann", "", "2018-05-03"), ("Mocktestley", "Ann", "", "2018-05-03"), True),
    (("de Mocksouza", "Ana", "", "2018-05-03"), ("Mocksouza", "Ana de", "", "2018-05-03"), True),
    (("Łukaszmock", "Øyvind", "", "2018-05-03"), ("Lukaszmock", "Oyvind", "", "2018-05-03"), True),
    (("Ångmock", "Élodie", "", "2018-05-03"), ("Angmock", "Elodie", "", "2018-05-03"), True),
    (("Шевмок", "Олена", "", "2018-05-03"), ("ШЕВМОК", "ОЛЕНА", "", "2018-05-03"), True),
    (("Mock", "Jo", "", "2020-02-29"), ("Mock", "Jo", "", "2020-02-28"), True),
)
HEADS = ["Surname", "Forename", "Date of birth", "UPN", "Year", "Class"]


def child(names, **more):
    surname, forename, known_as, born = names
    dob = datetime.date.fromisoformat(born)
    more = {"year": "3", "form": "3B", **more}
    return m.Pupil(surname=surname, forename=forename, known_as=known_as, dob=dob, **more)


def typed(names, **more):
    surname, forename, known_as, born = names
    said = {"surname": surname, "forename": forename, "known_as": known_as, "dob": born}
    return {**said, "year": "3", "form": "3B", **more}


def preview(user, names, upn=""):
    surname, forename, _, born = names
    sheet = Sheet(HEADS, [(2, [surname, forename, born, upn, "3", "3B"])])
    columns = pupil_import.map_columns(HEADS, "", user.role)
    return pupil_import.preview(sheet, columns, user)[0]


@pytest.mark.parametrize("here, comes, is_like", VECTORS)
def test_who_may_be_the_same_child(cast, acting, here, comes, is_like):
    kept = child(here)
    kept.save()
    assert (kept in same_child.like(child(comes))) == is_like
    item = preview(cast.office, comes)
    is_second = item.kind == pupil_import.NEW
    assert is_second is not is_like, item.reasons


def test_a_file_with_another_accent_finds_the_child_and_makes_no_second_one(cast, acting):
    kept = child(("O’Mocken", "Zoë", "", "2018-05-03"))
    kept.save()
    assert preview(cast.office, ("O'MOCKEN", "Zoe", "", "2018-05-03")).pupil == kept


def test_two_upns_tell_two_children_apart_in_a_file_but_one_upn_does_not(cast, acting):
    kept = child(HERE, upn="A000000000001")
    kept.save()
    other_day = ("Oakmock", "Robin", "", "2018-05-08")
    assert (
        "Perhaps Oakmock, Rob (3B, born 3 May 2018)" in preview(cast.office, other_day).reasons[0]
    )
    assert same_child.like(child(("Ash", "Wren", "", "2017-01-01"), former_upn="A000000000001"))


def test_the_form_asks_before_it_saves_and_loses_nothing(cast, empty_portal, acting):
    kept = child(HERE)
    kept.save()
    count = m.Pupil.select().count()
    office = Browser(empty_portal, cast.office)
    page = office.page("/pupil/new/")
    again = ("Oakmock", "Robin", "", "2018-03-05")
    page = office.submit(page, 422, **typed(again, alert="Likes frogs"))
    assert "Perhaps Oakmock, Rob (3B, born 3 May 2018) is here already" in page.text
    assert not page.faults()
    assert m.Pupil.select().count() == count
    assert "Likes frogs" in str(page.said("alert"))
    office.submit(page, confirmed=f"another-{kept.id}")
    assert m.Pupil.select().count() == count + 1
