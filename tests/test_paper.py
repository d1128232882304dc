"""The printed papers: nothing is left out, nothing shrinks, nothing is fetched, nothing prints
wrongly in silence.
"""

import base64
import io
import re
import threading
import unicodedata
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from conftest import HELD, ROOT, START, add_row, agreed, answer, press, take_to, write
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from pypdf import PdfReader
from xhtml2pdf import pisa

import models as m
import workflow as w
from papers import fonts, layout, pdf
from records import dates
from records.record import document

FORMS = w.every_form()
BESIDE = [
    c
    for c in m.every(m.PupilRecord)
    if not issubclass(c, m.Form) and c not in (m.Placement, m.ListMembership)
]
LONG = "She listens well when the task is shown first, step by step, and joins in. " * 8
STATES = (("draft", "DRAFT"), ("complete", "COMPLETE"), ("sealed", "SEALED"))
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


def read(pdf):
    """The pages of a PDF as text, and the sizes in points in which their words are drawn."""
    found, texts = set(), []

    def note(text, outer, inner, _, size):
        if text.strip():
            found.add(round(abs(size * inner[3] * outer[3]), 1))

    for page in PdfReader(io.BytesIO(pdf)).pages:
        texts.append(page.extract_text(visitor_text=note))
    return texts, found


def reading(response):
    """What `read` finds in a paper; kept with the response, because reading takes its time."""
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.mimetype == "application/pdf"
    if not hasattr(response, "reading"):
        response.reading = read(response.data)
    return response.reading


def pages(response):
    """The pages of a paper as text."""
    return reading(response)[0]


def sizes(response):
    """The sizes of the words of a paper, in points."""
    return reading(response)[1]


