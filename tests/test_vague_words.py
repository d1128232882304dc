"""Vague words in provision and advice: pointed out with their cure, never refused."""

import json

import pytest
from conftest import add_row
from web import Page, values_of

import models as m
from records import vague_words
from records.record import Row

SENTENCES = (
    ("Regular reading with an adult", ["regular"]),
    ("Reading REGULARLY with an adult", ["regularly"]),
    ("Access to a quiet room", ["access to"]),
    ("Access\nto a laptop", ["access to"]),
    ("Breaks as appropriate", ["as appropriate"]),
    ("Robin would benefit from a visual timetable", ["would benefit from"]),
    ("Opportunities for social play", ["opportunities for"]),
    ("Movement breaks, as required.", ["as required"]),
    ("Up to 20 minutes a day", ["up to"]),
    ("Support with spelling", ["support with"]),
    ("Ongoing input from speech therapy", ["ongoing", "input from"]),
    ("A word mat where necessary", ["where necessary"]),
    ("Trained staff will help with dressing", ["help with", "trained staff"]),
    ("Checked from time to time", ["from time to time"]),
    (
        "20 minutes of phonics, three times a week, one to one, with a trained teaching assistant",
        [],
    ),
    ("An irregular verb a day, 5 minutes, daily", []),
    ("Accessible toilets", []),
    ("Group of four, 30 minutes every Tuesday and Thursday", []),
    ("Speech therapist, 6 sessions of 45 minutes each term", []),
    ("", []),
)


@pytest.mark.parametrize("sentence, found", SENTENCES)
def test_what_is_vague_in_a_sentence_is_named_with_its_cure(sentence, found):
    assert vague_words.found_in(sentence) == found
    tips = vague_words.tips_on(sentence)
    for word, tip in zip(found, tips, strict=True):
        assert f"“{word}”" in tip
        assert vague_words.VAGUE[word] in tip


def test_every_place_of_provision_and_advice_points_them_out():
    exact = set()
    for cls in m.every():
        exact |= {cls.__name__ for _, asked in cls.questions() if asked.ask.exact}
    assert exact == {
        "Provision",
        "PlusProvision",
        "PlanProvision",
        "Recommendation",
        "EducationalAdvice",
        "ConsultationAnswer",
    }
    for cls in m.every():
        if cls.__name__ in exact and issubclass(cls, Row):
            assert cls(words="Regular help").tips()


def test_the_form_says_it_beside_the_line_and_saves_all_the_same(plain_senco, robin):
    agency = m.Agency(pupil=robin, agency="Speech therapy", question="What helps?")
    agency.state = "Considered"
    agency.save()
    add_row(agency, "recommendations", words="Regular input from a therapist")
    page = Page(plain_senco.get(f"/agency/{agency.id}/edit/"))
    assert "“regular” can mean much or little" in page.text
    sent = {"do": "save", "recommendations-0-words": "Access to a laptop"}
    saved = plain_senco.post(
        f"/agency/{agency.id}/edit/", data={**dict(values_of(page.form())), **sent}
    )
    assert "much or little: “access to”." in Page(plain_senco.get(saved.location)).text
    table = json.loads(page.form().get("data-vague"))
    assert table == vague_words.VAGUE
    assert page.one("//textarea[@name='recommendations-0-words']").get("data-exact") == "1"
