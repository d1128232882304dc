"""Builds a school of many pupils: the demonstration school, and copies of its pupils with all that
is kept about them. `python benchmarks/big_school.py FOLDER 100800` makes one in FOLDER/100800, on
the database of DATABASE_URL if that is set; one that is there already is used again.

A copy has numbers, a surname, a UPN, a class and adults who provide of its own. Words that name a
child stay as they were. Of the audit log one row in six is copied, and its chain holds for the
first school only: this is a school to measure, not one to check.
"""

import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "soak")]

import common  # noqa: E402
import load  # noqa: E402
from peewee import ForeignKeyField, chunked, fn, sort_models  # noqa: E402

import models as m  # noqa: E402
from audit.log import AuditEntry, db  # noqa: E402
from demo.school import upn  # noqa: E402
from ops import numbering  # noqa: E402
from ops.database import migrate  # noqa: E402

GIVEN = (m.Provision, m.PlusProvision, m.PlanProvision, m.ProvisionWeek)
KINDS = sort_models([cls for cls in m.every() if issubclass(cls, (m.PupilRecord, m.Row))])
COPIED = [cls for cls in KINDS if cls is not m.Pupil]
TURNS = (
    "WITH RECURSIVE turn(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM turn WHERE k < {times})"
    " INSERT INTO {table} ({columns}) SELECT {values} FROM turn CROSS JOIN {table} AS t"
    " WHERE t.id <= {step} AND {which} AND t.id / {every} * {every} = t.id"
)


def open_big(folder, pupils, url=None):
    """The open database of a school with about so many pupils, built if it is not there."""
    folder = pathlib.Path(folder) / str(pupils)
    built = folder / "built"
    if built.exists():
        database = common.open_school(folder, url)
    else:
        database = build(folder, pupils, url)
        built.touch()
    return database


def build(folder, pupils, url):
    database = load.build(folder, url)
    with database.connection_context():
        copy_all(pupils // m.Pupil.select().count() - 1)
    migrate(database)  # what is kept to be found is kept for the copies too
    return database


def copy_all(times):
    """Copy every pupil so many times, with all that is kept about them."""
    if times < 1:
        return
    tables = [m.Pupil, *COPIED, AuditEntry]
    step = max(cls.select(fn.MAX(cls.id)).scalar() or 0 for cls in tables)
    with db.atomic():
        copy_pupils(times, step)
        for cls in COPIED:
            copy_table(cls, times, step)
        copy_table(AuditEntry, times, step, every=6)
        given = {cls._meta.table_name: (times + 1) * step for cls in tables}
        numbering.raise_numbers(db.obj, given)


def copy_pupils(times, step):
    first = list(m.Pupil.select().order_by(m.Pupil.id))
    copies = []
    for turn in range(1, times + 1):
        for place, pupil in enumerate(first):
            copies.append(copy_of(pupil, place, turn, step).__data__)
    for some in chunked(copies, 500):
        m.Pupil.insert_many(some).execute()


def copy_of(pupil, place, turn, step):
    """One more child like this one; `clean` makes what a save would make."""
    copy = m.Pupil(**pupil.__data__)
    copy.id = pupil.id + turn * step
    copy.surname = f"{pupil.surname} {turn}"
    copy.form = f"{pupil.form}{turn}"
    copy.upn = upn(place, turn, f"{turn:04}")
    copy.clean()
    return copy


def copy_table(cls, times, step, every=1):
    """Copy the rows of a table in one statement; what must be unique is left empty."""
    columns = []
    values = []
    for field in cls._meta.sorted_fields:
        columns.append(f'"{field.column_name}"')
        values.append(value_of(cls, field, step))
    statement = TURNS.format(
        times=times,
        table=cls._meta.table_name,
        columns=", ".join(columns),
        values=", ".join(values),
        step=step,
        every=every,
        # what is told of staff and settings is told once
        which="t.pupil_id IS NOT NULL" if cls is AuditEntry else "1 = 1",
    )
    db.execute_sql(statement)


def value_of(cls, field, step):
    """What stands in a column of a copy, in SQL."""
    old = f't."{field.column_name}"'
    if is_shifted(cls, field):
        return f"{old} + turn.k * {step}"
    if field.unique and not field.primary_key:
        return "NULL"
    if field.name == "who" and cls in GIVEN:
        return f"replace({old}, ',', ' ' || turn.k || ',')"
    return old


def is_shifted(cls, field):
    """Whether a column holds the number of a row that is copied too."""
    if cls is AuditEntry:
        return field.name in ("id", "record_id", "pupil_id")
    if isinstance(field, ForeignKeyField):
        return field.rel_model in (m.Pupil, *COPIED)
    return field.primary_key


def main(folder, pupils):
    """Build a school and say how long it took."""
    start = time.monotonic()
    database = open_big(folder, int(pupils), os.environ.get("DATABASE_URL"))
    with database.connection_context():
        for cls in (m.Pupil, m.Placement, AuditEntry):
            print(f"{cls._meta.table_name}: {cls.select().count():,}")
    print(f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
