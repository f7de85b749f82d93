from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "mailapp.rules"
    label = "rules"

    def ready(self) -> None:
        from mailapp.rules import applying

        applying.register()
