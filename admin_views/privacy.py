"""Keeping records: what was asked for and when it is due, the bundle with everything on one child,
and erasing.

Come here to change these pages, and which files a bundle has. What is gathered, due and erased is
decided in `privacy/keeping.py`.
"""

import csv
import hashlib
import io
import json
import os
import pathlib
import zipfile

from flask import Response, abort, current_app, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user

from admin_views.account.views import fresh, me
from admin_views.base import PupilRecordView, harmless
from admin_views.forms import clean, key_of
from admin_views.home import settings_now
from admin_views.school import SchoolPage
from audit import access
from audit.log import saw
from models import Disclosure, Erasure, Pupil, Setting, may
from papers import pdf
from pathway import clock
from privacy import keeping
from records.questions import now, say_day, say_moment, today, together

README = """{title}
Made on {day} for request number {number}. Everything here is about one child: please keep it safe.

record.pdf      {records} records to read on paper, each with its questions and answers
record.json     the same for a computer, with what was typed and not saved ({typed})
who.csv         who saw or changed what: {trail} lines, times in UTC
{files}
{left_out}
"""


class DisclosureView(PupilRecordView):
    """Requests for information: the generated screens, the day it is due, and the way to the
    bundle.
    """

    def begin(self, pupil):
        """For a leaver it is the transfer that is asked for."""
        if pupil is None or not pupil.left_on:
            return super().begin(pupil)
        return (
            Disclosure(
                pupil=pupil,
                kind="transfer",
                asked_by=pupil.destination or "The next school",
                asked_on=today(),
            ),
            {},
        )

    def more_links(self, record):
        """Make the bundle, for those who may."""
        ready = may(current_user, "r", Erasure) and not record.pupil.erased_on
        return [("Make the bundle", url_for("keeping.bundle", number=record.id))] if ready else []

    def render(self, template, **more):
        """Say on the page of a request when it is due."""
        record = more.get("record")
        if record is not None and record.id and not record.given_on:
            when = clock.request_due(record, settings_now())
            more["notice"] = (
                f"To be answered by {say_day(when)}."
                if when
                else "The clock is stopped until the clarification is here."
            )
        return super().render(template, **more)

    def after_save(self, record, do):
        """On to the bundle, until something was given."""
        links = [] if record.given_on else self.more_links(record)
        return links[0][1] if links else super().after_save(record, do)


class KeepingView(SchoolPage):
    """The requests, the leavers, what is due to be erased; the bundle; erasing."""

    def is_accessible(self):
        """Those who may read the erasures (table RIGHTS): the SENCO and the head."""
        return current_user.is_authenticated and may(current_user, "r", Erasure)

    @expose("/")
    def index(self):
        """What is asked for, to be sent, and due."""
        settings, sen = settings_now(), keeping.on_sen_support()
        asked = list(
            Erasure.select()
            .where(Erasure.done_at.is_null(), Erasure.asked_id.is_null(False))
            .order_by(Erasure.id)
        )
        done = list(
            Erasure.select()
            .where(Erasure.done_at.is_null(False))
            .order_by(Erasure.done_at.desc())
            .limit(50)
        )
        requests, sending, due = (
            keeping.open_requests(settings),
            keeping.to_send(settings),
            keeping.due(settings),
        )
        held = list(Pupil.select().where(Pupil.hold != "", Pupil.erased_on.is_null()))
        access.note(
            [
                *(d.pupil for d, _ in requests),
                *(p for p, _, _ in sending),
                *(d.pupil for d in due),
                *held,
                *(e.pupil for e in (*asked, *done)),
            ],
            "listed",
        )
        return self.render(
            "keeping.html",
            requests=requests,
            sending=sending,
            due=due,
            held=held,
            asked=asked,
            done=done,
            sen=sen,
        )

    @expose("/<int:number>/bundle/", methods=("GET", "POST"))
    @fresh
    def bundle(self, number):
        """Look at what is marked and at the names of others, then make the bundle for a request."""
        asked = Disclosure.get_or_none(Disclosure.id == number) or abort(404)
        if asked.pupil.erased_on:
            abort(404)
        items = keeping.review(asked.pupil)
        out, problems = (
            decided(items, request.form)
            if request.method == "POST"
            else ({i.key: i.why for i in items if i.why}, [])
        )
        if request.method == "POST" and not problems:
            try:
                with pdf.place():
                    data = made(
                        asked,
                        items,
                        out,
                        pathlib.Path(current_app.config["DATA_DIR"]),
                        current_user.name,
                    )
                return Response(
                    data,
                    mimetype="application/zip",
                    headers={"Content-Disposition": f"attachment; filename={zip_name(asked)}"},
                )
            except pdf.PaperError as fault:
                problems = [("", str(fault))]
        access.note([asked.pupil])
        access.note(
            Pupil.select().where(
                Pupil.id.in_([int(i.key[6:]) for i in items if i.key.startswith("pupil/")])
            ),
            "listed",
        )
        return self.render(
            "keeping_bundle.html",
            asked=asked,
            pupil=asked.pupil,
            items=items,
            out=out,
            problems=problems,
            when=clock.request_due(asked, settings_now()),
            said=request.form,
        ), (422 if problems else 200)

    @expose("/<int:number>/erase/", methods=("GET", "POST"))
    @fresh
    def erase(self, number):
        """Ask for a child's record to be erased, or as the second person erase it."""
        pupil, problems = Pupil.get_or_none(Pupil.id == number) or abort(404), []
        if request.method == "POST":
            try:
                return redirect(ERASING.get(request.form.get("do"), nothing)(pupil, request.form))
            except keeping.Cannot as fault:
                problems = [("", str(fault))]
        if pupil.erased_on:
            return redirect(url_for("pupil.page", key=number))
        access.note([pupil])
        settings, asked = settings_now(), keeping.asked_for(pupil)
        return self.render(
            "keeping_erase.html",
            pupil=pupil,
            asked=asked,
            mine=bool(asked) and asked.asked_id == current_user.id,
            obstacle=keeping.obstacle(pupil),
            until=keeping.keep_until(pupil, settings, keeping.on_sen_support()),
            backups=keeping.gone_from_backups(today(), settings),
            problems=problems,
        ), (422 if problems else 200)


