"""Letters say what was decided, to everybody who stands for the child, household by household."""

import datetime
import re

import pytest
from conftest import TODAY, add_row, press, ready, take_to
from printed import paper_of, reader_of

import models as m
import workflow as w
from admin_views import school as school_views
from papers import pdf
from pathway import example_letters, letters

WRITTEN = [move for move in w.MOVES if move.letter]


def letters_of(placement):
    return list(m.Letter.select().where(m.Letter.placement == placement).order_by(m.Letter.id))


def body_after(name, pupil, user, row=None, said=None, **given):
    """The text of the letter of a move, made by the real door."""
    ready(w.move_named(name), pupil, user, row=row, **(said or {}))
    return letters_of(press(name, pupil, user, **given))[0].body


# --- words
@pytest.mark.parametrize(
    "achieved, barriers, says",
    [("Yes", "No", "have been achieved. Not every barrier"), ("No", None, "not been achieved yet")],
)
def test_t15_says_that_support_ends_and_why_from_the_answers(robin, cast, achieved, barriers, says):
    body = body_after(
        "Step down to Concerns List",
        robin,
        cast.senco,
        row="5",
        said={"achieved": achieved, "barriers": barriers},
        why_told="He manages well.",
    )
    for words in ("SEN support ends", says, "He manages well.", "Concerns List"):
        assert words in body
    assert "progress" not in body


@pytest.mark.parametrize("name", ["Start at Stage 3", "Has returned: My Plan+"])
def test_t16_who_begins_on_my_plan_plus_is_told_that_sen_support_begins(robin, cast, name):
    body = body_after(name, robin, cast.senco)
    assert "receives SEN support at our school and has a place on our SEN List" in body


def test_t21_support_goes_on(robin, cast):
    body = body_after("Step down to My Plan", robin, cast.senco, row="5")
    assert "SEN support goes on" in body and "progress" not in body


@pytest.mark.parametrize(
    "view, says",
    [
        ("Agree", "you agree"),
        ("Refuse", "you do not agree"),
        ("They ask themselves", "you will ask the local authority yourselves"),
    ],
)
def test_t23_follows_what_the_parents_say_and_asks_for_nothing_yet(robin, cast, view, says):
    body = body_after("Begin process for an EHCP", robin, cast.senco, parents_view=view)
    assert f"told us that {says}" in body
    assert "preparing a request" in body and "not been sent" in body


@pytest.mark.parametrize(
    "landing, says",
    [
        ("back to My Plan+", "goes on with a My Plan+"),
        ("back to My Plan", "goes on with a My Plan,"),
        ("off the SEN List", "no longer on our SEN List"),
    ],
)
def test_t27_is_the_authoritys_decision_and_can_be_appealed(robin, cast, landing, says):
    body = body_after(f"EHCP ceased: {landing}", robin, cast.senco)
    for words in ("the local authority's decision", "appeal to the tribunal", says):
        assert words in body
    assert "pleased" not in body


def test_a_child_is_never_placed_with_a_letter_about_a_record_that_nobody_wrote(robin, cast):
    take_to(robin, "S1", cast.senco)
    assert "has written" not in m.Letter.get().body


@pytest.mark.parametrize("move", WRITTEN, ids=lambda move: move.slug)
def test_a_line_whose_word_says_nothing_is_left_out(move):
    """The wordings of a school that has filled in nothing: no gap, no bracket."""
    for reviewed, asked in example_letters.cases(move, move.from_[0]):
        answers = {**reviewed, **asked, "stage": move.to or move.from_[0]}
        words = dict.fromkeys(letters.KNOWN, "") | {"forename": "Sam", "date": "today"}
        words |= w.in_words(move, asked)
        body = letters.body_of(move.letter, m.Setting(), words, answers)
        assert not re.search(r"[{}]|  | [.,:]|: *$", body, re.MULTILINE), body


def test_the_end_names_whom_to_talk_to_where_to_complain_and_who_advises(robin, cast):
    known = {"head_name": "Mr Alder", "complaints": "our.example/c", "sendiass": "Mock SENDIASS"}
    m.Setting(senco_name="Ms Hazel", **known).save()
    take_to(robin, "S2", cast.senco)
    body = m.Letter.get().body
    for words in ("Robin's teacher", "Ms Hazel", *known.values()):
        assert words in body


