from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "tieline.web"
    label = "web"
