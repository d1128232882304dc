"""The boxes of the sign-in and account pages, with their messages.

Come here to change a label, or what the browser may fill in.
"""

from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Regexp, ValidationError

from admin_views.account.passwords import password_problem

REASONS = (
    ("new", "They are new, or have never signed in"),
    ("forgot", "They forgot their password"),
    ("phone", "They lost their phone or tablet: password and second step are cleared"),
)
PASTE = "You may paste it from a password manager."
CHOOSE = "12 characters or more. Three random words work well."


def password_box(label, missing, autocomplete, *more, hint=""):
    """A password box; no Length check, which would cut or shout before our own words."""
    return PasswordField(
        label,
        [InputRequired(missing), *more],
        description=hint,
        render_kw={"autocomplete": autocomplete},
    )


def name_box(*more):
    return StringField(
        "User name",
        [InputRequired("Enter the user name"), *more],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


class SignIn(FlaskForm):
    """The sign-in page."""

    user_name = name_box()
    password = password_box("Password", "Enter your password", "current-password", hint=PASTE)


class Code(FlaskForm):
    """One code, from the app or from the list of recovery codes."""

    code = StringField(
        "Code",
        [InputRequired("Enter the code")],
        render_kw={"autocomplete": "one-time-code", "spellcheck": "false"},
    )


class PasswordAgain(FlaskForm):
    """The password again, before an account page."""

    password = password_box("Password", "Enter your password", "current-password", hint=PASTE)


class NewPassword(FlaskForm):
    """A new password, twice. Give `person`: their names are no password."""

    person = None
    new_password = password_box("New password", "Enter a new password", "new-password", hint=CHOOSE)
    again = password_box(
        "New password again",
        "Enter the new password again",
        "new-password",
        EqualTo("new_password", "The two new passwords must be the same"),
    )

    def names(self):
        return self.person.username, self.person.name

    def validate_new_password(self, field):
        problem = password_problem(field.data, *self.names())
        if problem:
            raise ValidationError(problem)


class FirstAccount(NewPassword):
    """The first account of all."""

    full_name = StringField(
        "Full name", [InputRequired("Enter your full name")], render_kw={"autocomplete": "name"}
    )
    user_name = name_box(
        Regexp(
            r"^[A-Za-z0-9._-]{2,40}\Z",
            message="A user name has 2 to 40 letters, digits, dots or dashes",
        )
    )

    def names(self):
        return self.user_name.data, self.full_name.data


class ChangePassword(NewPassword):
    """The old password and the new."""

    password = password_box(
        "Current password", "Enter your current password", "current-password", hint=PASTE
    )


class MakeLink(FlaskForm):
    """Why somebody needs a sign-in link."""

    reason = RadioField(
        "Why do they need a link?",
        choices=[SelectChoice(*pair) for pair in REASONS],
        validators=[InputRequired("Choose why they need a link")],
    )


class OneButton(FlaskForm):
    """A page with only a button."""
