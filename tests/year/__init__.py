"""A school's year by the real screens: people who write late, families who decline, children who
come and go; and an evening's look at what must hold for every child.

`python tests/year --days 200 --seed 1` prints the diary; tests/test_year.py runs a short one.
"""
