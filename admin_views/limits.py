"""How much somebody may send: looked at before anything reads it, at every address of the portal.

Come here to change a limit (the table LIMITS) or how many pages one person may ask for at once.
The limits are for the machine's sake; how long an answer may be is said in `models.py`.
"""

import io
import logging
import threading
from collections import Counter
from dataclasses import dataclass

import flask
from flask import abort, current_app, g, request
from flask_login import current_user
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, TooManyRequests
from werkzeug.formparser import FormDataParser

from records.unicode_text import cut_runs

log = logging.getLogger("portal.limits")
# answered without asking who it is; healthz opens the database itself
WITHOUT_DATABASE = ("static", "healthz")
KILO = 1024
MEGA = 1024 * 1024
URL_ENCODED = "application/x-www-form-urlencoded"
FORM_TYPES = ("", URL_ENCODED, "multipart/form-data")  # the portal reads forms and nothing else
LONGEST_PATH = 500  # of an address
LONGEST_QUERY = 4_000  # after its question mark
LONGEST_TYPE = 200  # of the header Content-Type, which names the boundary of the parts
LONGEST_NAME = 200  # of the name of a box
RETRY_AFTER = 2  # seconds
# requests that one person, or one address where nobody is signed in, has under way
AT_ONCE = 4


@dataclass(frozen=True)
class Limit:
    """What one request may hold, and the sentence for who sends more."""

    bytes: int
    fields: int
    field_bytes: int  # also of a URL-encoded form: it takes thirty times its length to read
    words: str


LESS = "This page takes far less than was sent. Go back and send only what it asks for."
SIGN_IN = Limit(16 * KILO, 50, 16 * KILO, LESS)
PAGE = Limit(64 * KILO, 500, 64 * KILO, LESS)
FORM = Limit(
    4 * MEGA,
    10_000,
    2 * MEGA,
    "One form takes about a million letters. Go back: what was kept while you typed is in its"
    " boxes. Shorten the longest answer, or keep it as a document, and save again.",
)
FILE = Limit(
    12 * MEGA,
    10_000,
    2 * MEGA,
    "A file may have at most 10 MB. Go back, save it smaller or in parts, and choose it again.",
)

# where more (or less) than PAGE may come in: an endpoint, its blueprint, or its screen
LIMITS = {
    "import.index": FILE,
    "import-measures.index": FILE,
    "setting.new": FILE,
    "setting.edit": FILE,
    "document.new": FILE,
    "document.edit": FILE,
    "draft.keep_typing": FORM,
    "prints.start": FORM,  # a box for each child of a register
    "review-week.index": FORM,
    "account": SIGN_IN,
    "keeping": FORM,
    "new": FORM,
    "edit": FORM,
    "move": FORM,
    "chart": FORM,
}


def add_limits(app):
    """Add the limits, after the line that names who is signed in, before a form is read."""
    app.request_class = Request
    app.config.setdefault("AT_ONCE", AT_ONCE)
    app.before_request(_refuse_large)
    app.before_request(_take_turn)
    app.teardown_request(_end_turn)


# --- how much
def limit_of_request():
    endpoint = request.endpoint or ""
    if endpoint in WITHOUT_DATABASE or not _is_known():
        return SIGN_IN
    blueprint, _, screen = endpoint.rpartition(".")
    found = LIMITS.get(endpoint) or LIMITS.get(blueprint)
    return found or LIMITS.get(screen, PAGE)


def _is_known():
    """Whether somebody is signed in, or was until lately: what they send is kept as a draft."""
    place = g.get("user_session")
    return current_user.is_authenticated or bool(place and place.user.active)


def _refuse_large():
    limit = limit_of_request()
    request.max_content_length = limit.bytes
    request.max_form_parts = limit.fields
    request.max_form_memory_size = limit.field_bytes
    if len(request.path) > LONGEST_PATH or len(request.query_string) > LONGEST_QUERY:
        abort(414)
    if (request.content_length or 0) > limit.bytes:
        abort(413)
    too_long = len(request.headers.get("Content-Type", "")) > LONGEST_TYPE
    if too_long or request.mimetype not in FORM_TYPES:
        abort(415)


class FormParser(FormDataParser):
    """Reads a form. Raises RequestEntityTooLarge for too many boxes or too long ones."""

    def parse(self, stream, mimetype, content_length, options=None):
        """What is URL-encoded is made in one go, so it is counted before."""
        if mimetype == URL_ENCODED:
            body = stream.read()
            if len(body) > self.max_form_memory_size or body.count(b"&") >= self.max_form_parts:
                raise RequestEntityTooLarge
            stream = io.BytesIO(body)
        stream, form, files = super().parse(stream, mimetype, content_length, options)
        boxes = []
        for name, value in form.items(multi=True):
            if name is None:
                raise BadRequest("A part of the form has no name.")
            if len(name) > LONGEST_NAME or len(value) > self.max_form_memory_size:
                raise RequestEntityTooLarge
            boxes.append((name, cut_runs(value)))
        return stream, self.cls(boxes), files


class Request(flask.Request):
    """A request whose form is read within limits."""

    form_data_parser_class = FormParser


# --- how many at once
_under_way = Counter()  # by person or address
_told = set()  # who was refused since they last had nothing under way: one line in the log each
_counting = threading.Lock()


def _take_turn():
    if request.endpoint in WITHOUT_DATABASE:
        return
    who = f"address {request.remote_addr}"
    if current_user.is_authenticated:
        who = f"person {current_user.id}"
    with _counting:
        if _under_way[who] >= current_app.config["AT_ONCE"]:
            if who not in _told:
                log.warning("too many requests at once")
            _told.add(who)
            raise TooManyRequests(retry_after=RETRY_AFTER)
        _under_way[who] += 1
    g.turn = who


def _end_turn(_):
    who = g.pop("turn", None)
    if who is None:
        return
    with _counting:
        _under_way[who] -= 1
        if not _under_way[who]:
            del _under_way[who]
            _told.discard(who)
