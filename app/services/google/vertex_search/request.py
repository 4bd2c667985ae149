"""A query of ours as a request to Vertex AI Search."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from app.domain.guideline import SearchQuery, SourceKind

if TYPE_CHECKING:
    from google.cloud.discoveryengine_v1 import SearchRequest

MOST_RESULTS = 100
"""Documents a page of results holds at most; what is asked beyond it is cut off by the server without a word."""
SEGMENTS, ANSWERS, SUMMARIZED = 3, 1, 5
LATER = -0.6
"""A version of a policy that is not in force stands behind the one that is."""


def shared_kinds(query: SearchQuery) -> tuple[SourceKind, ...]:
    """The kinds of the query that a payer's index holds: never the documents of cases."""
    return tuple(kind for kind in query.kinds or tuple(SourceKind) if kind is not SourceKind.CLINICAL)


def request_of(
    serving_config: str, query: SearchQuery, without: Collection[str], *, summarize: bool
) -> SearchRequest:
    """`without` names parts the search app does not take (`failure.refused_part`)."""
    from google.cloud.discoveryengine_v1 import SearchRequest

    content, spelling = SearchRequest.ContentSearchSpec, SearchRequest.SpellCorrectionSpec
    made: dict[str, Any] = {
        "serving_config": serving_config,
        "query": " ".join(query.text.split()),
        "page_size": max(1, min(query.limit, MOST_RESULTS)),
        "filter": filter_of(query),
    }
    if "settings" in without:
        return SearchRequest(**made)
    spec = content(snippet_spec=content.SnippetSpec(return_snippet=True))
    if "segments" not in without:
        spec.extractive_content_spec = content.ExtractiveContentSpec(
            max_extractive_segment_count=SEGMENTS, max_extractive_answer_count=ANSWERS
        )
        if summarize and "summary" not in without:
            spec.summary_spec = content.SummarySpec(
                summary_result_count=SUMMARIZED,
                include_citations=True,
                ignore_adversarial_query=True,
                ignore_non_summary_seeking_query=True,
                ignore_low_relevant_content=True,
                ignore_jail_breaking_query=True,
                use_semantic_chunks=True,
            )
    made["content_search_spec"] = spec
    made["spell_correction_spec"] = spelling(
        mode=spelling.Mode.SUGGESTION_ONLY if query.as_typed else spelling.Mode.AUTO
    )
    if "boost" not in without:
        boost = SearchRequest.BoostSpec.ConditionBoostSpec(condition='in_force: ANY("no")', boost=LATER)
        made["boost_spec"] = SearchRequest.BoostSpec(condition_boost_specs=[boost])
    return SearchRequest(**made)


def filter_of(query: SearchQuery) -> str:
    """The filter of the search's own language; "" for everything, which also finds what others put there."""
    if not query.kinds:
        return ""
    names = ", ".join(f'"{kind}"' for kind in shared_kinds(query))
    return f"kind: ANY({names})"
