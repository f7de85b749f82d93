"""SMTP as octets: commands, paths, parameters, and where a message ends. From tables, without a socket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.smtp import parameters, wire
from gateways.smtp.parameters import ParameterRefused
from gateways.smtp.wire import ChunkReader, Command, DataReader, Defect, SyntaxProblem


@pytest.mark.parametrize(
    "line, command",
    [
        (b"QUIT", Command("QUIT", "")),
        (b"ehlo  client.example ", Command("EHLO", "client.example")),
        (b"MAIL FROM:<a@b.test> SIZE=1", Command("MAIL", "FROM:<a@b.test> SIZE=1")),
        ("RCPT TO:<ü@b.test>".encode(), Command("RCPT", "TO:<ü@b.test>")),
    ],
)
def test_a_command_is_read(line: bytes, command: Command):
    assert wire.parse_command(line) == command


@pytest.mark.parametrize("line", [b"", b" QUIT", b"QU1T", b"\x16\x03\x01", b"MAIL FROM:<a\rb>", b"NOOP \xff", b"A\0B"])
def test_what_is_no_command_is_refused(line: bytes):
    with pytest.raises(SyntaxProblem):
        wire.parse_command(line)


@pytest.mark.parametrize(
    "argument, address, found",
    [
        ("FROM:<a@b.test>", "a@b.test", {}),
        ("from: <a@b.test> SIZE=10 smtputf8", "a@b.test", {"SIZE": "10", "SMTPUTF8": None}),
        ("FROM:<>", "", {}),
        ('FROM:<"a b> c"@b.test>', '"a b> c"@b.test', {}),
        ("FROM:<@relay.test,@other.test:a@b.test>", "a@b.test", {}),
        ("FROM:<a@BÜCHER.test>", "a@xn--bcher-kva.test", {}),
        ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]", {}),
        ("FROM:<postmaster>", "postmaster", {}),
        ("FROM:<a+tag=x@b.test>", "a+tag=x@b.test", {}),
    ],
)
def test_a_path_is_read(argument: str, address: str, found: dict):
    path = wire.parse_path(argument, "FROM:", may_be_null=True)
    assert (path.address, path.parameters) == (address, found)


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "FROM",
        "FROM:a@b.test",
        "TO:<a@b>",
        "FROM:<a@b.test",
        "FROM:<a@b.test>x",
        "FROM:<a@b.test> SIZE=1 SIZE=2",
        "FROM:<a@b.test> =x",
        'FROM:<"a@b.test>',
    ],
)
def test_a_path_with_broken_syntax_is_refused(argument: str):
    with pytest.raises(SyntaxProblem):
        wire.parse_path(argument, "FROM:", may_be_null=True)


@pytest.mark.parametrize(
    "address",
    [
        "a",
        "a@",
        "@b.test",
        "a b@c.test",
        "a@b@c.test",
        "a@b..test",
        "a\x0b@b.test",
        "a@b.test\u2028",
        "<a@b.test",
        "a@-b.test",
        "x" * 600 + "@b.test",
        "a,b@c.test",
    ],
)
def test_an_address_that_cannot_be_written_to_is_refused(address: str):
    with pytest.raises((ValueError, SyntaxProblem)):
        wire.parse_path(f"TO:<{address}>", "TO:", may_be_null=False)


def test_a_recipient_cannot_be_null():
    with pytest.raises(ValueError):
        wire.parse_path("TO:<>", "TO:", may_be_null=False)


def test_parameters_become_values():
    found = parameters.of_mail({"SIZE": "12", "BODY": "8bitmime", "RET": "hdrs", "ENVID": "a+2Bb", "AUTH": "<>"})
    assert found == parameters.MailParameters(12, "8BITMIME", False, "HDRS", "a+2Bb")
    assert parameters.of_recipient({"NOTIFY": "SUCCESS,failure", "ORCPT": "rfc822;a@b"}) == (
        parameters.RecipientParameters(("SUCCESS", "FAILURE"), "rfc822;a@b")
    )


@pytest.mark.parametrize(
    "found",
    [
        {"SIZE": "x"},
        {"SIZE": "-1"},
        {"SIZE": "٣"},
        {"BODY": "BINARYMIME"},
        {"RET": "SOME"},
        {"ENVID": "a=b"},
        {"SMTPUTF8": "yes"},
        {"XCLIENT": "1"},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(found: dict):
    with pytest.raises(ParameterRefused):
        parameters.of_mail(found)


@pytest.mark.parametrize(
    "found", [{"NOTIFY": "NEVER,SUCCESS"}, {"NOTIFY": ""}, {"NOTIFY": None}, {"ORCPT": "x"}, {"SIZE": "1"}]
)
def test_a_recipients_parameter_that_makes_no_sense_is_refused(found: dict):
    with pytest.raises(ParameterRefused):
        parameters.of_recipient(found)


# --- The message -----------------------------------------------------------------------------------------------


def read(octets: bytes, sizes: list[int] | None = None, limit: int = 10_000, longest_line: int = 1_000):
    """Feed the octets in pieces of the given sizes, round and round; return the reader and what follows the end."""
    reader = DataReader(limit=limit, longest_line=longest_line)
    position, turn, rest = 0, 0, b""
    sizes = sizes or [len(octets) or 1]
    while position < len(octets) and not reader.is_complete:
        size = sizes[turn % len(sizes)]
        rest = reader.feed(octets[position : position + size])
        position, turn = position + size, turn + 1
    return reader, rest + octets[position:]


@pytest.mark.parametrize(
    "octets, content",
    [
        (b".\r\n", b""),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"a\r\n..\r\n.\r\n", b"a\r\n.\r\n"),
        (b"..a\r\n...b\r\n.\r\n", b".a\r\n..b\r\n"),
        (b".a\r\n.\r\n", b"a\r\n"),
        (b"\r\n\r\n.\r\n", b"\r\n\r\n"),
    ],
)
@pytest.mark.parametrize("sizes", [[1], [2], [3], [5, 1], [100]])
def test_dots_are_taken_out_however_the_octets_arrive(octets: bytes, content: bytes, sizes: list[int]):
    reader, rest = read(octets + b"QUIT\r\n", sizes)
    assert reader.is_complete
    assert reader.defect is None
    assert (reader.content(), rest, reader.size) == (content, b"QUIT\r\n", len(content))


@pytest.mark.parametrize(
    "end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\n\x00.\r\n",
        b"\r\n.\x00\r\n",
        b"\n\n.\r\n",
        b"\r\r\n.\r\r\n",
        b"\r\n.\r\r\n",
    ],
)
@pytest.mark.parametrize("sizes", [[1], [7], [1000]])
def test_only_one_sequence_ends_a_message(end: bytes, sizes: list[int]):
    """CVE-2023-51764 and its kin: what another server may take for the end is not, and the message is refused."""
    smuggled = b"MAIL FROM:<evil@x.test>\r\n"
    reader, rest = read(b"Subject: a\r\n\r\ntext" + end + smuggled + b"\r\n.\r\nQUIT\r\n", sizes)
    assert reader.is_complete
    assert rest == b"QUIT\r\n"
    if b"\x00" not in end:
        assert reader.defect is Defect.BARE_LINE_END
    else:
        assert smuggled in reader.content()


@given(
    st.lists(st.sampled_from([b"a", b".", b"\r\n", b"..", b"xyz"]), max_size=60),
    st.lists(st.integers(1, 9), min_size=1),
)
def test_what_is_stuffed_comes_out_as_it_was(pieces: list[bytes], sizes: list[int]):
    message = b"".join(pieces) + b"\r\n"
    stuffed = (b"." if message.startswith(b".") else b"") + message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    reader, rest = read(stuffed + b"NOOP", sizes)
    assert (reader.content(), rest) == (message, b"NOOP")


@given(
    st.lists(st.sampled_from([b"a", b".", b"\r", b"\n", b"\r\n", b"\0"]), max_size=60),
    st.lists(st.integers(1, 9), min_size=1),
)
def test_how_the_octets_are_cut_changes_nothing(pieces: list[bytes], sizes: list[int]):
    octets = b"".join(pieces) + b"\r\n.\r\n"
    whole, whole_rest = read(octets)
    cut, cut_rest = read(octets, sizes)
    assert (whole.is_complete, whole.defect, whole.size) == (cut.is_complete, cut.defect, cut.size)
    assert whole_rest == cut_rest
    if whole.defect is None:
        assert whole.content() == cut.content()


@pytest.mark.parametrize("length, defect", [(998, None), (999, Defect.LINE_TOO_LONG), (5_000, Defect.LINE_TOO_LONG)])
@pytest.mark.parametrize("sizes", [[64], [10_000]])
def test_a_line_has_at_most_a_thousand_octets(length: int, defect: Defect | None, sizes: list[int]):
    reader, rest = read(b"a\r\n" + b"x" * length + b"\r\nb\r\n.\r\nQUIT", sizes)
    assert reader.is_complete
    assert (reader.defect, rest) == (defect, b"QUIT")


def test_a_message_that_is_too_big_costs_no_memory():
    reader = DataReader(limit=1_000, longest_line=1_000)
    for _ in range(5_000):
        assert reader.feed(b"x" * 70 + b"\r\n") == b""
        assert reader.kept_bytes < 3_000
    assert reader.feed(b".\r\nQUIT") == b"QUIT"
    assert reader.defect is Defect.TOO_BIG


def test_a_line_that_never_ends_costs_no_memory():
    reader = DataReader(limit=10_000_000, longest_line=1_000)
    for _ in range(1_000):
        reader.feed(b"x" * 10_000)
        assert reader.kept_bytes < 20_000
    assert reader.feed(b"\r\n.\r\nQUIT") == b"QUIT"
    assert reader.defect is Defect.LINE_TOO_LONG


def test_chunks_are_counted_and_nothing_is_doubled():
    reader = ChunkReader(limit=1_000, longest_line=100)
    for piece in (b"a\r", b"\n.\r\n..b\r\nQUIT", b"\r\nlast"):
        reader.feed(piece)
    reader.end()
    assert reader.content() == b"a\r\n.\r\n..b\r\nQUIT\r\nlast\r\n"


@pytest.mark.parametrize(
    "pieces, defect",
    [
        ([b"a\n", b"b\r\n"], Defect.BARE_LINE_END),
        ([b"a\r", b"b\r\n"], Defect.BARE_LINE_END),
        ([b"a\r"], Defect.BARE_LINE_END),
        ([b"x" * 200], Defect.LINE_TOO_LONG),
        ([b"x\r\n"] * 600, Defect.TOO_BIG),
    ],
)
def test_chunks_are_judged_like_data(pieces: list[bytes], defect: Defect):
    reader = ChunkReader(limit=1_000, longest_line=100)
    for piece in pieces:
        reader.feed(piece)
    reader.end()
    assert reader.defect is defect
