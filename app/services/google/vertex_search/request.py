"""A query of ours as a request to Vertex AI Search."""

from __future__ import annotations

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


def request_of(serving_config: str, query: SearchQuery, *, plain: bool, summarize: bool) -> SearchRequest:
    """`plain` leaves out what a standard edition refuses."""
    from google.cloud.discoveryengine_v1 import SearchRequest

    content = SearchRequest.ContentSearchSpec
    made: dict[str, Any] = {
        "serving_config": serving_config,
        "query": " ".join(query.text.split()),
        "page_size": max(1, min(query.limit, MOST_RESULTS)),
        "filter": filter_of(query),
    }
    if not plain:
        spelling = SearchRequest.SpellCorrectionSpec.Mode
        spec = content(
            snippet_spec=content.SnippetSpec(return_snippet=True),
            extractive_content_spec=content.ExtractiveContentSpec(
                max_extractive_segment_count=SEGMENTS, max_extractive_answer_count=ANSWERS
            ),
        )
        if summarize:
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
        made["spell_correction_spec"] = SearchRequest.SpellCorrectionSpec(
            mode=spelling.SUGGESTION_ONLY if query.as_typed else spelling.AUTO
        )
        made["boost_spec"] = SearchRequest.BoostSpec(
            condition_boost_specs=[
                SearchRequest.BoostSpec.ConditionBoostSpec(condition='in_force: ANY("no")', boost=LATER)
            ]
        )
    return SearchRequest(**made)


def filter_of(query: SearchQuery) -> str:
    """The filter of the search's own language; "" for everything, which also finds what others put there."""
    if not query.kinds:
        return ""
    names = ", ".join(f'"{kind}"' for kind in shared_kinds(query))
    return f"kind: ANY({names})"
