"""The audit log: who did what to which record, and who saw which child. Rows are only added.

Come here to change what an audit row holds, or how the chain is made and checked. Each row carries
`entry_hash`: a keyed hash over itself and the one before it, with a key that is kept outside the
database. Words that may name a child stand in it only as `content_hash`, so that they can be
blanked when a record is erased by law. Triggers refuse every other change. An `Anchor` kept
elsewhere shows a cut.
"""

import contextvars
import datetime
import hashlib
import hmac
import itertools
import json
import logging
import os
import pathlib
import uuid
from collections import defaultdict
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

from audit.actions import ACTIONS, LOGGED, READ_ACTIONS

log = logging.getLogger("portal.audit")
db = DatabaseProxy()
ONE_WRITER = 5_208_113  # the number of PostgreSQL's advisory lock
WORDS = ("before", "after", "reason")  # what may name a child
STAMP = "%Y-%m-%dT%H:%M:%SZ"  # of an anchor: UTC, ISO 8601
LONGEST_WAIT = 10  # seconds that a writer waits for another one, on both engines
NO_CHANGE = (*READ_ACTIONS, "refused")
_key = None
_as_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


def now():
    """This moment in UTC, to the second, without a zone: every stamp."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0, tzinfo=None)


def on_sqlite(database=db):
    return isinstance(getattr(database, "obj", database), SqliteDatabase)


_changed = contextvars.ContextVar("changed", default=None)  # audit rows of this transaction
_listeners = []


def before_commit(listener):
    """A decorator: the outermost transaction calls this with its audit rows (dicts) of changes."""
    _listeners.append(listener)
    return listener


@contextmanager
def transaction():
    """All or nothing, one writer at a time."""
    with db.atomic() as everything:  # on SQLite BEGIN IMMEDIATE
        if _changed.get() is not None:
            yield everything
            return
        if not on_sqlite():
            wait_and_lock = "SET LOCAL lock_timeout = %s; SELECT pg_advisory_xact_lock(%s)"
            db.execute_sql(wait_and_lock, (f"{LONGEST_WAIT}s", ONE_WRITER))
        outermost = _changed.set([])
        try:
            yield everything
            if _changed.get():
                for listener in _listeners:
                    listener(_changed.get())
        finally:
            _changed.reset(outermost)


def use_key(key):
    global _key
    _key = key


def keyed_hash(*parts):
    """HMAC-SHA256 of some values, in hexadecimal; raises RuntimeError when no key was set."""
    if not _key:
        raise RuntimeError("Set the key of the audit trail first: use_key(...).")
    return hmac.digest(_key, _as_json(parts).encode(), hashlib.sha256).hex()


# --- who is doing this
@dataclass
class Actor:
    """Who is acting; `request` ties together all rows of one press of a button."""

    name: str
    user: int | None = None
    role: str = ""
    request: str = default(default_factory=lambda: uuid.uuid4().hex[:12])


_acting = contextvars.ContextVar("acting", default=None)


@contextmanager
def acting_as(name, user=None, role=""):
    token = _acting.set(Actor(name, user, role))
    try:
        yield _acting.get()
    finally:
        _acting.reset(token)


def actor():
    return _acting.get()


def _actor():
    if actor() is None:
        raise RuntimeError("Wrap the change in `with acting_as(name):`, to say who made it.")
    return actor()


# --- rows
class AuditEntry(Model):
    """One answer that changed, or one look at a child's record: who, when, what it was and is."""

    at = DateTimeField(default=now, index=True)
    who = CharField()
    user_id = IntegerField(null=True)
    request = CharField()
    act = CharField()  # of audit/actions.py, or the name of a move
    record = CharField()
    record_id = IntegerField(null=True)
    pupil_id = IntegerField(null=True)
    section = CharField(default="")
    question = CharField(default="")
    before = TextField(default="")
    after = TextField(default="")
    reason = TextField(default="")
    content_hash = CharField(default="", column_name="digest")  # of WORDS
    # of this row and the one before; empty: older than the chain
    entry_hash = CharField(default="", column_name="link")
    erased = BooleanField(default=False)  # WORDS were blanked when the child's record was erased

    class Meta:
        database = db
        legacy_table_names = False
        # a record's history; a child's, and who listed them on one day; what commands did lately
        indexes = (
            (("record", "record_id"), False),
            (("pupil_id", "at"), False),
            (("who", "at"), False),
        )

    def did(self):
        return ACTIONS.get(self.act, self.act)


