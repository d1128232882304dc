# Generated from a schema diff on 2026-11-27 08:35.
from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column("document", "belongs", CharField(index=True, null=True)))
