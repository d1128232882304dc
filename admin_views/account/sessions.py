"""Sessions: a row for each browser in which somebody is signed in.

Come here to change what counts as a click, or how a browser is named; how long a session lasts is
on the Settings screen. The cookie holds a random token, the row only its hash.
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
QUIET |= {"GET /prints/progress"}
AHEAD = timedelta(minutes=5)  # the clock may be put right by so much
NOTED_EVERY = timedelta(minutes=1)  # a click is written down at most so often
MOST_SESSIONS = 50  # of one person; the one used longest ago ends
# a session that ran out is kept so long, to tell whose typing arrives late
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
    """Sign a person in on one more browser, sweep out old rows; the token for its cookie."""
    UserSession.delete().where(UserSession.seen_at < now() - LEFT_OPEN).execute()
    token = new_token()
    device = device_name(agent)
    UserSession.create(key=sha256_hex(token), user=user, place=address or "", device=device)
    newest = [row.id for row in last_used_first(user).limit(MOST_SESSIONS)]
    older = UserSession.id.not_in(newest)
    UserSession.delete().where(UserSession.user == user, older).execute()
    return token


def last_used_first(user):
    newest = (UserSession.seen_at.desc(), UserSession.id.desc())
    return UserSession.select().where(UserSession.user == user).order_by(*newest)


def by_token(token):
    return UserSession.get_or_none(UserSession.key == sha256_hex(token or ""))


def of_user(user):
    return [row for row in last_used_first(user) if is_valid(row)]


def ends_at(row):
    """When a session runs out for want of a click, and when in any case (UTC)."""
    settings = settings_now()
    minutes = max(3, float(settings.idle_minutes or 15))
    hours = max(1, float(settings.day_hours or 8))
    idle = row.seen_at + timedelta(minutes=minutes)
    return idle, row.began_at + timedelta(hours=hours)


def is_valid(row):
    # one from the future would last until then: the clock was wrong
    return row.seen_at <= now() + AHEAD and now() < min(ends_at(row))


def time_left(row):
    idle, day = ends_at(row)
    return {"left": int((min(idle, day) - now()).total_seconds()), "day": day <= idle}


def touch(row):
    if f"{request.method} {request.path}" in QUIET or now() - row.seen_at < NOTED_EVERY:
        return
    row.seen_at = now()
    # a full disk must not keep anybody from reading
    with suppress(OperationalError):
        row.save(only=[UserSession.seen_at])


def device_name(agent):
    browser = first_match(BROWSERS, agent)
    system = first_match(SYSTEMS, agent)
    if system:
        return f"{browser or 'A browser'} on {system}"
    return browser or "An unknown browser"


def first_match(table, agent):
    for mark, words in table:
        if mark in agent:
            return words
    return ""
