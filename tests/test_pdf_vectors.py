"""Hostile words in everything that is printed: no file is read, no address asked, the words come
out as words (TRUST A8.11).

`test_paper.py` gives the same vectors to the renderer as markup; here they are typed: into every
text question and row of every record, the letters, the settings' wordings, the school's name and
address. Started from the root folder and from the data folder.
"""

import base64

import pytest
from printed import ATTACKS, inline, read_pdf, squeezed
from test_exports import free_texts
from test_uploads import MEGA, measured, png_header
from web import key_of

import models as m
from papers import worker

NESTED = inline(
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image'
    f' width="0" height="0" xlink:href="{inline("<svg/>")}"/></svg>'
)
HUGE = "data:image/png;base64," + base64.b64encode(png_header(50_000, 50_000)).decode()
MORE = {
    "a drawing in a drawing": f'<img src="{NESTED}">',
    "a huge picture": f'<img src="{HUGE}">',
    "deep nesting": "<div><b>" * 30,
    "an outline": '<pdf:toc /><pdf:outline><pdf:barcode value="1" type="qr">',
    "half a letter": "a\ud800b\udfff",
}
each = pytest.mark.parametrize


def vectors(web, file):
    """Every vector as somebody would type it: {name: words}."""
    found = {
        name: words.format(web=web, file=file, bare=str(file).lstrip("/"), svg=NESTED)
        for name, words in ATTACKS.items()
    }
    return {**found, **MORE}


@pytest.fixture
def secrets(school, tmp_path):
    """Files that no paper may ever show: {path: what stands in it}; the program's own key is one of
    them.
    """
    near = school.app.config["DATA_DIR"] / "secret.css"
    near.write_text('p:before { content: "CANARY77" } /* CANARY77 */')
    yield {
        near: "CANARY77",
        school.app.config["DATA_DIR"] / "secret.key": school.app.secret_key[:24],
        "/etc/passwd": "root:x:0:0",
    }
    near.unlink()


# answers with a rule of their own
WITH_RULES = ("username", "classes", "upn", "holidays", "import_columns", "backup_places")


def type_everywhere(school, words):
    """Put the vectors, in turn, into every text of every record of the pupil, their rows, and the
    settings.
    """
    words = [w.encode("utf-8", "ignore").decode() for w in words]
    turn = 0
    for record in [*school.records["mine"].values(), m.Setting.of_school()]:
        names = [name for name in free_texts(type(record)) if name not in WITH_RULES]
        typed = {}
        for at, name in enumerate(names):
            # a line holds 255 letters on PostgreSQL
            most = getattr(record._meta.fields[name], "max_length", None)
            in_turn = words[(turn + at) % len(words) :] + words
            typed[name] = next(w for w in in_turn if not most or len(w) <= most)
        turn += len(names)
        if typed:
            type(record).update(typed).where(type(record).id == record.id).execute()


def told_by(response, secrets):
    """The words of a paper, after looking for what must not be in it; "" for one that says why it
    cannot be printed.
    """
    assert response.status_code in (200, 422), response.status_code
    text = read_pdf(response.data).words if response.status_code == 200 else ""
    leaked = [said for said in secrets.values() if said in text or said.encode() in response.data]
    assert not leaked, leaked
    return text


@each("folder", ("/", "data"))
def test_what_is_typed_makes_no_paper_read_or_fetch_anything(
    school, browser, secrets, listener, monkeypatch, folder
):
    """A letter, papers with rows and without, the profile (the whole record is made of the same
    parts).
    """
    web, asked = listener
    monkeypatch.chdir(school.app.config["DATA_DIR"] if folder == "data" else folder)
    type_everywhere(school, vectors(web, next(iter(secrets))).values())
    at, key = browser("senco"), school.mine.id
    kinds = (
        (m.Letter, m.RecordOfConcern) if folder == "/" else (m.Strategy, m.Meeting, m.ConcernReview)
    )
    papers = [f"/{c.slug()}/{key_of(school, c)}/print.pdf" for c in kinds]
    if folder == "/":
        papers.append(f"/pupil/{key}/profile.pdf")
    told = [told_by(at.get(url), secrets) for url in papers]
    assert not asked, f"asked for {asked[:3]}"
    assert all(told), f"not drawn: {[url for url, text in zip(papers, told) if not text]}"
    assert squeezed("<pdf:toc />") in "".join(told), (
        "The hostile words are not on the papers: the test looks at nothing."
    )


def test_a_letter_says_hostile_wordings_as_words(school, browser, secrets, listener):
    """From the settings into a letter, onto the paper: as typed, 0 altered."""
    web, asked = listener
    words = vectors(web, next(iter(secrets)))["picture"]
    m.Letter.update(body=words, subject="<b>x</b>", to_whom=words).where(
        m.Letter.id == key_of(school, m.Letter)
    ).execute()
    m.Setting.update(school_name=words[:200], school_address=words).execute()
    text = told_by(browser("senco").get(f"/letter/{key_of(school, m.Letter)}/print.pdf"), secrets)
    assert text.count(squeezed(words)) >= 2 and "<b>x</b>" in text and not asked


@each("name", MORE)
def test_no_markup_breaks_the_printer(name):
    """Even as markup, which never reaches it: a paper or a sentence, within 60 seconds and
    300 MB.
    """

    def drawn():
        try:
            times = 10 if name == "deep nesting" else 1
            page = f"<html><body><p>hello</p>{MORE[name] * times}</body></html>"
            return worker.draw_pdf(page.encode("utf-8", "ignore"))[:5].decode()
        except worker.PaperError as problem:
            return str(problem)

    told = measured(drawn)
    assert told.said.startswith(("%PDF", "This paper")), told.said
    assert told.seconds < 60 and told.memory < 300 * MEGA


TYPED = (
    "a\ud800b",
    "\udfff" * 9,
    "a\0b",
    "\u202e" * 40,
    NESTED,
    "\x1b[31m",
    "\ufffe\uffff",
    "e" + "\u0301" * 500,
)


def test_no_word_makes_a_paper_an_error_page(school, browser):
    """Typed into the form and printed: a paper, or a sentence that says why not."""
    at, key = browser("senco"), key_of(school, m.Strategy)
    for typed in TYPED:
        # what a browser can send
        typed = typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        version = m.Strategy.get_by_id(key).version
        assert at.post(
            f"/strategy/{key}/edit/", {"version": str(version), "strategy": typed, "note": typed}
        ).status_code in (302, 422)
        assert at.get(f"/strategy/{key}/print.pdf").status_code in (200, 422)
