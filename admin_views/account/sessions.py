"""Where people are signed in: a row of UserSession for each browser. The cookie holds a random
token, the row only its hash.

Come here to change how long a sign-in lasts, what counts as a click, or how a browser is named.
Nothing here knows a page.
"""

from contextlib import suppress
from datetime import timedelta

from flask import request
from peewee import OperationalError

from admin_views.account.passwords import sha256_hex
from admin_views.home import settings_now
from audit.log import now
from people import UserSession, new_token

# sent by the page itself: no clicks
QUIET = {"POST /help/day/", "POST /pupil/look-up/", "POST /draft/", "GET /account/stay"}
# that the clock may be put right by without ending anybody's sign-in
AHEAD = timedelta(minutes=5)
NOTED_EVERY = timedelta(minutes=1)  # a click is written down at most so often
MOST_PLACES = 50  # of one person; the one used longest ago ends
# so long a row that ran out still tells whose typing arrives late
LEFT_OPEN = timedelta(days=7)
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    # the first that fits
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "Chromebook"),
    ("Android", "Android"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def start(user, address="", agent=""):
    """Sign a person in at one more place, and sweep out old rows; returns the token that its cookie
    must hold.
    """
    UserSession.delete().where(UserSession.seen_at < now() - LEFT_OPEN).execute()
    token = new_token()
    UserSession.create(
        key=sha256_hex(token), user=user, place=address or "", device=device_name(agent)
    )
    newest = (
        user.places.select(UserSession.id)
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
        .limit(MOST_PLACES)
    )
    UserSession.delete().where(
        UserSession.user == user, UserSession.id.not_in([row.id for row in newest])
    ).execute()
    return token


def by_token(token):
    """The row of a token, or None; it may have run out."""
    return UserSession.get_or_none(UserSession.key == sha256_hex(token)) if token else None


def of_user(user):
    """The places where a person is signed in, last used first."""
    return [
        row
        for row in user.places.order_by(UserSession.seen_at.desc(), UserSession.id.desc())
        if is_valid(row)
    ]


def ends_at(row):
    """When a sign-in runs out for want of a click, and when in any case (UTC)."""
    idle, hours = settings_now().idle_minutes or 15, settings_now().day_hours or 8
    return row.seen_at + timedelta(minutes=max(3, float(idle))), row.began_at + timedelta(
        hours=max(1, float(hours))
    )


def is_valid(row):
    """Whether a sign-in has not run out. One from the future has: the clock was wrong, and it would
    last until then.
    """
    if row.seen_at > now() + AHEAD:
        return False
    return now() < min(ends_at(row))


def time_left(row):
    """What the page must know to warn in time: the seconds left, and whether it is the day that
    ends.
    """
    idle, day = ends_at(row)
    return {"left": int((min(idle, day) - now()).total_seconds()), "day": day <= idle}


def touch(row):
    """Note that the person clicked; a full disk must not keep anybody from reading."""
    if f"{request.method} {request.path}" not in QUIET and now() - row.seen_at >= NOTED_EVERY:
        row.seen_at = now()
        with suppress(OperationalError):
            row.save(only=[UserSession.seen_at])


def device_name(agent):
    """A browser in plain words, such as “Firefox on Windows”, from what it says about itself."""
    browser, system = (
        next((words for mark, words in table if mark in agent), "") for table in (BROWSERS, SYSTEMS)
    )
    return f"{browser or 'A browser'} on {system}" if system else browser or "An unknown browser"
