"""The printed papers: nothing is left out, nothing shrinks, nothing is fetched, nothing prints
wrongly in silence. That every answer is on a completed paper is in `test_surfaces.py`.
"""

import io
import re
import unicodedata

import pytest
from conftest import HELD, ROOT, START, add_row, agreed, answer, press, take_to, write
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from printed import ATTACKS, inline, paper_of, read_pdf, squeezed
from pypdf import PdfReader
from xhtml2pdf import pisa

import models as m
import workflow as w
from papers import fonts, layout, leaflet, pdf
from records import dates
from records.record import document

FORMS = w.every_form()
BESIDE = [
    c
    for c in m.every(m.PupilRecord)
    if not issubclass(c, m.Form) and c not in (m.Placement, m.ListMembership)
]
LONG = "She listens well when the task is shown first, step by step, and joins in. " * 8
SMALLEST = 7  # points: words shrink when a cell with words in it has a height
CM = 72 / 2.54  # points
A4_HEIGHT = 29.7 * CM
named = pytest.mark.parametrize


# --- the hands
@pytest.fixture(scope="module")
def bare():
    """A bare program with our templates and a short error page."""
    app = Flask("paper", root_path=str(ROOT), template_folder=str(ROOT / "templates"))
    app.jinja_loader = ChoiceLoader(
        [DictLoader({"error.html": "{{ title }}: {{ words }}"}), app.jinja_loader]
    )
    return app


@pytest.fixture(autouse=True)
def request_context(bare):
    """Every test is inside one request."""
    with bare.test_request_context():
        yield


def words_of(content, blank=False):
    """Everything that a paper must say: headings, questions, prompts, answers; of an empty one the
    options as well.
    """
    said = [content["title"]]
    for section in content["sections"]:
        said.append(section["label"])
        for line in section["lines"]:
            said += [line["label"], line["prompt"]]
            for row in line.get("table", ()):
                said += row
            for column in line.get("columns", ()):
                if blank or line["table"]:
                    said.append(column["label"])
                said += column["options"] if blank else ()
            said += line.get("options", ()) if blank else line.get("answer", "").split("; ")
    return said


def record_of(cls, pupil, long=False):
    """A record that is filled in completely: every question and two rows of each list."""
    record = cls(pupil=pupil)
    if issubclass(cls, m.Form):
        record.happened_on, record.entered_by = START, "Mrs Siân O’Brien"
    record.save()
    for row_class in cls.groups().values():
        for _ in range(2):
            row = row_class(**{row_class.parent_field().name: record})
            for name, _ in row.questions():
                answer(row, name)
            row.save()
    for name, asked in cls.questions():
        if name not in ("pupil", "happened_on", "withhold"):
            answer(record, name)
            if long and asked.ask.rows > 1 and not asked.choices:
                setattr(record, name, LONG)
    record.save()
    return record


def sealed(record, user):
    """The paper, sealed."""
    record.seal(user.name)
    return record


# --- blank, draft, sealed
NOT_ON_BLANK = ("early_why", "late_why", "outside_why")


@named("cls", [*FORMS, *BESIDE, m.Placement, m.ListMembership, m.Pupil])
def test_a_blank_paper_asks_every_question(cls, cast):
    """With its prompt, and the options to tick, those of rows included; not what is for the file,
    nor why something is early or late.
    """
    made = paper_of(pdf.blank(cls))
    content = document(cls)
    content["sections"] = [part for part in content["sections"] if part["key"] != "foot"]
    for part in content["sections"]:
        part["lines"] = [line for line in part["lines"] if not line["name"].endswith(NOT_ON_BLANK)]
    assert not made.lacks(words_of(content, blank=True))
    asked = [f for c in cls.groups().values() for _, f in c.questions()]
    assert not made.lacks(f.verbose_name for f in asked)
    assert min(made.sizes) >= SMALLEST
    assert "Notanswered" not in made.words


