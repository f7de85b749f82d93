from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "mailapp.notices"
    label = "notices"

    def ready(self) -> None:
        from mailapp.notices import receivers
        from mailapp.store.signals import messages_stored

        messages_stored.connect(receivers.note_arrivals, dispatch_uid="notices.stored")
