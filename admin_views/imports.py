"""The pages of “Bring in pupils”: choose a file, name its columns, look at the preview, import.

Come here to change these pages. What a column or a cell means is in `pupil_import.py`.
"""

import contextlib
import csv
import io

from flask import Response, abort, current_app, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from peewee import IntegrityError

from admin_views import import_undo, pupil_import, pupil_lines, starting_register, table_file
from admin_views.account.views import me, recent_password_required
from admin_views.documents import (
    keep_upload,
    private_folder,
    remove_old_uploads,
    upload_path,
    uploaded_file,
)
from admin_views.paging import Paging
from admin_views.school import SchoolPage
from audit import access
from models import Placement, Pupil, Setting
from ops.background import Failed, NotNow
from records.dates import short_day, today
from records.numbers import say_count
from records.query import by_id
from records.questions import SENCO
from records.record import Clash

ROWS_OF_A_PAGE = 100
KIND_NAMES = {kind: kind.capitalize() for kind in pupil_import.KINDS}
AT_ONCE = 100  # rows that are brought in while one waits; more in the background
GONE = "This file was imported already, or waited longer than a day. Nothing was changed now."
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


# --- uploads, kept until they are imported, left or too old
def restore_uploads():
    """Give back the uploads whose import was killed."""
    remove_old_uploads()
    for path in private_folder("imports").glob("*.taken"):
        path.rename(path.with_suffix(".upload"))


class FilePage(SchoolPage):
    """The page on which a file is chosen; the preview of what is in it follows."""

    template = ""

    def check(self, data):
        """Raise Unreadable when the file cannot be previewed."""

    def about(self):
        """What else the page shows."""
        return {}

    @expose("/", methods=("GET", "POST"))
    def index(self):
        problems = []
        if request.method == "POST":
            _, data = uploaded_file(table_file.MOST_BYTES)
            try:
                if data is None:
                    raise table_file.Unreadable("Choose a file first.")
                self.check(data)
                return redirect(url_for(".look", key=keep_upload(data)))
            except table_file.Unreadable as fault:
                problems = [("file", str(fault))]
        return self.render(self.template, problems=problems, **self.about())

    def send_back(self):
        flash(GONE, "problem")
        abort(redirect(url_for(".index")))


