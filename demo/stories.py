"""Nine stories of children with special educational needs, and the ways that pupils go.

Come here to change what the papers say, or which child stands where; what all stories say alike is
in `answers.py`. Only data, and how it is read. {f} is the name the child uses, {i} what they love,
{fr} a friend, {t} the teacher, {ta} the teaching assistant, {carer} somebody at home. A line that
begins with two spaces goes on from the line before.
"""

BOOK = """
== Clear talking
area: Communication and interaction
sen_type: SLCN
years: R 1 2 3 4
alert: Give {f} ten seconds to answer, and show as well as tell.
strengths: {f} is warm and funny, loves {i} and remembers every story that {he} has acted.
sees: Visitors understand about 3 words in 10; the ends of words are missing.
level: WellComm screen, Section 5; section 7 is expected
strategy: Say it, show it, sign it: key words with a sign
well: {f} signs “more”, “finished” and “help”, and says the words with them.
slowly: {f} likes the signs and uses two; {his} speech is not clearer yet.
family: {carer} says that cousins find {f} hard to understand; at home they guess a lot.
child: “I tell them and they say what? what? I like it when you get it.”
dream: I want to tell my news and everybody knows what I said.
grown_up: I want to drive a fire engine and talk on the radio.
need: say the ends of my words so that others understand me
outcome: {f} says the last sound of familiar words so that a visitor understands {him}
measure: Words understood by an adult from another class, of 10
start: 3 of 10
target: 8 of 10
give: Speech sound games from the therapist's pack
daily: Say {his} name first. One short sentence with a picture or sign.
agency: NHS Speech and Language Therapy
professional: Pia Sampleton, speech and language therapist
advice: Final t, s and k in pairs of words, four short times a week
diagnosis: None yet; on the list of the paediatrician
worry: That {he} will stop trying to talk
hard: they say what? what?
helps: you show me the picture

== Change and noise
area: Communication and interaction
sen_type: ASD
years: R 1 2 3 4 5
alert: Tell {f} about every change beforehand. If {he} covers {his} ears, offer the tent.
strengths: {f} notices what nobody else sees, is honest and fair, and reads above {his} age.
sees: When the timetable changes {f} lies under the table for up to half an hour.
level: Writing, Two lines with help; a page is expected
strategy: Own visual timetable with a “change” card
well: {f} moves the card {him}self; the last supply day went calmly.
slowly: {He} reads the card and still needs 20 minutes under the table.
family: {carer} says that {f} melts down after school and sleeps little before a trip.
child: “I like it when I know. The hall is too loud for my ears.”
dream: I want to stay in class all day with my number cards.
grown_up: I want to be a train controller.
need: manage a change that I did not expect
outcome: {f} uses the change card and is back at work within five minutes
measure: Minutes away from the lesson after a change
start: 20 minutes
target: 5 minutes
give: Change practice with a social story
daily: Say what comes next and what comes last. Few words, no sarcasm.
agency: Autism Outreach Service
professional: Ken Notionby, advisory teacher
advice: Sensory breaks at fixed times, before {he} needs one
diagnosis: Autism, Community Paediatrics, last spring; the letter is in the file
worry: That {he} thinks {he} is naughty
hard: they change the plan
helps: I can go to the tent

== Wearing a mask
area: Communication and interaction
sen_type: ASD
years: 7 8 9 10 11
alert: {f} looks fine and is not: accept the time-out card without asking for a reason.
strengths: {f} is thoughtful, writes beautifully and is trusted by younger pupils.
sees: Copies what others say and wear, and calls it “a script”.
level: Attendance, 88%; it was 97% in Year 6
strategy: Time-out card, accepted by all staff
well: Used six times, for ten minutes at most; no medical visits this half-term.
slowly: Not used yet; {f} says that others would see it.
family: {carer} says {f} sleeps all Saturday and cries on Sunday night.
child: “I watch what everyone does and do that. It's really tiring.”
dream: I want to go a whole day without pretending.
grown_up: I want to write books and have a cat.
need: notice when I am getting tired and take a break
outcome: {f} takes a planned break before {he} is overwhelmed
measure: Planned breaks in a week
start: 0
target: 3
give: Mentoring with an energy diary
daily: Be literal and predictable. Never call on {f} without warning.
agency: Community Paediatrics
professional: Dr Amal Fableford, consultant paediatrician
advice: Support in school as if the diagnosis were made
diagnosis: None; an assessment is asked for
worry: That {he} will burn out
hard: I have to pretend
helps: I know what will happen

== Reading words
area: Cognition and learning
sen_type: SPLD
years: 2 3 4 5 6 7 8
alert: Do not ask {f} to read aloud without notice; {he} may answer by talking.
strengths: {f} has wonderful ideas, a huge vocabulary, and explains science to anybody.
sees: Reads a word one day and not the next; loses the meaning while sounding out.
level: Reading age, Two years below age
strategy: Four spellings a week: write, trace and say
well: Kept 11 of 12 after two weeks.
slowly: Keeps them until Friday; half are gone on Monday.
family: {carer} says homework takes all evening; {f} can tell the story of any film.
child: “The letters jump. I'm slow but I'm not stupid.”
dream: I want to read a whole book on my own.
grown_up: I want to be a scientist on television.
need: read the words that I have learned without sounding out
outcome: {f} reads the first 100 words at sight
measure: Words read at sight, of 100
start: 42 of 100
target: 90 of 100
give: Precision teaching with a daily chart
daily: Buff paper and larger print. Mark ideas before spelling.
agency: Specific Learning Difficulties Team
professional: Lena Mockridge, specialist teacher
advice: Daily reading of single words against the clock, {his} own best only
diagnosis: None; {his} father found reading hard
worry: That {he} gives up on reading
hard: I must read out loud
helps: I can say it first

== Numbers and pace
area: Cognition and learning
sen_type: MLD
years: 1 2 3 4 5 6
alert: Small steps and real objects. {f} says “I don't know” rather than be wrong.
strengths: {f} is kind and persistent, and looks after the class plants and everybody new.
sees: Counts in ones; loses count beyond 12, and starts again each time.
level: Number, Two years below age
strategy: Number line and counters on the desk, always
well: 8 sums of 10 right, and the counters put away for two.
slowly: Right with counters, guesses without.
family: {carer} says that {f} helps in the shop and is proud of giving change.
child: “It goes too fast. When I do it with things I can.”
dream: I want to do my maths without asking.
grown_up: I want to work in a garden centre.
need: know my number bonds
outcome: {f} says the bonds to 10 in any order
measure: Bonds known, of 11
start: 4 of 11
target: 10 of 11
give: Numicon, small steps, daily
daily: Real things before pictures, pictures before signs. One new idea.
agency: Educational Psychology Service
professional: Dr Noor Trialbrook, educational psychologist
advice: Teach to mastery: move on at 9 right of 10, three days running
diagnosis: None
worry: That the gap becomes wider each year
hard: it goes too fast
helps: I can use the cubes

== Worry and mornings
area: Social, emotional and mental health
sen_type: SEMH
years: 6 7 8 9 10 11
alert: Do not ask {f} why {he} was away; say “good to see you” and give {him} the work.
strengths: {f} is a gifted artist, notices when others are sad, and is never unkind.
sees: Away on 11 days this term, most of them Mondays.
level: Attendance this term, 79%
strategy: Met at the side gate by {ta}, five minutes after the bell
well: In school on five Mondays of six.
slowly: In on two Mondays of six; the gate helps on other days.
family: {carer} says that Sunday night is the worst: stomach ache and no sleep.
child: “I want to come. Then my legs don't.”
dream: I want to walk in with my friends.
grown_up: I want to draw comics for a living.
need: come in on hard mornings
outcome: {f} is in school by 9.30 on nine days of ten
measure: Days in by 9.30, of 10
start: 5 of 10
target: 9 of 10
give: Morning check-in with a worry scale
daily: Warm and short. A seat near the door.
agency: Mental Health Support Team
professional: Jo Demobrook, mental health practitioner
advice: A ladder of ten small steps back to full days, drawn with {f}
diagnosis: Anxiety, GP, this year
worry: That one day {he} does not come back at all
hard: everyone looks at me
helps: {ta} is at the gate

== Energy
area: Social, emotional and mental health
sen_type: SEMH
years: 2 3 4 5 6 7 8 9
alert: Movement first, then one instruction; a private signal, never across the room.
strengths: {f} has more ideas in a minute than most in a day and makes everybody laugh.
sees: Out of the seat 20 times in a lesson; three minutes on a task.
level: Minutes on task, 3; ten are expected
strategy: A job to move for, every fifteen minutes
well: Ten minutes in 7 lessons of 10, and proud of it.
slowly: Better in the morning, not after lunch.
family: {carer} says {f} is on the go from six in the morning and cannot lose at cards.
child: “My engine is too fast. Sorry comes after.”
dream: I want to play a whole match without being sent off.
grown_up: I want to be a paramedic.
need: work for ten minutes before I move
outcome: {f} works for ten minutes with a timer
measure: Minutes on task
start: 3 minutes
target: 10 minutes
give: Movement circuit and timer
daily: Move first. One instruction.
agency: Community Paediatrics
professional: Dr Amal Fableford, consultant paediatrician
advice: Movement every fifteen minutes, planned, never as a reward
diagnosis: On the list for an ADHD assessment
worry: That everybody only sees the bad days
hard: I have to sit and sit
helps: I can run first

== Hearing
area: Sensory and/or physical needs
sen_type: HI
years: R 1 2 3 4 5 6 7 8 9
alert: Face {f}, radio aid on, one person at a time. If {he} nods, check.
strengths: {f} watches everything, mimes better than anybody, and is a fast, brave runner.
sees: Misses what is said behind {him} or in noise, and nods.
level: Vocabulary, 18 months below age
strategy: Radio aid passed from speaker to speaker
well: {f} passes it on and answered {fr} twice today.
slowly: Used by the teacher, forgotten in groups.
family: {carer} says that {f} is tired of listening by five and takes the aids out.
child: “Turn round when you talk! I hear with my eyes.”
dream: I want to hear what my friends say at lunch.
grown_up: I want to be an actor who signs.
need: say that I did not hear
outcome: {f} asks for a repeat in class
measure: Times {he} asks in a day
start: 0
target: 4
give: Listening partner and a signal card
daily: Face {him}, in the light. Repeat what others say.
agency: Advisory Service for Deaf Children
professional: Sol Testbeck, teacher of the deaf
advice: Acoustic panels in the classroom before the winter
diagnosis: Moderate hearing loss, both ears; aids since the age of two
worry: That {he} is left out when it is noisy
hard: people talk behind me
helps: you look at me

== Little steps
area: Cognition and learning
sen_type: DS
years: R 1 2 3 4 5 6
alert: Sign and say. {f} understands more than {he} can tell; count to ten first.
strengths: {f} greets everybody by name, dances to anything and never forgets a song.
sees: Follows one step, with a sign; two steps get lost.
level: Reading, 40 words at sight
strategy: Whole-word reading with photographs of {his} own day
well: Twelve new words, read to the class from {his} own book.
slowly: Four new words; more when {he} is not tired.
family: {carer} says that {f} reads the words on the cereal box and signs to the baby.
child: “Me read. Me book. {fr} come.”
dream: I want to read my book to my friends.
grown_up: I want to work in a café with music.
need: read words about my own day
outcome: {f} reads 60 words at sight
measure: Words read, of 60
start: 40 of 60
target: 55 of 60
give: Whole-word reading with a photograph book
daily: Sign and say. Show the object.
agency: Early Years and Inclusion Team
professional: Ida Mockford, advisory teacher
advice: Same topic, own words and pictures, in every lesson
diagnosis: Down syndrome, at birth; heart check each year
worry: Friendship, when the others grow older
hard: it is a long way
helps: you sing it
"""

