"""Long work: the page where something is asked for many children, how far it is, and its file.

Come here to add a kind of work: a line of KINDS, and the function that makes it. How work waits
and what happens to it after a restart is in `ops/background.py`.
"""

import json
import re
import zipfile

from flask import abort, current_app, flash, jsonify, redirect, request, send_file, url_for
from flask_admin import expose
from flask_login import current_user
from peewee import SQL, fn

import workflow
from admin_views import documents, imports, privacy
from admin_views.account import views as account
from admin_views.account.views import me
from admin_views.forms import key_of
from admin_views.home import in_scope
from admin_views.school import SchoolPage
from admin_views.zip_guard import ending
from audit import access
from audit.log import now
from models import Document, Erasure, Letter, Placement, Pupil, may
from ops.background import Failed, NotNow, WorkKind, pupils_of
from papers import pdf
from pathway import letters
from people import Work, class_key
from records.record import Clash
from records.storage import read_kept

MIMES = {"pdf": "application/pdf", "zip": "application/zip"}
ALL = "all"  # every class
NONE_CHOSEN = "Choose the children first."
TAKEN_AWAY = "The file was removed: it is kept for a day. Ask for it again."


# --- what is made
def make_profiles(job):
    write_stack(job, job.pupils, pdf.profile_pdf)


def make_records(job):
    write_stack(job, job.pupils, pdf.record_pdf)


def make_letters(job):
    """The letters that were written and not sent, each on a sheet of its own."""
    found = []
    for pupil in job.pupils:
        found.extend(Letter.unsent().where(Letter.pupil == pupil).order_by(Letter.id))
    if not found:
        raise Failed("There is no letter of these children that waits to be sent.")
    write_stack(job, found, pdf.one_pdf)
    job.kept = {"letters": [letter.id for letter in found]}


def write_stack(job, records, draw):
    """One PDF of the papers of some records, each beginning on an odd page."""
    papers = []
    titles = []
    for number, record in enumerate(records):
        job.step(number, len(records))
        papers.append(draw(record, job.user))
        pupil = record if isinstance(record, Pupil) else record.pupil
        titles.append(pupil.name)
    job.out.write(pdf.stacked(papers, titles))
    job.step(len(records), len(records))