# --- placeholders
def test_a_word_in_brackets_that_no_letter_knows_is_named_when_settings_are_saved(school, browser):
    at = browser("senco")
    address = f"/setting/{m.Setting.get().id}/edit/"
    wrong = "Dear {parents}, {forname} and {forename}"
    said = at.submit(at.page(address), 422, letter_concern=wrong)
    told = " ".join(map(str, said.problems))
    assert "“Placed on the Concerns List” has {parents}, {forname}" in told
    assert "Known are: {pupil}, {forename}" in told
    assert m.Setting.get().letter_concern != wrong
    at.submit(at.page(address), letter_concern="Dear {forename}")
    assert m.Setting.get().letter_concern == "Dear {forename}"


def test_wordings_are_read_as_letters_before_they_are_saved(school, browser):
    at = browser("senco")
    page = at.page("/setting/letters/")
    before = m.Setting.get().letter_concern
    typed = {"letter_concern": "We watch over {forename}, says {senco}."}
    said = at.submit(page, button=("do", "preview"), **typed)
    shown = said.text
    for words in ("We watch over Sam, says", "SEN support ends, and we go on watching", "Mostly"):
        assert words in shown
    assert said.said("letter_concern") == typed["letter_concern"]
    assert m.Setting.get().letter_concern == before
    wrong = at.submit(page, 422, button=("do", "preview-pdf"), letter_concern="Dear {forname}")
    assert "{forname}, which is not known" in str(wrong.problems)
    assert "Dear {forname}" in wrong.text


def test_wordings_are_read_as_pdf(school):
    settings = m.Setting(letter_concern="We watch over {forename}.")
    with school.app.test_request_context():
        made = reader_of(pdf.example_pack(school_views.examples_of(settings), school.senco).data)
    assert "We watch over Sam." in made.pages[0].extract_text()
    assert len(made.pages) >= len({move.letter for move in WRITTEN}) + len(letters.OF_REVIEWS)


def test_a_letter_knows_what_each_of_its_moves_asks_and_no_more():
    settings = m.Setting(letter_ehcp="{parents_view} {plan_on}", letter_my_plan_plus="{why_told}")
    told = dict(w.letter_faults(settings))
    assert told.keys() == {"letter_ehcp", "letter_my_plan_plus"}
    assert "has {plan_on}," in told["letter_ehcp"]


def test_every_wording_names_its_own_words():
    for name, question in m.Setting.questions():
        used = letters.WORD.findall(question.default or "") if name.startswith("letter_") else ()
        own = [word for word in used if word not in letters.KNOWN]
        assert not [word for word in own if f"{{{word}}}" not in question.help_text], name


# --- to whom
MUM = {
    "name": "Ana Mock",
    "responsibility": "Yes",
    "lives_with": "Yes",
    "address": "1 Elm Way\nMock",
}
DAD = {"name": "Paul Test", "responsibility": "Yes"}
UNCLE = {"name": "Uncle", "responsibility": "Yes"}


@pytest.mark.parametrize(
    "others, expected",
    [
        # two parents at two addresses; one who lives with the child and has none of their own
        ([{**DAD, "address": "2 Oak"}], ["Ana Mock", "Paul Test"]),
        ([{**DAD, "lives_with": "Yes"}], ["Ana Mock\nPaul Test"]),
        ([{**DAD, "address": "1 ELM way, Mock"}], ["Ana Mock\nPaul Test"]),
        # care without responsibility counts; neither does not, nor who may not be contacted
        ([{"name": "Gran", "lives_with": "Yes", "address": "3 Ash"}], ["Ana Mock", "Gran"]),
        ([{"name": "Neighbour"}], ["Ana Mock"]),
        ([{**DAD, "may_contact": "No"}], ["Ana Mock"]),
        # without addresses nobody knows who lives with whom
        ([DAD, UNCLE], ["Ana Mock", "Paul Test", "Uncle"]),
    ],
)
def test_each_household_has_its_letter(robin, cast, others, expected):
    for contact in (MUM, *others):
        add_row(robin, "contacts", **contact)
    written = letters_of(press("Place on Concerns List", robin, cast.senco))
    assert [letter.to_whom for letter in written] == expected
    assert written[0].address == MUM["address"]
    assert len({letter.body for letter in written}) == 1


