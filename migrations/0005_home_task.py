# Generated from a schema diff on 2026-11-26 21:00.
from peewee import *


def up(migrator, db):
    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class HomeTask(Model):
        pupil = ForeignKeyField(Pupil, on_delete="CASCADE")
        group = CharField()
        what = TextField()
        due = DateField()
        shows_from = DateField()
        record = CharField()
        record_id = IntegerField(null=True)
        screen = CharField()

        class Meta:
            database = db
            table_name = "home_task"
            indexes = ((("group", "due"), False), (("group", "record", "due", "shows_from"), False))

    db.create_tables([HomeTask])

    class TaskBasis(Model):
        digest = CharField()

        class Meta:
            database = db
            table_name = "task_basis"

    db.create_tables([TaskBasis])

    migrator.migrate(migrator.add_index("pupil", ("form",)))
    migrator.migrate(migrator.add_index("placement", ("ended_on", "stage", "void", "pupil_id")))
