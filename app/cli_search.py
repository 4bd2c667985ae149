"""The commands `index` and `search`: what can be searched, and searching it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from app.domain.case import Case, Json
from app.domain.guideline import Hit, SearchAnswer, SearchQuery, SourceKind, Summary
from app.services.guideline_index import Indexed
from app.services.guideline_searching import Guidelines
from app.services.ingestion import files_under
from app.services.ports import AnsweringSearch, Watch
from app.services.report import printable
from app.terminal import OK, REFUSED, Usage, add_user, opened, print_json, progress_line
from app.workstation import Workstation


def add_search(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `index` and `search` to the commands."""
    summary = "Make policies and guidelines findable."
    made = _common(
        commands.add_parser(
            "index",
            help=summary,
            description=f"{summary} PDF, scans, text, HTML and DOCX. What is indexed already is not read again. "
            "Without a PATH the policies of the workspace are brought up to date.",
        )
    )
    made.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a file, or a folder with files")
    made.add_argument(
        "--source",
        choices=[str(SourceKind.POLICY), str(SourceKind.GUIDELINE)],
        default=str(SourceKind.GUIDELINE),
        help="what the files are: plan policy, or care guidelines (the default)",
    )
    made.add_argument("--prune", action="store_true", help="take out files below PATH that are gone")
    made.add_argument(
        "--publish",
        action="store_true",
        help="bring the search app of the connected project to what is indexed here",
    )
    summary = "Search policies, guidelines and the documents of a case."
    made = _common(commands.add_parser("search", help=summary, description=summary))
    made.add_argument(
        "query", nargs="+", metavar="QUERY", help='words; "several words" in quotes stay together'
    )
    made.add_argument(
        "--source",
        action="append",
        choices=[str(kind) for kind in SourceKind],
        default=[],
        help="only there; may be given several times",
    )
    made.add_argument("--case", metavar="CASE", help="search the documents of this case as well")
    made.add_argument("--every-case", action="store_true", help="search the documents of every case as well")
    made.add_argument("--exact", action="store_true", help="mend no spelling")
    made.add_argument(
        "--here", action="store_true", help="ask this computer's index alone, where another is connected"
    )
    made.add_argument("--limit", type=int, default=10, metavar="N", help="so many passages at most (10)")