def test_date_subject_and_signature_of_a_letter_in_large_print_are_large(school, browser):
    letter = m.Letter.get(m.Letter.pupil == school.mine)
    sizes = {}
    for asked in ("Yes", None):
        m.Letter.update(large_print=asked).where(m.Letter.id == letter.id).execute()
        sizes[asked] = paper_of(browser("senco").get(f"/letter/{letter.id}/print.pdf")).sizes
    usual = {11, 12}  # points of the text and of the subject
    assert sizes[None] >= usual
    assert 18 in sizes["Yes"]
    assert not sizes["Yes"] & usual


def test_without_a_contact_one_letter_goes_to_the_parents_and_the_page_says_so(school, browser):
    at = browser("senco")
    pupil = m.Pupil(surname="Alone", forename="Kim", year="3", form="3B", dob="2018-01-01")
    pupil.save()
    page = at.page(f"/pupil/{pupil.id}/move/place-on-concerns-list/")
    assert "The parents or carers" in page.text
    assert f"/pupil/{pupil.id}/edit/" in page.addresses()
    add_row(pupil, "contacts", **MUM, court_order="No contact with the uncle")
    page = at.page(f"/pupil/{pupil.id}/move/place-on-concerns-list/")
    assert "Ana Mock" in page.text and "No contact with the uncle" in page.text


# --- the name
@pytest.mark.parametrize(
    "typed, kept",
    [
        ("Emma Mockcart", "Emma"),
        ("emma  MOCKCART", "emma"),
        ("Mockcart", None),
        ("Emmy", "Emmy"),
        ("Emma Mockcarter", "Emma Mockcarter"),
        (None, None),
    ],
)
def test_the_name_a_child_is_called_by_does_not_end_with_the_surname(cast, acting, typed, kept):
    pupil = m.Pupil(surname="Mockcart", forename="Emma", year="7", known_as=typed)
    pupil.save()
    assert pupil.known_as == kept


@pytest.mark.parametrize("do, left", [("sent", 1), ("all", 0)])
def test_one_press_writes_down_that_letters_went(school, browser, do, left):
    letters = []
    for word in ("One", "Two"):
        said = {"subject": word, "dated": TODAY, "body": "Dear family"}
        letters.append(m.Letter.create(pupil=school.wren, **said))
    senco = browser("senco")
    address = f"/letter/{letters[0].id}/"
    page = senco.page(address)
    assert len(page.all("//button[@name='do']")) == 2
    senco.submit(page, path=f"//form[@action='{address}act/']", button=("do", do))
    theirs = m.Letter.unsent().where(m.Letter.pupil == school.wren)
    assert theirs.count() == left
    assert m.Letter.get_by_id(letters[0].id).sent_on == TODAY
    assert not senco.page(address).all("//button[@name='do']")


def test_a_letter_of_a_day_to_come_is_not_sent_today(school, browser):
    said = {"subject": "One", "dated": TODAY + datetime.timedelta(1), "body": "Dear family"}
    letter = m.Letter.create(pupil=school.wren, **said)
    assert browser("senco").post(f"/letter/{letter.id}/act/", {"do": "sent"}).status_code == 422
    assert m.Letter.get_by_id(letter.id).sent_on is None
    assert browser("teacher").post(f"/letter/{letter.id}/act/", {"do": "sent"}).status_code == 403


def test_a_letter_of_ones_own_begins_with_the_one_household(school, browser):
    """Of two households nobody but who writes knows which is meant."""
    robin = school.robin
    at = browser("senco")
    m.Contact.delete().where(m.Contact.pupil == robin).execute()
    home = {"lives_with": "Yes", "address": "1 Hill Road", "responsibility": "Yes"}
    add_row(robin, "contacts", name="Ann", large_print="Yes", **home)
    page = at.page(f"/letter/new/?pupil={robin.id}")
    said = [page.said(name) for name in ("to_whom", "address", "large_print", "dated")]
    assert said == ["Ann", "1 Hill Road", "Yes", f"{TODAY:%d/%m/%Y}"]
    add_row(robin, "contacts", name="Bob", address="2 Dale Road", responsibility="Yes")
    page = at.page(f"/letter/new/?pupil={robin.id}")
    assert [page.said(name) for name in ("to_whom", "address")] == ["", ""]
