"""Every screen of every record, derived from the record: list, page, form, print, spreadsheet.

Flask-Admin is the engine (routes, search, filters, sorting, paging); the templates, the form with
its rows, the rights and the saving are here, once. What differs is said in the class in
`models.py`.
"""

import datetime
import decimal
from dataclasses import dataclass

from flask import Response, abort, flash, redirect, request, session, url_for
from flask_admin.base import expose
from flask_admin.contrib.peewee import ModelView
from flask_admin.contrib.peewee.filters import FilterEqual
from flask_login import current_user
from peewee import SQL, Field, IntegrityError, TextField

import workflow
from admin_views import drafts, forms, merge, offers, searches
from admin_views.account import views as account
from admin_views.paging import Paging
from audit import access, report
from audit.log import audit, transaction
from models import Document, Pupil, PupilRecord, PupilWord, may
from papers import pdf
from records.dates import london, short_day, today
from records.query import among, by_id, count_of, join_first, numbers_in, preload
from records.questions import ROLES, Drawn
from records.record import Clash, Row, document, fetch_rows, record_key
from records.spreadsheet import as_csv, as_xlsx
from records.vague_words import VAGUE, found_in

PAGE_SIZE = 25
MOST_ROWS = 20_000  # rows of one spreadsheet
MOST_PRINTED = 500  # rows of one list on paper
MOST_FILTERS = 6  # of one list
MOST_OPTIONS = 20  # of one filter
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Answering:
    """A page with `problems` says by its status, too, that something is to be put right; some pages
    ask for the password again if it was last given over ten minutes ago.
    """

    proved = ()  # the names of these

    def _handle_view(self, name, **kwargs):
        refusal = super()._handle_view(name, **kwargs)
        if refusal is None and name in self.proved:
            return account.require_recent_password()
        return refusal

    def render(self, template, **more):
        page = super().render(template, **more)
        return (page, 422) if more.get("problems") else page


