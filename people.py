"""Who signs in, where they are signed in, and what they have typed but not saved.

Come here to change what is kept about a colleague. Rights are in `models.py`; what a sign-in
checks is in `admin_views/account/`.
"""

import re
import secrets

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField, TextField

from audit.log import now, transaction
from records.query import Table
from records.questions import ROLE_NAMES, TEACHER, TECHNICIAN, Section, choice, text
from records.record import Record


def class_key(name):
    """The name of a class as it is compared: without capitals, spaces and noughts in front."""
    return re.sub("^0+(?=.)", "", "".join((name or "").casefold().split()))


def new_token():
    return secrets.token_urlsafe(32)


class User(Record):
    """Person: a colleague who signs in."""

    many = "People"
    listed = ("name", "username", "role", "classes")
    order_by = ("name",)
    searched = ("name", "username")
    audit_exclude = ("password", "token", "totp", "totp_last", "recovery")
    audit_exclude += ("setup_token", "setup_until")
    who = Section("Who it is")
    name = text("Full name", needed=True)
    username = text(
        "User name",
        "What they type to sign in. Small letters, digits, dots.",
        needed=True,
        unique=True,
    )
    role = choice("Role", options=ROLE_NAMES, needed=True)
    classes = text(
        "Classes",
        "For a teacher or an assistant: class names as in the pupil records, with commas, such as"
        " 3B, 4A; capitals and spaces do not matter.",
    )
    account = choice(
        "Account",
        "A person who leaves is switched off, never deleted.",
        options=(("on", "On"), ("off", "Off")),
        default="on",
        needed=True,
    )
    # kept for signing in, never shown
    password = TextField(null=True)  # Argon2id; empty: none chosen yet
    token = CharField(null=True, unique=True, default=new_token)  # a new one ends all sessions
    totp = CharField(null=True)  # secret of the second step; empty: none
    totp_last = IntegerField(default=0)  # last half-minute used: a code works once
    recovery = TextField(null=True)  # SHA-256 of each unused recovery code, one a line
    setup_token = CharField(null=True)  # SHA-256 of the sign-in link in force
    setup_until = DateTimeField(null=True)

    # of this session: what the cookie holds, see UserSession
    cookie = None
    # Flask-Login asks these, `is_active` and `get_id`
    is_authenticated = True
    is_anonymous = False

    @property
    def active(self):
        return self.account == "on"

    is_active = active  # as Flask-Login calls it

    def get_id(self):
        """For Flask-Login; peewee's own get_id is the row's number."""
        return self.cookie

    def class_names(self):
        names = re.split(r"[,;/&\n]|\band\b", self.classes or "")
        return [name.strip() for name in names if name.strip()]

    @classmethod
    def called(cls, name):
        """The one colleague with this name or user name, or None."""
        words = (name or "").strip()
        found = list(cls.select().where((cls.name == words) | (cls.username == words)).limit(2))
        return found[0] if len(found) == 1 else None

    @classmethod
    def classes_taught(cls):
        """The classes of all teachers who are switched on, as they are compared."""
        taught = set()
        for user in cls.select().where(cls.role == TEACHER, cls.account == "on"):
            taught.update(map(class_key, user.class_names()))
        return taught

    def errors(self):
        found = []
        if not re.fullmatch(r"[a-z0-9._-]{2,40}", self.username or ""):
            words = "A user name has 2 to 40 small letters, digits, dots or dashes."
            found.append(("username", words))
        technicians = User.select().where(User.role == TECHNICIAN, User.account == "on")
        others = technicians.where(User.id != (self.id or 0))
        if not (self.role == TECHNICIAN and self.active) and not others.exists():
            words = "One technician must stay switched on, or nobody can let people in."
            found.append(("account", words))
        return found

    def clean(self):
        self.username = (self.username or "").strip().lower() or None

    def save(self, *args, **more):
        """Save; another role or password, or the account switched on or off, ends all sessions."""
        with transaction():
            was = User.get_or_none(id=self.id) if self.id else None
            if was:
                # a form that was open for long must not bring back an old password or a used code
                for name in set(self.audit_exclude) - set(self.dirty_field_names):
                    setattr(self, name, getattr(was, name))
                for name in ("account", "role", "password"):
                    if getattr(self, name) != getattr(was, name):
                        self.token = new_token()
                        self.end_sessions()
            return super().save(*args, **more)

    def end_sessions(self):
        """Sign this person out everywhere; with a new `token` no old cookie comes back."""
        UserSession.delete().where(UserSession.user == self.id).execute()

    def keep(self, *only_if, **columns):
        """Write sign-in columns past version and audit; False when `only_if` no longer holds."""
        if not set(columns) <= set(self.audit_exclude):
            raise ValueError("Only what is kept for signing in may be written like this.")
        with transaction():
            if not User.update(**columns).where(User.id == self.id, *only_if).execute():
                return False
            if "token" in columns:
                self.end_sessions()
        for name, value in columns.items():
            setattr(self, name, value)
            self._dirty.discard(name)
        return True

    def __str__(self):
        return self.name or self.username or ""


