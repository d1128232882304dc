"""Tables about many children: the register, and what is counted from it.

Come here to add one: a class of `Report` says its columns, its filters and its lines, and has a
page, a print, a spreadsheet and a place in the menu. Knows nothing of the web.
"""
