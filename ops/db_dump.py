"""A whole database, table by table, on both engines: copied at one moment, counted and hashed,
brought from one engine to another.

Come here to change how a copy is made or compared. Nothing here knows a record by name: it reads
what the database says about itself, so that it works before and after a migration. A hash says the
same of the same rows on SQLite and on PostgreSQL.
"""

import datetime
import decimal
import graphlib
import hashlib
import json
import sqlite3
from contextlib import closing

from peewee import SQL, Entity, NodeList, SqliteDatabase, Table, chunked
from playhouse.migrations import Runner

from audit.log import on_sqlite
from ops import numbering

HISTORY = "schema_migration"  # which migrations were run: each database keeps its own
FEW = 200  # rows held at a time


def table_names(database):
    """The names of all tables, but those of the engine itself."""
    found = set(database.get_tables()) - {HISTORY}
    return sorted(name for name in found if not name.startswith("sqlite_"))


def tables(database):
    """The names of all tables, each after those that it points at."""
    names = table_names(database)
    points_at = {
        n: {key.dest_table for key in database.get_foreign_keys(n)} & {*names} - {n} for n in names
    }
    return list(graphlib.TopologicalSorter(points_at).static_order())


def applied(database):
    """The names of the migrations that were run on a database, in order."""
    return sorted(Runner(database).applied())


def rows(database, table, names):
    """The rows of a table as tuples of the named columns, by id, a few at a time."""
    source, last = Table(table).bind(database), 0
    wanted = (
        source.select(source.c.id, *(getattr(source.c, n) for n in names))
        .order_by(source.c.id)
        .limit(FEW)
    )
    while few := list(wanted.where(source.c.id > last).tuples()):
        last = few[-1][0]
        yield from (row[1:] for row in few)


def columns(database, table):
    """The columns of a table by name, each with its kind."""
    return {c.name: c.data_type.lower() for c in sorted(database.get_columns(table))}


def canonical(value):
    """A value as both engines say it: 2.50 is 2.5, true is 1, a date is its text."""
    if value is None:
        return None
    if isinstance(value, int | float | decimal.Decimal):
        return "n" + format(decimal.Decimal(str(+value)).normalize(), "f")
    return "b" + bytes(value).hex() if isinstance(value, bytes | memoryview) else "t" + str(value)


def fingerprint(database, table):
    """How many rows a table has, and the SHA-256 of all that stands in them."""
    total, code = 0, hashlib.sha256()
    for row in rows(database, table, list(columns(database, table))):
        code.update(json.dumps([canonical(v) for v in row]).encode() + b"\n")
        total += 1
    return [total, code.hexdigest()]


def fingerprints(database):
    """The fingerprint of every table."""
    return {name: fingerprint(database, name) for name in table_names(database)}


def adapt(value, kind):
    """A value as a column of this kind takes it on either engine."""
    if value is None:
        return None
    if kind == "boolean":
        return bool(value)
    return str(value) if isinstance(value, decimal.Decimal | datetime.date) else value


def copy_tables(source, target):
    """Copy every row into the empty tables of a database with the same migrations, and let its
    numbering go on where it was.
    """
    given = numbering.highest_numbers(source, table_names(source))
    for table in tables(source):
        kinds = columns(target, table)
        into = Table(table).bind(target)
        for few in chunked(rows(source, table, list(kinds)), FEW):
            into.insert(
                [tuple(map(adapt, row, kinds.values())) for row in few],
                columns=[getattr(into.c, n) for n in kinds],
            ).execute()
        top = into.select(into.c.id).order_by(into.c.id.desc()).limit(1).scalar(target)
        given[table] = max(given[table], top or 0)
    numbering.raise_numbers(target, given)


def build(database, names, folder):
    """Run these migrations on an empty database."""
    if names:
        Runner(database, str(folder)).up(names[-1])
        numbering.never_reuse(database)


def snapshot(database, path, migrations):
    """Copy the whole database into a new SQLite file, as it stands at one moment, while others go
    on writing.

    SQLite by its online backup; PostgreSQL by reading all tables in one REPEATABLE READ
    transaction. `migrations`: their folder.
    """
    if on_sqlite(database):
        with (
            closing(sqlite3.connect(database.database)) as live,
            closing(sqlite3.connect(path)) as copy,
        ):
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = delete")
        return
    copy = SqliteDatabase(str(path))
    with copy.connection_context(), database.connection_context(), database.atomic():
        database.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        build(copy, applied(database), migrations)
        with copy.atomic():
            copy_tables(database, copy)


def load(database, path, migrations):
    """Make the database again what it was when the snapshot at `path` was taken."""
    if on_sqlite(database):
        with (
            closing(sqlite3.connect(path)) as copy,
            closing(sqlite3.connect(database.database, timeout=30)) as live,
        ):
            copy.backup(live)
        return
    copy = SqliteDatabase(str(path))
    with copy.connection_context(), database.connection_context(), database.atomic():
        for table in [*reversed(tables(database)), HISTORY]:
            database.execute(NodeList((SQL("DROP TABLE IF EXISTS"), Entity(table), SQL("CASCADE"))))
        build(database, applied(copy), migrations)
        copy_tables(copy, database)


def integrity_errors(path):
    """What SQLite finds wrong in a database file, in sentences."""
    with closing(sqlite3.connect(path)) as copy:
        found = [
            f"SQLite says: {line}"
            for (line,) in copy.execute("PRAGMA integrity_check")
            if line != "ok"
        ]
        return found + [
            f"A row of {row[0]} points at a row of {row[2]} that is not there."
            for row in copy.execute("PRAGMA foreign_key_check")
        ]
