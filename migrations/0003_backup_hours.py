# Generated from a schema diff on 2026-11-26 14:21.
from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column(
            "setting", "backup_hours", DecimalField(null=True, decimal_places=2, default=24)
        )
    )
