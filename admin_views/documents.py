"""Files of a child's record: which are kept, who may open them, and their place on the disk.

Come here to allow another kind of file (KINDS) or to change how much is kept. A file is never shown
inside the portal, and nothing of it is unpacked but the first lines of each part.
"""

import hashlib
import io
import os
import pathlib
import re
import secrets
import time
import zipfile
from dataclasses import dataclass

from flask import abort, current_app, flash, g, redirect, request, send_file, url_for
from flask_admin import expose
from flask_login import current_user
from peewee import fn
from PIL import Image

from admin_views.base import PupilRecordView, typing_problems
from admin_views.forms import clean_line
from admin_views.zip_guard import DAMAGED, MEGA, FileRefused, ending, refuse_package
from models import Document, Setting, may, record_with_key
from privacy.pictures import without_place
from records.questions import HEAD, SENCO
from records.record import record_key
from records.storage import change_times, read_kept

MOST_BYTES_OF_FILE = 10 * MEGA
MOST_FILES_OF_CHILD = 300
MOST_BYTES_OF_CHILD = 500 * MEGA
KEPT_SECONDS = 24 * 3600  # how long an upload waits for the next press
MOST_PIXELS = 80_000_000
# a crash leaves one; many files without a document mean that this is the wrong database
MOST_STRAYS = 8


@dataclass(frozen=True)
class Kind:
    """A kind of file, known by its first bytes, or by a `member` that its ZIP package has."""

    mime: str
    signature: bytes = b""
    member: str = ""


# A PDF begins within its first 1,024 bytes (Acrobat, and ISO 32000-1, annex H.3): after a mark of
# the encoding, or lines of a printer or a mail; no sign of a script or a web page in them, and
# no beginning of another kind of file.
BEFORE_PDF = (
    rb"(?!MZ|PK|Rar!|7z|BZh|BM|GIF8|ID3|RIFF|%!|\x7fELF)"
    rb"(?:\xef\xbb\xbf)?[\t\n\f\r\x1b\0 !\"%'()+,\-./:=@?~^\[\]\w]{0,1021}?"
)
PADDING = b"\0\t\n\f\r \x1a\xff"  # after its end
OFFICE = "application/vnd.openxmlformats-officedocument."
JPEG = Kind("image/jpeg", rb"\xff\xd8\xff")
KINDS = {  # by the ending of the file's name
    "pdf": Kind("application/pdf", BEFORE_PDF + rb"%PDF-"),
    "jpg": JPEG,
    "jpeg": JPEG,
    **dict.fromkeys(("jfif", "jpe", "pjpeg", "pjp"), JPEG),  # as browsers save pictures
    "png": Kind("image/png", rb"\x89PNG\r\n\x1a\n"),
    "webp": Kind("image/webp", rb"RIFF....WEBP"),
    "heic": Kind("image/heic", rb"....ftyp(hei[cxms]|hev[cx]|mif1|msf1)"),
    "docx": Kind(OFFICE + "wordprocessingml.document", member="word/document.xml"),
    "xlsx": Kind(OFFICE + "spreadsheetml.sheet", member="xl/workbook.xml"),
    "pptx": Kind(OFFICE + "presentationml.presentation", member="ppt/presentation.xml"),
    "odt": Kind("application/vnd.oasis.opendocument.text", member="content.xml"),
}
KINDS_IN_WORDS = (
    "PDF, Word (docx), Excel (xlsx), PowerPoint (pptx), OpenDocument (odt) or a picture (jpg, png,"
    " webp, heic); at most 10 MB"
)
WEB_PAGE = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|\?php)\b", re.I)
# direction marks, which turn the order of letters around
BIDI = re.compile("[\u061c\u200e\u200f\u2066-\u2069]")


