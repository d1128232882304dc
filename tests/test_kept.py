"""A part of a paper that cannot change is drawn once and kept; what was kept is never printed for
other words, for another role, or when it is damaged.
"""

import os
import shutil
import time

import pytest
from conftest import START, until, write
from live import common
from printed import outline_of, paper_of, read_pdf, reader_of, squeezed
from test_erasure import erase, leaver
from test_paper import (
    bare,  # noqa: F401  (fixtures: a program)
    record_of,
    request_context,  # noqa: F401  (fixtures: a program)
    sealed,
)
from test_upkeep import (
    migrated,  # noqa: F401  (fixtures: a data folder)
    school,  # noqa: F401  (fixtures: a data folder)
)

import models as m
from ops import backup, restore
from papers import kept, pdf, worker

SEALED = "1-" + "5e" * 32 + "-" + "ab" * 16 + ".pdf"


@pytest.fixture
def folder(bare, tmp_path, monkeypatch):  # noqa: F811
    """The data folder of the program that prints."""
    monkeypatch.setitem(bare.config, "DATA_DIR", tmp_path)
    return tmp_path


@pytest.fixture
def drawn(folder, monkeypatch):
    """The pages of parts that were drawn, in order; the frame, which is never kept, left out."""
    found = []
    draw = worker.draw_pdf

    def noting(html):
        if b'<body class="frame">' not in html:
            found.append(html)
        return draw(html)

    monkeypatch.setattr(worker, "draw_pdf", noting)
    return found


@pytest.fixture
def concern(robin, cast):
    return sealed(record_of(m.RecordOfConcern, robin), cast.senco)


def names_in(folder):
    return sorted(path.name for path in (folder / "papers").iterdir())


# --- drawn once
def test_a_sealed_paper_is_drawn_once_and_named_by_its_seal(concern, cast, folder, drawn):
    first = paper_of(pdf.one(concern, cast.senco))
    assert paper_of(pdf.one(concern, cast.senco)).words == first.words
    assert len(drawn) == 1
    (name,) = names_in(folder)
    assert name.startswith(f"{concern.pupil_id}-{concern.sealed_code}-")
    modes = [
        oct(path.stat().st_mode)[-3:] for path in (folder / "papers", folder / "papers" / name)
    ]
    assert modes == ["700", "600"]


@pytest.mark.parametrize("status", ("draft", "complete"))
def test_a_paper_that_is_still_written_is_drawn_afresh(status, robin, cast, folder, drawn):
    form = record_of(m.ChildStory, robin)
    form.status = status
    for _ in range(2):
        assert not paper_of(pdf.one(form, cast.senco)).lacks([status.upper()])
    assert len(drawn) == 2
    assert not (folder / "papers").exists()


def test_each_role_has_its_own_words(robin, cast, drawn):
    form = record_of(m.ParentInformation, robin)
    form.medication = "A secret medicine"
    sealed(form, cast.senco)
    for _ in range(2):
        assert not paper_of(pdf.one(form, cast.senco)).lacks(["A secret medicine"])
        assert paper_of(pdf.one(form, cast.teacher)).lacks(["A secret medicine"])
    assert len(drawn) == 2


def test_a_broken_seal_is_told_though_the_paper_was_kept(concern, cast, drawn):
    pdf.one(concern, cast.senco)
    concern.sealed = concern.sealed.replace("Words for", "Lies for", 1)
    assert not paper_of(pdf.one(concern, cast.senco)).lacks(["SEAL BROKEN"])


def test_a_newer_version_is_named_though_the_paper_was_kept(concern, robin, cast, drawn):
    newer = ["There is a newer version"]
    assert paper_of(pdf.one(concern, cast.senco)).lacks(newer)
    new = record_of(m.RecordOfConcern, robin)
    new.supersedes = concern.id
    sealed(new, cast.senco)
    assert not paper_of(pdf.one(concern, cast.senco)).lacks(newer)