# What else is tried, and the stepping stones that follow a story's own.
MORE = """
== strategy
strategy: A ten-second wait after each question
well: {He} put {his} hand up three times on Tuesday.
slowly: {He} still looks away when asked in a group.

== stone
need: ask when I do not understand
outcome: {f} uses a help card or a question to ask for an explanation
measure: Times {he} asks in a day
start: 0
target: 3
give: Help cards, and a weekly talk about being stuck

== stone
need: use what I have learned in every lesson
outcome: {f} uses the new skill in three lessons without a reminder
measure: Lessons in which it is seen, of 10
start: 4 of 10
target: 8 of 10
give: Handover card for all teachers, and a weekly check-in
"""

# The buttons that were pressed, each under the one before. In brackets the row of the chart that
# the review reached, when there are several; after = how far the EHC case came. A dash is a child:
# how the clock stands now | the plan | the review and its row of the chart | what else.
PATHS = """
- any | complete
- any | | | entered in error
- any | | | request requested
Place on Concerns List
  - waiting
  - waiting | draft
  - waiting | complete
  - waiting | sealed | | not reached
  - waiting | sealed | | entered in error
  - open | sealed | | meeting
  - open | sealed | draft
  - open | sealed | complete no progress
  - due soon | sealed
  - due soon | sealed | sealed progress
  - due soon | sealed
  - overdue | sealed
  - overdue | draft
  Watch for another cycle
    - open | sealed
    Watch for another cycle
      - due soon | sealed | sealed no progress
    Move to Stage 2
      - due soon | sealed | complete 3
      New My Plan cycle
        Move to Stage 3 (4)
          Begin process for an EHCP (4) = draft
            New My Plan+ cycle (1)
              New My Plan+ cycle (1)
                EHCP issued
                  Annual review held
                    - open | sealed
  Move to Stage 2
    - new
    - open
    - open | draft
    - open | complete
    - open | sealed
    - open | sealed | | put off
    - open | sealed | draft
    - due soon | sealed | | meeting
    - due soon | sealed | complete 4
    - overdue | sealed
    - overdue | draft
    Step down to Concerns List
      - open | sealed
    New My Plan cycle
      - open | sealed | | letters
      New My Plan cycle
        - overdue | sealed | sealed 4
      Move to Stage 3 (3)
        - open | sealed | | meeting
    New My Plan cycle (5)
      - open | sealed | | request assessing
    Move to Stage 3 (4)
      - new
      - due soon | sealed | | put off
      - overdue | sealed
      - overdue | some
      Step down to My Plan (5)
        - open | draft
      New My Plan+ cycle (1)
        - waiting | sealed | | early
    Has left the school
      - any | | | asked transfer
      Has returned: My Plan
        - open
      Has returned
        - any
    Move to Stage 3 (3)
      - waiting | some
      - waiting | sealed
    Move to Stage 3 between reviews
      - waiting | some
    Remove from SEN List
      - any
  Has left the school
    Has returned: Stage 1
      - waiting | draft
  Take off Concerns List
    - any
    Has left the school
      - long | | | erasure
Start at Stage 2
  - open | sealed
  - open
Start at Stage 3
  - open | sealed | | withheld
  - due soon | sealed | complete 2
  Step down to My Plan (2)
    - open | sealed | | asked paused
  Begin process for an EHCP (4) = preparing
    - waiting | draft
  Begin process for an EHCP (3) = requested
    - open | sealed | | asked access
  Begin process for an EHCP (4) = refused_assess
    - due soon | sealed
  Begin process for an EHCP (4) = assessing
    New My Plan+ cycle (1)
      - overdue | sealed
  Begin process for an EHCP (4) = draft
    New My Plan+ cycle (1)
      - due soon | sealed
  Begin process for an EHCP (4) = refused_issue
    New My Plan+ cycle beside the EHC case (4)
      - due soon | sealed
  Begin process for an EHCP (4) = after_all
    New My Plan+ cycle (1)
      - due soon | sealed
  Begin process for an EHCP (4) = withdrawn
    New My Plan+ cycle (5)
      - open | sealed
  Begin process for an EHCP (4) = closed
    New My Plan+ cycle (1)
      - open | sealed
  Has left the school
    Has returned: My Plan+
      - waiting | some
  Remove from SEN List
    - any
EHCP issued
  - open | sealed
  - due soon | sealed | | meeting
  EHCP ceased: back to My Plan
    - open | sealed
  EHCP ceased: back to My Plan+
    - waiting | sealed
  Annual review held
    - open | sealed
    - new | sealed
    - due soon | sealed | draft
    - due soon | sealed | sealed
    - overdue | sealed
  Has left the school
    - any
    Has returned: EHCP
      - open | draft
  EHCP ceased: off the SEN List
    - any
Has left the school
  - any
Start at Stage 3
  - due soon | sealed | sealed 4
"""

