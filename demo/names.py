"""The names of the fictional school: its staff, its settings, and what its pupils are called.

Come here to change a name. Nobody here is real; telephone numbers are those kept for stories. Only
data, as `stories.read_blocks` takes it apart.
"""

from demo.stories import read_blocks

TEXT = """
== settings
school_name: Willow Brook School
school_address: Willow Brook School, 1 Example Lane, Samplebridge, Anyshire ZZ99 1ZZ
school_phone: 01632 960100
senco_name: Wilma Senwood
head_name: Hector Headley-Mock
complaints: willow-brook.example/complaints
sendiass: Anyshire SENDIASS, 01632 960111
trust_name: Learning Link Example Trust
strapline: Stronger together
local_authority: Anyshire
head_confirms_ehcp: Yes
rate_teacher: 38
rate_ta: 16.50
rate_hlta: 19
rate_senco: 42
rate_therapist: 65
rate_other: 25

== staff
office: Olga Frontdesk
office.two: Peter Paperby
senco: Wilma Senwood
senco.deputy: Ash Deputyman
head: Hector Headley-Mock
technician: Tess Cableford
teacher: Rhea Trialshaw, 3A, 3B
ta: Hanna Helpwell, 3A
teacher.r: Fern Mockbeck, RA, RB
teacher.1: Glen Testdale, 1A, 1B
teacher.2: Joy Samplemere, 2A, 2B
teacher.4: Clay Fableford, 4A, 4B
teacher.5: Iris Demothorn, 5A, 5B
teacher.6: Reed Pretendale, 6A, 6B
teacher.7: Myrtle Trialby, 7K, 7L
teacher.8: Basil Notionham, 8K, 8L
teacher.9: Heather Mockwright, 9K, 9L
teacher.10: Jasper Examplewick, 10K, 10L
teacher.11: Laurel Testington, 11K, 11L

== lists
starts: Test Sample Mock Demo Pretend Fable Trial Specimen Notional Example
ends: wood brook ridge alder birch rowan willow tamar severn trent kennet elm hazel aspen ford mere
F: Ada Amara Anya Bea Carys Clara Daisy Elin Esme Fatima Freya Grace Hana Holly Isla Leila Lottie
  Maya Megan Nadia Niamh Olive Poppy Priya Rosie Ruby Safiya Tilly Uma Zara
M: Adam Aiden Arjun Ben Callum Dylan Eli Ewan Faisal Felix George Harri Hugo Idris Jamal Joel Kai
  Kofi Leo Luca Max Mohan Noah Owen Rafi Reuben Sam Tariq Theo Toby
interests: football trains cats space baking drumming drawing swimming

== called otherwise
Lukasz: M Łukasz Polish
Sahin: M Şahin Turkish
Nguyen: F Nguyễn Vietnamese
Sola: F Ṣọlá Yoruba
Olena: F Олена Ukrainian
Maryam: F مريم Arabic
Xiaoming: M 小明 Mandarin
Alexander: M Sandy English
"""

BLOCKS = dict(read_blocks(TEXT))
SETTINGS = BLOCKS["settings"]
STAFF = BLOCKS["staff"]
LISTS = {name: words.split() for name, words in BLOCKS["lists"].items()}
# forename in the register: sex, the name they use, home language
KNOWN_AS = [(name, *words.split()) for name, words in BLOCKS["called otherwise"].items()]
HELPERS = (
    "Mrs Helpwell",
    "Mr Standby",
    "Miss Kindly",
    "Mrs Nearby",
    "Mr Patience",
    "Ms Calmly",
    "Mr Steady",
)
# As the register says, as the stories do, whose forenames they have.
CARERS = (("Mother", "Mum", "F"), ("Father", "Dad", "M"), ("Grandmother", "Nan", "F"))
# {a} is the year in which the school year begins, {b} the one in which it ends.
HOLIDAYS = """24/10/{a}\t1/11/{a}\tAutumn half term
19/12/{a}\t3/1/{b}\tChristmas
13/2/{b}\t21/2/{b}\tSpring half term
27/3/{b}\t11/4/{b}\tEaster
29/5/{b}\t6/6/{b}\tSummer half term
22/7/{b}\t1/9/{b}\tSummer"""
