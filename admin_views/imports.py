"""What comes in from outside: pupils from the school system, and files that belong to a child's
record.

Come here to change the pages of “Bring in pupils”, which kinds of file may be kept (KEPT_KINDS),
and who may open one. What a column or a cell means is in `sheet.py`.
"""

import csv
import datetime
import hashlib
import io
import os
import pathlib
import re
import secrets
import time
import zipfile
import zlib

from flask import Response, abort, current_app, flash, redirect, request, send_file, url_for
from flask_admin import expose
from flask_login import current_user
from peewee import IntegrityError, fn
from PIL import Image

from admin_views import pupil_import
from admin_views.base import PupilRecordView, typing_problems
from admin_views.forms import clean
from admin_views.school import SchoolPage
from audit import access
from audit.log import stamps
from models import Document, Pupil, Setting, may
from records.questions import HEAD, SENCO, AuditEntry, Clash, now, short_day, today

IMPORT_HOURS = 24  # how long an upload waits for “Import”
SHOWN = 100  # rows of the preview on one page
MOST_FILE = 10 * 1024 * 1024
MOST_UNPACKED, MOST_MEMBERS, MOST_PIXELS = 300 * 1024 * 1024, 5_000, 80_000_000
# more than 100 times its size is suspicious from 10 MB on
MOST_RATIO, FREE_OF_RATIO = 100, 10 * 1024 * 1024
MOST_FILES_OF_CHILD, MOST_BYTES_OF_CHILD, MOST_FILES_AN_HOUR = 300, 500 * 1024 * 1024, 100
SAMPLE = (
    ("surname", "Oakley", "Ash"),
    ("forename", "Robin", "Wren"),
    ("known_as", "Rob", ""),
    ("dob", "05/05/2018", "02/03/2016"),
    ("sex", "F", "M"),
    ("upn", "H801200001001", ""),
    ("year", "Year 3", "Year 5"),
    ("form", "3B", "5A"),
    ("admitted_on", "05/09/2022", ""),
    ("premium", "Yes", "No"),
    ("eal", "No", "No"),
    ("home_language", "English", ""),
    ("contact1.name", "Mrs J Oakley", "Mr T Ash"),
    ("contact1.relationship", "Mother", "Father"),
    ("contact1.phone", "07700 900123", "07700 900456"),
    ("contact1.email", "j.oakley@example.org", ""),
    ("contact1.responsibility", "Yes", "Yes"),
)


