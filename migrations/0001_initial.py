"""The first tables: a frozen copy of the records as they were in version 1.0.0."""

from peewee import *  # noqa: F403


def up(migrator, db):
    class Pupil(Model):
        version = IntegerField(default=1)
        surname = CharField(null=True)
        forename = CharField(null=True)
        known_as = CharField(null=True)
        dob = DateField(null=True)
        sex = CharField(null=True)
        upn = CharField(unique=True, null=True)
        former_upn = CharField(null=True)
        year = CharField(null=True)
        form = CharField(null=True)
        alert = CharField(null=True)
        admitted_on = DateField(null=True)
        left_on = DateField(null=True)
        destination = CharField(null=True)
        premium = CharField(null=True)
        eal = CharField(null=True)
        sen_unit = CharField(null=True)
        resourced = CharField(null=True)
        areas = TextField(null=True)
        home_language = CharField(null=True)
        interpreter = CharField(null=True)
        communication = CharField(null=True)
        looked_after = CharField(null=True)
        care_authority = CharField(null=True)
        medical_plan = CharField(null=True)

        class Meta:
            database = db
            table_name = "pupil"
            indexes = ((("surname", "forename"), False),)

    db.create_tables([Pupil])

    class AccessArrangement(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, on_delete="RESTRICT")
        arrangement = CharField(null=True)
        since = DateField(null=True)
        evidence = CharField(null=True)

        class Meta:
            database = db
            table_name = "access_arrangement"

    db.create_tables([AccessArrangement])

    class Placement(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        stage = CharField(null=True)
        cycle = DecimalField(null=True, decimal_places=2)
        started_on = DateField(null=True)
        ended_on = DateField(null=True)
        stage_since = DateField(null=True)
        move = CharField(null=True)
        reason = TextField(null=True)
        answers = TextField(null=True)
        decided_by = CharField(null=True)
        clock_from = DateField(null=True)
        episode = IntegerField(default=1)
        entered_at = DateTimeField()
        void = BooleanField(default=False)
        done_with = CharField(unique=True, null=True)
        before = ForeignKeyField("self", null=True, on_delete="RESTRICT")
        effects = TextField(default="{}")

        class Meta:
            database = db
            table_name = "placement"

    db.create_tables([Placement])
    db.execute_sql(
        'CREATE UNIQUE INDEX "placement_one_open" ON "placement" ("pupil_id") '
        'WHERE "ended_on" IS NULL AND NOT "void"'
    )

    class AgencyInformation(Model):
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
        discussed_with = TextField(null=True)

        class Meta:
            database = db
            table_name = "agency_information"

    db.create_tables([AgencyInformation])

    class Agency(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(AgencyInformation, on_delete="RESTRICT")
        agency = CharField(null=True)
        professional = CharField(null=True)
        contact = CharField(null=True)
        state = CharField(null=True)
        reason = TextField(null=True)
        question = TextField(null=True)
        tried = TextField(null=True)
        asked_on = DateField(null=True)
        acknowledged_on = DateField(null=True)
        seen_on = DateField(null=True)
        report_on = DateField(null=True)
        next_contact = DateField(null=True)

        class Meta:
            database = db
            table_name = "agency"

    db.create_tables([Agency])

    class MyPlan(Model):
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
        every_day = TextField(null=True)
        at_home = TextField(null=True)
        child_consulted = CharField(null=True)
        child_how = CharField(null=True)
        child_why = CharField(null=True)
        parent_consulted = CharField(null=True)
        parent_how = CharField(null=True)
        parent_why = CharField(null=True)
        parent_agrees = CharField(null=True)
        parent_comment = TextField(null=True)
        review_by = DateField(null=True)
        lead = CharField(null=True)

        class Meta:
            database = db
            table_name = "my_plan"

    db.create_tables([MyPlan])

    class Aspiration(Model):
        version = IntegerField(default=1)
        plan = ForeignKeyField(MyPlan, on_delete="RESTRICT")
        words = TextField(null=True)
        whose = CharField(null=True)
        horizon = CharField(null=True)

        class Meta:
            database = db
            table_name = "aspiration"

    db.create_tables([Aspiration])

    class RecordOfConcern(Model):
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
        raised_on = DateField(null=True)
        raised_by = CharField(null=True)
        senco_consulted_on = DateField(null=True)
        areas = TextField(null=True)
        progress = TextField(null=True)
        strengths = TextField(null=True)
        causes = TextField(null=True)
        causes_note = TextField(null=True)
        told_on = DateField(null=True)
        told_who = CharField(null=True)
        told_how = CharField(null=True)
        consent = CharField(null=True)
        not_reached = CharField(null=True)
        family_said = TextField(null=True)
        child_said = TextField(null=True)

        class Meta:
            database = db
            table_name = "record_of_concern"

    db.create_tables([RecordOfConcern])

    class Attainment(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(RecordOfConcern, on_delete="RESTRICT")
        measure = CharField(null=True)
        level = CharField(null=True)
        on = DateField(null=True)

        class Meta:
            database = db
            table_name = "attainment"

    db.create_tables([Attainment])

    class AuditEntry(Model):
        at = DateTimeField(index=True)
        who = CharField()
        user_id = IntegerField(null=True)
        request = CharField()
        act = CharField()
        record = CharField()
        record_id = IntegerField(null=True)
        pupil_id = IntegerField(index=True, null=True)
        section = CharField(default="")
        question = CharField(default="")
        before = TextField(default="")
        after = TextField(default="")
        reason = TextField(default="")

        class Meta:
            database = db
            table_name = "audit_entry"
            indexes = ((("record", "record_id"), False),)

    db.create_tables([AuditEntry])

    class BankEntry(Model):
        version = IntegerField(default=1)
        bank = CharField(null=True)
        words = CharField(null=True)
        area = CharField(null=True)

        class Meta:
            database = db
            table_name = "bank_entry"

    db.create_tables([BankEntry])

    class ChildStory(Model):
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
        told_by = CharField(null=True)
        teller = CharField(null=True)
        written_by = CharField(null=True)
        read_back = CharField(null=True)
        in_own_words = TextField(null=True)

        class Meta:
            database = db
            table_name = "child_story"

    db.create_tables([ChildStory])

    class ConcernReview(Model):
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
        present = TextField(null=True)
        early_why = CharField(null=True)
        parent_involved = CharField(null=True)
        parent_view = TextField(null=True)
        parent_why = CharField(null=True)
        child_involved = CharField(null=True)
        child_view = TextField(null=True)
        child_why = CharField(null=True)
        next_steps = TextField(null=True)
        achieved = CharField(null=True)
        achieved_why = TextField(null=True)

        class Meta:
            database = db
            table_name = "concern_review"

    db.create_tables([ConcernReview])

    class Consent(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        purpose = CharField(null=True)
        to_whom = CharField(null=True)
        information = TextField(null=True)
        answer_given = CharField(null=True)
        legal_reason = CharField(null=True)
        given_by = CharField(null=True)
        relationship = CharField(null=True)
        responsibility = CharField(null=True)
        method = CharField(null=True)
        witness = CharField(null=True)
        given_on = DateField(null=True)
        valid_to = DateField(null=True)
        withdrawn_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "consent"

    db.create_tables([Consent])

    class Contact(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, on_delete="RESTRICT")
        name = CharField(null=True)
        relationship = CharField(null=True)
        responsibility = CharField(null=True)
        lives_with = CharField(null=True)
        phone = CharField(null=True)
        email = CharField(null=True)
        address = TextField(null=True)
        preferred = CharField(null=True)
        may_contact = CharField(null=True, default="Yes")
        court_order = CharField(null=True)

        class Meta:
            database = db
            table_name = "contact"

    db.create_tables([Contact])

    class Document(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        title_of = CharField(null=True)
        kind = CharField(null=True)
        dated = DateField(null=True)
        withhold = CharField(null=True)
        file_name = CharField(null=True)
        stored_as = CharField(null=True)
        size = IntegerField(null=True)
        sha256 = CharField(null=True)

        class Meta:
            database = db
            table_name = "document"

    db.create_tables([Document])

    class EhcCase(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        state = CharField(null=True, default="preparing")
        requester = CharField(null=True)
        requested_on = DateField(null=True)
        parents_view = CharField(null=True)
        authority = CharField(null=True)
        officer = CharField(null=True)
        received_on = DateField(null=True)
        ready = TextField(null=True)
        advice_asked_on = DateField(null=True)
        advice_sent_on = DateField(null=True)
        decided_assess_on = DateField(null=True)
        decided_issue_on = DateField(null=True)
        draft_served_on = DateField(null=True)
        draft_answered_on = DateField(null=True)
        consulted_on = DateField(null=True)
        consultation_answered_on = DateField(null=True)
        final_on = DateField(null=True)
        exceptions = TextField(null=True)
        mediation = CharField(null=True)
        appeal_on = DateField(null=True)
        sections_note = TextField(null=True)
        band = CharField(null=True)
        review_decided_on = DateField(null=True)
        closed_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "ehc_case"

    db.create_tables([EhcCase])

    class FamilyThinks(Model):
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
        told_by = CharField(null=True)
        admire = TextField(null=True)
        good_day = TextField(null=True)
        bad_day = TextField(null=True)
        important_to = TextField(null=True)
        important_for = TextField(null=True)
        works_at_home = TextField(null=True)
        worries_now = TextField(null=True)
        learning = TextField(null=True)
        talking = TextField(null=True)
        feelings = TextField(null=True)
        body = TextField(null=True)
        self_care = TextField(null=True)
        hope_year = TextField(null=True)
        hope_adult = TextField(null=True)
        want_school = TextField(null=True)
        help_family = TextField(null=True)
        sure = CharField(null=True)

        class Meta:
            database = db
            table_name = "family_thinks"

    db.create_tables([FamilyThinks])

    class KeyConcern(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(RecordOfConcern, on_delete="RESTRICT")
        area = CharField(null=True)
        what = TextField(null=True)
        where_when = CharField(null=True)
        how_often = CharField(null=True)

        class Meta:
            database = db
            table_name = "key_concern"

    db.create_tables([KeyConcern])

    class PupilViews(Model):
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
        gathered = TextField(null=True)
        by_whom = CharField(null=True)
        exact = CharField(null=True)
        like = TextField(null=True)
        good_at = TextField(null=True)
        people = TextField(null=True)
        hard = TextField(null=True)
        helps = TextField(null=True)
        would_like = TextField(null=True)
        grown_up = TextField(null=True)
        one_change = TextField(null=True)

        class Meta:
            database = db
            table_name = "pupil_views"

    db.create_tables([PupilViews])

    class LessonFeeling(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(PupilViews, on_delete="RESTRICT")
        part = CharField(null=True)
        feeling = CharField(null=True)
        why = CharField(null=True)

        class Meta:
            database = db
            table_name = "lesson_feeling"

    db.create_tables([LessonFeeling])

    class Letter(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        subject = CharField(null=True)
        dated = DateField(null=True)
        to_whom = TextField(null=True)
        body = TextField(null=True)
        sent_on = DateField(null=True)
        sent_how = CharField(null=True)
        placement = ForeignKeyField(Placement, null=True, on_delete="RESTRICT")
        void = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "letter"

    db.create_tables([Letter])

    class ListMembership(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        list = CharField(null=True)
        started_on = DateField(null=True)
        ended_on = DateField(null=True)
        void = BooleanField(default=False)
        placement = ForeignKeyField(Placement, on_delete="RESTRICT")

        class Meta:
            database = db
            table_name = "list_membership"

    db.create_tables([ListMembership])
    db.execute_sql(
        'CREATE UNIQUE INDEX "list_membership_one_open" ON "list_membership" ("pupil_id") '
        'WHERE "ended_on" IS NULL AND NOT "void"'
    )

    class Meeting(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        kind = CharField(null=True)
        on = DateField(null=True)
        at = CharField(null=True)
        place = CharField(null=True)
        agenda = TextField(null=True)
        minutes = TextField(null=True)

        class Meta:
            database = db
            table_name = "meeting"

    db.create_tables([Meeting])

    class MeetingAction(Model):
        version = IntegerField(default=1)
        meeting = ForeignKeyField(Meeting, on_delete="RESTRICT")
        what = CharField(null=True)
        who = CharField(null=True)
        by = DateField(null=True)
        done_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "meeting_action"

    db.create_tables([MeetingAction])

    class MeetingPerson(Model):
        version = IntegerField(default=1)
        meeting = ForeignKeyField(Meeting, on_delete="RESTRICT")
        who = CharField(null=True)
        invited_on = DateField(null=True)
        reply = CharField(null=True)
        came = CharField(null=True)
        contribution = TextField(null=True)

        class Meta:
            database = db
            table_name = "meeting_person"

    db.create_tables([MeetingPerson])

    class MyPlanPlus(Model):
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
        every_day = TextField(null=True)
        at_home = TextField(null=True)
        child_consulted = CharField(null=True)
        child_how = CharField(null=True)
        child_why = CharField(null=True)
        parent_consulted = CharField(null=True)
        parent_how = CharField(null=True)
        parent_why = CharField(null=True)
        parent_agrees = CharField(null=True)
        parent_comment = TextField(null=True)
        review_by = DateField(null=True)
        lead = CharField(null=True)
        services = TextField(null=True)
        discussed = CharField(null=True)
        discussed_why = CharField(null=True)
        advice_used = TextField(null=True)
        team_met_on = DateField(null=True)
        team = TextField(null=True)
        health_care = TextField(null=True)
        risk = CharField(null=True)
        consent_gained = CharField(null=True)
        ehcp_notes = TextField(null=True)

        class Meta:
            database = db
            table_name = "my_plan_plus"

    db.create_tables([MyPlanPlus])

    class MyPlanPlusReview(Model):
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
        present = TextField(null=True)
        early_why = CharField(null=True)
        parent_involved = CharField(null=True)
        parent_view = TextField(null=True)
        parent_why = CharField(null=True)
        child_involved = CharField(null=True)
        child_view = TextField(null=True)
        child_why = CharField(null=True)
        changes = TextField(null=True)
        keen_on = TextField(null=True)
        family_hopes = TextField(null=True)
        next_steps = TextField(null=True)
        agency_need = TextField(null=True)
        achieved = CharField(null=True)
        achieved_why = TextField(null=True)
        appropriate_why = TextField(null=True)
        barriers = CharField(null=True)
        barriers_why = TextField(null=True)
        onward_why = TextField(null=True)
        appropriate = CharField(null=True)
        onward = CharField(null=True)

        class Meta:
            database = db
            table_name = "my_plan_plus_review"

    db.create_tables([MyPlanPlusReview])

    class MyPlanReview(Model):
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
        present = TextField(null=True)
        early_why = CharField(null=True)
        parent_involved = CharField(null=True)
        parent_view = TextField(null=True)
        parent_why = CharField(null=True)
        child_involved = CharField(null=True)
        child_view = TextField(null=True)
        child_why = CharField(null=True)
        changes = TextField(null=True)
        keen_on = TextField(null=True)
        family_hopes = TextField(null=True)
        next_steps = TextField(null=True)
        agency_need = TextField(null=True)
        achieved = CharField(null=True)
        achieved_why = TextField(null=True)
        appropriate = CharField(null=True)
        appropriate_why = TextField(null=True)
        barriers = CharField(null=True)
        barriers_why = TextField(null=True)
        onward = CharField(null=True)
        onward_why = TextField(null=True)

        class Meta:
            database = db
            table_name = "my_plan_review"

    db.create_tables([MyPlanReview])

    class Need(Model):
        version = IntegerField(default=1)
        plan = ForeignKeyField(MyPlan, on_delete="RESTRICT")
        words = TextField(null=True)
        aspiration = ForeignKeyField(Aspiration, null=True, on_delete="RESTRICT")
        area = CharField(null=True)
        why = CharField(null=True)
        baseline = CharField(null=True)

        class Meta:
            database = db
            table_name = "need"

    db.create_tables([Need])

    class Outcome(Model):
        version = IntegerField(default=1)
        plan = ForeignKeyField(MyPlan, on_delete="RESTRICT")
        words = TextField(null=True)
        need = ForeignKeyField(Need, null=True, on_delete="RESTRICT")
        measure = CharField(null=True)
        baseline = CharField(null=True)
        target = CharField(null=True)
        achievable = CharField(null=True)
        by = DateField(null=True)
        importance = TextField(null=True)

        class Meta:
            database = db
            table_name = "outcome"

    db.create_tables([Outcome])

    class OutcomeRating(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(MyPlanReview, on_delete="RESTRICT")
        outcome = TextField(null=True)
        rating = CharField(null=True)
        evidence = CharField(null=True)
        then = CharField(null=True)

        class Meta:
            database = db
            table_name = "outcome_rating"

    db.create_tables([OutcomeRating])

    class ParentInformation(Model):
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
        told_by = CharField(null=True)
        relationship = CharField(null=True)
        household = TextField(null=True)
        responsibility = TextField(null=True)
        languages = CharField(null=True)
        contact_how = CharField(null=True)
        obstacles = TextField(null=True)
        practitioners = TextField(null=True)
        diagnoses = TextField(null=True)
        medication = TextField(null=True)
        senses = CharField(null=True)
        allergies = CharField(null=True)
        other_plans = CharField(null=True)
        benefits = TextField(null=True)
        family_changes = TextField(null=True)
        consent = CharField(null=True)
        consent_limits = TextField(null=True)

        class Meta:
            database = db
            table_name = "parent_information"

    db.create_tables([ParentInformation])

    class PlusAspiration(Model):
        version = IntegerField(default=1)
        words = TextField(null=True)
        whose = CharField(null=True)
        horizon = CharField(null=True)
        plan = ForeignKeyField(MyPlanPlus, on_delete="RESTRICT")

        class Meta:
            database = db
            table_name = "plus_aspiration"

    db.create_tables([PlusAspiration])

    class PlusNeed(Model):
        version = IntegerField(default=1)
        words = TextField(null=True)
        area = CharField(null=True)
        why = CharField(null=True)
        baseline = CharField(null=True)
        plan = ForeignKeyField(MyPlanPlus, on_delete="RESTRICT")
        aspiration = ForeignKeyField(PlusAspiration, null=True, on_delete="RESTRICT")

        class Meta:
            database = db
            table_name = "plus_need"

    db.create_tables([PlusNeed])

    class PlusOutcome(Model):
        version = IntegerField(default=1)
        words = TextField(null=True)
        measure = CharField(null=True)
        baseline = CharField(null=True)
        target = CharField(null=True)
        achievable = CharField(null=True)
        by = DateField(null=True)
        importance = TextField(null=True)
        plan = ForeignKeyField(MyPlanPlus, on_delete="RESTRICT")
        need = ForeignKeyField(PlusNeed, null=True, on_delete="RESTRICT")

        class Meta:
            database = db
            table_name = "plus_outcome"

    db.create_tables([PlusOutcome])

    class PlusOutcomeRating(Model):
        version = IntegerField(default=1)
        outcome = TextField(null=True)
        rating = CharField(null=True)
        evidence = CharField(null=True)
        then = CharField(null=True)
        form = ForeignKeyField(MyPlanPlusReview, on_delete="RESTRICT")

        class Meta:
            database = db
            table_name = "plus_outcome_rating"

    db.create_tables([PlusOutcomeRating])

    class PlusProvision(Model):
        version = IntegerField(default=1)
        words = CharField(null=True)
        different = CharField(null=True)
        who = CharField(null=True)
        expertise = CharField(null=True)
        group = CharField(null=True)
        minutes = DecimalField(null=True, decimal_places=2)
        times = DecimalField(null=True, decimal_places=2)
        since = DateField(null=True)
        until = DateField(null=True)
        where_given = CharField(null=True)
        evidence = CharField(null=True)
        cost = DecimalField(null=True, decimal_places=2)
        plan = ForeignKeyField(MyPlanPlus, on_delete="RESTRICT")
        outcome = ForeignKeyField(PlusOutcome, null=True, on_delete="RESTRICT")

        class Meta:
            database = db
            table_name = "plus_provision"

    db.create_tables([PlusProvision])

    class Provision(Model):
        version = IntegerField(default=1)
        plan = ForeignKeyField(MyPlan, on_delete="RESTRICT")
        words = CharField(null=True)
        outcome = ForeignKeyField(Outcome, null=True, on_delete="RESTRICT")
        different = CharField(null=True)
        who = CharField(null=True)
        expertise = CharField(null=True)
        group = CharField(null=True)
        minutes = DecimalField(null=True, decimal_places=2)
        times = DecimalField(null=True, decimal_places=2)
        since = DateField(null=True)
        until = DateField(null=True)
        where_given = CharField(null=True)
        evidence = CharField(null=True)
        cost = DecimalField(null=True, decimal_places=2)

        class Meta:
            database = db
            table_name = "provision"

    db.create_tables([Provision])

    class Recommendation(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(AgencyInformation, on_delete="RESTRICT")
        agency = ForeignKeyField(Agency, null=True, on_delete="RESTRICT")
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

    db.create_tables([Recommendation])

    class SenNeed(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, on_delete="RESTRICT")
        code = CharField(null=True)
        rank = DecimalField(null=True, decimal_places=2)
        since = DateField(null=True)
        until = DateField(null=True)
        evidence = CharField(null=True)

        class Meta:
            database = db
            table_name = "sen_need"

    db.create_tables([SenNeed])

    class ServiceKnown(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(ParentInformation, on_delete="RESTRICT")
        service = CharField(null=True)
        contact = CharField(null=True)
        since = CharField(null=True)
        may_contact = CharField(null=True)
        why_not = CharField(null=True)

        class Meta:
            database = db
            table_name = "service_known"

    db.create_tables([ServiceKnown])

    class Setting(Model):
        version = IntegerField(default=1)
        school_name = CharField(null=True, default="Our School")
        school_address = TextField(null=True, default="")
        school_phone = CharField(null=True, default="")
        senco_name = CharField(null=True, default="The SENCO")
        local_authority = CharField(null=True, default="")
        holidays = TextField(null=True, default="")
        stage_1 = CharField(null=True, default="Stage 1 (Record of Concern)")
        stage_2 = CharField(null=True, default="Stage 2 (My Plan)")
        stage_3 = CharField(null=True, default="Stage 3 (My Plan+)")
        stage_e = CharField(null=True, default="EHCP")
        concerns_list = CharField(null=True, default="Concerns List")
        sen_list = CharField(null=True, default="SEN List")
        stage_1_opens = DecimalField(null=True, decimal_places=2, default=6)
        stage_1_closes = DecimalField(null=True, decimal_places=2, default=12)
        stage_2_closes = DecimalField(null=True, decimal_places=2, default=6)
        stage_3_opens = DecimalField(null=True, decimal_places=2, default=6)
        stage_3_closes = DecimalField(null=True, decimal_places=2, default=12)
        school_weeks_only = CharField(null=True, default="No")
        due_soon_days = DecimalField(null=True, decimal_places=2, default=14)
        chase_days = DecimalField(null=True, decimal_places=2, default=14)
        watch_again = CharField(null=True, default="Yes")
        watch_again_most = DecimalField(null=True, decimal_places=2, default=3)
        advise_cycles = DecimalField(null=True, decimal_places=2, default=3)
        advise_weeks = DecimalField(null=True, decimal_places=2, default=26)
        undo_days = DecimalField(null=True, decimal_places=2, default=7)
        head_confirms_ehcp = CharField(null=True, default="No")
        second_step = TextField(null=True)
        letter_concern = TextField(
            null=True,
            default="We have agreed to keep a closer eye on {forename}'s learning for a while. {forename}'s teacher has written a Record of Concern and will try some further strategies in class.\n\nWe will look at how it has gone with you by {review}. Please tell us at any time what you notice at home.",
        )
        letter_off_concerns = TextField(
            null=True,
            default="We are pleased to say that {forename} has made progress. From {date} there is no longer a concern, and {forename} is no longer on our {concerns_list}. The strategies that helped will go on in class.",
        )
        letter_support_begins = TextField(
            null=True,
            default="We are writing to tell you formally that from {date} {forename} receives SEN support at our school and has a place on our {sen_list}.\n\nTogether with you and {forename} we will write a plan: what {forename} hopes for, what we want to achieve and how we will get there. We will look at it with you by {review}.",
        )
        letter_my_plan_plus = TextField(
            null=True,
            default="From {date} {forename} is supported with a My Plan+. We would like to ask specialists from outside school for advice, and we would like to hear from you and from {forename} first. Please find five short forms with this letter; leave out anything you would rather not say.\n\nWe will meet to look at the plan by {review}.",
        )
        letter_step_down = TextField(
            null=True,
            default="Because of the progress that {forename} has made, we have agreed that from {date} {forename} is supported at {stage}. We will look at it with you by {review}.",
        )
        letter_support_ends = TextField(
            null=True,
            default="We are pleased to say that {forename} no longer needs SEN support. From {date} {forename} is no longer on our {sen_list}. If you notice anything that worries you, please tell us: support can begin again at any time.",
        )
        letter_ehcp = TextField(
            null=True,
            default="Following our review we have agreed to begin the process for an Education, Health and Care Plan for {forename}. {forename}'s My Plan+ and its reviews go on while the local authority decides.",
        )
        import_columns = TextField(null=True, default="")

        class Meta:
            database = db
            table_name = "setting"

    db.create_tables([Setting])

    class SignInTry(Model):
        key = CharField(index=True, max_length=64)
        at = DateTimeField(index=True)

        class Meta:
            database = db
            table_name = "sign_in_try"

    db.create_tables([SignInTry])

    class StoryEvent(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(ChildStory, on_delete="RESTRICT")
        when = CharField(null=True)
        what = TextField(null=True)
        source = CharField(null=True)

        class Meta:
            database = db
            table_name = "story_event"

    db.create_tables([StoryEvent])

    class Strategy(Model):
        version = IntegerField(default=1)
        pupil = ForeignKeyField(Pupil, field=Pupil.id, null=True, on_delete="RESTRICT")
        strategy = CharField(null=True)
        since = DateField(null=True)
        until = DateField(null=True)
        from_form = CharField(null=True)

        class Meta:
            database = db
            table_name = "strategy"

    db.create_tables([Strategy])

    class StrategyAdded(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(RecordOfConcern, on_delete="RESTRICT")
        strategy = CharField(null=True)
        who = CharField(null=True)
        how_often = CharField(null=True)
        hope = CharField(null=True)

        class Meta:
            database = db
            table_name = "strategy_added"

    db.create_tables([StrategyAdded])

    class StrategyRating(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(ConcernReview, on_delete="RESTRICT")
        strategy = CharField(null=True)
        kept_up = CharField(null=True)
        effect = CharField(null=True)
        note = CharField(null=True)

        class Meta:
            database = db
            table_name = "strategy_rating"

    db.create_tables([StrategyRating])

    class StrategyUsed(Model):
        version = IntegerField(default=1)
        form = ForeignKeyField(RecordOfConcern, on_delete="RESTRICT")
        strategy = CharField(null=True)
        since = DateField(null=True)
        until = DateField(null=True)
        who = CharField(null=True)
        effect = CharField(null=True)

        class Meta:
            database = db
            table_name = "strategy_used"

    db.create_tables([StrategyUsed])

    class User(Model):
        version = IntegerField(default=1)
        name = CharField(null=True)
        username = CharField(unique=True, null=True)
        role = CharField(null=True)
        classes = CharField(null=True)
        account = CharField(null=True, default="on")
        password = TextField(null=True)
        token = CharField(unique=True, null=True)
        totp = CharField(null=True)
        totp_last = IntegerField(default=0)
        recovery = TextField(null=True)
        setup_token = CharField(null=True)
        setup_until = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "user"

    db.create_tables([User])