def _common(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    add_user(made)
    made.add_argument("--json", action="store_true", help="print JSON for programs")
    return made


def run_index(options: argparse.Namespace) -> int:
    missing = [path for path in options.paths if not path.exists()]
    if missing and not options.prune:
        raise Usage(f"“{missing[0]}” does not exist. Nothing was indexed; check the path.")
    kind = SourceKind(options.source)
    with opened(options) as workstation:
        guidelines = workstation.guidelines()
        found: list[Indexed] = []

        def tell(item: Indexed) -> None:
            found.append(item)
            if options.json:
                print_json(indexed_json(item))
            elif item.outcome != "unchanged":
                print(_indexed_text(item), flush=True)

        guidelines.index.may_add(workstation.person)
        if options.publish and guidelines.there is None:
            raise Usage("This workspace is not connected to a search app; nothing was indexed or published.")
        for item in guidelines.index.refresh(workstation.policies):
            tell(item)
        files = list(files_under(path for path in options.paths if path.exists()))
        for place, path in enumerate(files, 1):
            with progress_line(f"{place} of {len(files)}  {printable(path.name)}") as watch:
                added = guidelines.index.add([path], kind, workstation.person, _watching(watch))
            for item in added:
                tell(item)
        if options.prune:
            for item in guidelines.index.prune(options.paths, workstation.person):
                tell(item)
        if options.publish and guidelines.there is not None:
            _publish(guidelines, guidelines.there, tell, workstation.person)
    if not options.json:
        print(_summary(found))
    return REFUSED if any(item.outcome == "refused" for item in found) else OK


def _publish(
    guidelines: Guidelines, there: AnsweringSearch, tell: Callable[[Indexed], None], by: str
) -> None:
    from app.services.guideline_answering import publish

    done: list[Indexed] = []

    def told(item: Indexed) -> None:
        done.append(item)
        tell(item)

    try:
        with progress_line("Publishing") as watch:
            publish(guidelines.index.search, there, watch, told)
    finally:
        guidelines.index.published(done, by)


def run_search(options: argparse.Namespace) -> int:
    if not " ".join(options.query).strip():
        raise Usage("There is nothing to search for. Name words, such as: countersign search insulin pump")
    kinds = tuple(SourceKind(name) for name in dict.fromkeys(options.source))
    if SourceKind.CLINICAL in kinds and not options.case and not options.every_case:
        raise Usage("Say of which case the documents are searched: --case CASE, or --every-case.")
    text = " ".join(f'"{part}"' if " " in part and len(options.query) > 1 else part for part in options.query)
    with opened(options) as workstation:
        guidelines = workstation.guidelines()
        case_id = ""
        if options.case:
            case_id = workstation.in_store(workstation.store.find, options.case)
            case: Case = workstation.in_store(workstation.intake.case, case_id)
            guidelines.index.index_case(case)
        bring_in(workstation, guidelines)
        query = SearchQuery(
            # a blank at its end: every word is whole
            f"{text} ", kinds, case_id, options.every_case, max(1, options.limit), options.exact,
        )  # fmt: skip
        if options.here:
            answer = SearchAnswer(guidelines.searching.search(query, workstation.person))
        else:
            answer = guidelines.searching.answer(query, workstation.person)
    if options.json:
        print_json([hit_json(hit) for hit in answer.hits])
    else:
        print(_answer_text(answer, text))
    return OK


def bring_in(workstation: Workstation, guidelines: Guidelines) -> None:
    """Fill the search where it has nothing yet, or lost what it had."""
    indexed = any(source.kind is SourceKind.POLICY for source in guidelines.searching.sources())
    if guidelines.made_again or not indexed:
        guidelines.index.refresh(workstation.policies)


def _watching(watch: Watch) -> Callable[[Path], Watch]:
    """The same line of progress for each file."""
    return lambda _path: watch


def hit_json(hit: Hit) -> Json:
    """A hit as programs get it."""
    return {
        "source": str(hit.source.kind),
        "document": hit.source.source_id,
        "title": hit.source.title,
        "page": hit.passage.page,
        "snippet": hit.snippet,
        "score": hit.score,
        "heading": hit.passage.heading,
        "box": list(hit.passage.box.rounded()) if hit.passage.box else None,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "marks": [list(mark) for mark in hit.marks],
        "corrected": hit.corrected.strip(),
        "in_force": hit.source.in_force,
    }


def indexed_json(item: Indexed) -> Json:
    return {
        "name": item.name,
        "outcome": item.outcome,
        "passages": item.passages,
        "reason": item.reason,
        "document": item.source_id,
    }


def _indexed_text(item: Indexed) -> str:
    if item.outcome == "refused":
        return f"refused  {printable(item.name)}: {item.reason}"
    passages = f"  {item.passages:,} passages" if item.passages else ""
    return f"{item.outcome:8} {printable(item.name)}{passages}"


def _summary(found: list[Indexed]) -> str:
    counted = [
        f"{sum(item.outcome == outcome for item in found)} {outcome}"
        for outcome in ("added", "changed", "unchanged", "removed", "refused")
        if any(item.outcome == outcome for item in found)
    ]
    return ", ".join(counted).capitalize() + "." if counted else "Everything is indexed already."


def _answer_text(answer: SearchAnswer, asked: str) -> str:
    """The hits, under what a summary says and which index it was."""
    parts = []
    if answer.answered_by:
        parts.append(f"Answered by {answer.answered_by}. {answer.note}".rstrip())
    elif answer.note:
        parts.append(f"This computer answered. {answer.note}")
    if answer.summary is not None:
        parts.append(f"SUMMARY, written by a model, no evidence\n{_summary_text(answer.summary)}")
    return "\n\n".join([*parts, _hits_text(answer.hits, asked)])


def _summary_text(summary: Summary) -> str:
    """The summary with its numbers, and what stands behind each."""
    text, at = "", 0
    for citation in sorted(summary.citations, key=lambda c: c.end):
        end = max(citation.end, at)
        text += summary.text[at:end] + "".join(f" [{number}]" for number in citation.numbers)
        at = end
    lines = [printable(text + summary.text[at:])]
    lines += [
        f"[{number}] {printable(hit.source.title)}, p. {hit.passage.page}"
        for number, hit in enumerate(summary.sources, 1)
    ]
    return "\n".join(lines)


def _hits_text(hits: tuple[Hit, ...], asked: str) -> str:
    if not hits:
        return (
            f"Nothing was found for “{asked}”. Fewer words find more; guidelines are added with: "
            "countersign index PATH"
        )
    lines = []
    if hits[0].corrected:
        lines.append(f"Showing results for “{hits[0].corrected.strip()}”. As typed: add --exact\n")
    for hit in hits:
        where = f"p. {hit.passage.page}" if hit.source.pages != 1 else ""
        head = [str(hit.source.kind), printable(hit.source.title), where, printable(hit.passage.heading)]
        lines.append("  ".join(part for part in head if part))
        lines.append(f"    {printable(hit.snippet)}\n")
    return "\n".join(lines).rstrip()
