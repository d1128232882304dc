"""What must hold every evening, for every child who was touched; for all of them on Fridays."""


def look(year, everybody=False):
    pass
