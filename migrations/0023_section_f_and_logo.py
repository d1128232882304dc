# Generated from a schema diff on 2026-11-27 05:31.
from peewee import *


def up(migrator, db):
    class PlanOutcome(Model):
        class Meta:
            database = db
            table_name = "plan_outcome"

    migrator.migrate(
        migrator.add_column(
            "plan_provision",
            "outcome_id",
            ForeignKeyField(PlanOutcome, field=PlanOutcome.id, null=True, on_delete="RESTRICT"),
        )
    )
    migrator.migrate(migrator.add_column("plan_provision", "role", CharField(null=True)))
    migrator.migrate(
        migrator.add_column("plan_provision", "size", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(
        migrator.add_column("plan_provision", "minutes", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(
        migrator.add_column("plan_provision", "times", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(migrator.add_column("plan_provision", "when_given", CharField(null=True)))
    migrator.migrate(
        migrator.add_column("plan_provision", "cost", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(migrator.add_column("plan_provision", "since", DateField(null=True)))
    migrator.migrate(migrator.add_column("setting", "logo", CharField(null=True)))
