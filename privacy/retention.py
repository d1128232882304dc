"""Retention: which records are due to be erased, which must be sent on, which requests are open.

Come here to change when a record is due. How long records are kept is on the Settings screen;
nothing is ever erased by itself.
"""

import datetime
from dataclasses import dataclass

from models import Disclosure, Placement, Pupil
from pathway import clock
from records.dates import today

TRANSFER = Disclosure.kind == "transfer"


@dataclass(frozen=True)
class Due:
    """A record that the school no longer needs to keep, since when, and why."""

    pupil: Pupil
    since: datetime.date
    why: str


def on_sen_support():
    stages = Placement.stage.in_(("S2", "S3", "E"))
    rows = Placement.select(Placement.pupil).where(~Placement.void, stages)
    return set(rows.scalars())


def keep_until(pupil, settings, sen):
    # by date of birth; `sen` is from on_sen_support
    years = settings.keep_concern_years
    if pupil.id in sen:
        years = settings.keep_sen_years
    if not pupil.dob or years is None:
        return datetime.date.max
    return clock.add_months(pupil.dob, int(years * 12))


def sent_on(pupils=None):
    # {pupil id: newest date}
    pairs = of_pupils(pupils, Disclosure.pupil, Disclosure.given_on).order_by(Disclosure.given_on)
    return dict(pairs.where(TRANSFER, Disclosure.given_on.is_null(False)).tuples())


def of_pupils(pupils, *columns):
    """Requests about the pupils of these numbers; about all when none are given."""
    asked = Disclosure.select(*columns)
    if pupils is None:
        return asked
    return asked.where(Disclosure.pupil.in_(pupils))


def may_be_due(settings, on):
    """The pupils among whom are all that are due: old enough, or gone; the others are not read."""
    which = Pupil.left_on.is_null(False)
    kept = [settings.keep_concern_years, settings.keep_sen_years]
    years = [number for number in kept if number is not None]
    if years:
        # some days more: a month has 28 to 31
        born = clock.add_months(on, -int(min(years) * 12)) + datetime.timedelta(4)
        which |= Pupil.dob <= born
    return Pupil.select().where(Pupil.erased_on.is_null(), which)


def due(settings, on=None):
    """The records that may be erased, oldest first: [Due, ...]."""
    on = on or today()
    sen = on_sen_support()
    sent = sent_on()
    found = []
    for pupil in may_be_due(settings, on):
        since = keep_until(pupil, settings, sen)
        why = "It was kept as long as the Settings say."
        if pupil.left_on and pupil.id in sent:
            after = sent[pupil.id] + datetime.timedelta(int(settings.purge_days))
            if after < since:
                since = after
                why = "It was sent to the next school."
        if since <= on:
            found.append(Due(pupil, since, why))
    return sorted(found, key=lambda one: (one.since, one.pupil.id))


def due_lines(settings):
    """The list of `due` for the technician: numbers alone, for a date tells a birthday."""
    lines = []
    for number in sorted(one.pupil.id for one in due(settings)):
        lines.append(f"Record {number}")
    return [
        *lines,
        f"Records that are due: {len(lines)}. The SENCO and the head see them under School, Data"
        " requests and retention; nothing is erased by itself.",
    ]


def to_send(settings, pupils=None):
    """Leavers whose record has not gone on yet: [(pupil, the day it is due, request or None)]; of
    the pupils of these numbers, or of all.
    """
    sent = sent_on(pupils)
    begun = {}
    for row in of_pupils(pupils).where(TRANSFER, Disclosure.given_on.is_null()):
        begun[row.pupil_id] = row
    leavers = Pupil.select().where(Pupil.left_on.is_null(False), Pupil.erased_on.is_null())
    if pupils is not None:
        leavers = leavers.where(Pupil.id.in_(pupils))
    found = []
    for pupil in leavers.order_by(Pupil.left_on):
        if sent.get(pupil.id, datetime.date.min) < pupil.left_on:
            day = clock.school_days_after(pupil.left_on, 15, settings)
            found.append((pupil, day, begun.get(pupil.id)))
    return found


def open_requests(settings, pupils=None):
    # [(request, the day it is due or None)]; transfers are told by `to_send`
    other = Disclosure.kind.is_null() | (Disclosure.kind != "transfer")
    asked = of_pupils(pupils).where(Disclosure.given_on.is_null(), other)
    found = [(request, clock.request_due(request, settings)) for request in asked]
    never = datetime.date.max
    return sorted(found, key=lambda row: (row[1] or never, row[0].id))


def gone_from_backups(erased_on, settings):
    # of each day one backup is kept
    return erased_on + datetime.timedelta(int(settings.backups_kept) + 1)
