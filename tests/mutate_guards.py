"""Take each guard out of the program in turn, and see that a test notices (`make mutants`): it proves the tests, not the program.

A guard is a row of GUARDS: what it keeps, its file, a text that stands there exactly once, what stands there without the guard, and
the tests that must fail then. `python tests/mutate_guards.py WORDS` takes only the rows that have these words. The copy of the tree
that is changed lies in a temporary folder. A new guard needs a row; test_tree.py sees that every text is still there, once.
"""
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
MATRIX = "tests/test_access.py -k each_person_reaches and (teacher or technician)"
PAGES, DOCUMENTS, ACCOUNT = "tests/test_pages.py", "tests/test_documents.py", "tests/test_account.py"
SCOPE, MOVES, FORMS, PAPERS, PAPER = (f"tests/test_{n}.py" for n in ("scope", "moves", "forms", "papers", "paper"))
TRAIL, KEEPING, SESSIONS, HEADERS, DRAFTS, TWO, UPKEEP, UPGRADE = (
    f"tests/test_{n}.py" for n in ("trail", "keeping", "sessions", "headers", "drafts", "two_people", "upkeep", "upgrade"))
GUARDS = [  # what it keeps | file | text | without the guard | tests that must notice
    # who gets in
    ("a stranger gets no page", "admin_views/account.py", "if not current_user.is_authenticated:\n        keep_typing",
     "if not current_user.is_authenticated:\n        return None\n        keep_typing", ACCOUNT + " -k every_page_but_the_open"),
    ("an account that is off is nobody", "admin_views/account.py", "User.token == token, User.account == \"on\")", "User.token == token)",
     ACCOUNT + " -k switched_off_in_the_database"),
    ("the second step is asked of the roles in the settings", "admin_views/account.py", "and not current_user.totp", "and False",
     ACCOUNT + " -k must_set_it_up_first"),
    ("the code is asked after the password", "admin_views/account.py", "    if not user.totp:\n        return finish(user)", "    if True:\n        return finish(user)",
     ACCOUNT + " -k password_alone_is_not_enough"),
    ("account pages ask for the password again", "admin_views/account.py", "if time.time() - session.get(\"proved\", 0) <= FRESH_FOR:", "if True:",
     ACCOUNT + " -k ask_for_the_password_again"),
    ("signing in makes a new session", "admin_views/account.py", "    session.clear()\n    if was:", "    if was:",
     ACCOUNT + " -k planted_session"),
    ("nobody is led off the portal", "admin_views/account.py", "return wanted if re.fullmatch(", "return wanted if True or re.fullmatch(",
     ACCOUNT + " -k never_leads_off"),
    ("only technician and SENCO make links", "admin_views/account.py", "forms.MakeLink()\n    if not may_link(current_user, person):", "forms.MakeLink()\n    if False:",
     ACCOUNT + " -k who_may_make_a_link"),
    ("a link runs out", "admin_views/account.py", " & (User.setup_until > now())", "", ACCOUNT + " -k link_dies_after_a_day"),
    ("the first account is made once", "admin_views/account.py",
     "        if User.select().exists():\n            return None", "        if False:\n            return None", ACCOUNT + " -k first_account_is_made"),
    ("a code works once", "admin_views/passwords.py", "user.keep(User.totp_last < step, totp_last=step)", "user.keep(totp_last=step)",
     ACCOUNT + " -k works_once"),
    ("a recovery code works once", "admin_views/passwords.py", "recovery=left)", "recovery=user.recovery)", ACCOUNT + " -k ten_codes_that_work_once"),
    ("guessing is slow", "admin_views/passwords.py", ">= most:", ">= 10_000:", ACCOUNT + " -k guessing_is_slow"),
    ("a known device has its own tries", "admin_views/passwords.py", "if device else limits", "if False else limits", ACCOUNT + " -k guessing_is_slow"),
    ("a password is long", "admin_views/passwords.py", "if length < SHORTEST:", "if False:", ACCOUNT + " -k 12_to_128"),
    ("an easy password is refused", "admin_views/passwords.py", "< FEWEST_GUESSES:", "< 0:", ACCOUNT + " -k well_known_or_easy"),
    ("an unknown name takes as long", "admin_views/passwords.py", "matches(user.password if known else NOBODY, password)",
     "known and matches(user.password, password)",
     ACCOUNT + " -k takes_as_long"),
    ("another role ends the sessions", "models.py", "for n in (\"account\", \"role\", \"password\")", "for n in (\"account\", \"password\")",
     ACCOUNT + " -k account_or_the_role_changes"),
    # who sees and does what
    ("a screen needs the right to read", "admin_views/base.py", "current_user.is_authenticated and may(current_user, \"r\", self.model)",
     "current_user.is_authenticated", MATRIX),
    ("a form needs the right to write", "admin_views/base.py", "return may(current_user, \"w\", self.model) and", "return True and", MATRIX),
    ("a spreadsheet needs its right", "admin_views/base.py", "        if not may(current_user, \"x\", self.model):", "        if False:", MATRIX),
    ("every query has its scope", "admin_views/base.py", "return query.where(model.pupil.in_(Pupil.visible_to(user).select(Pupil.id)))", "return query",
     SCOPE + " -k another_class"),
    ("lines of papers have the scope too", "admin_views/base.py",
     "return model.select().where(owner.in_(scoped(owner.rel_model, user).select(owner.rel_model.id)))", "return model.select()", SCOPE + " -k another_class"),
    ("a teacher sees their own classes", "models.py", "cls.form.in_(user.class_names()), cls.left_on.is_null()", "cls.left_on.is_null()",
     SCOPE + " -k another_class"),
    ("a teacher sees no leaver", "models.py", "cls.form.in_(user.class_names()), cls.left_on.is_null()", "cls.form.in_(user.class_names())",
     "tests/test_pathway.py -k sees_a_leaver"),
    ("who is switched off sees nobody", "models.py", "if user is None or not user.active or not may(user, \"r\", Pupil):", "if user is None:",
     "tests/test_rules.py -k is_seen or sees_the_pupils"),
    ("a look-up has its scope", "admin_views/forms.py", "mine = Pupil.visible_to(user).order_by", "mine = Pupil.select().order_by", SCOPE + " -k finds_nobody"),
    ("a form has only the sections one may write", "admin_views/forms.py", "if user.role not in section.write or user.role not in section.see:",
     "if user.role not in section.see:", SCOPE + " -k changes_only"),
    ("a page has only the sections one may see", "questions.py", "if role is None or role in section.see]", "]", SCOPE + " -k reaches_it_nowhere"),
    ("a sealed paper has only the sections one may see", "models.py", "if role is None or role in p[\"see\"]]", "]", "tests/test_questions.py -k sealed_form_shows"),
    ("a line has the rights of its section", "models.py", "if user.role not in (section.write if right == \"w\" else section.see):", "if False:",
     "tests/test_rules.py -k rights_of_its_form"),
    ("a withheld file is for SENCO and head", "admin_views/exchange.py", "current_user.role in (SENCO, HEAD)", "True", DOCUMENTS + " -k not_for_disclosure"),
    ("an upload is its owner's", "admin_views/exchange.py", "f\"{current_user.id}-{key}.csv\"", "f\"{key}.csv\"", "tests/test_import.py -k somebody_else"),
    ("who may add pupils may import", "admin_views/exchange.py", "may(current_user, \"w\", Pupil)", "True", MATRIX),
    # moves and papers
    ("a move is for its roles", "workflow.py", "user.role in move.by and user.role in ROLES", "user.role in ROLES", MOVES + " -k only_the_roles"),
    ("the page of a move is for its roles", "admin_views/pupil.py", "        if current_user.role not in row.by:", "        if False:", MATRIX),
    ("a move starts where the person looked", "workflow.py", "if seen is not None and seen != ", "if False and seen != ", MOVES + " -k out_of_date"),
    ("a move starts from its stages", "workflow.py", "    if at.stage not in move.from_:\n        raise Refused", "    if False:\n        raise Refused",
     MOVES + " -k wrong_stage"),
    ("what a move asks is answered", "workflow.py", "    if gaps:", "    if False:", MOVES + " -k needed_answer_is_needed or in_its_list"),
    ("what stops a move stops it", "workflow.py", "    found = stops(move, at)\n    if found:", "    found = stops(move, at)\n    if False:", MOVES + " -k guard_stops"),
    ("a second press makes nothing", "workflow.py",
     "            if done:\n                return done\n            at = Sit", "            if False:\n                return done\n            at = Sit",
     MOVES + " -k second_press"),
    ("only the SENCO agrees", "workflow.py", "    if user.role != SENCO:\n", "    if False:\n", PAPERS + " -k only_the_senco"),
    ("a sealed paper never changes", "workflow.py", "    if form.locked:\n        raise", "    if False:\n        raise", PAPERS + " -k never_changes"),
    ("a sealed paper has no form", "admin_views/base.py", "if record.locked and request.method != \"POST\":", "if False:",
     TWO + " -k sealed_by_a_move_while_i_write"),
    ("a paper is within reach", "workflow.py", "return may(user, \"w\", record) and Pupil.visible_to(user)", "return Pupil.visible_to(user)",
     PAPERS + " -k nobody_else or may_not_write"),
    ("a broken seal is told", "models.py", "return not self.sealed or seal_of(json.loads(self.sealed)) == (self.sealed, self.sealed_code)", "return True",
     "tests/test_questions.py -k tampered_with"),
    # nothing is lost or unsaid
    ("who saves second is told", "questions.py", "type(self).id == self.id, type(self).version == seen)", "type(self).id == self.id)",
     "tests/test_questions.py -k second_of_two"),
    ("a form that is out of date is merged", "admin_views/saving.py", "if str(record.version) != str(form.version.data):", "if False:",
     FORMS + " -k saves_second or line_alone"),
    ("nothing is saved by nobody", "trail.py", "    if _acting.get() is None:\n", "    if _acting.get() is None:\n        return Actor(\"Nobody\")\n",
     "tests/test_questions.py -k nobody_is_named"),
    ("a secret is not in the trail", "questions.py", "if f.name in (\"id\", \"version\", *self.untold):", "if f.name in (\"id\", \"version\"):",
     "tests/test_questions.py -k secret_never"),
    ("the trail keeps its rows", "trail.py", "for statement in SQLITE_GUARDS if", "for statement in () if", "tests/test_checks.py -k trail_only_grows"),
    ("the trail is chained", "trail.py", "if row[\"link\"] != link_of(link, row):", "if False:", "tests/test_checks.py -k whole_trail"),
    ("the words of the trail are coded", "trail.py", "if not row[\"erased\"] and row[\"digest\"] != ", "if False and row[\"digest\"] != ", "tests/test_checks.py -k whole_trail"),
    ("the code of the trail has a key", "trail.py", "hmac.digest(_key, ", "hmac.digest(b\"-\", ", "tests/test_checks.py -k another_key"),
    ("anchors are compared", "trail.py", "if (a.link, a.rows) != (link, rows)]", "if False]", TRAIL + " -k chained_anew_with_the_key"),
    ("a cut of the end is seen", "trail.py", "for some in at_row.values() for a in some]", "for some in () for a in some]", TRAIL + " -k tampering_with_the_trail"),
    # what comes in and goes out
    ("a form carries its token", "app.py", "    CSRFProtect(app)", "    app.jinja_env.globals[\"csrf_token\"] = lambda: \"-\"", PAGES + " -k token_of_the_page"),
    ("every answer has its headers", "app.py", "    app.after_request(add_headers)\n", "", PAGES + " -k static_files_carry"),
    ("a page is never kept by the browser", "app.py", "response.headers[\"Cache-Control\"] = \"no-store\"", "pass", PAGES + " -k plain_page_with_the_headers"),
    ("an error keeps its message", "app.py", "app.log_exception = lambda _: None", "pass", PAGES + " -k goes_wrong"),
    ("no cell is a formula", "admin_views/sheet.py", "return f\"'{words}\" if RISKY.match(words) else words", "return words", FORMS + " -k spreadsheet_is_run"),
    ("a file has one of the kinds", "admin_views/exchange.py", "return f\"This kind of file cannot be kept. Choose a {KEPT_WORDS}.\"", "return None", DOCUMENTS + " -k may_not_be_kept"),
    ("a file is what its name says", "admin_views/exchange.py", "if data[where:where + len(sign)] != sign or", "if False and", DOCUMENTS + " -k may_not_be_kept"),
    ("a package does not unpack to far too much", "admin_views/exchange.py", "unpacked > MOST_UNPACKED or ", "", DOCUMENTS + " -k unpacks_to_far_too_much"),
    ("macros are refused", "admin_views/exchange.py", "if MACRO.search(name):", "if False:",
     DOCUMENTS + " -k may_not_be_kept"),
    ("a file that was changed is not given out", "admin_views/exchange.py", "hexdigest() != record.sha256", "hexdigest() == \"\"", DOCUMENTS + " -k behind_our_back"),
    ("a file is never shown inside the portal", "admin_views/exchange.py", "\"sandbox; default-src 'none'\"", "\"default-src 'self'\"", DOCUMENTS + " -k given_back"),
    ("a file is sent as an attachment", "admin_views/exchange.py", "as_attachment=True", "as_attachment=False", DOCUMENTS + " -k given_back"),
    ("a paper reads nothing", "admin_views/paper.py", "ResourceAccessPolicy.server(None, allow_remote=False, max_render_seconds=60)",
     "ResourceAccessPolicy.server(\"/\", allow_remote=True, max_render_seconds=60)", PAPER + " -k read_or_fetched"),
    ("an answer is never markup on paper", "admin_views/paper.py", "    return fonts.printable(text)", "    return Markup(text)", PAPER + " -k never_markup"),
    ("an answer is never markup on a page", "templates/macros.html", "<span class=\"said\">{{ words }}</span>", "<span class=\"said\">{{ words|safe }}</span>",
     "tests/test_surfaces.py -k hostile_words"),
    ("controls leave what is typed", "admin_views/forms.py", "kept = UNSEEN.sub(\"\", typed or \"\")", "kept = typed or \"\"", FORMS + " -k cannot_be_seen"),
    # the set-up
    ("an unsafe set-up does not start", "commands.py", "    if bad:\n        print(\"The portal does not start", "    if False:\n        print(\"The portal does not start",
     "tests/test_checks.py -k does_not_start"),
    ("what cannot be told is not well", "checks.py", "    except Unknown as unknown:\n", "    except Unknown as unknown:\n        return Result(True, NOTE, \"\")\n",
     "tests/test_checks.py -k cannot_be_told"),
]


