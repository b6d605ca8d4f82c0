"""Pages below /sandbox: the panel with the faults, and small pages to look at and edit issues as a person."""

from werkzeug.wrappers import Request

from .ask import Answer, page
from .webhooks import Courier
from .world import World


class Pages:
    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    def answer(self, request: Request) -> Answer:
        return page(404, "")
