"""The number of a record that was merged into another one leads to what stays."""

from peewee import *


def up(migrator, db):
    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class MergedPupil(Model):
        number = IntegerField(unique=True)
        pupil = ForeignKeyField(Pupil, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "merged_pupil"

    db.create_tables([MergedPupil])
