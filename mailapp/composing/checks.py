"""What is worth asking before a message goes out. Pure."""

import re
from typing import Final

# Refused by most mail systems, because opening one can run a program.
BLOCKED_EXTENSIONS: Final = frozenset(
    """ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its js jse ksh lib
    lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh msh1 msh2 mshxml msh1xml msh2xml
    msi msp mst ops pcd pif plg prf prg ps1 ps1xml ps2 ps2xml psc1 psc2 reg scf scr sct shb shs sys tmp url vb vbe vbs
    vps vsmacros vss vst vsw vxd ws wsc wsf wsh xnk""".split()  # noqa: SIM905  (a list of a hundred literals reads worse)
)

# In every language of the interface at once: people write in other languages than they read menus in.
_ATTACHMENT_WORDS = re.compile(
    r"""
    \b(?: attach(?:ed|ing|ment|ments)? | enclosed | enclosing )\b
    | \bci[-\s]joint(?:e|s|es)?\b | \bpi[èe]ces?[-\s]jointes?\b | \bje\s+(?:vous\s+|te\s+)?joins\b | \ben\s+annexe\b
    | \bвложени[а-яё]*\b | \bприлага[а-яё]*\b | \bприложен[а-яё]*\b | \bприкрепл[а-яё]*\b | \bприкрепи[а-яё]*\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def extension(file_name: str) -> str:
    """Return the last extension in lower case, without the dot; trailing dots and blanks count for nothing."""
    _, dot, last = file_name.rstrip(". ").rpartition(".")
    return last.strip().lower() if dot else ""


def is_blocked(file_name: str) -> bool:
    return extension(file_name) in BLOCKED_EXTENSIONS


def mentions_attachment(*texts: str) -> bool:
    """Tell whether what somebody wrote (not what they quote) speaks of an attachment."""
    return any(_ATTACHMENT_WORDS.search(text) for text in texts)
