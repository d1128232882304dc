"""Backups of a school of 420 pupils while 4 people write: online backup against a plain copy of the
file, a drill, a restore.

`.venv/bin/python tests/soak/backups.py` prints one line for each figure; it fails when a backup is
not complete and sound, or a drill fails.
"""

import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
TIMES = 15
WRITERS = 4


def command(folder, *words):
    """A command of the portal on a data folder: seconds, and what it printed; stops the run when it
    fails.
    """
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(ROOT / "commands.py"), *words],
        env={**os.environ, "DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"FAILED: {' '.join(words)}: {done.stdout}{done.stderr}")
    return time.monotonic() - began, done.stdout


def write(path, stop, done):
    """Write pairs of rows, each pair in one transaction, in both of two tables that are far apart
    in the file.
    """
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as database:
        while not stop.is_set():
            token = os.urandom(8).hex()
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO one (token, words) VALUES (?, ?)", (token, "x" * 2000))
            database.execute("INSERT INTO other (token) VALUES (?)", (token,))
            database.execute("COMMIT")
            done.append(token)


def sound(path, least):
    """Whether a copy is whole: every row that was acknowledged before the copy began, each with its
    other half, and no damage.
    """
    try:
        with closing(sqlite3.connect(path)) as copy:
            fine = copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            one, other = (
                {t for (t,) in copy.execute(f"SELECT token FROM {name}")}
                for name in ("one", "other")
            )
        return fine and one == other and set(least) <= one
    except sqlite3.DatabaseError:
        return False


def compare(folder):
    """How many of 15 plain copies, and of 15 online backups, are complete and sound while people
    write.
    """
    from peewee import SqliteDatabase

    from ops import db_dump

    live, good, stop, done = folder / "portal.db", {"plain": 0, "online": 0}, threading.Event(), []
    with closing(sqlite3.connect(live)) as first:
        first.execute("PRAGMA journal_mode = wal")
        first.executescript(
            "CREATE TABLE one (id integer primary key, token, words); CREATE TABLE other (id"
            " integer primary key, token);"
        )
    writers = [threading.Thread(target=write, args=(live, stop, done)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        for number in range(TIMES):
            for way in good:
                time.sleep(0.2)
                least, copy = list(done), folder / f"{way}-{number}.db"
                if way == "plain":
                    shutil.copyfile(live, copy)
                else:
                    db_dump.snapshot(SqliteDatabase(str(live)), copy, None)
                good[way] += sound(copy, least)
                copy.unlink()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    with closing(sqlite3.connect(live)) as last:
        last.executescript("DROP TABLE one; DROP TABLE other;")
    return good, len(done)


def main():
    """Every figure, one a line."""
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="soak-backups-")
    folder = pathlib.Path(os.environ["DATA_DIR"])
    import commands
    from ops import database as ops_database

    ops_database.configure()
    database = ops_database.open_database()
    ops_database.migrate(database)
    commands.demo_sign_ins(database, folder / "sign-ins.txt")
    good, rows = compare(folder)
    print(
        f"copies under writes ({rows} pairs written): plain file copy {good['plain']} of {TIMES}"
        f" complete and sound, online backup {good['online']} of {TIMES}"
    )
    seconds, said = command(folder, "backup")
    size = pathlib.Path(said.split()[-1]).stat().st_size
    print(
        f"backup of the demo school: {seconds:.1f} s, database"
        f" {(folder / 'portal.db').stat().st_size / 1e6:.1f} MB, set {size / 1e6:.1f} MB"
    )
    seconds, said = command(folder, "drill")
    print(
        f"drill: {seconds:.1f} s, {said.split()[-1]};"
        f" {next(line for line in said.splitlines() if line.startswith('Database'))}"
    )
    seconds, said = command(
        folder, "restore", "--to", str(folder / "elsewhere"), "--key", str(folder / "backup.key")
    )
    print(
        f"restore into a new folder: {seconds:.1f} s; {said.splitlines()[0].rpartition('/')[0]}/..."
    )
    shutil.rmtree(folder)
    return 0 if good["online"] == TIMES else 1


if __name__ == "__main__":
    sys.exit(main())