@named("cls", FORMS)
def test_a_sealed_paper_says_everything_however_long(cls, robin, cast):
    form = sealed(record_of(cls, robin, long=True), cast.senco)
    made = paper_of(pdf.one(form, cast.senco))
    assert not made.lacks(words_of(form.content(cast.senco.role)))
    assert not made.lacks(["SEALED", "CONFIDENTIAL"])
    assert min(made.sizes) >= SMALLEST


def test_a_paper_says_its_state_and_what_is_ticked(robin, cast):
    form = record_of(m.RecordOfConcern, robin)
    form.areas, form.told_how = "\n".join(m.AREAS[:2]), "By carrier pigeon"
    form.withhold, form.withhold_why = "Yes", "A third person"
    made = paper_of(pdf.one(form, cast.senco))
    assert not made.lacks(["DRAFT", "Not for disclosure."])
    ticked = [f"☑{squeezed(area)}" in made.words for area in m.AREAS]
    assert ticked == [True, True, False, False]
    # an option that is no longer offered stays ticked
    assert not made.lacks([f"☐{m.AREAS[3]}", "☑ By carrier pigeon"])
    form.status = "complete"
    assert not paper_of(pdf.one(form, cast.senco)).lacks(["COMPLETE", form.entered_by])


def test_an_empty_answer_says_so(robin, cast):
    form = m.RecordOfConcern(pupil=robin)
    form.save()
    assert paper_of(pdf.one(form, cast.senco)).words.count("Notanswered") > 10


def test_head_and_foot_are_on_every_page(robin, cast):
    robin.upn = "A123456789012"
    robin.save()
    made = paper_of(pdf.one(record_of(m.MyPlanPlus, robin, long=True), cast.senco))
    assert len(made.pages) > 2
    printed = f"Printed on Tuesday 24 November 2026 by {cast.senco.name}"
    for number, page in enumerate(made.pages, 1):
        count = f"Page {number} of {len(made.pages)}"
        for words in ("Our School", "Robin Oakley", count, printed):
            assert squeezed(words) in squeezed(page)
        assert robin.upn not in page  # a blind number


# --- the seal
def test_a_sealed_paper_keeps_its_words_and_tells_a_broken_seal(robin, cast, monkeypatch):
    form = sealed(record_of(m.RecordOfConcern, robin), cast.senco)
    monkeypatch.setattr(m.RecordOfConcern.strengths, "verbose_name", "A question of later years")
    made = paper_of(pdf.one(form, cast.head))
    agreed_by = f"Agreed by {cast.senco.name} on 24 Nov 2026"
    assert not made.lacks(["What is going well?", form.sealed_code, agreed_by])
    assert made.lacks(["A question of later years"])
    form.sealed = form.sealed.replace("Words for", "Lies for", 1)
    assert not paper_of(pdf.one(form, cast.senco)).lacks(["SEAL BROKEN"])


def test_an_old_version_names_the_newer_one(robin, cast):
    old = sealed(record_of(m.ChildStory, robin), cast.senco)
    new = record_of(m.ChildStory, robin)
    new.supersedes = old.id
    sealed(new, cast.senco)
    assert not paper_of(pdf.one(old, cast.senco)).lacks(["There is a newer version"])
    assert paper_of(pdf.one(new, cast.senco)).lacks(["There is a newer version"])


def test_a_declined_paper_says_why(robin, cast):
    form = m.FamilyThinks(
        pupil=robin, status="declined", declined_why="They would rather talk.", happened_on=START
    )
    form.save()
    made = paper_of(pdf.one(form, cast.senco))
    assert not made.lacks(["DECLINED", "They would rather talk."])
    assert made.lacks(["Not answered"])


def test_a_role_prints_only_its_own_sections(robin, cast):
    form = record_of(m.ParentInformation, robin)
    form.medication = "A secret medicine"
    assert not paper_of(pdf.one(form, cast.senco)).lacks(["A secret medicine"])
    assert paper_of(pdf.one(form, cast.teacher)).lacks(["A secret medicine"])


