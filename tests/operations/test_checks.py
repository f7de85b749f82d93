"""Settings that do not fit together are named before they do harm."""

import pytest
from django.test import override_settings

from workmail.operations.checks import settings_fit_together


def found(**values: object) -> list[str]:
    with override_settings(**values):
        return [message.id for message in settings_fit_together(None)]


def test_the_first_start_needs_nothing() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"DEBUG": True, "PUBLIC_URL": "http://mail.example.org"}, ["workmail.E001", "workmail.W001"]),
        ({"PUBLIC_URL": "http://mail.example.org"}, ["workmail.W001"]),
        ({"PUBLIC_URL": "https://mail.example.org", "IS_HTTPS": True}, ["workmail.W002"]),
        ({"PUBLIC_URL": "https://mail.example.org", "IS_HTTPS": True, "TRUSTED_PROXY_COUNT": 1}, []),
        ({"SMTP_HOST": "0.0.0.0"}, ["workmail.W003"]),
        ({"SMTP_RELAY_URL": "relay.example.org:587"}, ["workmail.E002"]),
        ({"SMTP_RELAY_URL": "smtps://relay.example.org"}, []),
        ({"DNS_SERVERS": ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:53"]}, []),
        ({"DNS_SERVERS": ["resolver.example.org"]}, ["workmail.E003"]),
    ],
)
def test_what_does_not_fit_is_named(values: dict, expected: list[str]) -> None:
    assert found(**values) == expected
