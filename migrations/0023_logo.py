# Generated from a schema diff on 2026-11-27 06:51.
from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column("setting", "logo", CharField(null=True)))