# --- nothing ever shrinks
@named(
    "text", (" ".join(f"word{n}" for n in range(1800)), "\n".join(f"word{n}" for n in range(250)))
)
def test_a_very_long_answer_keeps_its_size(text, robin, cast):
    form = m.ChildStory(pupil=robin, happened_on=START, in_own_words=text)
    form.save()
    add_row(form, "events", what=text)
    made = paper_of(pdf.one(form, cast.senco))
    found = re.findall(r"word\d+", " ".join(made.pages))
    assert sorted(found) == sorted(re.findall(r"word\d+", text) * 2)
    assert min(made.sizes) >= SMALLEST


def test_a_word_without_end_stays_on_the_page(robin, cast):
    address = "https://example.org/" + "0123456789" * 30
    form = m.ChildStory(pupil=robin, happened_on=START, in_own_words=address, told_by=address[:250])
    form.save()
    add_row(form, "events", what=address)
    made = paper_of(pdf.one(form, cast.senco))
    assert made.words.count(address) == 2
    assert min(made.sizes) >= SMALLEST
    assert max(len(line) for page in made.pages for line in page.splitlines()) < 160


def test_many_rows_stay_a_table(robin, cast):
    form = m.RecordOfConcern(pupil=robin, happened_on=START)
    form.save()
    for number in range(60):
        add_row(form, "added", strategy=f"Strategy{number}.")
    made = paper_of(pdf.one(form, cast.senco))
    assert not made.lacks(f"Strategy{n}." for n in range(60))
    assert min(made.sizes) >= SMALLEST


def test_the_columns_of_a_table_fill_the_page():
    columns = [{"label": "Who", "options": []}, {"label": "What do we hope to see?", "options": []}]
    table = [["Ann", "Starts without help, and goes on"]]
    parts = [float(width.rstrip("%")) for width in layout.widths(columns, table)]
    assert abs(sum(parts) - 100) < 0.5
    assert parts[1] > parts[0]


# --- names
RIGHT = (
    "Łukasz Żółć",
    "Şahin Iğdır",
    "Nguyễn Thị Hồng",
    "Ștefan Ț",
    "Zoë Siân O’Brien",
    "ŋ Ɖɛ ɛ̀",
    "Straße",
    "Дмитро Ґ Ї",
    "Ελένη Ά",
    "李雷",
    "陳大文 龍",
    "김민수",
    "さくら タロウ",
    "አማርኛ",
    "ქართული",
    "Հայերեն",
    "½ × ≤ € — “x” …",
    "ⵜⴰⵎ",
    "กิ่ง ปิ่น",
)
FROM_THE_RIGHT = ("محمد علي", "مُحَمَّد", "فاطمہ", "کوردی", "עברית")
REFUSED = (
    ("ਗੁਰਪ੍ਰੀਤ", "Gurmukhi"),
    ("অর্ণব", "Bengali"),
    ("தமிழ்", "Tamil"),
    ("हिन्दी", "Devanagari"),
    ("မြန်မာ", "Myanmar"),
    ("ᏣᎳᎩ", "Cherokee"),
    ("ꕙꔤ", "Vai"),
    ("ㄅㄆ", "Bopomofo"),
    ("ڕێ", "Arabic"),
    ("🎓", "symbols"),
)


def test_names_print_right(robin, cast):
    """Words from right to left are read from the right; the small Arabic vowel marks are left out,
    every letter is there.
    """
    record = record_of(m.Strategy, robin)
    record.strategy = "\n".join((*RIGHT, *FROM_THE_RIGHT))
    made = paper_of(pdf.one(record, cast.senco))
    assert not made.lacks(RIGHT)
    assert "■" not in made.words
    for part in " ".join(FROM_THE_RIGHT).split():
        letters = "".join(c for c in squeezed(part) if unicodedata.category(c) != "Mn")
        assert letters in made.words or letters[::-1] in made.words


def test_a_mark_is_never_drawn_over_another_mark_or_a_capital():
    for name in ("กิ่ง", "Ẹ̀bùn"):
        assert "<sup>" in fonts.printable(name)
    for name in ("ต้น", "ɛ̀"):
        assert "<sup>" not in fonts.printable(name)


