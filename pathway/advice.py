"""What the school knows of a child, as the beginning of a paper that the law asks for.

Come here to change what such a paper begins with. Whoever writes it changes the words freely.
"""

from models import EducationalAdvice, EhcCase, MyPlan
from pathway import ehc_request, measures, planning
from records.dates import short_day, today

# questions of the papers of family and child, by whose words they are
SAID = (
    ("PupilViews", ("like", "good_at", "hard", "helps", "would_like", "grown_up")),
    ("FamilyThinks", ("important_to", "worries_now", "hope_year", "want_school")),
)
STRENGTHS = (
    ("PupilViews", ("good_at",)),
    ("FamilyThinks", ("admire",)),
    ("RecordOfConcern", ("strengths",)),
)


def fill_in(record, user, settings):
    """Fill a new educational advice or answer to a consultation with what is known."""
    found = ehc_request.evidence(record.pupil)
    case = EhcCase.current(record.pupil)
    record.authority = settings.local_authority
    if case:
        record.authority = case.authority or record.authority
        record.asked_on = getattr(case, record.case_asked)
    record.written_by = f"{user.name}, {user.answer('role')}"
    record.views = said_in(found, SAID)
    record.attainment = "\n".join(measure_lines(found))
    plan = newest_plan(found)
    record.outcomes = "\n".join(outcome_lines(plan))
    record.provision = "\n".join(provision_lines(plan))
    needs = "\n".join(need_lines(record.pupil, plan))
    if isinstance(record, EducationalAdvice):
        record.needs = needs
        record.strengths = said_in(found, STRENGTHS)
        record.done_so_far = "\n".join(cycle_lines(found))
    else:
        record.known_needs = needs


def newest_plan(found):
    plans = [cycle.plan for cycle in found.cycles if isinstance(cycle.plan, MyPlan)]
    return plans[-1] if plans else None


def said_in(found, sources):
    """What the newest paper of each kind says, with its question; empty lines left out."""
    lines = []
    for kind, names in sources:
        papers = [form for form in found.papers() if type(form).__name__ == kind]
        for name in names if papers else ():
            words = papers[-1].answer(name)
            if words:
                asked = papers[-1].label_of(name)
                sign = "" if asked[-1] in ".?" else ":"
                lines.append(f"{asked}{sign} {words}")
    return "\n".join(lines)


def measure_lines(found):
    for course in measures.courses(found.measures):
        line = measures.as_baseline(course.last)
        if course.change:
            first = f"{course.first.value} ({short_day(course.first.on)})"
            line = f"{line}; at first {first}, change {course.change}"
        yield line


def need_lines(pupil, plan):
    for need in pupil.sen_needs:
        if not need.until:
            yield need.answer("code")
    for row in plan.rows("needs") if plan else ():
        yield row.words


def outcome_lines(plan):
    for row in plan.rows("outcomes") if plan else ():
        by = short_day(row.by)
        if row.by and row.by < today():
            yield f"{row.words} (was to be reached by {by})"
        elif by:
            yield f"{row.words} (by {by})"
        else:
            yield row.words


def provision_lines(plan):
    for row in plan.rows("provision") if plan else ():
        yield provision_line(row)


def provision_line(row):
    """A line of provision in the order of the Code: type, time, how often, who, with what skill."""
    parts = [row.words]
    if row.minutes and row.times:
        parts.append(f"{row.answer('minutes')} minutes, {row.answer('times')} times a week")
    parts += [row.answer("group"), row.who, row.expertise]
    return "; ".join(filter(None, parts))


def cycle_lines(found):
    for cycle in found.reviewed():
        rated = map(planning.say_rating, cycle.ratings().values())
        yield f"{cycle.plan}. {'; '.join(rated)}"
