"""Addresses, context paths and redirects (family D)."""

from __future__ import annotations

from tieline.diagnosis.catalogue.kit import CONNECTION, RECORD, admin, ask, entry, network, operator, you

BASE_URL_PAGE = "https://confluence.atlassian.com/adminjiraserver/configuring-the-base-url-938847830.html"
PROXY_PAGE = (
    "https://confluence.atlassian.com/kb/reverse-proxy-and-application-link-troubleshooting-guide-719095279.html"
)

ENTRIES = (
    entry(
        "url-scheme",
        title="{address} cannot be used as it stands",
        seen="`No scheme supplied`, `unsupported protocol scheme`, or https:// twice.",
        means="An address needs one scheme (https://), a host name, and nothing that a program cannot read.",
        known_by="The client refused it before anything was sent.",
        do=(you("Write the address as https://host, with a port or a path only where Jira needs one."),),
        response=CONNECTION,
    ),
    entry(
        "url-not-base",
        title="The address is a page of Jira, not its beginning",
        seen="An address with /browse/, /projects/, /secure/ or a question mark in it; calls answer 404 (not found) or a page.",
        means="A link to a page was pasted. Programs need the address where Jira begins: scheme, host, and a path such as /jira "
        "only where a self-hosted Jira has one.",
        known_by="The path in the setting is that of a page.",
        do=(you("Cut the address down to its beginning; Tieline offers this repair with one click."),),
        response=CONNECTION,
    ),
    entry(
        "url-extra-path",
        title="Something stands between the host and Jira's interface",
        seen="404 with `Oops, you've found a dead link`, or Atlassian's notice page.",
        means="The site lives, but the path asked for does not exist: the address already holds /rest/api/2, /jira or a page's path.",
        known_by="A living Jira site answered for a path that it does not have.",
        do=(you("Use https://{host} without any path."),),
        response=CONNECTION,
        probe="Ask /rest/api/2/serverInfo directly below the host: JSON proves host and product.",
    ),
    entry(
        "url-cloud-with-context-path",
        title="Jira Cloud has no /jira in its interface address",
        seen="404 for paths that begin with /jira/rest, though the login is accepted.",
        means="/jira belongs to the pages of Cloud and to self-hosted Jira. The interface of Cloud begins right after the host.",
        known_by="The answer names the signed-in account and still says 404 (not found).",
        do=(you("Use https://{host} without /jira."),),
        response=CONNECTION,
    ),
    entry(
        "url-wrong-context-path",
        title="Jira is not at this path of {host}",
        seen="404 from the web server (`was not found on this server`, `nginx`), while the browser works under another path.",
        means="The host is right, and Jira lives under another path, most often /jira.",
        known_by="The web server answered, without any header of Jira's.",
        do=(
            you("Copy the address of any Jira page from the browser and keep what stands before /browse or /secure."),
            admin("Tell the base URL from Administration > System > General configuration."),
        ),
        response=CONNECTION,
        url=BASE_URL_PAGE,
        probe="Ask /jira/rest/api/2/serverInfo on the same host: JSON proves the path.",
        request=ask(
            "Tieline needs the base URL of Jira.",
            "Administration > System > General configuration > Base URL.",
            "Open base URL + /rest/api/2/serverInfo: JSON comes back.",
        ),
    ),
    entry(
        "url-trailing-slash",
        title="Two slashes stand before /rest",
        seen="404 for a path that begins with //rest.",
        means="The address ends with a slash and the client adds another. Newer Data Center does not forgive it.",
        known_by="The path of the request.",
        do=(you("Remove the slash at the end of the address."),),
        response=CONNECTION,
        probe="Repeat with one slash.",
    ),
    entry(
        "url-missing-rest-suffix",
        title="The path lacks /rest",
        seen="404 for a path that begins with /api/2.",
        means="Some tools want the address with /rest at its end, others without; here it was left out.",
        known_by="The path of the request.",
        do=(you("Add /rest in the tool that asks for it; Tieline wants the address without."),),
        response=CONNECTION,
    ),
    entry(
        "url-https-instead-of-http",
        title="{host} may serve plain http only",
        seen="Connection refused on port 443.",
        means="The address begins with https://, and this Jira may have no TLS.",
        known_by="Port 443 is closed; other ports were not tried.",
        do=(
            you("Try the address that works in the browser, scheme and port included."),
            admin("Put TLS in front of Jira when the calls cross an untrusted network."),
        ),
        response=CONNECTION,
        probe="Connect to ports 80 and 8080 of the same host.",
        request=ask(
            "Port 443 of Jira is closed. On which address does it answer?",
            "The connectors in server.xml, or the reverse proxy.",
            "Open the address in a browser.",
        ),
    ),
    entry(
        "url-http-instead-of-https",
        title="The port of {host} speaks TLS, and plain http was sent",
        seen="400 `The plain HTTP request was sent to HTTPS port`, `requires TLS`.",
        means="The address begins with http://, and the port answers to https:// only.",
        known_by="The server says so itself.",
        do=(you("Write https:// instead of http:// in the address."),),
        response=CONNECTION,
    ),
    entry(
        "url-custom-domain",
        title="Jira Cloud's interface does not answer at {host}",
        seen="401 on a name of your own, while the atlassian.net name takes the same token.",
        means="A custom domain serves pages. Programs have to use the site's atlassian.net name.",
        known_by="The deployment is Cloud, and the host is not under atlassian.net.",
        do=(you("Use https://<site>.atlassian.net; the browser shows it after signing in, or an admin knows it."),),
        response=CONNECTION,
        url="https://jira.atlassian.com/browse/AX-664",
        probe="Ask /_edge/tenant_info on the atlassian.net name: it tells the site's id without a login.",
    ),
    entry(
        "url-not-jira-confluence",
        title="The address is Confluence's, not Jira's",
        seen="404 for /rest/api/2 while /wiki answers; a login realm that ends with `%2Fwiki`.",
        means="Confluence and Jira often share a host. This address leads to Confluence.",
        known_by="Path, login realm or the shape of the answer are Confluence's.",
        do=(you("Leave out /wiki on Cloud; on Data Center use the address of Jira."),),
        response=CONNECTION,
    ),
    entry(
        "url-not-jira-other",
        title="What answers at {host} is not Jira",
        seen="A page of another product, or JSON without Jira's fields.",
        means="The address leads to something else: {page_title}.",
        known_by="serverInfo, which every Jira answers in JSON, is not there.",
        do=(you("Copy the address from a browser tab that shows a Jira issue."),),
        response=CONNECTION,
    ),
    entry(
        "redirect-http-to-https",
        title="Jira moved the request from http to https",
        seen="301 or 302 with the same host and https; writes end with 405 (method not allowed) or change nothing.",
        means="The address begins with http:// and the server sends callers to https://. Programs must not follow it: a POST "
        "becomes a GET on the way, and nothing is written.",
        known_by="Location names the same host with https.",
        do=(you("Write https:// in the address."),),
        response=CONNECTION,
    ),
    entry(
        "redirect-internal-host",
        title="Jira redirected the request to a private address ({target_host})",
        seen="302 (`Unhandled error: STATUS=302`) with an internal host or a private address in Location.",
        means="Jira or the proxy in front of it believes that its address is {location}, which exists only inside its network. "
        "Callers from outside are sent where they cannot go.",
        known_by="Location names a private address, or a host without a public name.",
        do=(
            admin(
                "Set the base URL to the address that callers use, under Administration > System > General configuration."
            ),
            admin(
                "Set proxyName, proxyPort, scheme and secure on the connector in server.xml, when a proxy stands in front."
            ),
            operator("Run Tieline inside that network, when Jira is to stay internal."),
        ),
        response=CONNECTION,
        url=PROXY_PAGE,
        request=ask(
            "Jira redirects callers to {location}, which is reachable inside your network only.",
            "Administration > System > General configuration > Base URL; and proxyName, proxyPort, scheme on the connector in server.xml.",
            "Call /rest/api/2/serverInfo from outside: JSON comes back, without a redirect.",
        ),
    ),
    entry(
        "base-url-mismatch",
        title="Jira calls itself by another address: {jira_base_url}",
        seen="Links in answers, webhooks or attachments name another host than the connection.",
        means="Calls work, but Jira's base URL setting differs from the address used here, so links that Jira writes lead elsewhere.",
        known_by="baseUrl in serverInfo, compared with the connection's address.",
        do=(
            you("Use {jira_base_url} as the address, when it can be reached from here."),
            admin("Correct the base URL, when it is wrong."),
        ),
        response=RECORD,
        url=BASE_URL_PAGE,
        request=ask(
            "Jira's base URL is {jira_base_url}, while it is called by another address.",
            "Administration > System > General configuration > Base URL.",
            "Open /rest/api/2/serverInfo: baseUrl is the address that people use.",
        ),
    ),
    entry(
        "redirect-to-idp",
        title="A sign-in service intercepts the calls to Jira",
        seen="302 to login.microsoftonline.com, Okta, ADFS or another identity provider.",
        means="A single sign-on gateway in front of Jira asks every caller for a browser login. Programs have none, and no "
        "credential changes that.",
        known_by="Location leads to an identity provider ({target_host}).",
        do=(
            network(
                "Exempt /rest/api/2/*, /rest/agile/1.0/*, /rest/webhooks/1.0/* and /rest/auth/* from single sign-on."
            ),
            admin("Allow API calls past the single sign-on app, or name a way around it."),
        ),
        response=CONNECTION,
        url="https://confluence.atlassian.com/pages/viewpage.action?pageId=1318391451",
        request=ask(
            "Single sign-on in front of Jira intercepts calls of programs. The interface paths have to be exempt from it.",
            "The single sign-on gateway or app: exempt /rest/api/2/*, /rest/agile/1.0/*, /rest/webhooks/1.0/*, /rest/auth/*.",
            "Call /rest/api/2/serverInfo without a browser: JSON comes back, without a redirect.",
            "any change for people; they sign in as before.",
        ),
    ),
    entry(
        "redirect-sso-html",
        title="A login page came back where Jira's answer is due",
        seen="200 with a web page; `Expecting value: line 1 column 1`, `invalid character '<'`.",
        means="Something in front of Jira answers with a page for people, most often a single sign-on login. The status says "
        "success, the content is not Jira's.",
        known_by="The content is a web page and not JSON, on a path of Jira's interface.",
        do=(
            network("Exempt Jira's interface paths (/rest/*) from single sign-on."),
            you("Look at the page's title in the evidence: it tells whose page it is."),
        ),
        response=CONNECTION,
        probe="Ask without following redirects, with and without the login: a page in both cases stands before Jira's own login.",
    ),
    entry(
        "redirect-to-login-jsp",
        title="Jira sent the caller to its login page",
        seen="302 to /login.jsp with `os_destination`.",
        means="A page was asked for without a login that Jira accepts there. Interface paths do not redirect; when one does, an app "
        "or a proxy makes it.",
        known_by="Location leads to Jira's own login page.",
        do=(
            you("Check that the address holds no page path and that the login is complete."),
            admin("Look for an app that guards /rest with Jira's login page."),
        ),
        response=CONNECTION,
        request=ask(
            "Calls under /rest/ are redirected to /login.jsp; Jira itself never does that.",
            "Administration > Manage apps: single sign-on or access apps; and the reverse proxy.",
            "Call /rest/api/2/serverInfo: JSON comes back, without a redirect.",
        ),
    ),
    entry(
        "dc-download-ignores-pat",
        title="Attachment pages do not take a personal access token",
        seen="302 to the login page for /secure/attachment with Bearer; other calls work.",
        means="Data Center honours personal access tokens for its interface, not for the pages that serve files.",
        known_by="Only the file's page redirects; interface calls with the token succeed.",
        do=(you("Use user name and password for this connection, when files are to be read."),),
        response=RECORD,
        probe="Ask for the same file with Basic: it comes.",
    ),
    entry(
        "redirect-generic-302",
        title="Jira redirected the request, and the target is not known",
        seen="`Unhandled error: STATUS=302`, 301 or 302 without more.",
        means="Something at {host} sends callers elsewhere. A redirect can mean https instead of http, a private address, a "
        "login page, another path, or a renamed site: the target tells which.",
        known_by="The status is a redirect, and its target is not in the evidence.",
        do=(
            you("Run the check of this connection: it reads the target without following it."),
            you("Open /rest/api/2/serverInfo under {address} in a private browser window and look where it leads."),
        ),
        response=CONNECTION,
    ),
)
