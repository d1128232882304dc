"""Data requests and retention: what was asked for and is due, the bundle of one child, erasing.

Come here to change these pages, or which files a bundle has. What is gathered, due and erased is
decided in `privacy/`.
"""

import contextlib
import csv
import hashlib
import io
import json
import os
import zipfile

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_admin import expose
from flask_login import current_user

from admin_views.account.views import me, recent_password_required
from admin_views.base import PupilRecordView
from admin_views.forms import clean, key_of
from admin_views.home import settings_now
from admin_views.school import SchoolPage
from admin_views.two_records import TwoRecordsPages
from audit import access
from audit.log import audit_access, now, transaction
from models import Disclosure, Erasure, Pupil, Setting, may
from ops.background import Failed, NotNow
from papers import pdf, printing
from pathway import clock
from privacy import erasure, retention, subject_access
from records.dates import say_day, say_moment, today
from records.query import preload
from records.spreadsheet import escape_formula
from records.storage import read_kept

CONTENTS = """{title}
Made on {day} for request number {number}. Everything here is about one child: please keep it safe.

record.pdf      {records} records to read on paper, each with its questions and answers
record.html     the same to read on a screen
record.json     the same for a computer, with what was typed and not saved ({typed})
who.csv         who saw or changed what: {trail} lines, times in UTC
{files}
{left_out}
"""
LEFT_OUT = (
    "Some words were left out: they are about other people, or may by law be withheld. Ask the"
    " school if you have questions."
)
# What in the data of a record only says how to draw it.
DRAWING = {"key", "rows", "options", "see", "family", "code", "blank"}
CHANGED = "The record has changed since you opened this page. Please look again."
NOT_CLEANED = (
    "The record is erased. The database was busy, so traces may still stand in its file: ask your"
    " technician to run the command “retention”, which writes over them."
)


class DisclosureView(PupilRecordView):
    """Requests for information: the day each is due, the way to the bundle."""

    def begin(self, pupil):
        if pupil is None or not pupil.left_on:
            return super().begin(pupil)
        asked_by = pupil.destination or "The next school"
        asked = {"kind": "transfer", "asked_by": asked_by, "asked_on": today()}
        return Disclosure(pupil=pupil, **asked), {}

    def cell(self, record, name):
        if name == "due":
            return record.due(settings_now())
        return super().cell(record, name)

    def more_links(self, record):
        if not may(current_user, "r", Erasure) or record.pupil.erased_on:
            return []
        return [("Make the bundle", url_for("keeping.bundle", number=record.id))]

    def render(self, template, **more):
        record = more.get("record")
        if record is not None and record.id and not record.given_on:
            when = clock.request_due(record, settings_now())
            more["notice"] = "The clock is stopped until the clarification is here."
            if when:
                more["notice"] = f"To be answered by {say_day(when)}."
        return super().render(template, **more)

    def after_save(self, record, do):
        links = self.more_links(record)
        if record.given_on or not links:
            return super().after_save(record, do)
        return links[0][1]


class KeepingView(TwoRecordsPages, SchoolPage):
    """The requests, the leavers, what is due to be erased; the bundle; erasing."""

    right = ("r", Erasure)

    @expose("/")
    def index(self):
        settings = settings_now()
        erasures = Erasure.select()
        newest = Erasure.done_at.desc()
        page = {
            "requests": retention.open_requests(settings),
            "sending": retention.to_send(settings),
            "due": retention.due(settings),
            "held": list(Pupil.select().where(Pupil.hold != "", Pupil.erased_on.is_null())),
            "asked": list(erasures.where(erasure.ASKED_FOR).order_by(Erasure.id)),
            "done": list(erasures.where(erasure.DONE).order_by(newest).limit(50)),
        }
        preload(Disclosure, [asked for asked, _ in page["requests"]], ["pupil"])
        preload(Erasure, page["asked"] + page["done"], ["pupil"])
        shown = []
        for row in (*page["due"], *page["asked"], *page["done"]):
            shown.append(row.pupil)
        for request_of_child, _ in page["requests"]:
            shown.append(request_of_child.pupil)
        for pupil, *_ in page["sending"]:
            shown.append(pupil)
        access.log_access(shown + page["held"], "listed")
        return self.render("keeping.html", sen=retention.on_sen_support(), **page)

    @expose("/<int:number>/bundle/", methods=("GET", "POST"))
    @recent_password_required
    def bundle(self, number):
        asked = Disclosure.get_or_none(Disclosure.id == number) or abort(404)
        if asked.pupil.erased_on:
            abort(404)
        items = subject_access.review(asked.pupil)
        left_out = marked(items)
        problems = []
        if request.method == "POST":
            left_out, problems = decided(items, request.form)
            if not problems and "later" in request.form:
                return ask_for_bundle(asked, items, left_out)
            if not problems:
                try:
                    return download(asked, items, left_out)
                except pdf.PaperError as fault:
                    problems = [("", str(fault))]
        access.log_access([asked.pupil])
        return self.render(
            "keeping_bundle.html",
            asked=asked,
            pupil=asked.pupil,
            items=items,
            out=left_out,
            named=subject_access.third_parties(asked.pupil),
            problems=problems,
            when=clock.request_due(asked, settings_now()),
            said=request.form,
        )

    @expose("/<int:number>/erase/", methods=("GET", "POST"))
    @recent_password_required
    def erase(self, number):
        pupil = Pupil.get_or_none(Pupil.id == number) or abort(404)
        problems = []
        if request.method == "POST":
            press = ERASING.get(request.form.get("do"), nothing_pressed)
            try:
                return redirect(press(pupil, request.form))
            except erasure.Cannot as fault:
                problems = [("", str(fault))]
        if pupil.erased_on:
            return redirect(url_for("pupil.page", key=number))
        access.log_access([pupil])
        settings = settings_now()
        asked = erasure.asked_for(pupil)
        return self.render(
            "keeping_erase.html",
            pupil=pupil,
            asked=asked,
            mine=bool(asked) and asked.asked_id == current_user.id,
            obstacle=erasure.obstacle(pupil),
            until=retention.keep_until(pupil, settings, retention.on_sen_support()),
            backups=retention.gone_from_backups(today(), settings),
            problems=problems,
        )


