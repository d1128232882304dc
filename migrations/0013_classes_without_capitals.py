"""The classes of pupils as a teacher's classes meet them: without capitals, spaces and noughts."""

import re

from peewee import *


def key_of(form):
    return re.sub("^0+(?=.)", "", "".join((form or "").casefold().split())) or None


def up(migrator, db):
    migrator.migrate(migrator.add_column("pupil", "class_key", CharField(null=True)))
    migrator.migrate(migrator.add_index("pupil", ("class_key",)))

    class Pupil(Model):
        form = CharField(null=True)
        class_key = CharField(null=True)

        class Meta:
            database = db
            table_name = "pupil"

    named = Pupil.select(Pupil.form).where(Pupil.form.is_null(False)).distinct()
    for (form,) in list(named.tuples()):
        Pupil.update(class_key=key_of(form)).where(Pupil.form == form).execute()
