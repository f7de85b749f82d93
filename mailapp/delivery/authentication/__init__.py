"""Who really sent this: SPF, DKIM, ARC, DMARC, and the field that tells the result (RFC 8601). Without a database."""
