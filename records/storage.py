"""What a file or a database says when it cannot be written; files as they were kept, and when they
were last changed.

Come here to change what counts as a full disk or a busy database. It imports nothing of ours.
"""

import errno
import hashlib
import pathlib
import sqlite3

# Codes of SQLite, of the system, of PostgreSQL.
FULL_OR_READ_ONLY = {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN),
    *(errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG),
    *("53100", "25006"),
}
# Of SQLite; of PostgreSQL: no lock, deadlock.
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, "55P03", "40P01"}


def cannot_write(fault):
    return not FULL_OR_READ_ONLY.isdisjoint(_error_codes(fault))


def is_busy(fault):
    return not BUSY.isdisjoint(_error_codes(fault))


def _error_codes(fault):
    # of an exception and of those it came from
    while fault is not None:
        cause = getattr(fault, "orig", None) or fault
        if isinstance(cause, OSError):
            yield cause.errno
        elif hasattr(cause, "sqlite_errorcode"):
            yield cause.sqlite_errorcode & 255  # without the extended part
        else:
            yield getattr(cause, "pgcode", None)
        fault = fault.__cause__ or fault.__context__


def read_kept(path, sha256):
    """The bytes of a file that was kept with this SHA-256; None when it is missing or changed."""
    data = path.read_bytes() if path.is_file() else b""
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def change_times(folder):
    """[(path, seconds since 1970 of the last change)] of what is still in a folder."""
    found = []
    for path in pathlib.Path(folder).iterdir():
        try:
            found.append((path, path.stat().st_mtime))
        except FileNotFoundError:
            continue
    return found
