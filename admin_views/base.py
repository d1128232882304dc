"""Every screen of every record, derived from the record: list, page, form, print, spreadsheet.

Flask-Admin is the engine (routes, search, filters, sorting, paging); the templates, the form with
its rows, the rights and the saving are here, once. There is no `if model is ...` in this file: what
differs is said in the class in `models.py`.
"""

import csv
import datetime
import io

from flask import Response, abort, flash, redirect, request, url_for
from flask_admin.base import expose
from flask_admin.contrib.peewee import ModelView
from flask_admin.contrib.peewee.filters import FilterEqual
from flask_login import current_user
from peewee import ForeignKeyField, IntegrityError, TextField

import workflow
from admin_views import drafts, forms, merge
from admin_views.account import views as account
from audit import access, report
from audit.log import audit
from models import STATUS, Form, Pupil, PupilRecord, may
from papers import pdf
from records import questions as q
from records.dates import short_day, today
from records.questions import ROLES, transaction
from records.record import Clash, Row, document
from records.spreadsheet import escape_formula

PAGE_SIZE = 25
MOST_ROWS = 20_000  # rows of one spreadsheet


class RecordView(ModelView):
    """The screens of one record class."""

    list_template, page_template, form_template = "list.html", "page.html", "form.html"
    form_base_class = forms.FlaskForm
    can_delete = can_export = False
    page_size = PAGE_SIZE
    named_filters = ()
    has_list = True
    # screens that ask for the password again if it was last given over ten minutes ago
    proved = ("spreadsheet",)
    # Flask-Admin's own routes for these are not used: they delete recursively, edit without a
    # right, look up without a scope
    delete_view = action_view = ajax_lookup = ajax_update = export = details_view = create_view = (
        edit_view
    ) = action_delete = None

    def __init__(self, model, category=None, endpoint=None):
        self.own = [n for n in model.listed or [n for n, f in model.questions()][:5]]
        fields = model._meta.fields
        self.column_list = self.own
        self.column_labels = {n: label_of(model, n) for n in self.own}
        self.column_sortable_list = [
            ("pupil", Pupil.surname) if n == "pupil" else n for n in self.own if n in fields
        ]
        self.column_searchable_list = [fields[n] for n in model.searched]
        self.column_filters = [
            FilterEqual(fields[n], label_of(model, n), options=list(fields[n].choices))
            for n in filterable(model)
        ]
        order = model.order_by[0]
        self.column_default_sort = (order.lstrip("-"), order.startswith("-"))
        endpoint = endpoint or model.slug()
        super().__init__(
            model, name=model.plural(), endpoint=endpoint, url=f"/{endpoint}", category=category
        )

    # -- who may
    def is_accessible(self):
        """Menu and every route below: signed in, and the right to read this record."""
        # the menu asks this of every screen: the person themselves, not their proxy
        user = account.me()
        return user.is_authenticated and may(user, "r", self.model)

    def _handle_view(self, name, **kwargs):
        return super()._handle_view(name, **kwargs) or (
            account.require_recent_password() if name in self.proved else None
        )

    def inaccessible_callback(self, name, **kwargs):
        """To the sign-in page, or a plain refusal."""
        return (
            abort(403)
            if current_user.is_authenticated
            else redirect(url_for("account.sign_in", next=request.path))
        )

    def may_write(self, record=None):
        """Whether the signed-in person may add or change these records."""
        return (
            may(current_user, "w", self.model)
            and not issubclass(self.model, Row)
            and self.model.__name__ not in workflow.ONLY_BY_MOVES
        )

    # -- which
    def scaffold_form(self):
        """Flask-Admin's own form is not used; ours is made per person in `forms.form_for`."""
        return forms.FlaskForm

    def get_query(self):
        """Only what this person may see; every list, page and spreadsheet goes through here."""
        return scoped(self.model, current_user)

    def _handle_join(self, query, field, joins):
        return query  # the scope has joined the pupil already

    def init_search(self):
        """Search in the record's own columns, or in the pupil's name."""
        self._search_fields = self.column_searchable_list or (
            [Pupil.surname, Pupil.forename] if joins_pupil(self.model) else []
        )
        return bool(self._search_fields)

    def get_one(self, key):
        """One record within the scope, or None."""
        return self.get_query().where(self.model.id == forms.key_of(key)).first()

    def find(self, key):
        """One record within the scope, noted as seen, or the "not found" page."""
        record = self.get_one(key) or abort(404)
        access.log_access([record])
        return record

    # -- the list
    def wanted(self):
        """What the list form asks for: page, sort, direction, search, filters. Names travel in the
        form, never in the address.
        """
        said = request.values
        asked = [
            (i, f.name, said[f"f{i}"])
            for i, f in enumerate(self._filters or [])
            if said.get(f"f{i}")
        ]
        columns = [n for n, _ in self._list_columns]
        sort = said.get("sort", "").lstrip("-")
        return {
            "page": min(max(said.get("page", 0, type=int), 0), 100_000),
            "sort": sort if sort in columns else None,
            "desc": said.get("sort", "").startswith("-"),
            "search": (forms.clean(said.get("search")) or "")[:100],
            "filters": [(i, n, v) for i, n, v in asked if v in dict(self._filters[i].options)],
        }

    @expose("/", methods=("GET", "POST"))
    def index_view(self):
        """The list."""
        w = self.wanted()
        sort = w["sort"] if w["sort"] in self._sortable_columns else None
        count, rows = self.get_list(w["page"], sort, w["desc"], w["search"], w["filters"])
        if w["search"] and count == 1 and len(rows) == 1:
            return self.open_only_hit(rows[0])
        preload(self.model, rows)
        access.log_access(rows, "found" if w["search"] or w["filters"] else "listed")
        return self.render(
            self.list_template,
            title=self.plural(),
            rows=rows,
            count=count,
            wanted=w,
            columns=self._list_columns,
            sortable=self._sortable_columns,
            filters=list(enumerate(self._filters or [])),
            cell=self.cell,
            pages=-(-count // PAGE_SIZE),
            page_size=PAGE_SIZE,
            searches=self._search_supported,
            may_add=self.may_write() and not issubclass(self.model, Form),
            may_export=may(current_user, "x", self.model),
            has_blank=issubclass(self.model, PupilRecord) and self.may_write(),
            actions=self.row_actions,
            link=self.link,
            lines=row_lists(self.model),
        )

    def open_only_hit(self, record):
        """A search that finds one record leads straight to it; that it was found is written down
        all the same.
        """
        pupil = record.pupil_key()
        if pupil:
            access.write_reads([("found", type(record).__name__, record.id, pupil, "")])
        return redirect(self.link(record))

    def more_links(self, record):
        """Further places to go from the page of a record: [(words, address)]."""
        return []

    def plural(self):
        """The heading of the list."""
        return self.model.plural()

    def cell(self, record, name):
        """What a cell of the list says; a date in its short form."""
        said = record.__data__.get(name)
        if isinstance(said, datetime.date) and not isinstance(said, datetime.datetime):
            return short_day(said)
        return (
            record.answer(name)
            if name in record._meta.fields
            else str(getattr(record, name)() or "")
        )

    def link(self, record):
        """Where a row of the list leads."""
        return url_for(f"{self.endpoint}.page", key=record.id)

    def row_actions(self, record):
        """What can be done with a row from the list: [(words, address)]."""
        if issubclass(self.model, Row):
            owner = record.parent()
            return [
                (f"Open the {owner.kind_name()}", url_for(f"{owner.slug()}.page", key=owner.id))
            ]
        found = [("Open", url_for(".page", key=record.id))]
        if self.may_write() and not getattr(record, "locked", False):
            found.append(("Edit", url_for(".edit", key=record.id)))
        if issubclass(self.model, PupilRecord):
            found.append(("Print (PDF)", url_for(".print_one", key=record.id)))
            found.append(("Open the pupil", url_for("pupil.page", key=record.pupil_id)))
        return found

    @expose("/spreadsheet/", methods=("POST",))
    def spreadsheet(self):
        """The whole list as CSV, as searched and filtered; every cell is safe to open in a
        spreadsheet.
        """
        if not may(current_user, "x", self.model):
            abort(403)
        w = self.wanted()
        count, rows = self.get_list(0, None, None, w["search"], w["filters"], page_size=MOST_ROWS)
        preload(self.model, rows)
        shown = [
            (n, f)
            for s, lines in self.model.layout()
            if current_user.role in s.see
            for n, f in lines
            if hasattr(f, "ask")
        ]
        extra = [n for n in ("status",) if n in self.model._meta.fields]
        out = io.StringIO()
        # so that no semicolon or tab within an answer begins a cell
        sheet = csv.writer(out, quoting=csv.QUOTE_ALL)
        sheet.writerow(
            [
                "Number",
                *(f.verbose_name for _, f in shown),
                *(label_of(self.model, n) for n in extra),
            ]
        )
        for r in rows:
            sheet.writerow(
                [
                    r.id,
                    *(escape_formula(r.answer(n)) for n, _ in shown),
                    *(escape_formula(r.answer(n)) for n in extra),
                ]
            )
        audit("export", self.model(), reason=f"{count} rows of {self.plural()}")
        access.log_access(rows, "export")
        return Response(
            "\ufeff" + out.getvalue(),
            mimetype="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": (
                    f"attachment; filename={self.model.slug()}-{today():%Y-%m-%d}.csv"
                )
            },
        )

    # -- one record
    @expose("/<int:key>/")
    def page(self, key):
        """One record, to read."""
        record = self.find(key)
        content = (
            record.content(current_user.role)
            if isinstance(record, Form)
            else document(record, current_user.role)
        )
        return self.render(
            self.page_template,
            record=record,
            content=content,
            pupil=pupil_of(record),
            may_write=self.may_write(),
            history=report.history(record, current_user),
            acts=acts(record) if self.may_write() else [],
            lacks=[],
            links=self.more_links(record),
        )

    @expose("/new/", methods=("GET", "POST"))
    def new(self):
        """A new record; for a paper of the pathway the pupil is given by the page it was started
        from.
        """
        if not self.may_write():
            abort(403)
        pupil = (
            Pupil.visible_to(current_user)
            .where(Pupil.id == request.args.get("pupil", 0, type=forms.key_of))
            .first()
        )
        access.log_access([pupil] if pupil else [])
        pressed = drafts.press_of(request.form.get("press"))
        if pressed:
            return self.second_press(pressed, pupil)
        record, prefilled = self.begin(pupil)
        if record.id and request.method != "POST":
            drafts.carry(request.full_path, url_for(".edit", key=record.id))
            return redirect(url_for(".edit", key=record.id))
        # what was typed into a second new paper is merged with the first
        return self.edit_form_page(record, prefilled)

    def second_press(self, led_to, pupil):
        """The same press again leads to what the first one made; what was typed since (after Back)
        comes along and is not lost.
        """
        keys = [int(part) for part in led_to.split("/") if part.isdecimal()]
        record = self.get_one(keys[0]) if keys else None
        if record and pupil and record.pupil_key() != pupil.id:
            abort(404)
        if record and merge.differs(
            record, forms.form_for(type(record), current_user, ("pupil",))(formdata=request.form)
        ):
            there = url_for(".edit", key=record.id)
            items = [(n, v) for n, v in request.form.items(multi=True) if n != "press"]
            return redirect(there) if drafts.keep(current_user, there, items) else redirect(led_to)
        return redirect(led_to)

    def begin(self, pupil):
        """The new record with what is known filled in; an unfinished paper of this cycle is taken
        up again instead.
        """
        if not issubclass(self.model, Form):
            return (
                self.model(
                    **({"pupil": pupil} if pupil and issubclass(self.model, PupilRecord) else {})
                ),
                {},
            )
        if pupil is None:
            abort(404)
        mine = workflow.unfinished(self.model, pupil, current_user)
        return (mine, {}) if mine else workflow.start_form(self.model, pupil, current_user)

    @expose("/<int:key>/edit/", methods=("GET", "POST"))
    def edit(self, key):
        """Change a record."""
        record = self.find(key)
        if not self.may_write():
            abort(403)
        if record.locked and request.method != "POST":
            left = drafts.of(current_user, request.full_path)
            return redirect(
                url_for("draft.show", key=left.id) if left else url_for(".page", key=key)
            )
        return self.edit_form_page(record, {})

    def edit_form_page(self, record, prefilled):
        """Show the form, with what was typed and not saved; on POST add a line, or save, or save
        and complete.
        """
        address = url_for(".edit", key=record.id) if record.id else request.full_path
        draft = drafts.of(current_user, address) if request.method != "POST" else None
        form, problems = self.form_of(record, prefilled, draft)
        draft = draft if draft and form.is_draft else None
        if request.method == "POST":
            forms.name_siblings(form)
            said = request.form
            if said.get("more") in type(record).groups():
                problems = add_line(form[said["more"]])
            else:
                try:
                    problems = self.save(record, form, said.get("do", "save"))
                except drafts.Pressed as pressed:
                    return self.second_press(pressed.led_to, pupil_of(record))
                if not problems:
                    return redirect(self.after_save(record, said.get("do")))
                # saved, though not completed: go on from what is saved
                if getattr(form, "is_kept", False):
                    form, _ = self.form_of(record, {}, None, fresh=True)
                else:
                    drafts.keep(current_user, address, said.items(multi=True))
        forms.name_siblings(form)
        return self.render(
            self.form_template,
            record=record,
            form=form,
            problems=problems,
            pupil=pupil_of(record),
            banks=forms.banks(),
            draft=draft,
            tips=tips_of(record),
            acts=dict(acts(record)),
            chart=has_chart(record),
        ), (422 if problems and not draft else 200)

    def form_of(self, record, prefilled, draft, fresh=False):
        """The form of a record with what is saved, what was just sent, or what a draft holds,
        merged with what was saved since.
        """
        fixed = ("pupil",) if getattr(record, "pupil_id", None) else ()
        maker, data = (
            forms.form_for(type(record), current_user, fixed),
            forms.values_of(record, current_user, prefilled),
        )
        if draft is not None:
            form = maker(formdata=drafts.items_of(draft), data=data)
            form.is_draft = merge.differs(record, form)
            if form.is_draft:
                return form, merge.catch_up(record, form)
            draft.delete_instance()  # it says nothing that is not saved
        form = (
            maker(formdata=None, data=data)
            if fresh or request.method != "POST"
            else maker(data=data)
        )
        form.is_draft = False
        if fresh or request.method != "POST":
            form.seen.data = merge.seen(record, form)
        return form, []

    def save(self, record, form, do):
        """Save the form with its rows in one transaction, then complete or agree it when asked.
        Returns the problems.
        """
        problems, known = typing_problems(form), record.id
        if problems:
            return problems
        try:
            with transaction():
                if request.endpoint.endswith(".new"):
                    drafts.once(request.form.get("press"))
                told = merge.store(record, form)
                self.check(record)
                drafts.saved(request.form.get("press"), self.place_of(record))
        except drafts.Pressed:
            raise
        except Clash as clash:
            return getattr(clash, "problems", [("", str(clash))])
        except workflow.Invalid as invalid:
            record.id = known  # what was new is not saved
            return invalid.errors
        except IntegrityError:
            record.id = known
            return [
                (
                    "",
                    (
                        "Nothing was saved: another line still refers to a line that you take out."
                        " Change that line first."
                    ),
                )
            ]
        form.is_kept = True
        if told:
            flash(told, "done")
        try:
            ACTS.get(do if isinstance(record, Form) else "", lambda *_: None)(record, current_user)
        except workflow.Invalid as invalid:
            return [
                ("", "It is saved as a draft. To complete it, answer what is named here."),
                *invalid.errors,
            ]
        except (workflow.Refused, Clash) as refused:
            return [("", f"It is saved. {refused}")]
        return []

    def check(self, record):
        """What must be right to save at all; a paper may always be a draft."""
        if isinstance(record, Form):
            return workflow.reopen_if_incomplete(record, current_user)
        faults = record.missing() + record.errors()
        if faults:
            raise workflow.Invalid(faults)

    def after_save(self, record, do):
        """Where to go when all is saved."""
        acted = do in ACTS and isinstance(record, Form)
        flash(
            (
                f"{record.kind_name()}: {STATUS[record.status].words}."
                if acted
                else f"{record.kind_name()} saved."
            ),
            "done",
        )
        if do == "chart" and has_chart(record):
            return url_for("pupil.chart", key=record.pupil_id)
        if acted:
            return url_for("pupil.page", key=record.pupil_id)
        return self.place_of(record)

    def place_of(self, record):
        """Where somebody is who has saved this record: its form while it is a paper, else
        its page.
        """
        return url_for(
            f"{self.endpoint}.edit" if isinstance(record, Form) else f"{self.endpoint}.page",
            key=record.id,
        )

    @expose("/<int:key>/act/", methods=("POST",))
    def act(self, key):
        """Complete, agree, open again, decline or renew a paper, from its page."""
        record = self.find(key)
        do = request.form.get("do", "")
        if not isinstance(record, Form) or do not in PAGE_ACTS or not self.may_write():
            abort(403)
        try:
            made = PAGE_ACTS[do](record, current_user)
        except workflow.Invalid as invalid:
            content = record.content(current_user.role)
            return (
                self.render(
                    self.page_template,
                    record=record,
                    content=content,
                    pupil=record.pupil,
                    may_write=True,
                    history=report.history(record, current_user),
                    acts=acts(record),
                    lacks=invalid.errors,
                    links=[],
                ),
                422,
            )
        except (workflow.Refused, Clash) as refused:
            flash(str(refused), "problem")
            return redirect(url_for(".page", key=key))
        if do == "version":
            flash("This is a new version. The old one keeps its words.", "done")
            return redirect(url_for(".edit", key=made.id))
        flash(f"{record.kind_name()}: {STATUS[record.status].words}.", "done")
        return redirect(url_for("pupil.page", key=record.pupil_id))

    # -- on paper
    @expose("/<int:key>/print.pdf")
    def print_one(self, key):
        """This record on paper: draft, completed or sealed."""
        record = self.find(key)
        if not issubclass(self.model, PupilRecord):
            abort(404)
        return pdf.one(record, current_user)

    @expose("/blank.pdf")
    def print_blank(self):
        """The empty form, to fill in by hand."""
        if not issubclass(self.model, PupilRecord):
            abort(404)
        return pdf.blank(self.model)


