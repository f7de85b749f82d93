from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "workmail.operations"
    label = "operations"

    def ready(self) -> None:
        from workmail.operations import checks  # noqa: F401  (registers them)