class ReadView(Answering, ModelView):
    """The screens that only read: the list, the page of one record, the spreadsheet."""

    list_template = "list.html"
    page_template = "page.html"
    form_base_class = forms.FlaskForm
    can_delete = can_export = False
    page_size = PAGE_SIZE
    has_list = True
    prints = False
    child_heads = ()  # in the spreadsheet, before the questions: whose line it is
    proved = ("spreadsheet",)
    # Flask-Admin's own routes for these are not used: they delete recursively, edit without a
    # right, look up without a scope
    delete_view = action_view = ajax_lookup = ajax_update = export = details_view = create_view = (
        edit_view
    ) = action_delete = None

    def __init__(self, model, category=None, endpoint=None):
        fields = model._meta.fields
        self.column_list = model.list_columns()
        self.column_labels = {name: label_of(model, name) for name in self.column_list}
        self.column_sortable_list = [name for name in self.column_list if name in fields]
        self.column_filters = []
        for name in filterable(model):
            options = self.filter_options(fields[name])
            one = FilterEqual(fields[name], label_of(model, name), options=options)
            self.column_filters.append(one)
        endpoint = endpoint or model.slug()
        super().__init__(
            model, name=model.plural(), endpoint=endpoint, url=f"/{endpoint}", category=category
        )

    def filter_options(self, field):
        """The answers to a question by which the list can be filtered."""
        return list(field.choices)

    # -- who may
    def is_accessible(self):
        # the menu asks this of every screen: the person themselves, not their proxy
        user = account.me()
        return user.is_authenticated and may(user, "r", self.model)

    def may_write(self):
        return False

    # -- which
    def scaffold_form(self):
        """Ours is made per person in `forms.form_for`."""
        return forms.FlaskForm

    def get_query(self):
        """Only what this person may see; every list, page and spreadsheet goes through here."""
        return scoped(self.model, account.me())

    def init_search(self):
        return bool(self.model.searched or self.pupil_column())

    def pupil_column(self):
        """The column with the number of the pupil, or None for what is about no pupil."""
        if self.model is Pupil:
            return Pupil.id
        return getattr(self.model, "pupil", None)

    def narrowed(self, query, typed):
        """Only what has every word that was typed in its own columns, or in its pupil's names."""
        if not self.model.searched:
            return PupilWord.narrow(query, self.pupil_column(), typed)
        for word in typed.split():
            fits = SQL("1 = 0")
            for name in self.model.searched:
                fits |= self.model._meta.fields[name].contains(word)
            query = query.where(fits)
        return query

    def order_of(self, name):
        """The columns by which a list is sorted that is to be sorted by a question."""
        if name == "pupil":
            return [Pupil.sort_name]
        name = self.model.sort_keys.get(name, name)
        if name == self.model.order_by[0]:
            return self.default_order()[0]
        return [self.model._meta.fields[name]]

    def get_list(self, page, sort, desc, search, filters, size=PAGE_SIZE, whole=False):
        """How many rows fit, and those of one page: what the list shows of them, or all of it."""
        query = self.get_query()
        if search and self._search_supported:
            query = self.narrowed(query, search)
        for number, _, value in filters:
            query = self._filters[number].apply(query, value)
        # numbers first, which the index of the order has; then the rows of this page only
        sorted_query = self.in_order(query, sort, desc)
        start = page * size
        if search:  # looked for once, for the number of hits and for their page
            hits = numbers_in(sorted_query)
            count = len(hits)
            keys = hits[start : start + size]
        else:
            count = count_of(query)
            keys = numbers_in(sorted_query.limit(size).offset(start))
        columns = self.model._meta.sorted_fields if whole else self.short_columns()
        rows = by_id(self.model.select(*columns).where(among(self.model.id, keys)))
        return count, [rows[key] for key in keys if key in rows]

    def in_order(self, query, sort, desc):
        """The numbers of what a query finds, in the order that the list is to have."""
        if sort:
            columns = self.order_of(sort)
        else:
            columns, desc = self.default_order()
        if columns[0].model is not self.model:
            query = join_first(query, Pupil, self.pupil_column() == Pupil.id)
        if columns[-1] is not self.model.id:
            columns.append(self.model.id)  # rows that are alike keep their order over the pages
        if desc:
            columns = [column.desc() for column in columns]
        return query.select(self.model.id).order_by(*columns)

    def short_columns(self):
        """All columns but the long answers that the list does not show."""
        shown = dict(self._list_columns)
        for field in self.model._meta.sorted_fields:
            if field.name in shown or not isinstance(field, TextField):
                yield field

    def default_order(self):
        """By which columns a list is sorted at first, and whether downwards."""
        fields = self.model._meta.fields
        columns = [fields[name.lstrip("-")] for name in self.model.order_by]
        return columns, self.model.order_by[0].startswith("-")

    def get_one(self, key):
        return self.get_query().where(self.model.id == forms.key_of(key)).first()

    def find(self, key):
        """One record within the scope, noted as seen, or the "not found" page."""
        record = self.get_one(key) or abort(404)
        access.log_access([record])
        return record

    # -- the list
    def wanted(self):
        """What the list form or the address asks for. An address has no words of a search, only
        their token (`find`).
        """
        sent = request.values
        sort = sent.get("sort", "").lstrip("-")
        found = {
            "page": min(max(sent.get("page", 0, type=int), 0), 100_000),
            "sort": sort if sort in self._sortable_columns else None,
            "desc": sent.get("sort", "").startswith("-"),
            "search": (forms.clean(request.form.get("search")) or "")[:100],
            "filters": [],
            "printed": sent.get("rows") == "all",
            "address": {},  # what the address of this list says beside its page
        }
        for number, one in enumerate(self._filters or []):
            value = sent.get(f"f{number}")
            if value in dict(one.options):
                found["filters"].append((number, one.name, value))
                found["address"][f"f{number}"] = value
        if found["printed"]:
            found["address"]["rows"] = "all"
        if found["sort"]:
            found["address"]["sort"] = sent["sort"]
        token = request.args.get("find")
        if token and request.method == "GET":
            found["address"]["find"] = token
            found["search"] = searches.searched_words(account.me(), token)
        return found

    def answer_to_form(self, wanted):
        """The way to the list that the form asks for; None when its words cannot be kept."""
        address = dict(wanted["address"])
        if wanted["page"]:
            address["page"] = wanted["page"]
        if wanted["search"]:
            address["find"] = searches.keep_search(account.me(), wanted["search"])
            if not address["find"]:
                return None
        return redirect(url_for(".index_view", **address), 303)

    @expose("/", methods=("GET", "POST"))
    def index_view(self):
        w = self.wanted()
        if w["search"] is None:
            flash(searches.GONE, "problem")
            return redirect(url_for(".index_view"))
        to_list = self.answer_to_form(w) if request.method == "POST" else None
        if to_list:
            return to_list
        size = MOST_PRINTED if w["printed"] else PAGE_SIZE
        asked = (w["sort"], w["desc"], w["search"], w["filters"])
        count, rows = self.get_list(w["page"], *asked, size)
        at = Paging(count, size)
        if at.page < w["page"]:  # the list has become shorter
            rows = self.get_list(at.page, *asked, size)[1]
        if w["search"] and count == 1 and len(rows) == 1:
            return self.open_only_hit(rows[0])
        self.preload_links(rows, self.shown_links())
        access.log_access(rows, "found" if w["search"] or w["filters"] else "listed")
        return self.render(
            self.list_template,
            title=self.plural(),
            rows=[self.list_row(record) for record in rows],
            actions={} if w["printed"] else self.actions_of(rows),  # nobody presses on paper
            at=at,
            wanted=w,
            columns=self._list_columns,
            sortable=self._sortable_columns,
            filters=list(enumerate(self._filters or [])),
            narrowed=self.in_words(w),
            searches=self._search_supported,
            may_add=self.may_add(),
            may_export=may(account.me(), "x", self.model),
            has_blank=self.prints and self.may_write(),
            lines=row_lists(self.model),
        )

    def in_words(self, wanted):
        """How a list is searched, filtered and sorted, for its print."""
        said = []
        if wanted["search"]:
            said.append(f"Search: {wanted['search']}")
        for number, name, value in wanted["filters"]:
            said.append(f"{name}: {dict(self._filters[number].options)[value]}")
        if wanted["sort"]:
            turned = ", downwards" if wanted["desc"] else ""
            said.append(f"Sorted by: {dict(self._list_columns)[wanted['sort']]}{turned}")
        return "; ".join(said)

    def shown_links(self):
        """The names of the links to other records that a list shows or leads to."""
        return {"pupil", *(name for name, _ in self._list_columns)}

    def preload_links(self, rows, names):
        preload(self.model, rows, names)

    def list_row(self, record):
        """One row of the list: its number, its address and its cells."""
        cells = []
        for name, heading in self._list_columns:
            words = self.cell(record, name)
            cells.append({"heading": heading, "words": words, "late": self.is_late(record, name)})
        return {"id": record.id, "address": self.link(record), "cells": cells}

    def actions_of(self, rows):
        """What can be done with the rows of one page: {number: [(words, address)]}."""
        return {record.id: self.row_actions(record) for record in rows}

    def may_add(self):
        return self.may_write()

    def open_only_hit(self, record):
        """A search that finds one record leads straight to it, and is written down too."""
        pupil = record.pupil_key()
        if pupil:
            access.write_reads([("found", type(record).__name__, record.id, pupil, "")])
        return redirect(self.link(record))

    def plural(self):
        return self.model.plural()

    def cell(self, record, name):
        """What a cell of the list says; a date in its short form."""
        value = record.__data__.get(name)
        if name not in record._meta.fields:
            value = getattr(record, name)()
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return short_day(value)
        if name in record._meta.fields:
            return record.answer(name)
        return str(value or "")

    def is_late(self, record, name):
        """Whether what a cell says is overdue."""
        return False

    def link(self, record):
        return url_for(f"{self.endpoint}.page", key=record.id)

    def row_actions(self, record):
        return [("Open", url_for(".page", key=record.id))]

    @expose("/spreadsheet/", methods=("POST",))
    def spreadsheet(self):
        """The list as CSV or XLSX, as it is searched, filtered and sorted."""
        if not may(account.me(), "x", self.model):
            abort(403)
        w = self.wanted()
        asked = (w["sort"], w["desc"], w["search"], w["filters"])
        count, rows = self.get_list(0, *asked, size=MOST_ROWS, whole=True)
        self.preload_links(rows, self.model._meta.fields)
        labels = self.spreadsheet_columns()
        heads = ["Number", *self.child_heads, *labels.values()]
        lines = []
        for record in rows:
            values = [self.value(record, name) for name in labels]
            lines.append([record.id, *self.child_cells(record), *values])
        audit("export", self.model(), reason=f"{count} rows of {self.plural()}")
        access.log_access(rows, "export")
        return spreadsheet_of(self.endpoint, self.plural(), heads, lines)

    def value(self, record, name):
        """What a cell of the spreadsheet says: dates and numbers as such, all else in words."""
        field = record._meta.fields.get(name)
        if field is None:
            return self.cell(record, name)
        value = record.__data__.get(name)
        if isinstance(value, datetime.datetime):
            return london(value)
        if isinstance(value, datetime.date | decimal.Decimal):
            return value
        return record.answer(name)

    def child_cells(self, record):
        return []

    def spreadsheet_columns(self):
        """The columns of the list, then all questions this person may see, in printing order,
        and a paper's status: {name: heading}.
        """
        labels = dict(self._list_columns)
        if self.child_heads:
            del labels["pupil"]
        for section, lines in self.model.layout():
            for name, line in lines:
                if current_user.role in section.see and isinstance(line, Field):
                    labels[name] = label_of(self.model, name)
        if "status" in self.model._meta.fields:
            labels["status"] = label_of(self.model, "status")
        return labels

    # -- one record
    @expose("/<int:key>/")
    def page(self, key):
        return self.show_page(self.find(key), [])

    def show_page(self, record, lacks):
        fetch_rows([record])
        return self.render(
            self.page_template,
            record=record,
            content=self.content(record),
            pupil=pupil_of(record),
            may_write=self.may_write(),
            history=report.history(record, current_user),
            acts=self.acts(record),
            lacks=lacks,
            links=self.more_links(record),
            documents=documents_of(record),
            record_key=record_key,
        )

    def content(self, record):
        return document(record, current_user.role)

    def acts(self, record):
        """What this person may do with a record now: [(act, words on the button)]."""
        return []

    def form_acts(self, record):
        """What of that is done by saving the form; a record that has some is saved as a draft."""
        return []

    def more_links(self, record):
        """Further places to go from the page of a record: [(words, address)]."""
        return []


