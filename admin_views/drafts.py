"""What people type and have not saved: it is kept on the server and comes back, whatever happens;
and one press makes one thing.

Come here to change what is kept of the typing, for whom and how long. `keep` is called while
somebody types (portal.js), whenever a form could not be saved, and when a session has ended; `of`
gives it back when the form is opened again; `saved` ends it. Passwords, codes and files are never
kept here. A draft belongs to one person, one address and one child, and obeys the scope of that
child. Of one person's drafts the oldest go when there are too many.
"""

import contextlib
import datetime
import json
import re
import secrets
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from peewee import fn
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

import workflow
from admin_views import forms
from audit import access
from audit.log import now, transaction
from models import Pupil, PupilRecord, every, may
from ops import backup
from people import Draft, FormToken
from records.dates import say_moment

KEPT_FOR = datetime.timedelta(days=30)
MOST = 2_000_000  # characters of one draft
MOST_OF_PERSON = 100  # drafts of one person
MOST_IN_ALL = 20_000_000  # characters of all of them
# the screens that somebody types into
FORMS = ("new", "edit", "move", "chart", "raise_one")
NEVER = (
    "csrf_token",
    "password",
    "new_password",
    "again",
    "code",
    "token",
    "do",
    "more",
    "draft_of",
    "waits",
    "waits_name",
)
# what a form carries besides what was typed
HIDDEN = ("version", "seen", "filled", "press", "ask", "next", "shown", "confirmed")
# nothing is typed there that could be lost
NO_FORMS = ("account", "draft")
NO_SCREENS = ("", "index_view", "look_up", "day", "spreadsheet")
# boxes that are no question
OTHER_BOXES = {
    "why": "What shows it?",
    "answer": "Your answer",
    "what": "What have you seen?",
    "tried": "What have you tried?",
    "declined_why": "Who does not want it, and why?",
}
pages = Blueprint("draft", __name__, url_prefix="/draft")


class Pressed(Exception):
    """This press has made its thing already; `led_to` is the address of what it made."""

    def __init__(self, led_to):
        super().__init__("This was saved already.")
        self.led_to = led_to


def add_drafts(app):
    app.register_blueprint(pages)
    app.register_error_handler(Pressed, lambda pressed: redirect(pressed.led_to))
    app.jinja_env.globals.update(
        press_token=lambda: secrets.token_urlsafe(16),
        unsaved=lambda: of_person(current_user),
        draft_name=draft_name,
        way_to=way_to,
    )


# --- which form it is
def form_at(address):
    """The form at an address: (record class, screen, what the address says), or None."""
    parts = urlsplit(address or "")
    if parts.scheme or parts.netloc or not re.fullmatch(r"/[!-~]{0,250}", address or ""):
        return None
    try:
        endpoint, said = current_app.url_map.bind("").match(parts.path, "POST")
    except HTTPException:
        return None
    slug, _, screen = endpoint.partition(".")
    cls = next((c for c in every() if c.slug() == slug), None)
    if cls is None or screen not in FORMS:
        return None
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return cls, screen, {**query, **said}


def pupil_at(user, address, items=()):
    """The id of the pupil whom the form at an address is about, as far as it is known."""
    cls, screen, said = form_at(address)
    if cls is Pupil:
        return said.get("key")
    if not issubclass(cls, PupilRecord):
        return None
    if screen == "edit":
        return cls.select(cls.pupil).where(cls.id == said["key"]).scalar()
    key = forms.key_of(said.get("pupil", ""))
    if key:
        return key
    typed = [pair[1] for pair in items if pair[0] == "pupil"]
    found = forms.find_pupils(user, *typed[:2]) if any(typed) else []
    return found[0].id if len(found) == 1 else None


def in_reach(user, address, pupil_id):
    cls, screen, _ = form_at(address)
    if not may(user, "r" if screen in ("move", "chart") else "w", cls):
        return False
    mine = Pupil.visible_to(user).where(Pupil.id == pupil_id)
    return pupil_id is None or mine.exists()


def draft_name(draft):
    """What a draft was typed into, in words."""
    cls, screen, said = form_at(draft.form)
    what = cls.kind_name()
    if screen == "new":
        what = f"New: {what}"
    elif screen == "raise_one":
        what = "A concern"
    elif screen == "chart":
        what = "The chart's questions"
    elif screen == "move":
        move = workflow.move_at(said["slug"])
        what = move.name if move else ""
    about = None
    if draft.pupil_id:
        about = Pupil.get_or_none(Pupil.id == draft.pupil_id)
    return f"{what}, {about.name}" if about else what


