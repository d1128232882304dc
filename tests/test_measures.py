"""Measures over time: the change from first to last, the child's page, baselines."""

import datetime

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
        ("7 years", "6y 11m", "-1 months"),
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