class RowView(ReadView):
    """The lines of one list of a paper, over all pupils; they are written on their paper."""

    child_heads = ("Pupil", "Class", "UPN")

    def __init__(self, model, category=None):
        super().__init__(model, category)
        self._list_columns = [("pupil", "Pupil"), *self._list_columns]

    def preload_links(self, rows, names):
        owner = self.model.parent_field()
        super().preload_links(rows, {*names, owner.name})
        if owner.rel_model is not Pupil:
            preload(owner.rel_model, [row.parent() for row in rows], ["pupil"])

    def child_of(self, record):
        owner = record.parent()
        return owner if isinstance(owner, Pupil) else owner.pupil

    def child_cells(self, record):
        child = self.child_of(record)
        return [child.name, child.form, child.upn]

    def cell(self, record, name):
        if name == "pupil":
            return str(self.child_of(record))
        return super().cell(record, name)

    def row_actions(self, record):
        owner = record.parent()
        page = url_for(f"{owner.slug()}.page", key=owner.id)
        return [(f"Open the {owner.kind_name()}", page)]


class Printed:
    """A record about a child on paper: filled in, and empty."""

    prints = True

    @expose("/<int:key>/print.pdf")
    def print_one(self, key):
        return pdf.one(self.find(key), current_user, family="family" in request.args)

    @expose("/blank.pdf")
    def print_blank(self):
        return pdf.blank(self.model)

    def row_actions(self, record):
        return [
            *super().row_actions(record),
            ("Print (PDF)", url_for(".print_one", key=record.id)),
            ("Open the pupil", url_for("pupil.page", key=record.pupil_id)),
        ]


