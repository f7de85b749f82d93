from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "mailapp.search"
    label = "search"

    def ready(self) -> None:
        from mailapp.search import indexing
        from mailapp.store.signals import messages_expunged, messages_stored

        messages_stored.connect(indexing.messages_stored, dispatch_uid="search.stored")
        messages_expunged.connect(indexing.messages_expunged, dispatch_uid="search.expunged")
