"""The command line. Commands import what they need when they run, so that ``--help`` and ``doctor`` start at once.

Exit codes: 0 all good · 1 Tieline itself failed · 2 usage · 3 problems found · 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer

from tieline import __version__
from tieline.cli.refusal import Refusal
from tieline.cli.values import is_port, read_values_by_hand

app = typer.Typer(
    name="tieline",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Keep a product plan and Jira in step, both ways, and say exactly why when that fails.\n\n"
    "\b\nExamples:\n  tieline demo\n  tieline doctor https://acme.atlassian.net --user pat@acme.io --project ROAD\n"
    '  tieline explain "Unhandled error: STATUS=302"',
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"tieline {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    del version


@app.command(short_help="Check a Jira step by step and explain what is wrong.")
def doctor(
    url: Annotated[str, typer.Argument(help="Address of Jira, or any link copied from it.", show_default=False)] = "",
    user: Annotated[
        str,
        typer.Option("--user", "-u", help="E-mail (Cloud) or user name (Data Center). Leave out for a token alone."),
    ] = "",
    project: Annotated[str, typer.Option("--project", "-p", help="Key of the project to look at.")] = "",
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the password or token from standard input.")
    ] = False,
    ca_file: Annotated[str, typer.Option("--ca-file", help="Certificates of your own authority (PEM).")] = "",
    client_cert: Annotated[
        str, typer.Option("--client-cert", help="Certificate to show to the server (PEM; may hold the key too).")
    ] = "",
    client_key: Annotated[str, typer.Option("--client-key", help="Key of that certificate (PEM).")] = "",
    proxy: Annotated[
        str, typer.Option("--proxy", help="Forward proxy, such as http://proxy.acme.io:3128.", show_default=False)
    ] = "",
    this_installation: Annotated[
        bool, typer.Option("--self", help="Check this installation of Tieline instead of a Jira.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="With --self: its folder.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a Jira connection step by step and explain what is wrong, with no server and no database.

    \b
    Examples:
      tieline doctor https://acme.atlassian.net --user pat@acme.io --project ROAD
      tieline doctor https://jira.acme.io/browse/ROAD-1 --json < /dev/null
      tieline doctor --self

    The secret comes from a prompt, from standard input with --secret-stdin, or from TIELINE_JIRA_SECRET.
    Exit: 0 all good · 3 problems found · 2 usage · 1 Tieline itself failed · 130 interrupted.
    """  # noqa: D301  # \b keeps the examples as they are
    if this_installation:
        if url.strip():
            raise typer.BadParameter("Name an address, or say --self: one of them at a time.")
        _settings(folder=folder)
        from tieline.cli.self_doctor import doctor_self

        raise typer.Exit(doctor_self(as_json=as_json))
    from tieline.cli.doctor import run_doctor

    raise typer.Exit(
        run_doctor(
            url,
            user=user,
            project=project,
            secret_stdin=secret_stdin,
            ca_file=ca_file,
            client_cert=client_cert,
            client_key=client_key,
            proxy=proxy,
            as_json=as_json,
        )
    )


