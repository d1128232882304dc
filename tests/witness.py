"""The witness: it counts what really changes in the database, by triggers of its own, while the
whole pathway is walked.

A change that the program did not tell the audit trail about is found, whoever wrote it and however.
What needs no row of its own:
- `version` alone: it counts that lines of a paper changed, and each of those lines has its row;
- the columns that a record keeps from the trail (`audit_exclude`): password, codes, tokens; the
  sealed words, whose check code has its row;
- the tables of SignInAttempt, UserSession, Draft, ListSearch, Work and FormToken: no record, gone
  within days (sign-ins have rows of their own).
"""

import io

from conftest import HELD, ON, START, chart_answers, press, ready, ready_for, take_to, write
from peewee import ForeignKeyField
from web import Page, value_for, values_of

import models as m
import workflow as w
from audit import actions
from audit import log as audit_log
from people import User
from records import questions as q
from records.record import Row

OTHERS = (*actions.READ_ACTIONS, "refused", "remove")  # acts that tell of no change that stays
PDF = b"%PDF-1.7\nA report\n%%EOF"


class Witness:
    """Within this block, every row that changes is written down, with how far the audit trail had
    come.
    """

    def __enter__(self):
        audit_log.db.execute_sql(
            "CREATE TEMP TABLE witnessed (n INTEGER PRIMARY KEY, op TEXT, name TEXT, row_id"
            " INTEGER, mark INTEGER)"
        )
        for cls in m.every():
            told = [
                f.column_name
                for f in cls._meta.sorted_fields
                if f.name not in ("version", *cls.audit_exclude)
            ]
            changed = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in told)
            for op, row, when in (
                ("INSERT", "NEW", ""),
                ("UPDATE", "NEW", f"WHEN {changed}"),
                ("DELETE", "OLD", ""),
            ):
                table = cls._meta.table_name
                audit_log.db.execute_sql(
                    f'CREATE TEMP TRIGGER "witness_{table}_{op}" AFTER {op} ON "{table}" {when}'
                    " BEGIN INSERT INTO witnessed "
                    f"(op, name, row_id, mark) VALUES ('{op}', '{table}', {row}.id, (SELECT max(id)"
                    " FROM audit_entry)); END"
                )
        return self

    def __exit__(self, *_):
        self.seen = audit_log.db.execute_sql(
            "SELECT op, name, row_id, mark FROM witnessed ORDER BY n"
        ).fetchall()
        for cls in m.every():
            for op in ("INSERT", "UPDATE", "DELETE"):
                audit_log.db.execute_sql(f'DROP TRIGGER "witness_{cls._meta.table_name}_{op}"')
        audit_log.db.execute_sql("DROP TABLE witnessed")

    def tables_changed(self):
        """The tables in which anything changed."""
        return {name for _, name, _, _ in self.seen}

    def untold(self):
        """The changes without a row of the audit trail, in words: a row of the same record, written
        before the next change of it.
        """
        kinds = {cls._meta.table_name: cls.__name__ for cls in m.every()}
        rows = audit_log.AuditEntry.select(
            audit_log.AuditEntry.id,
            audit_log.AuditEntry.act,
            audit_log.AuditEntry.record,
            audit_log.AuditEntry.record_id,
        ).tuples()
        told, next_mark, found = {}, {}, []
        for key, act, record, record_id in rows:
            told.setdefault((record, record_id), []).append((key, act))
        for op, name, row_id, mark in reversed(self.seen):
            mine, until = (
                told.get((kinds[name], row_id), []),
                next_mark.get((name, row_id), float("inf")),
            )
            fits = (
                (
                    k <= mark and act == "remove"
                    if op == "DELETE"
                    else mark < k <= until and act not in OTHERS
                )
                for k, act in mine
            )
            found += [] if any(fits) else [f"{op} of {name} {row_id}"]
            next_mark[name, row_id] = mark
        return found[::-1]


def walk(school, browser):
    """The whole pathway: every move and its taking back, every step of a case, every form through
    its page, import, files, accounts.
    """
    with audit_log.acting_as("The tests"):
        for number, move in enumerate(w.MOVES):
            pupil = m.Pupil(
                surname="Walker",
                forename=f"No {number}",
                dob=START.replace(year=2018),
                year="3",
                form="3B",
            )
            pupil.save()
            ready(move, pupil, school.senco)
            press(move.name, pupil, school.senco, ON)
            if move.to and number % 2:
                press("Entered in error", pupil, school.senco, None)
    every_step_of_a_case(school)
    every_form_through_its_page(school, browser)
    one_paper_through_its_page(school, browser)
    files_and_import(school, browser)
    people(school, browser)


def every_step_of_a_case(school):
    """Each row of CASE_MOVES, from a state where it begins."""
    with audit_log.acting_as("The tests"):
        for step in w.CASE_MOVES:
            pupil = m.Pupil(
                surname="Case",
                forename=step.name,
                dob=START.replace(year=2018),
                year="3",
                form="3B",
            )
            pupil.save()
            case = ready_for(step, pupil, school.senco, step.from_[0])
            w.perform_case_move(step, case, school.senco, ON, case.version)