def test_a_new_look_draws_anew(concern, cast, drawn, monkeypatch):
    pdf.one(concern, cast.senco)
    monkeypatch.setattr(kept, "LOOK", "of next year")
    pdf.one(concern, cast.senco)
    assert len(drawn) == 2


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:2000]),
    "another's": lambda path: path.write_bytes(b"%PDF-1.4 another" + path.read_bytes()[-80:]),
    "a folder": lambda path: path.unlink() or path.mkdir(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_part_is_drawn_anew(damage, concern, cast, folder, drawn):
    first = paper_of(pdf.one(concern, cast.senco))
    (name,) = names_in(folder)
    DAMAGES[damage](folder / "papers" / name)
    assert paper_of(pdf.one(concern, cast.senco)).words == first.words
    assert len(drawn) == 2
    assert names_in(folder) == [name]


def test_a_disk_that_takes_nothing_stops_no_paper(concern, cast, folder, drawn):
    (folder / "papers").write_text("no folder")
    for _ in range(2):
        assert not paper_of(pdf.one(concern, cast.senco)).lacks([concern.sealed_code])
    assert len(drawn) == 2


# --- joined
def test_a_record_is_joined_from_kept_parts_in_order(concern, robin, cast, drawn):
    """So many papers that the contents take a second page."""
    for _ in range(24):
        write(m.ChildStory, robin, cast.senco, START)
    response = pdf.whole_record(robin, cast.senco)
    before = len(drawn)
    assert paper_of(pdf.whole_record(robin, cast.senco)).words == paper_of(response).words
    again = [html for html in drawn[before:] if b'<body class="form">' in html]
    assert len(again) == 24, "Only the drafts are drawn a second time."
    shown = [squeezed(page) for page in read_pdf(response.data).pages]
    for number, words in enumerate(shown, 1):
        assert f"Page{number}of{len(shown)}" in words
    read = reader_of(response.data)
    links = [link.get_object() for page in read.pages[:2] for link in page["/Annots"]]
    tops = [(title, page) for title, page, depth in outline_of(read) if depth == 0]
    assert len(links) == len(tops)
    for link, (title, page) in zip(links, tops, strict=True):
        assert read.get_page_number(link["/Dest"][0].get_object()) == page
        assert squeezed(title) in shown[page]
        assert f"{squeezed(title)}{page + 1}" in shown[0] + shown[1]
    assert tops[0] == ("Pupil details", 2)
    assert read.trailer["/Root"]["/Lang"] == "en-GB"
    assert read.viewer_preferences.display_doctitle
    assert (read.metadata.title, read.metadata.author) == ("Pupil record", "Our School")


@pytest.mark.parametrize("words", [worker.TOO_LONG, worker.FAILED])
def test_a_part_that_cannot_be_drawn_stops_no_record(concern, robin, cast, monkeypatch, words):
    """A page in its place says so, in the whole record and the bundle; the paper alone says why."""
    draw = worker.draw_pdf
    worry = concern.label_of("strengths").encode()

    def failing(html):
        if worry in html:
            raise worker.PaperError(words)
        return draw(html)

    monkeypatch.setattr(worker, "draw_pdf", failing)
    shown = paper_of(pdf.whole_record(robin, cast.senco))
    said = ["could not be printed", "on the child's page", concern.kind_name(), "Robin"]
    assert shown.lacks(said) == []
    given = read_pdf(pdf.given_record(robin, [(concern, concern.content())]))
    assert given.lacks(["could not be printed", "record.html and record.json"]) == []
    assert pdf.one(concern, cast.senco).status_code == 422
    monkeypatch.setattr(worker, "draw_pdf", draw)
    assert paper_of(pdf.whole_record(robin, cast.senco)).lacks(["could not be printed"])


def test_a_bundle_is_joined_from_kept_parts_without_what_is_left_out(concern, robin, drawn):
    whole = concern.content()
    told = {**whole, "sections": [s for s in whole["sections"] if s["key"] != "worry"]}
    worries = [concern.label_of("strengths")]
    for _ in range(2):
        assert read_pdf(pdf.given_record(robin, [(concern, told)])).lacks(worries) == worries
        assert not read_pdf(pdf.given_record(robin, [(concern, whole)])).lacks(worries)
    parts = [html for html in drawn if b'<body class="form">' in html]
    assert len(parts) == 2


# --- when they go
def put(folder, name, days=0):
    path = folder / "papers" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"%PDF")
    then = time.time() - days * kept.DAY
    os.utime(path, (then, then))


def test_what_is_unused_or_of_nobody_is_swept(robin, cast, tmp_path):
    gone = leaver("Rhea", "Trial")
    m.Pupil.update(erased_on=START).where(m.Pupil.id == gone.id).execute()
    stays = [f"{robin.id}-5e-ab.pdf", f"{robin.id}-ab.day", "0-ab.day"]
    for name in (*stays, f"{gone.id}-5e-ab.pdf", f"{robin.id + 10**6}-ab.day"):
        put(tmp_path, name)
    put(tmp_path, f"{robin.id}-5e-cd.pdf", days=399)
    for name in (f"{robin.id}-cd.day", "0-cd.day", "tmp1.part"):
        put(tmp_path, name, days=2)
    put(tmp_path, f"{robin.id}-5e-ef.pdf", days=401)
    kept.remove_unused(tmp_path)
    assert names_in(tmp_path) == sorted([*stays, f"{robin.id}-5e-cd.pdf"])


def test_an_erasure_takes_the_printed_papers_of_that_child_alone(cast, acting, tmp_path):
    pupil = leaver("Rhea", "Trial")
    others = [f"{pupil.id}0-5e-ab.pdf", "0-ab.day"]
    for name in (*others, f"{pupil.id}-5e-ab.pdf", f"{pupil.id}-ab.day"):
        put(tmp_path, name)
    erase(pupil, cast, tmp_path)
    assert names_in(tmp_path) == sorted(others)


# these last: from here on the program has another database
def test_sealed_papers_are_in_a_backup_and_come_back(school):  # noqa: F811
    put(school, SEALED)
    put(school, "1-ab.day")
    path = backup.backup()[0][0]
    shutil.rmtree(school / "papers")
    restore.restore(path)
    assert names_in(school) == [SEALED]
    assert oct((school / "papers").stat().st_mode)[-3:] == "700"


def test_the_running_portal_sweeps(school):  # noqa: F811
    put(school, "987654-ab.day")
    server = common.Portal(school)
    try:
        until(lambda: not names_in(school))
    finally:
        server.stop()