class HistoryView(Printed, ReadView):
    """What only the moves of the pathway write about a child."""


class RecordView(ReadView):
    """The screens of a record that people fill in."""

    form_template = "form.html"

    def may_write(self):
        return may(account.me(), "w", self.model)

    def row_actions(self, record):
        found = super().row_actions(record)
        if self.may_write() and not record.locked:
            found.append(("Edit", url_for(".edit", key=record.id)))
        return found

    @expose("/new/", methods=("GET", "POST"))
    def new(self):
        """A new record; a paper gets its pupil from the page it was started from."""
        if not self.may_write():
            abort(403)
        pupil = pupil_asked()
        pressed = drafts.press_of(request.form.get("press"))
        if pressed:
            return self.second_press(pressed, pupil)
        record, prefilled = self.begin(pupil)
        if record.id and request.method != "POST":
            drafts.carry(request.full_path, url_for(".edit", key=record.id))
            return redirect(url_for(".edit", key=record.id))
        # what was typed into a second new paper is compared with the first
        return self.edit_form_page(record, prefilled)

    def begin(self, pupil):
        """The new record with what is known filled in: (record, {group: [answers of a line]})."""
        if pupil and issubclass(self.model, PupilRecord):
            return self.model(pupil=pupil), {}
        return self.model(**session.pop(f"next {self.model.slug()}", {})), {}

    def second_press(self, led_to, pupil):
        """The same press again leads to what it made; what was typed since waits as a draft."""
        keys = list(filter(str.isdecimal, led_to.split("/")))
        record = self.get_one(int(keys[0])) if keys else None
        if record is None:
            return redirect(led_to)
        if pupil and record.pupil_key() != pupil.id:
            abort(404)
        form = forms.form_for(type(record), current_user, ("pupil",))(formdata=request.form)
        if merge.differs(record, form):
            there = url_for(".edit", key=record.id)
            items = [pair for pair in request.form.items(multi=True) if pair[0] != "press"]
            if drafts.keep(current_user, there, items):
                return redirect(there)
        return redirect(led_to)

    @expose("/<int:key>/edit/", methods=("GET", "POST"))
    def edit(self, key):
        record = self.find(key)
        if not self.may_write():
            abort(403)
        if record.locked and request.method != "POST":
            left = drafts.of(current_user, request.full_path)
            if left:
                return redirect(url_for("draft.show_draft", key=left.id))
            return redirect(url_for(".page", key=key))
        if request.method != "POST":
            fetch_rows([record])
        return self.edit_form_page(record, {})

    def edit_form_page(self, record, prefilled):
        if request.method == "POST":
            return self.receive(record, prefilled)
        draft = drafts.of(current_user, self.form_address(record))
        if draft:
            items = drafts.typed_items(draft)
            form = self.form_of(record, prefilled, items)
            if merge.differs(record, form):
                differences = merge.changed_since(record, form, items)
                if differences:
                    return self.show_clash(record, items, differences, draft)
                return self.show_form(record, form, [], draft)
            draft.delete_instance()  # it says nothing that is not saved
        return self.show_form(record, self.form_of(record, prefilled))

    def form_address(self, record):
        """The address of a record's form; of a new one, the address that was opened."""
        if record.id:
            return url_for(".edit", key=record.id)
        return request.full_path

    def form_of(self, record, prefilled, items=None):
        """The form of a record with what was sent or kept (`items`), else with what is saved."""
        maker = forms.form_for(type(record), current_user, self.not_asked(record))
        form = maker(formdata=items, data=forms.values_of(record, prefilled))
        if items is None:
            form.seen.data = merge.hashes_seen(form)
            form.filled.data = " ".join(offers.begun_in(record))
        return form

    def not_asked(self, record):
        """The names of the questions that the form of a record leaves out."""
        if not getattr(record, "pupil_id", None):
            return ()
        names = ["pupil", *record.unasked()]
        for name, _ in record.questions():
            if record.hides(name, current_user.role):
                names.append(name)
        return tuple(names)

    def receive(self, record, prefilled):
        form = self.form_of(record, prefilled, request.form)
        offers.fill_lines(form)
        more = request.form.get("more")
        if more in form:
            return self.show_form(record, form, add_line(form[more]))
        if "last" in request.form:
            offers.fill_as_last(form, record)
            return self.show_form(record, form)
        address = self.form_address(record)
        asked = self.to_confirm(record, form)
        try:
            problems = unticked(asked) or self.save(record, form)
        except drafts.Pressed as pressed:
            return self.second_press(pressed.led_to, pupil_of(record))
        except merge.Differ as clash:
            drafts.keep(current_user, address)
            return self.show_clash(record, request.form, clash.differences), 422
        if problems:
            drafts.keep(current_user, address)
            return self.show_form(record, form, problems, asked=asked)
        do = request.form.get("do", "save")
        problems = self.finish(record, do)
        if problems:  # it is saved all the same: go on from there
            return self.show_form(record, self.form_of(record, {}), problems)
        stand_ins = pdf.tell_stand_ins(record) if self.prints else ""
        if stand_ins:
            flash(stand_ins, "problem")
        return redirect(self.after_save(record, do))

    def show_form(self, record, form, problems=(), draft=None, asked=()):
        pupil = pupil_of(record)
        forms.name_siblings(form)
        forms.offer_records(form, pupil)
        offers.mark_filled(form)
        if not problems and not draft:
            forms.focus_first(record, form)
        return self.render(
            self.form_template,
            record=record,
            address=self.form_address(record),
            form=form,
            drawn=drawn_in(record),
            problems=problems,
            asked=asked,
            ticked=request.form.getlist("confirmed"),
            waits=self.waiting_file(),
            pupil=pupil,
            banks=offers.banks(type(record), current_user, pupil),
            draft=draft,
            tips=tips_of(record),
            vague=VAGUE,
            last=offers.last_time(form, record)[0],
            acts=dict(self.form_acts(record)),
            chart=self.has_chart(),
            **self.beside(record),
        )

    def show_clash(self, record, items, differences, draft=None):
        return self.render(
            "clash.html",
            record=record,
            address=self.form_address(record),
            pupil=pupil_of(record),
            items=merge.carried(items),
            differences=differences,
            draft=draft,
            files=drafts.files_sent(),
            waits=self.waiting_file(),
        )

    def waiting_file(self):
        """The file that came with a form that is shown again: (key, name), or empty."""
        return ()

    def save(self, record, form):
        """Save the form with its rows, all or nothing. Returns the problems: [(id of the control,
        sentence)].

        Raises drafts.Pressed when this press was saved before, merge.Differ when somebody must
        choose between two versions.
        """
        problems = typing_problems(form)
        if problems:
            return problems
        known = record.id
        press = request.form.get("press")
        try:
            with transaction():
                if request.endpoint.endswith(".new"):
                    drafts.once(press)
                taken_over = merge.store(record, form, request.form)
                self.settle(record)
                drafts.saved(press, self.place_of(record))
        except Clash as clash:
            return [("", str(clash))]
        except workflow.Invalid as invalid:
            record.id = known  # what was new is not saved
            return invalid.errors
        except IntegrityError:
            record.id = known
            return [("", STILL_REFERRED_TO)]
        if taken_over:
            flash(taken_over, "done")
        return []

    def to_confirm(self, record, form):
        """What must be ticked before what is typed is saved: [Confirm, ...]."""
        return []

    def faults(self, record):
        """What is wrong on the form of a record that must be right to save at all."""
        return record.missing() + record.errors()

    def settle(self, record):
        """What is done in the transaction that saves: raise workflow.Invalid for what is wrong."""
        faults = self.faults(record)
        if faults:
            raise workflow.Invalid(faults)

    def finish(self, record, do):
        """Do what the button says beside saving; the problems."""
        return []

    def beside(self, record):
        """What stands beside the boxes: facts about a line, by its first words; when a question
        applies, {name: (cases, in words)}; ways on that can be chosen.
        """
        applies = {name: (cases, "") for name, cases in forms.cases_of(record).items()}
        return {"facts": {}, "applies": applies, "ways": ()}

    def has_chart(self):
        return False

    def after_save(self, record, do):
        flash(f"{record.kind_name()} saved.{say_vague(record)}", "done")
        if do == "another":
            answers = {name: getattr(record, name) for name in record.for_next}
            session[f"next {record.slug()}"] = answers
            return request.full_path
        return self.place_of(record)

    def place_of(self, record):
        return self.link(record)


