"""What the directory announces to the rooms above it, inside the transaction that did it."""

from django.dispatch import Signal

entity_enabled = Signal()  # entity: Entity; mail may now arrive for it
entity_disabled = Signal()  # entity: Entity
domain_added = Signal()  # domain: Domain
