"""Octets to text. The declared charset is honoured when it can be true; otherwise the octets decide.

Only charsets listed here are ever used: Python's codec registry also knows things that are no charsets
("zip", "idna", "unicode_escape"), and some of them are slow or surprising on hostile input.
"""

import re
from typing import Final

# Codec, then the names it answers to. A superset stands in for what people call by an older name (WHATWG Encoding
# Standard): what says "gb2312" is written with characters of gb18030, what says "latin1" with those of cp1252.
_NAMES: Final = """
ascii          us-ascii ascii ansi_x3.4-1968 iso646-us us cp367 7bit iso646
utf-8          utf-8 utf8 utf8mb4 utf8mb3 unicode-1-1-utf-8 utf-8n x-utf-8 unicode utf-utf8
utf-7          utf-7 unicode-1-1-utf-7 unicode-2-0-utf-7 x-unicode-2-0-utf-7 csunicode11utf7
utf-16         utf-16
utf-16-le      utf-16le ucs-2 iso-10646-ucs-2 csunicode unicodefeff unicodelittle
utf-16-be      utf-16be unicodefffe unicodebig
utf-32         utf-32
utf-32-le      utf-32le
utf-32-be      utf-32be ucs-4 iso-10646-ucs-4
cp1252         iso-8859-1 iso8859 latin1 l1 cp819 ibm819 iso-8859-1:1987 windows-1252 x-ansi ansi x-iso-8859-1 isolatin1
iso8859_2      iso-8859-2 latin2 l2 isolatin2
iso8859_3      iso-8859-3 latin3 l3
iso8859_4      iso-8859-4 latin4 l4
iso8859_5      iso-8859-5 cyrillic iso-ir-144
iso8859_6      iso-8859-6 iso-8859-6-i iso-8859-6-e arabic asmo-708 ecma-114
iso8859_7      iso-8859-7 greek greek8 elot-928 ecma-118
iso8859_8      iso-8859-8 iso-8859-8-i iso-8859-8-e hebrew visual logical
cp1254         iso-8859-9 latin5 l5 windows-1254
iso8859_10     iso-8859-10 latin6 l6
cp874          iso-8859-11 tis-620 windows-874 x-windows-874 dos-874 ibm874
iso8859_13     iso-8859-13 latin7 l7
iso8859_14     iso-8859-14 latin8 l8
iso8859_15     iso-8859-15 latin9 l9 latin0
iso8859_16     iso-8859-16 latin10 l10
cp1250         windows-1250
cp1251         windows-1251
cp1253         windows-1253
cp1255         windows-1255
cp1256         windows-1256
cp1257         windows-1257
cp1258         windows-1258
koi8_r         koi8-r koi8 koi cskoi8r
koi8_u         koi8-u koi8-ru
koi8_t         koi8-t
ptcp154        ptcp154 pt154 cyrillic-asian
kz1048         kz-1048 strk1048-2002 rk1048
cp932          shift_jis sjis x-sjis ms_kanji csshiftjis windows-31j x-ms-cp932 ms932 x-mac-japanese shift_jis_2004
euc_jp         euc-jp x-euc-jp ujis cseucpkdfmtjapanese
iso2022_jp_ext iso-2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-ms cp50220 cp50221 jis
cp949          euc-kr ks_c_5601 ks_c_5601-1987 ks_c_5601-1989 ksc5601-1992 korean uhc windows-949 ksc5601 cseuckr
cp949          ks_x_1001 ks-5601 iso-ir-149 ms949 x-mac-korean
johab          johab
iso2022_kr     iso-2022-kr csiso2022kr
gb18030        gb18030 gb2312 gbk gb gb_2312-80 euc-cn x-gbk ms936 windows-936 chinese csgb2312 x-euc-cn gb18030-2000
gb18030        cp936 iso-2022-cn x-gb18030 x-mac-chinesesimp
hz             hz hz-gb-2312 hzgb
big5hkscs      big5 cn-big5 x-x-big5 big5-eten csbig5 x-big5 big5-hk big5-hkscs x-mac-chinesetrad
cp950          windows-950 ms950
mac_roman      macintosh mac x-mac-roman macroman csmacintosh applemac
mac_cyrillic   x-mac-cyrillic x-mac-ukrainian maccyrillic
mac_greek      x-mac-greek
mac_latin2     x-mac-ce x-mac-centraleurroman macce
mac_turkish    x-mac-turkish
mac_iceland    x-mac-icelandic
mac_croatian   x-mac-croatian
mac_romanian   x-mac-romanian
hp_roman8      hp-roman8 roman8
cp037          ebcdic-cp-us
"""
_CODE_PAGES: Final = (
    *(37, 437, 500, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869),
    *(1026, 1125, 1140, *range(1250, 1259)),
)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())


