"""What comes from outside the program: environment, folders, keys, version. Only this file reads
the environment; what that does not say is taken from `portal.env` in the program's folder, of which
`portal.env.example` explains each line.
"""

import functools
import ipaddress
import os
import pathlib
import re
import secrets

import dotenv
from click import ClickException

HERE = pathlib.Path(__file__).resolve().parent
MIGRATIONS = HERE / "migrations"
THIS_COMPUTER = "127.0.0.0/8, ::1"
# werkzeug 3.1 never trusts [::1]: it cuts the name at the first colon
LOOPBACK = ("localhost", "127.0.0.1")
WHERE = ("DATA_DIR", "DATABASE_URL")  # where the records are: both from one place
OFF = ("", "0", "no", "off", "false")
ON = ("1", "yes", "on", "true")
SETTINGS = (*WHERE, "HOST", "PORT", "BEHIND_HTTPS", "HOSTS", "TRUSTED_PROXY", "INSECURE_HTTP")


class CannotStart(ClickException):
    """The portal cannot start as it is set up; the text names the cure."""

    exit_code = 2


# --- the settings file
def settings_file():
    """The file with the settings, there or not; None when PORTAL_ENV is empty."""
    named = os.environ.get("PORTAL_ENV", str(HERE / "portal.env"))
    if named:
        return pathlib.Path(named).resolve()


def use_settings_file():
    """Take from the settings file what the environment does not say. Raises ClickException."""
    path = settings_file()
    if path is None:
        return
    if not path.is_file():
        if "PORTAL_ENV" in os.environ:
            raise ClickException(f"PORTAL_ENV names {path}, and there is no such file.")
        return
    given = read_settings(path)
    # the folder of one school must not meet the database of another
    if any(name in os.environ for name in WHERE):
        for name in WHERE:
            given.pop(name, None)
    for name, value in given.items():
        if value:
            os.environ.setdefault(name, value)


def read_settings(path):
    """The settings in a file, the folder as a whole path. Raises ClickException."""
    try:
        given = dotenv.dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not plain text in UTF-8"
        raise ClickException(
            f"{path} cannot be read ({why}). Only the portal's own user should: chmod 600, chown."
        ) from None
    unknown = [name for name in given if name not in SETTINGS]
    if unknown:
        raise ClickException(
            f"{path} has a setting that the portal does not know: {', '.join(unknown)}. It knows"
            f" {', '.join(SETTINGS)}."
        )
    if given.get("DATA_DIR"):
        given["DATA_DIR"] = str(path.parent / given["DATA_DIR"])
    return given


# --- folders and the database
def data_dir():
    """The folder of database, keys and files. It may not be there."""
    return pathlib.Path(os.environ.get("DATA_DIR") or HERE / "data").absolute()


def make_folder(folder):
    """Make a data folder, which only the portal's own user may open. Raises CannotStart."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "files").mkdir(mode=0o700, exist_ok=True)
    except OSError as fault:
        raise unusable(folder, fault) from None


def unusable(folder, fault):
    return CannotStart(
        f"The data folder {folder} cannot be used ({fault.strerror}). Let DATA_DIR name one on a"
        " disk that is not read-only, and start the portal as its owner: sudo -u portal ./portal"
        " run"
    )


def database_url():
    """What DATABASE_URL says, or None. Raises CannotStart; its words hold no password."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return None
    if not url.startswith(("postgresql://", "postgres://", "sqlite:///")):
        raise CannotStart(
            "DATABASE_URL names no database that the portal knows. Write"
            " postgresql://user:password@host/name, or take it away: then the records are in the"
            " data folder."
        )
    return url


def use_demo_folder():
    os.environ["DATA_DIR"] = os.environ.get("DATA_DIR") or str(HERE / "data-demo")


def use_folder(folder):
    """Work on the SQLite database of another data folder: an opened backup."""
    os.environ["DATA_DIR"] = str(folder)
    os.environ.pop("DATABASE_URL", None)


# --- keys and version
def key_file(folder, name):
    """A key (`secret.key`: cookies, `audit.key`: the audit log), made when first asked for."""
    path = folder / name
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        return path.read_text().strip()
    except OSError as fault:
        raise unusable(folder, fault) from None


@functools.cache
def version():
    """The first heading of CHANGELOG.md that has a number."""
    for line in (HERE / "CHANGELOG.md").read_text("utf-8").splitlines():
        if line.startswith("## ") and line.split()[1][0].isdigit():
            return line.split()[1]
    return "0"


# --- how staff reach the portal
def is_on(name):
    """Whether a setting is switched on, or CannotStart."""
    said = os.environ.get(name, "").strip().lower()
    if said not in ON + OFF:
        raise CannotStart(f"{name}={said} is neither on nor off: write {name}=1 or {name}=0.")
    return said in ON


def address():
    """Where the portal listens: (host, port), or CannotStart."""
    host = os.environ.get("HOST") or "127.0.0.1"
    port = os.environ.get("PORT") or "8000"
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise CannotStart(f"PORT={port} is not a port: 1 to 65535, such as PORT=8000.")
    return host, int(port)


def trusted_proxies():
    """The networks of the web servers in front, whose word counts for who asks, or CannotStart."""
    if not is_on("BEHIND_HTTPS"):
        return []
    named = os.environ.get("TRUSTED_PROXY") or THIS_COMPUTER
    try:
        return [ipaddress.ip_network(one.strip()) for one in named.split(",")]
    except ValueError:
        raise CannotStart(
            f"TRUSTED_PROXY={named} is not an address. Write that of the web server in front, such"
            " as 10.0.0.5 (several: with commas), or nothing when it is this computer."
        ) from None


def is_this_computer(host):
    """Whether what listens at this address can be reached from this computer only."""
    return host in ("localhost", "::1") or host.startswith("127.")


def host_names():
    """The names by which staff reach the portal, or CannotStart."""
    names = [name.strip() for name in os.environ.get("HOSTS", "").split(",")]
    for name in names:
        if not re.fullmatch(r"[\w.:\[\]-]*", name):
            raise CannotStart(
                f"HOSTS={name} is not a name: write it without https:// and without a path, such"
                " as portal.school.example (several: with commas)."
            )
    return list(filter(None, names))


def way_in():
    """How staff reach the portal: (by HTTPS, names, in the clear), or CannotStart if unsafe."""
    host, _ = address()
    hosts = host_names()
    https = is_on("BEHIND_HTTPS")
    insecure = is_on("INSECURE_HTTP")
    away = not is_this_computer(host)
    if away and not https and not insecure:
        raise CannotStart(
            f"HOST={host} would send passwords over the network in the clear. Put a web server with"
            " HTTPS in front and set BEHIND_HTTPS=1; INSECURE_HTTP=1 does without."
        )
    if (away or https) and not hosts:
        raise CannotStart(
            "Set HOSTS to the name by which staff reach the portal, such as portal.school.example"
            " (several: with commas)."
        )
    return https, hosts or list(LOOPBACK), insecure and not https


def base_url():
    """The address that staff type to reach the portal."""
    https, hosts, _ = way_in()
    host, port = address()
    if host == "::1":
        host = "localhost"  # see LOOPBACK
    for name in hosts:
        if name not in LOOPBACK:
            host = name
            break
    if https:
        return f"https://{host}"
    return f"http://{host}:{port}"