# --- erasing
def ask(pupil, said):
    """Ask for it; where to go then."""
    keeping.ask(pupil, me(), clean(said.get("words")))
    flash("Asked for. The head, or another SENCO, can erase the record now.", "done")
    return url_for("keeping.index")


def take_back(pupil, said):
    """Take the request to erase back."""
    asked = keeping.asked_for(pupil)
    if asked is None or asked.asked_id != current_user.id:
        raise keeping.Cannot("Only the person who asked takes it back.")
    asked.remove("taken back")
    flash("Taken back. The record stays.", "done")
    return url_for("keeping.index")


def erase(pupil, said):
    """Erase it, as the second person."""
    clear = keeping.erase(
        pupil, me(), said.get("words", ""), pathlib.Path(current_app.config["DATA_DIR"])
    )
    flash(
        (
            "The record is erased."
            if clear
            else (
                "The record is erased. The database was busy, so traces of it may still stand in"
                " its file: ask your technician to run the command “retention”, which writes over"
                " them."
            )
        ),
        "done" if clear else "problem",
    )
    return url_for("pupil.page", key=pupil.id)


def nothing(pupil, said):
    """No button was pressed."""
    raise keeping.Cannot("Press one of the buttons.")


ERASING = {"ask": ask, "back": take_back, "erase": erase}


# --- the bundle
def decided(items, said):
    """What is left out and why, and what is wrong with that: ({key: reason}, [(id of the box,
    sentence), ...]).
    """
    ticked, problems = set(said.getlist("out")), []
    if said.getlist("item") != [i.key for i in items]:
        return {i.key: i.why for i in items if i.why}, [
            ("", "The record has changed since you opened this page. Please look again.")
        ]
    out = {}
    for at, item in enumerate(items):
        why = clean(said.get(f"why-{at}")) or ""
        if item.key in ticked:
            out[item.key] = why
        if (
            item.key in ticked
            and not why
            or item.key not in ticked
            and item.why
            and why in ("", item.why)
        ):
            problems.append(
                (
                    f"why-{at}",
                    (
                        f"{item.what}: say why it is"
                        f" {'left out' if item.key in ticked else 'given although it is marked'}."
                    ),
                )
            )
    return out, problems


def zip_name(asked):
    """The name of the file: no child's name in it."""
    return f"record-request-{asked.id}-{today():%Y-%m-%d}.zip"


