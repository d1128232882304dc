"""The database: opened, brought up to date, its migrations written. Come here to change how the
portal connects, or the settings of SQLite.
"""

import re

from peewee import SqliteDatabase, fn
from playhouse import db_url
from playhouse.migrations import Runner, template
from playhouse.schema_diff import diff_models

import config
import models
from audit import log as audit_log
from ops import backup, numbering
from ops.backup import CannotDo
from pathway import tasks

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "busy_timeout": 1000 * audit_log.LONGEST_WAIT,
    "trusted_schema": 0,
    "secure_delete": 1,
}


def configure(folder=None):
    """Make the data folder and its keys where they are missing, and work on it from now on."""
    folder = folder or config.data_dir()
    config.make_folder(folder)
    backup.set_folder(folder)
    audit_log.use_key(config.key_file(folder, "audit.key").encode())


def open_database(url=None):
    """Point the models at what DATABASE_URL names, or SQLite in the data folder; make nothing."""
    url = url or config.database_url()
    if url and not url.startswith("sqlite"):
        database = db_url.connect(url, autoconnect=False)
    else:
        path = url.removeprefix("sqlite:///") if url else config.data_dir() / "portal.db"
        database = SqliteDatabase(
            str(path),
            pragmas=PRAGMAS,
            lock_type="IMMEDIATE",
            timeout=audit_log.LONGEST_WAIT,
            autoconnect=False,
        )
    audit_log.db.initialize(database)
    return database


def migrate(database, folder=config.MIGRATIONS):
    """Bring the tables up to date; gives the names of the migrations that were run."""
    with database.connection_context():
        done = Runner(database, str(folder)).up()
        if not diff_models(database, [audit_log.AuditEntry]):
            audit_log.install_triggers()
            keep_numbers(database)
        if not diff_models(database, [models.Setting, models.HomeTask, models.TaskBasis]):
            with audit_log.acting_as("Set-up"):
                models.Setting.of_school().fill_up()
        if not diff_models(database, models.every_table()):
            models.PupilWord.fill_up()
            models.Pupil.fill_sort_keys()
            with audit_log.acting_as("Set-up"):
                models.Programme.fill_up()
            tasks.refresh()
        return done


def keep_numbers(database):
    """Give no number twice, not even one that only the audit log knows of."""
    numbering.never_reuse(database)
    tables = {kind.__name__: kind._meta.table_name for kind in models.every()}
    entry = audit_log.AuditEntry
    highest = fn.MAX(entry.record_id)
    told = entry.select(entry.record, highest).where(entry.record.in_(list(tables)))
    highest = {}
    for kind, number in told.group_by(entry.record).tuples():
        highest[tables[kind]] = number or 0
    numbering.raise_numbers(database, highest)


# what peewee leaves to do of a new table: the indexes that are added after its class was made
BY_HAND = re.compile(r"# TODO: ([a-z_]+): index \1_([a-z_]+) must be added by hand")


def make_migration(database, name):
    """Write and run the migration for what is new in models.py; its path, or None.

    Raises CannotDo when a question was renamed or taken out: that would lose answers.
    """
    migrate(database)
    with database.connection_context():
        diff = diff_models(database, models.every_table())
        if diff.drop_columns:
            lost = ", ".join(f"{table}.{column}" for table, column in diff.drop_columns)
            raise CannotDo(
                f"These answers would be lost: {lost}. Put the line back, under “No longer asked”."
            )
        if not diff:
            return None
        path = Runner(database, str(config.MIGRATIONS)).create(name, body=migration_body(diff))
    migrate(database)
    return path


def migration_body(diff):
    """The text of a migration, without `down`: nothing is taken back."""
    lines = []
    indexes = []
    for line in template(diff).partition("\n\n\ndef down(")[0].splitlines():
        by_hand = BY_HAND.fullmatch(line)
        if by_hand:
            table, column = by_hand.groups()
            indexes.append(f'    migrator.migrate(migrator.add_index("{table}", ("{column}",)))')
        # defaults that are made by Python need no remark
        elif not (line.startswith("# TODO") and "default <function" in line):
            lines.append(line)
    lines += indexes
    return "\n".join(lines) + "\n"
