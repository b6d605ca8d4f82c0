"""The catalogue: for each cause its words and its remedy. One page in ``docs/problems`` each."""

from __future__ import annotations

from collections.abc import Mapping

from tieline.diagnosis.catalogue import (
    addresses,
    auth_cloud,
    auth_dc,
    interface,
    network,
    oauth,
    outfit,
    own,
    permissions,
    proxies,
    site_state,
)
from tieline.diagnosis.finding import CatalogueEntry

FAMILIES: Mapping[str, tuple[CatalogueEntry, ...]] = {
    "Network and certificates": network.ENTRIES,
    "What a connection brings along": outfit.ENTRIES,
    "Proxies, firewalls and filters": proxies.ENTRIES,
    "Addresses and redirects": addresses.ENTRIES,
    "State of the site": site_state.ENTRIES,
    "Login at Jira Cloud": auth_cloud.ENTRIES,
    "Login at Data Center": auth_dc.ENTRIES,
    "OAuth, application links and Connect": oauth.ENTRIES,
    "Permissions": permissions.ENTRIES,
    "Interface, limits and mapping": interface.ENTRIES,
    "Where Tieline itself stops": own.ENTRIES,
}
CATALOGUE: Mapping[str, CatalogueEntry] = {entry.slug: entry for entries in FAMILIES.values() for entry in entries}
OWN_SLUGS = frozenset(
    {
        "answer-not-http", "answer-unreadable", "field-not-on-screen", "field-required", "field-value-refused",
        "guard-metadata-address", "guard-not-allowed", "guard-private-address", "issue-type-missing", "jira-answers-slowly",
        "jira-internal-fault", "perm-link-issue", "perm-schedule-issue", "perm-transition-issue", "proxy-address-unreadable", "proxy-unreachable",
        "tls-expires-soon",
        "tls-file-unreadable", "url-http-instead-of-https", "version-name-taken", "webhook-not-possible", "workflow-no-route", "workflow-transition-refused",
    }
) | own.CONDITIONS  # fmt: skip
"""Causes that Tieline names itself, besides those of the failure study."""
