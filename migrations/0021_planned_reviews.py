# Generated from a schema diff on 2026-11-27 03:30.
from peewee import *


def up(migrator, db):
    class Meeting(Model):
        class Meta:
            database = db
            table_name = "meeting"

    class Placement(Model):
        class Meta:
            database = db
            table_name = "placement"

    migrator.migrate(migrator.add_column("contact", "large_print", CharField(null=True)))
    migrator.migrate(migrator.add_column("meeting", "lead", CharField(null=True)))
    migrator.migrate(
        migrator.add_column(
            "meeting",
            "placement_id",
            ForeignKeyField(Placement, field=Placement.id, null=True, on_delete="RESTRICT"),
        )
    )
    migrator.migrate(migrator.add_column("letter", "large_print", CharField(null=True)))
    migrator.migrate(
        migrator.add_column(
            "letter",
            "meeting_id",
            ForeignKeyField(Meeting, field=Meeting.id, null=True, on_delete="RESTRICT"),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "letter_invitation",
            TextField(
                null=True,
                default="We would like to look with you at how {forename} is getting on. Please come to the review on {when}.\nPlace: {place}\nIt is led by: {lead}\n\nWe will ask everybody: what progress has {forename} made, has anything big changed, what is {forename} keen on, and what do you hope for. With this letter are two short forms for {forename}'s views and for yours; leave out anything you would rather not say.\n\nAlso invited: {people}\n\nIf the day does not suit you, or if there is anything that would make it easier to come, please tell us: we will find another way.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "letter_recap",
            TextField(
                null=True,
                default="Thank you for looking at {forename}'s progress with us on {held}.\n\nHow far we have come:\n{outcomes}\n\nWhat we agreed: {next_steps}\n\nThe next review is due by {review}.\nIf you remember anything in another way than it is written here, please tell us.",
            ),
        )
    )
