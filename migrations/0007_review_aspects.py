# Generated from a schema diff on 2026-11-26 22:57.
from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column("concern_review", "led_by", CharField(null=True)))
    migrator.migrate(migrator.add_column("concern_review", "progress_seen", TextField(null=True)))
    migrator.migrate(migrator.add_column("concern_review", "changes", TextField(null=True)))
    migrator.migrate(migrator.add_column("concern_review", "keen_on", TextField(null=True)))
    migrator.migrate(migrator.add_column("concern_review", "family_hopes", TextField(null=True)))
    migrator.migrate(migrator.add_column("document", "restricted", CharField(null=True)))
    migrator.migrate(migrator.add_column("my_plan_plus_review", "led_by", CharField(null=True)))
    migrator.migrate(
        migrator.add_column("my_plan_plus_review", "progress_seen", TextField(null=True))
    )
    migrator.migrate(migrator.add_column("my_plan_review", "led_by", CharField(null=True)))
    migrator.migrate(migrator.add_column("my_plan_review", "progress_seen", TextField(null=True)))
    # the mark that a family does not get a file also kept staff from opening it
    db.execute_sql("UPDATE document SET restricted = 'Yes' WHERE withhold = 'Yes'")
