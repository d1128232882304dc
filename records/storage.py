"""What a file or a database says when it cannot be written, and when files were last changed.

Come here to change what counts as a full disk or a busy database. It imports nothing of ours.
"""

import errno
import pathlib
import sqlite3

# Codes of SQLite, of PostgreSQL, of the system.
FULL_OR_READ_ONLY = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    "53100",
    "25006",
    errno.ENOSPC,
    errno.EROFS,
    errno.EDQUOT,
    errno.EFBIG,
}
# Of SQLite; of PostgreSQL: no lock, deadlock.
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, "55P03", "40P01"}


def cannot_write(fault):
    """Whether an exception, or one it came from, means a full or read-only disk."""
    return any(code in FULL_OR_READ_ONLY for code in error_codes(fault))


def is_busy(fault):
    """Whether an exception, or one it came from, means that another writer took too long."""
    return any(code in BUSY for code in error_codes(fault))


def error_codes(fault):
    """The codes of the driver or the system, of an exception and of those it came from."""
    while fault is not None:
        cause = getattr(fault, "orig", None) or fault
        if isinstance(cause, OSError):
            yield cause.errno
        elif hasattr(cause, "sqlite_errorcode"):
            yield cause.sqlite_errorcode & 255  # without the extended part
        else:
            yield getattr(cause, "pgcode", None)
        fault = fault.__cause__ or fault.__context__


def change_times(folder):
    """[(path, moment of the last change in seconds since 1970)] of what is in a folder.

    A file that is removed meanwhile is left out.
    """
    found = []
    for path in pathlib.Path(folder).iterdir():
        try:
            found.append((path, path.stat().st_mtime))
        except FileNotFoundError:
            continue
    return found
