"""The words that the search box finds a pupil by, and the indexes that serve the lists."""

from peewee import *

# the columns by which a list can be sorted: (tables, columns)
INDEXES = (
    (("pupil",), ("forename", "year")),
    (("placement",), ("cycle", "decided_by", "ended_on", "move", "stage", "started_on")),
    (
        (
            "agency_information",
            "child_story",
            "concern_review",
            "family_thinks",
            "my_plan",
            "my_plan_plus",
            "my_plan_plus_review",
            "my_plan_review",
            "parent_information",
            "pupil_views",
            "record_of_concern",
        ),
        ("cycle", "happened_on", "status"),
    ),
    (("consent",), ("answer_given", "given_on", "purpose", "to_whom", "withdrawn_on")),
    (("disclosure",), ("asked_by", "asked_on", "given_on", "kind")),
    (("document",), ("dated", "file_name", "kind", "title_of")),
    (("ehc_case",), ("authority", "received_on", "requester", "state")),
    (("erasure",), ("asked_at", "asked_by", "done_at", "done_by")),
    (("letter",), ("dated", "sent_on", "subject")),
    (("list_membership",), ("ended_on", "list", "started_on")),
    (("meeting",), ("kind", "on", "place")),
    (("strategy",), ("since", "strategy")),
)


def up(migrator, db):
    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class PupilWord(Model):
        pupil = ForeignKeyField(Pupil, on_delete="CASCADE")
        word = CharField()

        class Meta:
            database = db
            table_name = "pupil_word"
            indexes = ((("word", "pupil"), False),)

    db.create_tables([PupilWord])

    migrator.migrate(migrator.drop_index("audit_entry", "auditentry_pupil_id"))
    migrator.migrate(migrator.add_index("audit_entry", ("pupil_id", "at")))
    migrator.migrate(migrator.add_index("audit_entry", ("who", "at")))
    migrator.migrate(migrator.add_index("placement", ("pupil_id", "ended_on", "stage", "void")))
    for tables, columns in INDEXES:
        for table in tables:
            for column in columns:
                migrator.migrate(migrator.add_index(table, (column,)))
