"""Use the program with every question and heading reworded; what came of it, as JSON.

In a process of its own, because the words change before `models.py` is read; see test_reworded.py.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import people  # noqa: E402
from audit import log as audit_log  # noqa: E402
from records import questions as q  # noqa: E402

ANEW = ", said anew"


def reworded(make):
    """The same function with other words for the label, its second argument."""

    def made(first, label, *more, **named):
        if label:
            label += ANEW
        return make(first, label, *more, **named)

    return made


q._question = reworded(q._question)
q.Section.__init__ = reworded(q.Section.__init__)
q.Rows.__init__ = reworded(q.Rows.__init__)

import release  # noqa: E402
import time_machine  # noqa: E402
from conftest import (
    press,  # noqa: E402
    ready,  # noqa: E402
)
from pypdf import PdfReader  # noqa: E402
from web import MOMENT  # noqa: E402

import app  # noqa: E402
import models as m  # noqa: E402
import workflow  # noqa: E402
from admin_views import privacy  # noqa: E402
from audit import verify  # noqa: E402
from pathway import effects  # noqa: E402


def main(folder):
    """Build the seeded school in an empty folder, use it, and give what was seen."""
    release.fill(folder)
    with (
        time_machine.travel(MOMENT, tick=False),
        audit_log.db.connection_context(),
        audit_log.acting_as("The tests"),
    ):
        return {
            "faults": [*m.check_models(), *workflow.check_pathway(), *verify.problems()],
            "afresh": effects.AGREED_AFRESH,
            "effects": moves_made(),
            **bundle_of(m.MyPlanPlus.get(m.MyPlanPlus.status == "sealed"), folder),
        }


def moves_made():
    """Make each move that has effects, for a child of its own; the names of the effects."""
    senco = people.User.get(people.User.role == q.SENCO)
    made = set()
    for move in workflow.MOVES:
        if not move.makes:
            continue
        with audit_log.db.atomic() as everything:
            pupil = m.Pupil.create(surname="Oakley", forename="Robin", year="3", form="3B")
            ready(move, pupil, senco)
            press(move.name, pupil, senco)
            everything.rollback()
        made.update(move.makes)
    return sorted(made)


def bundle_of(plan, folder):
    """What a subject access bundle says of a sealed plan, as data and on paper."""
    with app.create_app(audit_log.db.obj, folder, testing=True).test_request_context():
        path = privacy.write_bundle(str(plan.pupil_id), folder, folder)
    with zipfile.ZipFile(path) as box:
        records = json.loads(box.read("record.json"))["records"]
        paper = PdfReader(io.BytesIO(box.read("record.pdf")))
        words = "".join(page.extract_text() for page in paper.pages)
    told = next(record for record in records if record["kind"] == "MyPlanPlus")
    return {"sections": told["sections"], "paper": words}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
