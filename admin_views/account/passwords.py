"""Passwords, the codes of the second step, and slowing down guesses.

Come here to change what a good password is, how it is kept, or how often somebody may guess.
Nothing here knows a page.
"""

import base64
import hashlib
import hmac
import logging
import re
import secrets
import threading
import time
from datetime import timedelta
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from zxcvbn.frequency_lists import FREQUENCY_LISTS
from zxcvbn.matching import RANKED_DICTIONARIES, build_ranked_dict, omnimatch
from zxcvbn.scoring import most_guessable_match_sequence

from audit.log import acting_as, audit, now, transaction
from models import Setting
from people import SignInAttempt, User, new_token
from records.unicode_text import nfkc

# characters of a password
SHORTEST = 12
LONGEST = 128
HASHES_AT_ONCE = 2  # each takes 64 MiB and a tenth of a second of every processor
COMMON = frozenset(FREQUENCY_LISTS["passwords"])  # 30,000 passwords that people use most
FEWEST_GUESSES = 10**8  # zxcvbn calls a password "safely unguessable" from here on
LOOKED_AT = 32  # characters that the estimate looks at: its work grows fast
WINDOW = timedelta(minutes=5)  # Cyber Essentials: at most ten guesses in five minutes
TRIES_PER_ACCOUNT = 10
TRIES_PER_PLACE = 20

hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
# Argon2id, 64 MiB, t=3, p=4: above the OWASP floor of 19 MiB, t=2, p=1
hasher = PasswordHasher()
log = logging.getLogger("portal.account")


def audit_event(act, about, by=None, reason=""):
    actor = (str(by), by.id, by.role) if by else ("Sign-in",)
    with acting_as(*actor):
        audit(act, about, reason=reason)


def sha256_hex(text):
    return hashlib.sha256(text.encode()).hexdigest()


# --- a good password
def password_problem(password, *names):
    """What is wrong with a new password, in words, or None; `names`: the person's own."""
    password = nfkc(password)
    lower = password.lower()
    if len(password) < SHORTEST:
        return f"Password must be {SHORTEST} characters or more. Three random words work well"
    if len(password) > LONGEST:
        return f"Password must be {LONGEST} characters or fewer"
    if lower in COMMON:
        return "This password is well known. Choose another"
    if guesses(lower, words_of_the_place(*names)) < FEWEST_GUESSES:
        return "This password is easy to guess. Three random words work well"
    return None


def guesses(password, words=()):
    # zxcvbn() would keep `words`
    dictionaries = {**RANKED_DICTIONARIES, "user_inputs": build_ranked_dict(words)}
    # gaps between words hide nothing from a guesser
    password = re.sub(r"[\s._-]+", "", password)[:LOOKED_AT]
    return most_guessable_match_sequence(password, omnimatch(password, dictionaries))["guesses"]


def words_of_the_place(*names):
    """The words that somebody who knows the school would try first."""
    school = Setting.of_school()
    portal = current_app.config.get("PORTAL_NAME", "")
    said = (school.school_name, school.senco_name, portal, "learning pathway", "senco", *names)
    found = []
    for text in filter(None, said):
        words = re.findall(r"\w+", nfkc(text).lower().replace("_", " "))
        found.append("".join(words))
        found += [word for word in words if len(word) > 2]
    return found


# --- keeping a password
def hash_password(text):
    with hashing:
        return hasher.hash(nfkc(text))


# what is checked when the name is unknown, so that both answers take as long
@cache
def dummy_hash():
    return hasher.hash("no such person")


def matches(kept, password):
    try:
        with hashing:
            return hasher.verify(kept, nfkc(password))
    except (VerificationError, InvalidHashError):
        return False


def password_is_right(user, password):
    """Check a person's password, as slowly when there is none; renew an old hash."""
    known = bool(user and user.active and user.password)
    right = matches(user.password if known else dummy_hash(), password)
    if not known or not right:
        return False
    if hasher.check_needs_rehash(user.password):
        user.keep(password=hash_password(password))
    return True


