# Generated from a schema diff on 2026-11-27 03:16.
from peewee import *


def up(migrator, db):
    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class ConsultationAnswer(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        authority = CharField(null=True)
        asked_on = DateField(null=True)
        sent_on = DateField(null=True)
        answer_is = CharField(null=True)
        grounds = TextField(null=True)
        grounds_why = TextField(null=True)
        known_needs = TextField(null=True)
        outcomes = TextField(null=True)
        provision = TextField(null=True)
        attainment = TextField(null=True)
        views = TextField(null=True)
        written_by = CharField(null=True)

        class Meta:
            database = db
            table_name = "consultation_answer"

    db.create_tables([ConsultationAnswer])

    class EducationalAdvice(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        authority = CharField(null=True)
        asked_on = DateField(null=True)
        sent_on = DateField(null=True)
        views = TextField(null=True)
        strengths = TextField(null=True)
        attainment = TextField(null=True)
        done_so_far = TextField(null=True)
        needs = TextField(null=True)
        health_care = TextField(null=True)
        outcomes = TextField(null=True)
        provision = TextField(null=True)
        adult_life = TextField(null=True)
        written_by = CharField(null=True)

        class Meta:
            database = db
            table_name = "educational_advice"

    db.create_tables([EducationalAdvice])

    class Measure(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        on = DateField(null=True)
        measure = CharField(null=True)
        value = CharField(null=True)
        source = CharField(null=True)

        class Meta:
            database = db
            table_name = "measure"

    db.create_tables([Measure])

    migrator.migrate(migrator.add_column("document", "from_whom", CharField(null=True)))
    migrator.migrate(migrator.add_column("document", "received_on", DateField(null=True)))
    migrator.migrate(migrator.add_column("agency", "chased_on", DateField(null=True)))
    migrator.migrate(migrator.add_index("consultation_answer", ("answer_is",)))
    migrator.migrate(migrator.add_index("consultation_answer", ("asked_on",)))
    migrator.migrate(migrator.add_index("consultation_answer", ("authority",)))
    migrator.migrate(migrator.add_index("consultation_answer", ("sent_on",)))
    migrator.migrate(migrator.add_index("educational_advice", ("asked_on",)))
    migrator.migrate(migrator.add_index("educational_advice", ("authority",)))
    migrator.migrate(migrator.add_index("educational_advice", ("sent_on",)))
    migrator.migrate(migrator.add_index("measure", ("measure",)))
    migrator.migrate(migrator.add_index("measure", ("on",)))
    migrator.migrate(migrator.add_index("measure", ("source",)))
    migrator.migrate(migrator.add_index("measure", ("value",)))