COLUMNS = {name: field.column_name for name, field in AuditEntry._meta.fields.items()}
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
    "content_hash",
)


def audit(act, record, question="", before="", after="", reason=""):
    """Add one row; raises RuntimeError when nobody is named as acting."""
    audit_all(act, record, [(question, before, after, "")], reason)


# changes: (question, before, after, section) each
def audit_all(act, record, changes, reason=""):
    rows = []
    for question, before, after, section in changes:
        row = _about(act, type(record).__name__, record.id, record.pupil_key(), reason)
        row.update(question=question, before=before, after=after, section=section)
        rows.append(row)
    _append(rows)


def audit_access(act, records, reason=""):
    accesses = []
    for record in records:
        accesses.append((act, type(record).__name__, record.id, record.pupil_key(), reason))
    audit_accesses(accesses)


def audit_accesses(accesses):
    """Write down accesses, (act, record, record_id, pupil_id, reason) each."""
    # `listed` is written once for each person, kind of record, pupil and day
    listed = ()
    pupils = {access[3] for access in accesses if access[0] == "listed"}
    if pupils:
        listed = _listed_today(pupils)
    rows = []
    for act, record, record_id, pupil_id, reason in accesses:
        if act != "listed" or (record, pupil_id) not in listed:
            rows.append(_about(act, record, record_id, pupil_id, reason))
    _append(rows)


def _about(act, record, record_id, pupil_id, reason):
    return {
        "act": act,
        "record": record,
        "record_id": record_id,
        "pupil_id": pupil_id,
        "reason": reason,
        "section": "",
        "question": "",
        "before": "",
        "after": "",
    }


def _listed_today(pupils):
    # which of these pupils stand in the log as listed for this person today
    today = AuditEntry.at >= now().replace(hour=0, minute=0, second=0)
    # by number: two colleagues may have one name
    theirs = AuditEntry.user_id == _actor().user
    rows = AuditEntry.select(AuditEntry.record, AuditEntry.pupil_id)
    rows = rows.where(AuditEntry.pupil_id.in_(pupils), today, theirs, AuditEntry.act == "listed")
    return set(rows.tuples())


def _append(rows):
    who = _actor()
    if not rows:
        return
    with transaction():
        previous = _last_hash()
        at = now()
        for row in rows:
            row.update(at=at, who=who.name, user_id=who.user, request=who.request, erased=False)
            previous = _chain(previous, row)
        for some in chunked(rows, 500):
            _insert(some)
        _changed.get().extend(row for row in rows if row["act"] not in NO_CHANGE)
    for row in rows:
        if row["act"] in LOGGED:
            about = f"{row['record']} {row['record_id'] or ''}".strip()
            log.info("%s: %s", row["act"], about)


def _chain(previous, row):
    # write both hashes into a row; the hash that the next one follows
    row["content_hash"] = keyed_hash(*(row[name] for name in WORDS))
    row["entry_hash"] = hash_entry(previous, row)
    return row["entry_hash"]


def _insert(rows):
    # peewee's insert_many was a sixth of the time of saving a paper
    columns = ", ".join(f'"{COLUMNS[name]}"' for name in rows[0])
    one = "(" + ", ".join([db.param] * len(rows[0])) + ")"
    all_rows = ", ".join([one] * len(rows))
    words = f"INSERT INTO audit_entry ({columns}) VALUES {all_rows}"
    values = []
    for row in rows:
        values += row.values()
    db.execute_sql(words, values)


def _last_hash():
    # asked before every row; peewee takes ten times as long
    last = db.execute_sql("SELECT link FROM audit_entry ORDER BY id DESC LIMIT 1").fetchone()
    return last[0] if last else ""


