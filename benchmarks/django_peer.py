"""The peer: a Django admin of the same tables, in a process of its own (`peer/`).

What its classes look like is read from ours, so that no column is listed twice: `described` says
each table as plain data. The peer gets addresses on standard input and answers each with the
seconds of processor time that its page took.
"""

import json
import os
import pathlib
import subprocess
import tempfile

from peewee import ForeignKeyField

import models as m
import workflow
from admin_views.base import filterable
from admin_views.pupil import LIST_HEADS
from records.record import Row

FOLDER = pathlib.Path(__file__).resolve().parent / "peer"


class Peer:
    """A Django admin on an SQLite database, with a superuser signed in; use it in a `with`."""

    def __init__(self, python, database):
        self.words = [str(pathlib.Path(python).absolute()), str(FOLDER / "answer.py")]
        self.folder = tempfile.TemporaryDirectory(prefix="peer-")
        self.given = {"PEER_DATABASE": str(database), "PEER_FOLDER": self.folder.name}

    def __enter__(self):
        path = pathlib.Path(self.folder.name, "tables.json")
        path.write_text(json.dumps({"tables": described(), "sen_list": sen_list()}))
        self.process = subprocess.Popen(
            self.words,
            env={**os.environ, **self.given},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()

    def fetch(self, address):
        """Fetch a page: seconds of processor time."""
        self.process.stdin.write(f"{address}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def described():
    """Every kind of record as plain data."""
    return [describe(cls) for cls in m.every()]


def describe(cls):
    names = cls._meta.fields
    listed = cls.listed or list(dict(cls.questions()))[:5]
    searched = list(cls.searched)
    if not searched and issubclass(cls, m.PupilRecord):
        searched = ["pupil__surname", "pupil__forename"]
    parent = ""
    if issubclass(cls, Row):
        parent = cls.parent_field().name
    return {
        "name": cls.__name__,
        "table": cls._meta.table_name,
        "columns": [describe_column(field) for field in cls._meta.sorted_fields],
        "asked": [name for name, _ in cls.questions()],
        "listed": [name for name in listed if name in names],
        "searched": searched,
        "filters": filterable(cls),
        "order": cls.order_by,
        "parent": parent,
        "groups": [row.__name__ for row in cls.groups().values()],
    }


def describe_column(field):
    choices = []
    several = hasattr(field, "ask") and field.ask.many
    if field.choices and not several:
        choices = list(field.choices)
    to = ""
    if isinstance(field, ForeignKeyField):
        to = field.rel_model.__name__
    return {
        "name": field.name,
        "column": field.column_name,
        "kind": field.field_type,
        "label": field.verbose_name or field.name,
        "null": field.null,
        "choices": choices,
        "to": to,
    }


def sen_list():
    """The SEN List: its columns and the stages of those who stand on it."""
    stages = [code for code, stage in workflow.STAGES.items() if stage.list == "SEN"]
    return {"columns": list(LIST_HEADS), "stages": stages}