def is_barred(draft):
    """Whether nothing can be saved into a draft's form as things stand: its record was agreed,
    declined or removed, or the child is on another stage.
    """
    cls, screen, said = form_at(draft.form)
    if screen == "edit":
        record = cls.get_or_none(cls.id == said["key"])
        return record is None or record.locked
    if screen not in ("move", "chart"):
        return False
    at = workflow.PupilContext(Pupil.get_by_id(draft.pupil_id), current_user)
    if screen == "chart":
        return at.review is None or at.review.locked
    move = workflow.move_at(said["slug"])
    return move is None or at.stage not in move.from_


def way_to(draft):
    """Where a draft is gone on with, or else read and thrown away: (address, what to do there)."""
    if is_barred(draft):
        words = "It cannot be saved now: copy what you need, or throw it away."
        return url_for("draft.show_draft", key=draft.id), words
    return draft.form, ""


# --- keep, give back, forget
def keep(user, address, items=None):
    """Keep `items`, or else what was sent, for the form at an address: the Draft, or None."""
    address = (address or "").rstrip("?")
    if not user.is_authenticated or not form_at(address):
        return None
    if items is None:
        items = request.form.items(multi=True)
    typed = []
    is_filled = False
    for name, value in items:
        if isinstance(value, str) and name not in NEVER:
            words = without_broken_letters(value)
            typed.append([name, words])
            is_filled |= name not in HIDDEN and bool(words.strip())
    if not is_filled:
        return None
    text = json.dumps(typed, ensure_ascii=False)
    pupil_id = pupil_at(user, address, typed)
    if len(text) > MOST or not in_reach(user, address, pupil_id):
        return None
    with transaction():
        sweep()
        # it was saved while this was on its way
        if press_of(dict(typed).get("press")):
            return None
        mine = Draft.get_or_none(Draft.user == user.id, Draft.form == address)
        mine = mine or Draft(user=user.id, form=address)
        mine.pupil_id = pupil_id
        mine.typed = text
        mine.at = now()
        mine.save()
        make_room(user, mine)
    return mine


def make_room(user, newest):
    """Forget a person's oldest drafts when there is too much; the newest stays."""
    theirs = Draft.select(Draft.id, fn.LENGTH(Draft.typed).coerce(False)).where(
        Draft.user == user.id, Draft.id != newest.id
    )
    count = 1
    letters = len(newest.typed)
    too_old = []
    for key, length in theirs.order_by(Draft.at.desc(), Draft.id.desc()).tuples():
        count += 1
        letters += length
        if count > MOST_OF_PERSON or letters > MOST_IN_ALL:
            too_old.append(key)
    if too_old:
        Draft.delete().where(Draft.id.in_(too_old)).execute()


def without_broken_letters(words):
    """What was typed, without half letters and zero bytes, which no database can hold."""
    return words.encode("utf-8", "ignore").decode().replace("\0", "")


def left_over(code):
    """What a POST that failed with this code had brought, for the error page: {"typed", "again",
    "files"}, or empty.

    It is kept as a draft too. Never fails: things have gone wrong already.
    """
    screen = (request.endpoint or ".").partition(".")[2]
    if request.method != "POST" or request.blueprint in NO_FORMS or screen in NO_SCREENS:
        return {}
    try:
        items = [
            (name, without_broken_letters(value)) for name, value in request.form.items(multi=True)
        ]
        files = files_sent()
    except HTTPException:  # too large to be read at all
        return {}
    try:
        typed = typed_words(request.full_path, items)
    # the questions themselves are broken: the words without them
    except Exception:
        typed = []
        for name, value in items:
            if name not in (*NEVER, *HIDDEN) and value.strip():
                typed.append((name, value))
    if not typed:
        return {}
    again = []
    # nobody is led to send what another site has made up
    if code >= 500 or code in (400, 401, 429) and is_from_our_page():
        again = [pair for pair in items if pair[0] != "csrf_token"]
        try:
            keep(current_user, request.full_path, items)
        # a full disk, above all: the page itself holds the typing then
        except Exception as error:
            current_app.logger.warning("A draft could not be kept: %s", type(error).__name__)
    return {"typed": typed, "again": again, "files": files}


def files_sent():
    # boxes of a file that were left empty come in too
    return list(filter(None, (sent.filename for sent in request.files.values())))


def is_from_our_page():
    origin = request.headers.get("Origin")
    same_site = request.headers.get("Sec-Fetch-Site") == "same-origin"
    return same_site or origin == request.host_url.rstrip("/")


def of(user, address):
    """This person's draft for the form at an address and its child, or None."""
    same_form = Draft.form == address.rstrip("?")
    found = Draft.get_or_none(Draft.user == user.id, same_form)
    if found is None or not may_show(user, found):
        return None
    note([found])
    return found


def of_person(user):
    """The drafts of this person, newest first, about children still within reach."""
    theirs = Draft.select().where(Draft.user == user.id, Draft.at > now() - KEPT_FOR)
    mine = [draft for draft in theirs.order_by(Draft.at.desc()) if may_show(user, draft)]
    note(mine, "listed")
    return mine