def run(folder, *selections, workers="0"):
    """How pytest ends on the tests of these selections in a folder: 0 all passed, 1 some failed, else something is amiss."""
    files = dict.fromkeys(s.partition(" -k ")[0] for s in selections)
    chosen = [s.partition(" -k ")[2] for s in selections]
    words = ["-k", " or ".join(f"({c})" for c in chosen)] if all(chosen) else []
    return subprocess.run([sys.executable, "-m", "pytest", "-x", "-n", workers, "-q", "-p", "no:cacheprovider", *files, *words], cwd=folder,
                          capture_output=True, text=True, timeout=1200, check=False)


def copy_tree():
    """The tree in a temporary folder, without what git does not keep."""
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    for name in subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def try_one(guard, folders):
    """Take one guard out in a free folder: whether a test notices. Prints a line; gives the word in it."""
    words, name, text, instead, tests = guard
    folder, began = folders.get(), time.time()
    path, whole = folder / name, (folder / name).read_text("utf-8")
    try:
        path.write_text(whole.replace(text, instead), "utf-8")
        done = run(folder, tests)
    finally:
        path.write_text(whole, "utf-8")
        folders.put(folder)
    word = "NOT FOUND" if whole.count(text) != 1 else {0: "SURVIVED", 1: "killed"}.get(done.returncode, "BROKEN")
    told = "" if word == "killed" else " ".join(done.stdout.split()[-12:])
    print(f"{word:9} {words} ({name}, {time.time() - began:.0f} s) {told}", flush=True)
    return word


def main(*wanted):
    """Try every guard, or those whose row has all the words; gives the number of those that no test misses."""
    rows = [g for g in GUARDS if all(word in " ".join(g) for word in wanted)]
    folders = queue.Queue()
    for _ in range(WORKERS):
        folders.put(copy_tree())
    try:
        sound = run(folders.queue[0], *dict.fromkeys(g[4] for g in rows), workers=str(WORKERS))
        if sound.returncode:
            print(f"These tests do not even pass with every guard in place:\n{sound.stdout[-3000:]}{sound.stderr[-500:]}")
            return len(rows)
        with ThreadPoolExecutor(WORKERS) as pool:
            found = list(pool.map(lambda guard: try_one(guard, folders), rows))
    finally:
        for folder in folders.queue:
            shutil.rmtree(folder)
    print(f"{found.count('killed')} of {len(found)} guards are missed by a test when they are gone.")
    return len(found) - found.count("killed")


if __name__ == "__main__":
    sys.exit(bool(main(*sys.argv[1:])))