# --- pieces
ACTS = {
    "complete": workflow.complete,
    "agree": workflow.agree,
    "decline": lambda form, user: workflow.decline(
        form, user, forms.clean(request.form.get("declined_why"))
    ),
}
PAGE_ACTS = {**ACTS, "reopen": workflow.reopen, "version": workflow.new_version}


def acts(record):
    """What this person may do with a paper now: [(act, words on the button)]."""
    if not isinstance(record, Form) or not may(current_user, "w", record):
        return []
    if record.locked:
        return [("version", "Make a new version")]
    side = workflow.paper_for(type(record)).kind == "side"
    found = [("agree", "Agree and seal")] if current_user.role == q.SENCO else []
    found += (
        [("complete", "Mark complete")] if record.status == "draft" else [("reopen", "Open again")]
    )
    return found + ([("decline", "Declined")] if side else [])


def tips_of(record):
    """Advice beside the rows that are saved: {row id: {group: [sentence, ...]}}."""
    found = {}
    for group in type(record).groups() if record.id else ():
        for row in getattr(record, group):
            found.setdefault(row.id, {})[group] = row.tips()
    return found


def has_chart(record):
    """Whether the chart's questions follow this form."""
    return isinstance(record, Form) and workflow.paper_for(type(record)).kind == "review"