# How many days ago a stay began, at least and at most: when the clock stands so, or it is over.
DAYS = """
== S1
waiting: 5 38
open: 44 66
due soon: 72 82
overdue: 87 105
over: 44 82
early: 33 40

== S2
new: 1 4
open: 7 26
due soon: 30 40
overdue: 45 66
over: 30 41

== S3
new: 1 8
waiting: 14 38
open: 44 66
due soon: 72 82
overdue: 87 105
over: 50 82
early: 33 40

== E
new: 12 19
open: 40 290
due soon: 351 358
overdue: 402 420
over: 330 362

== LEFT
any: 10 100
over: 60 140

== OFF
any: 4 12
long: 120 300
over: 90 200

== NONE
any: 20 30
"""


def read_blocks(text):
    """The blocks of a text: [(title, {name: words}), ...]."""
    found = []
    for line in text.strip().replace("\n  ", " ").splitlines():
        if line.startswith("== "):
            found.append((line.removeprefix("== "), {}))
        elif line:
            name, _, words = line.partition(":")
            found[-1][1][name] = words.strip()
    return found


def paths():
    """The ways of the children: [(steps, clock, plan, review, special), ...]."""
    steps, found = [], []
    for line in PATHS.strip().splitlines():
        words = line.lstrip()
        steps = steps[: (len(line) - len(words)) // 2]
        if words.startswith("- "):
            parts = f"{words.removeprefix('- ')}|||".split("|")
            found.append((steps, *[part.strip() for part in parts[:4]]))
        else:
            steps.append(step_of(words))
    return found


def step_of(words):
    """One button that was pressed: its name, the row of the chart, the state of the EHC case."""
    pressed, _, case = words.partition(" = ")
    move, _, row = pressed.partition(" (")
    return move, row.rstrip(")"), case
