from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "workmail.accounts"
    label = "accounts"

    def ready(self) -> None:
        from workmail.accounts import sessions
        from workmail.directory.signals import entity_disabled

        entity_disabled.connect(sessions.end_all_of_disabled, dispatch_uid="accounts.sessions")