# --- erasing
def ask_to_erase(pupil, said):
    erasure.ask(pupil, me(), clean(said.get("words")))
    flash("Asked for. The head, or another SENCO, can erase the record now.", "done")
    return url_for("keeping.index")


def take_request_back(pupil, said):
    asked = erasure.asked_for(pupil)
    if asked is None or asked.asked_id != current_user.id:
        raise erasure.Cannot("Only the person who asked takes it back.")
    asked.remove("taken back")
    flash("Taken back. The record stays.", "done")
    return url_for("keeping.index")


def erase_now(pupil, said):
    folder = current_app.config["DATA_DIR"]
    if erasure.erase(pupil, me(), said.get("words", ""), folder):
        flash("The record is erased.", "done")
    else:
        flash(NOT_CLEANED, "problem")
    return url_for("pupil.page", key=pupil.id)


def nothing_pressed(pupil, said):
    raise erasure.Cannot("Press one of the buttons.")


ERASING = {"ask": ask_to_erase, "back": take_request_back, "erase": erase_now}


# --- the bundle
def marked(items):
    return {item.key: item.why for item in items if item.why}


def decided(items, said):
    """What is left out: ({key: reason}, [(id of the box, what is wrong there)])."""
    shown = [item.key for item in items]
    if said.getlist("item") != shown:
        return marked(items), [("", CHANGED)]
    ticked = said.getlist("out")
    left_out = {}
    problems = []
    for number, item in enumerate(items):
        why = clean(said.get(f"why-{number}")) or ""
        missing = ""
        if item.key in ticked:
            left_out[item.key] = why
            if not why:
                missing = "left out"
        elif item.why and why in ("", item.why):
            missing = "given although it is marked"
        if missing:
            words = f"{item.what}: say why it is {missing}."
            problems.append((f"why-{number}", words))
    return left_out, problems


def download(asked, items, left_out):
    folder = current_app.config["DATA_DIR"]
    with pdf.place():
        data = make_bundle(asked, items, left_out, folder, current_user.name)
    named = {"Content-Disposition": f"attachment; filename={zip_name(asked)}"}
    return Response(data, mimetype="application/zip", headers=named)


def ask_for_bundle(asked, items, left_out):
    """Let it be made in the background, as it was looked at now."""
    told = {"request": asked.id, "items": [item.key for item in items], "left_out": left_out}
    try:
        work = current_app.extensions["work"].ask(me(), "bundle", [asked.pupil_id], **told)
    except NotNow as problem:
        flash(str(problem), "problem")
        return redirect(url_for(".bundle", number=asked.id))
    return redirect(url_for("prints.page", key=work.id))


def make_asked_bundle(job):
    """The bundle of a request, as somebody looked at it when they asked (ops/background.py)."""
    asked = Disclosure.get_by_id(job.needs["request"])
    items = subject_access.review(asked.pupil)
    if [item.key for item in items] != job.needs["items"]:
        raise Failed(CHANGED, url_for("keeping.bundle", number=asked.id))
    folder = current_app.config["DATA_DIR"]
    job.out.write(make_bundle(asked, items, job.needs["left_out"], folder, job.user.name))
    job.step(1, 1)


def zip_name(asked):
    return f"record-request-{asked.id}-{today():%Y-%m-%d}.zip"