def hash_entry(previous, row):
    return keyed_hash(previous, *(row[name] for name in CHAINED))


def made_with(record):
    """The `request` of the press that made a record, or an empty string."""
    made = AuditEntry.select(AuditEntry.request).where(
        AuditEntry.record == type(record).__name__,
        AuditEntry.record_id == record.id,
        AuditEntry.act == "add",
    )
    return made.order_by(AuditEntry.id.desc()).limit(1).scalar() or ""


# --- the chain, checked
def verify(anchors=()):
    return not_accepted(log_faults(anchors))


MOST_TOLD = 20


def not_accepted(found):
    """Of these sentences those that nobody has accepted; at most so many of them."""
    known = accepted()
    told = []
    for words in found:
        if words in known:
            continue
        if len(told) == MOST_TOLD:
            return [*told, "... and more."]
        told.append(words)
    return told


def note_accepted(found, about, reason):
    if not (reason or "").strip():
        raise ValueError("Say why it is accepted.")
    audit("accepted", about, before="\n".join(found), reason=reason.strip())


def accepted():
    found = set()
    rows = AuditEntry.select(AuditEntry.before).where(AuditEntry.act == "accepted")
    for words in rows.scalars():
        found.update(words.split("\n"))
    return found


def log_faults(anchors=(), until=None):
    """What is wrong with the audit log up to row `until`, a sentence at a time, accepted or not."""
    if not has_triggers():
        yield "The triggers that keep the audit trail are not in the database."
    anchors_at = defaultdict(list)
    for anchor in set(anchors):
        if anchor.last:
            anchors_at[anchor.last].append(anchor)
    chosen = AuditEntry.select()
    if until is not None:
        chosen = chosen.where(AuditEntry.id <= until)
    previous = ""
    count = 0
    for row in chosen.order_by(AuditEntry.id).dicts().iterator():
        yield from row_faults(previous, row)
        previous = row["entry_hash"]
        count = count + 1
        for anchor in anchors_at.pop(row["id"], ()):
            if (anchor.link, anchor.rows) != (previous, count):
                yield (
                    f"Audit row {row['id']} is not what was written down elsewhere on "
                    f"{say_anchor(anchor)}{state_of(previous, count)}."
                )
    for anchor in itertools.chain(*anchors_at.values()):
        yield (
            f"Audit row {anchor.last}, the last one when it was written down elsewhere on "
            f"{say_anchor(anchor)}, is no longer there."
        )


def row_faults(previous, row):
    """What is wrong with one row (a dict) that follows the entry_hash `previous`."""
    words = [row[name] for name in WORDS]
    if row["entry_hash"] != hash_entry(previous, row):
        state = state_of(previous, *(row[name] for name in CHAINED), row["entry_hash"])
        yield (
            f"Audit row {row['id']} does not follow from the row before it: "
            f"a row was changed, moved, added or taken out{state}."
        )
    if not row["erased"] and row["content_hash"] != keyed_hash(*words):
        yield f"The words of audit row {row['id']} were changed{state_of(*words)}."
    if row["erased"] and any(words):
        yield f"Audit row {row['id']} has words, though it says they were erased{state_of(*words)}."


def state_of(*parts):
    # who accepts a fault accepts no later change with it
    return f" (state {keyed_hash(*parts)[:8]})"


# --- anchors
@dataclass(frozen=True)
class Anchor:
    """How far the chain had come at a moment: kept elsewhere, it shows a cut."""

    at: str  # UTC, ISO 8601
    rows: int
    last: int  # id of the last row
    link: str  # its entry_hash, under the name that it has in every file of anchors


def head(database=None):
    # named in each query: the model is shared by all threads
    rows = AuditEntry.select().bind(database or db)
    last = rows.order_by(AuditEntry.id.desc()).first()
    at = f"{now():{STAMP}}"
    if last is None:
        return Anchor(at, 0, 0, "")
    return Anchor(at, rows.count(), last.id, last.entry_hash)


def moment_of(anchor):
    return datetime.datetime.strptime(anchor.at, STAMP).replace(tzinfo=datetime.UTC)