_CODEC_OF: Final[dict[str, str]] = {
    **{_plain(name): line.split()[0] for line in _NAMES.strip().splitlines() for name in line.split()[1:]},
    **{
        f"{prefix}{page}": f"cp{page:03}"
        for page in _CODE_PAGES
        for prefix in ("cp", "ibm", "dos", "win", "windows", "xcp", "ms", "cp0", "ibm0")
    },
}
NAMES: Final = frozenset(_CODEC_OF)  # without anything but letters and digits

_SURROGATE = re.compile("[\ud800-\udfff]")
_HIGH = re.compile(rb"[\x80-\xff]")
_ESCAPE_JAPANESE = re.compile(rb"\x1b(?:\$[@B(]|\([JI])")
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)


def codec_of(charset: str | None) -> str | None:
    """Return the Python codec for a charset as people write it, or None when the name says nothing."""
    if not charset or len(charset) > 100:
        return None
    name = charset.lower().split("*", 1)[0].split(";", 1)[0].split("(", 1)[0]
    return _CODEC_OF.get(_plain(name))


def decode(octets: bytes, charset: str | None, *, is_html: bool = False) -> tuple[str, bool]:
    """Return the text, and whether the charset had to be guessed. Never raises; leaves no lone surrogate.

    Order: byte order mark, the declared charset, UTF-8, ``<meta charset>`` of HTML, a guess.
    """
    if octets.startswith(b"\xef\xbb\xbf"):
        return octets[3:].decode("utf-8", "replace"), False
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")) and len(octets) % 2 == 0:
        return clean(octets.decode("utf-16", "replace")), False
    codec = codec_of(charset)
    if codec is None and is_html and (declared := _META_CHARSET.search(octets, 0, 4096)):
        codec = codec_of(declared.group(1).decode("ascii"))
        if codec and codec.startswith(("utf-16", "utf-32")):
            codec = "utf-8"  # it was read as ASCII just now, so it cannot be that
    if codec and codec != "ascii":
        try:
            return clean(octets.decode(codec)), False
        except (UnicodeError, ValueError):
            if codec == "iso2022_jp_ext" and not _HIGH.search(octets):
                return _decode_iso_2022_jp_of_windows(octets), False
    if not _HIGH.search(octets):
        if codec not in ("iso2022_kr", "hz") and _ESCAPE_JAPANESE.search(octets):
            return _decode_iso_2022_jp_of_windows(octets), True
        if codec in ("iso2022_kr", "hz"):
            return clean(octets.decode(codec, "replace")), False
        return octets.decode("ascii", "replace"), False
    try:
        return octets.decode("utf-8"), codec != "utf-8"
    except UnicodeError:
        pass
    if codec and codec != "ascii" and _is_mostly(octets, codec):
        return clean(octets.decode(codec, "replace")), False
    return clean(octets.decode(guess(octets), "replace")), True


def decode_header(octets: bytes, hint: str | None = None) -> str:
    """Return the text of a header field body that may carry raw octets above 127 (RFC 6532, or simply wrong)."""
    try:
        return octets.decode("ascii")
    except UnicodeError:
        return decode(octets, hint if codec_of(hint) not in (None, "ascii") else "utf-8")[0]


def _decode_iso_2022_jp_of_windows(octets: bytes) -> str:
    """Decode what Windows programs call ISO-2022-JP: it has circled digits and the like, from code page 932."""
    pieces: list[str] = []
    set_in_use = b""
    for piece in re.split(rb"(\x1b\$[@B]|\x1b\$\(D|\x1b\([BJIH])", octets):
        if piece.startswith(b"\x1b"):
            set_in_use = piece
        elif set_in_use in (b"\x1b$B", b"\x1b$@"):
            pieces.append(_shifted(piece).decode("cp932", "replace"))
        elif set_in_use == b"\x1b(I":
            pieces.append(bytes(octet | 0x80 for octet in piece).decode("cp932", "replace"))
        elif set_in_use == b"\x1b$(D":
            pieces.append(bytes(octet | 0x80 for octet in piece).decode("euc_jp", "replace"))
        else:
            pieces.append(piece.decode("ascii", "replace"))
    return clean("".join(pieces))


