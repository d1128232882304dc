"""The access log: a view notes the records that it shows, one hook writes them to the audit log.

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
KINDS = {
    **{cls.slug(): cls for cls in models.every()},
    "concerns-list": models.Placement,
    "sen-list": models.Placement,
}


def log_access(records, act=""):
    """Note that this answer shows these records; `act` is one of READ_ACTIONS."""
    accesses = g.setdefault("accesses", {})
    for record in records:
        pupil = record.pupil_key() if record.id else None
        number = record.id
        # lists and spreadsheets have one row for each child
        if act in ("listed", "export") and not isinstance(record, models.Pupil):
            number = None
        if pupil is not None:
            accesses[act, type(record).__name__, number, pupil] = True


def write_accesses(response):
    """The hook after each answer: write what `log_access` noted."""
    accesses = g.pop("accesses", {})
    if accesses and (response.status_code < 300 or response.status_code in (409, 422)):
        write_reads([(act or action_of(response), *about, "") for act, *about in accesses])
    return response


def action_of(response):
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        return "file"
    if response.mimetype == "application/pdf":
        return "print"
    return "view"


def log_refusal():
    """Write down that the signed-in person was refused at the address of a record."""
    cls = KINDS.get((request.endpoint or "").partition(".")[0])
    if cls is None or not current_user.is_authenticated:
        return
    number = (request.view_args or {}).get("key")
    record = None
    about = (None, None)
    if isinstance(number, int) and 0 < number < 2**31:
        record = cls.get_or_none(cls.id == number)
    if record:
        about = number, record.pupil_key()
    write_reads([("refused", cls.__name__, *about, "")])


def write_reads(reads):
    try:
        audit_log.audit_accesses(reads)
    except PeeweeException as fault:
        if not storage.cannot_write(fault):
            raise
        # reading goes on
        log.error("%s looks were not written down: the database takes nothing", len(reads))
