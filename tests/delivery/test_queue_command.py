"""What an operator sees of mail in transit, and does with it."""

import io

import pytest
from django.core.management import CommandError, call_command

from mailapp.delivery.models import Delivery, Transit
from tests.delivery.conftest import House
from tests.services.sink import MailSink

pytestmark = pytest.mark.usefixtures("quiet")


def queue(*arguments: str) -> str:
    output = io.StringIO()
    call_command("queue", *arguments, stdout=output)
    return output.getvalue()


def test_mail_in_transit_is_listed_and_shown(house: House, sink: MailSink):
    sink.manners.data = "451 4.3.0 Not now"
    house.send(house.alice, "bob@example.net", "bob@example.test")
    name = Transit.objects.get().trace_id
    assert f"{name} " in queue("list")
    assert "<alice@example.test> 2 recipients" in queue("list")
    house.work()
    shown = queue("show", name)
    assert "to bob@example.test local done" in shown
    assert "to bob@example.net remote deferred: mx.example.net 451 4.3.0 Not now" in shown
    assert "1 in transit" in queue("list")


def test_a_deferred_message_is_retried(house: House, sink: MailSink):
    sink.manners.data = "451 4.3.0 Not now"
    house.send(house.alice, "bob@example.net")
    house.work()
    sink.manners.data = ""
    queue("retry", Transit.objects.get().trace_id)
    house.work()
    assert len(sink.messages) == 1


def test_a_held_message_waits_and_a_dropped_one_never_leaves(house: House, sink: MailSink):
    house.send(house.alice, "bob@example.net")
    house.send(house.alice, "carol@example.net")
    held, dropped = Transit.objects.order_by("created_at").values_list("trace_id", flat=True)
    queue("hold", held)
    queue("drop", dropped)
    house.work()
    assert sink.messages == []
    queue("release", held)
    house.work()
    assert [received.recipients for received in sink.messages] == [("bob@example.net",)]
    assert Transit.objects.get(trace_id=dropped).state == Transit.State.DROPPED
    assert not Delivery.objects.filter(report_due=True).exists()


def test_an_unknown_id_is_said(house: House):
    with pytest.raises(CommandError, match="no message"):
        queue("retry", "0" * 32)
