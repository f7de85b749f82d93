"""Small facts about operating-system processes and ports. Standard library only, no Django."""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """Return a ``preexec_fn`` that lets the kernel signal the child when the thread that started it ends.

    Only Linux knows this; elsewhere it does nothing. Without it, a supervisor that was killed hard would leave
    its processes behind, holding their ports.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    library = ctypes.CDLL(None, use_errno=True)  # loaded here: nothing may be imported between fork and exec
    parent = os.getpid()

    def before_exec() -> None:
        library.prctl(PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return before_exec


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nobody listens on right now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])


def port_problem(host: str, port: int) -> OSError | None:
    """Return why this process could not listen on the port, or None when it could."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in addresses:
            with socket.socket(family, kind, protocol) as listener:
                # As the servers do: a port whose last connections are still in TIME_WAIT is free.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind(address)
    except OSError as error:
        return error
    return None


def accepts_connections(host: str, port: int) -> bool:
    """Tell whether somebody answers on the port. The wildcard addresses are asked on the loopback."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def wait_until(condition: Callable[[], bool], *, seconds: float, interval: float = 0.05) -> bool:
    """Ask ``condition`` until it holds; False when ``seconds`` have passed without."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True
