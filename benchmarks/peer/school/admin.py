"""An admin for each table, with the columns, filters, search and order that our lists have."""

import datetime

from django.contrib import admin

from school import models

PAGE_SIZE = 25
TABLES = {table["name"]: table for table in models.TOLD["tables"]}


def links_of(table):
    return [told["name"] for told in table["columns"] if told["to"]]


def inline(name):
    """The lines of a paper, below its form; another row is named by its number."""
    table = TABLES[name]
    options = {
        "model": getattr(models, name),
        "fields": table["asked"],
        "fk_name": table["parent"],
        "raw_id_fields": links_of(table),
        "extra": 0,
    }
    return type(f"{name}Inline", (admin.TabularInline,), options)


def registered(table):
    links = [name for name in links_of(table) if name in table["listed"]]
    options = {
        "fields": table["asked"],
        "list_display": table["listed"],
        "list_select_related": links or False,
        "search_fields": table["searched"],
        "list_filter": table["filters"],
        "ordering": table["order"],
        "list_per_page": PAGE_SIZE,
        "raw_id_fields": [name for name in links_of(table) if name in table["asked"]],
        "inlines": [inline(name) for name in table["groups"]],
    }
    view = type(f"{table['name']}Admin", (admin.ModelAdmin,), options)
    admin.site.register(getattr(models, table["name"]), view)


for table in TABLES.values():
    registered(table)


@admin.register(models.SenList)
class SenListAdmin(admin.ModelAdmin):
    """The SEN List; what ours works out for a row stands here in its simplest form."""

    list_display = models.TOLD["sen_list"]["columns"]
    list_select_related = ["pupil"]
    search_fields = ["pupil__surname", "pupil__forename"]
    list_filter = TABLES["Placement"]["filters"]
    ordering = ["pupil__surname", "pupil__forename"]
    list_per_page = PAGE_SIZE

    def get_queryset(self, request):
        stages = models.TOLD["sen_list"]["stages"]
        here = {"ended_on": None, "void": False, "stage__in": stages}
        return super().get_queryset(request).filter(**here)

    def code(self, row):
        return "E" if row.stage == "E" else "K"

    def weeks(self, row):
        return f"{(datetime.date.today() - row.stage_since).days // 7} weeks"

    def review(self, row):
        return row.stage_since + datetime.timedelta(weeks=12)