class ImportView(FilePage):
    """Bring in pupils."""

    template = "import.html"
    right = ("w", Pupil)

    def opened(self, key):
        """The upload as a `Sheet`, and what its columns mean; sends back whoever has none."""
        remove_old_uploads()
        try:
            return read_upload(upload_path(key), current_user)
        except FileNotFoundError:
            self.send_back()

    def check(self, data):
        sheet = table_file.read_file(data, pupil_import.meaning)
        said = Setting.of_school().import_columns
        pupil_import.refuse_without_headings(sheet.heads, current_user.role, said)

    def about(self):
        targets = pupil_import.targets(current_user.role)
        asked = [column.label for code, column in targets.items() if "." not in code]
        needed = [targets[name].label for name in pupil_import.NEEDED]
        return {"asked": asked, "needed": needed, "last": import_undo.last_imports()}

    @expose("/undo/<key>/", methods=("GET", "POST"))
    @recent_password_required
    def undo(self, key):
        """What an import wrote and can be taken back, line by line; then take it back."""
        if current_user.role != SENCO:
            abort(403)
        steps = import_undo.steps_of(key)
        if not steps:
            self.send_back()
        seen = import_undo.digest_of_steps(steps)
        changed = request.method == "POST" and request.form.get("seen") != seen
        if request.method == "POST" and not changed:
            done = import_undo.take_back(key, me(), current_app.config["DATA_DIR"])
            flash(f"Taken back: {done} of {len(steps)}.", "done")
            return redirect(url_for(".index"))
        access.log_access({step.pupil.id: step.pupil for step in steps}.values(), "found")
        page = self.render("import_undo.html", key=key, steps=steps, seen=seen, changed=changed)
        return page, 409 if changed else 200

    @expose("/sample.csv")
    def sample(self):
        targets = pupil_import.targets(current_user.role)
        codes, first, second = zip(*SAMPLE, strict=True)
        heads = [targets[code].label for code in codes]
        out = io.StringIO()
        csv.writer(out).writerows([heads, first, second])
        return Response(
            "\ufeff" + out.getvalue(),
            mimetype="text/csv; charset=utf-8",
            headers={"Content-Disposition": "attachment; filename=pupils-sample.csv"},
        )

    @expose("/<key>/columns/", methods=("GET", "POST"))
    def columns(self, key):
        sheet, columns = self.opened(key)
        targets = pupil_import.targets(current_user.role)
        posted = request.method == "POST"
        if posted:
            columns = []
            for number in range(len(sheet.heads)):
                code = request.form.get(f"c{number}", "")
                columns.append(code if code in (*targets, pupil_import.OUT) else "")
        faults = pupil_import.column_faults(sheet.heads, columns, current_user.role)
        if posted and not faults:
            self.remember(sheet.heads, columns)
            return redirect(url_for(".look", key=key))
        problems = []
        lacking = []
        rows = []
        for number, words in faults:
            if posted:
                problems.append((f"c{number or 0}", words))
            if number is None:
                lacking.append(words)
        for number, head in enumerate(sheet.heads):
            rows.append((number, head, columns[number], examples(sheet, number)))
        rows.sort(key=lambda row: bool(row[2]))
        return self.render(
            "import_columns.html",
            key=key,
            rows=rows,
            groups=option_groups(targets),
            problems=problems,
            lacking=lacking,
        )

    def remember(self, heads, columns):
        settings = Setting.of_school()
        kept = pupil_import.remember(settings.import_columns, heads, columns, current_user.role)
        if kept != (settings.import_columns or ""):
            settings.import_columns = kept
            settings.save(reason="Said while bringing in pupils")

    @expose("/<key>/", methods=("GET", "POST"))
    def look(self, key):
        """The preview; nothing is written."""
        sheet, columns = self.opened(key)
        if pupil_import.column_faults(sheet.heads, columns, current_user.role):
            return redirect(url_for(".columns", key=key))
        return self.preview_page(key, sheet, columns)

    def preview_page(self, key, sheet, columns, **more):
        """The preview; `more`: whether something has `changed`, how many were `written`."""
        items = pupil_import.preview(sheet, columns, current_user)
        kind = request.values.get("show", "")
        if kind not in pupil_import.KINDS:
            kind = ""
        wanted = [item for item in items if kind in ("", item.kind)]
        wanted.sort(key=lambda item: pupil_import.KINDS.index(item.kind))
        at = Paging(len(wanted), ROWS_OF_A_PAGE)
        shown = at.part(wanted)
        counts = pupil_import.counts(items)
        left = []
        for head, code in zip(sheet.heads, columns, strict=True):
            if code == pupil_import.OUT:
                left.append(head)
        people = []
        for item in shown:
            people += filter(None, (item.pupil, item.named))
        access.log_access(people, "found")
        return self.render(
            "import_preview.html",
            key=key,
            items=shown,
            counts=counts,
            names=KIND_NAMES,
            kinds=[(code, f"{words} ({counts[code]})") for code, words in KIND_NAMES.items()],
            kind=kind,
            at=at,
            left=left,
            seen=pupil_import.preview_code(items),
            absent=count_absent(items),
            register=register_words(shown),
            warnings=pupil_import.warnings(sheet, columns, items, current_user),
            rows=len(sheet.rows),
            **more,
        )

    @expose("/<key>/import/", methods=("POST",))
    def bring(self, key):
        """Write what the preview said; a second press finds no file."""
        path = upload_path(key)
        taken = path.with_suffix(".taken")
        sheet, columns = self.opened(key)
        if len(sheet.rows) > AT_ONCE:
            return self.bring_later(key, len(sheet.rows))
        try:
            path.rename(taken)  # whoever renames it first imports it
        except FileNotFoundError:
            self.send_back()
        done = 0
        all_done = False
        try:
            items = pupil_import.preview(sheet, columns, current_user)
            if pupil_import.preview_code(items) == request.form.get("seen"):
                done = pupil_import.import_pupils(items, f"Import {short_day(today())}")
                all_done = done == len(pupil_import.to_write(items))
        except (Clash, IntegrityError):
            pass
        finally:
            if all_done:
                taken.unlink()
            else:
                taken.rename(path)
        if not all_done:
            return self.preview_page(key, sheet, columns, changed=True, written=done), 409
        flash(f"{say_count(done, 'pupil', 'pupils')} imported.", "done")
        return redirect(after_import(me()))

    def bring_later(self, key, rows):
        """Let it be brought in beside the threads that answer people."""
        path = upload_path(key)
        asked = path.with_suffix(".asked")
        try:
            path.rename(asked)
        except FileNotFoundError:
            self.send_back()
        told = {"file": asked.name, "key": key, "seen": request.form.get("seen", "")}
        try:
            work = current_app.extensions["work"].ask(me(), "import", total=rows, **told)
        except NotNow as problem:
            asked.rename(path)
            flash(str(problem), "problem")
            return redirect(url_for(".look", key=key))
        return redirect(url_for("prints.page", key=work.id))

    @expose("/<key>/leave/", methods=("POST",))
    def leave(self, key):
        upload_path(key).unlink(missing_ok=True)
        flash("Nothing was imported; the file is removed from the portal.", "done")
        return redirect(url_for(".index"))


