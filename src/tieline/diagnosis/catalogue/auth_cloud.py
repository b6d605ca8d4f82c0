"""Logins at Jira Cloud (family F)."""

from __future__ import annotations

from tieline.diagnosis.catalogue.kit import CONNECTION, admin, ask, entry, you

TOKENS = "https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/"
BASIC = "https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/"
SCOPED = "https://support.atlassian.com/atlassian-cloud/kb/401-unauthorized-error-when-service-account-accesses-jira-or-confluence-api"

ENTRIES = (
    entry(
        "auth-cloud-credentials-rejected",
        title="Jira Cloud does not accept the e-mail and token of {account}",
        seen="401 `Client must be authenticated to access this resource.` at /myself.",
        means="Cloud gives one answer for many causes: the token is wrong, has ended, was revoked, belongs to another account, "
        "or the e-mail is another one. Nothing in the answer tells which.",
        known_by="/myself, the one call that strangers may not make, was refused.",
        do=(
            you("Make a new API token at id.atlassian.com, as {account}, and paste it once."),
            you("Check that the e-mail is that of the account which made the token."),
        ),
        response=CONNECTION,
        url=TOKENS,
        probe="Repeat /myself on the gateway api.atlassian.com; then ask the owner for the token's age and whether the account is active.",
    ),
    entry(
        "auth-cloud-anonymous-fallback",
        title="Jira answered as to a stranger: the login was not accepted",
        seen="200 with empty lists, 404 for projects and issues that exist, `cannot be viewed by anonymous users`.",
        means="When Cloud does not accept a login, it does not say so on calls that strangers may make: it answers what strangers "
        "may see, which is nothing. Empty lists and 404 (not found) are the symptom, not the cause.",
        known_by="The header X-Seraph-LoginReason says AUTHENTICATED_FAILED, or nothing on the answer shows a login.",
        do=(
            you("Make a new API token as {account} and enter it with the account's e-mail address."),
            you("Run the check: it asks the one question that strangers are refused."),
        ),
        response=CONNECTION,
        url="https://jira.atlassian.com/browse/JRACLOUD-93811",
        probe="Ask /rest/api/3/myself: 401 proves that no login was accepted; 200 makes it a matter of permissions.",
    ),
    entry(
        "auth-cloud-password-instead-of-token",
        title="Jira Cloud accepts no passwords here: use an API token for {account}",
        seen="401 `Basic authentication with passwords is deprecated`, or 403 for a password.",
        means="Cloud takes API tokens, not passwords. It gives this answer for anything that is no working token, so a token "
        "with a slip in it looks the same.",
        known_by="Jira's own text about passwords, or the shape of the secret.",
        do=(
            you("Make an API token at id.atlassian.com > Security, as {account}."),
            you("Paste it where the password stood; the e-mail address stays."),
        ),
        response=CONNECTION,
        url="https://developer.atlassian.com/cloud/jira/platform/deprecation-notice-basic-auth-and-cookie-based-auth",
        probe="Send a new API token with the e-mail address of its owner.",
    ),
    entry(
        "auth-cloud-username-not-email",
        title="{account} is no e-mail address, and Jira Cloud wants one",
        seen="401 at /myself, 404 for issues that exist; the user has no @.",
        means="Cloud knows people by the e-mail address of their Atlassian account. User names and account ids are not accepted.",
        known_by="The user that was sent has no @, and nothing on the answer shows a login.",
        do=(you("Enter the e-mail address of the account that made the token."),),
        response=CONNECTION,
        url=BASIC,
        probe="Send the same token with the e-mail address of its owner.",
    ),
    entry(
        "auth-cloud-token-expired",
        title="The API token of {account} has most likely run out",
        seen="It worked; since a day it answers as to strangers. /myself says 401.",
        means="API tokens live one year at most, and Jira says nothing when one ends: from then on it answers as to a wrong token.",
        known_by="A refused login of a token that worked before, where this connection's own history says so. Without that "
        "history it is one of several causes, and is only called possible.",
        do=(
            you("Make a new API token as {account} and enter it; everything held is then sent in order."),
            you("Note the new token's last day in the connection, so that Tieline warns in time."),
        ),
        response=CONNECTION,
        url=TOKENS,
        probe="Look at the token's date in its owner's token list at id.atlassian.com.",
    ),
    entry(
        "auth-cloud-token-revoked",
        title="The API token of {account} was revoked",
        seen="As a refused token: 401 at /myself.",
        means="A token can be revoked by its owner, by an administrator, or by a scan for leaked secrets. Jira's answer does not tell.",
        known_by="The credential worked before; the owner's token list is the only proof.",
        do=(
            you("Look at the token list of {account} at id.atlassian.com."),
            you("Make a new token and enter it."),
        ),
        response=CONNECTION,
        url=TOKENS,
    ),
    entry(
        "auth-cloud-user-deactivated",
        title="{account} was deactivated",
        seen="401; a back-end text `authoriseForLogin denied`.",
        means="Tokens of a deactivated account stop at once, and work again when it is reactivated.",
        known_by="The text of the answer, or a credential that worked before; the directory is the proof.",
        do=(
            admin("Reactivate {account}, or name another account for Tieline."),
            you("Enter the new account and its token, when it changed."),
        ),
        response=CONNECTION,
        url="https://jira.atlassian.com/browse/AX-684",
        request=ask(
            "{account} seems to be deactivated. Tieline signs in with it.",
            "admin.atlassian.com > Directory > Users > the account.",
            "The account's state is Active.",
        ),
    ),
    entry(
        "auth-scoped-token-on-site-url",
        title="The token has scopes, so it works only through api.atlassian.com",
        seen="401 at /myself on the site, 200 on the gateway with the same pair.",
        means="API tokens with scopes, and all tokens of service accounts, are accepted at the gateway api.atlassian.com and "
        "refused on the site itself. They look like any other token.",
        known_by="The same question on the gateway was answered.",
        do=(you("Let Tieline use the gateway address for this connection; it offers that with one click."),),
        instead=(you("Make a token without scopes and enter it."),),
        response=CONNECTION,
        url=SCOPED,
        probe="Repeat /rest/api/3/myself on https://api.atlassian.com/ex/jira/<cloud id> with the same pair.",
    ),
    entry(
        "auth-service-account-token",
        title="{account} is a service account: its tokens work only through api.atlassian.com",
        seen="401 on the site; on the gateway 200, or empty lists when the account has no project.",
        means="Service accounts sign in at the gateway only, with scoped tokens, and need product access and a project role like people.",
        known_by="The account's address is that of a service account.",
        do=(
            you("Let Tieline use the gateway address for this connection."),
            admin("Give the service account access to Jira and a role in {project}."),
        ),
        response=CONNECTION,
        url=SCOPED,
        request=ask(
            "The service account {account} needs access to Jira and a role in the project.",
            "admin.atlassian.com > Directory > Service accounts; and Project settings > People.",
            "The check of the connection shows the project as visible.",
        ),
    ),
    entry(
        "auth-scoped-token-missing-scope",
        title="The token lacks the scope for this call",
        seen="401 `Unauthorized; scope does not match` at the gateway, while /myself is answered.",
        means="The token was made with a list of scopes, and this call needs one that is not on it. A path that the gateway does "
        "not know is answered the same way.",
        known_by="The gateway's own words.",
        do=(
            you("Make a new token with read:jira-work, write:jira-work, read:jira-user and manage:jira-project."),
            you("Enter it; scopes of an existing token cannot be changed."),
        ),
        response=CONNECTION,
        url="https://developer.atlassian.com/cloud/jira/platform/scopes-for-oauth-2-3LO-and-forge-apps/",
    ),
    entry(
        "auth-cloud-admin-blocked",
        title="The organisation does not allow API tokens of {account}",
        seen="A refusal that says an administrator blocked the token; `You're unable to create or use tokens for some apps`.",
        means="A policy of the organisation keeps this account, often an external one, from using API tokens.",
        known_by="The text of the answer, or that tokens of other accounts work.",
        do=(admin("Allow API tokens for {account} in the authentication policy."),),
        instead=(you("Use an account of the organisation instead of an external one."),),
        response=CONNECTION,
        url="https://support.atlassian.com/security-and-access-policies/docs/set-api-token-access/",
        request=ask(
            "API tokens of {account} are blocked by policy.",
            "admin.atlassian.com > Security > Authentication policies > API tokens, or External users.",
            "The account can make a token at id.atlassian.com and use it.",
        ),
    ),
    entry(
        "auth-bearer-on-cloud-site",
        title="The token was sent as Bearer; Jira Cloud wants e-mail and token",
        seen="403 `Failed to parse Connect Session Auth Token`, or 401, on every path.",
        means="On a Cloud site, API tokens go with the e-mail address as Basic. Bearer is for OAuth at the gateway and for Data Center.",
        known_by="The scheme of the request, and Jira's text.",
        do=(you("Choose e-mail and API token for this connection, and enter the e-mail address."),),
        response=CONNECTION,
        url=BASIC,
        probe="Repeat as Basic with the e-mail address: 200 means that the token itself is good.",
    ),
    entry(
        "auth-header-malformed",
        title="The login header is not built the way Jira reads it",
        seen="Answers as to a stranger, without X-Seraph-LoginReason; `Field 'summary' cannot be set`.",
        means="Jira saw no usable login: the word Basic or the e-mail is missing, the text was encoded twice, or a line break is in it.",
        known_by="Jira names the outcome of every login that it reads, and names none here.",
        do=(you("Enter account and secret in their own fields; a ready-made header or base64 text is not needed."),),
        response=CONNECTION,
        url=BASIC,
    ),
    entry(
        "auth-credential-whitespace-or-quotes",
        title="Blanks, quotes or a line break stand around the secret",
        seen="As a refused login; the secret was pasted or made with echo.",
        means="Characters that nobody sees were sent with the secret, so it is another secret.",
        known_by="The look of the secret, which was not kept.",
        do=(you("Paste the secret again without what stands around it; Tieline offers this repair with one click."),),
        response=CONNECTION,
    ),
    entry(
        "auth-credential-not-substituted",
        title="The secret is empty, or the name of a variable",
        seen="401 at /myself; the settings hold `$JIRA_TOKEN`, `<token>` or nothing.",
        means="A placeholder was sent instead of the secret: the variable has another name, or was not set where the tool runs.",
        known_by="The look of the secret, which was not kept.",
        do=(you("Enter the secret itself, or set the variable where the tool runs."),),
        response=CONNECTION,
    ),
    entry(
        "auth-session-login-cloud",
        title="Jira Cloud has no login with cookies any more",
        seen="401 `Login failed` at /rest/auth/1/session, in any language.",
        means="Signing in with user and password to get a cookie ended in 2019 on Cloud, whatever the credential.",
        known_by="The path, and that the deployment is Cloud.",
        do=(you("Use e-mail and API token with each call; update the tool that still signs in with a cookie."),),
        response=CONNECTION,
        url="https://developer.atlassian.com/cloud/jira/platform/deprecation-notice-basic-auth-and-cookie-based-auth",
    ),
    entry(
        "auth-cloud-captcha",
        title="Jira Cloud wants a CAPTCHA from {account}",
        seen="403 with `X-Authentication-Denied-Reason: CAPTCHA_CHALLENGE`.",
        means="After many refused logins Jira lets the account in only when a person solves a CAPTCHA.",
        known_by="Jira's own header.",
        do=(
            you("Stop the tools that still use an old secret."),
            you("Sign in once in a browser as {account} and solve the CAPTCHA."),
        ),
        response=CONNECTION,
        url="https://jira.atlassian.com/browse/JRACLOUD-34016",
    ),
)
