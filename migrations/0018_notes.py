# Generated from a schema diff on 2026-11-27 03:41.
from peewee import *


def up(migrator, db):
    class Placement(Model):
        class Meta:
            database = db
            table_name = "placement"

    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class User(Model):
        class Meta:
            database = db
            table_name = "user"

    class HeadAgreement(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        on = DateField(null=True)
        agreed_by = CharField(null=True)
        how = CharField(null=True)
        placement = ForeignKeyField(Placement, unique=True, null=True, on_delete="RESTRICT")

        class Meta:
            database = db
            table_name = "head_agreement"

    db.create_tables([HeadAgreement])

    class Note(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        on = DateField(null=True)
        kind = CharField(null=True)
        whom = CharField(null=True)
        words = TextField(null=True)
        follow_up_by = DateField(null=True)
        done_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "note"

    db.create_tables([Note])

    class TeamMember(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        person = CharField(null=True)
        user = ForeignKeyField(User, field=User.id, null=True, on_delete="RESTRICT")
        part = CharField(null=True)
        since = DateField(null=True)
        until = DateField(null=True)

        class Meta:
            database = db
            table_name = "team_member"

    db.create_tables([TeamMember])

    class WritingTask(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        person = CharField(null=True)
        user = ForeignKeyField(User, field=User.id, null=True, on_delete="RESTRICT")
        paper = CharField(null=True)
        by = DateField(null=True)
        done_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "writing_task"

    db.create_tables([WritingTask])

    migrator.migrate(
        migrator.add_column("home_task", "person_id", IntegerField(index=True, null=True))
    )
    migrator.migrate(migrator.add_index("head_agreement", ("on",)))
    migrator.migrate(migrator.add_index("head_agreement", ("agreed_by",)))
    migrator.migrate(migrator.add_index("head_agreement", ("how",)))
    migrator.migrate(migrator.add_index("note", ("on",)))
    migrator.migrate(migrator.add_index("note", ("kind",)))
    migrator.migrate(migrator.add_index("note", ("whom",)))
    migrator.migrate(migrator.add_index("note", ("follow_up_by",)))
    migrator.migrate(migrator.add_index("note", ("done_on",)))
    migrator.migrate(migrator.add_index("team_member", ("person",)))
    migrator.migrate(migrator.add_index("team_member", ("part",)))
    migrator.migrate(migrator.add_index("team_member", ("until",)))
    migrator.migrate(migrator.add_index("writing_task", ("paper",)))
    migrator.migrate(migrator.add_index("writing_task", ("person",)))
    migrator.migrate(migrator.add_index("writing_task", ("by",)))
    migrator.migrate(migrator.add_index("writing_task", ("done_on",)))
