"""One reading of numbers, as people type them: never a number a thousand times too small."""

from decimal import Decimal

import pytest

from records.numbers import read_number

READ = {
    # a comma before three digits is a thousands sign in English
    "6,000": "6000",
    "£1,250": "1250",
    "10,000": "10000",
    "£6,000.00": "6000",
    "1,000": "1000",
    "1,234,567.89": "1234567.89",
    " £ 12,500 ": "12500",
    "6 000": "6000",
    "6\N{NO-BREAK SPACE}000": "6000",
    "6\N{THIN SPACE}000.50": "6000.5",
    "1.250": "1.25",
    "20": "20",
    "1.5": "1.5",
    ".5": "0.5",
    "15.": "15",
    # a comma before one or two is a decimal fraction in much of Europe
    "1,5": "1.5",
    "12,50": "12.5",
    "0,25": "0.25",
    "½": "0.5",
    "1½": "1.5",
    "2¾": "2.75",
    "-30": "-30",
    "\N{MINUS SIGN}30": "-30",
    "+7": "7",
    "007": "7",
    "\N{FULLWIDTH DIGIT TWO}0": "20",
}
REFUSED = (
    "20 min",
    "a few",
    "1,2345",
    "1,0000",
    "12,34,567",
    "1.234.567",
    "1.250,50",
    "6k",
    "1e6",
    "NaN",
    "inf",
    "3-4",
    "2x",
    "--1",
    ",",
    ".",
    "£",
    "10 00",
    "100000000",
    "1/2",
)


@pytest.mark.parametrize(("typed", "kept"), READ.items())
def test_a_number_is_read_as_it_was_meant(typed, kept):
    assert read_number(typed) == Decimal(kept)


@pytest.mark.parametrize("typed", [one for one in REFUSED if one != "£"])
def test_what_is_no_number_or_could_be_two_is_asked_about(typed):
    with pytest.raises(ValueError, match="type digits, such as 20") as refusal:
        read_number(typed)
    assert f"“{typed}”" in str(refusal.value)


@pytest.mark.parametrize("typed", ["", "  ", "£", None])
def test_nothing_is_no_number(typed):
    assert read_number(typed) is None


def test_six_thousand_pounds_stay_six_thousand_in_a_form(school, browser):
    at = browser("senco")
    plan = school.records["mine"]["MyPlan"]
    address = f"/my-plan/{plan.id}/edit/"
    at.submit(at.page(address), **{"provision-0-cost": "£6,000", "provision-0-minutes": "1,000"})
    row = plan.provision.get()
    assert (row.cost, row.minutes) == (Decimal(6000), Decimal(1000))


def test_what_cannot_be_read_in_a_list_says_its_line(school, browser):
    at = browser("senco")
    plan = school.records["mine"]["MyPlan"]
    address = f"/my-plan/{plan.id}/edit/"
    page = at.submit(at.page(address), 422, **{"provision-0-cost": "1.250,50"})
    (words,) = [words for _, words in page.problems]
    assert words.startswith("Provision, line 1: ")
    assert "1.250,50" in words
