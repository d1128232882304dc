"""A whole database: copied at one moment, hashed, moved to another engine. Come here to change how
it is copied or compared. Nothing here knows a record by name: it works before and after a
migration. A hash is the same for the same rows on SQLite and PostgreSQL.
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

from audit.log import LONGEST_WAIT, on_sqlite
from config import MIGRATIONS
from ops import numbering

HISTORY = "schema_migration"  # which migrations were run: each database keeps its own
ROWS_AT_ONCE = 200


def table_names(database):
    names = set(database.get_tables()) - {HISTORY}
    return sorted(name for name in names if not name.startswith("sqlite_"))


def tables_in_order(database):
    """The names of the tables, each after those that it points at."""
    names = table_names(database)
    sorter = graphlib.TopologicalSorter()
    for name in names:
        targets = {key.dest_table for key in database.get_foreign_keys(name)}
        sorter.add(name, *targets.intersection(names) - {name})
    return list(sorter.static_order())


def applied(database):
    return sorted(Runner(database).applied())


def rows(database, table, names):
    """The rows of a table as tuples of these columns, by id, a few at a time."""
    source = Table(table).bind(database)
    wanted = [getattr(source.c, name) for name in names]
    query = source.select(source.c.id, *wanted).order_by(source.c.id)
    query = query.limit(ROWS_AT_ONCE)
    last = 0
    while some := list(query.where(source.c.id > last).tuples()):
        last = some[-1][0]
        for row in some:
            yield row[1:]


def columns(database, table):
    return {c.name: c.data_type.lower() for c in sorted(database.get_columns(table))}


def canonical(value):
    """A value as text that is the same from both engines: 2.50 is 2.5, true is 1."""
    if value is None:
        return None
    if isinstance(value, int | float | decimal.Decimal):
        return "n" + format(decimal.Decimal(str(+value)).normalize(), "f")
    if isinstance(value, bytes | memoryview):
        return "b" + bytes(value).hex()
    return "t" + str(value)


def fingerprint(database, table):
    """How many rows a table has, and the SHA-256 of all that stands in them."""
    total = 0
    digest = hashlib.sha256()
    for row in rows(database, table, list(columns(database, table))):
        line = json.dumps(list(map(canonical, row)))
        digest.update(line.encode() + b"\n")
        total += 1
    return [total, digest.hexdigest()]


def fingerprints(database):
    return {name: fingerprint(database, name) for name in table_names(database)}


def adapt(value, kind):
    if value is None:
        return None
    if kind == "boolean":
        return bool(value)
    if isinstance(value, decimal.Decimal | datetime.date):
        return str(value)
    return value


def copy_tables(source, target):
    """Copy every row into the empty tables of a database, whose numbering goes on where it was."""
    given = numbering.highest_numbers(source, table_names(source))
    for table in tables_in_order(source):
        kinds = columns(target, table)
        into = Table(table).bind(target)
        names = [getattr(into.c, name) for name in kinds]
        for some in chunked(rows(source, table, list(kinds)), ROWS_AT_ONCE):
            adapted = [tuple(map(adapt, row, kinds.values())) for row in some]
            into.insert(adapted, columns=names).execute()
        newest = into.select(into.c.id).order_by(into.c.id.desc())
        top = newest.limit(1).scalar(target)
        given[table] = max(given[table], top or 0)
    numbering.raise_numbers(target, given)


def build_tables(database, names):
    if names:
        Runner(database, str(MIGRATIONS)).up(names[-1])
        numbering.never_reuse(database)


def snapshot(database, path):
    """Copy the database of one moment into a new SQLite file, while others go on writing."""
    if on_sqlite(database):
        copy_file(database.database, path)
        with closing(sqlite3.connect(path)) as copy:
            copy.execute("PRAGMA journal_mode = delete")  # one file, without a journal beside it
        return
    copy = SqliteDatabase(str(path))
    with copy.connection_context(), database.connection_context(), database.atomic():
        database.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        build_tables(copy, applied(database))
        with copy.atomic():
            copy_tables(database, copy)


def load(database, path):
    """Make the database again what it was when the snapshot at `path` was taken."""
    if on_sqlite(database):
        copy_file(path, database.database)
        return
    copy = SqliteDatabase(str(path))
    with copy.connection_context(), database.connection_context(), database.atomic():
        for table in [*reversed(tables_in_order(database)), HISTORY]:
            database.execute(NodeList((SQL("DROP TABLE IF EXISTS"), Entity(table), SQL("CASCADE"))))
        build_tables(database, applied(copy))
        copy_tables(copy, database)


def copy_file(source, target):
    live = sqlite3.connect(source)
    copy = sqlite3.connect(target, timeout=LONGEST_WAIT)
    with closing(live), closing(copy):
        live.backup(copy)


def integrity_errors(path):
    with closing(sqlite3.connect(path)) as copy:
        found = []
        for (line,) in copy.execute("PRAGMA integrity_check"):
            if line != "ok":
                found.append(f"SQLite says: {line}")
        for row in copy.execute("PRAGMA foreign_key_check"):
            found.append(f"A row of {row[0]} points at a row of {row[2]} that is not there.")
    return found
