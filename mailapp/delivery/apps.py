from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "mailapp.delivery"
    label = "delivery"

    def ready(self) -> None:
        from mailapp.delivery import signals  # noqa: F401  (connects the receivers)