def squash(text):
    """Text without spaces and line breaks, so that where a line ends does not matter."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def print_of(response):
    """All that a paper says, squashed."""
    return squash(" ".join(pages(response)))


def lines_of(content):
    return [line for section in content["sections"] for line in section["lines"]]


def words_of(content, blank=False):
    """Everything that a paper must say: headings, questions, prompts, answers; of an empty one the
    options as well.
    """
    said = [content["title"], *(s["label"] for s in content["sections"])]
    for line in lines_of(content):
        said += [line["label"], line["prompt"]]
        columns = line.get("columns", [])
        if blank or line.get("table"):
            said += [
                words for c in columns for words in (c["label"], *(c["options"] if blank else ()))
            ]
        said += [cell for row in line.get("table", ()) for cell in row]
        said += line.get("options", []) if blank else line.get("answer", "").split("; ")
    return [squash(words) for words in said if words]


def lost(content, response, blank=False):
    """What is missing on a paper, the breaks between pages aside."""
    shown = print_of(response)
    return [words for words in words_of(content, blank) if words not in shown]


def record_of(cls, pupil, long=False):
    """A record that is filled in completely: every question and two rows of each list."""
    record = cls(pupil=pupil)
    if issubclass(cls, m.Form):
        record.happened_on, record.entered_by = START, "Mrs Siân O’Brien"
    record.save()
    for row_class in cls.groups().values():
        row_of(record, row_class), row_of(record, row_class)
    for name, asked in cls.questions():
        if name not in ("pupil", "happened_on", "withhold"):
            answer(record, name)
            if long and asked.ask.rows > 1 and not asked.choices:
                setattr(record, name, LONG)
    record.save()
    return record


def row_of(record, row_class):
    """A line of a list with every question answered."""
    row = row_class(**{row_class.parent_field().name: record})
    for name, _ in row.questions():
        answer(row, name)
    row.save()


def in_state(record, state, user):
    """Bring a paper to one of its states."""
    if state == "sealed":
        record.seal(user.name)
    elif state != "draft":
        record.status = state
        record.save()
    return record


# --- blank, draft, sealed
@named("cls", [*FORMS, *BESIDE, m.Placement, m.ListMembership, m.Pupil])
def test_a_blank_paper_asks_every_question(cls, cast):
    """With its prompt, and the options to tick, those of rows included."""
    made = pdf.blank(cls)
    assert not lost(document(cls), made, blank=True)
    asked = [f for c in (cls, *cls.groups().values()) for _, f in c.questions()]
    assert not [f.verbose_name for f in asked if squash(f.verbose_name) not in print_of(made)]
    assert min(sizes(made)) >= 7, "words shrink: a cell with words in it must not have a height"
    assert "Notanswered" not in print_of(made)


@named("cls, state, mark", [(cls, *state) for cls in FORMS for state in STATES])
def test_a_paper_says_everything_in_every_state(cls, state, mark, robin, cast):
    """Drafts and completed papers with short answers, sealed ones with long answers."""
    form = in_state(record_of(cls, robin, long=state == "sealed"), state, cast.senco)
    made = pdf.one(form, cast.senco)
    assert not lost(form.content(cast.senco.role), made)
    assert mark in print_of(made) and "CONFIDENTIAL" in print_of(made)
    assert min(sizes(made)) >= 7


@named("cls", [c for c in BESIDE if c is not m.Letter])
def test_any_other_record_prints_as_a_form(cls, robin, cast):
    record = record_of(cls, robin)
    assert not lost(document(record, "senco"), pdf.one(record, cast.senco))


def test_what_is_ticked_is_ticked(robin, cast):
    form = record_of(m.RecordOfConcern, robin)
    form.areas = "\n".join(m.AREAS[:2])
    shown = print_of(pdf.one(form, cast.senco))
    assert [f"☑{squash(area)}" in shown for area in m.AREAS] == [True, True, False, False]
    assert f"☐{squash(m.AREAS[3])}" in shown


def test_an_option_that_is_no_longer_offered_stays_ticked(robin, cast):
    form = record_of(m.RecordOfConcern, robin)
    form.told_how = "By carrier pigeon"
    assert "☑Bycarrierpigeon" in print_of(pdf.one(form, cast.senco))


def test_an_empty_answer_says_so(robin, cast):
    form = m.RecordOfConcern(pupil=robin)
    form.save()
    assert print_of(pdf.one(form, cast.senco)).count("Notanswered") > 10


def test_head_and_foot_are_on_every_page(robin, cast):
    robin.upn = "A123456789012"
    robin.save()
    shown = [
        squash(page)
        for page in pages(pdf.one(record_of(m.MyPlanPlus, robin, long=True), cast.senco))
    ]
    assert len(shown) > 2
    for number, page in enumerate(shown, 1):
        for words in (
            "OurSchool",
            "RobinOakley",
            "UPNA123456789012",
            f"Page{number}of{len(shown)}",
            squash(f"Printed on Tuesday 24 November 2026 by {cast.senco.name}"),
        ):
            assert words in page


# --- the seal
def test_a_sealed_paper_keeps_its_words(robin, cast, monkeypatch):
    form = in_state(record_of(m.RecordOfConcern, robin), "sealed", cast.senco)
    monkeypatch.setattr(m.RecordOfConcern.strengths, "verbose_name", "A question of later years")
    shown = print_of(pdf.one(form, cast.head))
    assert "Whatisgoingwell?" in shown and "Aquestionoflateryears" not in shown
    assert (
        form.sealed_code in shown and squash(f"Agreed by {cast.senco.name} on 24 Nov 2026") in shown
    )


def test_a_broken_seal_is_told(robin, cast):
    form = in_state(record_of(m.RecordOfConcern, robin), "sealed", cast.senco)
    form.sealed = form.sealed.replace("Words for", "Lies for", 1)
    assert "SEALBROKEN" in print_of(pdf.one(form, cast.senco))


def test_an_old_version_names_the_newer_one(robin, cast):
    old = in_state(record_of(m.ChildStory, robin), "sealed", cast.senco)
    new = record_of(m.ChildStory, robin)
    new.supersedes = old.id
    in_state(new, "sealed", cast.senco)
    assert "Thereisanewerversion" in print_of(pdf.one(old, cast.senco))
    assert "Thereisanewerversion" not in print_of(pdf.one(new, cast.senco))


def test_a_declined_paper_says_why(robin, cast):
    form = m.FamilyThinks(
        pupil=robin, status="declined", declined_why="They would rather talk.", happened_on=START
    )
    form.save()
    shown = print_of(pdf.one(form, cast.senco))
    assert "DECLINED" in shown and "Theywouldrathertalk." in shown and "Notanswered" not in shown


def test_what_may_not_be_disclosed_is_marked(robin, cast):
    form = record_of(m.ChildStory, robin)
    form.withhold, form.withhold_why = "Yes", "A third person"
    assert squash("Not for disclosure.") in print_of(pdf.one(form, cast.senco))


def test_a_role_prints_only_its_own_sections(robin, cast):
    form = record_of(m.ParentInformation, robin)
    form.medication = "A secret medicine"
    assert "Asecretmedicine" in print_of(pdf.one(form, cast.senco))
    assert "Asecretmedicine" not in print_of(pdf.one(form, cast.teacher))


# --- nothing ever shrinks
@named(
    "text", (" ".join(f"word{n}" for n in range(1800)), "\n".join(f"word{n}" for n in range(250)))
)
def test_a_very_long_answer_keeps_its_size(text, robin, cast):
    form = m.ChildStory(pupil=robin, happened_on=START, in_own_words=text)
    form.save()
    add_row(form, "events", what=text)
    made = pdf.one(form, cast.senco)
    found = re.findall(r"word\d+", " ".join(pages(made)))
    assert sorted(found) == sorted(re.findall(r"word\d+", text) * 2)
    assert min(sizes(made)) >= 7


def test_a_word_without_end_stays_on_the_page(robin, cast):
    address = "https://example.org/" + "0123456789" * 30
    form = m.ChildStory(pupil=robin, happened_on=START, in_own_words=address, told_by=address[:250])
    form.save()
    add_row(form, "events", what=address)
    made = pdf.one(form, cast.senco)
    assert print_of(made).count(address) == 2
    assert min(sizes(made)) >= 7
    assert max(len(line) for page in pages(made) for line in page.splitlines()) < 160


def test_many_rows_stay_a_table(robin, cast):
    form = m.RecordOfConcern(pupil=robin, happened_on=START)
    form.save()
    for number in range(60):
        add_row(form, "added", strategy=f"Strategy{number}.")
    made = pdf.one(form, cast.senco)
    shown = print_of(made)
    assert all(f"Strategy{n}." in shown for n in range(60)) and min(sizes(made)) >= 7


def test_the_columns_of_a_table_fill_the_page():
    columns = [{"label": "Who", "options": []}, {"label": "What do we hope to see?", "options": []}]
    parts = [
        float(w.rstrip("%"))
        for w in layout.widths(columns, [["Ann", "Starts without help, and goes on"]])
    ]
    assert abs(sum(parts) - 100) < 0.5 and parts[1] > parts[0]


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


@named("name", RIGHT)
def test_a_name_prints_right(name, robin, cast):
    robin.forename = name
    robin.save()
    made = pdf.one(record_of(m.Strategy, robin), cast.senco)
    assert squash(name) in print_of(made)
    assert "■" not in print_of(made)


@named("name", FROM_THE_RIGHT)
def test_a_name_from_right_to_left_has_all_its_letters(name, robin, cast):
    """The extracted words run from the right; the small Arabic vowel marks are left out, every
    letter is there.
    """
    robin.forename = name
    robin.save()
    shown = print_of(pdf.one(record_of(m.Strategy, robin), cast.senco))
    for part in name.split():
        letters = "".join(
            c for c in unicodedata.normalize("NFKC", part) if unicodedata.category(c) != "Mn"
        )
        assert letters in shown or letters[::-1] in shown


@named("name, script", REFUSED)
def test_a_name_that_would_print_wrongly_is_refused_in_a_sentence(name, script, robin, cast):
    robin.forename = name
    robin.save()
    made = pdf.one(record_of(m.Strategy, robin), cast.senco)
    assert made.status_code == 422 and script in made.get_data(as_text=True)
    assert made.get_data(as_text=True).startswith("This cannot be printed")


def test_what_cannot_be_seen_does_no_harm(robin, cast):
    record = record_of(m.Strategy, robin)
    record.strategy = "ab\u202ecd\x00e\ud800f\u200b"
    assert "abcdef" in print_of(pdf.one(record, cast.senco))


# --- nothing is read or asked for
@pytest.fixture
def listener():
    """A server on this machine that notes who asks it for something."""
    asked = []

    class Ear(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def inline(words):
    return "data:image/svg+xml;base64," + base64.b64encode(words.encode()).decode()


ATTACKS = {
    "picture": (
        '<img src="{web}/a.png"><img src="{file}"><img src="file://{file}"><img src="..{file}">'
        '<img src="{bare}">'
    ),
    "style sheet": (
        '<link rel="stylesheet" href="{web}/a.css"><link rel="stylesheet" href="{file}">'
        '<link rel="stylesheet" href="{bare}">'
    ),
    "import": (
        '<style>@import url({web}/b.css); @import url("file://{file}");'
        '@import "{file}"; @import "{bare}";</style>'
    ),
    "background": (
        "<style>p {{ background: url({web}/c.png) }}"
        "@page {{ background-image: url({file}) }}</style><p>x</p>"
    ),
    "typeface": (
        "<style>@font-face {{ font-family: z; src: url({web}/f.ttf) }} p {{ font-family: z"
        ' }}</style><p>x</p><pdf:font name="k" src="{file}">'
    ),
    "list": (
        '<ul style="list-style-image: url({web}/l.png)"><li>a</li></ul>'
        '<ul style="list-style-image: url({file})"><li>a</li></ul>'
    ),
    "drawing": '<img src="{svg}">',
    "frames": (
        '<object data="{web}/o"></object><embed src="{web}/e"><iframe src="file://{file}"></iframe>'
        '<iframe src="{web}/i"></iframe>'
    ),
    "attachment": (
        '<pdf:attachment src="{file}"><pdf:insertpdf src="{file}"><pdf:watermark src="{file}">'
        '<base href="{web}/"><img src="z">'
    ),
}


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
    text = (
        "".join(p.extract_text() for p in PdfReader(io.BytesIO(printed)).pages) if printed else ""
    )
    assert not asked and "CANARY77" not in text and b"CANARY77" not in printed


def test_an_answer_is_never_markup(robin, cast, listener):
    web, asked = listener
    record = record_of(m.Strategy, robin)
    record.strategy = f'<img src="{web}/x.png"><b>bold</b> {{{{ 7*7 }}}} & <pdf:nextpage />'
    made = pdf.one(record, cast.senco)
    assert (
        "<b>bold</b>{{7*7}}&<pdf:nextpage/>" in print_of(made)
        and len(pages(made)) == 1
        and not asked
    )


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
    shown = print_of(pdf.one(letter, cast.office))
    for words in (
        "Our School",
        "Private and confidential",
        letter.subject,
        "Dear parents or carers,",
        "Yours sincerely",
        dates.say_day(letter.dated),
        *letter.body.split("\n\n"),
    ):
        assert squash(words) in shown
    assert "Printedon" not in shown and "Notanswered" not in shown


def test_a_letter_greets_whom_it_is_for(robin, cast):
    letter = m.Letter(pupil=robin, subject="News", dated=START, body="All is well.")
    letter.to_whom = "Mr Ash\nMs Oak\n12 Station Road"
    assert pdf._letter(letter)["paragraphs"] == ["Dear Mr Ash and Ms Oak,", "All is well."]
    letter.body = "Dear Both,\n\nAll is well.\n\nYours faithfully"
    assert pdf._letter(letter)["paragraphs"][0] == "Dear Both," and not pdf._letter(letter)["close"]


# --- the packs
def test_the_family_pack_has_the_five_forms_each_on_a_new_page(robin, cast):
    shown = [squash(page) for page in pages(pdf.family_pack(robin, cast.senco))]
    five = [p.form for p in w.PAPERS if p.kind == "side"]
    heads = [squash(f.kind_name()) + squash(f.intro())[:1].upper() for f in five]
    firsts = [next(n for n, page in enumerate(shown) if n and head in page) for head in heads]
    assert len(five) == 5 and firsts == sorted(set(firsts))
    assert all("RobinOakley" in page for page in shown)
    assert all(
        f"{n + 1}{squash(f.kind_name())}" in shown[0] for f, n in zip(five, firsts, strict=True)
    )


def test_what_is_not_for_the_family_is_not_in_their_pack(robin, cast, monkeypatch):
    monkeypatch.setattr(m.ParentInformation.health, "family", False)
    shown = print_of(pdf.family_pack(robin, cast.senco))
    assert "Medication" not in shown and "Wholivesathome?" in shown
    assert "Medication" in print_of(pdf.blank(m.ParentInformation))


@named("stage", ("S1", "E"))
def test_all_papers_of_a_stage_print_blank(stage, cast):
    shown = print_of(pdf.blank_pack(stage))
    assert all(squash(p.form.kind_name()) in shown for p in w.PAPERS if p.stage == stage)


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
    monkeypatch.setattr(fonts, "_is_plain", lambda text: False)
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
    made = pdf.whole_record(history, cast.senco)
    for cls in (*FORMS, *BESIDE):
        for record in cls.select().where(cls.pupil == history):
            content = (
                record.content("senco") if isinstance(record, m.Form) else document(record, "senco")
            )
            title = content.pop("title")
            assert not lost(
                {**content, "title": title if isinstance(record, m.Form) else str(record)}, made
            ), title
    shown = print_of(made)
    for words in (
        "Stages and lists",
        "Place on Concerns List",
        "Move to Stage 2",
        "1 Sep 2026",
        "20 Oct 2026",
        "Concerns List",
        "SEN List",
        "Requests for information",
        "Everyday strategies",
    ):
        assert squash(words) in shown
    contents_are_right(pages(made))
    oldest_first(squash(pages(made)[0]))


def contents_are_right(shown):
    """The contents on the first page name the pages."""
    titles = (
        "Pupil details|Record of Concern, .*2026|My Plan, .*2026|Consents|Letters|Stages and lists"
    )
    entries = re.findall(rf"(\d+)\n({titles})$", shown[0], re.MULTILINE)
    assert len(entries) == 6
    for number, title in entries:
        assert squash(title) in squash(shown[int(number) - 1])


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


def test_the_whole_record_of_a_teacher_has_only_what_a_teacher_may_see(history, cast):
    shown = print_of(pdf.whole_record(history, cast.teacher))
    assert "RecordofConcern" in shown and "Homeandfamily" not in shown
    for words in ("WhatMyFamilyThink", "Consents", "EHCcase", "Letters", "Documents"):
        assert words not in shown


def test_a_move_that_was_an_error_is_marked(robin, cast):
    take_to(robin, "S1", cast.senco)
    m.Placement.update(void=True, ended_on=START).execute()
    assert "(enteredinerror)" in print_of(pdf.whole_record(robin, cast.senco))


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
    made = pdf.profile(robin, cast.senco)
    assert len(pages(made)) == 1
    assert 13 in sizes(made) and min(sizes(made)) >= 7
    for part in (
        "Hello, I’m Robin",
        "Drawing",
        "Kind to all",
        "A quiet seat",
        "To look after animals",
        *(panel[0] for panel in pdf.PANELS),
    ):
        assert squash(part) in print_of(made)


def test_the_profile_is_made_from_the_newest_agreed_papers(robin, cast):
    profile_papers(robin, cast.senco, "")
    later = m.MyPlanPlus(pupil=robin, happened_on=HELD, every_day="Pictures of the day")
    draft = m.MyPlanPlus(pupil=robin, happened_on=HELD, every_day="Not agreed at all")
    later.save(), draft.save()
    later.seal(cast.senco.name)
    shown = print_of(pdf.profile(robin, cast.senco))
    assert (
        "Picturesoftheday" in shown and "Aquietseat" not in shown and "Notagreedatall" not in shown
    )


def test_the_profile_of_a_new_child_is_a_page_to_write_together(robin, cast):
    made = pdf.profile(robin, cast.teacher)
    assert len(pages(made)) == 1 and print_of(made).count("Tobewrittentogether") == 4


def test_a_teacher_does_not_read_the_family_in_the_profile(robin, cast):
    profile_papers(robin, cast.senco, "")
    assert "Kindtoall" not in print_of(pdf.profile(robin, cast.teacher))


def test_a_list_is_shortened_after_a_whole_word():
    words = [("one two three", ""), ("four", "my family"), ("five", "")]
    assert pdf.shorten(words, 2, 9) == [("one two…", ""), ("four", "my family")]


# --- the names
def test_no_file_name_says_who_it_is_about(robin, cast):
    printers = (pdf.family_pack, pdf.whole_record, pdf.profile)
    made = [
        pdf.blank(m.Strategy),
        *(pdf.one(record_of(c, robin), cast.senco) for c in (m.ChildStory, m.Letter)),
        *(printer(robin, cast.senco) for printer in printers),
    ]
    for response in made:
        shown = response.headers["Content-Disposition"]
        assert re.fullmatch(r"inline; filename=[a-z0-9-]+\.pdf", shown)
        assert "robin" not in shown and "oakley" not in shown
        assert "Oakley" not in str(PdfReader(io.BytesIO(response.data)).metadata)


def test_every_typeface_is_found_in_the_package():
    fonts.load_fonts()
    for family in fonts.FAMILIES:
        assert len(fonts.letters_of(family)) > 500
