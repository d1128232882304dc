"""Signing in, the second step, sign-in links, and each person's own account.

Come here to change how people sign in. `enter` is the only way in. Nobody chooses another person's
password and no mail is sent: people get a link that works once, for 24 hours.
"""

import re
import time
from datetime import timedelta
from functools import wraps
from urllib.parse import urlsplit

import pyotp
import segno
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer

import config
from admin_views import drafts, searches
from admin_views.account import forms, sessions
from admin_views.account.passwords import (
    audit_event,
    code_is_right,
    forget_tries,
    hash_password,
    may_try,
    new_recovery_codes,
    note_failure,
    offered_secret,
    password_is_right,
    recovery_hashes,
    remember_device,
    set_password,
    sha256_hex,
    use_app_code,
)
from admin_views.forms import key_of
from admin_views.home import settings_now
from audit import accounts
from audit.log import acting_as, now, transaction
from people import User, UserSession, new_token
from records.questions import SENCO, TECHNICIAN

LINK_LIVES = timedelta(hours=24)
FRESH_FOR = 10 * 60  # seconds before an account page asks for the password again
CODE_STEP_LIVES = 10 * 60  # seconds to type the code after the password
OPEN = {"account.sign_in", "account.code", "account.use_link", "account.first_account"}
OPEN |= {"static", "healthz", None}
SETTING_UP = {"account.second_step", "account.confirm", "account.sign_out", "account.stay"}
# What a sign-in that is new cannot do yet: an endpoint, or the last part of many; the words for it.
WAITING = {
    "keeping.erase": "erase a record",
    "keeping.bundle": "give out a record",
    "spreadsheet": "take out a spreadsheet",
    "user.new": "add a person",
    "user.edit": "change a person's account",
    "account.make_link": "make a sign-in link",
    "prints.start": "print for many children",
    "home.put_away": "put away what the SENCOs and heads are told",
}

pages = Blueprint("account", __name__)
login_manager = LoginManager()


def init_app(app):
    login_manager.init_app(app)
    app.register_blueprint(pages)
    app.context_processor(session_left)


def session_left():
    if not current_user.is_authenticated:
        return {"time_left": None}
    return {"time_left": sessions.time_left(g.user_session)}


# --- who may pass
@login_manager.user_loader
def load_user(token):
    g.user_session = sessions.by_token(token)
    if g.user_session is None or not sessions.is_valid(g.user_session):
        return None
    user = g.user_session.user
    return user if user.active else None


@pages.before_app_request
def signed_in_only():
    """Send a stranger to sign in, and a person whose role needs a second step to set it up."""
    if request.endpoint in OPEN:
        return None
    if not current_user.is_authenticated:
        ended = g.get("user_session")
        keep_sent_form(ended.user if ended else None)
        return redirect(url_for("account.sign_in", next=this_page()))
    sessions.touch(g.user_session)
    roles = (settings_now().second_step or "").split("\n")
    if current_user.totp or current_user.role not in roles or request.endpoint in SETTING_UP:
        return None
    keep_sent_form(me())
    return redirect(url_for("account.second_step"))


@pages.before_app_request
def not_while_new():
    """Refuse what a new sign-in must wait for, and say from when it can."""
    endpoint = request.endpoint or ""
    act = WAITING.get(endpoint) or WAITING.get(endpoint.rpartition(".")[2])
    if act is None or not current_user.is_authenticated:
        return None
    new = accounts.new_sign_in(me())
    if new is None:
        return None
    keep_sent_form(me())
    audit_event("refused", me(), me(), f"A new sign-in tried to {act}")
    return render_template("account_wait.html", title="Your sign-in is new", words=str(new)), 403


def keep_sent_form(user):
    # a form that cannot be saved now; CSRFProtect has checked its token already
    if request.method == "POST" and user and user.active:
        drafts.keep(user, request.full_path, request.form.items(multi=True))