def make_files(job):
    """A ZIP with a folder for each child: the whole record, and the files that hang on it."""
    folder = documents.private_folder("files")
    contents = []
    with zipfile.ZipFile(job.out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, pupil in enumerate(job.pupils):
            job.step(number, len(job.pupils))
            contents.append(f"{pupil.id}/record.pdf  {pupil.name}, {pupil.form or 'no class'}")
            archive.writestr(f"{pupil.id}/record.pdf", pdf.record_pdf(pupil, job.user))
            for document in files_of(pupil, job.user):
                name = f"{pupil.id}/file-{document.id}.{ending(document.file_name)}"
                data = read_kept(folder / document.stored_as, document.sha256)
                if data is not None:
                    archive.writestr(name, data)
                    contents.append(f"{name}  {document}")
                else:
                    contents.append(f"{name}  {document}: missing on the server")
        archive.writestr("contents.txt", "\r\n".join(contents))
    job.step(len(job.pupils), len(job.pupils))


def files_of(pupil, user):
    """The documents of a child whose file this person may open."""
    if not may(user, "r", Document):
        return []
    found = []
    kept = Document.readable_by(user).where(Document.pupil == pupil)
    for document in kept.where(Document.stored_as.is_null(False)).order_by(Document.id):
        if documents.may_open(document, user):
            found.append(document)
    return found


KINDS = (
    WorkKind("profiles", "one-page profile", "one-page profiles", make_profiles),
    WorkKind("records", "whole record", "whole records", make_records),
    WorkKind(
        "files",
        "whole record with its files",
        "whole records with their files",
        make_files,
        ending="zip",
        act="export",
        readable=Document,
        right="x",
    ),
    WorkKind(
        "letters",
        "child's letters to send",
        "children's letters to send",
        make_letters,
        readable=Letter,
    ),
    WorkKind(
        "bundle",
        "answer to a request for information",
        "answers to requests for information",
        privacy.make_asked_bundle,
        ending="zip",
        act="export",
        readable=Erasure,
    ),
    WorkKind(
        "import",
        "pupil to bring in",
        "pupils to bring in",
        imports.import_asked,
        ending="",
        right="w",
        readable=Pupil,
    ),
)
# those that anybody asks for on the page, for any children
OFFERED = ("profiles", "records", "files", "letters")


def worker():
    return current_app.extensions["work"]


def may_ask(user, kind):
    return may(user, kind.right, kind.readable)


def works_of(user):
    """What the home page tells of somebody's work: [(row, its words)], what was fetched aside."""
    found = []
    for work in Work.of(user).where(Work.fetched_at.is_null()):
        found.append((work, said(work)))
    return found


def said(work):
    return worker().kinds[work.kind].said(work.total)


# --- the pages
class WorkView(SchoolPage):
    """Print for many: ask, see how far it is, fetch the file."""

    right = ("r", Pupil)

    def mine(self, key):
        return Work.get_or_none(Work.id == key, Work.user == current_user.id) or abort(404)

    @expose("/")
    def index(self):
        offered = []
        for kind in KINDS:
            if kind.name in OFFERED and may_ask(current_user, kind):
                offered.append((kind.name, kind.many[:1].upper() + kind.many[1:]))
        works = [(work, said(work)) for work in Work.of(current_user)]
        return self.render("work.html", kinds=offered, classes=classes(), works=works)

    @expose("/start/", methods=("POST",))
    def start(self):
        """Ask for one kind of work for some children, or for all of a class that are on a stage."""
        kind = worker().kinds.get(request.form.get("kind"))
        if not request.form.get("kind"):
            return redirect(url_for(".index"))
        if kind is None or kind.name not in OFFERED or not may_ask(current_user, kind):
            abort(403)
        numbers = {key_of(number) for number in request.form.getlist("pupil")}
        if request.form.get("form"):
            numbers.update(in_class(request.form["form"]))
        if not numbers:
            flash(NONE_CHOSEN, "problem")
            return redirect(url_for(".index"))
        return self.asked(kind.name, numbers)

    def asked(self, kind, numbers):
        try:
            work = worker().ask(me(), kind, numbers)
        except Failed:
            abort(404)
        except NotNow as problem:
            flash(str(problem), "problem")
            return redirect(url_for(".index"))
        return redirect(url_for(".page", key=work.id))

    @expose("/<int:key>/")
    def page(self, key):
        work = self.mine(key)
        if not work.is_open and not work.file and not work.fetched_at:
            Work.update(fetched_at=now()).where(Work.id == work.id).execute()
        before = Work.select(fn.COUNT(Work.id)).where(Work.state == "waiting", Work.id < key)
        return self.render(
            "work_page.html",
            work=work,
            said=said(work),
            unsent=unsent_of(work).count(),
            before=before.scalar(),
        )

    @expose("/progress")
    def progress(self):
        """How far it is, for the script of the page."""
        work = self.mine(request.args.get("of", 0, type=key_of))
        return jsonify(open=work.is_open, state=work.state, done=work.done, total=work.total)

    @expose("/<int:key>/file")
    def file(self, key):
        """The file, for who asked only; each child in it is written down."""
        work = self.mine(key)
        kind = worker().kinds[work.kind]
        if kind.act == "export":
            refusal = account.require_recent_password()
            if refusal:
                return refusal
        path = worker().folder / work.file
        if work.state != "done" or not work.file or not path.is_file():
            flash(TAKEN_AWAY, "problem")
            return redirect(url_for(".index"))
        try:
            pupils = pupils_of(work, me())
        except Failed as problem:
            flash(str(problem), "problem")
            return redirect(url_for(".index"))
        if not may_ask(current_user, kind):
            abort(403)
        access.log_access(pupils, kind.act)
        Work.update(fetched_at=now()).where(Work.id == work.id).execute()
        name = f"{kind.name}-{work.id}.{kind.ending}"
        return send_file(
            path, MIMES[kind.ending], as_attachment=kind.ending == "zip", download_name=name
        )

    @expose("/<int:key>/sent/", methods=("POST",))
    def sent(self, key):
        """Write down that all letters of a file went today."""
        work = self.mine(key)
        if not may(current_user, "w", Letter):
            abort(403)
        try:
            problems = letters.send_today(list(unsent_of(work)))
        except Clash as clash:
            problems = [("", str(clash))]
        for _, words in problems:
            flash(words, "problem")
        if not problems:
            flash("Written down: sent today.", "done")
        return redirect(url_for(".page", key=key))

    @expose("/<int:key>/remove/", methods=("POST",))
    def remove(self, key):
        work = self.mine(key)
        if work.state == "running" and not worker().kinds[work.kind].ending:
            flash("This is being brought in just now and cannot be stopped.", "problem")
            return redirect(url_for(".page", key=key))
        work.delete_instance()
        if work.file and not work.is_open:
            (worker().folder / work.file).unlink(missing_ok=True)
        flash("Taken away.", "done")
        return redirect(url_for(".index"))


def unsent_of(work):
    """The letters of a file that have not gone, as far as this person may write them."""
    found = Letter.unsent().where(Letter.id.in_(json.loads(work.needs).get("letters", [])))
    if not may(me(), "w", Letter):
        return found.where(SQL("1 = 0"))
    return found.where(*in_scope(me(), Letter.pupil))


def on_a_stage():
    """The children on a stage whom this person may know about."""
    query = Placement.select(Pupil.id, Pupil.form).join(Pupil)
    query = query.where(Placement.is_on(workflow.OPEN), *in_scope(me(), Placement.pupil))
    return query.distinct()


def classes():
    """The classes to choose from, with the number of their children on a stage."""
    counts = {}
    names = {}
    for _, form in on_a_stage().tuples():
        key = class_key(form)
        names.setdefault(key, form)
        counts[key] = counts.get(key, 0) + 1
    found = []
    for key in sorted(filter(None, counts), key=natural):
        found.append((key, f"{names[key]} ({counts[key]})"))
    if counts:
        found.append((ALL, f"All ({sum(counts.values())})"))
    return found


def natural(key):
    """Class 10A after class 9B."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", key)]


def in_class(asked):
    return [number for number, form in on_a_stage().tuples() if asked in (ALL, class_key(form))]
