# Generated from a schema diff on 2026-11-27 03:15.
from peewee import *

# TODO: note: index note_on must be added by hand
# TODO: note: index note_kind must be added by hand
# TODO: note: index note_whom must be added by hand
# TODO: note: index note_follow_up_by must be added by hand
# TODO: note: index note_done_on must be added by hand


def up(migrator, db):
    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class Note(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        on = DateField(null=True)
        kind = CharField(null=True)
        whom = CharField(null=True)
        words = TextField(null=True)
        follow_up_by = DateField(null=True)
        done_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "note"

    db.create_tables([Note])