STAND_INS = {
    "Great week at home 👍": "Great week at home [thumbs up sign]",
    "👍🏽": "[thumbs up sign]",
    "\uf0b7 counts to 20": "• counts to 20",
    "\uf0a7 \uf0a7": "• •",
    "He is 𝗯𝗼𝗹𝗱": "He is bold",
    "ગુજરાતી, ok": "[Gujarati letters], ok",
    "हिन्दी": "[Devanagari letters]",
    "ਗੁਰਪ੍ਰੀਤ Singh": "[Gurmukhi letters] Singh",
    "🎓🎓": "[graduation cap][graduation cap]",
    "\U0010fffd": "•",
    "\U000fabcd": "•",
    "\ufdd0": "[sign]",
}


@named("typed", STAND_INS)
def test_everything_prints_with_a_stand_in_for_what_no_typeface_has(robin, cast, typed):
    record = record_of(m.Strategy, robin)
    record.strategy = typed
    assert not paper_of(pdf.one(record, cast.senco)).lacks([STAND_INS[typed]])
    assert pdf.tell_stand_ins(record)


def test_a_sealed_paper_with_a_sign_prints_whole_record_and_all(robin, cast):
    take_to(robin, "S1", cast.senco)
    form = record_of(m.RecordOfConcern, robin)
    form.family_said = "Great week at home 👍"
    form.save()
    sealed(form, cast.senco)
    for made in (pdf.one(form, cast.senco), pdf.whole_record(robin, cast.senco)):
        assert not paper_of(made).lacks(["Great week at home [thumbs up sign]"])


def test_a_name_in_letters_that_no_typeface_has_is_told_and_printed(robin, cast):
    record = record_of(m.Strategy, robin)
    for name, script in REFUSED:
        robin.forename = name
        record.pupil = robin
        assert pdf.one(record, cast.senco).status_code == 200
        assert script in fonts.unprintable(name)


def test_what_cannot_be_seen_does_no_harm(robin, cast):
    record = record_of(m.Strategy, robin)
    record.strategy = "ab\u202ecd\x00e\ud800f\u200b"
    assert not paper_of(pdf.one(record, cast.senco)).lacks(["abcdef"])


# --- nothing is read or asked for
@named("folder", ("/", str(ROOT)))
@named("attack", ATTACKS)
def test_nothing_is_read_or_fetched(attack, folder, listener, tmp_path, monkeypatch):
    """Even when hostile HTML reaches the renderer, which `word` prevents, no file and no address is
    opened.
    """
    web, asked = listener
    secret = tmp_path / "secret.css"
    secret.write_text('p:before { content: "CANARY77" } /* CANARY77 */')
    monkeypatch.chdir(folder)
    svg = inline(
        f'<!DOCTYPE s [<!ENTITY x SYSTEM "file://{secret}">]><svg'
        ' xmlns="http://www.w3.org/2000/svg"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink"><text>&x;</text><image width="9" height="9"'
        f' xlink:href="{web}/s.png"/></svg>'
    )
    hostile = ATTACKS[attack].format(web=web, file=secret, bare=str(secret).lstrip("/"), svg=svg)
    try:
        printed = pdf.render(f"<html><body><p>hello</p>{hostile}</body></html>")
    except pdf.PaperError:
        printed = b""
    assert not asked
    assert b"CANARY77" not in printed
    assert not printed or read_pdf(printed).lacks(["CANARY77"])


def test_an_answer_is_never_markup(robin, cast, listener):
    web, asked = listener
    record = record_of(m.Strategy, robin)
    record.strategy = f'<img src="{web}/x.png"><b>bold</b> {{{{ 7*7 }}}} & <pdf:nextpage />'
    made = paper_of(pdf.one(record, cast.senco))
    assert not made.lacks(["<b>bold</b> {{ 7*7 }} & <pdf:nextpage />"])
    assert len(made.pages) == 1
    assert not asked


