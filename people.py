"""Who signs in, where they are signed in, and what they have typed but not saved.

Come here to change what is kept about a colleague. Rights are in `models.py`; what a sign-in
checks is in `admin_views/account/`. It may import the records, and never knows a pupil.
"""

import re
import secrets

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField, TextField

from audit.log import now, transaction
from records.query import Table
from records.questions import ROLE_NAMES, TECHNICIAN, Section, choice, text
from records.record import Record


def new_token():
    """A random text of 43 characters that nobody can guess."""
    return secrets.token_urlsafe(32)


class User(Record):
    """Person: a colleague who signs in."""

    title, listed, searched = (
        "Person",
        ("name", "username", "role", "classes"),
        ("name", "username"),
    )
    order_by = ("name",)
    many = "People"
    audit_exclude = (
        "password",
        "token",
        "totp",
        "totp_last",
        "recovery",
        "setup_token",
        "setup_until",
    )
    who = Section("Who it is")
    name = text("Full name", needed=True)
    username = text(
        "User name",
        "What they type to sign in. Small letters, digits, dots.",
        needed=True,
        unique=True,
    )
    role = choice(
        "Role",
        options=ROLE_NAMES,
        needed=True,
    )
    classes = text(
        "Classes",
        "For a teacher: class names as in the pupil records, with commas, such as 3B, 4A.",
    )
    account = choice(
        "Account",
        "A person who leaves is switched off, never deleted.",
        options=(("on", "On"), ("off", "Off")),
        default="on",
        needed=True,
    )
    # kept for signing in, never shown
    # Argon2id; empty: none chosen yet
    password = TextField(null=True)
    # change it, and every place they are signed in ends
    token = CharField(null=True, unique=True, default=new_token)
    # secret of the second step; empty: none
    totp = CharField(null=True)
    # last half-minute used: a code works once
    totp_last = IntegerField(default=0)
    # SHA-256 of each unused recovery code, one a line
    recovery = TextField(null=True)
    # SHA-256 of the sign-in link in force
    setup_token = CharField(null=True)
    setup_until = DateTimeField(null=True)

    # of this session: what the cookie holds, see UserSession
    cookie = None
    # Flask-Login asks these, `is_active` and `get_id`
    is_authenticated, is_anonymous = True, False

    @property
    def active(self):
        """Whether the account is switched on."""
        return self.account == "on"

    @property
    def is_active(self):
        """The same, as Flask-Login calls it."""
        return self.active

    def get_id(self):
        """What the cookie holds. Peewee has a get_id of its own (the row's number), so never remove
        this one.
        """
        return self.cookie

    def class_names(self):
        """The classes whose pupils a teacher sees."""
        return [c.strip() for c in (self.classes or "").split(",") if c.strip()]

    def errors(self):
        """A user name that cannot be typed, or the last technician gone: nobody could let people
        in.
        """
        others = User.select().where(
            User.role == TECHNICIAN, User.account == "on", User.id != (self.id or 0)
        )
        lone = not (self.role == TECHNICIAN and self.active) and not others.exists()
        found = (
            []
            if re.fullmatch(r"[a-z0-9._-]{2,40}", self.username or "")
            else [("username", "A user name has 2 to 40 small letters, digits, dots or dashes.")]
        )
        last = ("account", "One technician must stay switched on, or nobody can let people in.")
        return found + ([last] if lone else [])

    def clean(self):
        self.username = (self.username or "").strip().lower() or None

    def save(self, *args, **more):
        """Save; another role or password, or the account switched on or off, ends every place they
        are signed in.
        """
        with transaction():
            was = User.get_or_none(User.id == self.id) if self.id else None
            if was:
                self._take_up(was)
            if was and any(
                getattr(self, n) != getattr(was, n) for n in ("account", "role", "password")
            ):
                self.token = new_token()
                UserSession.delete().where(UserSession.user == self.id).execute()
            return super().save(*args, **more)

    def _take_up(self, was):
        """A form that was open for long must not bring back an old password or a used code."""
        for name in set(self.audit_exclude) - set(self.dirty_field_names):
            setattr(self, name, getattr(was, name))

    def keep(self, *only_if, **columns):
        """Write columns kept for signing in, past version and audit; False when `only_if` no longer
        holds. A new token ends every place.
        """
        if not set(columns) <= set(self.audit_exclude):
            raise ValueError("Only what is kept for signing in may be written like this.")
        with transaction():
            done = User.update(**columns).where(User.id == self.id, *only_if).execute() == 1
            if done and "token" in columns:
                UserSession.delete().where(UserSession.user == self.id).execute()
        for name, value in columns.items() if done else ():
            setattr(self, name, value)
            self._dirty.discard(name)
        return done

    def __str__(self):
        return self.name or self.username or ""


class UserSession(Table):
    """One place where somebody is signed in; without its row a cookie is worth nothing."""

    # SHA-256 of what the cookie holds
    key = CharField(64, unique=True)
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


class FormToken(Table):
    """One press of a button that makes something: a second press with the same token finds what the
    first one made.
    """

    token = CharField(unique=True)
    led_to = CharField()  # the address of what was made
    at = DateTimeField(default=now, index=True)

    class Meta:
        table_name = "press"