# --- files on the disk
def folder(name):
    """A folder of our own under the data folder, readable by the program only."""
    path = pathlib.Path(current_app.config["DATA_DIR"]) / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def put(path, data):
    """Write a new file that only the program may read, and that is wholly there after a power cut;
    half a file (full disk) is removed.
    """
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(opened, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def sent_file(most):
    """The name and the bytes (at most one more than `most`) of the file that came with the form, or
    (None, None).
    """
    sent = request.files.get("file")
    if not sent or not sent.filename:
        return None, None
    with sent.stream as stream:
        return sent.filename, stream.read(most + 1)


# --- bringing in pupils
class ImportView(SchoolPage):
    """Bring in pupils: choose a file, say what its columns are, look at what would change,
    import.
    """

    def is_accessible(self):
        """Those who may add pupils (table RIGHTS)."""
        return current_user.is_authenticated and may(current_user, "w", Pupil)

    # -- the upload, kept until it is imported, left or too old; its name says whose it is
    def upload(self, key):
        """Where this person's upload with this key is kept, whether it is there or not."""
        if not re.fullmatch(r"[0-9a-f]{32}", key):
            abort(404)
        return folder("imports") / f"{current_user.id}-{key}.csv"

    def keep(self, data):
        """Keep an upload; its key."""
        self.sweep()
        key = secrets.token_hex(16)
        now = time.time()
        os.utime(put(self.upload(key), data), (now, now))
        return key

    def sweep(self):
        """Remove the uploads that nobody imported within a day."""
        for path, changed in stamps(folder("imports")):
            if changed < time.time() - IMPORT_HOURS * 3600:
                path.unlink(missing_ok=True)

    def opened(self, key):
        """The upload as a `Sheet` with what its columns mean, or (None, None) when it is no longer
        there.
        """
        self.sweep()
        try:
            found = pupil_import.read_file(self.upload(key).read_bytes())
        except FileNotFoundError:
            flash(
                "This file has been imported already, or has waited longer than a day. Nothing was"
                " changed now.",
                "problem",
            )
            return None, None
        return found, pupil_import.map_columns(
            found.heads, Setting.of_school().import_columns, current_user.role
        )

    # -- the pages
    @expose("/", methods=("GET", "POST"))
    def index(self):
        """Choose a file."""
        problems = []
        if request.method == "POST":
            _, data = sent_file(pupil_import.MOST_BYTES)
            try:
                if data is None:
                    raise pupil_import.Unreadable("Choose a file first.")
                found = pupil_import.read_file(data)
                pupil_import.refuse_without_headings(
                    found.heads, current_user.role, Setting.of_school().import_columns
                )
                return redirect(url_for(".look", key=self.keep(data)))
            except pupil_import.Unreadable as fault:
                problems = [("file", str(fault))]
        asked = [
            label
            for code, (label, _) in pupil_import.targets(current_user.role).items()
            if not code.startswith("contact")
        ]
        needed = [Pupil._meta.fields[n].verbose_name for n in pupil_import.NEEDED]
        return self.render("import.html", problems=problems, asked=asked, needed=needed), (
            422 if problems else 200
        )

    @expose("/sample.csv")
    def sample(self):
        """A file to start from, with two pupils who do not exist."""
        labels = pupil_import.targets(current_user.role)
        out = io.StringIO()
        csv.writer(out).writerows(
            [[labels[c][0] for c, *_ in SAMPLE], *([row[i] for row in SAMPLE] for i in (1, 2))]
        )
        return Response(
            "\ufeff" + out.getvalue(),
            mimetype="text/csv; charset=utf-8",
            headers={"Content-Disposition": "attachment; filename=pupils-sample.csv"},
        )

    @expose("/<key>/columns/", methods=("GET", "POST"))
    def columns(self, key):
        """Say what the columns are; it is remembered for the next file."""
        found, columns = self.opened(key)
        if found is None:
            return redirect(url_for(".index"))
        asked, problems = pupil_import.targets(current_user.role), []
        if request.method == "POST":
            columns = [
                c if (c := request.form.get(f"c{at}", "")) in asked or c == pupil_import.OUT else ""
                for at in range(len(found.heads))
            ]
        faults = pupil_import.column_faults(found.heads, columns, current_user.role)
        if request.method == "POST":
            if not faults:
                self.remember(found.heads, columns)
                return redirect(url_for(".look", key=key))
            problems = [(f"c{at if at is not None else 0}", words) for at, words in faults]
        rows = sorted(
            ((at, head, columns[at], examples(found, at)) for at, head in enumerate(found.heads)),
            key=lambda r: bool(r[2]),
        )
        return self.render(
            "import_columns.html",
            key=key,
            rows=rows,
            groups=groups(asked),
            problems=problems,
            lacking=[words for at, words in faults if at is None],
        ), (422 if problems else 200)

    def remember(self, heads, columns):
        """Keep what was said about the columns in the settings."""
        settings = Setting.of_school()
        kept = pupil_import.remember(settings.import_columns, heads, columns, current_user.role)
        if kept != (settings.import_columns or ""):
            settings.import_columns = kept
            settings.save(reason="Said while bringing in pupils")

    @expose("/<key>/", methods=("GET", "POST"))
    def look(self, key):
        """The preview: what would happen to whom; nothing is written."""
        found, columns = self.opened(key)
        if found is None:
            return redirect(url_for(".index"))
        if pupil_import.column_faults(found.heads, columns, current_user.role):
            return redirect(url_for(".columns", key=key))
        return self.show(key, found, columns, pupil_import.preview(found, columns, current_user))

    def show(self, key, found, columns, items, changed=False, written=0):
        """The page of the preview."""
        kind = kind if (kind := request.values.get("show", "")) in pupil_import.KINDS else ""
        wanted = [i for k in pupil_import.KINDS for i in items if i.kind == k and kind in ("", k)]
        pages = max(-(-len(wanted) // SHOWN), 1)
        page = min(max(request.values.get("page", 0, type=int), 0), pages - 1)
        left = [h for h, c in zip(found.heads, columns) if c == pupil_import.OUT]
        shown = wanted[page * SHOWN :][:SHOWN]
        access.note(
            [pupil for item in shown for pupil in (item.pupil, item.named) if pupil], "found"
        )
        return self.render(
            "import_preview.html",
            key=key,
            items=shown,
            counts=pupil_import.counts(items),
            kind=kind,
            total=len(wanted),
            page=page,
            pages=pages,
            first=page * SHOWN + 1,
            left=left,
            seen=pupil_import.fingerprint(items),
            absent=absent(items),
            changed=changed,
            written=written,
        ), (409 if changed else 200)

    @expose("/<key>/import/", methods=("POST",))
    def bring(self, key):
        """Write what the preview said; a second press finds no file and changes nothing."""
        path = self.upload(key)
        taken = path.with_suffix(".taken")
        found, columns = self.opened(key)
        if found is None:
            return redirect(url_for(".index"))
        try:
            path.rename(taken)  # whoever renames it first imports it
        except FileNotFoundError:
            flash("This file is being imported already. Nothing was changed now.", "problem")
            return redirect(url_for(".index"))
        return self.write(path, taken, key, found, columns)

    def write(self, path, taken, key, found, columns):
        """Import the file that was taken; give it back when it could not be done, or not
        all of it.
        """
        done, all_done = 0, False
        try:
            items = pupil_import.preview(found, columns, current_user)
            if pupil_import.fingerprint(items) == request.form.get("seen"):
                done = pupil_import.bring_in(items, f"Import {short_day(today())}")
                all_done = done == len(pupil_import.wanted(items))
        except (Clash, IntegrityError):
            pass
        finally:
            taken.unlink() if all_done else taken.rename(path)
        if not all_done:
            return self.show(
                key,
                found,
                columns,
                pupil_import.preview(found, columns, current_user),
                changed=True,
                written=done,
            )
        flash(f"{done} {'pupil' if done == 1 else 'pupils'} imported.", "done")
        return redirect(url_for("pupil.index_view"))

    @expose("/<key>/leave/", methods=("POST",))
    def leave(self, key):
        """Throw the upload away."""
        self.upload(key).unlink(missing_ok=True)
        flash("Nothing was imported; the file is removed from the portal.", "done")
        return redirect(url_for(".index"))


def examples(found, at):
    """The first three different answers of a column, to recognise it by."""
    cells = dict.fromkeys(cells[at] for _, cells in found.rows if cells and cells[at])
    return ", ".join(c[:40] for c in list(cells)[:3])


def groups(asked):
    """What a column may mean, in the groups of the list to choose from: [(group, [(code, words),
    ...]), ...].
    """
    found = {}
    for code, (label, _) in asked.items():
        found.setdefault(label.partition(":")[0] if "." in code else "Pupil", []).append(
            (code, label)
        )
    return list(found.items())


def absent(items):
    """How many pupils on roll are not in the file."""
    there = {i.pupil.id for i in items}
    return sum(
        p.id not in there for p in Pupil.visible_to(current_user).where(Pupil.left_on.is_null())
    )


# --- files of a record
OFFICE_FILE = "application/vnd.openxmlformats-officedocument."
KEPT_KINDS = {  # ending: (what it is served as, how it begins or what is inside)
    "pdf": ("application/pdf", b"%PDF-"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "webp": ("image/webp", b"RIFF"),
    "heic": ("image/heic", b"ftyp"),
    "docx": (OFFICE_FILE + "wordprocessingml.document", "word/document.xml"),
    "xlsx": (OFFICE_FILE + "spreadsheetml.sheet", "xl/workbook.xml"),
    "pptx": (OFFICE_FILE + "presentationml.presentation", "ppt/presentation.xml"),
    "odt": ("application/vnd.oasis.opendocument.text", "content.xml"),
}
KEPT_WORDS = (
    "PDF, Word (docx), Excel (xlsx), PowerPoint (pptx), OpenDocument (odt) or a picture (jpg, png,"
    " webp, heic); at most 10 MB"
)
NOT_THAT = (
    "The file is damaged, or is not what its name says. Open it, save it again and choose the new"
    " file."
)
TOO_MUCH = "The file holds more than the portal can check. Save it smaller, or as a PDF."
HARM = "The file holds something that could do harm. Save it as a PDF and choose the new file."
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
# archives and programs
PACKED = (
    b"PK\x03\x04",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"MZ",
    b"\x7fELF",
)
# in two halves, or a scanner would take this file away
VIRUS_TEST = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
WEB_PAGE = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|\?php)\b", re.I)
DECLARED = re.compile(rb"<!(?:doctype|entity)\b", re.I)
MACRO = re.compile(r"vbaproject\.bin$|^basic/|^scripts/|/macrosheets/|/activex/")
# signs that turn the order of letters around
BIDI = re.compile("[\u061c\u200e\u200f\u2066-\u2069]")


def ending(name):
    """The ending of a file name, in small letters: `pdf`."""
    return (name or "").rpartition(".")[2].lower()


def file_fault(name, data):
    """Why this file cannot be kept, as a sentence; None when it can."""
    end = ending(name)
    if end not in KEPT_KINDS or "." not in name:
        return f"This kind of file cannot be kept. Choose a {KEPT_WORDS}."
    if not data:
        return "The file is empty."
    if len(data) > MOST_FILE:
        return "The file is larger than 10 MB. Save it smaller, or in parts."
    sign = KEPT_KINDS[end][1]
    if isinstance(sign, str):
        return package_fault(data, sign)
    if VIRUS_TEST in data:
        return HARM
    where = {b"ftyp": 4}.get(sign, 0)
    second = {b"RIFF": (b"WEBP",), b"ftyp": HEIC_BRANDS}.get(sign)
    if (
        data[where : where + len(sign)] != sign
        or second
        and data[8:12] not in second
        or is_two_kinds(data)
    ):
        return NOT_THAT
    if end == "pdf":
        return None if b"%%EOF" in data[-2048:] else NOT_THAT
    return picture_fault(data) if end != "heic" else None


def is_two_kinds(data):
    """Whether a PDF or a picture would also open as a web page or as a ZIP file."""
    return bool(WEB_PAGE.search(data[: max(data.find(b" obj"), 1500)])) or zipfile.is_zipfile(
        io.BytesIO(data)
    )


def package_fault(data, member):
    """Why an Office file cannot be kept: no such thing inside, a macro, another file, or far more
    inside than it seems.

    Nothing is unpacked but the first lines of each part.
    """
    if data.count(b"PK\x01\x02") > MOST_MEMBERS:
        return TOO_MUCH
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
        inside = package.infolist()
        if data[:4] != b"PK\x03\x04" or member not in package.NameToInfo:
            return NOT_THAT
        unpacked = sum(i.file_size for i in inside)
        if unpacked > MOST_UNPACKED or unpacked > max(FREE_OF_RATIO, MOST_RATIO * len(data)):
            return TOO_MUCH
        return next(filter(None, (part_fault(package, part) for part in inside)), None)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError, OSError):
        return NOT_THAT


def part_fault(package, part):
    """Why a part of an Office file makes the file one that cannot be kept."""
    name = part.orig_filename.lower()
    if part.flag_bits & 1:
        return "The file is locked with a password. Save it without one and choose the new file."
    if MACRO.search(name):
        return (
            "The file has macros, small programs that could do harm. Save it without macros and"
            " choose the new file."
        )
    odd_place = name.startswith("/") or set(name) & set("\\:\0") or ".." in name.split("/")
    if (
        odd_place
        or part.external_attr >> 28 == 0o12
        or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    ):
        return NOT_THAT  # 0o12: a link to another file
    with package.open(part) as opened:
        start = opened.read(4096)
    if VIRUS_TEST in start or start.startswith(PACKED) and ending(name) not in KEPT_KINDS:
        return HARM
    declares = ending(name) in ("xml", "rels") and DECLARED.search(start.replace(b"\0", b""))
    # Office never declares entities (XXE, billion laughs)
    return NOT_THAT if declares else None


def picture_fault(data):
    """Why a picture cannot be kept; only its first lines are read."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
            wide, high = picture.size
    except Image.DecompressionBombError:
        wide = high = MOST_PIXELS
    except (OSError, ValueError, SyntaxError):
        return NOT_THAT
    return "The picture is too large. Save it smaller." if wide * high > MOST_PIXELS else None


def quota_fault(pupil, record, size):
    """Why no further file of this size is kept for a child, or from this person for now; None when
    it is.
    """
    others = Document.select(fn.COUNT(Document.id), fn.SUM(Document.size)).where(
        Document.pupil == pupil, Document.id != (record.id or 0)
    )
    files, held = others.scalar(as_tuple=True)
    if files >= MOST_FILES_OF_CHILD or (held or 0) + size > MOST_BYTES_OF_CHILD:
        return (
            f"There is no room for more files of this child: at most {MOST_FILES_OF_CHILD} files"
            " and 500 MB. Replace one that is no longer needed."
        )
    hour_ago = now() - datetime.timedelta(hours=1)
    lately = (
        AuditEntry.select()
        .where(
            AuditEntry.record == "Document",
            AuditEntry.question == "stored_as",
            AuditEntry.at > hour_ago,
            AuditEntry.user_id == current_user.id,
        )
        .count()
    )
    return (
        "You have added very many files within an hour. Go on in an hour."
        if lately >= MOST_FILES_AN_HOUR
        else None
    )


def shown_name(sent):
    """The name of an uploaded file as it is shown: no folders, no control characters, at most 120
    characters.
    """
    name = " ".join((clean(BIDI.sub("", re.split(r"[\\/]", sent or "")[-1])) or "").split()).strip(
        ". "
    )
    stem, dot, end = name.rpartition(".")
    return f"{stem[: 115 - len(end[:8])]}{dot}{end[:8]}"


class DocumentView(PupilRecordView):
    """Documents: the generic screens, and the file."""

    form_template = "document_form.html"

    def may_open(self, record):
        """Whether this person may open the file: one that is not for disclosure is for the SENCO
        and the head.
        """
        return record.withhold != "Yes" or current_user.role in (SENCO, HEAD)

    def render(self, template, **more):
        """Tell the templates what may be kept; who may not open the file is not offered to change
        it.
        """
        record = more.get("record")
        if record and not self.may_open(record):
            more["may_write"] = False
        return super().render(
            template, kept_words=KEPT_WORDS, kept_ends=",".join(f".{e}" for e in KEPT_KINDS), **more
        )

    def more_links(self, record):
        """The file itself, on the page and in the list."""
        return (
            [("Get the file", url_for(".get_file", key=record.id))]
            if record.stored_as and self.may_open(record)
            else []
        )

    def row_actions(self, record):
        """The usual, and the file itself."""
        return [
            a for a in super().row_actions(record) if a[0] != "Edit" or self.may_open(record)
        ] + self.more_links(record)

    @expose("/<int:key>/edit/", methods=("GET", "POST"))
    def edit(self, key):
        """Change a document; who may not open it cannot make it open either."""
        if not self.may_open(self.find(key)):
            abort(403)
        return super().edit(key)

    def save(self, record, form):
        """Save the answers with the file; without the answers there is no file, without a file no
        document.
        """
        sent, data = sent_file(MOST_FILE)
        if data is None:
            return (
                super().save(record, form)
                if record.stored_as
                else [*typing_problems(form), ("file", "Choose the file.")]
            )
        name = shown_name(sent)
        fault = file_fault(name, data) or quota_fault(
            form.pupil.data if "pupil" in form else record.pupil, record, len(data)
        )
        return (
            [*typing_problems(form), ("file", fault)]
            if fault
            else self.save_with(record, form, name, data)
        )

    def save_with(self, record, form, name, data):
        """Save with a new file; the file goes again when saving fails, the replaced one when it is
        saved.
        """
        was = {n: getattr(record, n) for n in ("file_name", "stored_as", "size", "sha256")}
        path = put(folder("files") / secrets.token_hex(16), data)
        record.file_name, record.stored_as, record.size, record.sha256 = (
            name,
            path.name,
            len(data),
            hashlib.sha256(data).hexdigest(),
        )
        problems = ["not saved"]
        try:
            problems = super().save(record, form)
        finally:
            if problems:
                path.unlink(missing_ok=True)
                record.__data__.update(was)
            else:
                forget_file(was["stored_as"])
        return problems

    @expose("/<int:key>/file")
    def get_file(self, key):
        """The file, to keep on one's own computer; never shown inside the portal."""
        record = self.find(key)
        if not record.stored_as:
            abort(404)
        if not self.may_open(record):
            abort(403)
        path = folder("files") / record.stored_as
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != record.sha256:
            flash(
                "The file is missing or was changed outside the portal. Tell your technician: it"
                " can come back from a backup.",
                "problem",
            )
            return redirect(url_for(".page", key=key))
        answer = send_file(
            io.BytesIO(data),
            KEPT_KINDS.get(ending(record.file_name), ("application/octet-stream",))[0],
            as_attachment=True,
            download_name=record.file_name,
        )
        answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


# a crash leaves one; many files without a document mean that this is the wrong database
MOST_STRAYS = 8


def sweep_files(program):
    """Take away what a crash left behind: files that no document names, and that nobody can be
    saving now.
    """
    # on a folder without its database no start comes so far
    named = {name for (name,) in Document.select(Document.stored_as).tuples()}
    strays = [
        p
        for p, changed in stamps(folder("files"))
        if p.name not in named and p.is_file() and changed < time.time() - 600
    ]
    if len(strays) <= MOST_STRAYS:
        for path in strays:
            path.unlink(missing_ok=True)
    elif strays:
        program.logger.error(
            "%s files belong to no document and were left alone: is this the right database?",
            len(strays),
        )


def give_back_imports():
    """Give back the uploads whose import was killed, to import what is left of them; those that are
    too old go.
    """
    for path, changed in stamps(folder("imports")):
        if changed < time.time() - IMPORT_HOURS * 3600:
            path.unlink(missing_ok=True)
        elif path.suffix == ".taken":
            path.rename(path.with_suffix(".csv"))


def forget_file(name):
    """Take a replaced file from the disk, unless another document still names it."""
    if name and not Document.select().where(Document.stored_as == name).exists():
        (folder("files") / name).unlink(missing_ok=True)