class UserSession(Table):
    """One place where somebody is signed in; without its row a cookie is worth nothing."""

    key = CharField(64, unique=True)  # SHA-256 of what the cookie holds
    user = ForeignKeyField(User, backref="places", on_delete="CASCADE")
    began_at = DateTimeField(default=now)
    seen_at = DateTimeField(default=now, index=True)
    place = CharField(default="")  # network address
    device = CharField(default="")  # the browser, in words

    class Meta:
        table_name = "signed_in"


class SignInAttempt(Table):
    """One try at signing in, kept five minutes, so that guessing is slow."""

    key = CharField(64, index=True)  # SHA-256: never what was typed
    at = DateTimeField(default=now, index=True)

    class Meta:
        table_name = "sign_in_try"


# --- work that is not yet a record
class Draft(Table):
    """What somebody has typed into a form and not saved yet: it comes back whatever happens."""

    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    form = CharField()  # the address of the form
    pupil_id = IntegerField(null=True, index=True)  # whom it is about
    typed = TextField()  # [[name, value], ...] as JSON
    at = DateTimeField(default=now)

    class Meta:
        indexes = ((("user", "form"), True),)


class SavedView(Table):
    """The filters of a report that somebody wants to find again."""

    user = ForeignKeyField(User, backref="+", on_delete="CASCADE", index=True)
    report = CharField()
    name = CharField()
    query = CharField(default="")  # what stands in the address: names no child

    class Meta:
        table_name = "saved_view"

    @classmethod
    def of(cls, user, report):
        mine = cls.select().where(cls.user == user.id, cls.report == report)
        return mine.order_by(cls.name, cls.id)


class Work(Table):
    """What somebody asked for and does not wait for; ops/background.py makes it."""

    user = ForeignKeyField(User, backref="+", on_delete="CASCADE", index=True)
    kind = CharField()  # see KINDS of admin_views/work.py
    pupils = TextField(default="")  # their numbers, with spaces
    needs = TextField(default="{}")  # what else it is made from, as JSON
    state = CharField(default="waiting", index=True)  # then running, done or failed
    done = IntegerField(default=0)
    total = IntegerField(default=0)
    words = TextField(default="")  # how it ended
    leads_to = CharField(default="")  # the address where one goes on
    file = CharField(default="")  # its name in the folder "work"
    asked_at = DateTimeField(default=now)
    finished_at = DateTimeField(null=True)
    fetched_at = DateTimeField(null=True)

    @property
    def is_open(self):
        return self.state in ("waiting", "running")

    def numbers(self):
        return [int(number) for number in self.pupils.split()]

    @classmethod
    def of(cls, user):
        return cls.select().where(cls.user == user.id).order_by(cls.id.desc())


class ListSearch(Table):
    """The words that somebody searched a list for; the address of the list has only the token."""

    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    token = CharField(unique=True)
    words = CharField()
    at = DateTimeField(default=now, index=True)


class FormToken(Table):
    """One press of a button that makes something: a second press finds what it made."""

    token = CharField(unique=True)
    led_to = CharField()  # the address of what was made
    at = DateTimeField(default=now, index=True)

    class Meta:
        table_name = "press"
