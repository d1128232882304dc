"""The web server, waitress. Come here to change where it listens, whose word it takes for an
address, what one computer may take up, or what is said when the portal cannot listen.
"""

import errno
import ipaddress
import os
import socket
import time

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.proxy_headers import proxy_headers_middleware
from waitress.server import MultiSocketServer, TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from config import CannotStart

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None

THREADS = 8
CONNECTIONS = 1000  # at once, from everywhere
CONNECTIONS_ON_WINDOWS = 400  # its select() looks at 512 sockets at most
CONNECTIONS_OF_ONE_ADDRESS = 200  # at once; a trusted proxy may have all
FILES_OF_A_CONNECTION = 3  # its socket, and what came in and goes out on disk
IDLE_SECONDS = 30  # between two requests, or two pieces of one
HEADER_SECONDS = 30  # for all headers of a request
BODY_SECONDS = 600  # for a whole form: 12 MB at 160 kilobits a second
CLEANUP_SECONDS = 10  # how often connections that take too long are looked for
LARGEST_BODY = 48 * 1024 * 1024  # bytes; admin_views/limits.py refuses much less
LARGEST_HEADER = 64 * 1024
PROXY_HEADERS = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
EVERY_ADDRESS = {"::": ("0.0.0.0", "::"), "localhost": ("127.0.0.1",)}


# --- where it listens
def bind(host, port):
    """Take the port on every address of `host`: sockets that do not listen yet, or CannotStart."""
    bound = []
    for name in EVERY_ADDRESS.get(host, (host,)):
        try:
            bound.append(bound_socket(name, port))
        except OSError as refused:
            raise CannotStart(bind_refusal(refused, host, port)) from None
    return bound


def bound_socket(name, port):
    """A socket that has the port of one address for itself."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    family, kind, protocol, _, place = found[0]
    made = socket.socket(family, kind, protocol)
    try:
        # SO_REUSEADDR would share the port with another program there
        if os.name == "nt":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(place)
    except OSError:
        made.close()
        raise
    return made


def bind_refusal(refused, host, port):
    """What keeps the port from us, and the cure."""
    if refused.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use: by another program, or the portal runs already. Stop that one,"
            " or choose another port, such as PORT=8001."
        )
    if refused.errno == errno.EACCES:
        return (
            f"This user may not use port {port}: those below 1024 are the administrator's. Choose"
            " PORT=8000, and a web server with HTTPS in front (docs/technician.md, “HTTPS”)."
        )
    return (
        f"HOST={host} is not an address of this computer. Name one of its own, or take HOST away"
        " to serve this computer alone (127.0.0.1)."
    )


def listen(program, sockets, proxies=()):
    """Listen on bound sockets: a server whose `run()` answers until Ctrl-C, or CannotStart.

    proxies: networks (ipaddress) of the web servers in front
    """
    settings = Adjustments(
        threads=THREADS,
        connection_limit=connections_possible(),
        asyncore_use_poll=True,  # select() ends the program at file number 1024
        channel_request_lookahead=1,  # to notice that a person hung up: papers/printing.py
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=CLEANUP_SECONDS,
        max_request_header_size=LARGEST_HEADER,
        max_request_body_size=LARGEST_BODY,
        clear_untrusted_proxy_headers=False,  # `believing` does
        ident=None,
    )
    workers = ThreadedTaskDispatcher()
    workers.set_thread_count(settings.threads)
    open_ones = {}
    answered = believing(program, proxies)
    for bound in sockets:
        try:
            Server(answered, open_ones, workers, settings, bound, proxies)
        except OSError as refused:
            host, port = bound.getsockname()[:2]
            raise CannotStart(bind_refusal(refused, host, port)) from None
    return MultiSocketServer(open_ones, settings, dispatcher=workers)


def connections_possible():
    """How many connections may be open at once, having asked the system for more files."""
    if resource is None:
        return CONNECTIONS_ON_WINDOWS
    wanted = FILES_OF_A_CONNECTION * CONNECTIONS + 100  # and the database, the log, the keys
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < wanted:
        allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return min(CONNECTIONS, (allowed - 100) // FILES_OF_A_CONNECTION)


# --- whose word counts for an address
def comes_from(address, networks):
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def believing(program, proxies):
    """A WSGI program that takes a trusted proxy's word, and no other's, for who asks and how.

    Of X-Forwarded-For the last address counts: what is before it, anybody can send.
    """
    believed = proxy_headers_middleware(
        program, trusted_proxy="*", trusted_proxy_count=1, trusted_proxy_headers=PROXY_HEADERS
    )
    not_believed = proxy_headers_middleware(program)

    def answer(environ, start_response):
        if comes_from(environ["REMOTE_ADDR"], proxies):
            return believed(environ, start_response)
        return not_believed(environ, start_response)

    return answer


# --- what one computer may take up
class Connection(HTTPChannel):
    """A connection, closed when its address has too many or a request is too slow."""

    request_began = 0.0  # when the first piece of the unfinished request came

    def __init__(self, server, sock, addr, adj, map=None):
        super().__init__(server, sock, addr, adj, map)
        if server.is_greedy(addr[0]):
            self.will_close = True

    def received(self, data):
        before = self.request
        taken = super().received(data)
        if self.request is not before:
            self.request_began = time.time()
        return taken

    def is_too_slow(self, now):
        if self.request is None:
            return False
        most = BODY_SECONDS if self.request.headers_finished else HEADER_SECONDS
        return now - self.request_began > most


class Server(TcpWSGIServer):
    """A socket on which waitress listens."""

    channel_class = Connection

    def __init__(self, program, open_ones, workers, settings, bound, proxies):
        self.proxies = proxies
        super().__init__(
            program,
            open_ones,
            _sock=bound,
            dispatcher=workers,
            adj=settings,
            bind_socket=False,
            sockinfo=(bound.family, bound.type, bound.proto, bound.getsockname()),
        )

    def is_greedy(self, address):
        if comes_from(address, self.proxies):
            return False
        same = [one for one in self.active_channels.values() if one.addr[0] == address]
        return len(same) > CONNECTIONS_OF_ONE_ADDRESS

    def maintenance(self, now):
        """Close what is idle, and what is too slow; waitress calls it now and then."""
        super().maintenance(now)
        for one in self.active_channels.values():
            if one.is_too_slow(now):
                one.will_close = True