def set_password(user, password, *only_if, act="password changed"):
    """Keep a new password and end every session; False when `only_if` no longer holds."""
    kept = {"password": hash_password(password), "token": new_token()}
    done = user.keep(*only_if, **kept, setup_token=None, setup_until=None)
    if done:
        audit_event(act, user, user)
    return done


# --- codes of the second step
def offered_secret(user):
    # the same at each look while the second step is set up, kept nowhere yet
    words = f"totp {user.id} {user.token}".encode()
    code = hmac.digest(current_app.secret_key.encode(), words, "sha256")
    return base64.b32encode(code[:20]).decode()


def use_app_code(user, code, secret):
    """Accept a code of this half-minute or the one before, once only."""
    this_step = int(time.time()) // 30
    # used while the clock was ahead: it must not shut the person out until then
    ahead = User.totp_last > this_step + 1
    for step in (this_step, this_step - 1):
        if pyotp.utils.strings_equal(pyotp.TOTP(secret).generate_otp(step), code):
            return user.keep((User.totp_last < step) | ahead, totp_last=step)
    return False


def recovery_hashes(user):
    return (user.recovery or "").split()


def use_recovery_code(user, code):
    """Accept a recovery code and strike it off the list."""
    left = recovery_hashes(user)
    if sha256_hex(code) not in left:
        return False
    left.remove(sha256_hex(code))
    done = user.keep(User.recovery == user.recovery, recovery="\n".join(left))
    if done:
        audit_event("recovery code used", user, user)
    return done


def code_is_right(user, typed):
    code = re.sub(r"[\s-]", "", typed).lower()
    return use_app_code(user, code, user.totp) or use_recovery_code(user, code)


def new_recovery_codes(user):
    # of 80 bits, to be shown once
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(10)]
    user.keep(recovery="\n".join(map(sha256_hex, codes)))
    audit_event("recovery codes made", user, user)
    return ["-".join(re.findall("....", code)) for code in codes]


# --- slowing down guesses
def device_cookie(user):
    # the salt: a new password ends it
    name = f"device-{user.id}"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        name = f"__Host-{name}"
    return name, URLSafeSerializer(current_app.secret_key, salt="device " + user.password)


def known_device(user):
    if user is None or not user.password:
        return None
    name, signer = device_cookie(user)
    try:
        return signer.loads(request.cookies.get(name, ""))
    except BadSignature:
        return None


def remember_device(response, user):
    """Mark this device as one the person has signed in on, for a year."""
    name, signer = device_cookie(user)
    response.set_cookie(
        name,
        signer.dumps(known_device(user) or new_token()),
        max_age=365 * 86400,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def may_try(user, name, what="password"):
    """Count a try before it is checked; its rows, or an empty list when there were too many."""
    device = known_device(user)
    limits = {
        f"{what} account {name}": TRIES_PER_ACCOUNT,
        f"{what} place {request.remote_addr}": TRIES_PER_PLACE,
    }
    # a device the person used before: guesses elsewhere never shut them out
    if device:
        limits = {f"{what} device {device}": TRIES_PER_ACCOUNT}
    # one of the future was counted while the clock was wrong
    in_window = SignInAttempt.at.between(now() - WINDOW, now() + WINDOW)
    with transaction():
        SignInAttempt.delete().where(~in_window).execute()
        for key, most in limits.items():
            same = SignInAttempt.select().where(SignInAttempt.key == sha256_hex(key))
            if same.count() >= most:
                log.warning("too many tries at a %s from %s", what, request.remote_addr)
                return []
        tries = [SignInAttempt.create(key=sha256_hex(key)) for key in limits]
    return [one.id for one in tries]


def forget_tries(tries):
    SignInAttempt.delete().where(SignInAttempt.id.in_(tries)).execute()


def note_failure(user, what, tries, wrong):
    """Write down that a check failed; the sentence to show, `wrong` if the check was made."""
    if not tries:
        return "Too many tries. Wait five minutes, then try again"
    reason = f"Wrong {what}"
    if user is None:
        reason = "Nobody has this user name"
    elif not user.active:
        reason = "The account is switched off"
    audit_event("refused sign-in", user or User(), reason=reason)
    return wrong
