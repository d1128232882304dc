"""Measures over time: the change from first to last, the child's page, baselines."""

import datetime
import io

import pytest
from web import Page

import models as m
from pathway import measures

FIRST = datetime.date(2026, 1, 12)
LAST = datetime.date(2026, 9, 14)


def measure(pupil, value, on=FIRST, name="Reading age"):
    made = m.Measure(pupil=pupil, on=on, measure=name, value=value, source="NGRT")
    made.save()
    return made


@pytest.mark.parametrize(
    "first, last, change",
    [
        ("7y 2m", "7y 10m", "+8 months"),
        ("6:11", "7:01", "+2 months"),
        ("7 years", "6y 11m", "-1 month"),
        ("88 %", "93.5%", "+5.5"),
        ("96", "96", "0"),
        ("100", "90", "-10"),
        ("Below", "At expected", ""),
        ("7y 2m", "96", ""),
        ("2 of 10", "8 of 10", ""),
    ],
)
def test_the_change_is_said_when_both_values_are_of_one_kind(first, last, change):
    assert measures.say_change(first, last) == change


def test_the_childs_page_tells_first_last_and_change_of_each_measure(plain_senco, robin):
    measure(robin, "7y 10m", LAST)
    measure(robin, "7y 2m", FIRST, "reading age")
    measure(robin, "91 %", FIRST, "Attendance %")
    page = Page(plain_senco.get(f"/pupil/{robin.id}/"))
    rows = [
        row.text_content().split()
        for row in page.all("//table[caption='Measures over time']//tbody/tr")
    ]
    assert [row[0] for row in rows] == ["Attendance", "Reading"]
    assert rows[1][-2:] == ["+8", "months"]


def test_the_last_of_each_is_offered_as_a_baseline(plain_senco, robin):
    measure(robin, "7y 2m")
    measure(robin, "7y 10m", LAST)
    page = Page(plain_senco.get(f"/agency/new/?pupil={robin.id}"))
    offers = page.all("//datalist[@id='bank-baseline']/option")
    assert [one.get("value") for one in offers] == ["Reading age 7y 10m (14 Sep 2026, NGRT)"]
    outcome = m.Outcome._meta.fields["baseline"]
    assert outcome.ask.bank == "baseline"


# --- bringing them in
LONG = (
    "UPN,Date,Measure,Value\n{upn},12/01/2026,Reading age,7y 2m\n{upn},1/9/2026,Reading age,7y 9m\n"
)
WIDE = (
    "Surname,Forename,Date of birth,Date,Maths,Attendance %\n"
    "{surname},{forename},{dob},12/01/2026,98,91\n"
    "Nobody,Here,01/01/2015,12/01/2026,98,91\n"
)


def bring(client, words):
    file = (io.BytesIO(words.encode()), "measures.csv")
    return client.post("/import-measures/", data={"file": file}, follow_redirects=True)


def filled(words, pupil):
    dob = f"{pupil.dob:%d/%m/%Y}"
    return words.format(upn=pupil.upn, surname=pupil.surname, forename=pupil.forename, dob=dob)


@pytest.mark.parametrize("words, count", [(LONG, 2), (WIDE, 2)])
def test_a_file_of_either_form_is_brought_in_once(plain_senco, robin, words, count):
    robin.upn = robin.upn or "H801200001001"
    robin.save()
    shown = bring(plain_senco, filled(words, robin))
    page = Page(shown)
    assert page.all("//button[.='Bring in 2']"), page.text
    assert m.Measure.select().count() == 0
    seen = page.one("//input[@name='seen']").get("value")
    address = shown.request.path
    assert plain_senco.post(address, data={"seen": "other"}).status_code == 409
    plain_senco.post(address, data={"seen": seen})
    assert m.Measure.select().where(m.Measure.pupil == robin).count() == count
    assert "Here already" in bring(plain_senco, filled(words, robin)).get_data(as_text=True)


def test_a_child_who_is_not_here_is_named_by_the_line_and_kept_nowhere(plain_senco, robin):
    page = Page(bring(plain_senco, filled(WIDE, robin)))
    assert "No child here has this UPN" in page.text
    assert "Nobody, Here, 01/01/2015" in page.text


@pytest.mark.parametrize(
    "words", ["Name,Value\nRobin,7\n", "UPN,Date\nH801200001001,12/01/2026\n", ""]
)
def test_a_file_that_does_not_say_whose_when_or_what_is_refused(plain_senco, robin, words):
    assert bring(plain_senco, words).status_code == 422