class PupilRecordView(Printed, RecordView):
    """The screens of a record about a child."""


STILL_REFERRED_TO = (
    "Nothing was saved: another line still refers to a line that you take out. Change that line"
    " first."
)


# --- pieces
@dataclass(frozen=True)
class Confirm:
    """What must be ticked before a form is saved."""

    key: str
    words: str
    tick: str
    pupil: Pupil = None  # whom to look at first


def unticked(asked):
    """What is not ticked yet, as problems of the form; nothing for a press that was saved."""
    if drafts.press_of(request.form.get("press")):
        return []
    found = []
    for one in asked:
        if one.key not in request.form.getlist("confirmed"):
            found.append((one.key, f"{one.words} To save it all the same, tick “{one.tick}”."))
    return found


def spreadsheet_of(endpoint, title, heads, lines):
    """The answer with a spreadsheet, XLSX or CSV, as the button says that was pressed."""
    ending = "csv"
    mime = "text/csv; charset=utf-8"
    if request.form.get("as") == "xlsx":
        ending = "xlsx"
        mime = XLSX
        data = as_xlsx(title, heads, lines)
    else:
        data = as_csv(heads, lines)
    name = f"{endpoint}-{today():%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(data, mimetype=mime, headers=headers)


def tips_of(record):
    """Advice about what is saved, on top and beside the rows: {row id: {group: [sentence, ...]}}, 0
    for the record itself.
    """
    found = {0: {"": record.tips()}}
    for group in record.groups():
        for row in record.rows(group):
            found.setdefault(row.id, {})[group] = row.tips()
    return found


