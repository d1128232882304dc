"""What the rows of `MOVES` name: guards, effects, and the dates of reviews and of the law.

Come here to change what must hold before a move, what a move does, or when something is due. It may
import the records and the models, and never knows a page or a printed paper.
"""
