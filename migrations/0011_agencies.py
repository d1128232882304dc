"""Agencies and their recommendations leave the papers: they are kept about the child, and keep their
numbers. Those of the newest version of each form go on; older versions have theirs in their seals.
"""

from peewee import *

OF_AGENCY = (
    "agency",
    "professional",
    "contact",
    "state",
    "reason",
    "question",
    "tried",
    "asked_on",
    "acknowledged_on",
    "seen_on",
    "report_on",
    "next_contact",
)
OF_ADVICE = ("words", "decision", "reason", "linked", "owner", "by", "done_on")
LISTED = ("agency", "state", "asked_on", "report_on", "next_contact")


def up(migrator, db):
    forms = newest(rows_of(db, "agency_information"))
    agencies = [row for row in rows_of(db, "agency") if row["form_id"] in forms]
    advice = [row for row in rows_of(db, "recommendation") if row["form_id"] in forms]
    db.execute_sql("DROP TABLE recommendation")
    db.execute_sql("DROP TABLE agency")
    Agency, Recommendation = make_tables(migrator, db)
    for row in agencies:
        Agency.insert(
            id=row["id"], **kept(row, OF_AGENCY), **about(forms[row["form_id"]])
        ).execute()
    set_number(db, "agency")
    nameless = {}
    for row in advice:
        home = row["agency_id"]
        if home is None:
            form = forms[row["form_id"]]
            if form["id"] not in nameless:
                nameless[form["id"]] = Agency.insert(state="Considered", **about(form)).execute()
            home = nameless[form["id"]]
        said = kept(row, OF_ADVICE)
        Recommendation.insert(id=row["id"], agency=home, **said).execute()
    set_number(db, "recommendation")


def rows_of(db, table):
    found = db.execute_sql(f"SELECT * FROM {table} ORDER BY id")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row)) for row in found.fetchall()]


def newest(forms):
    """The forms that no other one supersedes, by their numbers."""
    old = {form["supersedes"] for form in forms}
    return {form["id"]: form for form in forms if form["id"] not in old}


def kept(row, names):
    return {name: row[name] for name in (*names, "version")}


def about(form):
    return {
        "pupil": form["pupil_id"],
        "withhold": form["withhold"],
        "withhold_why": form["withhold_why"],
    }


def make_tables(migrator, db):
    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class Consent(Model):
        class Meta:
            database = db
            table_name = "consent"

    class Agency(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, null=True, on_delete="RESTRICT")
        agency = CharField(null=True)
        state = CharField(null=True)
        question = TextField(null=True)
        asked_on = DateField(null=True)
        consent = ForeignKeyField(Consent, null=True, on_delete="RESTRICT")
        professional = CharField(null=True)
        contact = CharField(null=True)
        reason = TextField(null=True)
        tried = TextField(null=True)
        acknowledged_on = DateField(null=True)
        seen_on = DateField(null=True)
        report_on = DateField(null=True)
        next_contact = DateField(null=True)
        withhold = CharField(null=True)
        withhold_why = CharField(null=True)

        class Meta:
            database = db
            table_name = "agency"

    class Recommendation(Model):
        version = IntegerField(default=1)
        agency = ForeignKeyField(Agency, on_delete="RESTRICT")
        words = TextField(null=True)
        decision = CharField(null=True)
        reason = CharField(null=True)
        linked = CharField(null=True)
        owner = CharField(null=True)
        by = DateField(null=True)
        done_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "recommendation"

    db.create_tables([Agency, Recommendation])
    for column in LISTED:
        migrator.migrate(migrator.add_index("agency", (column,)))
    return Agency, Recommendation


def set_number(db, table):
    """PostgreSQL counts on from the highest number that was kept; SQLite does so by itself."""
    if not isinstance(db, SqliteDatabase):
        db.execute_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
            f" GREATEST((SELECT MAX(id) FROM {table}), 1))"
        )
