# Generated from a schema diff on 2026-11-26 23:13.
from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column("pupil", "sen_status", CharField(null=True)))
    migrator.migrate(migrator.add_column("pupil", "sen_types", TextField(null=True)))
    migrator.migrate(migrator.add_column("pupil", "sen_start", DateField(null=True)))
