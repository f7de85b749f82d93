from django.apps import AppConfig


class MailWebConfig(AppConfig):
    name = "mailapp.web"
    label = "mail"