def test_a_paper_that_cannot_be_drawn_is_a_sentence_and_the_log_has_no_names(
    monkeypatch, caplog, robin, cast
):
    def fail(*_, **__):
        raise ValueError("Robin Oakley is sad")

    monkeypatch.setattr(pisa, "CreatePDF", fail)
    made = pdf.one(record_of(m.Strategy, robin), cast.senco)
    assert made.status_code == 422 and "Nothing was changed" in made.get_data(as_text=True)
    assert "Robin" not in caplog.text and "ValueError" in caplog.text


# --- the letter
def test_a_letter_is_a_letter(robin, cast):
    take_to(robin, "S2", cast.senco)
    letter = m.Letter.select().where(m.Letter.pupil == robin).get()
    made = paper_of(pdf.one(letter, cast.office))
    said = ("Our School", "Private and confidential", letter.subject, dates.say_day(letter.dated))
    said += ("Dear parents or carers,", *letter.body.split("\n\n"), "Yours sincerely")
    assert not made.lacks(said)
    assert len(made.lacks(["Printed on", "Not answered"])) == 2


@named("lines", range(6, 24, 3))
def test_a_letter_is_never_signed_on_a_page_without_its_words(lines, robin, cast):
    body = "Dear Ana Mock,\n\n" + "A line to fill the page\n" * lines + "\nThe last words"
    letter = m.Letter(pupil=robin, subject="About Robin", body=body, large_print="Yes")
    letter.save()
    made = paper_of(pdf.one(letter, cast.senco))
    (page,) = [page for page in made.pages if "Yours sincerely" in page]
    assert "The last words" in page
    assert "Special educational needs" in page


def test_a_letter_greets_whom_it_is_for(robin, cast):
    letter = m.Letter(pupil=robin, subject="News", dated=START, body="All is well.")
    letter.to_whom = "Mr Ash\nMs Oak\n12 Station Road"
    assert pdf._letter(letter)["paragraphs"] == ["Dear Mr Ash and Ms Oak,", "All is well."]
    letter.to_whom, letter.address = "Mr Ash\nMs Oak\nMr Elm", "Rose Cottage\nMocktown"
    assert pdf._letter(letter)["paragraphs"][0] == "Dear Mr Ash, Ms Oak and Mr Elm,"
    letter.body = "Dear Both,\n\nAll is well.\n\nYours faithfully"
    assert pdf._letter(letter)["paragraphs"][0] == "Dear Both," and not pdf._letter(letter)["close"]


def test_the_address_stands_where_the_window_of_an_envelope_shows_it(robin, cast):
    """DL, folded in three: between 4.7 and 9.2 cm from the top, 2 cm from the left."""
    letter = m.Letter(pupil=robin, subject="News", dated=START, body="All is well.")
    letter.to_whom = "Mr Ash\nMs Oak"
    letter.address = "Flat 2\n12 Station Road\nMocktown\nMockshire\nMK1 2AB"
    letter.save()
    places = {}

    def note(text, outer, inner, *_):
        places[text.strip()] = (outer[4] + inner[4], A4_HEIGHT - outer[5] - inner[5])

    made = pdf.one(letter, cast.senco)
    PdfReader(io.BytesIO(made.data)).pages[0].extract_text(visitor_text=note)
    for line in (*letter.to_whom.splitlines(), *letter.address.splitlines()):
        left, below = places[line]
        assert 1.9 * CM < left < 2.1 * CM and 4.7 * CM < below < 9.2 * CM, line


# --- the packs
def test_the_family_pack_has_the_leaflet_and_the_familys_forms_each_on_a_new_page(
    robin, cast, monkeypatch
):
    """Without what is not for the family, and without the agencies' form."""
    monkeypatch.setattr(m.ParentInformation.health, "family", False)
    made = paper_of(pdf.family_pack(robin, cast.senco))
    shown = [squeezed(page) for page in made.pages]
    four = [form for form in FORMS if form.by_family]
    titles = [squeezed(leaflet.TITLE)]
    titles += [squeezed(f.kind_name()) + squeezed(f.intro())[:1].upper() for f in four]
    firsts = []
    for title in titles:
        firsts.append(next(n for n, page in enumerate(shown) if n and title in page))
    assert len(four) == 4
    assert firsts == sorted(set(firsts)) and firsts[0] == 1
    assert all("RobinOakley" in page for page in shown)
    for form, number in zip(four, firsts[1:], strict=True):
        assert f"{squeezed(form.kind_name())}{number + 1}" in shown[0]
    lacking = ["Medication", m.AgencyInformation.kind_name(), "Not for disclosure"]
    assert made.lacks([*lacking, "Who lives at home?"]) == lacking
    assert not paper_of(pdf.blank(m.ParentInformation)).lacks(["Medication"])


