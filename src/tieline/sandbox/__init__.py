"""An honest Jira look-alike: both editions, in memory, with faults that can be switched on."""

from .faults import FAULTS, Fault
from .options import SandboxOptions
from .server import Sandbox

__all__ = ["FAULTS", "Fault", "Sandbox", "SandboxOptions"]
