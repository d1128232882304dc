"""The settings that come from outside the program: environment, folders, keys, version. Only this file reads the environment.

What the environment does not say is taken from the file `portal.env` in the program's folder; `portal.env.example`
has each setting with a line about it.
"""
import functools
import os
import pathlib
import secrets

import click
import dotenv

HERE = pathlib.Path(__file__).resolve().parent
LOOPBACK = ("localhost", "127.0.0.1")    # werkzeug 3.1 never trusts [::1]: it cuts the name at the first colon
WHERE = ("DATA_DIR", "DATABASE_URL")     # where the records are: both from one place
SETTINGS = (*WHERE, "HOST", "PORT", "BEHIND_HTTPS", "HOSTS", "INSECURE_HTTP")


# -------------------------------------------------------------------------------------------------- the settings file
def settings_file():
    """The file with the settings, there or not; None when PORTAL_ENV is empty: then there is none."""
    named = os.environ.get("PORTAL_ENV", str(HERE / "portal.env"))
    return pathlib.Path(named).resolve() if named else None


def use_settings_file():
    """Take from the settings file what the environment does not say. Raises click.ClickException with the cure.

    When the environment names the data folder or the database, the file names neither: the folder of one school
    never meets the database of another.
    """
    path = settings_file()
    if path is None:
        return
    if not path.exists():
        if "PORTAL_ENV" in os.environ:
            raise click.ClickException(f"PORTAL_ENV names {path}, and there is no such file.")
        return
    said = read_settings(path)
    named = [name for name in WHERE if name in os.environ]
    for name, value in said.items():
        if value and not (name in WHERE and named):
            os.environ.setdefault(name, value)


def read_settings(path):
    """The settings in a file: {name: value}, folders as whole paths. Raises click.ClickException with the cure."""
    try:
        said = dotenv.dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not plain text in UTF-8"
        raise click.ClickException(f"{path} cannot be read ({why}). It belongs to the portal's own user, who alone "
                                   "should be able to read it: chmod 600, chown.") from None
    unknown = [name for name in said if name not in SETTINGS]
    if unknown:
        raise click.ClickException(f"{path} has a setting that the portal does not know: {', '.join(unknown)}. "
                                   f"It knows {', '.join(SETTINGS)}.")
    if said.get("DATA_DIR"):
        said["DATA_DIR"] = str(path.parent / said["DATA_DIR"])
    return said


# --------------------------------------------------------------------------------------------- folders and the database
def data_dir():
    """The folder of everything that must be kept: database, key, files. It may not be there yet."""
    return pathlib.Path(os.environ.get("DATA_DIR") or HERE / "data").absolute()


def make_folder(folder):
    """Make a data folder, which only the portal's own user may open."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "files").mkdir(mode=0o700, exist_ok=True)     # from the first day: the line of the backup works


def database_url():
    """The address of the database when DATABASE_URL names one; None for the SQLite file in the data folder."""
    return os.environ.get("DATABASE_URL") or None


def on_server():
    """Whether DATABASE_URL names a database server (PostgreSQL)."""
    return not (database_url() or "sqlite").startswith("sqlite")


def use_demo_folder():
    """Keep the fictional school apart from the real one."""
    os.environ["DATA_DIR"] = os.environ.get("DATA_DIR") or str(HERE / "data-demo")


def use_folder(folder):
    """Work on the SQLite database of another data folder: an opened backup."""
    os.environ["DATA_DIR"] = str(folder)
    os.environ.pop("DATABASE_URL", None)


# ------------------------------------------------------------------------------------------------------ keys and version
def key_file(folder, name):
    """A key of the portal: `secret.key` signs cookies, `audit.key` the audit trail.

    Made at the first start, readable by the owner only.
    """
    path = folder / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()


@functools.cache
def version():
    """The version of the program: the first heading of CHANGELOG.md that has a number."""
    for line in (HERE / "CHANGELOG.md").read_text("utf-8").splitlines():
        if line.startswith("## ") and line.split()[1][0].isdigit():
            return line.split()[1]
    return "0"


# ------------------------------------------------------------------------------------------- how staff reach the portal
def is_on(name):
    """Whether a variable of the environment says yes."""
    return os.environ.get(name, "").lower() in ("1", "true", "yes")


def address():
    """Where the portal listens: host and port."""
    return os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))


def host_names():
    """The names of HOSTS, by which staff reach the portal."""
    names = os.environ.get("HOSTS", "").split(",")
    return [name.strip() for name in names if name.strip()]


def way_in():
    """How staff reach the portal: (whether by HTTPS, the trusted host names, whether in the clear over the network).

    Raises click.ClickException, with the cure, when that would not be safe.
    """
    host, _ = address()
    hosts = host_names()
    https = is_on("BEHIND_HTTPS")
    insecure = is_on("INSECURE_HTTP")
    away = host not in ("localhost", "::1") and not host.startswith("127.")
    if away and not https and not insecure:
        raise click.ClickException(f"HOST={host} would send passwords over the network in the clear. Put a web server with HTTPS in front "
                                   "and set BEHIND_HTTPS=1, or set INSECURE_HTTP=1 to do without.")
    if (away or https) and not hosts:
        raise click.ClickException("Set HOSTS to the name by which staff reach the portal, such as HOSTS=portal.school.example "
                                   "(several: with commas).")
    return https, hosts or list(LOOPBACK), insecure and not https


def base_url():
    """The address that staff type to reach the portal."""
    https, hosts, _ = way_in()
    host, port = address()
    named = hosts[0] if host_names() else host
    return f"https://{named}" if https else f"http://{named}:{port}"
