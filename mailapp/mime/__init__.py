"""Reading, showing and writing messages (RFC 5322, MIME). Pure: no database, no network, no clock but the caller's.

Octets come from anybody. Nothing here raises for any octets, and everything is bounded by ``limits``: what cannot
be understood is described in ``defects`` and shown as well as it can be.
"""
