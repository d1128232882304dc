"""Version 1.1.0: places signed in, drafts, one press one record, the chained audit trail, requests
for information, erasures.
"""

from peewee import *  # noqa: F403


def up(migrator, db):
    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class User(Model):
        class Meta:
            database = db
            table_name = "user"

    class Disclosure(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        kind = CharField(null=True)
        asked_by = CharField(null=True)
        asked_on = DateField(null=True)
        identity_on = DateField(null=True)
        paused_on = DateField(null=True)
        resumed_on = DateField(null=True)
        more_time = CharField(null=True)
        given_on = DateField(null=True)
        given_to = CharField(null=True)
        given_how = CharField(null=True)
        left_out = TextField(null=True)
        contents = TextField(null=True)

        class Meta:
            database = db
            table_name = "disclosure"

    db.create_tables([Disclosure])

    class Draft(Model):
        user = ForeignKeyField(User, on_delete="CASCADE")
        form = CharField()
        pupil_id = IntegerField(index=True, null=True)
        typed = TextField()
        at = DateTimeField()

        class Meta:
            database = db
            table_name = "draft"
            indexes = ((("user", "form"), True),)

    db.create_tables([Draft])

    class Erasure(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        reason = TextField(null=True)
        asked_by = CharField(null=True)
        asked_id = IntegerField(null=True)
        asked_at = DateTimeField()
        done_by = CharField(null=True)
        done_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "erasure"

    db.create_tables([Erasure])

    class Press(Model):
        token = CharField(unique=True)
        led_to = CharField()
        at = DateTimeField(index=True)

        class Meta:
            database = db
            table_name = "press"

    db.create_tables([Press])

    class SignedIn(Model):
        key = CharField(unique=True, max_length=64)
        user = ForeignKeyField(User, on_delete="CASCADE")
        began_at = DateTimeField()
        seen_at = DateTimeField(index=True)
        place = CharField(default="")
        device = CharField(default="")

        class Meta:
            database = db
            table_name = "signed_in"

    db.create_tables([SignedIn])

    migrator.migrate(migrator.add_column("pupil", "hold", CharField(null=True)))
    migrator.migrate(migrator.add_column("pupil", "erased_on", DateField(null=True)))
    migrator.migrate(migrator.add_column("audit_entry", "digest", CharField(default="")))
    migrator.migrate(migrator.add_column("audit_entry", "link", CharField(default="")))
    migrator.migrate(migrator.add_column("audit_entry", "erased", BooleanField(default=False)))
    migrator.migrate(
        migrator.add_column(
            "setting", "idle_minutes", DecimalField(null=True, decimal_places=2, default=15)
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting", "day_hours", DecimalField(null=True, decimal_places=2, default=8)
        )
    )
    migrator.migrate(
        migrator.add_column("setting", "backup_places", TextField(null=True, default=""))
    )
    migrator.migrate(
        migrator.add_column(
            "setting", "backups_kept", DecimalField(null=True, decimal_places=2, default=30)
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting", "keep_sen_years", DecimalField(null=True, decimal_places=2, default=31)
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting", "keep_concern_years", DecimalField(null=True, decimal_places=2, default=25)
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting", "purge_days", DecimalField(null=True, decimal_places=2, default=90)
        )
    )
    migrator.migrate(
        migrator.add_column("setting", "maintained", CharField(null=True, default="No"))
    )

    # from now on a second step is the rule for everybody, unless the school says otherwise
    everybody = "\n".join(("office", "senco", "teacher", "head", "technician"))
    mark = "?" if isinstance(db, SqliteDatabase) else "%s"  # noqa: F405
    db.execute_sql(
        f"UPDATE setting SET second_step = {mark} WHERE second_step IS NULL", (everybody,)
    )
