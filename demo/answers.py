"""What every story's papers say alike: a block for each kind of record, and for each kind of line.

Come here to change what is written beside the stories' own words. Between bars stand several
answers, of which each child gets the next one; a number of days counts from the paper's own day.
Only data, and how it is read; it knows nothing of when a paper is written.
"""

from demo.stories import read_blocks

TEXT = """
== RecordOfConcern
raised_by: {t}, class teacher | {carer} | {f}
strengths: {strengths}
areas: {area}
raised_on: 9 days before
senco_consulted_on: 4 days before
progress: The gap is not closing | Slower than classmates from the same start
causes: Hearing checked; Vision checked | Attendance
causes_note: Hearing and sight were fine last spring. | Nothing that explains it.
told_on: 0 days after
told_who: {carer}
told_how: In person | By telephone | By letter
consent: given | given | given | not given
family_said: {family}
child_said: {child}

== not reached
consent: not reached
not_reached: Three calls; the family is abroad.
told_on:
told_who:
told_how:
family_said:

== key_concerns
area: {area}
what: {sees}
where_when: Most lessons | Carpet time and groups | The hall and outdoors
how_often: Daily | Every lesson | Most days

== attainment
measure: Last check | Own check in class
level: {level}
on: 9 days before

== used
strategy: A seat near the front | Praise in private | Key words on the board
since: 40 days before
until: 9 days before
who: {t}
effect: 1 | 0 | -1

== added
strategy: {strategy}
who: {t} | {ta}
how_often: Daily | Every lesson | Monday and Wednesday, ten minutes
hope: {f} does it without a reminder | {f} joins in once a day

== MyPlan
every_day: {daily}
at_home: Five minutes of practice at bedtime.
lead: {ta}
child_consulted: Yes
child_how: Talking with {ta} and choosing pictures
parent_consulted: Yes
parent_how: {carer}, in school | {carer}, on the telephone
parent_agrees: Agrees | Agrees | Agrees in part | Agrees | Does not agree
parent_comment: Small steps, please. | {family} | Tell us how it goes.
services: {agency}
discussed: Yes | Yes | No
discussed_why: | | The report came last night.
advice_used: {advice}
team_met_on: 0 days after
team: {carer}, {t}, {ta} and the SENCO came; {professional} sent a report.
health_care: {diagnosis}
risk: None needed | Medical plan, in the office
consent_gained: Yes
ehcp_notes: Not yet: the support is working. | We look again at the next review.

== put off
child_consulted: No
child_how:
child_why: {f} was in hospital; {ta} asks {him} in the first week back.
parent_consulted: No
parent_how:
parent_why: Ill, twice.

== aspirations
words: {dream}
whose: The child's | Both
horizon: This school year

== aspirations
words: {grown_up}
whose: The child's | The family's
horizon: Adult life

== needs
words: {need}
area: {area}
why: It lets {him} join in with the others | {He} wants it most
baseline: {measure}: {start}

== outcomes
words: {outcome}
measure: {measure}
baseline: {start}
target: {target}
achievable: {He} does it already with {ta} | {He} wants it
importance: to the child; for the child | for the child

== provision
words: {give}
different: Beside what the whole class has | Smaller steps, and more often
who: {ta}, teaching assistant | {ta}, teaching assistant | {t}, class teacher
role: ta | ta | teacher
expertise: Trained by the specialist | ELSA trained
group: One to one | Small group (3 to 6) | Pair
size: 1 | 4 | 2
minutes: 10 | 30 | 20
times: 4 | 2 | 3
where_given: Library corner | Classroom | Blue room
evidence: Chart, filled in each time | Check on Fridays
cost: 0 | 15 | 40

== ProvisionWeek
given: 2 | 3 | 1
why: | | {f} was away on Tuesday. | {ta} was on a course.

== Programme
role: ta | ta | teacher
group: One to one | Small group (3 to 6) | Pair
size: 1 | 4 | 2
minutes: 10 | 30 | 20
times: 4 | 2 | 3
evidence: Chart, filled in each time | Check on Fridays

== Review
led_by: The SENCO | {t}, class teacher
present: {f}, {carer} and {t}
parent_involved: Yes | Yes | In part | Yes | No
parent_why: | | {carer} had to leave early | | {carer} was ill; {t} rang
child_involved: Yes | In part | Yes
child_why: | {f} stayed for ten minutes and showed {his} work |
progress_seen: {carer} and {t} both see small steps. | {f} says it is easier than in September.
changes: No big changes. | A new baby at home; {f} is proud and tired. | A new class.
keen_on: {f} loves {i} and hopes to show it in assembly. | {i}, with {fr}.
family_hopes: A calm start to next year. | One real friend. | To enjoy Sundays again.

== early
early_why: The holidays would have come between; all were free.

== went well
parent_view: {carer} says that neighbours have noticed. |
  {carer} is relieved. | {carer} saw {him} do it at home, too.
child_view: “I showed {fr} how to do it.” | “It used to be hard. Now it's just a bit hard.”
next_steps: {t} goes on with what worked; {f} tries it in one more subject. |
  {ta} steps back a little; {f} shows {fr} how it works.

== went slowly
parent_view: {carer} sees small steps and asks how long it takes. |
  {carer} says that good weeks and hard weeks take turns.
child_view: “Some days it works.” | “I like it with {ta}. It's harder with other people.”
next_steps: Shorter and more often. {ta} shows the family how. |
  A quieter place, the same time each day; {carer} and {t} talk once a week.

== why Yes
achieved_why: Two adults and the family see it. | The first target is reached.
appropriate_why: It fits {f}; only details change.
barriers_why: {f} learns beside classmates without the extra help.
onward_why: We have done what school can do.

== why No
achieved_why: Better than it was, and still some way to go. | See the ratings.
appropriate_why: {f}'s needs have changed. | This plan has given what it can.
barriers_why: {f} still depends on an adult to start.
onward_why: School has what is needed.

== strategy went well
kept_up: Yes | In part
effect: 2 | 1
note: {well}

== strategy went slowly
kept_up: In part | Yes | No
effect: 0 | 1 | -1 | -2
note: {slowly}

== outcome went well
rating: Achieved
then: Close
evidence: {target}, seen by {t} and {ta} in one week.

== outcome goes on
rating: Mostly
then: Keep
evidence: Nearly there: {target} on a good day.

== outcome went slowly
rating: A little | Not yet
then: Keep | Change
evidence: Still nearer to {start} than to {target}.

== ParentInformation
told_by: {carer}
relationship: {contact.relationship}
household: {carer}, {f}, a baby
responsibility: {carer} | Both parents
languages: {pupil.home_language}; no interpreter
contact_how: Text message
practitioners: Samplebridge Surgery
diagnoses: {diagnosis}
medication: None | Cream for eczema, in the office
senses: Last year
allergies: None | Nuts; the plan is with the nurse
family_changes: None | We moved house last year.
consent: Yes | Yes, but ask me first | Yes | No
consent_limits: | The court papers
obstacles: Shift work | No bus after five
other_plans: None | Early help plan
benefits: Would rather not say

== known_services
service: {agency}
contact: {professional}
since: Since last year
may_contact: Yes | No
why_not: | We ask them ourselves first

== ChildStory
told_by: {carer}
teller: Parent
written_by: {school.office.name}
read_back: Yes
in_own_words: We would love school to know the child we know at home.
withhold: | | | | Yes
withhold_why: | | | | It tells of a brother who has not agreed.

== events
when: Three years old | Before school | Last year
what: Somebody outside the family noticed first | It went well until the move
source: {carer}

== events
when: This year
what: Made a friend: {fr}
source: {f}

== FamilyThinks
told_by: {carer}
sure: Not sure at all | Not so sure | Fairly sure | Very sure
admire: {His} humour, and how gentle {he} is with the baby
good_day: Time for {i}, and {fr} comes to play
bad_day: A day when {hard}
important_to: {i}, {his} friend {fr}, being believed
important_for: Sleep and friends
works_at_home: A walk first, talking later
worries_now: {worry}
feelings: Tired and cross after school, sorry afterwards
learning: Knows more than {he} can show
talking: Wants friends | Chats at home
body: Fit and well
self_care: Very independent
want_school: Tell us what comes next week
help_family: To meet another family
hope_year: That school and home pull the same way
hope_adult: Work that {he} likes, and kind people around {him}

== PupilViews
gathered: Talked; Drew | Symbols; Watched | Video
by_whom: {ta}
exact: Yes | No
like: {i}
good_at: remembering | helping {fr} | drawing and running
people: {ta}, {carer} and {fr}
hard: {hard}
helps: {helps}
would_like: {dream}
grown_up: {grown_up}
one_change: quiet hand dryers | a longer lunch

== lessons
part: Reading
feeling: In between | Happy
why: It depends on the book

== AgencyInformation
discussed_with: {carer}, {t} and the SENCO

== Agency
agency: {agency}
professional: {professional}
contact: 07700 900900, team@example.org
state: Involved | Waiting | Consulted | Discharged | Referred | Refused | Considered
reason: {sees}
question: What helps {f} most, how often, and who can learn to give it?
tried: {strategy}
asked_on: 50 days before | 50 days before | 50 days before | 90 days before | 9 days before | |
acknowledged_on: 44 days before | 44 days before | | 80 days before | | |
seen_on: 30 days before | | 30 days before | 60 days before | | |
report_on: 16 days before | | 16 days before | 40 days before | | |
chased_on: | 12 days before | | | | |
next_contact: 30 days ahead

== recommendations
words: {advice}
decision: Do | Do in part | Do | Not now
reason: | Begun in two lessons | | No room this term
linked: {give}
owner: {ta} | {t}
by: 45 days ahead
done_on: | | 8 days after |

== referral
purpose: Referral

== Consent
purpose: Referral | Share a report | Invite to a meeting | School to school
to_whom: {agency}
information: Name, date of birth and the plan | Our observations
answer_given: Given | Given | Given | Given | Given | Not needed in law | Refused
legal_reason: | | | | | A duty to share in order to keep a child safe |
given_by: {contact.name}
relationship: {contact.relationship}
responsibility: Yes
method: Signed | E-mail | Spoken, with a witness
witness: | | {school.senco.name}
given_on: 91 days before
valid_to: 1500 days ahead

== consent for the case
purpose: EHC needs assessment
to_whom: Anyshire, SEND team
answer_given: Given | Given | Withdrawn
withdrawn_on: | | 20 days after
legal_reason:
given_on: 0 days after

== Pupil
alert: {alert}
areas: {area}
communication: Talking, with pictures | Talking | In writing when upset
interpreter: No | No | Yes
medical_plan: No | Yes
looked_after: No | No | No | No | No | Yes
care_authority: | | | | | Anyshire
premium: No | Yes | No

== place
resourced: Yes | No
sen_unit: No | Yes

== contacts
name: {other} {pupil.surname}
relationship: {others}
responsibility: Yes
lives_with: No | Yes
phone: 01632 960{pupil.id:03}
email: home{pupil.id}@example.org
address: {pupil.id} Mock Meadow, Samplebridge, Anyshire
preferred: Telephone after 4 pm | Text message
may_contact: Yes | Yes | Yes | Yes | Yes | No
large_print: | Yes | | | |
court_order: | | | | | By agreement of the court; ask the office

== sen_needs
code: OTH
rank: 2
since: 0 days after
evidence: Report in the file

== arrangements
arrangement: 25% extra time | Reader | Rest breaks
since: 0 days after
evidence: The normal way of working in class tests

== Meeting
at: 9.15 | 14.30 | 15.45
place: Rainbow room | SENCO's office | Online
lead: {t}
agenda: To hear how {f} feels about school and agree what comes next.
minutes: {f} showed {his} work first. All agreed that short, frequent practice works best.

== TeamMember
part: Teaching assistant | Key adult
since: 0 days after
until: 200 days ahead | |

== WritingTask
by: 4 days ahead | 9 days ahead
done_on: | 0 days after

== Note
kind: Telephone | Meeting with the family | E-mail | In passing | Another meeting
whom: {carer} | {carer} | {professional} | {ta} | {t}
words: {family} | {He} sleeps better these weeks. | The report comes next week.
follow_up_by: 12 days ahead | | 20 days ahead |
done_on: 4 days after | | |

== people
who: {carer}
invited_on: 14 days before
reply: Coming
came: Yes

== people
who: School nurse
invited_on: 14 days before
reply: Not coming | No reply yet
came: Sent apologies | No
contribution: A letter with the last check |

== actions
what: Send the strategies home | Ask for the date of the next visit
who: {t} | SENCO
by: 21 days ahead
done_on: 9 days after |

== EhcCase
officer: Ray Statworth, Anyshire SEND team
ready: Two reviewed plans; Parents' views; Strategies used | Provision map; Attendance
parents_view: Agree
band: Band 3 | Band 4
sections_note: B: {need}. E: {outcome}. F: {give}.

== new EHC plan
band: Band 3 | Band 4

== section E
words: {outcome}
by: 300 days ahead

== section F
words: {give}
hours: Three times a week, 20 minutes | Half an hour a day
who: {ta} | {t}
role: ta | teacher
size: 1 | 4
minutes: 20 | 30
times: 3 | 5
cost: 0 | 40
linked: | Given besides the plan

== before the annual review
Meeting planned for this day: 0 days ahead
Advice for the meeting asked for: 35 days before
Invitations sent: 21 days before
Papers sent round: 15 days before

== after the annual review
Review report sent: 10 days ahead
Plan kept as it is: 21 days ahead |
Plan to be amended: | 21 days ahead
Notice of the changes received: | 25 days ahead
Amended plan issued: | 30 days ahead

== AnnualReview
others_view: The educational psychologist wrote that the plan works. | {ta} sees more courage.
provided: Yes, but for two weeks in the autumn; it helps. | Yes, every week.
adult_life: {f} has been to the college for a taster day.
recommendation: Keep it as it is | Amend it
recommendation_why: The next step needs other words in Section E.
disagreed: Nobody. | {carer} would like more hours.

== preparing

== requested
Request sent: 6 days after
Received by the local authority: 8 days after

== assessing
Will assess: 46 days after
Advice asked for: 50 days after

== refused_assess
Assessment refused: 47 days after
Mediation considered: 50 days after
Mediation certificate: 55 days after
Appeal lodged: 60 days after

== closed
Assessment refused: 47 days after
Refusal accepted: 60 days after

== withdrawn
Request withdrawn: 30 days after

== refused_issue
Will assess: 46 days after
Plan refused: 85 days after

== after_all
Will assess: 46 days after
Plan refused: 85 days after
Appeal lodged: 95 days after
Plan after all: 115 days after

== draft
Will assess: 46 days after
Advice asked for: 50 days after
Advice sent: 75 days after
Draft plan received: 85 days after
decided_issue_on: 85 days after
School consulted: 85 days after
Family has commented on the draft: 97 days after
Consultation answered: 95 days after
exception: They were away for four weeks or more
exceptions: The family was abroad in the summer

== move
raised_by: {t}, class teacher | A parent | The child
areas: {area}
sen_type: {sen_type}
told: 1 days before | | 0 days after
note: The family had time to ask questions and took a copy home. |
  {t} and the family agreed this together.
reason: We agreed this with the family and want to see one full cycle. |
  It was clear to all who work with {f}; the papers are in the file.
why_told: {f} manages most of the day with the help that every lesson has.
why_direct: Transferred in with this code | Diagnosis | Sudden need
changes: The first outcome makes room for a new one; the group becomes smaller. |
  Same outcomes in smaller steps, more often, with practice at home.
parents_view: Agree | They ask themselves
head_agreed: 0 days after
requester: Parent
authority: Anyshire
plan_on: 4 days before
letter_on: 3 days before
destination: Notional Primary School, Otherham | Mockington Academy, Anyshire

== declined
why: The family would rather tell us in the meeting. | {f} spoke with {ta} instead.

== Strategy
since: 0 days after
until: | | | 2 days after
from_form: The family | The last plan

== measures before
measure: Reading age | Maths score | Spelling age
value: 6y 2m | 84 | 6y 0m
source: School reading test | Termly maths test | School spelling test
on: 170 days before

== measures before
measure: Attendance %
value: 88 % | 94 % | 91 %
source: The school's system
on: 170 days before

== measures since
measure: Reading age | Maths score | Spelling age
value: 6y 7m | 88 | 6y 3m
source: School reading test | Termly maths test | School spelling test
on: 20 days before

== measures since
measure: Attendance %
value: 92 % | 95 % | 90 %
source: The school's system
on: 20 days before

== Document
title_of: Report of the specialist | Letter of the paediatrician | Reading test
kind: Professional's report | Letter | Screener
dated: 20 days before
received_on: 12 days before
from_whom: Educational psychology | Community paediatrics | The school
file_name: page.pdf

== transfer
kind: transfer
asked_by: Mockington Academy
asked_on: 3 days after
given_on: 4 days after
given_to: Its SENCO
left_out: Nothing.
contents: Everything held, 31 pages

== access
kind: access
asked_by: {contact.name}
asked_on: 19 days before
identity_on: 18 days before

== paused
kind: access
asked_by: {contact.name}
asked_on: 50 days before
paused_on: 45 days before
resumed_on: 40 days before
more_time: Yes
"""


def answers():
    """The blocks of the text by title: {title: [{name: [answer, ...]}, ...]}."""
    found = {}
    for title, lines in read_blocks(TEXT):
        block = {}
        for name, words in lines.items():
            block[name] = [answer.strip() for answer in words.split("|")]
        found.setdefault(title, []).append(block)
    return found
