"""The ``hotline`` command: mounts one group per room and turns errors into one line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from typing import NoReturn

import sqlalchemy as sa
import typer

from hotline import locale, settings
from hotline.console import err, plain
from hotline.errors import HotlineError, MissingPart
from hotline.locale import messages

GROUPS = ("models", "calls", "rules", "centre", "board", "kpi", "forecast", "staff", "report", "agents", "users")

app = typer.Typer(
    name="hotline",
    help="Hears every call, judges it by written rules, keeps weekly boards, forecasts volume and says how many people to roster.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _module in ("setup", "erase", "export"):  # commands without a group
    app.add_typer(importlib.import_module(f"hotline.commands.{_module}").app)
for _group in GROUPS:
    app.add_typer(importlib.import_module(f"hotline.commands.{_group}").app, name=_group)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0, 2 for a wrong command, or the ``exit_code`` of the error (see ``hotline/errors.py``)."""
    locale.use(_language())
    try:
        app(arguments)
    except HotlineError as error:
        _fail(error)
    except sa.exc.DBAPIError as error:
        _fail(_database_error(error))
    except KeyboardInterrupt:
        err.print("stopped; what was finished is stored, run the same command again to continue")
        sys.exit(130)


def _fail(error: HotlineError) -> NoReturn:
    err.print(f"[bold red]error[/] {plain(messages.told(error))}", soft_wrap=True)
    sys.exit(error.exit_code)


def _language() -> str:
    """The language of errors: the setting; where the settings themselves cannot be read, what the environment says."""
    try:
        return settings.load().language
    except HotlineError:
        said = os.environ.get("HOTLINE_LANGUAGE", "")
        return said if said in locale.LANGUAGES else locale.LANGUAGES[0]


def _database_error(error: sa.exc.DBAPIError) -> MissingPart:
    from qa import redaction

    said = (str(error.orig).splitlines() or [type(error).__name__])[0][:200]
    # it may quote a value; the statement and its parameters, which are what was said in calls, are left out altogether
    return MissingPart("database", f"refused ({redaction.mask(said)})", "run the command again; if it stays, run: hotline doctor")
