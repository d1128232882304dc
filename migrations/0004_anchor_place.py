# Generated from a schema diff on 2026-11-26 14:38.
from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("setting", "anchor_place", CharField(null=True, default=""))
    )
