"""The audit trail: who did what to which record, and who saw which child. Rows are only ever added,
and each is chained to the one before.

Come here to change what an audit row holds, how the chain is made and checked, or how two writers
keep out of each other's way. Each row carries `link`: a keyed code (HMAC-SHA256) over itself and
the link before it, with a key that is kept outside the database. Words that may name a child stand
in the code only as `digest`, so that they can be blanked when a child's record is erased by law,
and the chain still holds. Triggers refuse every other change of a row. `verify` checks it all; an
`Anchor` kept elsewhere shows a cut. What the trail says about a child or a sealed paper is read in
`audit/verify.py`.
"""

import contextvars
import datetime
import errno
import hashlib
import hmac
import json
import logging
import os
import pathlib
import sqlite3
import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from dataclasses import field as default

from peewee import (
    BooleanField,
    CharField,
    DatabaseProxy,
    DateTimeField,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
    chunked,
)

log = logging.getLogger("portal.audit")
db = DatabaseProxy()
ONE_WRITER = 5_208_113  # the number of PostgreSQL's advisory lock
SEEN = ("view", "print", "export", "file", "found", "listed")  # the acts of reading
WORDS = ("before", "after", "reason")  # what may name a child
# acts that are a line of the log, too
LOGGED = ("refused", "refused sign-in")
UNWRITABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    "53100",
    "25006",
    # of SQLite, of PostgreSQL, of the system
    errno.ENOSPC,
    errno.EROFS,
    errno.EDQUOT,
    errno.EFBIG,
}
STAMP = "%Y-%m-%dT%H:%M:%SZ"  # of an anchor: UTC, ISO 8601
# of SQLite; of PostgreSQL: no lock, deadlock
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, "55P03", "40P01"}
LONGEST_WAIT = 10  # seconds that a writer waits for another one, on both engines
_key = None
_as_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


