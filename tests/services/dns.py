"""A small name server for tests: answers over UDP, on a free loopback port, from a zone that the test writes."""

import socket
import threading
from collections.abc import Iterable

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

# A name with this instead of records gets no answer at all, or SERVFAIL.
SILENT = "silent"
FAILING = "failing"


class DnsServer:
    """Answers from ``zone``: ``{"example.org": {"MX": ["10 mx.example.org."], "TXT": ["v=spf1 -all"]}}``.

    A name that is not in it does not exist. TXT values are split into strings of at most 255 octets by themselves.
    """

    def __init__(self) -> None:
        self.zone: dict[str, dict[str, Iterable[str]] | str] = {}
        self.questions: list[tuple[str, str]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="dns server", daemon=True)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def address(self) -> str:
        """As it stands in ``DNS_SERVERS``."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                octets, client = self._socket.recvfrom(4096)
                answer = self._answer(dns.message.from_wire(octets))
                if answer is not None:
                    self._socket.sendto(answer.to_wire(max_size=65_000), client)
            except OSError:
                return

    def _answer(self, question: dns.message.Message) -> dns.message.Message | None:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        name = question.question[0].name
        record_type = question.question[0].rdtype
        key = name.to_text(omit_final_dot=True).lower()
        self.questions.append((key, dns.rdatatype.to_text(record_type)))
        records = self.zone.get(key)
        if records is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif records == SILENT:
            return None
        elif isinstance(records, str):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif values := list(records.get(dns.rdatatype.to_text(record_type), ())):
            values = [_quoted(value) if record_type == dns.rdatatype.TXT else value for value in values]
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", dns.rdatatype.to_text(record_type), *values))
        return answer


def _quoted(text: str) -> str:
    pieces = [text[start : start + 255] for start in range(0, len(text), 255)] or [""]
    return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)
