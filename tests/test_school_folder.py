"""Settings from outside and the data folder: what a command takes from portal.env, and where it
does nothing at all.
"""

import os
import shutil
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner
from conftest import HANGS, ROOT, pointed_back
from test_upkeep import build, point_at

import commands
import config
import models as m
import people
from audit import log as audit_log
from ops import backup, school_folder, upgrade
from ops import database as ops_database

# Every command that works on a school; each with what it must be given.
ON_A_SCHOOL = (
    ("backup",),
    ("recovery-key",),
    ("verify",),
    ("check",),
    ("drill",),
    ("upgrade",),
    ("migrate",),
    ("retention",),
    ("who-saw", "1"),
    ("subject-access", "1"),
    ("move-to", "postgresql://me@127.0.0.1:9/portal"),
    ("starts",),
)
# make one, bring one back, or need none
NO_SCHOOL = {"run", "demo", "restore", "version", "readme", "migration", "verify-opened"}


@pytest.fixture
def outside(monkeypatch, tmp_path):
    """The environment with none of our settings in it; what the program was pointed at comes back
    afterwards.
    """
    for name in (*config.SETTINGS, "PORTAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORTAL_ENV", "")
    with pointed_back():
        yield monkeypatch
    for name in config.SETTINGS:
        os.environ.pop(name, None)  # the program put them there itself


def settings(monkeypatch, tmp_path, text):
    """A settings file that the program reads."""
    path = tmp_path / "portal.env"
    path.write_text(text, "utf-8")
    monkeypatch.setenv("PORTAL_ENV", str(path))
    return path


