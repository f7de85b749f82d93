from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StoreConfig(AppConfig):
    name = "mailapp.store"
    label = "store"

    def ready(self) -> None:
        from mailapp.store import mailboxes, statistics
        from mailapp.store.exporting import jobs as exporting
        from mailapp.store.importing import jobs as importing
        from mailapp.store.models import Folder, Message
        from workmail.changes import log
        from workmail.directory.signals import entity_enabled

        importing.register()
        exporting.register()
        log.register("messages", Message, "folder_id")
        log.register("folders", Folder, "mailbox__folder_tree_id")
        entity_enabled.connect(mailboxes.create_for_enabled, dispatch_uid="store.mailboxes")
        post_migrate.connect(statistics.write_typical, sender=self, dispatch_uid="store.statistics")
