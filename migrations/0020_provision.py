"""Programmes, provision week by week, and what an hour costs."""

from peewee import *


def up(migrator, db):
    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class Programme(Model):
        version = IntegerField(default=1)
        name = CharField(unique=True, null=True)
        also = TextField(null=True)
        area = CharField(null=True)
        role = CharField(null=True)
        group = CharField(null=True)
        size = DecimalField(null=True, decimal_places=2)
        minutes = DecimalField(null=True, decimal_places=2)
        times = DecimalField(null=True, decimal_places=2)
        evidence = CharField(null=True)

        class Meta:
            database = db
            table_name = "programme"

    db.create_tables([Programme])

    class ProvisionWeek(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        words = CharField(null=True)
        who = CharField(null=True)
        week = DateField(null=True)
        planned = DecimalField(null=True, decimal_places=2)
        given = DecimalField(null=True, decimal_places=2)
        why = CharField(null=True)

        class Meta:
            database = db
            table_name = "provision_week"

    db.create_tables([ProvisionWeek])
    for column in ("words", "week", "planned", "given"):
        migrator.migrate(migrator.add_index("provision_week", (column,)))

    migrator.migrate(migrator.add_column("plus_provision", "role", CharField(null=True)))
    migrator.migrate(
        migrator.add_column("plus_provision", "size", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(migrator.add_column("plus_provision", "when_given", CharField(null=True)))
    migrator.migrate(migrator.add_column("provision", "role", CharField(null=True)))
    migrator.migrate(
        migrator.add_column("provision", "size", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(migrator.add_column("provision", "when_given", CharField(null=True)))
    migrator.migrate(
        migrator.add_column("setting", "rate_teacher", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(
        migrator.add_column("setting", "rate_ta", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(
        migrator.add_column("setting", "rate_hlta", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(
        migrator.add_column("setting", "rate_senco", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(
        migrator.add_column("setting", "rate_therapist", DecimalField(null=True, decimal_places=2))
    )
    migrator.migrate(
        migrator.add_column("setting", "rate_other", DecimalField(null=True, decimal_places=2))
    )
