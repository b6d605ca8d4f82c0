"""All rules, by family, in a fixed order."""

from tieline.diagnosis.rules.addresses import ADDRESSES
from tieline.diagnosis.rules.auth_cloud import AUTH_CLOUD
from tieline.diagnosis.rules.auth_dc import AUTH_DC
from tieline.diagnosis.rules.auth_sent import AUTH_SENT
from tieline.diagnosis.rules.connect import CONNECT
from tieline.diagnosis.rules.interface import INTERFACE
from tieline.diagnosis.rules.kit import Rule
from tieline.diagnosis.rules.messages import MESSAGES
from tieline.diagnosis.rules.network import NETWORK
from tieline.diagnosis.rules.oauth import OAUTH
from tieline.diagnosis.rules.outfit import OUTFIT
from tieline.diagnosis.rules.permissions import PERMISSIONS
from tieline.diagnosis.rules.projects import PROJECTS
from tieline.diagnosis.rules.proxies import PROXIES
from tieline.diagnosis.rules.redirects import REDIRECTED
from tieline.diagnosis.rules.site_state import SITE_STATE
from tieline.diagnosis.rules.tls import TLS

RULES: tuple[Rule, ...] = tuple(
    rule
    for family in (
        NETWORK, TLS, OUTFIT, PROXIES, ADDRESSES, REDIRECTED, SITE_STATE, AUTH_CLOUD, AUTH_SENT, AUTH_DC, OAUTH, CONNECT, PROJECTS, PERMISSIONS, INTERFACE,
        MESSAGES,
    )
    for rule in family.rules
)  # fmt: skip