def note(found, act=""):
    keys = {draft.pupil_id for draft in found} - {None}
    if keys:
        access.log_access(Pupil.select().where(Pupil.id.in_(keys)), act)


def may_show(user, draft):
    """Whether a draft may be shown: its form is there, about the same child, within reach."""
    if not form_at(draft.form):
        return False
    about = pupil_at(user, draft.form)
    if about is not None and about != draft.pupil_id:
        return False
    return in_reach(user, draft.form, draft.pupil_id)


def typed_items(draft):
    return MultiDict(json.loads(draft.typed))


def words_of(draft):
    """What a draft holds, to read: [(label, words), ...]."""
    return typed_words(draft.form, typed_items(draft).items(multi=True))


def forget(address):
    same_form = Draft.form == address.rstrip("?")
    Draft.delete().where(Draft.user == current_user.id, same_form).execute()


def carry(old, new):
    """What was typed into a new paper belongs to the one that somebody else has begun."""
    if not of(current_user, new):
        Draft.update(form=new).where(
            Draft.user == current_user.id, Draft.form == old.rstrip("?")
        ).execute()


def sweep():
    """Forget what is older than thirty days, whatever one reading of the clock says."""
    oldest = backup.settled_now() - KEPT_FOR
    Draft.delete().where(Draft.at < oldest).execute()
    FormToken.delete().where(FormToken.at < oldest).execute()


# --- one press, once
def token_of(typed):
    if re.fullmatch(r"[\w-]{8,80}", typed or "", re.ASCII):
        return typed


def press_of(typed):
    token = token_of(typed)
    if token is None:
        return None
    return FormToken.select(FormToken.led_to).where(FormToken.token == token).scalar()


def once(token):
    """Raise Pressed when this press has made its thing; call it inside that transaction."""
    led_to = press_of(token)
    if led_to:
        raise Pressed(led_to)


@contextlib.contextmanager
def making(led_to):
    """The transaction in which a press makes what `led_to` shows, once. Raises Pressed, which leads
    there.
    """
    press = request.form.get("press")
    with transaction():
        once(press)
        yield
        saved(press, led_to)


def saved(token, led_to):
    """A form was saved, in this transaction: note its press, and forget its draft."""
    with transaction():
        if token_of(token) and not press_of(token):
            FormToken.create(token=token, led_to=led_to)
        forget(request.full_path)
        forget(led_to)


# --- what was typed, in words, for a page
def typed_words(address, items):
    """What somebody typed, to read: [(label, words), ...], without what no person typed."""
    form = form_at(address)
    cls = form[0] if form else None
    found = []
    for name, value in items:
        if not isinstance(value, str) or not value.strip():
            continue
        if name in (*NEVER, *HIDDEN) or name.endswith("row_id") or name.startswith("keep."):
            continue
        label, asked = question_of(cls, name)
        choices = dict(getattr(asked, "choices", None) or ())
        found.append((label, choices.get(value, value)))
    return found


def question_of(cls, name):
    """The label of one box, and its question where it has one."""
    group, _, rest = name.partition("-")
    number, _, inner = rest.partition("-")
    if cls and group in cls.groups() and number.isdecimal():
        asked = cls.groups()[group]._meta.fields.get(inner)
        label = getattr(asked, "verbose_name", "remove this line")
        heading = cls.markers[group].label
        return f"{heading}, line {int(number) + 1}: {label}", asked
    asked = workflow.ASKS.get(name)
    if cls and name in cls._meta.fields:
        asked = cls._meta.fields[name]
    if asked is not None and asked.verbose_name:
        return asked.verbose_name, asked
    words = re.sub("[_-]", " ", name).capitalize()
    return OTHER_BOXES.get(name, words), asked


# --- addresses
@pages.post("/")
def keep_typing():
    """Keep what stands in a form while somebody types; says when."""
    made = keep(current_user, request.form.get("draft_of"))
    if made is None:
        return {"words": ""}, 422
    return {"words": f"Draft kept at {say_moment(made.at).rpartition(' ')[2]}"}


def own(key):
    """A draft of the signed-in person, within reach, or the “not found” page."""
    found = Draft.get_or_none(Draft.id == key, Draft.user == current_user.id)
    if found is None or not may_show(current_user, found):
        abort(404)
    note([found])
    return found


@pages.get("/<int:key>/")
def show_draft(key):
    """What was typed, to read and copy: for a form that cannot be saved any more."""
    draft = own(key)
    return render_template(
        "draft.html",
        draft=draft,
        typed=words_of(draft),
    )


@pages.post("/<int:key>/throw-away/")
def throw_away(key):
    """Throw away what was typed; the form is shown as it is saved."""
    draft = own(key)
    address = draft.form
    draft.delete_instance()
    flash("What you had typed is thrown away.", "done")
    return redirect(address if request.form.get("back") else url_for("home.index"))
