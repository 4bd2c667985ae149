"""`countersign models`: the language models a workspace may ask."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.services import report
from app.services.model_library import KINDS, ModelSetting, about, settings_json
from app.terminal import OK, Usage, add_user, opened, print_json

SERVES = {"": "prompts and recommendations", "prompts": "prompts", "reviews": "recommendations"}


def add_models(commands: Any) -> None:
    """Add `models list|add|remove|try` to the commands."""
    summary = "List, add, remove or try the language models that may be asked for a recommendation."
    made = commands.add_parser("models", help=summary, description=summary)
    _common(made)
    parts = made.add_subparsers(dest="part", metavar="WHAT", required=True)

    def with_common(part: argparse.ArgumentParser) -> argparse.ArgumentParser:
        _common(part)
        return part

    listed = with_common(parts.add_parser("list", help="List the models.", description="List the models."))
    listed.add_argument("--json", action="store_true", help="print JSON for programs")
    words = "Add a model, or change its setting. Its key is kept in the encrypted store."
    added = with_common(parts.add_parser("add", help=words, description=words))
    added.add_argument("name", metavar="NAME", help="what it is called here")
    added.add_argument(
        "--kind",
        choices=KINDS,
        default="openai",
        help="an OpenAI-compatible endpoint, or Gemini on Vertex AI",
    )
    added.add_argument("--model", required=True, help="its name at the server, or a tuned endpoint")
    added.add_argument("--url", default="", help="the endpoint, such as http://127.0.0.1:8080/v1")
    added.add_argument("--project", default="", help="the Google Cloud project (gemini)")
    added.add_argument("--region", default="", help="the region, such as europe-west4 (gemini)")
    added.add_argument(
        "--key-file", type=Path, metavar="FILE", help="a file with the key, where one is needed"
    )
    added.add_argument(
        "--most", type=int, default=0, metavar="N", help="characters of documents it takes at most"
    )
    added.add_argument(
        "--plain-http", action="store_true", help="allow http over a network that is protected otherwise"
    )
    for part, words in (
        ("remove", "Forget a model and its key."),
        ("try", "Ask a model for one word, without any case."),
    ):
        with_common(parts.add_parser(part, help=words, description=words)).add_argument(
            "name", metavar="NAME"
        )


def run_models(options: argparse.Namespace) -> int:
    """Run `countersign models`."""
    with opened(options) as workstation:
        models = workstation.models
        if options.part == "list":
            found = workstation.in_store(models.refresh)
            if options.json:
                print_json([settings_json(setting) for setting in found])
                return OK
            rows = [["criteria engine", "", "this computer", "recommendations"]]
            rows += [[s.name, about(s).version, about(s).where, SERVES[s.serves]] for s in found]
            print(report.table(["Model", "Version", "Where it answers", "For"], rows))
        elif options.part == "add":
            made = workstation.in_store(models.add, _setting(options), workstation.person)
            print(f"“{made.name}” can be asked. It answers from: {about(made).where}.")
        elif options.part == "remove":
            workstation.in_store(models.remove, options.name, workstation.person)
            print(f"“{options.name}” is forgotten, with its key.")
        else:
            print(f"“{options.name}” answers: {models.try_out(options.name)}")
    return OK


def _setting(options: argparse.Namespace) -> ModelSetting:
    key = ""
    if options.key_file is not None:
        try:
            key = options.key_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Usage(f"“{options.key_file}” cannot be read.") from error
    return ModelSetting(
        options.name, options.kind, options.model, options.url, options.project, options.region, max(0, options.most),
        options.plain_http, key,
    )  # fmt: skip


def _common(made: argparse.ArgumentParser) -> None:
    """The options every command has, wherever they stand."""
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    add_user(made)
