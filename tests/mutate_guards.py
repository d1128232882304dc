"""Take each guard out of the program in turn, and see that a test notices (`make mutants`): it proves the tests, not the program.

A guard is a row of GUARDS: what it keeps, its file, a text that stands there exactly once, what stands there without the guard, and
the tests that must fail then. `python tests/mutate_guards.py WORDS` takes only the rows that have these words. The copy of the tree
that is changed lies in a temporary folder. A new guard needs a row; test_tree.py sees that every text is still there, once.
"""
import os
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
ACCOUNTS, APART, ERASURE = "tests/test_accounts.py", "tests/test_apart.py", "tests/test_erasure.py"
LIMITS = "tests/test_limits.py"
TRAIL, KEEPING, SESSIONS, HEADERS, DRAFTS, TWO, UPKEEP, UPGRADE, UPLOADS, CHECKS = (
    f"tests/test_{n}.py" for n in ("trail", "keeping", "sessions", "headers", "drafts", "two_people", "upkeep", "upgrade", "uploads", "checks"))
GUARDS = [  # what it keeps | file | text | without the guard | tests that must notice
    # who gets in
    ("a stranger gets no page", "admin_views/account.py", "if not current_user.is_authenticated:\n        keep_typing",
     "if not current_user.is_authenticated:\n        return None\n        keep_typing", ACCOUNT + " -k every_page_but_the_open"),
    ("an account that is off is nobody", "admin_views/account.py", " and g.place.user.active else None", " else None", ACCOUNT + " -k switched_off_in_the_database"),
    ("nor does it come in by the code", "admin_views/account.py", "User.token == token, User.account == \"on\")", "User.token == token)",
     ACCOUNT + " -k between_password_and_code"),
    ("nor by a link", "admin_views/account.py", " & (User.account == \"on\")", "", ACCOUNT + " -k link_dies_when_the_account"),
    ("the second step is asked of the roles in the settings", "admin_views/account.py", "and not current_user.totp", "and False",
     ACCOUNT + " -k must_set_it_up_first"),
    ("the code is asked after the password", "admin_views/account.py", "    if not user.totp:\n        return finish(user)", "    if True:\n        return finish(user)",
     ACCOUNT + " -k password_alone_is_not_enough"),
    ("account pages ask for the password again", "admin_views/account.py", "if 0 <= time.time() - session.get(\"proved\", 0) <= FRESH_FOR:", "if True:",
     ACCOUNT + " -k ask_for_the_password_again"),
    ("signing in makes a new session", "admin_views/account.py", "    session.clear()\n    if was:", "    if was:",
     ACCOUNT + " -k planted_session"),
    ("nobody is led off the portal", "admin_views/account.py", "return wanted if re.fullmatch(", "return wanted if True or re.fullmatch(",
     ACCOUNT + " -k never_leads_off"),
    ("only technician and SENCO make links", "admin_views/account.py", "forms.MakeLink()\n    if not may_link(current_user, person):", "forms.MakeLink()\n    if False:",
     ACCOUNT + " -k who_may_make_a_link"),
    ("a link runs out", "admin_views/account.py", " & User.setup_until.between(now(), now() + LINK_LIVES)", "", ACCOUNT + " -k link_dies_after_a_day"),
    ("the first account is made once", "admin_views/account.py",
     "        if User.select().exists():\n            return None", "        if False:\n            return None", ACCOUNT + " -k first_account_is_made"),
    ("a code works once", "admin_views/passwords.py", "user.keep((User.totp_last < step) | ahead, totp_last=step)", "user.keep(totp_last=step)",
     ACCOUNT + " -k works_once"),
    ("a recovery code works once", "admin_views/passwords.py", "recovery=left)", "recovery=user.recovery)", ACCOUNT + " -k ten_codes_that_work_once"),
    ("guessing is slow", "admin_views/passwords.py", ">= most:", ">= 10_000:", ACCOUNT + " -k guessing_is_slow"),
    ("a known device has its own tries", "admin_views/passwords.py", "if device else limits", "if False else limits", ACCOUNT + " -k guessing_is_slow"),
    ("a password is long", "admin_views/passwords.py", "if length < SHORTEST:", "if False:", ACCOUNT + " -k 12_to_128"),
    ("an easy password is refused", "admin_views/passwords.py", "< FEWEST_GUESSES:", "< 0:", ACCOUNT + " -k well_known_or_easy"),
    ("an unknown name takes as long", "admin_views/passwords.py", "matches(user.password if known else nobody(), password)",
     "known and matches(user.password, password)",
     ACCOUNT + " -k takes_as_long"),
    ("another role ends the sessions", "models.py", "for n in (\"account\", \"role\", \"password\")", "for n in (\"account\", \"password\")",
     ACCOUNT + " -k account_or_the_role_changes"),
    ("a cookie needs its row", "admin_views/places.py", "SignedIn.get_or_none(SignedIn.key == sha(token))", "SignedIn.get_or_none()", SESSIONS + " -k cookie_without_its_row"),
    ("the row is no cookie", "admin_views/places.py", "SignedIn.key == sha(token)", "(SignedIn.key == sha(token)) | (SignedIn.key == token)",
     SESSIONS + " -k cookie_without_its_row"),
    ("who does not click is signed out", "admin_views/places.py", "now() < min(ends(row))", "now() < ends(row)[1]", SESSIONS + " -k who_does_not_click"),
    ("what the page sends is no click", "admin_views/places.py", "if f\"{request.method} {request.path}\" not in QUIET and", "if", SESSIONS + " -k a_click_counts"),
    ("a day ends", "admin_views/places.py", "now() < min(ends(row))", "now() < ends(row)[0]", SESSIONS + " -k the_day_ends"),
    ("a sign-in that ran out is nobody's", "admin_views/account.py", "places.holds(g.place) and ", "", SESSIONS + " -k who_does_not_click or the_day_ends"),
    ("signing out ends the copy too", "admin_views/account.py", "    g.place.delete_instance()\n    tell(", "    tell(", ACCOUNT + " -k dies_when_the_person_signs_out"),
    ("a lost phone ends every place", "models.py", "if done and \"token\" in columns:", "if False:", ACCOUNT + " -k lost_phone_ends_every_place"),
    ("one ends one's own places only", "admin_views/account.py", "where(SignedIn.user == me(), ", "where(", SESSIONS + " -k ends_the_places_of_another"),
    ("only technician and SENCO sign others out", "admin_views/account.py", "forms.Press()\n    if not may_link(current_user, person):", "forms.Press()\n    if False:",
     SESSIONS + " -k sign_others_out"),
    ("accounts, settings and spreadsheets ask for the password again", "admin_views/base.py", "(account.prove() if name in self.proved else None)", "None",
     SESSIONS + " -k ask_for_the_password_again or asks_for_the_password_again"),
    ("what arrives after the end is kept for no stranger", "admin_views/account.py", "and user and user.active:", "and user:",
     SESSIONS + " -k nothing_is_kept_for_a_place"),
    # who sees and does what
    ("a screen needs the right to read", "admin_views/base.py", "return user.is_authenticated and may(user, \"r\", self.model)",
     "return user.is_authenticated", MATRIX),
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
    ("the history has only the sections one may see", "witness.py", "return entry.question not in dict(cls.questions()) or user.role in cls.section_of(entry.question).see",
     "return True", TRAIL + " -k history_of_a_record_says_nothing"),
    ("the history is read before it is shown", "witness.py", "        if may_read(user, entry):\n", "        if True:\n",
     TRAIL + " -k changes_of_its_lines"),
    ("the audit page has only the records one may see", "witness.py", "if cls is None or not may(user, \"r\", cls):", "if cls is None:", TRAIL + " -k says_nothing_of_a_part"),
    ("the audit page has only the sections one may see", "witness.py", "or user.role in cls.section_of(entry.question).see", "or True", TRAIL + " -k says_nothing_of_a_part"),
    ("the audit page reads before it shows", "admin_views/school.py", " and witness.may_read(current_user, e)}", "}", TRAIL + " -k says_nothing_of_a_part"),
    ("a draft on a form is its writer's", "admin_views/drafts.py", "found = Draft.get_or_none(Draft.user == user.id, Draft.form == address.rstrip(\"?\"))",
     "found = Draft.get_or_none(Draft.form == address.rstrip(\"?\"))", DRAFTS + " -k writer_s_alone"),
    ("a draft by its number is its writer's", "admin_views/drafts.py", "Draft.id == key, Draft.user == current_user.id)", "Draft.id == key)", DRAFTS + " -k writer_s_alone"),
    ("a draft on the home page is its writer's", "admin_views/drafts.py", "Draft.select().where(Draft.user == user.id, Draft.at", "Draft.select().where(Draft.at",
     DRAFTS + " -k writer_s_alone"),
    ("nobody types over another's draft", "admin_views/drafts.py", "mine = Draft.get_or_none(Draft.user == user.id, Draft.form == address)",
     "mine = Draft.get_or_none(Draft.form == address)", DRAFTS + " -k writer_s_alone"),
    ("who saves throws no other's draft away", "admin_views/drafts.py", "Draft.delete().where(Draft.user == user.id, Draft.form", "Draft.delete().where(Draft.form",
     DRAFTS + " -k writer_s_alone"),
    ("a draft on a form has its scope", "admin_views/drafts.py", "if found is None or not fits(user, found):", "if found is None:",
     DRAFTS + " -k lost_the_class"),
    ("a draft by its number has its scope", "admin_views/drafts.py", "if found is None or not fits(current_user, found):", "if found is None:",
     DRAFTS + " -k lost_the_class"),
    ("a draft on the home page has its scope", "admin_views/drafts.py", "mine = [d for d in found if fits(user, d)]", "mine = list(found)",
     DRAFTS + " -k lost_the_class"),
    ("a draft is for its child alone", "admin_views/drafts.py", "if about is not None and about != draft.pupil_id:", "if False:", APART + " -k twice_shows"),
    ("the bundle has the drafts of its child alone", "keeping.py", "Draft.select().where(Draft.pupil_id.is_null() | (Draft.pupil_id == pupil.id))",
     "Draft.select()", APART + " -k twice_shows"),
    ("the history is of one child", "witness.py", "return AuditEntry.pupil_id.is_null() if pupil is None else AuditEntry.pupil_id == pupil",
     "return AuditEntry.id > 0", APART + " -k history_is_of_one_child"),
    ("the history is of one record", "witness.py", "        if record not in gone:\n", "        if True:\n", APART + " -k since_it_was_made"),
    ("an error takes nothing of another child back", "effects.py", "if record is None or record.pupil_key() != placement.pupil_id:", "if record is None:",
     APART + " -k changes_nothing_of_another"),
    ("an error takes back what the move made", "effects.py", "elif trail.made_with(record) == trail.made_with(placement):", "else:", APART + " -k only_what_the_move_made"),
    ("no words go to another child by a second press", "admin_views/base.py", "if record and pupil and record.pupil_key() != pupil.id:", "if False:",
     APART + " -k second_press"),
    ("what is gone is not made again", "questions.py", "if was is None and self.id and not force_insert:", "if False:", APART + " -k late_save"),
    ("who is found as the only hit is written down", "admin_views/base.py", "            looks.put_down([(\"found\",", "            tuple([(\"found\",",
     "tests/test_enter.py -k as_the_only_hit"),
    ("what was seen in lists is asked by the person's number", "trail.py", "AuditEntry.user_id.is_null() if user is None else AuditEntry.user_id == user)",
     "AuditEntry.who == _actor().name)", "tests/test_looks.py -k one_name"),
    ("a draft on the home page is a look", "admin_views/drafts.py", "    note(mine, \"listed\")\n", "", "tests/test_looks.py -k home_page"),
    ("the page of a draft is a look", "admin_views/drafts.py", "        abort(404)\n    note([found])\n", "        abort(404)\n", "tests/test_looks.py -k page_of_what"),
    ("whom a preview names is a look", "admin_views/exchange.py", "for pupil in (item.pupil, item.named) if pupil]", "for pupil in (item.pupil,) if pupil]",
     "tests/test_looks.py -k preview"),
    ("a pupil is not taken for headings", "admin_views/sheet.py", "if len(strange) == len(heads) or any(is_data(head) for head in strange):",
     "if False:", "tests/test_import.py -k without_headings"),
    ("nor a row of answers beside known headings", "admin_views/sheet.py", " or any(is_data(head) for head in strange):", ":",
     "tests/test_import.py -k without_headings"),
    ("too many lines are refused", "admin_views/base.py", "if forms.lines_to_keep(field, request.form) > forms.MOST_LINES:", "if False:",
     "tests/test_crafted.py -k no_room"),
    ("a line is added where there is room", "admin_views/base.py", "if len(field_list.entries) >= forms.MOST_LINES:", "if False:",
     "tests/test_crafted.py -k two_hundred"),
    ("a number of no row leads nowhere", "app.py", "return key_of(value)", "return int(value)", "tests/test_crafted.py -k leads_to_no_page"),
    ("what a form has seen may be anything", "admin_views/saving.py", "except (ValueError, RecursionError):", "except ValueError:", "tests/test_crafted.py -k crafted_value"),
    ("one person's drafts are bounded", "admin_views/drafts.py", "        make_room(user, mine)\n", "", "tests/test_crafted.py -k oldest_go"),
    ("no number is given twice", "numbering.py", "rebuild(database, table, made.replace(PLAIN, COUNTED, 1))", "pass", APART + " -k not_given_again"),
    ("nor one that the trail knows", "app.py", "if number})\n", "if False})\n", APART + " -k old_database"),
    ("nor one of the time before a restore", "recovery.py", "    numbering.leave_out(db.obj, counted)\n", "", APART + " -k after_a_restore"),
    ("nothing is kept about a child out of reach", "admin_views/drafts.py", " or not in_reach(user, address, pupil_id):", ":",
     DRAFTS + " -k lost_the_class"),
    ("a draft needs the right to write", "admin_views/drafts.py", "return allowed and (", "return (", DRAFTS + " -k lost_the_class"),
    ("a draft keeps no password", "admin_views/drafts.py", "and n not in NEVER]", "]", DRAFTS + " -k no_password_and_no_code"),
    # when a record goes
    ("only SENCO and head open the pages of keeping", "admin_views/keeping.py", "return current_user.is_authenticated and may(current_user, \"r\", Erasure)",
     "return current_user.is_authenticated", KEEPING + " -k only_the_senco_and_the_head"),
    ("the bundle asks for the password again", "admin_views/keeping.py", "    @expose(\"/<int:number>/bundle/\", methods=(\"GET\", \"POST\"))\n    @fresh\n",
     "    @expose(\"/<int:number>/bundle/\", methods=(\"GET\", \"POST\"))\n", KEEPING + " -k password_is_asked_again"),
    ("erasing asks for the password again", "admin_views/keeping.py", "    @expose(\"/<int:number>/erase/\", methods=(\"GET\", \"POST\"))\n    @fresh\n",
     "    @expose(\"/<int:number>/erase/\", methods=(\"GET\", \"POST\"))\n", KEEPING + " -k password_is_asked_again"),
    ("what is marked stays out of the bundle", "keeping.py", "if key_of(r) not in made.cut.keys]", "]", KEEPING + " -k marked_paper_is_left_out"),
    ("somebody asked for the erasing", "keeping.py", "None if asked else \"Nobody has asked", "None if True else \"Nobody has asked", KEEPING + " -k two_people_erase"),
    ("who asked does not erase", "keeping.py", "if asked.asked_id == user.id else None", "if False else None", KEEPING + " -k two_people_erase"),
    ("only the SENCO asks for it", "keeping.py", "None if user.role == SENCO else \"Only the SENCO asks", "None if True else \"Only the SENCO asks", KEEPING + " -k two_people_erase"),
    ("only SENCO and head erase", "keeping.py", "None if user.role in (SENCO, HEAD) else", "None if True else", KEEPING + " -k nobody_else_erases"),
    ("the surname is typed", "keeping.py", "None if \" \".join(surname.split()).casefold() ==", "None if True or \"\" ==", KEEPING + " -k two_people_erase"),
    ("a record on hold stays", "keeping.py", "    if pupil.hold:\n", "    if False:\n", KEEPING + " -k hold_stops_erasing"),
    ("a child on the roll stays", "keeping.py", "return None if pupil.left_on else", "return None if True else", KEEPING + " -k on_the_roll_is_not_erased"),
    ("the trail forgets the words", "keeping.py", "        nobodys = blank_trail(pupil)\n", "        nobodys = []\n",
     KEEPING + " -k no_word_of_the_child"),
    ("the trail forgets the name in the rows of nobody", "keeping.py", "        if any(name.search(text) for name in names):",
     "        if False:", KEEPING + " -k no_word_of_the_child"),
    ("only a whole name is a child's", "keeping.py", "(?!\\w)(?![-'’](?!s(?!\\w))\\w)", "", ERASURE + " -k whole_name_only"),
    ("a row that was blanked is accounted for", "witness.py", "        if row.id in named or row.id < erased_by.get(row.pupil_id, 0):",
     "        if True:", ERASURE + " -k no_erasure_accounts_for"),
    ("who accepts a fault accepts no later one", "trail.py", "code_of(*parts)[:8]", "0", ERASURE + " -k only_as_it_stands"),
    ("records and drafts go", "keeping.py", "        take_away(pupil, asked)\n", "", KEEPING + " -k no_word_of_the_child"),
    ("the pages of the database are written over", "keeping.py", "db.execute_sql(\"VACUUM\" if on_sqlite() else \"VACUUM FULL\")", "pass", KEEPING + " -k written_over"),
    ("files go", "keeping.py", "    for name in files - {d.stored_as for d in Document.select()}:", "    for name in ():", KEEPING + " -k no_word_of_the_child"),
    ("files that were brought in go", "keeping.py", "        path.unlink(missing_ok=True)\n    return scrub()", "        pass\n    return scrub()", KEEPING + " -k no_word_of_the_child"),
    ("nothing new is kept about an erased child", "models.py", "if not self.id and Pupil.select()", "if False and Pupil.select()",
     KEEPING + " -k two_people_erase"),
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
    ("no save changes a sealed paper", "questions.py", "            if was.locked:\n", "            if False:\n", TWO + " -k no_part_of_the_program"),
    ("no save changes a line of it", "questions.py", "if owner is not None and owner.locked:", "if False:", TWO + " -k no_part_of_the_program"),
    ("who writes into a sealed paper is told", "admin_views/saving.py", "        if record.locked:\n", "        if False:\n", FORMS + " -k sealed_meanwhile"),
    # nothing is lost or unsaid
    ("who saves second is told", "questions.py", "type(self).id == self.id, type(self).version == seen)", "type(self).id == self.id)",
     "tests/test_questions.py -k second_of_two"),
    ("a form that is out of date is merged", "admin_views/saving.py", "if str(record.version) != str(form.version.data):", "if False:",
     FORMS + " -k saves_second or line_alone"),
    ("a clash is shown", "admin_views/saving.py", "    if found.clashes:\n", "    if False:\n", TWO + " -k clash_shows_both"),
    ("theirs does not push mine out", "admin_views/saving.py", "        if ours == was:\n", "        if True:\n", TWO + " -k clash_shows_both"),
    ("mine does not push theirs out", "admin_views/saving.py", "if ours == saved or saved == was:", "if True:", TWO + " -k clash_shows_both"),
    ("a line that I changed is not taken out", "admin_views/saving.py", "if changed and not line.gone.data:", "if False:", TWO + " -k took_out_and_i_changed"),
    ("a line that they changed is not taken out", "admin_views/saving.py", "if was is None or codes_of(row, asked) != was:", "if False:",
     TWO + " -k i_took_out_and_they_changed"),
    ("one press makes one thing", "admin_views/drafts.py", "    if led_to:\n        raise", "    if False:\n        raise", TWO + " -k presses_of_a_new_consent"),
    ("a press is written down", "admin_views/drafts.py", "            Press.create(token=token, led_to=led_to)", "            pass", TWO + " -k sent_twice_makes_one"),
    ("a look is written down", "app.py", "    app.after_request(looks.write)\n", "", TRAIL + " -k look_at_a_record"),
    ("a page is not shown when its look cannot be written", "admin_views/looks.py", "        if not trail.cannot_write(fault):\n", "        if False:\n",
     TRAIL + " -k cannot_be_written_down"),
    ("a refusal is written down", "app.py", "            looks.refused()\n", "            pass\n", TRAIL + " -k every_refusal"),
    ("nothing is saved by nobody", "trail.py", "    if _acting.get() is None:\n", "    if _acting.get() is None:\n        return Actor(\"Nobody\")\n",
     "tests/test_questions.py -k nobody_is_named"),
    ("a secret is not in the trail", "questions.py", "if f.name in (\"id\", \"version\", *self.untold):", "if f.name in (\"id\", \"version\"):",
     "tests/test_questions.py -k secret_never"),
    ("the trail keeps its rows", "trail.py", "for statement in SQLITE_GUARDS if", "for statement in () if", CHECKS + " -k trail_only_grows"),
    ("the trail is chained", "trail.py", "if row[\"link\"] != link_of(before, row):", "if False:", TRAIL + " -k tampering_with_the_trail"),
    ("the words of the trail are coded", "trail.py", "if not row[\"erased\"] and row[\"digest\"] != ", "if False and row[\"digest\"] != ", TRAIL + " -k tampering_with_the_trail"),
    ("the code of the trail has a key", "trail.py", "hmac.digest(_key, ", "hmac.digest(b\"-\", ", CHECKS + " -k another_key"),
    ("anchors are compared", "trail.py", "if (anchor.link, anchor.rows) != (link, rows):", "if False:", TRAIL + " -k chained_anew_with_the_key"),
    ("a cut of the end is seen", "trail.py", "(a for some in at_row.values() for a in some):", "():", TRAIL + " -k tampering_with_the_trail"),
    ("an old line is held against the trail", "anchors.py", "    if not last.link.startswith(line.code):", "    if False:",
     "tests/test_anchors.py -k line_in_the_book or old_line"),
    ("the second place is looked at", "upkeep.py", "*written_elsewhere(settings), ", "", "tests/test_anchors.py -k second_place_alone"),
    ("anchors go to the second place", "upkeep.py", "            write_elsewhere(settings)\n", "            pass\n",
     "tests/test_anchors.py -k second_place_alone"),
    # two people are two
    ("a new sign-in waits", "admin_views/account.py", "    if new is None:\n", "    if True:\n", ACCOUNTS + " -k cannot_erase_export"),
    ("a link that was used is known", "admin_views/account.py", "act=\"sign-in link used\"", "act=\"password changed\"",
     ACCOUNT + " -k joins_by_a_link"),
    ("two halves are two people", "keeping.py", "        if not_two:\n", "        if False:\n", ACCOUNTS + " -k not_the_other_half"),
    ("a third for both is no two", "accounts.py", "for key in of_first.keys() & of_second.keys():", "for key in ():",
     ACCOUNTS + " -k not_the_other_half"),
    ("only what was shown is put away", "accounts.py", "    if number in shown:", "    if True:", ACCOUNTS + " -k only_what_was_shown"),
    ("a change of an account is told", "templates/home.html", "{% if notices %}", "{% if false %}", ACCOUNTS + " -k told_to_every"),
    # what comes in and goes out
    ("a stranger may send little", "admin_views/limits.py", "or not is_known():", "or False:", LIMITS + " -k whoever_is_not"),
    ("who was signed in may still send a form", "admin_views/limits.py", "return bool(place and place.user.active)", "return False",
     LIMITS + " -k ran_out"),
    ("boxes are counted before they are made", "admin_views/limits.py", " or body.count(b\"&\") >= self.max_form_parts", "",
     LIMITS + " -k 8000-boxes"),
    ("nothing but forms is read", "admin_views/limits.py", "request.mimetype not in FORM_TYPES or ", "", LIMITS + " -k numbers-for-words"),
    ("every part has a name", "admin_views/limits.py", "        if name is None:\n", "        if False:\n", LIMITS + " -k without-a-name"),
    ("an address is not endless", "admin_views/limits.py", "        abort(414)\n", "        pass\n", LIMITS + " -k 60000-boxes"),
    ("runs of marks are cut", "unicode_text.py", "return MAY_HOLD_A_RUN.sub(lambda found: _cut(found[0]), text)", "return text",
     LIMITS + " -k run_is_cut"),
    ("one person has so many requests under way", "admin_views/limits.py", ">= current_app.config[\"AT_ONCE\"]:", ">= 10_000:",
     LIMITS + " -k under_way"),
    ("so many passwords are hashed at once", "admin_views/passwords.py", "threading.BoundedSemaphore(HASHES_AT_ONCE)",
     "threading.BoundedSemaphore(100)", LIMITS + " -k hashed_at_once"),
    ("a name is looked for by few words", "admin_views/forms.py", "if len(typed) > LONGEST_SOUGHT or len(words) > MOST_WORDS:", "if False:",
     LIMITS + " -k named_by or pupil-named"),
    ("a form carries its token", "app.py", "    CSRFProtect(app)", "    app.jinja_env.globals[\"csrf_token\"] = lambda: \"-\"", PAGES + " -k token_of_the_page"),
    ("another site changes nothing", "app.py", "    app.before_request(refuse_other_sites)\n", "", HEADERS + " -k another_site"),
    ("a made-up host is refused", "app.py", "TRUSTED_HOSTS=[*hosts, *config.LOOPBACK], ", "", "tests/test_server.py -k monitor_of_this"),
    ("this computer's own name is for monitors only", "app.py", "    app.before_request(refuse_other_names)\n", "", "tests/test_server.py -k monitor_of_this"),
    ("only a trusted proxy is believed", "server.py", "        if comes_from(environ[\"REMOTE_ADDR\"], proxies):\n", "        if True:\n", "tests/test_server.py -k believed"),
    ("one address has its share of connections", "server.py", "        if server.is_greedy(addr[0]):\n", "        if False:\n", "tests/test_server.py -k share"),
    ("a request that drips in is cut off", "server.py", "            if one.is_too_slow(now):\n", "            if False:\n", "tests/test_server.py -k drips"),
    ("every answer has its headers", "app.py", "    app.after_request(add_headers)\n", "", PAGES + " -k static_files_carry"),
    ("a page is never kept by the browser", "app.py", "response.headers[\"Cache-Control\"] = \"no-store\"", "pass", PAGES + " -k plain_page_with_the_headers"),
    ("an error keeps its message", "app.py", "app.log_exception = lambda _: None", "pass", PAGES + " -k goes_wrong"),
    ("no cell is a formula", "admin_views/sheet.py", "return f\"'{words}\" if RISKY.match(words) else words", "return words", FORMS + " -k spreadsheet_is_run"),
    ("a file has one of the kinds", "admin_views/exchange.py", "return f\"This kind of file cannot be kept. Choose a {KEPT_WORDS}.\"", "return None", DOCUMENTS + " -k may_not_be_kept"),
    ("a file is what its name says", "admin_views/exchange.py", "if data[where:where + len(sign)] != sign or", "if False and", DOCUMENTS + " -k may_not_be_kept"),
    ("a package does not unpack to far too much", "admin_views/exchange.py", "unpacked > MOST_UNPACKED or ", "", DOCUMENTS + " -k unpacks_to_far_too_much"),
    ("nor to far more than it seems", "admin_views/exchange.py", " or unpacked > max(FREE_OF_RATIO, MOST_RATIO * len(data))", "", UPLOADS + " -k hostile_file_is_refused and bomb"),
    ("a file is not two kinds at once", "admin_views/exchange.py", " or is_two_kinds(data):", ":", UPLOADS + " -k hostile_file_is_refused and PDF"),
    ("a virus test is refused", "admin_views/exchange.py", "    if VIRUS_TEST in data:\n", "    if False:\n", UPLOADS + " -k hostile_file_is_refused and virus"),
    ("a package has no way out of its folder", "admin_views/exchange.py", "if odd_place or ", "if ", UPLOADS + " -k hostile_file_is_refused and way"),
    ("a package declares no entity", "admin_views/exchange.py", "return NOT_THAT if declares else None", "return None", UPLOADS + " -k hostile_file_is_refused and entity"),
    ("a child has room for so many files", "admin_views/exchange.py", "if files >= MOST_FILES_OF_CHILD or", "if", UPLOADS + " -k room_for_so_many"),
    ("macros are refused", "admin_views/exchange.py", "if MACRO.search(name):", "if False:",
     DOCUMENTS + " -k may_not_be_kept"),
    ("a file that was changed is not given out", "admin_views/exchange.py", "hexdigest() != record.sha256", "hexdigest() == \"\"", DOCUMENTS + " -k behind_our_back"),
    ("a file is never shown inside the portal", "admin_views/exchange.py", "\"sandbox; default-src 'none'\"", "\"default-src 'self'\"", DOCUMENTS + " -k given_back"),
    ("a file is sent as an attachment", "admin_views/exchange.py", "as_attachment=True", "as_attachment=False", DOCUMENTS + " -k given_back"),
    ("a paper reads nothing", "papers/worker.py", "ResourceAccessPolicy.server(None, allow_remote=False, max_render_seconds=clock)",
     "ResourceAccessPolicy.server(\"/\", allow_remote=True, max_render_seconds=clock)", PAPER + " -k read_or_fetched"),
    ("an answer is never markup on paper", "admin_views/paper.py", "    return fonts.printable(text)", "    return Markup(text)", PAPER + " -k never_markup"),
    ("an answer is never markup on a page", "templates/macros.html", "<span class=\"said\">{{ words }}</span>", "<span class=\"said\">{{ words|safe }}</span>",
     "tests/test_surfaces.py -k hostile_words"),
    ("controls leave what is typed", "admin_views/forms.py", "kept = UNSEEN.sub(\"\", typed or \"\")", "kept = typed or \"\"", FORMS + " -k cannot_be_seen"),
    # the set-up
    ("an unsafe set-up does not start", "commands.py", "    if bad:\n        print(\"The portal does not start", "    if False:\n        print(\"The portal does not start",
     CHECKS + " -k not_reached_past_a_refusal"),
    ("the keys are looked at first", "commands.py", "    refuse_unsafe(checks.Facts(config.data_dir(), database), groups=(checks.KEYS,))", "    pass",
     CHECKS + " -k not_reached_past_a_refusal"),
    ("all is looked at before serving", "commands.py", "            refuse_unsafe(status.facts_of(portal))", "            pass", CHECKS + " -k not_reached_past_a_refusal"),
    ("what cannot be told is not well", "checks.py", "    except Unknown as unknown:\n", "    except Unknown as unknown:\n        return Result(True, NOTE, \"\")\n",
     CHECKS + " -k cannot_be_told"),
    ("passwords do not cross the network in the clear", "config.py", "    if away and not https and not insecure:\n", "    if False:\n", HEADERS + " -k unsafe_start"),
    ("the names of the portal are known", "config.py", "    if (away or https) and not hosts:\n", "    if False:\n", HEADERS + " -k unsafe_start"),
    # backups and upgrades
    ("a copy that reads back differently is no backup", "upkeep.py", "if sha_of(part) != note[\"sha256\"]:", "if False:", UPKEEP + " -k reads_back_differently"),
    ("a damaged database makes no backup", "upkeep.py", "if found := copying.unsound(copy):", "if found := []:", UPKEEP + " -k damaged_database_makes_no_backup"),
    ("a set that is cut off is told", "recovery.py", "if size < note.get(\"size\", 0):", "if False:", UPKEEP + " -k spoiled_backup"),
    ("another user than the owner does nothing", "school_folder.py", "    if folder.stat().st_uid == os.geteuid():\n        return\n", "    return\n",
     "tests/test_school_folder.py -k another_user"),
    ("nothing is made where no school is", "school_folder.py", "    if not has_tables(database):\n        raise", "    if False:\n        raise",
     "tests/test_school_folder.py -k makes_nothing"),
    ("a wrong clock prunes no day", "upkeep.py", "        if moment < limit:\n", "        if True:\n", "tests/test_wrong_clock.py -k one_reading"),
    ("a lock that took too long is told", "app.py", "            code = 503\n", "            pass\n", "tests/test_busy.py -k waits"),
    ("nobody brings in a child twice", "admin_views/sheet.py", "                    refuse_twin(item)\n", "", "tests/test_busy.py -k meanwhile"),
    ("a set that was changed is told", "recovery.py", "if note and not anyway and upkeep.sha_of(path) != note.get(\"sha256\"):", "if False:",
     UPKEEP + " -k spoiled_backup"),
    ("what is in a set is as its list says", "recovery.py", "    found = differences(into, manifest)\n", "    found = []\n", UPKEEP + " -k list_is_wrong"),
    ("a backup unpacks nothing that no backup has", "recovery.py", "not is_of_a_set(entry) or ", "",
     UPKEEP + " -k hostile_archive"),
    ("and nothing twice", "recovery.py", " or target.exists():", ":", UPKEEP + " -k hostile_archive"),
    ("nor a link or a device", "recovery.py", "    if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or entry.issparse():\n",
     "    if False:\n", UPKEEP + " -k hostile_archive"),
    ("nor more than there is room for", "recovery.py", "if entry.size > shutil.disk_usage(into).free:", "if False:",
     UPKEEP + " -k no_room"),
    ("another key is told", "recovery.py", "if \"No matching keys\" in str(error):", "if False:", UPKEEP + " -k another_key"),
    ("a set that does not open is told", "recovery.py", "except (pyrage.DecryptError, ", "except (", UPKEEP + " -k another_key"),
    ("a new folder needs the key", "recovery.py", "if not key and not (folder / \"backup.key\").exists():", "if False:", UPKEEP + " -k another_key"),
    ("a set that the program finds wrong is not restored", "recovery.py", "        if said[\"problems\"]:\n", "        if False:\n", UPKEEP + " -k finds_wrong_is_not_restored"),
    ("a set of a newer program is refused", "recovery.py", "        refuse_newer(manifest)\n", "", UPKEEP + " -k newer_program"),
    ("nothing is restored over a running portal", "recovery.py", "with upkeep.alone(), upkeep.work_folder(\"restore\") as work:", "with upkeep.work_folder(\"restore\") as work:",
     UPKEEP + " -k over_a_running_portal"),
    ("nobody stays signed in after a restore", "recovery.py", "    models.SignedIn.delete().execute()\n", "", UPKEEP + " -k moves_the_old_aside"),
    ("a migration has a backup before it", "upgrade.py", "    if keep:\n        upkeep.backup()\n", "", UPKEEP + " -k migration_makes_a_backup"),
    ("a failed migration puts the database back", "upgrade.py", "            copying.put_back(database, work / \"portal.db\", MIGRATIONS)", "            pass",
     UPKEEP + " -k failed_migration"),
    ("a failed upgrade puts the program back", "upgrade.py", "        now.git(\"reset\", \"--quiet\", \"--hard\", now.was) ", "        pass ", UPGRADE + " -k migration_that_raises"),
    ("a failed upgrade puts the packages back", "upgrade.py", "        if kept_packages(now.venv).exists():\n", "        if False:\n", UPGRADE + " -k does_not_start"),
    ("a failed upgrade puts the database back", "upgrade.py", "        copying.put_back(db.obj, copy_of_database(), MIGRATIONS)", "        pass", UPGRADE + " -k does_not_start"),
    ("a killed upgrade is put back", "upgrade.py", "        put_back_killed(say)\n", "", UPGRADE + " -k killed_upgrade"),
]


def run(folder, *selections, workers="0"):
    """How pytest ends on the tests of these selections in a folder: 0 all passed, 1 some failed, else something is amiss."""
    files = dict.fromkeys(s.partition(" -k ")[0] for s in selections)
    chosen = [s.partition(" -k ")[2] for s in selections]
    words = ["-k", " or ".join(f"({c})" for c in chosen)] if all(chosen) else []
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run([sys.executable, "-m", "pytest", "-x", "-n", workers, "-q", "-p", "no:cacheprovider", *files, *words], cwd=folder, env=env,
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
