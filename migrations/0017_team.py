# Generated from a schema diff on 2026-11-27 03:22.
from peewee import *

# TODO: head_agreement: index head_agreement_on must be added by hand
# TODO: head_agreement: index head_agreement_agreed_by must be added by hand
# TODO: head_agreement: index head_agreement_how must be added by hand
# TODO: note: index note_on must be added by hand
# TODO: note: index note_kind must be added by hand
# TODO: note: index note_whom must be added by hand
# TODO: note: index note_follow_up_by must be added by hand
# TODO: note: index note_done_on must be added by hand

def up(migrator, db):
    class Placement(Model):
        class Meta:
            database = db
            table_name = 'placement'

    class Pupil(Model):
        class Meta:
            database = db
            table_name = 'pupil'

    class HeadAgreement(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete='RESTRICT')
        on = DateField(null=True)
        agreed_by = CharField(null=True)
        how = CharField(null=True)
        placement = ForeignKeyField(Placement, unique=True, null=True, on_delete='RESTRICT')
        class Meta:
            database = db
            table_name = 'head_agreement'
    db.create_tables([HeadAgreement])

    class Note(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete='RESTRICT')
        on = DateField(null=True)
        kind = CharField(null=True)
        whom = CharField(null=True)
        words = TextField(null=True)
        follow_up_by = DateField(null=True)
        done_on = DateField(null=True)
        class Meta:
            database = db
            table_name = 'note'
    db.create_tables([Note])
