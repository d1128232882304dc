"""Small numbers: hidden, and with them so many others that nobody can work them out."""

SMALL = 6
UNDER = f"under {SMALL}"
HIDDEN = "hidden"


def hide_small(counts, sums):
    """What may be told of counts: {key: the number, or words}. `sums` are all that can be worked
    out: [(keys of the parts, key of the whole), ...].
    """
    bounds = {}
    told = set()
    for key, number in counts.items():
        if 0 < number < SMALL:
            bounds[key] = (1, SMALL - 1)
        else:
            bounds[key] = (number, number)
            told.add(key)
    most = max(counts.values(), default=0) + SMALL
    hidden = True
    while hidden:
        hidden = worked_out(bounds, told, sums)
        for key in hidden:
            bounds[key] = (SMALL, most)
        told -= hidden
    return {key: words_of(number, key in told) for key, number in counts.items()}


def words_of(number, is_told):
    if is_told:
        return number
    return UNDER if number < SMALL else HIDDEN


def worked_out(bounds, told, sums):
    """The numbers that are hidden next, so that none follows which is hidden already. Wholes are
    hidden last: they are what is asked for.
    """
    known = narrowed(bounds, sums)
    exact = {key for key in known if key not in told and known[key][0] == known[key][1]}
    found = set()
    for choose in (parts_of, whole_of):
        for parts, whole in sums:
            follow = exact.intersection([*parts, whole])
            hidden = next_hidden(bounds, told, choose(parts, whole)) if follow else set()
            if hidden:
                found |= hidden
                exact -= follow
    return found


def parts_of(parts, whole):
    return parts


def whole_of(parts, whole):
    return [whole]


def next_hidden(bounds, told, keys):
    """The smallest of these numbers that is told and no nought: a set of one, or of none."""
    offered = [key for key in keys if key in told and bounds[key][0]]
    return set(sorted(offered, key=lambda key: (bounds[key][0], str(key)))[:1])


def narrowed(bounds, sums):
    """Between what each number must lie, by all sums together: {key: (least, most)}."""
    found = dict(bounds)
    before = None
    while before != found:
        before = dict(found)
        for parts, whole in sums:
            narrow(found, parts, whole)
    return found


def narrow(found, parts, whole):
    """Narrow the bounds of the numbers of one sum by each other."""
    least = sum(found[key][0] for key in parts)
    most = sum(found[key][1] for key in parts)
    found[whole] = within(found[whole], least, most)
    low, high = found[whole]
    for key in parts:
        own_low, own_high = found[key]
        found[key] = within(found[key], low - (most - own_high), high - (least - own_low))


def within(bounds, least, most):
    return max(bounds[0], least), min(bounds[1], most)
