from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "mailapp.files"
    label = "files"