def require_recent_password():
    # None, or the way to the page that asks for it
    if 0 <= time.time() - session.get("proved", 0) <= FRESH_FOR:
        return None
    keep_sent_form(me())
    return redirect(url_for("account.confirm", next=this_page()))


def recent_password_required(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        return require_recent_password() or view(*args, **kwargs)

    return guarded


def this_page():
    # or the one with the button that was pressed
    if "GET" in request.url_rule.methods:
        return request.full_path.rstrip("?")
    came = urlsplit(request.referrer or "")
    if came.path and came.netloc == request.host:
        return came.path
    return url_for("account.show")


def safe_next():
    wanted = request.values.get("next", "")
    if re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", wanted):
        return wanted
    return "/"


def me():
    return current_user._get_current_object()


def form_page(form, title, button, template="account_form.html", order=(), **more):
    """A page with one form, its boxes in this order; 422 when something must be put right."""
    names = order or [field.name for field in form if field.name != "csrf_token"]
    boxes = [form[name] for name in names]
    problems = [(field.id, field.errors[0]) for field in boxes if field.errors]
    page = render_template(
        template, form=form, title=title, button=button, boxes=boxes, problems=problems, **more
    )
    return page, 422 if problems else 200


# --- signing in
@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in():
    """Ask for the user name and password."""
    form = forms.SignIn()
    if form.validate_on_submit():
        name = form.user_name.data.strip().lower().replace("\0", "")
        user = User.get_or_none(User.username == name)
        tries = may_try(user, name)
        if tries and password_is_right(user, form.password.data):
            forget_tries(tries)
            return to_second_step(user)
        wrong = "The user name or password is not right"
        form.user_name.errors = [note_failure(user, "password", tries, wrong)]
    return form_page(form, "Sign in", "Sign in", "sign_in.html", next=safe_next())


def to_second_step(user):
    if not user.totp:
        return let_in(user)
    session["half"] = [user.token, int(time.time())]
    return redirect(url_for("account.code", next=safe_next()))


def half_signed_in():
    # who gave a good password and still has to type a code
    token, at = session.get("half", ["", 0])
    if not token or not 0 <= time.time() - at < CODE_STEP_LIVES:
        return None
    return User.get_or_none(User.token == token, User.account == "on")


@pages.route("/sign-in/code", methods=["GET", "POST"])
def code():
    """Ask for the code of the second step."""
    user = half_signed_in()
    form = forms.Code()
    if user is None:
        return redirect(url_for("account.sign_in", next=safe_next()))
    if form.validate_on_submit():
        tries = may_try(user, user.username, "code")
        if tries and code_is_right(user, form.code.data):
            forget_tries(tries)
            return let_in(user)
        wrong = "The code is not right, or was used already"
        form.code.errors = [note_failure(user, "code", tries, wrong)]
    intro = "Type the six figures your app shows now, or one of your recovery codes."
    return form_page(form, "Enter your code", "Continue", next=safe_next(), intro=intro)


def let_in(user, where=None):
    enter(user)
    audit_event("signed in", user, user)
    return remember_device(redirect(where or safe_next()), user)


def enter(user):
    """Begin a new session in this browser; pages that the person left open can still be sent."""
    was = g.get("user_session")
    token = session.get("csrf_token")
    session.clear()
    if was:
        was.delete_instance()
        if token and was.user_id == user.id:
            session["csrf_token"] = token
    user.cookie = sessions.start(user, request.remote_addr, request.user_agent.string)
    login_user(user)
    g.user_session = sessions.by_token(user.cookie)
    session["proved"] = int(time.time())


@pages.post("/sign-out")
def sign_out():
    """Sign out here: a copied cookie stops working too."""
    g.user_session.delete_instance()
    searches.forget_words(me())
    audit_event("signed out", me(), me())
    logout_user()
    session.clear()
    response = redirect(url_for("account.sign_in"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


# --- the first account
def first_signer():
    return URLSafeTimedSerializer(current_app.secret_key, salt="first account")


def first_link(base_url):
    # dead once anybody has an account
    if User.select().exists():
        return None
    return f"{base_url.rstrip('/')}/first-account/{first_signer().dumps('first')}"


@pages.route("/first-account/<token>", methods=["GET", "POST"])
def first_account(token):
    """Make the first account, a technician's."""
    try:
        first_signer().loads(token, max_age=LINK_LIVES.total_seconds())
    except BadSignature:
        return dead_link()
    form = forms.FirstAccount()
    made = form.validate_on_submit() and make_first(form)
    if made:
        return let_in(made, "/")
    if User.select().exists():
        return dead_link()
    order = ["full_name", "user_name", "new_password", "again"]
    intro = "This account is the technician's. It can let everybody else in."
    title = "Make the first account"
    button = "Make the account"
    return form_page(form, title, button, order=order, intro=intro)


def make_first(form):
    kept = hash_password(form.new_password.data)
    with transaction(), acting_as("Sign-in"):
        if User.select().exists():
            return None
        names = {"name": form.full_name.data.strip(), "username": form.user_name.data}
        return User.create(**names, role=TECHNICIAN, password=kept)


# --- sign-in links
def person_to_help(number):
    person = User.get_or_none(User.id == number) or abort(404)
    if not may_link(current_user, person):
        abort(403)
    return person


def may_link(user, person):
    # a technician helps everybody, the SENCO all but technicians
    return user.role == TECHNICIAN or user.role == SENCO and person.role != TECHNICIAN


@pages.route("/account/link/<int:number>", methods=["GET", "POST"])
@recent_password_required
def make_link(number):
    person = person_to_help(number)
    form = forms.MakeLink(reason=None if person.password else "new")
    button = "Make a sign-in link"
    if form.validate_on_submit():
        if person.active:
            path = url_for("account.use_link", token=give_link(person, form.reason.data))
            words = {"title": "Sign-in link", "person": person, "link": address_for_others() + path}
            return render_template("account_link.html", **words, only_here=only_here())
        form.reason.errors = ["This account is switched off. Switch it on first"]
    title = f"{button} for {person}"
    return form_page(form, title, button, "account_make_link.html", person=person)


def only_here():
    # whether nobody but this computer reaches the portal
    return (
        config.is_this_computer(current_app.config["LISTENS_AT"])
        and not current_app.config["SESSION_COOKIE_SECURE"]
    )


def address_for_others():
    scheme = "https" if current_app.config["SESSION_COOKIE_SECURE"] else request.scheme
    # this computer's own name is of no use to others
    if request.host.partition(":")[0] in config.LOOPBACK and not only_here():
        return current_app.config["BASE_URL"]
    return f"{scheme}://{request.host}"


def give_link(person, reason):
    token = new_token()
    kept = {"setup_token": sha256_hex(token), "setup_until": now() + LINK_LIVES}
    # a lost phone: nobody gets in with the password alone meanwhile
    if reason == "phone":
        kept |= {"password": None, "totp": None, "recovery": None, "token": new_token()}
    person.keep(**kept)
    audit_event("sign-in link made", person, me(), dict(forms.REASONS)[reason])
    return token


@pages.route("/set-up/<token>", methods=["GET", "POST"])
def use_link(token):
    """Let the person of a link choose their own password."""
    in_time = User.setup_until.between(now(), now() + LINK_LIVES)
    good = (User.setup_token == sha256_hex(token)) & in_time & (User.account == "on")
    user = User.get_or_none(good)
    form = forms.NewPassword()
    if user is None:
        return dead_link()
    form.person = user
    if form.validate_on_submit():
        done = set_password(user, form.new_password.data, good, act="sign-in link used")
        return to_second_step(user) if done else dead_link()
    return form_page(form, "Choose your password", "Save password", user_name=user.username)


def dead_link():
    return render_template("account_dead_link.html", title="This link does not work"), 410


# --- your own account
@pages.route("/account")
def show():
    return render_template(
        "account_show.html",
        title="Your account",
        codes_left=len(recovery_hashes(current_user)),
        places=sessions.of_user(me()),
        here=g.user_session,
    )


@pages.post("/account/places")
def end_places():
    """End one other session of one's own (its number in `which`), or all others."""
    which = request.form.get("which", 0, type=key_of)
    chosen = [UserSession.user == me(), UserSession.id != g.user_session.id]
    if which:
        chosen.append(UserSession.id == which)
    if UserSession.delete().where(*chosen).execute():
        audit_event("signed out elsewhere", me(), me())
        flash("Signed out there.", "done")
    return redirect(url_for("account.show"))


@pages.route("/account/places/<int:number>", methods=["GET", "POST"])
@recent_password_required
def end_all(number):
    person = person_to_help(number)
    form = forms.OneButton()
    if not form.validate_on_submit():
        title = f"Where {person} is signed in"
        places = sessions.of_user(person)
        return form_page(form, title, "Sign out everywhere", "account_places.html", places=places)
    person.keep(token=new_token())
    audit_event("signed out everywhere", person, me())
    flash(f"{person} is signed out everywhere.", "done")
    return redirect(url_for("user.page", key=number))


@pages.route("/account/stay", methods=["GET", "POST"])
def stay():
    left = sessions.time_left(g.user_session)
    return {**left, "token": generate_csrf(), "person": str(me().id)}


@pages.route("/account/confirm", methods=["GET", "POST"])
def confirm():
    form = forms.PasswordAgain()
    if form.validate_on_submit():
        problem = own_password_problem(form.password.data)
        if problem is None:
            session["proved"] = int(time.time())
            return redirect(safe_next())
        form.password.errors = [problem]
    more = {"next": safe_next(), "user_name": current_user.username}
    return form_page(form, "Confirm it is you", "Continue", **more)


def own_password_problem(password):
    user = me()
    tries = may_try(user, user.username)
    if tries and password_is_right(user, password):
        forget_tries(tries)
        return None
    return note_failure(user, "password", tries, "The password is not right")


@pages.route("/account/password", methods=["GET", "POST"])
def change_password():
    """Change your own password; every other place you are signed in is signed out."""
    form = forms.ChangePassword()
    user = me()
    form.person = user
    if form.validate_on_submit():
        problem = own_password_problem(form.password.data)
        if problem is None:
            set_password(user, form.new_password.data)
            return let_in(user, url_for("account.show"))
        form.password.errors = [problem]
    more = {"user_name": user.username, "order": ["password", "new_password", "again"]}
    return form_page(form, "Change your password", "Change password", **more)


@pages.route("/account/second-step", methods=["GET", "POST"])
@recent_password_required
def second_step():
    """Set up the second step with an app, or move it to another phone."""
    user = me()
    form = forms.Code()
    secret = offered_secret(user)
    if form.validate_on_submit():
        tries = may_try(user, user.username, "code")
        if tries and use_app_code(user, form.code.data.replace(" ", ""), secret):
            forget_tries(tries)
            user.keep(totp=secret, token=new_token())
            audit_event("second step set up", user, user)
            enter(user)
            return show_new_codes(user)
        wrong = "The code is not right. Type the newest one"
        form.code.errors = [note_failure(user, "code", tries, wrong)]
    portal = current_app.config.get("PORTAL_NAME", "Portal")
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=portal)
    return form_page(
        form,
        "Set up the second step",
        "Turn on",
        "account_second_step.html",
        picture=segno.make(uri).svg_data_uri(scale=5),
        key=" ".join(re.findall("....", secret)),
    )


@pages.route("/account/recovery-codes", methods=["GET", "POST"])
@recent_password_required
def recovery_codes():
    if not current_user.totp:
        return redirect(url_for("account.second_step"))
    form = forms.OneButton()
    if form.validate_on_submit():
        return show_new_codes(me())
    intro = "The old ones will stop working."
    return form_page(form, "Make new recovery codes", "Make ten new codes", intro=intro)


def show_new_codes(user):
    codes = new_recovery_codes(user)
    return render_template("account_codes.html", title="Your recovery codes", codes=codes)
