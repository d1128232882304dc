"""Who looked at whom: a view notes the records that it shows, and one hook writes them to the audit
trail when the answer was a success.

Come here to change what counts as a look, or what happens when it cannot be written down.
"""

import logging

from flask import g, request
from flask_login import current_user
from peewee import PeeweeException

import models
from audit import log as audit_log
from records import storage

log = logging.getLogger("portal.looks")


def log_access(records, act=""):
    """Note that this answer shows these records; `act` is one of READ_ACTIONS, else it is a view, a
    print or a file by what is sent.
    """
    looks = g.setdefault("looks", {})
    for record in records:
        pupil = record.pupil_key() if record.id else None
        # in lists and spreadsheets one row for each child
        if pupil:
            key = (
                None
                if act in ("listed", "export") and not isinstance(record, models.Pupil)
                else record.id
            )
            looks[act, type(record).__name__, key, pupil] = True


def write_accesses(response):
    """Write down the looks of this answer; a page is only refused for want of its row when there is
    room to write.
    """
    looks = g.pop("looks", {})
    if looks and (response.status_code < 300 or response.status_code in (409, 422)):
        write_reads(
            [(act or act_of(response), record, key, pupil, "") for act, record, key, pupil in looks]
        )
    return response


def act_of(response):
    """What sort of look at one record an answer is."""
    taken = response.headers.get("Content-Disposition", "").startswith("attachment")
    return "file" if taken else "print" if response.mimetype == "application/pdf" else "view"


def audit_refusal():
    """Write down that the signed-in person was not let in at the address of a record."""
    cls = KINDS.get((request.endpoint or "").partition(".")[0])
    if cls and current_user.is_authenticated:
        key = (request.view_args or {}).get("key")
        record = (
            cls.get_or_none(cls.id == key) if isinstance(key, int) and 0 < key < 2**31 else None
        )
        write_reads(
            [
                (
                    "refused",
                    cls.__name__,
                    key if record else None,
                    record.pupil_key() if record else None,
                    "",
                )
            ]
        )


def write_reads(looks):
    """Write looks to the audit trail; when the disk is full or read-only, a line in the log stands
    for them and reading goes on.
    """
    try:
        audit_log.audit_accesses(looks)
    except PeeweeException as fault:
        if not storage.cannot_write(fault):
            raise
        log.error(
            "%s looks were not written down: nothing can be written to the database", len(looks)
        )


KINDS = {
    **{c.slug(): c for c in models.every()},
    "concerns-list": models.Placement,
    "sen-list": models.Placement,
}
