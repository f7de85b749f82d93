"""Where a request comes from: what proxies say is believed only as far as they are ours."""

import pytest
from django.test import RequestFactory

from workmail.accounts.middleware import client_address
from workmail.accounts.web.agents import describe


@pytest.mark.parametrize(
    "proxies, peer, forwarded, expected",
    [
        (0, "192.0.2.1", None, "192.0.2.1"),
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "198.51.100.66, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "198.51.100.66, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        (1, "10.0.0.1", None, "10.0.0.1"),
        (1, "10.0.0.1", "unknown", None),
        (1, "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        (1, "10.0.0.1", "fe80::1%eth0", "fe80::1"),
        (0, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (0, "", None, None),
        (1, "10.0.0.1", "<script>", None),
    ],
)
def test_the_client_behind_our_proxies(settings, proxies, peer, forwarded, expected):
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **headers)) == expected


@pytest.mark.parametrize(
    "user_agent, words",
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36", "Chrome on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) Version/20.0 Safari/604",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("", "Unknown program"),
        ("<script>alert(1)</script>", "Unknown program"),
    ],
)
def test_a_user_agent_in_words(user_agent, words):
    assert describe(user_agent) == words
