from django.apps import AppConfig


class JunkConfig(AppConfig):
    name = "mailapp.junk"
    label = "junk"

    def ready(self) -> None:
        from mailapp.junk import lessons
        from mailapp.store.signals import messages_moved

        messages_moved.connect(lessons.messages_moved, dispatch_uid="junk.moved")
