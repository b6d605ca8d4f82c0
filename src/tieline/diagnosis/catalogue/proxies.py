"""Forward proxies, firewalls, filters and reverse proxies (family C)."""

from __future__ import annotations

from tieline.diagnosis.catalogue.kit import CONNECTION, RECORD, RETRY, admin, ask, entry, network, operator, you

ENTRIES = (
    entry(
        "proxy-required",
        title="Traffic to {host} has to leave through the network's proxy",
        seen="A connect time-out, or 502 without any header of Jira's, while the same settings work elsewhere.",
        means="The network lets traffic out only through its proxy, and this call went without it.",
        known_by="Time-outs to public hosts, or an answer for an Atlassian host without Atlassian's headers.",
        do=(
            operator("Set the proxy's address in Tieline's settings; it is used for every call."),
            network("Tell the address of the proxy and whether it asks for a login."),
        ),
        response=RETRY,
    ),
    entry(
        "proxy-tunnel-failed",
        title="The forward proxy did not open a tunnel to {host}",
        seen="`Tunnel connection failed: 403 Forbidden`, `tunneling socket could not be established`.",
        means="The proxy did not connect to {host}. The number in the message is the proxy's, not Jira's.",
        known_by="The message speaks of a tunnel, so Jira was never reached.",
        do=(
            network("Allow {host} on the proxy, or find out why the proxy cannot reach it."),
            operator("Leave the proxy out for internal hosts (NO_PROXY)."),
        ),
        response=RETRY,
        probe="Ask the same without the proxy.",
    ),
    entry(
        "proxy-auth-required",
        title="The forward proxy wants a login of its own",
        seen="407, `Proxy Authentication Required`.",
        means="The proxy on the way out asks who is calling. That login has nothing to do with Jira's.",
        known_by="Status 407 (proxy authentication required) is a proxy's; Jira never sends it.",
        do=(
            operator("Enter the proxy's user and password in Tieline's settings."),
            network("Give Tieline an account on the proxy, or let it pass without one."),
        ),
        response=CONNECTION,
    ),
    entry(
        "proxy-should-be-bypassed",
        title="A proxy is asked for {host}, and cannot find it",
        seen="502 `Bad Gateway (response indicates a DNS error)` for an internal host.",
        means="Traffic to an internal Jira goes through a proxy that knows only public names.",
        known_by="The answer is a proxy's page about a name that it cannot resolve.",
        do=(operator("Add {host} to the hosts that are reached without the proxy (NO_PROXY)."),),
        response=CONNECTION,
    ),
    entry(
        "proxy-or-firewall-generic",
        title="Something in front of Jira answered, not Jira",
        seen="403 or 503 with a page of neither Jira nor Atlassian, or with an empty body.",
        means="A firewall or gateway between here and Jira answered in its place.",
        known_by="None of Jira's own headers is on the answer.",
        do=(
            network(
                "Let calls from this server to {host} under /rest/ pass, and quote the page's reference number when asking."
            ),
            you("Open the evidence and read the page: it often names the product that wrote it."),
        ),
        response=CONNECTION,
    ),
    entry(
        "proxy-strips-authorization",
        title="The login is lost on the way to Jira",
        seen="Answers as to a stranger, without `X-Seraph-LoginReason`, though a login was sent.",
        means="A proxy, gateway or redirect between here and Jira removes the Authorization header.",
        known_by="Jira names the outcome of each login it reads; here it names none, not even for a made-up one.",
        do=(
            network("Let the proxy in front of Jira pass the Authorization header unchanged."),
            you("Use the final address of Jira, without a redirect on the way."),
        ),
        response=CONNECTION,
        probe="Send a made-up password: if AUTHENTICATED_FAILED does not appear, the header is lost.",
    ),
    entry(
        "waf-user-agent",
        title="A filter refuses this program by its name",
        seen="403 for one tool, 200 for another with the same token.",
        means="A filter in front of Jira judges the User-Agent header and blocks names it does not like.",
        known_by="403 without a word of Jira's, where Jira would answer a refused token with 401.",
        do=(
            network("Allow the program name that the evidence shows, for paths under /rest/."),
            you("Check again after that; the credential is not at fault."),
        ),
        response=CONNECTION,
    ),
    entry(
        "waf-html-block",
        title="A web application filter blocks the calls to {host}",
        seen="403 or 503 with `Attention Required! | Cloudflare`, `The requested URL was rejected`, `Access Denied`.",
        means="A filter in front of Jira takes Tieline for an attacker. Jira itself was not reached.",
        known_by="The page or a header carries the filter's mark, and no header of Jira's is there.",
        do=(
            network(
                "Allow this server's outgoing address for {host} under /rest/, and quote the reference number on the page."
            ),
        ),
        response=CONNECTION,
    ),
    entry(
        "client-get-with-body",
        title="Atlassian's network refuses a GET that carries a body",
        seen="400 or 403 with `The request could not be satisfied` and `Generated by cloudfront`.",
        means="Since early 2025 the network in front of Jira Cloud refuses GET requests with a body. Older client libraries "
        "send one. The credential is not at fault.",
        known_by="The page is CloudFront's, and only GET requests fail.",
        do=(you("Update the tool or library that sent it; Tieline sends no body on GET."),),
        response=RECORD,
        probe="Repeat the same GET without a body: it passes.",
    ),
    entry(
        "edge-html-400",
        title="The request was refused before Jira read it",
        seen="400 with `HTTP Status 400 – Bad Request` as a web page.",
        means="A web server in front of Jira's interface found the request malformed or its headers too large. Jira itself would "
        "have answered in JSON.",
        known_by="A web page with status 400 (bad request), where Jira answers in JSON.",
        do=(
            you("Check again; some of these pass by themselves."),
            admin("Look in the web server's log for the request, by its time."),
        ),
        response=RETRY,
        url="https://support.atlassian.com/jira/kb/how-to-handle-http-400-bad-request-errors-on-jira-search-rest-api-endpoint",
        request=ask(
            "A call to Jira's interface is refused with 400 (bad request) before Jira reads it.",
            "The access log of the web server or proxy in front of Jira, at the time in the evidence.",
            "Repeat the call from the evidence: JSON comes back.",
        ),
    ),
)
