# Generated from a schema diff on 2026-11-27 02:32.
from peewee import *


def up(migrator, db):
    class User(Model):
        class Meta:
            database = db
            table_name = "user"

    class SavedView(Model):
        user = ForeignKeyField(User, on_delete="CASCADE")
        report = CharField()
        name = CharField()
        query = CharField(default="")

        class Meta:
            database = db
            table_name = "saved_view"

    db.create_tables([SavedView])
