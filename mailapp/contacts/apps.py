from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "mailapp.contacts"
    label = "contacts"

    def ready(self) -> None:
        from mailapp.contacts import address_list, receivers
        from mailapp.contacts.models import Contact
        from mailapp.store.signals import messages_stored
        from workmail.changes import log
        from workmail.directory.signals import entity_disabled, entity_enabled

        log.register("contacts", Contact, "address_book_id")
        messages_stored.connect(receivers.remember_recipients, dispatch_uid="contacts.remember")
        entity_enabled.connect(address_list.forget_changed, dispatch_uid="contacts.enabled")
        entity_disabled.connect(address_list.forget_changed, dispatch_uid="contacts.disabled")