def every_form_through_its_page(school, browser):
    """A new record, an answer changed, a line added, a line taken out; whatever the form says, what
    is written is told.
    """
    for cls in (
        c for c in m.every() if not issubclass(c, Row) and c.__name__ not in w.ONLY_BY_MOVES
    ):
        at = browser("senco" if "w" in m.RIGHTS_TABLE[cls.__name__][q.SENCO] else "technician")
        words = {
            n: value_for("Walked", cls, n, f)
            for n, f in cls.questions()
            if n not in ("pupil", "form", "upn", "holidays", "import_columns")
            and not isinstance(f, ForeignKeyField)
        }
        words = {n: f"{v:%d/%m/%Y}" if hasattr(v, "year") else v for n, v in words.items()}
        record = cls.select().order_by(cls.id.desc()).first()
        if record is not None and not getattr(record, "locked", False):
            shown = at.page(f"/{cls.slug()}/{record.id}/edit/")
            sent = dict(values_of(shown.form()))
            lines = {
                f"{group}-1-{n}": "Walked"
                for group, c in cls.groups().items()
                for n, f in c.questions()
                if not f.choices
            }
            gone = {f"{group}-0-gone": "y" for group in cls.groups()}
            at.post(f"/{cls.slug()}/{record.id}/edit/", {**sent, **lines, **words, "do": "save"})
            sent["version"] = str(cls.get_by_id(record.id).version)
            at.post(f"/{cls.slug()}/{record.id}/edit/", {**sent, **words, **gone, "do": "save"})
        at.post(
            f"/{cls.slug()}/new/?pupil={school.wren.id}",
            {**words, "version": "", "pupil": str(school.wren), "username": "walked", "form": "3B"},
        )


def one_paper_through_its_page(school, browser):
    """Complete, open again, agree, a new version, a decline; the chart's questions; a move by its
    page.
    """
    at, robin = browser("senco"), school.robin
    with audit_log.acting_as("The tests"):
        take_to(robin, "S2", school.senco)
        plan = write(m.MyPlan, robin, school.senco)
    for do in ("complete", "reopen", "agree"):
        at.post(f"/my-plan/{plan.id}/act/", {"do": do})
    with audit_log.acting_as("The tests"):
        review = write(m.MyPlanReview, robin, school.senco, HELD, agency_need="Reading")
    for name, said in chart_answers("3", "S2").items():
        at.post(f"/pupil/{robin.id}/review/", {"ask": name, "answer": said, "why": "Walked"})
    at.post(f"/my-plan-review/{review.id}/act/", {"do": "agree"})
    shown = at.page(f"/pupil/{robin.id}/move/move-to-stage-3/")
    sent = {
        **dict(values_of(shown.form("//main//form[.//input[@name='seen']]"))),
        "on": "20/10/2026",
        "told": "20/10/2026",
    }
    at.read(at.post(f"/pupil/{robin.id}/move/move-to-stage-3/", sent))
    assert m.Placement.stage_of(robin) == "S3", (
        "the walk goes no further: the move by its page was not made"
    )
    at.post(f"/my-plan/{plan.id}/act/", {"do": "version"})
    assert m.MyPlan.get(m.MyPlan.supersedes == plan.id)
    at.post(
        f"/child-story/new/?pupil={robin.id}",
        {"version": "", "do": "decline", "declined_why": "No wish", "happened_on": "20/10/2026"},
    )


def files_and_import(school, browser):
    """A file beside a record, replaced by another; pupils from outside, one new and one changed."""
    at = browser("office")
    sent = {
        "pupil": str(school.robin),
        "title_of": "Speech report",
        "kind": "Professional's report",
        "version": "",
    }
    at.post(
        f"/document/new/?pupil={school.robin.id}",
        {**sent, "file": [(io.BytesIO(PDF), "report.pdf")]},
    )
    made = m.Document.get(m.Document.title_of == "Speech report")
    at.post(
        f"/document/{made.id}/edit/",
        {**sent, "version": str(made.version), "file": [(io.BytesIO(PDF + b" two"), "two.pdf")]},
    )
    assert m.Document.get_by_id(made.id).file_name == "two.pdf"
    table = (
        b"Surname,Forename,DOB,UPN,Year,Reg\r\nReed,Kit,4/6/2019,H801200001001,Year"
        b" 2,2D\r\nAsh,Wren,02/03/2016,,5,5B\r\n"
    )
    preview = at.post("/import/", {"file": [(io.BytesIO(table), "pupils.csv")]}).location
    at.post(
        f"{preview}import/",
        {"seen": Page(at.get(preview)).one("//input[@name='seen']").get("value")},
    )
    assert m.Pupil.get(m.Pupil.surname == "Reed") and m.Pupil.get_by_id(school.wren.id).form == "5B"


def people(school, browser):
    """A new colleague, who gets another role and is switched off."""
    at = browser("technician")
    at.post(
        "/user/new/",
        {
            "version": "",
            "name": "Walked In",
            "username": "walked.in",
            "role": "teacher",
            "account": "on",
        },
    )
    made = User.get(User.username == "walked.in")
    at.post(
        f"/user/{made.id}/edit/",
        {
            "version": "1",
            "name": "Walked In",
            "username": "walked.in",
            "role": "office",
            "account": "off",
        },
    )
    assert User.get_by_id(made.id).role == "office"