def say_vague(record):
    """A sentence about the vague words of a record and its rows, or nothing."""
    parts = [record]
    for group in record.groups():
        parts += record.rows(group)
    found = []
    for part in parts:
        for name, asked in part.questions():
            if asked.ask.exact:
                found += found_in(part.answer(name))
    if not found:
        return ""
    words = ", ".join(f"“{word}”" for word in dict.fromkeys(found))
    return f" It has words that can mean much or little: {words}. The form says what to write."


def drawn_in(record):
    """What a form shows of the records kept beside it: {name: its lines as data}."""
    found = {}
    for section in document(record)["sections"]:
        for line in section["lines"]:
            if isinstance(record.markers.get(line["name"]), Drawn):
                found[line["name"]] = line
    return found


def scoped(model, user):
    """Everything of a class that this person may see: row scope is applied here alone."""
    if model is Pupil:
        return Pupil.visible_to(user)
    is_of_pupil = issubclass(model, PupilRecord)
    found = model.readable_by(user) if is_of_pupil else model.select()
    if Pupil.all_visible_to(user):
        return found
    if is_of_pupil:
        return found.where(model.pupil.in_(Pupil.visible_to(user).select(Pupil.id)))
    if issubclass(model, Row):
        owner = model.parent_field()
        mine = scoped(owner.rel_model, user)
        return found.where(owner.in_(mine.select(owner.rel_model.id)))
    return found


