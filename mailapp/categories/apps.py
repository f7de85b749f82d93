from django.apps import AppConfig


class CategoriesConfig(AppConfig):
    name = "mailapp.categories"
    label = "categories"