def say_anchor(anchor):
    at = moment_of(anchor)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def write_anchor(path):
    """Add the anchor of this moment to a file, once a day (UTC); whether one was written."""
    today = f"{now():%Y-%m-%d}"
    for known in read_anchors(path):
        if known.at.startswith(today):
            return False
    anchor = head()
    if not anchor.last:
        return False
    write_anchors(path, [anchor])
    return True


def write_anchors(path, anchors):
    """Add anchors to a file, one JSON line each, and wait until they are on the disk."""
    with open(path, "a", encoding="utf-8", opener=lambda p, how: os.open(p, how, 0o600)) as out:
        for anchor in anchors:
            # first the line break: the line before may have been cut off
            out.write(f"\n{json.dumps(asdict(anchor))}")
        out.flush()
        os.fsync(out.fileno())


def read_anchors(path):
    path = pathlib.Path(path)
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines()
    return list(filter(None, map(anchor_of, lines)))


def anchor_of(said):
    """The anchor in a line of JSON, or in a dict; None when it is none."""
    try:
        if isinstance(said, str):
            said = json.loads(said)
        anchor = Anchor(**said)
        say_anchor(anchor)
    except (TypeError, ValueError):
        return None
    return anchor


# --- rows are only added
SAME_COLUMNS = [COLUMNS[name] for name in ("id", *CHAINED, "entry_hash")]
BLANKED = " AND ".join(f"NEW.{name} = ''" for name in WORDS)
SAME = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in SAME_COLUMNS)
SAME_ON_POSTGRES = SAME.replace(" IS OLD.", " IS NOT DISTINCT FROM OLD.")
SQLITE_TRIGGERS = (
    """CREATE TRIGGER IF NOT EXISTS audit_entry_stays BEFORE DELETE ON audit_entry
       BEGIN SELECT RAISE(ABORT, 'The audit trail only grows.'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS audit_entry_keeps BEFORE UPDATE ON audit_entry
       WHEN NOT (NEW.erased AND {BLANKED} AND {SAME})
       BEGIN SELECT RAISE(ABORT, 'The audit trail only grows.'); END""",
)
POSTGRES_TRIGGERS = (
    f"""CREATE OR REPLACE FUNCTION audit_entry_guard() RETURNS trigger AS $$ BEGIN
       IF TG_OP = 'UPDATE' THEN
         IF NEW.erased AND {BLANKED} AND {SAME_ON_POSTGRES} THEN RETURN NEW; END IF;
       END IF;
       RAISE EXCEPTION 'The audit trail only grows.'; END $$ LANGUAGE plpgsql""",
    "DROP TRIGGER IF EXISTS audit_entry_stays ON audit_entry",
    """CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry
       FOR EACH ROW EXECUTE FUNCTION audit_entry_guard()""",
    "DROP TRIGGER IF EXISTS audit_entry_whole ON audit_entry",
    """CREATE TRIGGER audit_entry_whole BEFORE TRUNCATE ON audit_entry
       FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_guard()""",
)


def has_triggers():
    wanted = {"audit_entry_stays", "audit_entry_whole"}
    catalogue = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    if on_sqlite():
        wanted = {"audit_entry_stays", "audit_entry_keeps"}
        catalogue = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    return wanted.issubset(name for (name,) in db.execute_sql(catalogue))


def install_triggers():
    """Put the triggers in place; chain the rows of a version that had no chain."""
    if has_triggers():
        return
    chained = _last_hash()
    if chained:
        log.error("The audit triggers were not in the database and were put back: run verify.")
    with transaction():
        if not chained:
            _chain_all()
        for statement in SQLITE_TRIGGERS if on_sqlite() else POSTGRES_TRIGGERS:
            db.execute_sql(statement)


def _chain_all():
    previous = ""
    for row in list(AuditEntry.select().order_by(AuditEntry.id).dicts()):
        previous = _chain(previous, row)
        hashes = {name: row[name] for name in ("content_hash", "entry_hash")}
        AuditEntry.update(hashes).where(AuditEntry.id == row["id"]).execute()
