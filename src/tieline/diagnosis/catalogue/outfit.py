"""What a connection brings along (certificate files, a proxy), what will end soon, and a Jira that is slow."""

from __future__ import annotations

from tieline.diagnosis.catalogue.kit import CONNECTION, RETRY, admin, ask, entry, network, operator, you

ENTRIES = (
    entry(
        "tls-file-unreadable",
        title="A certificate file of this connection cannot be used",
        seen="`A certificate file cannot be read`, and no call was made.",
        means="The connection names a file with certificates of its own: an authority to trust, or a client certificate "
        "with its key. That file is missing, may not be read by Tieline, or does not hold PEM text of that kind.",
        known_by="Tieline opens the files before it calls; the system's own words say which step stopped.",
        do=(
            operator("Put the file where the connection names it, readable for the user that Tieline runs as."),
            you(
                "Compare the names in the connection: the authority, the client certificate and its key are three files."
            ),
        ),
        response=CONNECTION,
        probe="Open the file with `openssl x509 -in FILE -noout -subject`: it names the certificate or says what is wrong.",
    ),
    entry(
        "proxy-address-unreadable",
        title="The proxy's address of this connection cannot be read",
        seen="`The proxy's address does not start with http:// or https://`, and no call was made.",
        means="The connection goes through a forward proxy, and its address has no scheme, no host name, or another kind "
        "of scheme.",
        known_by="The address was looked at before anything was sent.",
        do=(you("Write the proxy as http://proxy.acme.io:3128, with its scheme and port."),),
        response=CONNECTION,
    ),
    entry(
        "proxy-unreachable",
        title="The forward proxy on the way to {host} is not there",
        seen="Every call ends at once or after five seconds, and the address named is the proxy's.",
        means="This connection leaves through a forward proxy. The proxy's name does not resolve, its port is closed, or "
        "packets to it get no reply. Nothing is known about Jira itself.",
        known_by="With a proxy, the only connection that is opened is the one to the proxy.",
        do=(
            operator("Compare the proxy's address and port in the connection's settings."),
            network("Start the proxy, or open the way to it from this server."),
        ),
        response=RETRY,
        probe="Open a connection to the proxy's port from this server.",
    ),
    entry(
        "tls-expires-soon",
        title="The certificate of {host} ends on {expires}",
        seen="Everything works today.",
        means="The server's certificate ends in less than 30 days. From that day on Tieline refuses it, as browsers do, and "
        "nothing is sent until there is a new one.",
        known_by="The last day that stands in the certificate, against the time of the check.",
        do=(
            admin("Renew the certificate of {host} before {expires}."),
            network("Renew it on the proxy, where a proxy in front of Jira holds it."),
        ),
        response=RETRY,
        request=ask(
            "The certificate of {host} ends on {expires}. We ask you to renew it before that day.",
            "The web server or reverse proxy in front of Jira.",
            "Open {address} in a browser and look at the certificate's dates.",
        ),
    ),
    entry(
        "jira-answers-slowly",
        title="{host} answers, but too slowly for one check",
        seen="Steps of the check are not run: the time for one check was up.",
        means="Each answer came, and together they took longer than one check may last. Jira or the network between is busy; "
        "work goes on, slowly.",
        known_by="The time that each answer took, measured here.",
        do=(
            you("Check again at a quieter time."),
            admin("Look at Jira's load and slow queries at that time."),
            network("Measure the way between here and {host}: each answer waits for it once or more."),
        ),
        response=RETRY,
        probe="Ask serverInfo a few times and look at the times: even answers point at the network, uneven ones at Jira's load.",
        request=ask(
            "Jira takes seconds to answer simple questions. We ask you to look at its load at that time.",
            "Administration > System > System info, and atlassian-jira.log.",
            "Open any issue of the project: it should load within a few seconds.",
        ),
    ),
)
