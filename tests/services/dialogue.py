"""A dialogue over a real socket, written as one reads it in an RFC.

Lines that begin with ``C:`` are sent, with CRLF; ``S:`` lines must be the beginning of what comes back. Escapes such as
``\\r`` and ``\\xff`` in a C line are those octets, and a C line that ends in ``\\c`` is sent without CRLF.
"""

import socket
import ssl
import textwrap


class Dialogue:
    """One connection, line by line."""

    def __init__(self, port: int, *, tls: ssl.SSLContext | None = None, seconds: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), seconds)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket)
        self._file = self.socket.makefile("rb")
        self.heard: list[str] = []

    def plays(self, text: str) -> "Dialogue":
        """Say and hear the lines in order."""
        for line in textwrap.dedent(text).strip().splitlines():
            who, _, words = line.strip().partition(":")
            words = words.removeprefix(" ")
            if who == "C":
                self.say(words)
            elif who == "S":
                self.hears(words)
            else:
                raise ValueError(f"Who says {line!r}?")
        return self

    def say(self, words: str) -> None:
        line_end = b"" if words.endswith("\\c") else b"\r\n"
        octets = words.removesuffix("\\c").encode("utf-8")
        if b"\\" in octets:
            octets = octets.decode("unicode_escape").encode("latin-1")
        self.send(octets + line_end)

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def hears(self, beginning: str) -> str:
        line = self.line()
        if not line.startswith(beginning):
            raise AssertionError(f"expected {beginning!r}, heard {line!r}")
        return line

    def reply(self) -> list[str]:
        """Return the lines of one whole reply."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return lines

    def line(self) -> str:
        octets = self._file.readline()
        if not octets:
            raise EOFError("the server hung up")
        if not octets.endswith(b"\r\n"):
            raise AssertionError(f"a line without CRLF: {octets!r}")
        self.heard.append(octets.decode("utf-8").removesuffix("\r\n"))
        return self.heard[-1]

    def is_over(self) -> bool:
        """Tell whether the server has hung up; waits for it as long as the socket does."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def start_tls(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket)
        self._file = self.socket.makefile("rb")

    def close(self) -> None:
        self._file.close()
        self.socket.close()
