"""What goes wrong in a year and is put right: a wrong file, a second record of a child, a move that
was a mistake, a computer that is lost. Afterwards everything else is as it was.

Come here to add one: a function, and its row of DUTIES or OF_THE_NIGHT in duties.py.
"""

import re
from collections import defaultdict
from unittest import mock

from web import values_of

import app as portal_module
import models as m
from admin_views.account import views as account
from audit import log as audit_log
from audit import verify
from ops import backup, restore
from ops import database as ops_database
from year import evening
from year.hands import Stuck, send
from year.words import DAY

STRANGER = 899  # the number of a row of another school's file
SLIPPED = 3  # rows in which the class is a wrong one
UNDO = "//main//a[starts-with(@href,'/import/undo/')]/@href"
CARD = "//main//form[@class='card']"
MERGE = "//main//form[.//button[@name='do' and @value='merge']]"
# moves that a SENCO may press for the wrong child
WRONG_MOVES = r"^Start at Stage|between reviews|^Take off|^EHCP issued"


def records_of_all():
    """What is kept of every child: {child: {(table, number): its content, whether it is void}}."""
    found = defaultdict(dict)
    for cls in (m.Pupil, *m.every(m.PupilRecord)):
        for row in cls.select():
            lines = [line for group in row.groups() for line in row.rows(group)]
            said = [*map(answers_in, (row, *lines)), getattr(row, "void", False)]
            found[row.pupil_key()][cls.__name__, row.id] = said
    return dict(found)


def answers_in(record):
    """The answers of a record as they are kept, but for whose it is."""
    return [record.__data__[name] for name, _ in record.questions() if name != "pupil"]


def expect_as_before(what, before, now):
    """Raise Stuck when a record of before is another one now, or gone."""
    for child, records in before.items():
        theirs = now.get(child, {})
        other = [key for key, said in records.items() if theirs.get(key) != said]
        if other:
            raise Stuck(f"{what}: of pupil {child} is not as before: {other}")


def expect_the_same(what, before, now):
    """Raise Stuck unless nothing has changed, nothing has gone and nothing is new."""
    expect_as_before(what, before, now)
    expect_as_before(what, now, before)


# --- a file
def take_import_back(office, _):
    """The office brings in a file with wrong classes and a child of another school; the SENCO takes
    it back, and nothing is left of it.
    """
    year = office.year
    before = records_of_all()
    rows = [list(row) for row in year.rows_on_roll()]
    for row in year.chance.sample(rows, SLIPPED):
        row[4] = "Z"
    year.send_roll([*rows, year.row_of(STRANGER)])
    changed = [child for child, kept in records_of_all().items() if kept != before.get(child)]
    if len(changed) < SLIPPED + 1:
        raise Stuck(f"The file was to change {SLIPPED} children and to bring one: {changed}")
    senco = year.of_role("senco")
    page = senco.open(senco.open("/import/").all(UNDO)[0])
    send(senco.browser, page, page.form(CARD), values_of(page.form(CARD)))
    expect_the_same("An import was taken back", before, records_of_all())
    year.count("import", "taken back")
    return f"an import of {len(rows) + 1} rows taken back"


# --- a child
def merge_second_record(senco, _):
    """The office enters a child who is here, and writes there; the SENCO makes the two records
    one, which has both, and nobody else's is touched.
    """
    year = senco.year
    child = year.some_child("NONE", "S1", "S2", "S3", "E")
    if child is None:
        return None
    answers = answers_of(child)
    before = records_of_all()
    office = year.of_role("office")
    second = enter_again(office, child)
    office.write_note(second)
    theirs = records_of_all()[second]
    theirs.pop(("Pupil", second))
    merge(senco, child, second)
    now = records_of_all()
    ours = before.pop(child)
    ours.pop(("Pupil", child))
    expect_the_same(
        "Two records were merged", before, {one: now[one] for one in now if one != child}
    )
    expect_as_before("Two records were merged", {child: {**ours, **theirs}}, now)
    lost = [name for name, said in answers.items() if said and answers_of(child)[name] != said]
    page = senco.open(f"/pupil/{second}/")
    if lost or not theirs or not page.response.request.path.startswith(f"/pupil/{child}/"):
        raise Stuck(f"After merging {second} into {child}: lost {lost}, carried {list(theirs)}")
    year.touched.add(child)
    year.count("record", "merged")
    return f"{year.book[child].name} was entered twice, and is one child again"


