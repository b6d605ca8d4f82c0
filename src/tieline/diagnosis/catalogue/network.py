"""Names, connections, time-outs, certificates (families A and B)."""

from __future__ import annotations

from tieline.diagnosis.catalogue.kit import CONNECTION, RETRY, admin, ask, entry, network, operator, you

ENTRIES = (
    entry(
        "net-dns-failure",
        title="The name of {host} does not exist for this server",
        seen="`Name or service not known`, `getaddrinfo ENOTFOUND`, `no such host`, `UnknownHostException`.",
        means="The name server that this machine asks has no entry for {host}: it is mistyped, known only inside another "
        "network, or was put together from an empty setting.",
        known_by="The name could not be resolved; nothing was sent.",
        do=(
            you("Compare {host} letter by letter with the address in the browser."),
            network("Publish the name to the name server that this machine uses, when {host} is an internal Jira."),
            operator("Run Tieline where the internal names are known, when they cannot be published."),
        ),
        response=CONNECTION,
        probe="Resolve a well-known public name from the same machine: if that fails too, the name server is at fault.",
    ),
    entry(
        "net-dns-temporary",
        title="The name server does not answer",
        seen="`Temporary failure in name resolution`, `EAI_AGAIN`, `[Errno -3]`.",
        means="This machine asked its name server for {host} and got no answer, so nothing is known about the address itself.",
        known_by="The resolver reported a temporary failure, which says nothing about the name.",
        do=(
            operator("Check the name server settings of this machine or container."),
            network("Restore the name server, or the tunnel through which it is reached."),
        ),
        response=RETRY,
    ),
    entry(
        "net-connection-refused",
        title="Nothing listens at {host} on that port",
        seen="`Connection refused`, `ECONNREFUSED`, `[Errno 111]`.",
        means="The machine exists and answered that no program accepts connections on the port: Jira is down, or it listens "
        "on another port.",
        known_by="The connection was refused actively, which a firewall that drops packets does not do.",
        do=(
            you("Check scheme and port of {address} against the address that works in the browser."),
            admin("Start Jira, or tell on which address and port it listens."),
        ),
        response=RETRY,
        probe="Try a bare connection to ports 443, 80, 8080 and 8443 of the same host.",
        request=ask(
            "Jira refuses connections on the address above. Is it running, and on which port does it listen?",
            "On the machine of Jira: the connectors in server.xml, and the service itself.",
            "Open the address from the network of the Tieline server.",
        ),
    ),
    entry(
        "net-connect-timeout",
        title="No connection to {host}: packets get no reply",
        seen="`Connection timed out`, `ConnectTimeout`, `[Errno 110]`, `i/o timeout`.",
        means="Packets to {host} vanish on the way: a firewall drops them, traffic may leave only through a proxy, or the "
        "address belongs to a network that is not reached from here.",
        known_by="The connection came to no end within five seconds, neither accepted nor refused.",
        do=(
            network("Open the way from this server's outgoing address to {host}, port 443."),
            operator("Set the proxy in Tieline's settings, when traffic may leave only through one."),
        ),
        response=RETRY,
    ),
    entry(
        "net-read-timeout",
        title="{host} accepted the question and did not answer in time",
        seen="`Read timed out`, `ReadTimeout`.",
        means="The connection stood, and no complete answer came within the time: Jira is busy, one question is too large, or "
        "something on the way swallows answers.",
        known_by="Connecting and TLS succeeded; only the answer is missing.",
        do=(
            you("Check again; one slow moment passes by itself."),
            admin("Look at Jira's load and slow queries at that time."),
        ),
        response=RETRY,
        probe="Ask /status (Data Center) or serverInfo with the same limit: fast means that only the one question is slow.",
        request=ask(
            "Jira takes longer than 30 seconds to answer. We ask you to look at its load at that time.",
            "Administration > System > System info, and atlassian-jira.log.",
            "Open any issue of the project: it should load within a few seconds.",
        ),
    ),
    entry(
        "net-connection-reset",
        title="The connection to {host} was cut off",
        seen="`Connection reset by peer`, `Remote end closed connection without response`, `socket hang up`.",
        means="Something closed the connection before an answer was complete: a firewall, a proxy, or a server that speaks "
        "another protocol on that port.",
        known_by="The connection stood and was then closed from the other side.",
        do=(
            you("Check again; an old connection that was reused ends like this once."),
            you("Compare scheme and port of {address} with the address in the browser."),
            network("Look for a rule that resets connections from this server to {host}."),
        ),
        response=RETRY,
        probe="Repeat on a fresh connection: success means an old one was reused.",
    ),
    entry(
        "tls-untrusted-ca",
        title="The certificate of {host} comes from an authority that is not trusted here",
        seen="`unable to get local issuer certificate`, `self-signed certificate in certificate chain`, `unknown authority`, "
        "`PKIX path building failed`.",
        means="The certificate was issued by {issuer}. Browsers in the company know that authority; this server does not.",
        known_by="The chain ends at an issuer that is neither public nor in this server's store.",
        do=(
            operator("Give Tieline the authority's certificate as a CA file, in the connection's settings."),
            network("Hand out the certificate of the company's authority (PEM file)."),
        ),
        response=CONNECTION,
        url="https://confluence.atlassian.com/kb/unable-to-connect-to-ssl-services-due-to-pkix-path-building-failed-error-779355358.html",
    ),
    entry(
        "tls-missing-intermediate",
        title="{host} sends its certificate without the one that signed it",
        seen="`unable to verify the first certificate`, `unable to get local issuer certificate`, while browsers work.",
        means="The server sends only its own certificate. Browsers fetch the missing one by themselves; programs do not.",
        known_by="The chain holds one certificate, and its issuer is a public intermediate authority.",
        do=(
            admin("Install the full chain (certificate and intermediate) on Jira or on the proxy in front of it."),
            operator("Add the intermediate certificate as a CA file until then."),
        ),
        response=CONNECTION,
        request=ask(
            "The server of Jira sends an incomplete certificate chain: the intermediate certificate is missing.",
            "The TLS settings of the reverse proxy, or the keystore of Jira's Tomcat.",
            "Run openssl s_client -showcerts against the host: it lists two or more certificates.",
        ),
    ),
    entry(
        "tls-self-signed",
        title="The certificate of {host} is signed by itself",
        seen="`self-signed certificate`, `DEPTH_ZERO_SELF_SIGNED_CERT`.",
        means="No authority stands behind the certificate; whoever answers could have made it.",
        known_by="Issuer and subject of the certificate are the same.",
        do=(
            admin("Give Jira a certificate issued by an authority."),
            operator(
                "Trust exactly this certificate, as a CA file of the connection, when it has been compared by hand."
            ),
        ),
        response=CONNECTION,
        request=ask(
            "Jira shows a certificate that is signed by itself. We ask for one that an authority issued.",
            "The TLS settings of the reverse proxy, or the keystore of Jira's Tomcat.",
            "Open Jira in a browser: no certificate warning appears.",
        ),
    ),
    entry(
        "tls-corporate-interception",
        title="Something between here and Atlassian re-signs the traffic",
        seen="`certificate signed by unknown authority` for a host under atlassian.net.",
        means="Atlassian's certificates always come from a public authority. This one comes from {issuer}, so a proxy that "
        "inspects traffic answers in Atlassian's name, or this machine has no list of authorities.",
        known_by="The host is Atlassian's, and its certificate is not trusted.",
        do=(
            network(
                "Exempt atlassian.net and api.atlassian.com from inspection, or hand out the inspection authority's certificate."
            ),
            operator(
                "Give Tieline that certificate as a CA file, or install the package ca-certificates when the list is empty."
            ),
        ),
        response=CONNECTION,
    ),
    entry(
        "tls-expired",
        title="The certificate of {host} is out of date",
        seen="`certificate has expired`, `CERT_HAS_EXPIRED`.",
        means="The certificate is outside the time for which it was issued (it ends {expires}), or this machine's clock is wrong.",
        known_by="The dates in the certificate, compared with the clock.",
        do=(
            admin("Renew the certificate of Jira or of the proxy in front of it."),
            operator("Compare this machine's clock with the real time."),
        ),
        response=CONNECTION,
        probe="Compare the dates of each certificate in the chain with the clock, and the clock with an answer's Date header.",
        request=ask(
            "The certificate of Jira has run out. We ask you to renew it.",
            "The TLS settings of the reverse proxy, or the keystore of Jira's Tomcat.",
            "Open Jira in a browser and look at the certificate's dates.",
        ),
    ),
    entry(
        "tls-hostname-mismatch",
        title="The certificate is not one for {host}",
        seen="`Hostname mismatch`, `doesn't match either of`, `ERR_CERT_COMMON_NAME_INVALID`.",
        means="The server shows a certificate for {names}. The address is an alias, an old name or an IP address.",
        known_by="The names in the certificate, compared with the name asked for.",
        do=(
            you("Use a name that the certificate carries: {names}."),
            admin("Add {host} to the certificate, when the name has to stay."),
        ),
        response=CONNECTION,
        request=ask(
            "The certificate does not carry the name by which Jira is called.",
            "The request for the certificate: add the name as a subject alternative name.",
            "Open Jira by that name in a browser: no warning appears.",
        ),
    ),
    entry(
        "tls-version",
        title="{host} and Tieline share no TLS version",
        seen="`unsupported protocol`, `handshake failure`, `EOF occurred in violation of protocol`.",
        means="The server offers only protocols or ciphers that are no longer safe, or ends the handshake at once.",
        known_by="The handshake began and ended without agreement.",
        do=(admin("Enable TLS 1.2 or 1.3 on Jira or on the proxy in front of it."),),
        response=CONNECTION,
        probe="Shake hands once per version; if none works and plain HTTP answers, the port does not speak TLS.",
        request=ask(
            "Jira does not offer TLS 1.2 or newer.",
            "The TLS settings of the reverse proxy, or of Jira's Tomcat connector.",
            "Run openssl s_client -tls1_2 against the host: it connects.",
        ),
    ),
    entry(
        "tls-on-plain-port",
        title="The port of {host} speaks plain HTTP, not TLS",
        seen="`WRONG_VERSION_NUMBER`, `first record does not look like a TLS handshake`, `ssl_error_rx_record_too_long`.",
        means="The address begins with https://, and what listens on that port answers in clear text.",
        known_by="The first bytes of the answer are not a TLS record.",
        do=(
            you("Use the port on which Jira speaks TLS, or http:// with this one when the network is trusted."),
            admin("Put TLS in front of Jira, when there is none."),
        ),
        response=CONNECTION,
        request=ask(
            "The port speaks plain HTTP. On which address does Jira answer with TLS?",
            "The connectors in server.xml, or the reverse proxy.",
            "Open the https:// address in a browser.",
        ),
    ),
    entry(
        "tls-client-cert-required",
        title="{host} wants a client certificate",
        seen="`400 No required SSL certificate was sent`, `certificate required`.",
        means="A proxy in front of Jira lets in only programs that show a certificate of their own.",
        known_by="The refusal comes before any header of Jira's.",
        do=(
            admin("Issue a client certificate for Tieline, or name a way to Jira's interface that asks for none."),
            operator("Enter certificate and key in the connection's settings."),
        ),
        response=CONNECTION,
        request=ask(
            "The proxy in front of Jira asks for a client certificate. We need one for Tieline, or an address without it.",
            "The reverse proxy in front of Jira.",
            "Call /rest/api/2/serverInfo with the certificate: JSON comes back.",
        ),
    ),
)
