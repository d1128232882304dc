"""Come here to change how rows are numbered. Drafts, the audit log and printed addresses know a row
by its number: given again, it would show one child's words with another's. SQLite gives a removed
last number again without AUTOINCREMENT (https://www.sqlite.org/autoinc.html); PostgreSQL does not.
"""

from peewee import SQL, Entity, NodeList
from playhouse.migrate import SchemaMigrator

from audit.log import on_sqlite

PLAIN = '"id" INTEGER NOT NULL PRIMARY KEY,'  # as peewee makes a table on SQLite
COUNTED = '"id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,'
SKIPPED = 100_000  # numbers: more than a school writes between two backups


def reusing_tables(database):
    """The tables that would give a number twice: {name: its SQL}; with triggers they only grow."""
    if not on_sqlite(database):
        return {}
    found = database.execute_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND instr(sql, ?) AND name NOT IN"
        " (SELECT tbl_name FROM sqlite_master WHERE type = 'trigger') ORDER BY name",
        (PLAIN,),
    )
    return dict(found.fetchall())


def never_reuse(database):
    """Rebuild the tables that would give a number twice; all of them or none."""
    tables = reusing_tables(database)
    if not tables:
        return
    with SchemaMigrator.from_database(database).migration_context():  # no foreign keys meanwhile
        for table, made in tables.items():
            rebuild(database, table, made.replace(PLAIN, COUNTED, 1))


def rebuild(database, table, made):
    """Make a table anew: https://www.sqlite.org/lang_altertable.html#otheralter"""
    indexes = database.execute_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
        (table,),
    ).fetchall()
    old = Entity(table)
    fresh = Entity(f"{table}__fresh")
    made = made.replace(f'"{table}"', f'"{table}__fresh"', 1)
    database.execute_sql(made)
    for statement in (
        (SQL("INSERT INTO"), fresh, SQL("SELECT * FROM"), old),
        (SQL("DROP TABLE"), old),
        (SQL("ALTER TABLE"), fresh, SQL("RENAME TO"), old),
    ):
        database.execute(NodeList(statement))
    for (index,) in indexes:
        database.execute_sql(index)


def highest_numbers(database, tables):
    """The highest number that each table has ever given: {name: number}."""
    if on_sqlite(database):
        if not database.table_exists("sqlite_sequence"):
            return dict.fromkeys(tables, 0)
        given = dict(database.execute_sql("SELECT name, seq FROM sqlite_sequence").fetchall())
        return {table: given.get(table) or 0 for table in tables}
    found = {}
    for table in tables:
        (last,) = database.execute_sql(
            "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)",
            (f'"{table}"',),
        ).fetchone()
        found[table] = last or 0
    return found


def raise_numbers(database, wanted):
    """Let each table go on after at least this number: {name: number}."""
    given = highest_numbers(database, wanted)
    for table, number in wanted.items():
        if number <= given[table]:
            continue
        if on_sqlite(database):
            database.execute_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            database.execute_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, number))
        else:
            database.execute_sql(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (f'"{table}"', number)
            )


def skip_ahead(database, tables):
    """After a restore: go on far after what may have been given since the backup."""
    given = highest_numbers(database, tables)
    raise_numbers(database, {table: number + SKIPPED for table, number in given.items()})
