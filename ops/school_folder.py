"""Come here to change what keeps a command or a start away from a data folder: whose it is, whether
a school is in it, whether its database is the right one. Nothing is written into it but the note
that its records were moved to PostgreSQL.
"""

import os
from pathlib import Path

from peewee import PeeweeException

from audit.log import now, on_sqlite
from ops import db_dump
from ops.backup import CannotDo

try:
    import pwd
except ImportError:  # Windows
    pwd = None

MOVED = "moved-to-postgresql.txt"
# what only a school that has run leaves behind, besides its database
MARKS = (
    ("backup.key", "the key of its backups"),
    ("anchors.txt", "the anchors of its audit trail"),
    ("backups/portal-*.age", "backups"),
    ("files/*", "files of documents"),
    ("drills/*", "certificates of drills"),
)


class Unusable(CannotDo):
    """Nothing may be done with this data folder as it is; the text names the cure."""

    exit_code = 2


# --- whose the folder is
def owner_of(path):
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"


def refuse_stranger(folder, command):
    """Refuse others than the owner, who could not write what they leave in the folder."""
    if pwd is None or not folder.exists() or folder.stat().st_uid == os.geteuid():
        return
    owner = owner_of(folder)
    raise Unusable(
        f"{folder} belongs to the user {owner}. Nothing was done. As that user:"
        f" sudo -u {owner} ./portal {command}"
    )


# --- whether a school is in it
def has_tables(database):
    """Whether a database has the tables of a school; one that cannot be read counts as having."""
    if on_sqlite(database):
        path = Path(database.database)
        if not path.is_file() or not path.stat().st_size:
            return False
    try:
        with database.connection_context():
            return "setting" in database.get_tables()
    except PeeweeException:
        return True


def refuse_moved(folder, database):
    note = folder / MOVED
    if on_sqlite(database) and note.exists():
        raise Unusable(note.read_text("utf-8").strip())


def note_move(folder, where):
    """Write down that the records are in PostgreSQL; `where`: without a password."""
    note = folder / MOVED
    note.write_text(
        f"The records of {folder} were moved to PostgreSQL ({where}) on {now():%d/%m/%Y}; portal.db"
        " is what they were then. Put the line DATABASE_URL=... that the move printed into"
        f" portal.env. To go on with portal.db, and lose what came since, delete {note}.\n",
        "utf-8",
    )


def refuse_empty(folder, database):
    """Refuse a folder without a school: only `run` makes one."""
    refuse_lost(folder, database)
    if has_tables(database):
        return
    missing = "there is no such folder"
    if folder.exists():
        missing = "it has no portal.db"
    if not on_sqlite(database):
        missing = "the database that DATABASE_URL names is empty"
    raise Unusable(
        f"There is no school in {folder}: {missing}. Nothing was made. DATA_DIR in portal.env names"
        " the school's folder; ./portal run makes a new school."
    )


def refuse_lost(folder, database):
    """Refuse a folder whose school has lost its database, or a database without its key."""
    if has_tables(database):
        refuse_without_key(folder, database)
        return
    found = [words for pattern, words in MARKS if any(folder.glob(pattern))]
    if not found:
        return
    marks = ", ".join(found)
    if not on_sqlite(database):
        raise Unusable(
            f"{folder} has {marks}, but the database that DATABASE_URL names is empty. Name the"
            " school's own, or bring a backup into it (docs/technician.md, “PostgreSQL”). A new"
            " school needs another folder."
        )
    raise Unusable(
        f"{folder} has {marks}, but its database portal.db is gone. Bring it back: ./portal"
        " restore. A new school needs another DATA_DIR in portal.env."
    )


def refuse_without_key(folder, database):
    """Refuse an audit log whose key is not in the folder: a new key would not fit."""
    if (folder / "audit.key").exists() or not is_chained(database):
        return
    raise Unusable(
        f"{folder} has no audit.key, and the audit trail was written with one. Is DATA_DIR right"
        " for this database? Then bring the key back: ./portal restore, or copy it from a backup"
        " opened with age (docs/technician.md, “Backups”)."
    )


def is_chained(database):
    """Whether the audit log was written with a key."""
    newest = "SELECT link FROM audit_entry ORDER BY id DESC LIMIT 1"
    try:
        with database.connection_context():
            if "link" not in db_dump.columns(database, "audit_entry"):
                return False
            row = database.execute_sql(newest).fetchone()
            return bool(row and row[0])
    except PeeweeException:
        return False