def read_upload(path, user):
    """A file that was kept as a `Sheet`, and what its columns mean to this person."""
    sheet = table_file.read_file(path.read_bytes(), pupil_import.meaning)
    said = Setting.of_school().import_columns
    return sheet, pupil_import.map_columns(sheet.heads, said, user.role)


def import_asked(job):
    """Bring in what somebody saw in the preview (ops/background.py); else give the file back."""
    asked = private_folder("imports") / job.needs["file"]
    try:
        sheet, columns = read_upload(asked, job.user)
    except FileNotFoundError:
        raise Failed(GONE, url_for("import.index")) from None
    items = pupil_import.preview(sheet, columns, job.user)
    wanted = len(pupil_import.to_write(items))
    done = 0
    if pupil_import.preview_code(items) == job.needs["seen"]:
        with contextlib.suppress(Clash, IntegrityError):
            done = pupil_import.import_pupils(items, f"Import {short_day(today())}", job.step)
    if done < wanted:
        asked.rename(asked.with_suffix(".upload"))
        words = f"Somebody else changed these pupils. {done} of {wanted} were brought in now"
        raise Failed(f"{words}; look at the rest.", url_for("import.look", key=job.needs["key"]))
    asked.unlink()
    job.words = f"{say_count(done, 'pupil', 'pupils')} imported."
    job.leads_to = after_import(job.user)


def register_words(items):
    """What the preview says of the SEN status that a row brings: {line: words}."""
    stages = Placement.stages_of([item.pupil for item in items if item.pupil.id])
    found = {}
    for item in items:
        if item.kind != pupil_import.REFUSED:
            stage = stages.get(item.pupil.id, "NONE")
            found[item.line] = starting_register.proposal_words(item.pupil, stage)
    return found


def after_import(user):
    """The page that follows: of the SENCO, the register when there is something to confirm."""
    waiting = pupil_lines.count_proposed(user)
    if waiting and user.role == SENCO:
        return url_for("starting-register.index", show=pupil_lines.FROM_IMPORT)
    if waiting:
        flash(
            f"With SEN in the school's system and on no stage here: {waiting}. The SENCO finds them"
            " under “Register at the start”.",
            "done",
        )
    return url_for("pupil.index_view")


def examples(sheet, number):
    """The first three different answers of a column, to recognise it by."""
    found = []
    for _, cells in sheet.rows:
        if len(found) < 3 and cells and cells[number] not in ("", *found):
            found.append(cells[number])
    return ", ".join(cell[:40] for cell in found)


def option_groups(targets):
    found = {}
    for code, column in targets.items():
        group = "Pupil"
        if "." in code:
            group = column.label.partition(":")[0]
        found.setdefault(group, []).append((code, column.label))
    return list(found.items())


def count_absent(items):
    there = {item.pupil.id for item in items}
    on_roll = Pupil.visible_to(current_user).where(Pupil.left_on.is_null())
    return len(set(by_id(on_roll)) - there)
