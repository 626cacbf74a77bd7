"""The tree of commands: each with its one line, and where it is found.

A module is imported when one of its commands is called: `gateway --help` reads none of them, `gateway sms count` no web server.
What the lines say is English, and so are the docstrings of commands: help_page puts them into French when they are shown.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from importlib import import_module
from typing import Any, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape
from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from gateway.cli.choices import understood
from gateway.cli.help_page import called, show
from gateway.cli.mistyped import sentence
from gateway.loaded import spare_the_collector


class Branch(NamedTuple):
    """A command, or a group of commands."""

    where: str  #: module:name of the function or of the Typer
    says: str  #: its line in `gateway --help`, as its own help begins


TREE = {
    "demo": Branch(
        "gateway.cli.demo:demo",
        "The whole story on invented people: import, dry run, newsletter, unsubscriptions, sums. Nothing leaves the machine.",
    ),
    "check": Branch(
        "gateway.cli.check:check", "Say what is missing before real people may be written to. Exit 1 while something is."
    ),
    "serve": Branch(
        "gateway.cli.running:serve",
        "Run everything in this process: web pages, workers and ticker, and in trial mode the mailbox.",
    ),
    "web": Branch(
        "gateway.cli.running:web", "Answer web requests only. Objections take effect at once, whether or not a worker runs."
    ),
    "worker": Branch(
        "gateway.cli.working:worker", "Hand messages over; as many of these as needed, on as many machines as needed."
    ),
    "ticker": Branch(
        "gateway.cli.working:ticker", "Ring when something is due, and run the regular jobs; several may run side by side."
    ),
    "register": Branch(
        "gateway.cli.register:register",
        "The register of processing (RGPD 30), from what is configured, in force and stored. It changes nothing.",
    ),
    "sandbox": Branch("gateway.cli.sandbox:sandbox_app", "Trial mode's mailbox: what people would have received."),
    "contacts": Branch("gateway.cli.contacts:contacts_app", "Contacts: look, import, add, show, list, export."),
    "consent": Branch("gateway.cli.consent:consent_app", "Consent of one person: record, withdraw, show."),
    "suppressions": Branch("gateway.cli.suppressions:suppressions_app", "The opposition list: import, report, list, lift."),
    "forms": Branch("gateway.cli.forms:forms_app", "Forms by which people sign up: check, publish, show."),
    "retention": Branch("gateway.cli.retention:retention_app", "Retention: whose term is over, and what goes."),
    "breach": Branch("gateway.cli.breach:breach_app", "Breaches of personal data: noted at once, told in time."),
    "rights": Branch("gateway.cli.rights:rights_app", "Rights of persons: requests, deadlines, answers."),
    "campaign": Branch("gateway.cli.campaign:app", "Campaigns: write, dry run, approve, launch, follow."),
    "message": Branch("gateway.cli.message:app", "Messages: show one, list, settle the uncertain ones."),
    "sms": Branch("gateway.cli.sms:sms_app", "Text messages."),
    "replies": Branch("gateway.cli.replies:app", "Replies: classify texts, see what waits for somebody, settle it."),
    "inbound": Branch(
        "gateway.cli.inbound:inbound_app", "What comes back by mail: bounces, complaints, unsubscriptions, replies."
    ),
    "policy": Branch("gateway.cli.policy:app", "The rules: check, test, list, show, explain, compare."),
    "audit": Branch("gateway.cli.audit:app", "The journal: read it, verify it, export it, replay it."),
    "db": Branch("gateway.cli.database:app", "The database: bring its schema to this version."),
}


#: What whoever presses Ctrl-C is told, unless the command knows better; and what shells expect of a command that SIGINT ended.
_INTERRUPTED = "interrompu avant la fin : rien n’est enregistré à moitié ; relancez la même commande pour finir"
INTERRUPTED_EXIT = 130
#: Years that a date of an option may have.
_YEARS = (1900, 2999)


class Tree(TyperGroup):
    """The group of every command of TREE, each known by name and line until it is called."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = {name: TyperCommand(name, help=branch.says) for name, branch in TREE.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command itself, imported now, in place of its line."""
        name, _line, rest = super().resolve_command(ctx, args)
        return name, found(name) if name else None, rest

    def invoke(self, ctx: Any) -> object:
        """Run the command that was named. One that Ctrl-C ends says so in a sentence, with exit code 130."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stopped:
            say_fault(str(stopped) or _INTERRUPTED)
            raise typer.Exit(INTERRUPTED_EXIT) from stopped

    def format_help(self, ctx: object, formatter: object) -> None:
        """The page of all commands."""
        show(self, ctx)

    def main(self, *given: Any, **named: Any) -> object:
        """Run a command. One that was mistyped ends with a sentence and exit code 2; help that was asked for by no word, too."""
        named["standalone_mode"], alone = False, named.get("standalone_mode", True)
        if not alone:
            return super().main(*given, **named)
        try:
            code = super().main(*given, **named)
        except ClickException as fault:
            if not isinstance(fault, NoArgsIsHelpError):
                say_fault(sentence(fault))
            sys.exit(fault.exit_code)
        except typer.Abort:
            say_fault("abandonné")
            sys.exit(1)
        sys.exit(code or 0)


def say_fault(words: str) -> None:
    """One sentence on standard error; its brackets are words, and the terminal alone breaks its line."""
    Console(stderr=True, highlight=False).print(f"[bold red]✗[/] {escape(words)}", soft_wrap=True)


@cache
def found(name: str) -> Any:
    """The command or group of this name, ready to be called."""
    module, _, attribute = TREE[name].where.partition(":")
    # All that is imported stays: the collector would walk through it dozens of times meanwhile, and ever after.
    gc.disable()
    try:
        target = getattr(import_module(module), attribute)
    finally:
        spare_the_collector()
        gc.enable()
    if isinstance(target, typer.Typer):
        return _speaking(get_group(target))  # not get_command, whose options that install completion work at the root alone
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(target)
    return _speaking(get_command(alone))


def _speaking(command: Any) -> object:
    """The command, and whatever is below it, with our own page of help; what is given twice and counts once is refused."""
    command.format_help = lambda ctx, _formatter: show(command, ctx)
    command.make_parser = partial(_parser_of, command.make_parser)
    for param in command.params:
        understood(param)
    if not hasattr(command, "commands"):
        command.invoke = partial(_within_reach, command.invoke)
    for below in getattr(command, "commands", {}).values():
        _speaking(below)
    return command


def _within_reach(invoke: Callable[[Any], Any], ctx: Any) -> object:
    """Run a command. A date at the end of all calendars (31/12/9999 for « for ever ») has no day after it, nor a clock."""
    for one in ctx.command.params:
        at = ctx.params.get(one.name)
        if isinstance(at, datetime) and not _YEARS[0] <= at.year <= _YEARS[1]:
            raise UsageError(f"{called(one)} : l’année va de {_YEARS[0]} à {_YEARS[1]}", ctx)
    return invoke(ctx)


def _parser_of(make: Callable[[Any], Any], ctx: Any) -> object:
    """A parser for which an option given twice is a fault: all values but the last would be dropped, and nobody told."""
    parser = make(ctx)
    parse = parser.parse_args

    def once_each(args: list[str]) -> object:
        found = parse(args)
        valued = [one for one in found[2] if one.param_type_name == "option" and not one.multiple and not one.is_flag]
        twice = next((one for one in valued if valued.count(one) > 1), None)
        if twice is not None:
            raise UsageError(f"{called(twice)} est donnée deux fois, et ne compterait qu’une : gardez la bonne", ctx)
        return found

    parser.parse_args = once_each
    return parser
