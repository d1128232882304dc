"""A school may reword every question and heading: the program knows none by its words."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT

import models as m
from pathway import effects

ANEW = ", said anew"  # see reworded.py


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What came of the program with every label reworded."""
    folder = str(tmp_path_factory.mktemp("reworded"))
    words = [sys.executable, str(ROOT / "tests" / "reworded.py"), folder]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_tables_the_trail_and_the_seals_have_no_fault(seen):
    assert seen["faults"] == []


def test_every_effect_of_a_move_is_made(seen):
    assert seen["effects"] == sorted(effects.EFFECTS)
    assert seen["afresh"] == list(effects.AGREED_AFRESH)


def test_a_sealed_paper_and_the_bundle_have_the_new_words(seen):
    headings = [section.label for section, _ in m.MyPlanPlus.layout() if section.label]
    said = [part["label"] for part in seen["sections"] if part["label"]]
    assert said == [f"{heading}{ANEW}" for heading in headings]
    lines = [line["label"] for part in seen["sections"] for line in part["lines"]]
    assert lines
    assert all(label.endswith(ANEW) for label in lines)


def test_the_printed_paper_has_the_new_words(seen):
    assert f"Agreed together{ANEW}" in seen["paper"]
