"""How much of a message is looked at. Beyond a limit octets stay as they are: stored, shown as source, downloadable."""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# Structure
MAX_DEPTH: Final = 50  # multiparts and messages inside each other
MAX_PARTS: Final = 1000
MAX_HEADER_BYTES: Final = 256 * KIB  # of one part
MAX_HEADER_BYTES_IN_ALL: Final = 2 * MIB  # of all parts together
MAX_PARAMETERS: Final = 200  # of one Content-Type or Content-Disposition

# Header fields
MAX_SUBJECT_CHARACTERS: Final = 10_000
MAX_ADDRESSES: Final = 20_000  # of one header field
MAX_REFERENCES: Final = 200
MAX_FILE_NAME_CHARACTERS: Final = 200

# Texts
MAX_TEXT_CHARACTERS: Final = 2 * MIB  # of one body, plain or HTML; more is cut and said so
MAX_HTML_CHARACTERS: Final = 2 * MIB  # above this HTML is shown as text
MAX_PREVIEW_CHARACTERS: Final = 200

# Things inside parts
MAX_TNEF_BYTES: Final = 40 * MIB
MAX_CALENDAR_BYTES: Final = 1 * MIB
MAX_SIGNED_CONTENT_DEPTH: Final = 3  # signed data inside signed data

# Writing
MAX_CONTENT_BYTES: Final = 29 * MIB  # texts and attachments before encoding
MAX_MIME_BYTES: Final = 40 * MIB