def scoped(model, user):
    """The query of everything of a class that this person may see: the one place where row scope is
    applied.
    """
    if model is Pupil:
        return Pupil.visible_to(user)
    if issubclass(model, PupilRecord):
        query = model.select().join(Pupil, on=(model.pupil == Pupil.id))
        return query.where(model.pupil.in_(Pupil.visible_to(user).select(Pupil.id)))
    if issubclass(model, Row):
        owner = model.parent_field()
        return model.select().where(
            owner.in_(scoped(owner.rel_model, user).select(owner.rel_model.id))
        )
    return model.select()


def joins_pupil(model):
    """Whether the scoped query of a class has the pupil joined in."""
    return issubclass(model, PupilRecord)


def preload(model, rows):
    """Fetch what the rows link to in one query per link, instead of one per row."""
    for f in model._meta.sorted_fields:
        if isinstance(f, ForeignKeyField) and rows:
            keys = {r.__data__.get(f.name) for r in rows}
            found = {
                o.id: o
                for o in f.rel_model.select().where(f.rel_model.id.in_([k for k in keys if k]))
            }
            for r in rows:
                if r.__data__.get(f.name) in found:
                    setattr(r, f.name, found[r.__data__[f.name]])


def filterable(model):
    """The choices of a record that its list can be filtered by: those that everybody may see."""
    return [
        n
        for n, f in model._meta.fields.items()
        if f.choices
        and not isinstance(f, TextField)
        and len(list(f.choices)) <= 20
        and (not f.verbose_name or model.section_of(n).see == ROLES)
    ][:6]