def answers_of(child):
    pupil = m.Pupil.get_by_id(child)
    return {name: pupil.answer(name) for name, _ in pupil.questions()}


def enter_again(office, child):
    """A second record of a child, made by hand; its number."""
    pupil = m.Pupil.get_by_id(child)
    given = {name: getattr(pupil, name) for name in ("forename", "surname", "year", "form")}
    office.begin(None)
    office.answers.given = {**given, "dob": f"{pupil.dob:%d/%m/%Y}", "upn": ""}
    office.on_form(office.open("/pupil/new/"))
    newest = m.Pupil.select().order_by(m.Pupil.id.desc()).first()
    if newest.id in office.year.book:
        raise Stuck(f"The second record of {pupil} is not there")
    return newest.id


def merge(senco, child, second):
    """Merge the second record into the child's own, on the page for it."""
    page = senco.open(f"/keeping/{child}/merge/")
    forms = page.all(f"{CARD}[.//button[@name='other' and @value='{second}']]")
    if not forms:
        raise Stuck(f"The second record {second} of {child} is not found as the same child")
    page = send(senco.browser, page, forms[0], [*values_of(forms[0]), ("other", str(second))])
    form = page.form(MERGE)
    page = send(senco.browser, page, form, [*values_of(form), ("do", "merge")])
    if page.problems:
        raise Stuck(str(page.problems))


# --- a move
def take_move_back(senco, _):
    """A move of the evening was a mistake; the next morning it is taken back, and what was written
    before stands as it stood.
    """
    year = senco.year
    child = year.some_child("NONE", "LEFT", "S2", "S3")
    if child is None:
        return None
    stages = list(year.book[child].path)
    before = records_of_all()
    moves = senco.more_moves(child)
    wrong = [said for said in moves if re.search(WRONG_MOVES, said)]
    if not wrong:
        return None
    name = year.chance.choice(sorted(wrong))
    made = len(year.book[child].stages)
    year.attempt(senco, moves[name], child)
    if len(year.book[child].stages) == made:
        return None  # it waits for a paper
    year.be_at(year.today() + DAY, 7)
    back = {said: to for said, to in senco.more_moves(child).items() if "in error" in said}
    if not back:
        raise Stuck(f"“{name}” was made yesterday, and is not offered to be taken back")
    year.attempt(senco, *back.values(), child)
    if year.book[child].path != stages:
        raise Stuck(f"“{name}” was not taken back")
    expect_as_before(f"“{name}” was taken back", before, records_of_all())
    year.touched = {child}
    evening.look(year)
    year.count("wrong move", "taken back the next day")
    return f"“{name}” taken back"


# --- everything
def restore_backup(technician, _):
    """The database is lost an hour after a backup: what was written in that hour is gone, all else
    is there, and the school goes on.
    """
    year = technician.year
    senco = year.of_role("senco")
    paths, problems = backup.backup()
    before = records_of_all()
    year.be_at(year.today(), 21)
    child = year.some_child("S1", "S2", "S3", "E")
    senco.write_note(child)
    if problems or records_of_all() == before:
        raise Stuck(f"The note of the last hour was not written: {problems}")
    signed_in = senco.browser
    year.be_at(year.today(), 22)
    with mock.patch.object(restore, "verify_in_subprocess", verify_here):
        year.database.close()
        try:
            restore.restore(paths[0])
        finally:
            year.database.connect()
    year.restart()
    expect_the_same("A backup was restored", before, records_of_all())
    signed_in.app = year.app
    found = verify.problems()
    if signed_in.get("/").status_code != 302 or found:
        raise Stuck(f"After a restore somebody is still signed in, or: {found}")
    senco = year.of_role("senco")
    senco.open(f"/pupil/{child}/")
    senco.write_note(child)
    year.count("backup", "restored")
    return f"a backup of {len(year.book)} children restored"


def verify_here(folder, **how):
    """What the program looks at in a new process, in this one: a new one has today's clock."""
    was = audit_log.db.obj
    database = ops_database.open_database(f"sqlite:///{folder}/portal.db")
    try:
        portal = portal_module.create_app(database, folder, testing=True)
        return restore.run_smoke_checks(portal, account.let_in, **how)
    finally:
        audit_log.db.initialize(was)