@app.command()
def explain(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help="A message pasted from any tool, or the name of a problem; - reads it from standard input."
        ),
    ] = None,
    exchange: Annotated[
        str, typer.Option("--exchange", help="File of recorded answers, one JSON object a line; - for standard input.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Explain a message or the name of a problem. Works offline.

    \b
    Examples:
      tieline explain "Remote error for 'installed': Unhandled error: STATUS=302"
      tieline explain perm-create-version
      tieline explain --exchange answers.jsonl --json
    """  # noqa: D301
    from tieline.cli.explain import explain_exchanges, explain_text

    if exchange:
        raise typer.Exit(explain_exchanges(exchange, as_json=as_json))
    raise typer.Exit(explain_text(" ".join(text or ()), as_json=as_json))


@app.command()
def sandbox(
    edition: Annotated[str, typer.Option(help="cloud or dc.")] = "cloud",
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", callback=is_port)] = 0,
    issues: Annotated[
        Path | None, typer.Option("--data", help="Real issues to load, JSON lines (also .gz).", show_default=False)
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", help="Keep the state in this file over restarts.", show_default=False)
    ] = None,
    fault: Annotated[list[str] | None, typer.Option(help="Switch a fault on from the start; may be repeated.")] = None,
    latency_ms: Annotated[int, typer.Option(help="Wait this long before each answer.")] = 0,
    index_lag: Annotated[float, typer.Option(help="Seconds for which search does not see a change.")] = 0.0,
    list_faults: Annotated[bool, typer.Option("--list-faults", help="Print the faults and stop.")] = False,
    until_stdin_closes: Annotated[bool, typer.Option(hidden=True)] = False,
    as_json: Json = False,
) -> None:
    """Run a Jira look-alike with faults that can be switched on.

    \b
    Examples:
      tieline sandbox
      tieline sandbox --edition dc --fault auth-captcha-triggered
      tieline sandbox --json --port 8090 --data issues.jsonl.gz

    With --json the first line is {"url", "user", "secret", "project", "panel"} once it answers.
    """  # noqa: D301
    from tieline.cli.sandbox import run_sandbox

    raise typer.Exit(
        run_sandbox(
            edition=edition,
            port=port,
            issues=issues,
            state=state,
            faults=tuple(fault or ()),
            latency_ms=latency_ms,
            index_lag=index_lag,
            list_faults=list_faults,
            until_stdin_closes=until_stdin_closes,
            as_json=as_json,
        )
    )


Port = Annotated[
    int | None, typer.Option(help="Port of the web server; 0 takes a free one.", show_default=False, callback=is_port)
]
Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default=False)]
DataFolder = Annotated[
    Path | None, typer.Option("--folder", help="Folder of the database and keys.", show_default=False)
]


def _settings(*, host: str | None = None, port: int | None = None, folder: Path | None = None) -> None:
    if host:
        os.environ["TIELINE_HOST"] = host
    if port is not None:
        os.environ["TIELINE_PORT"] = str(port)
    if folder:
        os.environ["TIELINE_DATA"] = str(folder)


@app.command(short_help="Run Tieline: web server and worker.")
def serve(host: Host = None, port: Port = None, folder: DataFolder = None) -> None:
    """Run Tieline: web server, and on SQLite the worker in the same process.

    \b
    Examples:
      tieline serve
      TIELINE_DATABASE_URL=postgresql://tieline@db/tieline tieline serve --host 0.0.0.0
    """  # noqa: D301
    _settings(host=host, port=port, folder=folder)
    from tieline.cli.serve import run_server

    raise typer.Exit(run_server())


@app.command(short_help="Run one more worker, on PostgreSQL.")
def worker(folder: DataFolder = None) -> None:
    """Run one more worker beside a server on PostgreSQL; as many machines as wanted.

    \b
    Example:
      TIELINE_DATABASE_URL=postgresql://tieline@db/tieline tieline worker
    """  # noqa: D301
    _settings(folder=folder)
    from tieline.cli.serve import run_worker

    raise typer.Exit(run_worker())


@app.command(short_help="Check a stored connection, step by step.")
def check(
    connection: Annotated[str, typer.Argument(help="Name or id of a connection.")],
    project: Annotated[str, typer.Option("--project", "-p", help="Key of the project to look at.")] = "",
    folder: DataFolder = None,
    as_json: Json = False,
) -> None:
    """Check a stored connection, step by step; a problem that is gone is closed and held work goes on.

    \b
    Examples:
      tieline check "Acme Jira"
      tieline check "Acme Jira" --json
    """  # noqa: D301
    _settings(folder=folder)
    from tieline.cli.check import run_stored_check

    raise typer.Exit(run_stored_check(connection, project=project, as_json=as_json))


@app.command(short_help="Run Tieline with a sandbox Jira and a sample plan.")
def demo(
    port: Port = None,
    sandbox_port: Annotated[
        int, typer.Option(help="Port of the sandbox Jira; 0 takes a free one.", callback=is_port)
    ] = 8090,
    edition: Annotated[str, typer.Option(help="Edition of the sandbox Jira: cloud or dc.")] = "cloud",
    issues: Annotated[
        Path | None,
        typer.Option("--issues", help="Real issues for the sandbox, JSON lines (also .gz).", show_default=False),
    ] = None,
    folder: DataFolder = None,
) -> None:
    """Run Tieline with the sandbox Jira beside it and a sample plan; everything is kept in the folder ``var``.

    \b
    Examples:
      tieline demo
      tieline demo --port 8000 --issues issues.jsonl.gz
    """  # noqa: D301
    _settings(port=port, folder=folder)
    from tieline.cli.demo import run_demo

    raise typer.Exit(run_demo(sandbox_port=sandbox_port, edition=edition, issues=issues))


@app.command(name="sign-in-link", short_help="Print a new one-time sign-in link.")
def sign_in_link(
    email: Annotated[str, typer.Argument(help="E-mail of the person; left out: the administrator.")] = "",
    folder: DataFolder = None,
) -> None:
    """Print a new one-time sign-in link (nobody's password is shown or changed).

    \b
    Example:
      tieline sign-in-link pat@acme.io
    """  # noqa: D301
    _settings(folder=folder)
    from tieline.cli.serve import print_sign_in_link

    raise typer.Exit(print_sign_in_link(email))


def _own_failure(kind: type[BaseException], failure: BaseException, trace: TracebackType | None) -> None:
    if os.environ.get("TIELINE_DEBUG"):
        traceback.print_exception(kind, failure, trace)
    place = traceback.extract_tb(trace)[-1] if trace else None
    at = f" ({Path(place.filename).name}:{place.lineno})" if place else ""
    print(f"Tieline itself failed: {kind.__name__}: {failure}{at}", file=sys.stderr)
    print("Run it again with TIELINE_DEBUG=1 to see where, and report what it prints.", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()


# Typer carries a click of its own; the parent of its public BadParameter is what every usage failure is.
_UsageFailure: type[typer.BadParameter] = typer.BadParameter.__mro__[1]


_SECRET_OPTIONS = ("--secret", "--password", "--pass", "--token", "--api-token")
_HOW_TO_GIVE_A_SECRET = (
    "The secret is never an argument, which others on this machine could read: it is asked for, "
    "or comes from --secret-stdin or TIELINE_JIRA_SECRET."
)


def _tell_usage(failure: typer.BadParameter) -> None:
    """What to write instead, and where to read on. Without any argument the text is the help itself."""
    text = failure.format_message()
    of_doctor = failure.ctx is not None and failure.ctx.info_name == "doctor"
    if of_doctor and text.startswith("Got unexpected extra argument"):
        text = f"One address is enough. {_HOW_TO_GIVE_A_SECRET}"  # what was written may be the secret
    if of_doctor and getattr(failure, "option_name", "") in _SECRET_OPTIONS:
        text = _HOW_TO_GIVE_A_SECRET
    if type(failure) is typer.BadParameter:
        text = f"{'/'.join(failure.param.opts)}: {failure.message}" if failure.param else failure.message
    print(text, file=sys.stderr)
    if failure.ctx and not text.startswith("Usage:"):
        print(f"See {failure.ctx.command_path} --help.", file=sys.stderr)


def _open_streams() -> None:
    """Letters that the terminal cannot show become marks, bytes that are no text likewise, instead of a failure.
    A stream that was closed is an empty one."""
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """Whoever read the output has read enough: what is still to be flushed goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main() -> None:
    sys.excepthook = _own_failure
    _open_streams()
    command = typer.main.get_command(app)
    read_values_by_hand(command)
    try:
        code = _run(command)
        sys.stdout.flush()
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        code = refusal.code
    except _UsageFailure as failure:
        _tell_usage(failure)
        code = 2
    except BrokenPipeError:
        _drop_output()
        code = 0
    if code == 130:
        print("\nInterrupted.", file=sys.stderr)
    sys.exit(code)


def _run(command: Any) -> int:
    """The exit code. Typer answers Ctrl-C with ``Exit(130)``, the end of input with ``Abort``, and leaves the process
    when the output is closed."""
    try:
        code = command.main(prog_name="tieline", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except SystemExit:
        raise BrokenPipeError from None
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
