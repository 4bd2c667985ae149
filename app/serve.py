"""The entry of the ingestion service: `countersign serve`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.domain.errors import Actionable, Rejected
from app.serving import PARTS, first_administrator, new_signing_key, serve_settings, serving

_SUMMARY = (
    "Run the service of a payer's Google Cloud project: arrivals become cases, determinations are signed."
)


def add_serve(commands: Any) -> None:
    """The command in the list of `countersign`'s."""
    _arguments(commands.add_parser("serve", help=_SUMMARY, description=_SUMMARY))


def _arguments(made: argparse.ArgumentParser) -> None:
    made.add_argument("--only", choices=PARTS, default="", help="one part of the service; else both")
    made.add_argument(
        "--connection", type=Path, metavar="FILE", help="the connection file, in place of the environment"
    )
    made.add_argument(
        "--first-administrator", metavar="EMAIL", help="make the first administrator of the register, and end"
    )
    made.add_argument(
        "--new-signing-key",
        action="store_true",
        help="print a new private key, its public key beside it on the error output, and end",
    )


def run_serve(options: argparse.Namespace) -> int:
    """Serve until told to end; or do what only sets it up. Raises `Actionable` where it cannot begin."""
    if options.new_signing_key:
        private, public = new_signing_key()
        print(f"The public key: {public}", file=sys.stderr)
        print(private, end="")
        return 0
    if find_spec("flask") is None:  # a desk's program does not bring it along
        raise Rejected(
            "The service is not in this program.", "Run it from its container: docs/admin/serve.md."
        )
    settings = serve_settings(connection_file=options.connection, only=options.only)
    if options.first_administrator:
        print(f"{first_administrator(settings, options.first_administrator)} is an administrator.")
        return 0
    server = serving(settings)
    server.end_on()
    server.serve()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service without the rest of the command line, as its container does; returns the exit code."""
    parser = argparse.ArgumentParser(prog="countersign serve", description=_SUMMARY)
    _arguments(parser)
    told = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return run_serve(parser.parse_args(told[1:] if told[:1] == ["serve"] else told))
    except Actionable as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