def command(*words):
    """A command in this process: (exit code, what it prints)."""
    done = CliRunner().invoke(commands.cli, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def typed(folder, *words, **how):
    """A command as somebody types it, in a process of its own."""
    env = {n: v for n, v in os.environ.items() if n not in config.SETTINGS}
    return subprocess.run(
        [sys.executable, "commands.py", *words],
        cwd=ROOT,
        env={**env, "DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
        **how,
    )


# --- the settings file
def test_what_the_environment_says_goes_before_the_file(outside, tmp_path):
    settings(
        outside,
        tmp_path,
        'PORT=8123\nHOSTS="a.example, b.example"\n# a'
        " remark\nDATA_DIR=school\nDATABASE_URL=postgresql://a$b@c/d\n",
    )
    outside.setenv("PORT", "9000")
    config.use_settings_file()
    assert config.address() == ("127.0.0.1", 9000) and config.host_names() == [
        "a.example",
        "b.example",
    ]
    assert config.data_dir() == tmp_path / "school", (
        "a folder is told from where the file is, not from where somebody stands"
    )
    assert config.database_url() == "postgresql://a$b@c/d"


@pytest.mark.parametrize(
    "name, value",
    [("DATA_DIR", "/elsewhere"), ("DATABASE_URL", ""), ("DATABASE_URL", "postgresql://x/y")],
)
def test_the_folder_of_one_school_never_meets_the_database_of_another(
    outside, tmp_path, name, value
):
    settings(
        outside,
        tmp_path,
        "DATA_DIR=/srv/school\nDATABASE_URL=postgresql://real/school\nPORT=8123\n",
    )
    outside.setenv(name, value)
    config.use_settings_file()
    assert (
        "/srv/school" not in str(config.data_dir())
        and config.database_url() != "postgresql://real/school"
    )
    assert config.address()[1] == 8123


def test_the_demonstration_reads_nothing_from_the_file(outside, tmp_path):
    settings(
        outside,
        tmp_path,
        f"DATA_DIR={tmp_path / 'real'}\nDATABASE_URL=postgresql://real/school\nPORT=8123\n",
    )
    outside.setattr(config, "HERE", tmp_path)
    served = []
    outside.setattr(commands.server, "bind", lambda host, port: [port])
    outside.setattr(
        commands,
        "start_portal",
        lambda database, sockets, prepare: served.append((database.database, sockets)),
    )
    assert command("demo")[0] == 0
    assert served == [(str(tmp_path / "data-demo" / "portal.db"), [8000])]


@pytest.mark.parametrize(
    "text, words",
    [
        ("DATABSE_URL=x\n", "does not know: DATABSE_URL. It knows DATA_DIR"),
        (b"HOSTS=\xff\xfe\n", "not plain text"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_a_sentence(outside, tmp_path, text, words):
    path = settings(outside, tmp_path, "")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(click.ClickException, match=words):
        config.use_settings_file()


def test_a_named_file_that_is_not_there_is_said(outside, tmp_path):
    for path in (tmp_path / "gone.env", tmp_path):
        outside.setenv("PORTAL_ENV", str(path))
        with pytest.raises(click.ClickException, match="no such file"):
            config.use_settings_file()


def test_the_sample_names_every_setting_and_no_other(outside, tmp_path):
    sample = (ROOT / "portal.env.example").read_text("utf-8")
    settings(outside, tmp_path, sample)
    assert config.read_settings(tmp_path / "portal.env") == {}, "as it comes it sets nothing"
    bare = "".join(
        line.removeprefix("#") + "\n"
        for line in sample.splitlines()
        if line.startswith("#") and line[1] != " "
    )
    (tmp_path / "portal.env").write_text(bare)
    assert set(config.read_settings(tmp_path / "portal.env")) == set(config.SETTINGS)
    source = (ROOT / "config.py").read_text("utf-8")
    assert all(f'"{name}"' in source for name in config.SETTINGS)


def test_the_file_of_a_school_is_never_published():
    assert "portal.env" in (ROOT / ".gitignore").read_text().split()


# --- where no school is
def test_every_command_is_named_here():
    assert {words[0] for words in ON_A_SCHOOL} | NO_SCHOOL == set(commands.cli.commands)


@pytest.mark.parametrize("words", ON_A_SCHOOL, ids=lambda words: words[0])
@pytest.mark.parametrize("there", (True, False), ids=("empty folder", "no folder"))
def test_a_command_makes_nothing_where_no_school_is(outside, tmp_path, words, there):
    folder = tmp_path / "data"
    if there:
        folder.mkdir(mode=0o700)
    outside.setenv("DATA_DIR", str(folder))
    code, said = command(*words)
    assert (
        code == 2
        and said.startswith(f"Error: There is no school in {folder}")
        and "./portal run" in said
    )
    assert folder.exists() == there and not list(folder.glob("*"))


def test_a_restore_that_finds_nothing_makes_nothing(outside, tmp_path):
    outside.setenv("DATA_DIR", str(tmp_path / "data"))
    assert command("restore") == (
        1,
        (
            f"Error: There is no complete backup in {tmp_path}/data/backups. Name the file, or make"
            " one.\n"
        ),
    )
    assert not (tmp_path / "data").exists()


def test_the_recovery_key_of_a_shell_without_settings_is_no_new_one(tmp_path):
    """As it happened: the unit knew DATA_DIR, the shell did not, and a sheet with a useless key
    went into the safe.
    """
    done = typed(tmp_path / "data", "recovery-key")
    assert (
        done.returncode == 2
        and "AGE-SECRET-KEY" not in done.stdout
        and "There is no school" in done.stderr
    )
    assert not (tmp_path / "data").exists()


def test_a_migration_can_be_written_where_no_school_is(outside, tmp_path):
    outside.setenv("DATA_DIR", str(tmp_path / "data"))
    assert (
        command("migration") == (0, "models.py has nothing new.\n")
        and not (tmp_path / "data").exists()
    )


# --- another's folder
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize(
    "words", [("backup",), ("run",), ("demo",), ("restore",)], ids=lambda words: words[0]
)
def test_root_leaves_nothing_in_the_folder_of_the_portals_own_user(tmp_path, words):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    build(folder / "portal.db")
    for path in (folder, folder / "portal.db"):
        os.chown(path, 12345, 12345)
    done = typed(folder, *words)
    assert done.returncode == 2 and f"sudo -u #12345 ./portal {words[0]}" in done.stderr, done
    assert [p.name for p in folder.iterdir()] == ["portal.db"]


@pytest.mark.parametrize(
    "words", (*ON_A_SCHOOL, ("run",), ("restore",)), ids=lambda words: words[0]
)
def test_every_command_refuses_another_user_with_the_line_to_type(outside, tmp_path, words):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    outside.setenv("DATA_DIR", str(folder))
    mine = os.geteuid()
    outside.setattr(school_folder.os, "geteuid", lambda: mine + 1)
    code, said = command(*words)
    assert (
        code == 2
        and f"sudo -u {school_folder.owner_of(folder)} ./portal {words[0]}" in said
        and not list(folder.iterdir())
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_a_lock_that_another_user_made_is_said_without_root(tmp_path, monkeypatch):
    check_shut_lock(tmp_path, monkeypatch)


def test_a_lock_that_another_user_made_is_said(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    check_shut_lock(tmp_path, monkeypatch)


def check_shut_lock(tmp_path, monkeypatch):
    """A lock that cannot be opened is refused in a sentence."""
    (tmp_path / "backup.lock").touch(mode=0o000)
    monkeypatch.setattr(backup, "_folder", tmp_path)
    with pytest.raises(backup.CannotDo, match="chown --reference"):
        backup.lock("backup.lock")


# --- a school without database
@pytest.fixture
def school(outside, tmp_path):
    """A data folder of the first release, brought up to date, with a backup."""
    for folder in point_at(tmp_path / "data", outside, build):
        ops_database.migrate(audit_log.db.obj)
        backup.backup()
        yield folder


@pytest.mark.parametrize("gone", (True, False), ids=("gone", "empty"))
def test_a_school_whose_database_is_gone_is_not_begun_anew(school, gone):
    for path in school.glob("portal.db*"):
        path.unlink()
    if not gone:
        (school / "portal.db").touch()
    done = typed(school, "run")
    assert (
        done.returncode == 2
        and "its database portal.db is gone" in done.stderr
        and "./portal restore" in done.stderr
    )
    assert (
        "backups" in done.stderr
        and sum(path.stat().st_size for path in school.glob("portal.db")) == 0
    )
    assert "portal.db is gone" in command("backup")[1]
    done = typed(school, "restore")
    assert done.returncode == 0 and (school / "portal.db").stat().st_size, done


def test_a_database_without_its_key_gets_no_new_one(school):
    with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
        m.Pupil.create(surname="Ash", forename="Wren", year="3")
    (school / "audit.key").unlink()
    code, said = command("verify")
    assert code == 2 and "no audit.key" in said and not (school / "audit.key").exists()


def test_a_killed_first_start_is_simply_done_again(outside, tmp_path):
    """What the first moments of a start leave is no school that lost its database."""
    outside.setenv("DATA_DIR", str(tmp_path))
    ops_database.configure()
    school_folder.refuse_lost(tmp_path, ops_database.open_database())


def test_the_old_file_is_not_used_after_the_records_moved(school):
    school_folder.note_move(school, "db.example/portal")
    for words in ("run",), ("backup",):
        done = typed(school, *words)
        assert (
            done.returncode == 2
            and "were moved to PostgreSQL (db.example/portal)" in done.stderr
            and "portal.env" in done.stderr
        )
    assert len(backup.archives(school / "backups")) == 1
    path = backup.archives(school / "backups")[0][1]
    assert (
        typed(school, "restore", str(path)).returncode == 0
        and not (school / school_folder.MOVED).exists()
    )
    assert upgrade.school_folder is school_folder


def test_the_fictional_school_is_not_built_over_a_real_one(school):
    with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
        people.User.create(name="Sam", username="sam", role="senco")
    code, said = command("demo")
    assert (
        code == 2 and "There is a real school in" in said and not (school / "sign-ins.txt").exists()
    )


# --- what cannot be written
@pytest.mark.parametrize("words", (*ON_A_SCHOOL, ("restore",)), ids=lambda words: words[0])
def test_a_folder_that_can_only_be_read_is_said_in_a_sentence(school, words):
    """The folder is on a file system that is mounted for reading."""
    if (
        os.geteuid()
        or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting is not allowed here")
    line = f'mount --bind "{school}" "{school}" && mount -o remount,bind,ro "{school}" && exec "$@"'
    env = {n: v for n, v in os.environ.items() if n not in config.SETTINGS}
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", line, "sh", sys.executable, "commands.py", *words],
        cwd=ROOT,
        text=True,
        env={**env, "DATA_DIR": str(school)},
        capture_output=True,
        check=False,
    )
    if words[0] in ("check", "verify"):
        assert "Traceback" not in done.stderr
        return
    assert (
        done.returncode in (1, 2)
        and "Traceback" not in done.stderr
        and done.stderr.startswith("Error: ")
    ), done


def test_a_disk_that_is_full_is_said_in_a_sentence(school, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "portal.lock")

    monkeypatch.setattr(backup, "key_paper", full)
    assert command("recovery-key") == (
        1,
        (
            "Error: Nothing could be written (portal.lock): the disk is full or read-only. Make"
            " room, or let the portal's own user write there; then try again.\n"
        ),
    )


def test_a_database_that_does_not_answer_is_said_in_a_sentence(school, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@127.0.0.1:9/portal")
    code, said = command("verify")
    assert (
        code == 1
        and said.startswith("Error: The database does not answer")
        and "secret" not in said
    )
    shutil.copy(ROOT / "README.md", school / "portal.db")
    monkeypatch.delenv("DATABASE_URL")
    code, said = command("verify")
    assert code == 1 and "./portal restore brings it back" in said


def test_records_are_moved_to_postgresql_alone(school):
    for url in ("nonsense", "mysql://a/b", "sqlite:///x.db", "postgresql://a:b@127.0.0.1:no/x"):
        code, said = command("move-to", url)
        assert code == 1 and "Name a PostgreSQL database" in said, said
    assert not (school / "moved-to-postgresql.txt").exists()


# --- the folder that a backup goes into
def test_a_backup_is_put_only_where_its_owner_alone_may_read(school, tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)
    code, said = command(
        "restore", "--to", str(tmp_path / "open"), "--key", str(school / "backup.key")
    )
    assert (
        code == 0
        and "Restored portal-" in said
        and (tmp_path / "open").stat().st_mode & 0o777 == 0o700
    )


def test_a_restore_moves_nothing_aside_that_is_not_the_portals(school, tmp_path):
    (tmp_path / "home").mkdir(mode=0o755)
    (tmp_path / "home" / "letters.odt").write_text("mine")
    code, said = command(
        "restore", "--to", str(tmp_path / "home"), "--key", str(school / "backup.key")
    )
    assert code == 1 and "holds what is not the portal's" in said
    assert [p.name for p in (tmp_path / "home").iterdir()] == ["letters.odt"] and (
        tmp_path / "home"
    ).stat().st_mode & 0o777 == 0o755


def test_a_restore_that_is_refused_leaves_no_new_folder(school, tmp_path):
    path = backup.archives(school / "backups")[0][1]
    path.write_bytes(path.read_bytes()[:-20])
    assert (
        command(
            "restore", str(path), "--to", str(tmp_path / "new"), "--key", str(school / "backup.key")
        )[0]
        == 1
        and not (tmp_path / "new").exists()
    )
