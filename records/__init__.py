"""How every question and every record works: kinds of question, sealing, dates, text.

Come here to change a kind of question. It may import the audit log, and knows no word of the
school.
"""
