"""Telling people by mail what a rule of theirs could not do. The mark on the rule is the intention; sent once."""

import logging

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.delivery import intake
from mailapp.delivery.envelope import Notify, Recipient
from mailapp.delivery.stages.passing_on import in_words_of
from mailapp.mime.compose import Outgoing, compose
from mailapp.mime.model import Person
from mailapp.rules import operations, sentences
from mailapp.rules.models import Rule
from mailapp.store import folders
from workmail.errors import KeyUnavailable, NotFound

logger = logging.getLogger(__name__)


def tell(limit: int = 100) -> int:
    """Write the notices that are due; returns how many."""
    count = 0
    for rule in Rule.objects.filter(is_owner_told=False).order_by("problem_at")[:limit]:
        try:
            count += _tell(rule)
        except (KeyUnavailable, NotFound, OSError):
            logger.warning("The owner of rule %s is told later", rule.pk, exc_info=True)
    return count


def _tell(rule: Rule) -> bool:
    mailbox = access.open_mailbox_for_system(rule.mailbox_id)
    owner = mailbox.mailbox.entity
    prepared = None
    if owner.addr_spec:
        raw = _notice(mailbox, rule)
        recipient = Recipient(owner.addr_spec, (Notify.NEVER.value,))
        prepared = intake.originate(mailbox.mailbox.organization_id, raw, [recipient])
    with transaction.atomic():
        due = Rule.objects.filter(pk=rule.pk, is_owner_told=False, problem_at=rule.problem_at)
        is_marked = bool(due.update(is_owner_told=True))
        if is_marked and prepared is not None:
            intake.save_originated(*prepared)
    if not is_marked and prepared is not None:
        intake.discard(prepared[0])
    return is_marked


def _notice(mailbox: OpenMailbox, rule: Rule) -> bytes:
    owner = mailbox.mailbox.entity
    domain = owner.addr_spec.rpartition("@")[2] or settings.MAIL_HOST_NAME
    names = {node.id.hex: node.name for node in folders.flat(folders.tree(mailbox))}
    with in_words_of(owner):
        sentence = sentences.of_definition(operations.get(mailbox, rule.pk).definition, names)
        text = "\n\n".join(
            (
                _("One of your mail rules could not do what it says:"),
                f"    {sentence}",
                sentences.of_problem(rule.problem),
                _("You find your rules in Settings. You are told at most once a day, however many messages it is."),
            )
        )
        return compose(
            Outgoing(
                from_=Person(_("Mail delivery"), f"postmaster@{domain}"),
                to=(Person(str(owner), owner.addr_spec),),
                subject=_("A mail rule needs your attention"),
                text=text + "\n",
                extra_fields=(("Auto-Submitted", "auto-generated"),),
            )
        )
