"""Small numbers: hidden, and with them so many others that nobody can work them out.

A hidden number is safe when there is another table that looks the same and has another number
there. Such a table is found by adding or taking one child, and mending every sum that this breaks
by a child more or less in other hidden cells.
"""

from collections import defaultdict, deque

SMALL = 6
HIDDEN = "hidden"  # the same word for all, for it would tell how large they are


def hide_small(counts, sums):
    """What may be told of counts: {key: the number, or `HIDDEN`}. `sums` are all that can be worked
    out: [(keys of the parts, key of the whole), ...].
    """
    table = CountTable(counts, sums)
    while table.hide_one():
        pass
    return {key: HIDDEN if key in table.hidden else number for key, number in counts.items()}


class CountTable:
    """Counts, their sums, and which of them are hidden so far."""

    def __init__(self, counts, sums):
        self.counts = counts
        self.hidden = {key for key, number in counts.items() if 0 < number < SMALL}
        self.signs = []  # of each sum: {key: 1 of a part, -1 of the whole}
        self.sums_of = defaultdict(list)
        for place, (parts, whole) in enumerate(sums):
            self.signs.append({**dict.fromkeys(parts, 1), whole: -1})
            for key in self.signs[place]:
                self.sums_of[key].append(place)

    def hide_one(self):
        """Hide one more number where a hidden one can be worked out; whether there was one."""
        safe = set()
        for key in self.counts:
            if key in self.hidden and key not in safe:
                others = self.another_table(key)
                more = None if others else self.next_hidden(key)
                if more:
                    self.hidden.add(more)
                    return True
                safe |= others
        return False

    def another_table(self, key):
        """The hidden keys that differ in another table that looks the same, this one among them;
        empty without one.
        """
        for step in (1, -1):
            for change in self.changes(key, step):
                if all(self.may_change(*one) for one in change.items()):
                    found = self.mended(change)
                    if found:
                        return found
        return set()

    def changes(self, key, step):
        """With what another table may begin: {key: 1 or -1, ...}. What is in many sums, as the
        sum of a column is in all groupings, changes together with another such number.
        """
        wide = [one for one in self.counts if one in self.hidden and self.is_wide(one)]
        firsts = [key]
        if not self.is_wide(key):
            yield {key: step}
            firsts = wide
        for one in firsts:
            for other in wide:
                both = set(self.sums_of[one]) & set(self.sums_of[other])
                if one != other and both:
                    signs = self.signs[min(both)]
                    yield {key: step, one: step, other: -step * signs[one] * signs[other]}

    def is_wide(self, key):
        return len(self.sums_of[key]) > 2

    def may_change(self, key, step):
        """Whether a number may be one more or less and still be hidden: a nought is told."""
        return key in self.hidden and self.counts[key] + step > 0

    def mended(self, change):
        """The keys of a change and of what mends every sum it breaks; empty when nothing does."""
        broken = defaultdict(int)
        for key, step in change.items():
            for place in self.sums_of[key]:
                broken[place] += step * self.signs[place][key]
        broken = {place: excess for place, excess in broken.items() if excess}
        changed = set(change)
        while broken:
            place, excess = broken.popitem()
            way = self.way(place, excess, broken, changed)
            if way is None:
                return set()
            changed |= way
        return changed

    def way(self, place, excess, broken, changed):
        """The keys that carry a child from a broken sum to another one, which is mended with it, or
        out of all sums; None when there is no way.
        """
        ways = deque([(place, excess, frozenset())])
        seen = {(place, excess)}
        while ways:
            place, excess, keys = ways.popleft()
            for key, sign in self.signs[place].items():
                step = -excess * sign
                if key in changed or key in keys or self.is_wide(key):
                    continue
                if not self.may_change(key, step):
                    continue
                others = [one for one in self.sums_of[key] if one != place]
                if not others:
                    return keys | {key}
                (to,) = others
                carried = step * self.signs[to][key]
                if broken.get(to) == -carried:
                    del broken[to]
                    return keys | {key}
                if (to, carried) not in seen:
                    seen.add((to, carried))
                    ways.append((to, carried, keys | {key}))
        return None

    def next_hidden(self, key):
        """What is hidden next to save a number: what helps most, the nearest of these; parts before
        wholes, noughts last. It is not chosen by its size, which would tell of it.
        """
        near = self.near(key)
        for is_nought, sign in ((False, 1), (False, -1), (True, 1), (True, -1)):
            offered = []
            for place in near:
                for one, its_sign in self.signs[place].items():
                    is_fit = its_sign == sign and (self.counts[one] == 0) == is_nought
                    if is_fit and one not in self.hidden:
                        offered.append(one)
            if offered:
                return max(offered, key=self.help_of)
        return None

    def near(self, key):
        """The sums to which hidden numbers lead from this one, the nearest first."""
        found = list(self.sums_of[key])
        for place in found:
            for one in self.signs[place]:
                if one in self.hidden:
                    found += [to for to in self.sums_of[one] if to not in found]
        return found

    def help_of(self, key):
        """How much it helps to hide a number, to compare: in how many of its sums one number is
        hidden alone, and in how many any is.
        """
        found = []
        for place in self.sums_of[key]:
            found.append(len(self.hidden.intersection(self.signs[place])))
        return found.count(1), len(found) - found.count(0)
