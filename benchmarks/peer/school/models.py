"""A class for each table of the school, made from what `django_peer.py` wrote down about ours."""

import json
import sys

from django.conf import settings
from django.db import models

TOLD = json.loads((settings.FOLDER / "tables.json").read_text())
KINDS = {
    "AUTO": models.AutoField,
    "BOOL": models.BooleanField,
    "DATE": models.DateField,
    "DATETIME": models.DateTimeField,
    "DECIMAL": models.DecimalField,
    "INT": models.IntegerField,
    "TEXT": models.TextField,
    "VARCHAR": models.CharField,
}
MORE = {
    "AUTO": {"primary_key": True},
    "DECIMAL": {"max_digits": 10, "decimal_places": 2},
    "VARCHAR": {"max_length": 255},
}


def column(table, told):
    """A Django field as a column of ours is."""
    common = {
        "verbose_name": told["label"],
        "db_column": told["column"],
        "null": told["null"],
        "blank": told["null"],
    }
    if told["to"]:
        name = f"{table['name']}_{told['name']}_of".lower()
        to = f"school.{told['to']}"
        return models.ForeignKey(to, models.DO_NOTHING, related_name=name, **common)
    choices = told["choices"] or None
    return KINDS[told["kind"]](choices=choices, **common, **MORE.get(told["kind"], {}))


def words_of(table):
    """How a row says itself: a pupil with both names, another row with its first answer."""
    names = [name for name in table["asked"] if name != "pupil"][:1]
    if table["name"] == "Pupil":
        names = ["surname", "forename"]

    def say(row):
        return ", ".join(str(getattr(row, name)) for name in names)

    return say


def made(table):
    fields = {told["name"]: column(table, told) for told in table["columns"]}
    meta = type("Meta", (), {"managed": False, "db_table": table["table"]})
    words = {"__module__": __name__, "__str__": words_of(table), "Meta": meta}
    return type(table["name"], (models.Model,), {**fields, **words})


HERE = sys.modules[__name__]
for table in TOLD["tables"]:
    setattr(HERE, table["name"], made(table))


class SenList(HERE.Placement):
    """Those who stand on the SEN List."""

    class Meta:
        proxy = True