def now():
    """This moment in UTC, to the second, without a zone: how every stamp is kept."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0, tzinfo=None)


def actor():
    """The Actor on whose behalf this runs, or None."""
    return _acting.get()


def use_key(key):
    """Set the key of the chain (bytes); it is kept in the data folder and in every backup, never in
    the database.
    """
    global _key
    _key = key


def code_of(*parts):
    """The keyed code of some values, in hexadecimal; raises RuntimeError when no key was set."""
    if not _key:
        raise RuntimeError("Set the key of the audit trail first: trail.use_key(...).")
    return hmac.digest(_key, _as_json(parts).encode(), hashlib.sha256).hex()


@contextmanager
def together():
    """All or nothing, one writer at a time: SQLite by BEGIN IMMEDIATE, PostgreSQL by an advisory
    lock.
    """
    with db.atomic() as everything:
        if not on_sqlite():
            wait = f"{LONGEST_WAIT}s"
            db.execute_sql("SELECT set_config('lock_timeout', %s, true)", (wait,))
            db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (ONE_WRITER,))
        yield everything


def cannot_write(fault):
    """Whether an exception, or one that it came from, means that nothing can be written: the disk
    is full, or read-only.
    """
    return any(code in UNWRITABLE for code in _codes(fault))


def is_busy(fault):
    """Whether an exception, or one that it came from, means that somebody else was writing for too
    long.
    """
    return any(code in BUSY for code in _codes(fault))


def _codes(fault):
    """What the driver or the system said of an exception and of those that it came from, as
    codes.
    """
    while fault is not None:
        cause = getattr(fault, "orig", None) or fault
        if isinstance(cause, OSError):
            yield cause.errno
        else:
            yield getattr(cause, "sqlite_errorcode", 0) & 255 or getattr(cause, "pgcode", None)
        fault = fault.__cause__ or fault.__context__


def stamps(folder):
    """The files and folders in a folder with the moment of their last change (seconds since 1970):
    [(path, moment)]; one that goes meanwhile is left out.
    """
    found = []
    for path in pathlib.Path(folder).iterdir():
        try:
            found.append((path, path.stat().st_mtime))
        except FileNotFoundError:
            continue
    return found


def on_sqlite(database=None):
    """Whether the records, or those of another database, are in an SQLite file."""
    return isinstance(database or db.obj, SqliteDatabase)


# --- who is doing this
@dataclass
class Actor:
    """Who is acting, for the audit trail; `request` ties together all rows of one press of a
    button.
    """

    name: str
    user: int | None = None
    role: str = ""
    request: str = default(default_factory=lambda: uuid.uuid4().hex[:12])


_acting = contextvars.ContextVar("acting", default=None)


@contextmanager
def acting(name, user=None, role=""):
    """Within this block, every change is recorded as made by `name`."""
    token = _acting.set(Actor(name, user, role))
    try:
        yield _acting.get()
    finally:
        _acting.reset(token)


class AuditEntry(Model):
    """One answer that changed, or one look at a child's record: who, when, what it was and what it
    is. Rows are only ever added.
    """

    at = DateTimeField(default=now, index=True)
    who = CharField()
    user_id = IntegerField(null=True)
    request = CharField()
    act = CharField()
    record = CharField()
    record_id = IntegerField(null=True)
    pupil_id = IntegerField(null=True, index=True)
    section = CharField(default="")
    question = CharField(default="")
    before = TextField(default="")
    after = TextField(default="")
    reason = TextField(default="")
    digest = CharField(default="")  # keyed code of WORDS
    # keyed code of this row and the link before; empty: written before there was a chain
    link = CharField(default="")
    erased = BooleanField(default=False)  # WORDS were blanked when the child's record was erased

    class Meta:
        database = db
        legacy_table_names = False
        indexes = ((("record", "record_id"), False),)


CHAINED = (
    "at",
    "who",
    "user_id",
    "request",
    "act",
    "record",
    "record_id",
    "pupil_id",
    "section",
    "question",
    "digest",
)


def audit(act, record, question="", before="", after="", reason="", section=""):
    """Add one row to the audit trail; raises RuntimeError when nobody is named as acting."""
    audit_all(act, record, [(question, before, after, section)], reason)


def audit_all(act, record, changes, reason=""):
    """Add a row for each (question, before, after, section) of one record."""
    about = {
        "act": act,
        "record": type(record).__name__,
        "record_id": record.id,
        "pupil_id": record.pupil_key(),
        "reason": reason,
    }
    _append(
        [{**about, "question": q, "before": b, "after": a, "section": s} for q, b, a, s in changes]
    )


def made_with(record):
    """The press of a button that made a record: its code in the audit trail; empty when the trail
    does not tell.
    """
    made = AuditEntry.select(AuditEntry.request).where(
        AuditEntry.record == type(record).__name__,
        AuditEntry.record_id == record.id,
        AuditEntry.act == "add",
    )
    return made.order_by(AuditEntry.id.desc()).limit(1).scalar() or ""


def saw(act, records, reason=""):
    """Write down that the person acting saw these records (one row each); `act` is one of SEEN."""
    saw_all([(act, type(r).__name__, r.id, r.pupil_key(), reason) for r in records])


def saw_all(looks):
    """Write down looks at children, (act, record, record_id, pupil_id, reason) each; `listed` once
    for each person, record, pupil and day.
    """
    known = _listed_today() if any(look[0] == "listed" for look in looks) else ()
    heads = ("act", "record", "record_id", "pupil_id", "reason")
    _append(
        [
            {**dict(zip(heads, look)), "section": "", "question": "", "before": "", "after": ""}
            for look in looks
            if look[0] != "listed" or (look[1], look[3]) not in known
        ]
    )


def _listed_today():
    """What the person acting saw in lists today: {(record, pupil), ...}. By their number: two
    colleagues may have one name.
    """
    user = _actor().user
    rows = AuditEntry.select(AuditEntry.record, AuditEntry.pupil_id).where(
        AuditEntry.at >= now().replace(hour=0, minute=0, second=0),
        AuditEntry.act == "listed",
        AuditEntry.user_id.is_null() if user is None else AuditEntry.user_id == user,
    )
    return set(rows.tuples())


def _actor():
    if _acting.get() is None:
        raise RuntimeError(
            "Wrap the change in `with acting(name):` so that the audit trail can say who made it."
        )
    return _acting.get()


def _append(rows):
    who = _actor()
    if not rows:
        return
    with together():
        link, at = _last_link(), now()
        for row in rows:
            row |= {
                "at": at,
                "who": who.name,
                "user_id": who.user,
                "request": who.request,
                "erased": False,
            }
            row["digest"] = code_of(*(row[w] for w in WORDS))
            row["link"] = link = link_of(link, row)
        for some in chunked(rows, 500):
            _insert(some)
    for row in rows:
        if row["act"] in LOGGED:
            log.info("%s: %s", row["act"], f"{row['record']} {row['record_id'] or ''}".strip())


def _insert(rows):
    # written by hand: peewee's insert_many was a sixth of the time of saving a paper
    names = list(rows[0])
    one = "(" + ", ".join([db.param] * len(names)) + ")"
    columns = "(" + ", ".join(name.join('""') for name in names) + ")"
    # of our own names only
    words = " ".join(["INSERT INTO audit_entry", columns, "VALUES", ", ".join([one] * len(rows))])
    db.execute_sql(words, [v for r in rows for v in r.values()])


def _last_link():
    # asked before every row; peewee takes ten times as long
    last = db.execute_sql("SELECT link FROM audit_entry ORDER BY id DESC LIMIT 1").fetchone()
    return last[0] if last else ""


def link_of(before, row):
    """The link of a row (a dict of its columns) after the link `before`."""
    return code_of(before, *(row[n] for n in CHAINED))


# --- the chain, checked
@dataclass(frozen=True)
class Anchor:
    """How far the chain had come at a moment: kept outside the database, it shows that nothing was
    cut off or written anew.
    """

    at: str  # UTC, ISO 8601
    rows: int
    last: int  # id of the last row
    link: str


def head(database=None):
    """The anchor of this moment, or of another database; that one is named in each query, for the
    model is shared by all threads.
    """
    rows = AuditEntry.select().bind(database or db)
    last = rows.order_by(AuditEntry.id.desc()).first()
    at = f"{now():{STAMP}}"
    return Anchor(at, rows.count(), last.id, last.link) if last else Anchor(at, 0, 0, "")


def verify(anchors=()):
    """What is wrong with the audit trail, in sentences, but for what was accepted.

    None when every row, the chain and all anchors hold.
    """
    return not_accepted(faults(anchors))


def not_accepted(found, most=20):
    """Of these sentences those that nobody has accepted (see `accept`); at most so many of them."""
    known, told = accepted(), []
    for words in found:
        if words in known:
            continue
        if len(told) == most:
            return [*told, "... and more."]
        told.append(words)
    return told


def accept(found, about, reason):
    """Write into the trail that somebody knows of these faults; they are then not told again.

    about: the record that the row is written about. Raises ValueError without a reason.
    """
    if not (reason or "").strip():
        raise ValueError("Say why it is accepted.")
    audit("accepted", about, before="\n".join(found), reason=reason.strip())


def accepted():
    """The sentences that were accepted. A row that is forged without the key breaks the chain."""
    rows = AuditEntry.select(AuditEntry.before).where(AuditEntry.act == "accepted").tuples()
    return {line for (words,) in rows for line in words.split("\n")}


def faults(anchors=(), until=None):
    """Everything that is wrong with the audit trail, a sentence at a time, accepted or not.

    until: the number of the last row to look at; all of them without.
    """
    if not guarded():
        yield "The triggers that keep the audit trail are not in the database."
    at_row = {}
    for anchor in {a for a in anchors if a.last}:
        at_row.setdefault(anchor.last, []).append(anchor)
    link, rows = "", 0
    chosen = AuditEntry.select()
    if until is not None:
        chosen = chosen.where(AuditEntry.id <= until)
    for row in chosen.order_by(AuditEntry.id).dicts().iterator():
        yield from row_faults(link, row)
        link, rows = row["link"], rows + 1
        for anchor in at_row.pop(row["id"], ()):
            if (anchor.link, anchor.rows) != (link, rows):
                yield (
                    f"Audit row {row['id']} is not what was written down elsewhere on "
                    f"{day_of(anchor)}{state_of(link, rows)}."
                )
    for anchor in (a for some in at_row.values() for a in some):
        yield (
            f"Audit row {anchor.last}, the last one when it was written down elsewhere on "
            f"{day_of(anchor)}, is no longer there."
        )


def row_faults(before, row):
    """What is wrong with one row (a dict of its columns) after the link `before`, in sentences."""
    words = [row[w] for w in WORDS]
    if row["link"] != link_of(before, row):
        state = state_of(before, *(row[n] for n in CHAINED), row["link"])
        yield (
            f"Audit row {row['id']} does not follow from the row before it: "
            f"a row was changed, moved, added or taken out{state}."
        )
    if not row["erased"] and row["digest"] != code_of(*words):
        yield f"The words of audit row {row['id']} were changed{state_of(*words)}."
    if row["erased"] and any(words):
        yield f"Audit row {row['id']} has words, though it says they were erased{state_of(*words)}."


def state_of(*parts):
    """A short code of what is there now: who accepts a fault accepts no later change with it."""
    return f" (state {code_of(*parts)[:8]})"


def day_of(anchor):
    """The day and time of an anchor, in words: `24 Nov 2026, 10:00 UTC`."""
    at = moment_of(anchor)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def moment_of(anchor):
    """When an anchor was written, in UTC; raises ValueError when it does not say so."""
    return datetime.datetime.strptime(anchor.at, STAMP).replace(tzinfo=datetime.UTC)


def write_anchor(path):
    """Write the anchor of this moment at the end of a file, once a day (UTC); returns whether one
    was written.
    """
    mark = (
        None
        if any(known.at.startswith(f"{now():%Y-%m-%d}") for known in read_anchors(path))
        else head()
    )
    if not mark or not mark.last:
        return False
    write_anchors(path, [mark])
    return True


def write_anchors(path, marks):
    """Write anchors at the end of a file, one JSON line each, and wait until they are on
    the disk.
    """
    with open(path, "a", encoding="utf-8", opener=lambda p, how: os.open(p, how, 0o600)) as out:
        # first the line break: the line before may have been cut off
        out.writelines(f"\n{json.dumps(asdict(mark))}" for mark in marks)
        out.flush()
        os.fsync(out.fileno())


def read_anchors(path):
    """The anchors of a file that `write_anchors` wrote, as they stand there; a line that was cut
    off by a power cut is left out.
    """
    path = pathlib.Path(path)
    return [
        mark
        for mark in map(anchor_of, path.read_text("utf-8").splitlines() if path.exists() else ())
        if mark
    ]


def anchor_of(said):
    """The anchor in a line of JSON, or in a dict; None when it is none."""
    try:
        found = Anchor(**(json.loads(said) if isinstance(said, str) else said))
        day_of(found)
        return found
    except (TypeError, ValueError):
        return None


# --- rows are only added
KEPT = ("id", *CHAINED, "link")
BLANKED = " AND ".join(f"NEW.{name} = ''" for name in WORDS)
SAME = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in KEPT)
SAME_ON_POSTGRES = SAME.replace(" IS OLD.", " IS NOT DISTINCT FROM OLD.")
SQLITE_GUARDS = (
    """CREATE TRIGGER IF NOT EXISTS audit_entry_stays BEFORE DELETE ON audit_entry
       BEGIN SELECT RAISE(ABORT, 'The audit trail only grows.'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS audit_entry_keeps BEFORE UPDATE ON audit_entry
       WHEN NOT (NEW.erased AND {BLANKED} AND {SAME})
       BEGIN SELECT RAISE(ABORT, 'The audit trail only grows.'); END""",
)
POSTGRES_GUARDS = (
    f"""CREATE OR REPLACE FUNCTION audit_entry_guard() RETURNS trigger AS $$ BEGIN
       IF TG_OP = 'UPDATE' THEN
         IF NEW.erased AND {BLANKED} AND {SAME_ON_POSTGRES} THEN RETURN NEW; END IF;
       END IF;
       RAISE EXCEPTION 'The audit trail only grows.'; END $$ LANGUAGE plpgsql""",
    "DROP TRIGGER IF EXISTS audit_entry_stays ON audit_entry",
    (
        "CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW"
        " EXECUTE FUNCTION audit_entry_guard()"
    ),
    "DROP TRIGGER IF EXISTS audit_entry_whole ON audit_entry",
    (
        "CREATE TRIGGER audit_entry_whole BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE"
        " FUNCTION audit_entry_guard()"
    ),
)


def guarded():
    """Whether the triggers that keep the audit trail are in the database."""
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if on_sqlite()
        else "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    )
    return {"audit_entry_stays", "audit_entry_keeps" if on_sqlite() else "audit_entry_whole"} <= {
        n for (n,) in db.execute_sql(catalogue)
    }


def guard():
    """Chain the rows of a version that had no chain, and put the triggers in place; again does
    nothing.
    """
    if guarded():
        return
    if _last_link():
        log.error(
            "The triggers that keep the audit trail were not in the database and were put back: run"
            " the command verify."
        )
    with together():
        link = ""
        for row in (
            list(AuditEntry.select().order_by(AuditEntry.id).dicts()) if not _last_link() else ()
        ):
            row["digest"] = code_of(*(row[w] for w in WORDS))
            row["link"] = link = link_of(link, row)
            AuditEntry.update(digest=row["digest"], link=link).where(
                AuditEntry.id == row["id"]
            ).execute()
        for statement in SQLITE_GUARDS if on_sqlite() else POSTGRES_GUARDS:
            db.execute_sql(statement)