def made(asked, items, out, folder, by):
    """The bundle as the bytes of a ZIP; what is in it and its SHA-256 are written on the request.
    Raises PaperError.
    """
    bundle = keeping.gather(asked.pupil, out)
    parts, missing = (
        parts_of(asked, bundle, folder),
        [name for name, stored, code, _ in bundle.files if not whole(folder, stored, code)],
    )
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(
                zipfile.ZipInfo(name, now().timetuple()[:6]), data, zipfile.ZIP_DEFLATED
            )
    data = box.getvalue()
    given = "; ".join([i.what for i in items if i.why and i.key not in out])
    lines = [
        f"{say_moment(now())}, made by {by}: {', '.join(parts)}.",
        f"SHA-256 of the ZIP: {hashlib.sha256(data).hexdigest()}",
    ]
    lines += [f"Missing or changed on the disk: {', '.join(missing)}."] * bool(missing) + [
        f"Given although it is marked: {given}."
    ] * bool(given)
    with together():
        asked.contents = "\n".join(filter(None, (asked.contents, *lines)))
        asked.left_out = "\n".join(
            f"{i.what} ({i.where}): {out[i.key]}" for i in items if i.key in out
        )
        asked.save(act="bundle")
        saw("export", [asked.pupil], f"Everything held, for request {asked.id}")
    return data


def parts_of(asked, bundle, folder):
    """The files of the bundle: {name: bytes}."""
    pupil, parts = bundle.pupil, {}
    parts["record.pdf"] = pdf.given_record(pupil, bundle.papers, bundle.cut)
    if asked.kind == "transfer":
        parts["receipt.pdf"] = pdf.receipt(pupil)
    data = {
        "made_on": f"{today()}",
        "request": asked.id,
        "records": [lean(told) for _, told in bundle.papers],
        "not_saved": bundle.typed,
    }
    parts["record.json"] = json.dumps(data, ensure_ascii=False, indent=1).encode()
    sheet = io.StringIO()
    csv.writer(sheet).writerows([harmless(cell) for cell in row] for row in bundle.trail)
    parts["who.csv"] = ("\ufeff" + sheet.getvalue()).encode()
    for name, stored, code, _ in bundle.files:
        if whole(folder, stored, code):
            parts[name] = (folder / "files" / stored).read_bytes()
    return {"contents.txt": contents(asked, bundle, parts).encode(), **parts}


def lean(value):
    """A tree of data without what only says how to draw it."""
    if isinstance(value, dict):
        return {
            k: lean(v)
            for k, v in value.items()
            if k not in ("key", "rows", "options", "see", "family", "code", "blank")
        }
    return [lean(v) for v in value] if isinstance(value, list) else value


def whole(folder, stored, code):
    """Whether a file is on the disk as it was brought in."""
    path = folder / "files" / stored
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == code


def contents(asked, bundle, parts):
    """The words of contents.txt."""
    files = [
        f"{name}: {title if name in parts else 'missing on the server; ask the school for it'}"
        for name, _, _, title in bundle.files
    ]
    files += ["receipt.pdf     for the next school to fill in and send back"] * (
        "receipt.pdf" in parts
    )
    left = (
        "Some words were left out: they are about other people, or may by law be withheld. Ask the"
        " school if you have questions."
    )
    return README.format(
        title=f"{Setting.of_school().school_name}: what is kept about one child",
        day=say_day(today()),
        number=asked.id,
        records=len(bundle.papers),
        typed=len(bundle.typed),
        trail=len(bundle.trail) - 1,
        files="\n".join(files),
        left_out=left if bundle.cut.keys else "Nothing was left out.",
    ).replace("\n", "\r\n")


# --- on the server
def write_bundle(number_or_upn, folder, data_dir):
    """For the technician at the server, asked by the SENCO: write everything on one child into a
    folder, without what is marked.

    Needs the program's context and a name for the audit trail; returns the path, or None when there
    is no such child.
    """
    number = key_of(number_or_upn)
    pupil = Pupil.get_or_none(
        (Pupil.id == number) | (Pupil.upn == number_or_upn.upper()), Pupil.erased_on.is_null()
    )
    if pupil is None:
        return None
    asked = (
        Disclosure.select()
        .where(
            Disclosure.pupil == pupil, Disclosure.kind == "access", Disclosure.given_on.is_null()
        )
        .first()
    )
    asked = asked or Disclosure.create(
        pupil=pupil, kind="access", asked_by="The SENCO, at the server", asked_on=today()
    )
    items = keeping.review(pupil)
    data = made(
        asked,
        items,
        {i.key: i.why for i in items if i.why},
        data_dir,
        "the technician, at the server",
    )
    path = folder / zip_name(asked)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
    return path