def _shifted(pairs: bytes) -> bytes:
    """Turn JIS X 0208 pairs into Shift JIS; anything that is no pair stays."""
    shifted = bytearray()
    position = 0
    while position < len(pairs):
        pair = pairs[position : position + 2]
        if len(pair) < 2 or not (0x21 <= pair[0] <= 0x7E and 0x21 <= pair[1] <= 0x7E):
            shifted += pair[:1]
            position += 1
            continue
        row, cell = pair
        if row % 2:
            cell += 0x1F if cell < 0x60 else 0x20
        else:
            cell += 0x7E
        row = (row - 0x21) // 2 + 0x81
        shifted += bytes((row if row <= 0x9F else row + 0x40, cell))
        position += 2
    return bytes(shifted)


def clean(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 encoder, database or browser would take."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def guess(octets: bytes) -> str:
    """Guess among the 8-bit charsets that still arrive unlabelled. Looks at the first 4,000 octets above 127.

    Cyrillic letters come in words of mostly lower case; where lower case stands tells windows-1251 (E0-FF) from
    KOI8-R (C0-DF) and code page 866 (A0-AF, E0-EF). Western text has single letters between ASCII ones. East Asian
    text is pairs that decode without a mistake.
    """
    sample = octets[:200_000]
    high = b"".join(_HIGH.findall(sample)[:4000])
    runs = re.findall(rb"[\x80-\xff]{3,}", sample[:60_000])
    if sum(map(len, runs)) < len(high) * 0.5 or not high:
        return "cp1252"
    for codec, everyday, share in _EAST_ASIAN:
        if _looks_like(sample[:20_000], codec, everyday, share):
            return codec
    lower_1251 = sum(octet >= 0xE0 for octet in high)
    lower_koi8 = sum(0xC0 <= octet <= 0xDF for octet in high)
    lower_866 = sum(0xA0 <= octet <= 0xAF or 0xE0 <= octet <= 0xEF for octet in high)
    if lower_866 > max(lower_1251, lower_koi8) and sum(0xA0 <= octet <= 0xAF for octet in high) > len(high) // 4:
        return "cp866"
    return "koi8_r" if lower_koi8 > lower_1251 else "cp1251"


# What everyday text is full of: kana, hangul, the commonest ideographs.
_KANA: Final = re.compile("[\u3040-\u30ff]")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")
_SIMPLIFIED: Final = re.compile(
    "[\u7684\u4e00\u662f\u4e0d\u4e86\u5728\u4eba\u6709\u6211\u4ed6\u8fd9\uff0c\u3002\u60a8\u8bf7]"
)
_TRADITIONAL: Final = re.compile(
    "[\u7684\u4e00\u662f\u4e0d\u4e86\u5728\u4eba\u6709\u6211\u4ed6\u9019\uff0c\u3002\u60a8\u8acb]"
)
_EAST_ASIAN: Final = (
    ("cp932", _KANA, 0.3),
    ("euc_jp", _KANA, 0.3),
    ("gb18030", _SIMPLIFIED, 0.05),
    ("big5hkscs", _TRADITIONAL, 0.05),
    ("cp949", _HANGUL, 0.3),
)


def _looks_like(sample: bytes, codec: str, everyday: re.Pattern[str], share: float) -> bool:
    try:
        text = sample.decode(codec)
    except UnicodeError:
        try:
            text = sample[:-1].decode(codec)  # cut between two octets of one character
        except UnicodeError:
            return False
    wide = sum(letter > "\u2e7f" for letter in text)
    return wide > 3 and len(everyday.findall(text)) > wide * share


def _is_mostly(octets: bytes, codec: str) -> bool:
    """Whether a declared charset explains nearly all of the octets, so that the few others are damage."""
    sample = octets[:65_536]
    text = sample.decode(codec, "replace")
    return text.count("\ufffd") * 20 <= len(_HIGH.findall(sample)) or text.count("\ufffd") <= 1