@named(
    "most, make",
    [
        (4, lambda: pdf.blank(m.MyPlan)),
        (5, lambda: pdf.blank(m.MyPlanPlus)),
        (3, lambda: pdf.blank_pack("S1")),
        (6, lambda: pdf.blank_pack("S2")),
        (17, lambda: pdf.blank_pack("S3")),
        (1, pdf.family_leaflet),
    ],
    ids=["My Plan", "My Plan+", "Stage 1", "Stage 2", "Stage 3", "leaflet"],
)
def test_papers_to_fill_in_have_few_pages(cast, acting, most, make):
    assert len(paper_of(make()).pages) <= most


def test_the_family_pack_has_ten_pages_at_most(robin, cast):
    assert len(paper_of(pdf.family_pack(robin, cast.senco)).pages) <= 10


def test_the_family_pack_is_in_large_print_for_who_asks_for_that(robin, cast):
    sizes = {14, 16, 18, 22}  # prompts, words, sections, titles
    assert not sizes <= paper_of(pdf.family_pack(robin, cast.senco)).sizes
    add_row(robin, "contacts", name="Ana Mock", large_print="Yes")
    assert sizes <= paper_of(pdf.family_pack(robin, cast.senco)).sizes


def test_the_leaflet_says_what_settings_know_and_no_more(cast, acting):
    made = paper_of(pdf.family_leaflet())
    assert not made.lacks(heading for heading, _ in leaflet.SECTIONS)
    assert made.lacks(["complaints procedure:", "{"]) == ["complaints procedure:", "{"]
    m.Setting(trust_name="Mock Trust", strapline="Up!", complaints="our.example/c").save()
    told = ["Mock Trust", "Up!", "Our School", "complaints procedure: our.example/c"]
    assert not paper_of(pdf.family_leaflet()).lacks(told)


def test_the_copy_for_the_family_has_nothing_that_is_for_the_school(robin, cast):
    plan = record_of(m.MyPlan, robin)
    plan.at_home = None
    plan.provision.get().cost = None
    sealed(plan, cast.senco)
    kept = ["For the file", "Check code", "Not for disclosure"]
    assert not paper_of(pdf.one(plan, cast.senco)).lacks([*kept, "Parent or carer: signature"])
    made = paper_of(pdf.one(plan, cast.senco, family=True))
    gone = [*kept, "Not answered", "What will the family do"]
    assert made.lacks([*gone, "Parent or carer: signature", "Aspirations"]) == gone


def test_a_paper_that_is_withheld_has_no_copy_for_the_family(robin, cast):
    form = record_of(m.RecordOfConcern, robin)
    form.withhold, form.withhold_why = "Yes", "A third person"
    made = pdf.one(form, cast.senco, family=True)
    assert made.status_code == 422 and "Not for disclosure" in made.get_data(as_text=True)


def test_each_paper_that_is_agreed_has_room_for_signatures():
    signed = [cls for cls in m.every() if cls.signed_by]
    agreed_on = {m.MyPlan, m.MyPlanPlus, m.ConcernReview, m.MyPlanReview, m.MyPlanPlusReview}
    assert {m.Consent, *agreed_on} <= set(signed)


@named("lines", range(6, 30, 3))
def test_signatures_say_what_is_signed_and_never_stand_alone(lines, robin, cast):
    consent = record_of(m.Consent, robin)
    consent.information = "A line to fill the page\n" * lines
    made = paper_of(pdf.one(consent, cast.senco))
    (page,) = [page for page in made.pages if "signature, date" in page]
    assert "Signed for: Consent" in page
    assert "Withdrawn on" in page


