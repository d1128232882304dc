"""The review before it is held: its days, who is asked to come, and the invitations; and the recap
for the family afterwards.

Come here to change which days are offered or who is. The words of both letters are Settings.
"""

import datetime
from dataclasses import dataclass

from models import AGENCY_STATUS, Agency, Consent, Letter, Meeting, MeetingPerson, Review
from pathway import clock, letters
from people import User, class_key
from records.dates import say_day
from records.questions import TEACHER, fault
from records.unicode_text import folded_words

KINDS = {
    "S1": "Record of Concern review",
    "S2": "My Plan review",
    "S3": "My Plan+ review",
    "E": "Annual review",
}
DAYS_OFFERED = 8
DECISION = datetime.timedelta(weeks=4)  # of the local authority, after an annual review
# SEND Regulations 2014, reg. 20: two weeks' notice of an annual review
NOTICE = datetime.timedelta(weeks=2)
OVERDUE = datetime.timedelta(weeks=3)  # within which a review is planned that is late already
CHILD = " (the child)"
NOT_ASKED = ("Considered", "Discharged", "Refused")


@dataclass(frozen=True)
class Guest:
    """Somebody who can be asked to a review."""

    who: str
    agency: str = ""  # then a consent to the invitation is needed


# --- when
def days_between(ctx):
    """The first and the last day on which this cycle's review is planned without a reason."""
    first = max(ctx.clock.opens, ctx.on)
    last = ctx.clock.closes
    if ctx.stage == "E":
        first = max(first, ctx.on + NOTICE)
        last -= DECISION
    if last < first:
        last = first + OVERDUE
    return first, last


def days_offered(ctx):
    """The first school days on which the review can be."""
    first, last = days_between(ctx)
    found = []
    for number in range((last - first).days + 1):
        day = first + datetime.timedelta(number)
        if clock.is_school_day(day, ctx.settings):
            found.append(day)
    return found[:DAYS_OFFERED]


def day_fault(ctx, day):
    """Why the review cannot be planned for a day, as a sentence; None when it can."""
    if day is None:
        return "Choose a day, or type another one."
    if day < ctx.on:
        return f"{say_day(day)} is over. A review that was held is written as the review itself."
    if ctx.stage == "E" and day < ctx.on + NOTICE:
        first = say_day(ctx.on + NOTICE)
        return f"An annual review is announced two weeks before; choose a day from {first} on."
    if not clock.is_school_day(day, ctx.settings):
        return f"{say_day(day)} is not a school day; choose another day."
    return fault(Meeting.on, day)


def window_fault(ctx, day):
    """That a day is outside the review window, as a sentence that asks why; None inside it."""
    first, last = days_between(ctx)
    if day > last > ctx.clock.closes:
        due = say_day(ctx.clock.closes)
        return f"The review was due by {due}. Plan it by {say_day(last)}, or say why it is later."
    if not first <= day <= last:
        return (
            f"{say_day(day)} is outside the review window, {say_day(first)} to {say_day(last)};"
            " say why, or choose a day in it."
        )


# --- who
def guests(ctx):
    """Who can be asked: family, child, class teacher, agencies: [Guest, ...]."""
    pupil = ctx.pupil
    found = []
    for contact in pupil.contacts:
        if letters.may_get_letters(contact):
            role = f" ({contact.relationship})" if contact.relationship else ""
            found.append(Guest(f"{contact.name}{role}"))
    found.append(Guest(f"{pupil.called}{CHILD}"))
    if pupil.class_key:
        for teacher in User.select().where(User.role == TEACHER, User.account == "on"):
            if pupil.class_key in map(class_key, teacher.class_names()):
                found.append(Guest(f"{teacher.name} (class teacher)"))
    asked = [one for one in AGENCY_STATUS if one not in NOT_ASKED]
    for agency in ctx.written(Agency):
        if agency.state in asked and agency.agency:
            person = f" ({agency.professional})" if agency.professional else ""
            found.append(Guest(f"{agency.agency}{person}", agency.agency))
    return list(dict.fromkeys(found))


