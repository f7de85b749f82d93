"""Keys: what is sealed opens only with the right key and context, and a disabled or destroyed key opens nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.access import OpenMailbox, open_own_mailbox
from workmail.accounts.actor import SYSTEM, Actor
from workmail.directory import services
from workmail.errors import KeyUnavailable
from workmail.keys import envelope, spool
from workmail.keys.models import OrganizationKey, WrappedKey
from workmail.keys.services import destroy_wrapped_key, open_wrapped_key, set_organization_key_state


@given(st.binary(), st.binary())
def test_what_is_sealed_opens_again(plaintext: bytes, context: bytes) -> None:
    key = envelope.new_key()
    assert envelope.unseal(key, envelope.seal(key, plaintext, context), context) == plaintext


@given(st.binary(min_size=1), st.data())
def test_a_damaged_value_does_not_open(plaintext: bytes, data: st.DataObject) -> None:
    key = envelope.new_key()
    sealed = bytearray(envelope.seal(key, plaintext, b"context"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(envelope.Unreadable):
        envelope.unseal(key, bytes(sealed), b"context")


def test_another_key_or_context_does_not_open() -> None:
    key = envelope.new_key()
    sealed = envelope.seal(key, b"secret", b"here")
    with pytest.raises(envelope.Unreadable):
        envelope.unseal(key, sealed, b"there")
    with pytest.raises(envelope.Unreadable):
        envelope.unseal(envelope.new_key(), sealed, b"here")
    with pytest.raises(envelope.Unreadable):
        envelope.unseal(key, b"", b"here")


def test_the_spool_opens_what_it_sealed() -> None:
    assert spool.unseal(spool.seal(b"in transit", b"transit 1"), b"transit 1") == b"in transit"


@pytest.fixture
def mailbox(db: None) -> OpenMailbox:
    _, administrator = services.create_organization(
        SYSTEM,
        name="Example",
        alias="example",
        domain="example.test",
        administrator_name="admin",
        administrator_display_name="Administrator",
        password="a long enough secret",
        domain_is_verified=True,
    )
    return open_own_mailbox(Actor(administrator))


def test_no_row_holds_a_usable_key(mailbox: OpenMailbox) -> None:
    keys = mailbox.keys
    wrapped = bytes(WrappedKey.objects.get(pk=mailbox.mailbox.key_id).wrapped)
    assert keys.metadata not in wrapped
    assert len({keys.metadata, keys.wrapping, keys.searching}) == 3


def test_a_disabled_organization_key_opens_nothing_even_if_cached(mailbox: OpenMailbox) -> None:
    open_wrapped_key(mailbox.mailbox.key)
    set_organization_key_state(mailbox.mailbox.key.organization_key, OrganizationKey.State.DISABLED)
    with pytest.raises(KeyUnavailable):
        open_wrapped_key(WrappedKey.objects.select_related("organization_key").get(pk=mailbox.mailbox.key_id))
    set_organization_key_state(mailbox.mailbox.key.organization_key, OrganizationKey.State.ENABLED)
    assert open_wrapped_key(mailbox.mailbox.key) == mailbox.keys


def test_a_destroyed_mailbox_key_is_gone_for_ever(mailbox: OpenMailbox) -> None:
    destroy_wrapped_key(mailbox.mailbox.key)
    row = WrappedKey.objects.select_related("organization_key").get(pk=mailbox.mailbox.key_id)
    assert bytes(row.wrapped) == b""
    with pytest.raises(KeyUnavailable):
        open_wrapped_key(row)


def test_equal_words_have_equal_numbers_in_one_mailbox_only(mailbox: OpenMailbox) -> None:
    other = type(mailbox.keys).derived_from(envelope.new_key())
    assert mailbox.keys.search_number("b:hello") == mailbox.keys.search_number("b:hello")
    assert mailbox.keys.search_number("b:hello") != other.search_number("b:hello")
    assert -(2**63) <= mailbox.keys.search_number("b:hello") < 2**63
