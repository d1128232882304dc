# Generated from a schema diff on 2026-11-26 22:59.
from peewee import *

# what a case kept of a decision in its own columns, as a line of its decisions
KEPT = """
INSERT INTO case_decision (version, case_id, what, "on", appeal_on)
SELECT 1, id, '{what}', {on}, {appeal} FROM ehc_case WHERE state = '{state}' AND {on} IS NOT NULL
"""
DECIDED = (
    ("refused_assess", "Assessment refused", "decided_assess_on", "appeal_on"),
    ("refused_issue", "Plan refused", "decided_issue_on", "appeal_on"),
    ("final", "Final plan issued", "final_on", "NULL"),
)


def up(migrator, db):
    class EhcCase(Model):
        class Meta:
            database = db
            table_name = "ehc_case"

    class Placement(Model):
        class Meta:
            database = db
            table_name = "placement"

    class Pupil(Model):
        class Meta:
            database = db
            table_name = "pupil"

    class AnnualReview(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        happened_on = DateField(null=True)
        seen_by_parent = DateField(null=True)
        withhold = CharField(null=True)
        withhold_why = CharField(null=True)
        status = CharField(default="draft")
        cycle = IntegerField(default=1)
        placement = ForeignKeyField(Placement, field=Placement.id, null=True, on_delete="RESTRICT")
        supersedes = IntegerField(null=True)
        declined_why = TextField(null=True)
        entered_by = CharField(null=True)
        entered_at = DateTimeField()
        sealed = TextField(null=True)
        sealed_code = CharField(null=True)
        sealed_by = CharField(null=True)
        sealed_at = DateTimeField(null=True)
        led_by = CharField(null=True)
        present = TextField(null=True)
        parent_involved = CharField(null=True)
        parent_view = TextField(null=True)
        parent_why = CharField(null=True)
        child_involved = CharField(null=True)
        child_view = TextField(null=True)
        child_why = CharField(null=True)
        others_view = TextField(null=True)
        provided = TextField(null=True)
        progress_seen = TextField(null=True)
        changes = TextField(null=True)
        keen_on = TextField(null=True)
        family_hopes = TextField(null=True)
        adult_life = TextField(null=True)
        recommendation = CharField(null=True)
        recommendation_why = TextField(null=True)
        disagreed = TextField(null=True)
        next_steps = TextField(null=True)

        class Meta:
            database = db
            table_name = "annual_review"

    db.create_tables([AnnualReview])

    class CaseDecision(Model):
        version = IntegerField(default=1)
        case = ForeignKeyField(EhcCase, on_delete="RESTRICT")
        what = CharField(null=True)
        on = DateField(null=True)
        mediation_on = DateField(null=True)
        certificate_on = DateField(null=True)
        appeal_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "case_decision"

    db.create_tables([CaseDecision])

    class PlanOutcome(Model):
        version = IntegerField(default=1)
        case = ForeignKeyField(EhcCase, on_delete="RESTRICT")
        words = TextField(null=True)
        by = DateField(null=True)
        until = DateField(null=True)

        class Meta:
            database = db
            table_name = "plan_outcome"

    db.create_tables([PlanOutcome])

    class PlanOutcomeRating(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(AnnualReview, on_delete="RESTRICT")
        outcome = TextField(null=True)
        rating = CharField(null=True)
        evidence = CharField(null=True)
        then = CharField(null=True)

        class Meta:
            database = db
            table_name = "plan_outcome_rating"

    db.create_tables([PlanOutcomeRating])

    class PlanProvision(Model):
        version = IntegerField(default=1)
        case = ForeignKeyField(EhcCase, on_delete="RESTRICT")
        words = TextField(null=True)
        hours = CharField(null=True)
        who = CharField(null=True)
        until = DateField(null=True)

        class Meta:
            database = db
            table_name = "plan_provision"

    db.create_tables([PlanProvision])

    class ReviewYear(Model):
        version = IntegerField(default=1)
        case = ForeignKeyField(EhcCase, on_delete="RESTRICT")
        planned_on = DateField(null=True)
        asked_on = DateField(null=True)
        invited_on = DateField(null=True)
        papers_on = DateField(null=True)
        held_on = DateField(null=True)
        report_on = DateField(null=True)
        decision = CharField(null=True)
        decided_on = DateField(null=True)
        notice_on = DateField(null=True)
        amended_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "review_year"

    db.create_tables([ReviewYear])

    migrator.migrate(migrator.add_column("ehc_case", "assess_ordered_on", DateField(null=True)))
    migrator.migrate(migrator.add_column("ehc_case", "issue_ordered_on", DateField(null=True)))
    migrator.migrate(migrator.add_column("ehc_case", "exception", CharField(null=True)))
    migrator.migrate(migrator.add_column("ehc_case", "phase_final_on", DateField(null=True)))
    migrator.migrate(
        migrator.add_column("setting", "last_year", CharField(null=True, default="11"))
    )
    for column in ("cycle", "happened_on", "status"):
        migrator.migrate(migrator.add_index("annual_review", (column,)))
    for state, what, on, appeal in DECIDED:
        db.execute_sql(KEPT.format(what=what, on=on, appeal=appeal, state=state))