# --- files on the disk
def private_folder(name):
    path = pathlib.Path(current_app.config["DATA_DIR"]) / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_private(path, data):
    """Write a new file for the program only; after a power cut or on a full disk, no half."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    opened = os.open(path, flags, 0o600)
    try:
        with os.fdopen(opened, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def uploaded_file(most):
    """Name and bytes (at most `most` and one) of the file that came, or that waits since its form
    was refused; or (None, None).
    """
    if "upload" not in g:
        g.upload = _read_upload(most)
    return g.upload


def _read_upload(most):
    sent = request.files.get("file")
    if sent and sent.filename:
        with sent.stream as stream:
            return sent.filename, stream.read(most + 1)
    path = waiting_path()
    if path and path.is_file():
        return request.form.get("waits_name"), path.read_bytes()
    return None, None


# --- uploads, kept until the next press, or too old
def upload_path(key):
    if not re.fullmatch(r"[0-9a-f]{32}", key):
        abort(404)
    return private_folder("imports") / f"{current_user.id}-{key}.upload"


def keep_upload(data):
    remove_old_uploads()
    key = secrets.token_hex(16)
    path = upload_path(key)
    write_private(path, data)
    # the program's clock, by which it grows old
    os.utime(path, (time.time(), time.time()))
    return key


def remove_old_uploads():
    for path, changed in change_times(private_folder("imports")):
        if changed < time.time() - KEPT_SECONDS:
            path.unlink(missing_ok=True)


def waiting_path():
    """Where the file is that came with a form that was refused; None when none came."""
    key = request.form.get("waits")
    return upload_path(key) if key else None


def remove_stray_files(program):
    """Take away what a crash left: files that no record names, ten minutes old."""
    named = {
        *Document.select(Document.stored_as).scalars(),
        *Setting.select(Setting.logo).scalars(),
    }
    ten_minutes_ago = time.time() - 600
    strays = []
    for path, changed in change_times(private_folder("files")):
        if path.name not in named and path.is_file() and changed < ten_minutes_ago:
            strays.append(path)
    if len(strays) > MOST_STRAYS:
        words = "%s files belong to no document and were left alone: is this the right database?"
        program.logger.error(words, len(strays))
        return
    for path in strays:
        path.unlink(missing_ok=True)


def remove_replaced(name):
    if not name or Setting.select().where(Setting.logo == name).exists():
        return
    if not Document.select().where(Document.stored_as == name).exists():
        (private_folder("files") / name).unlink(missing_ok=True)


# --- what may be kept
def shown_name(sent):
    """The name of an upload without folders and control characters."""
    base = re.split(r"[\\/]", sent or "")[-1]
    name = (clean_line(BIDI.sub("", base)) or "").strip(". ")
    stem, dot, end = name.rpartition(".")
    return f"{stem[: 115 - len(end[:8])]}{dot}{end[:8]}"


def refuse_file(name, data):
    """Raise FileRefused when a file cannot be kept."""
    kind = KINDS.get(ending(name))
    if not kind or "." not in name:
        raise FileRefused(f"This kind of file cannot be kept. Choose a {KINDS_IN_WORDS}.")
    if not data:
        raise FileRefused("The file is empty.")
    if len(data) > MOST_BYTES_OF_FILE:
        raise FileRefused("The file is larger than 10 MB. Save it smaller, or in parts.")
    if kind.member:
        refuse_package(data, kind.member)
        return
    is_pdf = kind.mime == "application/pdf"
    if is_pdf:
        data = data.rstrip(PADDING)
    if not _begins_as(kind, data):
        raise FileRefused(_other_name(data) or DAMAGED)
    if _opens_as_something_else(data):
        raise FileRefused(DAMAGED)
    if is_pdf and b"%%EOF" not in data[-2048:]:
        raise FileRefused(DAMAGED)
    if not is_pdf and kind.mime != "image/heic":
        _refuse_picture(data)


def _begins_as(kind, data):
    return bool(kind.signature and re.match(kind.signature, data, re.DOTALL))


def _other_name(data):
    """What to do about a file that has the name of another kind; None when it is of no kind."""
    for end, kind in KINDS.items():
        if _begins_as(kind, data):
            return (
                f"The file is not what its name says: it is a {end} file. Change the end of its"
                f" name to .{end}, then choose it again."
            )
    return None


def _opens_as_something_else(data):
    start = data[: max(data.find(b" obj"), 1500)]
    return bool(WEB_PAGE.search(start)) or zipfile.is_zipfile(io.BytesIO(data))


def _refuse_picture(data):
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
            wide, high = picture.size
    except Image.DecompressionBombError:
        wide = high = MOST_PIXELS
    except (OSError, ValueError, SyntaxError):
        raise FileRefused(DAMAGED) from None
    if wide * high > MOST_PIXELS:
        raise FileRefused("The picture is too large. Save it smaller.")


def refuse_beyond_room(pupil, record, size):
    """Raise FileRefused when a child has no room for a file of this size."""
    others = Document.select(fn.COUNT(Document.id), fn.SUM(Document.size)).where(
        Document.pupil == pupil, Document.id != (record.id or 0)
    )
    files, held = others.scalar(as_tuple=True)
    if files >= MOST_FILES_OF_CHILD or (held or 0) + size > MOST_BYTES_OF_CHILD:
        raise FileRefused(
            f"There is no room for more files of this child: at most {MOST_FILES_OF_CHILD} files"
            " and 500 MB. Replace one that is no longer needed."
        )


# --- the screens
def may_open(record, user):
    return record.restricted != "Yes" or user.role in (SENCO, HEAD)


class WithFile:
    """The screens of a record that keeps a file, before the view that they are of."""

    def waiting_file(self):
        """The good file of a form that is shown again is kept meanwhile."""
        sent, data = uploaded_file(MOST_BYTES_OF_FILE)
        if data is None:
            return ()
        name = shown_name(sent)
        try:
            refuse_file(name, data)
        except FileRefused:
            return ()
        path = waiting_path()
        if path and path.is_file() and path.read_bytes() == data:
            return request.form.get("waits"), name
        return keep_upload(data), name

    def save_with(self, record, form, column, told):
        """Save, with what is `told` of a new file; `column` has its name on the disk. It goes again
        when saving fails, the replaced one when it is saved.
        """
        before = {name: getattr(record, name) for name in told}
        for name, value in told.items():
            setattr(record, name, value)
        problems = ["not saved"]
        try:
            problems = super().save(record, form)
        finally:
            if problems:
                record.__data__.update(before)
            remove_replaced((told if problems else before).get(column))
        path = waiting_path()
        if path and not problems:
            path.unlink(missing_ok=True)
        return problems


class DocumentView(WithFile, PupilRecordView):
    """Documents: the generic screens, and the file."""

    form_template = "document_form.html"

    def render(self, template, **more):
        record = more.get("record")
        if record and not may_open(record, current_user):
            more["may_write"] = False
        endings = ",".join(f".{end}" for end in KINDS)
        return super().render(template, kept_words=KINDS_IN_WORDS, kept_ends=endings, **more)

    def begin(self, pupil):
        """A new one that is begun at a record belongs to it, and is of its usual kind."""
        record, prefilled = super().begin(pupil)
        owner = record_with_key(request.args.get("belongs"))
        if owner and pupil and owner.pupil_id == pupil.id and may(current_user, "r", owner):
            record.belongs = record_key(owner)
            record.kind = owner.document_kind
            record.title_of = f"{record.kind}: {owner}"
            record.from_whom = getattr(owner, owner.document_from, None)
        return record, prefilled

    def after_save(self, record, do):
        """Back to the record at which it was begun."""
        there = super().after_save(record, do)
        owner = record.leads_to("belongs")
        if do == "save" and owner and "belongs" in request.args:
            return url_for(f"{owner.slug()}.page", key=owner.id)
        return there

    def preload_links(self, rows, names):
        super().preload_links(rows, names)
        Document.fetch_owners(rows)

    def more_links(self, record):
        found = []
        owner = record.leads_to("belongs")
        if owner and may(current_user, "r", owner):
            words = f"Open the {owner.kind_name()}"
            found.append((words, url_for(f"{owner.slug()}.page", key=owner.id)))
        if record.stored_as and may_open(record, current_user):
            found.append(("Get the file", url_for(".get_file", key=record.id)))
        return found

    def row_actions(self, record):
        actions = super().row_actions(record)
        if not may_open(record, current_user):
            actions = [action for action in actions if action[0] != "Edit"]
        return actions + self.more_links(record)

    @expose("/<int:key>/edit/", methods=("GET", "POST"))
    def edit(self, key):
        if not may_open(self.find(key), current_user):
            abort(403)
        return super().edit(key)

    def save(self, record, form):
        sent, data = uploaded_file(MOST_BYTES_OF_FILE)
        if data is None and record.stored_as:
            return super().save(record, form)
        name = shown_name(sent)
        pupil = form.pupil.data if "pupil" in form else record.pupil
        try:
            if data is None:
                raise FileRefused("Choose the file.")
            refuse_file(name, data)
            refuse_beyond_room(pupil, record, len(data))
        except FileRefused as fault:
            return [*typing_problems(form), ("file", str(fault))]
        if KINDS[ending(name)].mime.startswith("image/"):
            data = without_place(data)
        path = private_folder("files") / secrets.token_hex(16)
        write_private(path, data)
        told = {"file_name": name, "stored_as": path.name, "size": len(data)}
        told["sha256"] = hashlib.sha256(data).hexdigest()
        return self.save_with(record, form, "stored_as", told)

    @expose("/<int:key>/file")
    def get_file(self, key):
        """The file, to keep on one's own computer; never shown inside the portal."""
        record = self.find(key)
        if not record.stored_as:
            abort(404)
        if not may_open(record, current_user):
            abort(403)
        data = read_kept(private_folder("files") / record.stored_as, record.sha256)
        if data is None:
            flash(
                "The file is missing or was changed outside the portal. Tell your technician: it"
                " can come back from a backup.",
                "problem",
            )
            return redirect(url_for(".page", key=key))
        name = record.file_name
        kind = KINDS.get(ending(name), Kind("application/octet-stream"))
        answer = send_file(io.BytesIO(data), kind.mime, as_attachment=True, download_name=name)
        answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer
