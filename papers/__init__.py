"""How papers get onto paper: the typefaces, the process that draws a PDF, and the queue in front of
it.

Come here to change which letters print (`fonts`), what drawing a paper may cost or reach
(`worker`), or how many papers are drawn at once (`printing`). Nothing here knows a record, a page
or the database. What stands on a paper is in `papers/pdf.py`.
"""