def label_of(model, name):
    """The heading of a column."""
    asked = model._meta.fields.get(name)
    return (
        asked.verbose_name
        if asked is not None and asked.verbose_name
        else name.replace("_", " ").capitalize()
    )


def row_lists(model):
    """The lists of the lines of this paper, over all pupils: every outcome, all provision: [(words,
    address)].
    """
    return [(c.plural(), url_for(f"{c.slug()}.index_view")) for c in model.groups().values()]


def pupil_of(record):
    """The pupil a record is about, or None."""
    key = record.pupil_key()
    return Pupil.get_or_none(Pupil.id == key) if key else None


def too_many(field_list):
    """What to do about a list that is too long."""
    return (
        f"“{field_list.label.text}” has room for {forms.MOST_LINES} lines. Nothing is saved yet,"
        " and what you typed is kept: tick “Remove this line” where you can and take the others"
        " into another paper, then save again."
    )


def add_line(field_list):
    """Add a line to a list of the form; the problems when there is no room."""
    if len(field_list.entries) >= forms.MOST_LINES:
        return [(field_list.short_name, too_many(field_list))]
    field_list.append_entry({})
    return []


def typing_problems(form):
    """What cannot be read: [(id of the control, sentence)], rows included."""
    form.validate()
    found = []
    for field in form:
        if field in forms.lists_of(form):
            if forms.lines_to_keep(field, request.form) > forms.MOST_LINES:
                found.append((field.short_name, too_many(field)))
            for entry in field.entries:
                found += [
                    (f.id, f"{f.label.text}: {words}")
                    for f in entry.form
                    for words in f.errors
                    if not entry.form.gone.data
                ]
        else:
            found += [
                (field.id, words if field.label.text in words else f"{field.label.text}: {words}")
                for words in field.errors
            ]
    return found
