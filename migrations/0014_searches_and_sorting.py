# Generated from a schema diff on 2026-11-27 02:36.
from peewee import *


def up(migrator, db):
    class User(Model):
        class Meta:
            database = db
            table_name = "user"

    class ListSearch(Model):
        user = ForeignKeyField(User, on_delete="CASCADE")
        token = CharField(unique=True)
        words = CharField()
        at = DateTimeField(index=True)

        class Meta:
            database = db
            table_name = "list_search"

    db.create_tables([ListSearch])

    migrator.migrate(migrator.add_column("pupil", "sort_name", CharField(null=True)))
    migrator.migrate(migrator.add_column("pupil", "sort_forename", CharField(null=True)))
    migrator.migrate(migrator.add_column("pupil", "sort_year", CharField(null=True)))
    migrator.migrate(migrator.add_column("pupil", "sort_form", CharField(null=True)))
    migrator.migrate(migrator.add_index("pupil", ("sort_forename",)))
    migrator.migrate(migrator.add_index("pupil", ("sort_form",)))
    migrator.migrate(migrator.add_index("pupil", ("sort_name",)))
    migrator.migrate(migrator.add_index("pupil", ("sort_year",)))
