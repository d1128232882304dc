# Generated from a schema diff on 2026-11-27 03:20.
from peewee import *


def up(migrator, db):
    class User(Model):
        class Meta:
            database = db
            table_name = "user"

    class Work(Model):
        user = ForeignKeyField(User, on_delete="CASCADE")
        kind = CharField()
        pupils = TextField(default="")
        needs = TextField(default="{}")
        state = CharField(index=True, default="waiting")
        done = IntegerField(default=0)
        total = IntegerField(default=0)
        words = TextField(default="")
        leads_to = CharField(default="")
        file = CharField(default="")
        asked_at = DateTimeField()
        finished_at = DateTimeField(null=True)
        fetched_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "work"

    db.create_tables([Work])
