"""Fill a fresh site: the sample plan, real issues from a file, or nothing but the projects."""

from .world import World


def fill(world: World) -> None:
    """Fill the world as its options say."""