def make_bundle(asked, items, left_out, folder, by):
    """The bundle as the bytes of a ZIP; a paper that cannot be made is left out, and named.

    What is in it, what was left out and why, and its SHA-256 are written on the request.
    """
    bundle = subject_access.gather(asked.pupil, left_out)
    parts = bundle_files(asked, bundle, folder)
    data = zipped(parts)
    lines = [
        f"{say_moment(now())}, made by {by}: {', '.join(parts)}.",
        f"SHA-256 of the ZIP: {hashlib.sha256(data).hexdigest()}",
    ]
    missing = [name for name, *_ in bundle.files if name not in parts]
    given = []
    kept_back = []
    for item in items:
        if item.key in left_out:
            kept_back.append(f"{item.what} ({item.where}): {left_out[item.key]}")
        elif item.why:
            given.append(item.what)
    if missing:
        lines.append(f"Missing or changed on the disk: {', '.join(missing)}.")
    if given:
        lines.append(f"Given although it is marked: {'; '.join(given)}.")
    with transaction():
        asked.contents = "\n".join(filter(None, (asked.contents, *lines)))
        asked.left_out = "\n".join(kept_back)
        asked.save(act="bundle")
        audit_access("export", [asked.pupil], f"Everything held, for request {asked.id}")
    return data


def zipped(parts):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return box.getvalue()


def bundle_files(asked, bundle, folder):
    """The files of the bundle, {name: bytes}, without those missing or changed on the disk."""
    parts = {"contents.txt": b""}
    with leaving_out():
        parts["record.pdf"] = pdf.given_record(bundle.pupil, bundle.papers)
    if asked.kind == "transfer":
        with leaving_out():
            parts["receipt.pdf"] = pdf.receipt(bundle.pupil)
    page = render_template("keeping_given.html", pupil=bundle.pupil, papers=bundle.papers)
    parts["record.html"] = page.encode()
    data = {
        "made_on": f"{today()}",
        "request": asked.id,
        "records": [lean(data) for _, data in bundle.papers],
        "not_saved": bundle.drafts,
    }
    parts["record.json"] = json.dumps(data, ensure_ascii=False, indent=1).encode()
    sheet = io.StringIO()
    for row in (subject_access.TRAIL_HEADINGS, *bundle.trail):
        csv.writer(sheet).writerow(map(escape_formula, row))
    parts["who.csv"] = ("\ufeff" + sheet.getvalue()).encode()
    for name, stored, sha256, _ in bundle.files:
        data = read_kept(folder / "files" / stored, sha256)
        if data is not None:
            parts[name] = data
    parts["contents.txt"] = contents(asked, bundle, parts).encode()
    return parts


@contextlib.contextmanager
def leaving_out():
    """A bundle goes without a paper that cannot be made: its words are in the other files."""
    try:
        yield
    except (printing.Busy, printing.GivenUp):
        raise
    except pdf.PaperError:
        return


def lean(value):
    if isinstance(value, list):
        return list(map(lean, value))
    if isinstance(value, dict):
        return {key: lean(part) for key, part in value.items() if key not in DRAWING}
    return value


def contents(asked, bundle, parts):
    """The words of contents.txt."""
    files = []
    if "record.pdf" not in parts:
        files.append("record.pdf      could not be made; record.html has the same words")
    for name, _, _, title in bundle.files:
        if name not in parts:
            title = "missing on the server; ask the school for it"
        files.append(f"{name}: {title}")
    if "receipt.pdf" in parts:
        files.append("receipt.pdf     for the next school to fill in and send back")
    words = CONTENTS.format(
        title=f"{Setting.of_school().school_name}: what is kept about one child",
        day=say_day(today()),
        number=asked.id,
        records=len(bundle.papers),
        typed=len(bundle.drafts),
        trail=len(bundle.trail),
        files="\n".join(files),
        left_out=LEFT_OUT if bundle.left_out else "Nothing was left out.",
    )
    return words.replace("\n", "\r\n")


# --- on the server
def write_bundle(number_or_upn, folder, data_dir):
    """Write everything on one child into a folder, without what is marked; the path, or None.

    Needs the program's context and a name for the audit log.
    """
    named = (Pupil.id == key_of(number_or_upn)) | (Pupil.upn == number_or_upn.upper())
    pupil = Pupil.get_or_none(named, Pupil.erased_on.is_null())
    if pupil is None:
        return None
    open_access = (Disclosure.kind == "access", Disclosure.given_on.is_null())
    waiting = Disclosure.select().where(Disclosure.pupil == pupil, *open_access)
    asked = waiting.order_by(Disclosure.asked_on, Disclosure.id).first()
    if asked is None:
        by = "The SENCO, at the server"
        asked = Disclosure.create(pupil=pupil, kind="access", asked_by=by, asked_on=today())
    items = subject_access.review(pupil)
    data = make_bundle(asked, items, marked(items), data_dir, "the technician, at the server")
    path = folder / zip_name(asked)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
    return path
