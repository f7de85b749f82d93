from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "mailapp.contacts"
    label = "contacts"