def guest_fault(ctx, guest, day):
    """Why somebody may not be asked, as a sentence; None when they may."""
    if not guest.agency:
        return None
    for consent in ctx.written(Consent):
        same = folded_words(consent.to_whom or "") == folded_words(guest.agency)
        if same and consent.purpose == "Invite to a meeting" and consent.holds(day):
            return None
    return (
        f"{guest.agency} may be invited once there is a consent to “Invite to a meeting” there."
        " Write it down first, or leave the agency out."
    )


# --- planned
def plan_review(ctx, day, names, at=None, place=None, lead=None, outside_why=None):
    """Plan this cycle's review, or plan it anew: its meeting, and an invitation for each household;
    the meeting.
    """
    meeting = ctx.planned or Meeting(
        pupil=ctx.pupil,
        placement=ctx.placement,
        kind=KINDS[ctx.stage],
        agenda="\n".join(Review.label_of(name) for name in Review.names_under("aspects")),
    )
    # of the same day the reason stays, even when what is late may be held later by now
    if meeting.on != day and not window_fault(ctx, day):
        outside_why = None
    meeting.outside_why = outside_why
    meeting.on = day
    meeting.at = at
    meeting.place = place
    meeting.lead = lead
    meeting.save()
    there = [person.who for person in meeting.rows("people")]
    for name in names:
        if name not in there:
            MeetingPerson(meeting=meeting, who=name, invited_on=ctx.on).save()
    withdraw_invitations(meeting)
    invite(ctx, meeting)
    if ctx.stage == "E" and ctx.case:
        year = ctx.case.coming_year()
        year.planned_on = day
        year.save()
    return meeting


def invite(ctx, meeting):
    words = letters.placeholders(ctx.pupil, ctx.settings, meeting.on, "", meeting.on)
    words["meeting"] = "the annual review of the EHC plan" if ctx.stage == "E" else "the review"
    words["when"] = " at ".join(filter(None, (say_day(meeting.on), meeting.at)))
    words["place"] = meeting.place or ""
    words["lead"] = meeting.lead or ""
    words["people"] = ", ".join(person.who.removesuffix(CHILD) for person in meeting.rows("people"))
    kept = {"dated": ctx.on, "placement": ctx.placement, "meeting": meeting}
    letters.write("letter_invitation", ctx, words, {}, Letter.save, **kept)


def withdraw_invitations(meeting):
    for letter in Letter.unsent().where(Letter.meeting == meeting):
        letter.void = True
        letter.save()


# --- afterwards
def note_held(placement, held):
    """The review of a cycle was held: the planned meeting was on that day, and nobody is invited to
    it any more.
    """
    planned = Meeting.select().where(Meeting.placement == placement)
    meeting = planned.order_by(Meeting.id.desc()).first()
    if meeting is None:
        return
    if meeting.on != held:
        meeting.on = held
        meeting.save()
    withdraw_invitations(meeting)


def write_recap(ctx, fresh, next_review, make):
    """Write the family what was agreed at the review, and how far each outcome came."""
    review = ctx.review
    words = letters.placeholders(ctx.pupil, ctx.settings, review.happened_on, "", next_review)
    words["held"] = say_day(review.happened_on)
    words["outcomes"] = "\n".join(map(say_rating, review.rows("ratings")))
    words["next_steps"] = review.next_steps or ""
    if "\n" in words["next_steps"]:
        words["next_steps"] = "\n" + words["next_steps"]
    kept = {"dated": ctx.answers["on"], "placement": fresh}
    letters.write("letter_recap", ctx, words, {}, make, **kept)


def say_rating(row):
    for name, asked in row.questions():
        if asked.ask.pebbles:
            return f"{row}: {row.answer(name)}"