def filterable(model):
    """What a list can be filtered by: the choices that everybody may see."""
    found = []
    for name, field in model._meta.fields.items():
        few = field.choices and len(field.choices) <= MOST_OPTIONS
        if not few or isinstance(field, TextField):
            continue
        if not field.verbose_name or model.section_of(name).see == ROLES:
            found.append(name)
    return found[:MOST_FILTERS]


def label_of(model, name):
    question = model._meta.fields.get(name)
    if question is not None and question.verbose_name:
        return question.verbose_name
    return name.replace("_", " ").capitalize()


def row_lists(model):
    found = []
    for row_class in model.groups().values():
        if not may(current_user, "r", row_class):
            continue
        address = url_for(f"{row_class.slug()}.index_view")
        found.append((row_class.plural(), address))
    return found


def documents_of(record):
    """The documents that belong to a record, the newest first; None where none are shown."""
    if getattr(record, "document_kind", "") and may(current_user, "r", Document):
        mine = Document.select().where(
            Document.belongs == record_key(record), Document.pupil == record.pupil_id
        )
        return list(mine.order_by(Document.id.desc()))


def pupil_asked():
    """The pupil whom the address names, noted as seen; None for nobody of this person."""
    key = request.args.get("pupil", 0, type=forms.key_of)
    pupil = Pupil.visible_to(current_user).where(Pupil.id == key).first()
    access.log_access([pupil] if pupil else [])
    return pupil


def pupil_of(record):
    key = record.pupil_key()
    if key:
        return Pupil.get_or_none(Pupil.id == key)


def too_many(field_list):
    return (
        f"“{field_list.label.text}” has room for {forms.MOST_LINES} lines. Nothing is saved yet,"
        " and what you typed is kept: tick “Remove this line” where you can and take the others"
        " into another paper, then save again."
    )


def add_line(field_list):
    if not isinstance(field_list, forms.FieldList):  # a table has empty rows already
        return []
    if len(field_list.entries) >= forms.MOST_LINES:
        return [(field_list.short_name, too_many(field_list))]
    field_list.append_entry({})
    return []


def typing_problems(form):
    """What cannot be read: [(id of the control, sentence)], rows included."""
    form.validate()
    found = []
    for field in form:
        if field not in forms.lists_of(form):
            found += problems_of(field)
            continue
        if forms.lines_to_keep(field, request.form) > forms.MOST_LINES:
            found.append((field.short_name, too_many(field)))
        for place, entry in enumerate(field.entries):
            if entry.form.gone.data:
                continue
            line = f"{field.label.text}, line {place + 1}: "
            for box in entry.form:
                found += problems_of(box, line)
    return found


def problems_of(field, line=""):
    """What cannot be read in one box; `line` says where a box of a list stands."""
    label = field.label.text
    for words in field.errors:
        if label not in words:
            words = forms.after_label(label, words)
        yield field.id, f"{line}{words}"