def test_a_copy_in_a_record_has_no_room_for_signatures(robin, cast):
    sealed(record_of(m.MyPlan, robin), cast.senco)
    assert "signature, date" not in "".join(paper_of(pdf.whole_record(robin, cast.senco)).pages)


def test_what_is_for_the_file_follows_the_signatures(robin, cast):
    made = paper_of(pdf.one(record_of(m.MyPlan, robin), cast.senco)).words
    assert made.index(squeezed("Who keeps an eye")) < made.index(squeezed("Signed for: My Plan"))
    assert made.index(squeezed("Signed for: My Plan")) < made.index(squeezed("For the file"))


def test_all_papers_of_a_stage_print_blank(cast):
    made = paper_of(pdf.blank_pack("S1"))
    assert not made.lacks(p.form.kind_name() for p in w.PAPERS if p.stage == "S1")


def test_plain_words_are_drawn_as_they_were_when_each_letter_was_looked_at(monkeypatch):
    """The short way for text that needs no work gives what the long way gives."""
    texts = [
        "Plain words & <b>signs</b>\nin two lines",
        "“Quoted” – it’s £5, naïve café",
        "\ttab",
        "",
        "e\u0301",
        "a\r\nb",
        "Łukasz Şahin Nguyễn",
        "\u202eevil",
        "한",
    ]
    texts += [chr(c) for c in range(0x20, 0x2200) if chr(c).isprintable()]
    short = [(fonts.printable(t), fonts.unprintable(t)) for t in texts]
    monkeypatch.setattr(fonts, "_needs_no_work", lambda text: False)
    assert [(fonts.printable(t), fonts.unprintable(t)) for t in texts] == short


# --- the whole record
@pytest.fixture
def history(robin, cast):
    """A child with a past: Stage 1 reviewed, on Stage 2 now, with records of every kind."""
    press("Place on Concerns List", robin, cast.senco, START)
    agreed(m.RecordOfConcern, robin, cast.senco)
    agreed(m.ConcernReview, robin, cast.senco, HELD, achieved="No")
    press("Move to Stage 2", robin, cast.senco)
    write(m.MyPlan, robin, cast.senco, HELD)
    for cls in (*BESIDE, m.FamilyThinks):
        record_of(cls, robin)
    return robin


def test_the_whole_record_has_everything_under_the_right_page_oldest_first(history, cast):
    """One paper, looked at in three ways: drawing it takes seconds."""
    made = paper_of(pdf.whole_record(history, cast.senco))
    for cls in (*FORMS, *BESIDE):
        for record in cls.select().where(cls.pupil == history):
            if issubclass(cls, m.Form):
                content = record.content("senco")
            else:
                content = {**document(record, "senco"), "title": str(record)}
            assert not made.lacks(words_of(content)), content["title"]
    said = ("Stages and lists", "Place on Concerns List", "Move to Stage 2", "1 Sep 2026")
    said += ("20 Oct 2026", "Concerns List", "SEN List", "Requests for information")
    assert not made.lacks((*said, "Everyday strategies"))
    contents_are_right(made.pages)
    oldest_first(squeezed("".join(made.pages[:2])))
    theirs = paper_of(pdf.whole_record(history, cast.teacher))
    hidden = ["Home and family", "What My Family Think", "Consents", "EHC cases", "Letters"]
    assert theirs.lacks(["Record of Concern", *hidden, "Documents"]) == hidden


def contents_are_right(shown):
    """The contents on the first pages name the pages."""
    titles = (
        "Pupil details|Record of Concern, .*2026|My Plan, .*2026|Consents|Letters|Stages and lists"
    )
    entries = re.findall(rf"^({titles})\n (\d+)$", "\n".join(shown[:2]), re.MULTILINE)
    assert len(entries) == 6
    for title, number in entries:
        assert squeezed(title) in squeezed(shown[int(number) - 1])


