# Generated from a schema diff on 2026-11-26 23:16.
from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column("letter", "address", TextField(null=True)))
    migrator.migrate(migrator.add_column("setting", "head_name", CharField(null=True, default="")))
    migrator.migrate(migrator.add_column("setting", "complaints", CharField(null=True, default="")))
    migrator.migrate(migrator.add_column("setting", "sendiass", TextField(null=True, default="")))
    migrator.migrate(migrator.add_column("setting", "trust_name", CharField(null=True, default="")))
    migrator.migrate(migrator.add_column("setting", "strapline", CharField(null=True, default="")))
    migrator.migrate(
        migrator.add_column(
            "setting",
            "letter_watch_again",
            TextField(
                null=True,
                default="We have looked at how {forename} is getting on. There is not enough progress yet, and we go on with strategies in class for a while longer before we decide what comes next. {forename} stays on our {concerns_list}.\n\nWe will look at it with you again by {review}.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "letter_plus_begins",
            TextField(
                null=True,
                default="We are writing to tell you formally that from {date} {forename} receives SEN support at our school and has a place on our {sen_list}. {forename} is supported with a My Plan+.\n\nWe would like to ask specialists from outside school for advice, and we would like to hear from you and from {forename} first. Please find four short forms with this letter; leave out anything you would rather not say.\n\nWe expect to meet and look at the plan with you by {review}; the plan itself will say the day.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "letter_watch_after",
            TextField(
                null=True,
                default="We are writing to tell you that {forename}'s SEN support ends on {date}. From that day {forename} is no longer on our {sen_list}.\n{progress}\nWhy we decided this: {why_told}\n\nWe go on watching: {forename} is now on our {concerns_list}, with strategies in class, and we will look at it with you by {review}. SEN support can begin again at any time.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "letter_ehcp_issued",
            TextField(
                null=True,
                default="We have {forename}'s Education, Health and Care (EHC) plan of {plan_on} from {authority}. From {date} {forename} is on our {sen_list} with an EHC plan, and we will plan with you how to put it into practice day by day.\n\nThe local authority reviews the plan with you and us at least every twelve months: the next review is due by {review}.\n\nIf you do not agree with what the plan says, you can ask for mediation and appeal to the tribunal. The local authority's letter says how, and by when.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "letter_ehcp_returns",
            TextField(
                null=True,
                default="{forename} is at our school again from {date}, with an Education, Health and Care (EHC) plan of {plan_on} from {authority}, and has a place on our {sen_list}. We will plan with you how to put the plan into practice day by day.\n\nThe local authority reviews the plan with you and us at least every twelve months: the next review is due by {review}.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "letter_ceased",
            TextField(
                null=True,
                default="The local authority has decided to end {forename}'s Education, Health and Care (EHC) plan. Its letter is dated {letter_on}. This is the local authority's decision, not the school's.\n\nIf you do not agree, you can ask for mediation and appeal to the tribunal. The local authority's letter says how, and by when. If you appeal in time, please tell us at once: the plan then goes on until the appeal is decided.\n\n{support}\nWe expect to look at it with you by {review}.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "letter_end",
            TextField(
                null=True,
                default="If anything is unclear, or if you do not agree, please talk to {forename}'s teacher or to {senco}, who leads on special educational needs.\nYou can also talk to {head}, who leads the school.\nHow to make a complaint: {complaints}\nFree and independent advice for families: {sendiass}",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "words_overcome",
            TextField(
                null=True,
                default="The outcomes of the plan have been achieved, and barriers to learning overcome.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "words_achieved",
            TextField(
                null=True,
                default="The outcomes of the plan have been achieved. Not every barrier to learning has been overcome, but the plan is no longer the right one.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "words_not_achieved",
            TextField(
                null=True,
                default="The outcomes of the plan have not been achieved yet, and the plan is no longer the right one.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "words_parents_agree",
            TextField(
                null=True,
                default="You have told us that you agree. We are preparing a request to the local authority. It has not been sent yet.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "words_parents_refuse",
            TextField(
                null=True,
                default="You have told us that you do not agree, and we have written that down. We are preparing a request to the local authority. It has not been sent, and we would like to talk with you before it is.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "words_parents_ask",
            TextField(
                null=True,
                default="You have told us that you will ask the local authority yourselves. We are preparing a request with what the school knows, to stand beside yours. It has not been sent yet.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "words_support_plus",
            TextField(
                null=True,
                default="From {date} SEN support goes on with a My Plan+, and {forename} stays on our {sen_list}.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "words_support_plan",
            TextField(
                null=True,
                default="From {date} SEN support goes on with a My Plan, and {forename} stays on our {sen_list}.",
            ),
        )
    )
    migrator.migrate(
        migrator.add_column(
            "setting",
            "words_support_none",
            TextField(
                null=True,
                default="From {date} {forename} is no longer on our {sen_list}. What helps in every lesson goes on, and SEN support can begin again at any time: please tell us what you notice.",
            ),
        )
    )
    reword(db)


# wordings of 1.1.0 that said what may not be so: where a school left one as it was, it has
# the new one
WORDINGS = {
    "letter_concern": (
        "We have agreed to keep a closer eye on {forename}'s learning for a while. {forename}'s teacher has written a Record of Concern and will try some further strategies in class.\n\nWe will look at how it has gone with you by {review}. Please tell us at any time what you notice at home.",
        "We have agreed to keep a closer eye on {forename}'s learning for a while. From {date} {forename} is on our {concerns_list}. {forename}'s teacher will write down what we see, talk to you about it, and try some further strategies in class.\n\nWe will look at how it has gone with you by {review}. Please tell us at any time what you notice at home.",
    ),
    "letter_support_begins": (
        "We are writing to tell you formally that from {date} {forename} receives SEN support at our school and has a place on our {sen_list}.\n\nTogether with you and {forename} we will write a plan: what {forename} hopes for, what we want to achieve and how we will get there. We will look at it with you by {review}.",
        "We are writing to tell you formally that from {date} {forename} receives SEN support at our school and has a place on our {sen_list}.\n\nTogether with you and {forename} we will write a plan: what {forename} hopes for, what we want to achieve and how we will get there. We expect to look at it with you by {review}; the plan itself will say the day.",
    ),
    "letter_my_plan_plus": (
        "From {date} {forename} is supported with a My Plan+. We would like to ask specialists from outside school for advice, and we would like to hear from you and from {forename} first. Please find five short forms with this letter; leave out anything you would rather not say.\n\nWe will meet to look at the plan by {review}.",
        "From {date} {forename} is supported with a My Plan+. SEN support goes on. We would like to ask specialists from outside school for advice, and we would like to hear from you and from {forename} first. Please find four short forms with this letter; leave out anything you would rather not say.\n\nWe expect to meet and look at the plan with you by {review}; the plan itself will say the day.",
    ),
    "letter_step_down": (
        "Because of the progress that {forename} has made, we have agreed that from {date} {forename} is supported at {stage}. We will look at it with you by {review}.",
        "We have agreed that from {date} {forename} is supported with a My Plan instead of a My Plan+. SEN support goes on, and {forename} stays on our {sen_list}.\n{progress}\nWhy we decided this: {why_told}\n\nWe expect to look at the new plan with you by {review}; the plan itself will say the day.",
    ),
    "letter_support_ends": (
        "We are pleased to say that {forename} no longer needs SEN support. From {date} {forename} is no longer on our {sen_list}. If you notice anything that worries you, please tell us: support can begin again at any time.",
        "We are pleased to say that {forename} has achieved the outcomes of the plan and overcome barriers to learning, and no longer needs SEN support. From {date} {forename} is no longer on our {sen_list}. If you notice anything that worries you, please tell us: support can begin again at any time.",
    ),
    "letter_ehcp": (
        "Following our review we have agreed to begin the process for an Education, Health and Care Plan for {forename}. {forename}'s My Plan+ and its reviews go on while the local authority decides.",
        "At our review we found that {forename} may need more help than a My Plan+ can give, and that an Education, Health and Care (EHC) needs assessment should be considered.\n{parents_view}\nThe local authority decides whether to assess. The My Plan+ and its reviews go on meanwhile.",
    ),
}


def reword(db):
    setting = Table("setting").bind(db)
    for name, (old, new) in WORDINGS.items():
        column = getattr(setting.c, name)
        setting.update({column: new}).where(column == old).execute()
