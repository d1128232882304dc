"""The page of the anchor: the line of today, an old line, and the folder of the second place."""

import re

import models as m
from audit import log as audit_log


def test_the_page_shows_the_line_and_says_whether_an_old_one_holds(school, browser):
    at = browser("senco")
    page = at.page("/audit/anchor/")
    line = re.search(r"\d+ November 2026, [\d,]+ rows, code [0-9A-F-]{19}", page.text)[0]
    with audit_log.acting_as("The tests"):
        school.records["mine"]["Strategy"].remove("later")
    held = look(at, page, line)
    assert "still holds that line" in held.text
    changed = look(at, page, re.sub("code ....", "code 0000", line), 422)
    assert (
        "is not the one that was written down" in changed.text and "./portal verify" in changed.text
    )
    assert "Type the number of rows and the code" in look(at, page, "something else", 422).text
    assert at.page("/audit/").all("//a[@href='/audit/anchor/']")


def look(at, page, line, status=200):
    """Type a line into the page and press the button."""
    return at.submit(page, status, path="//form[@action='/audit/anchor/']", button=None, line=line)


def test_a_folder_for_anchors_must_be_there_when_it_is_named(school, browser, tmp_path):
    at = browser("senco")
    page = at.page(f"/setting/{m.Setting.get().id}/edit/")
    for named, words in (("anchors", "whole path"), (str(tmp_path / "none"), "no such folder")):
        refused = at.submit(page, 422, anchor_place=named)
        assert words in refused.text
    at.submit(page, anchor_place=str(tmp_path))
    assert m.Setting.get().anchor_place == str(tmp_path)
