"""The state of a Cloud site or of a Jira node (family E)."""

from __future__ import annotations

from tieline.diagnosis.catalogue.kit import CONNECTION, RETRY, admin, ask, entry, operator, you

STATUS_PAGE = "https://support.atlassian.com/jira/kb/jira-status-endpoint-response-meanings/"
ACCESS_PAGE = "https://support.atlassian.com/user-management/docs/give-users-access-to-products/"

ENTRIES = (
    entry(
        "cloud-site-unavailable",
        title="No Jira Cloud site answers under {host}",
        seen="404 or 503 with `Atlassian Cloud Notifications - Page Unavailable`, or the header `Atl-Missing-Tcs`.",
        means="Atlassian's network knows no living site of this name: it is mistyped, was deactivated or suspended, or Atlassian "
        "has an outage.",
        known_by="The page or header is that of Atlassian's edge, not of Jira.",
        do=(
            you("Compare the site's name with the address in the browser."),
            admin("Reactivate the site, or settle its billing, at admin.atlassian.com."),
            you("Look at status.atlassian.com for an outage."),
        ),
        response=CONNECTION,
        url="https://status.atlassian.com/",
        probe="Ask /_edge/tenant_info: a cloud id means that the site exists; 404 that it does not. Then /status: 503 means deactivated.",
        request=ask(
            "The Jira Cloud site does not answer. Is it active, and has it been renamed?",
            "admin.atlassian.com > the organisation > Sites, and Billing.",
            "Open the site in a browser.",
        ),
    ),
    entry(
        "cloud-site-renamed",
        title="The site was renamed to {target_host}",
        seen="302 from one atlassian.net name to another; a POST that was followed ends with 405 (method not allowed).",
        means="The old name of the site redirects to the new one. Programs do not follow, because a write would be lost on the way.",
        known_by="Location names another site under atlassian.net.",
        do=(you("Enter https://{target_host} as the address; links and mapping stay."),),
        response=CONNECTION,
        url="https://jira.atlassian.com/browse/AX-715",
    ),
    entry(
        "cloud-no-jira-product",
        title="The Cloud site at {host} has no Jira",
        seen="The site exists, and /rest/api/3/serverInfo answers 404 (not found).",
        means="The site was found, but Jira is not among its products: it was never added, its trial is over, or only "
        "Confluence is used there.",
        known_by="The site tells its cloud id, and Jira's serverInfo is missing.",
        do=(
            you("Check whether Jira lives on another site of the organisation."),
            admin("Add Jira to the site at admin.atlassian.com."),
        ),
        response=CONNECTION,
        request=ask(
            "The site above has no Jira. On which site does it live, or can it be added?",
            "admin.atlassian.com > the organisation > Products.",
            "Open the site: Jira stands in the product list.",
        ),
    ),
    entry(
        "agile-not-licensed",
        title="{account} has no access to Jira Software",
        seen="403 for paths under /rest/agile.",
        means="Boards and sprints belong to Jira Software. The account may use Jira, but not that part of it, or the site lacks it.",
        known_by="Only board calls are refused.",
        do=(
            admin("Give {account} access to Jira Software."),
            you("Leave boards and sprints out of the mapping, when it is not to have access."),
        ),
        response=CONNECTION,
        url=ACCESS_PAGE,
        probe="Ask /myself with expand=applicationRoles: it lists the products of the account.",
        request=ask(
            "{account} needs access to Jira Software (boards).",
            "Cloud: admin.atlassian.com > Directory > Users > the account > Product access. Data Center: Administration > Applications > Application access.",
            "Sign in as the account and open a board.",
        ),
    ),
    entry(
        "cloud-user-no-product-access",
        title="{account} has no access to Jira on this site",
        seen="The login is accepted, and no project is visible.",
        means="The Atlassian account exists, but belongs to no group that may use Jira here; or it belongs to another site.",
        known_by="The account is known, and its list of Jira roles or projects is empty.",
        do=(
            admin("Give {account} access to Jira on this site."),
            you("Check that address and account belong to the same site."),
        ),
        response=CONNECTION,
        url=ACCESS_PAGE,
        probe="Ask /myself with expand=groups,applicationRoles.",
        request=ask(
            "{account} needs access to Jira on this site.",
            "admin.atlassian.com > Directory > Users > the account > Product access > Jira.",
            "Sign in as the account: its projects are listed.",
        ),
    ),
    entry(
        "cloud-ip-allowlist",
        title="The organisation's IP allowlist does not hold this server",
        seen="`The IP address has been rejected because it is not on the allowedlist.`",
        means="The Jira Cloud organisation lets in only addresses on its list, and this server's outgoing address is not on it.",
        known_by="Jira's answer names the list.",
        do=(
            operator("Find out this server's outgoing address."),
            admin("Add that address to the IP allowlist."),
        ),
        response=CONNECTION,
        url="https://support.atlassian.com/security-and-access-policies/docs/specify-ip-addresses-for-product-access/",
        request=ask(
            "The outgoing address of the Tieline server has to be on the IP allowlist.",
            "admin.atlassian.com > Security > IP allowlists.",
            "Run the check of the connection again.",
        ),
    ),
    entry(
        "jira-maintenance",
        title="Jira is in maintenance",
        seen="503 with `MAINTENANCE` at /status.",
        means="Jira's start is waiting for a reindex. It comes back by itself.",
        known_by="Jira's own status page says so, without a login.",
        do=(
            you("Wait a little; Tieline tries again and sends everything held, in order."),
            admin("Look at the progress of the reindex, when it takes long."),
        ),
        response=RETRY,
        url=STATUS_PAGE,
        request=ask(
            "Jira reports MAINTENANCE. When is it expected back?",
            "Administration > System > Indexing.",
            "Open /status: it says RUNNING.",
        ),
    ),
    entry(
        "jira-starting",
        title="Jira is starting or stopping",
        seen="`STARTING`, `STOPPING` or `FIRST_RUN` at /status; other calls 503 (service unavailable).",
        means="The node answers already or still, but is not ready. FIRST_RUN means that its set-up was not finished.",
        known_by="Jira's own status page; only RUNNING means ready.",
        do=(
            you("Wait a little; Tieline tries again and sends everything held, in order."),
            admin("Finish the set-up, when the state is FIRST_RUN."),
        ),
        response=RETRY,
        url=STATUS_PAGE,
        request=ask(
            "Jira does not reach the state RUNNING.",
            "/status on the node, and atlassian-jira.log.",
            "Open /status: it says RUNNING.",
        ),
    ),
    entry(
        "jira-error-state",
        title="Jira could not start",
        seen="500 with `ERROR` at /status.",
        means="Something keeps Jira from starting: its database, a lock file, its licence. It does not come back by itself.",
        known_by="Jira's own status page.",
        do=(admin("Read atlassian-jira.log for the reason and start Jira again."),),
        response=RETRY,
        url=STATUS_PAGE,
        request=ask(
            "Jira reports that it could not start.",
            "atlassian-jira.log on the node.",
            "Open /status: it says RUNNING.",
        ),
    ),
    entry(
        "gateway-5xx",
        title="A proxy in front of Jira got no answer from it",
        seen="502, 503 or 504 with `Bad Gateway`, `Proxy Error`, `Gateway Time-out`.",
        means="The proxy works and Jira behind it does not answer: it is down, busy with a slow question, or elsewhere.",
        known_by="The page is the proxy's; none of Jira's headers is on it.",
        do=(
            you("Wait a little; Tieline tries again by itself."),
            admin("Check that Jira runs, and that the proxy points to it."),
        ),
        response=RETRY,
        request=ask(
            "The proxy in front of Jira answers with 502, 503 or 504 (bad gateway, unavailable, time-out).",
            "The proxy's log, and /status on the node itself.",
            "Open /status through the proxy: it says RUNNING.",
        ),
    ),
    entry(
        "jira-internal-fault",
        title="Jira failed inside while answering",
        seen="500 (internal server error), sometimes with a trace.",
        means="Jira took the request and failed while working on it. The request may or may not have had an effect.",
        known_by="Status 500 from Jira itself, and not from its status page.",
        do=(
            you("Wait a little; Tieline looks whether anything was written before it sends again."),
            admin("Read atlassian-jira.log at the time in the evidence, when it stays."),
        ),
        response=RETRY,
        request=ask(
            "A call to Jira's interface ends inside Jira with status 500.",
            "atlassian-jira.log at the time in the evidence (Cloud: Atlassian support, with the trace id).",
            "Repeat the call from the evidence.",
        ),
    ),
    entry(
        "rest-api-disabled",
        title="Jira's interface for programs is switched off",
        seen="503 with `Rest API is disabled`.",
        means="An administrator or an app closed the REST interface, for everybody or for some.",
        known_by="The page says so itself.",
        do=(admin("Allow {account} to use the REST interface."),),
        response=CONNECTION,
        request=ask(
            "The REST interface is switched off for {account}.",
            "Administration > Manage apps > the app that guards the REST interface.",
            "Call /rest/api/2/myself as the account: JSON comes back.",
        ),
    ),
    entry(
        "licence-expired",
        title="A licence of Jira or of an app has ended",
        seen="Reads work and creating is refused, or 401 `Unauthorized access` from an app.",
        means="Without a valid licence Jira lets people read and refuses new issues; apps refuse their own calls.",
        known_by="The text of the answer, or a refusal page without Jira's own line about the login.",
        do=(admin("Renew the licence."),),
        response=CONNECTION,
        probe="Ask /rest/plugins/applications/1.0/installed/jira-software/license as an administrator.",
        request=ask(
            "A licence seems to have ended.",
            "Administration > Applications > Versions & licenses, and Manage apps.",
            "Create an issue by hand: it is accepted.",
        ),
    ),
)
