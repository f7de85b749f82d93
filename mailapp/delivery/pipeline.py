"""Delivery, as a list one can read aloud.

Refuse while the sender is still on the line; after 250 the message is ours and may be marked, filed as junk or dropped,
but never bounced for its looks. A stage that wants to refuse moves up one list. Stages after acceptance may run twice.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from prometheus_client import Histogram

from mailapp.delivery.offers import Offer
from mailapp.delivery.stages import (
    authentication,
    expansion,
    flow_rules,
    handing_over,
    identity,
    journaling,
    limits,
    queueing,
    recipients,
    scanning,
    signing,
    storing,
)
from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict

logger = logging.getLogger(__name__)
Subject = TypeVar("Subject", Offer, OpenTransit)
Stage = Callable[[Subject], Verdict | None]  # None: go on to the next stage

# In the SMTP session; the reply is the verdict.
BEFORE_ACCEPTANCE: Final[tuple[Stage[Offer], ...]] = (
    limits.check,  # size, number of recipients, hops
    recipients.check,  # known, and open to this sender
)
BEFORE_SUBMISSION: Final[tuple[Stage[Offer], ...]] = (
    limits.check,
    identity.check,  # the sender's own address, in the envelope and in From
    recipients.check,
)

# In Celery.
INBOUND: Final[tuple[Stage[OpenTransit], ...]] = (
    authentication.evaluate,  # SPF, DKIM, DMARC, ARC -> Authentication-Results (RFC 8601)
    scanning.scan,  # virus, spam score
    flow_rules.apply,  # bypass, junk, bounce, drop, rewrite
    journaling.copy,
    expansion.expand,  # aliases, groups, loops cut
    storing.deliver_to_each,  # quota, junk, rules, store, thread, index; forwards and replies as intentions
    handing_over.to_other_organizations,  # of this house
    queueing.send_the_rest,  # members of groups elsewhere
)
SUBMISSION: Final[tuple[Stage[OpenTransit], ...]] = (
    scanning.scan,
    flow_rules.apply,
    journaling.copy,
    signing.sign,  # DKIM
    expansion.expand,
    storing.deliver_to_each,  # a local recipient never leaves the house
    handing_over.to_other_organizations,
    queueing.send_the_rest,  # everybody else: the outbound queue
)

STAGE_SECONDS = Histogram("workmail_delivery_stage_seconds", "Time spent in one stage of delivery", ["stage"])


def run(stages: Iterable[Stage[Subject]], subject: Subject) -> Verdict | None:
    """Run the stages in order until one decides; None when none did."""
    for stage in stages:
        began = time.perf_counter()
        verdict = stage(subject)
        STAGE_SECONDS.labels(stage.__module__.rpartition(".")[2]).observe(time.perf_counter() - began)
        if verdict is not None:
            return verdict
    return None


def until_storing(transit: OpenTransit) -> Verdict | None:
    """Run what comes before the messages are stored: nothing of it needs a transaction of the others."""
    stages = _stages_of(transit)
    return run(stages[: stages.index(storing.deliver_to_each)], transit)


def from_storing(transit: OpenTransit) -> Verdict | None:
    stages = _stages_of(transit)
    return run(stages[stages.index(storing.deliver_to_each) :], transit)


def _stages_of(transit: OpenTransit) -> tuple[Stage[OpenTransit], ...]:
    return SUBMISSION if transit.is_submission else INBOUND