def oldest_first(shown):
    """Papers stand in the order in which they were written."""
    titles = (
        "RecordofConcern,1Sep",
        "RecordofConcernReview,13Oct",
        "MyPlan,13Oct",
        "Stagesandlists",
    )
    order = [shown.index(title) for title in titles]
    assert order == sorted(order)


def test_a_move_that_was_an_error_is_marked(robin, cast):
    take_to(robin, "S1", cast.senco)
    m.Placement.update(void=True, ended_on=START).execute()
    assert not paper_of(pdf.whole_record(robin, cast.senco)).lacks(["(entered in error)"])


# --- the profile
def profile_papers(pupil, user, words):
    """An agreed My Plan, Pupil Views and What My Family Think, with these words."""
    views = m.PupilViews(
        pupil=pupil,
        happened_on=START,
        like=words,
        good_at=f"Drawing. {words}",
        helps=words,
        people=words,
    )
    family = m.FamilyThinks(
        pupil=pupil,
        happened_on=START,
        admire=f"Kind to all. {words}",
        important_to=words,
        works_at_home=words,
    )
    plan = m.MyPlan(pupil=pupil, happened_on=START, every_day=f"A quiet seat. {words}")
    for form in (views, family, plan):
        form.save()
    for text in ("To look after animals", words):
        m.Aspiration(plan=plan, words=text).save()
    for form in (views, family, plan):
        form.seal(user.name)


@named(
    "words",
    (
        "",
        "I like football.",
        LONG,
        "\n".join(f"Line {n} of many" for n in range(300)),
        "Word " * 2000,
    ),
)
def test_the_profile_is_one_page_and_its_letters_keep_their_size(words, robin, cast):
    profile_papers(robin, cast.senco, words)
    made = paper_of(pdf.profile(robin, cast.senco))
    assert len(made.pages) == 1
    assert 13 in made.sizes
    assert min(made.sizes) >= SMALLEST
    said = ("Hello, I’m Robin", "Drawing", "Kind to all", "A quiet seat", "To look after animals")
    assert not made.lacks((*said, *(panel[0] for panel in pdf.PANELS)))


def test_the_profile_is_made_from_the_newest_agreed_papers_that_one_may_see(robin, cast):
    profile_papers(robin, cast.senco, "")
    assert paper_of(pdf.profile(robin, cast.teacher)).lacks(["Kind to all"])
    later = m.MyPlanPlus(pupil=robin, happened_on=HELD, every_day="Pictures of the day")
    draft = m.MyPlanPlus(pupil=robin, happened_on=HELD, every_day="Not agreed at all")
    later.save(), draft.save()
    later.seal(cast.senco.name)
    said = ["Pictures of the day", "Kind to all", "A quiet seat", "Not agreed at all"]
    assert paper_of(pdf.profile(robin, cast.senco)).lacks(said) == said[2:]


def test_the_profile_of_a_new_child_is_a_page_to_write_together(robin, cast):
    made = paper_of(pdf.profile(robin, cast.teacher))
    assert len(made.pages) == 1
    assert made.words.count("Tobewrittentogether") == 4


def test_a_list_is_shortened_after_a_whole_word():
    words = [("one two three", ""), ("four", "my family"), ("five", "")]
    assert pdf.shorten(words, 2, 9) == [("one two…", ""), ("four", "my family")]


# --- the names
def test_no_file_name_says_who_it_is_about(robin, cast):
    made = [pdf.blank(m.Strategy)]
    made += [pdf.one(record_of(c, robin), cast.senco) for c in (m.ChildStory, m.Letter)]
    made += [pdf.whole_record(robin, cast.senco), pdf.profile(robin, cast.senco)]
    for response in made:
        shown = response.headers["Content-Disposition"]
        assert re.fullmatch(r"inline; filename=[a-z0-9-]+\.pdf", shown)
        assert "robin" not in shown and "oakley" not in shown
        assert "Oakley" not in str(PdfReader(io.BytesIO(response.data)).metadata)


def test_every_typeface_is_found_in_the_package():
    fonts.load_fonts()
    for family in fonts.FAMILIES:
        assert len(fonts.letters_of(family)) > 500
