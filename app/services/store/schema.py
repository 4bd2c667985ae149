"""The tables of the store, as numbered steps. A released step is never changed: a new one is added."""

from __future__ import annotations

from app.domain.queue import QueueSort
from app.services.store.database import Migration

SORTED_BY = {
    QueueSort.DUE: "due_at",
    QueueSort.RECEIPT: "receipt",
    QueueSort.RECEIVED: "received_at",
    QueueSort.PATIENT: "patient_order",
    QueueSort.FORM_TYPE: "form_type",
    QueueSort.CONFIDENCE: "confidence",
    QueueSort.NEEDS_LOOK: "needs_look",
    QueueSort.URGENCY: "urgency",
    QueueSort.STATUS: "status_order",
    QueueSort.ASSIGNED: "assigned_to",
}
"""The column of `queue` that each order goes by."""

_APPEND_ONLY = tuple(
    f"CREATE TRIGGER {table}_{verb.lower()}s_refused BEFORE {verb} ON {table}"
    f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for table in ("changes", "audit")
    for verb in ("UPDATE", "DELETE")
)

_FIRST = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
    """CREATE TABLE cases (
        number INTEGER PRIMARY KEY,
        case_id TEXT NOT NULL UNIQUE,
        revision TEXT NOT NULL,
        document BLOB NOT NULL
    )""",
    """CREATE TABLE changes (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        change_id TEXT NOT NULL UNIQUE,
        case_number INTEGER NOT NULL REFERENCES cases (number),
        body BLOB NOT NULL
    )""",
    "CREATE INDEX changes_of_case ON changes (case_number, number)",
    """CREATE TABLE outbox (
        change_number INTEGER PRIMARY KEY REFERENCES changes (number),
        base_revision TEXT,
        state TEXT NOT NULL DEFAULT 'waiting'
    )""",
    # body is the exact text that was signed; change_id ties an entry to the change it records
    """CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY,
        case_id TEXT,
        change_id TEXT UNIQUE,
        body TEXT NOT NULL,
        hash BLOB NOT NULL
    )""",
    "CREATE INDEX audit_of_case ON audit (case_id, sequence)",
    *_APPEND_ONLY,
    """CREATE TABLE contents (
        number INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL,
        case_number INTEGER NOT NULL REFERENCES cases (number),
        UNIQUE (sha256, case_number)
    )""",
    "CREATE INDEX contents_of_case ON contents (case_number, sha256)",
    """CREATE TABLE drafts (
        number INTEGER PRIMARY KEY,
        case_number INTEGER NOT NULL REFERENCES cases (number),
        path TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (case_number, path)
    )""",
    "CREATE TABLE remembered (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL)",
    "CREATE TABLE words (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, body BLOB NOT NULL)",
    """CREATE TABLE queue (
        number INTEGER PRIMARY KEY REFERENCES cases (number),
        case_id TEXT NOT NULL,
        receipt TEXT NOT NULL,
        patient TEXT NOT NULL,
        patient_order TEXT NOT NULL,
        form_type TEXT NOT NULL,
        file_name TEXT NOT NULL,
        status_order INTEGER NOT NULL,
        urgency TEXT NOT NULL,
        received_at TEXT NOT NULL,
        due_at TEXT NOT NULL,
        confidence REAL NOT NULL,
        lowest REAL NOT NULL,
        needs_look INTEGER NOT NULL,
        fields INTEGER NOT NULL,
        page_count INTEGER NOT NULL,
        assigned_to TEXT NOT NULL,
        reason TEXT NOT NULL,
        text_hash BLOB NOT NULL
    )""",
    # Each order of the queue is one index that also holds the status, as a number, and the id: nothing is
    # sorted, and the table itself is not read.
    *(
        f"CREATE INDEX queue_by_{column} ON queue ({column}, number, status_order, case_id)"
        for column in SORTED_BY.values()
    ),
    "CREATE INDEX queue_status ON queue (status_order)",
    """CREATE VIRTUAL TABLE queue_text USING fts5(
        text, content = '', contentless_delete = 1, prefix = '1 2 3',
        tokenize = "unicode61 remove_diacritics 2"
    )""",
)

_FORM_TYPES = (
    """CREATE TABLE form_versions (
        number INTEGER PRIMARY KEY,
        form_type TEXT NOT NULL,
        version TEXT NOT NULL,
        title TEXT NOT NULL,
        origin TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('published', 'retired')),
        definition BLOB NOT NULL,
        detail TEXT NOT NULL,
        UNIQUE (form_type, version)
    )""",
    "CREATE UNIQUE INDEX form_version_in_force ON form_versions (form_type) WHERE state = 'published'",
    """CREATE TRIGGER form_versions_fixed BEFORE UPDATE OF form_type, version, title, origin, definition
        ON form_versions BEGIN SELECT RAISE(ABORT, 'a published version never changes'); END""",
    """CREATE TRIGGER form_versions_kept BEFORE DELETE ON form_versions
        BEGIN SELECT RAISE(ABORT, 'a published version is kept'); END""",
    "CREATE TABLE form_drafts (number INTEGER PRIMARY KEY, draft_id TEXT NOT NULL UNIQUE, body BLOB NOT NULL)",
    # which version a case was read with; empty for what was read before this column came, until it is asked for
    "ALTER TABLE queue ADD COLUMN form_version TEXT NOT NULL DEFAULT ''",
)

_REVIEW = (
    "CREATE TABLE users (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body TEXT NOT NULL)",
    # one question to a model with its answer: never changed, kept with the case
    """CREATE TABLE reviews (
        number INTEGER PRIMARY KEY,
        review_id TEXT NOT NULL UNIQUE,
        case_number INTEGER NOT NULL REFERENCES cases (number),
        body BLOB NOT NULL
    )""",
    "CREATE INDEX reviews_of_case ON reviews (case_number, number)",
    *(
        f"CREATE TRIGGER reviews_{verb.lower()}s_refused BEFORE {verb} ON reviews"
        " BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    # what people had on screen of a case, added up: what a determination's receipt is made of
    """CREATE TABLE looks (
        number INTEGER PRIMARY KEY,
        case_number INTEGER NOT NULL REFERENCES cases (number),
        person TEXT NOT NULL,
        document TEXT NOT NULL,
        page INTEGER NOT NULL,
        seconds REAL NOT NULL,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        UNIQUE (case_number, person, document, page)
    )""",
    """CREATE TABLE policy_versions (
        number INTEGER PRIMARY KEY,
        policy_id TEXT NOT NULL,
        version TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('published', 'retired')),
        body BLOB NOT NULL,
        detail TEXT NOT NULL,
        UNIQUE (policy_id, version)
    )""",
    "CREATE UNIQUE INDEX policy_version_in_force ON policy_versions (policy_id) WHERE state = 'published'",
    """CREATE TRIGGER policy_versions_fixed BEFORE UPDATE OF policy_id, version, body ON policy_versions
        BEGIN SELECT RAISE(ABORT, 'a published policy never changes'); END""",
    """CREATE TRIGGER policy_versions_kept BEFORE DELETE ON policy_versions
        BEGIN SELECT RAISE(ABORT, 'a published policy is kept'); END""",
    # what stands on one page of a document: read, or lost when nothing could be made of it
    """CREATE TABLE page_texts (
        number INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL,
        page INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('read', 'lost')),
        body BLOB NOT NULL,
        UNIQUE (sha256, page)
    )""",
    """CREATE TABLE waiting_documents (
        number INTEGER PRIMARY KEY,
        document_id TEXT NOT NULL UNIQUE,
        sha256 TEXT NOT NULL,
        body TEXT NOT NULL
    )""",
    # the review's queue: its status as a number, whom it waits for, and when work on it has to begin
    "ALTER TABLE queue ADD COLUMN review_order INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE queue ADD COLUMN waiting_for TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE queue ADD COLUMN begin_by TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE queue ADD COLUMN asked_for TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE queue ADD COLUMN line_count INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE queue ADD COLUMN flag_count INTEGER NOT NULL DEFAULT 0",
    # only what is in review: the cases of intake cost it nothing
    """CREATE INDEX queue_in_review ON queue (begin_by, number, review_order, case_id, waiting_for, assigned_to)
        WHERE review_order > 0""",
    "CREATE INDEX queue_review_order ON queue (review_order)",
)

_SYNC = (
    # How a case stands with the shared queue. `base` is the version both sides are known to have had, what a merge
    # starts from: NULL until the server has the case. `state`: known, reread (the server's version has to be read
    # again), deleted and gone (there, not here), parked (refused), newer (not understood), local (never sent).
    """CREATE TABLE remote_cases (
        case_number INTEGER PRIMARY KEY REFERENCES cases (number),
        update_time TEXT NOT NULL DEFAULT '',
        base BLOB,
        state TEXT NOT NULL DEFAULT 'known',
        tries INTEGER NOT NULL DEFAULT 0,
        retry_at TEXT,
        reason TEXT,
        reviews_sent INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX remote_cases_state ON remote_cases (state) WHERE state <> 'known'",
    "CREATE INDEX remote_cases_retry ON remote_cases (retry_at) WHERE retry_at IS NOT NULL",
    # what a merge left of a change's writes, and whether the change waits for a person (held) or its turn; the
    # change itself never changes
    "ALTER TABLE outbox ADD COLUMN writes BLOB",
    "ALTER TABLE outbox ADD COLUMN case_number INTEGER REFERENCES cases (number)",
    "UPDATE outbox SET case_number = (SELECT case_number FROM changes WHERE number = change_number)",
    "CREATE INDEX outbox_of_case ON outbox (case_number, change_number)",
    """CREATE TABLE conflicts (
        number INTEGER PRIMARY KEY,
        conflict_id TEXT NOT NULL UNIQUE,
        case_number INTEGER NOT NULL REFERENCES cases (number),
        other_number INTEGER REFERENCES cases (number),
        unit TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'open',
        body BLOB NOT NULL
    )""",
    "CREATE INDEX conflicts_open ON conflicts (state, case_number)",
    # files on their way to a bucket, and whether they have arrived
    """CREATE TABLE uploads (
        number INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL,
        case_number INTEGER NOT NULL REFERENCES cases (number),
        uri TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL DEFAULT 'waiting',
        UNIQUE (sha256, case_number)
    )""",
    "INSERT INTO uploads (sha256, case_number) SELECT sha256, case_number FROM contents",
    "CREATE INDEX uploads_waiting ON uploads (case_number) WHERE state = 'waiting'",
    # files kept for work without a network, and when they were last wanted: what goes first when space is short
    """CREATE TABLE cached (
        number INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL UNIQUE,
        size INTEGER NOT NULL,
        wanted_at TEXT NOT NULL
    )""",
    # What other desks did to a case, fetched beside it: receipts of their changes, and what models were asked there.
    # Nothing of it is changed; it may be fetched again.
    *(
        f"""CREATE TABLE past_{what}s (
            number INTEGER PRIMARY KEY,
            {what}_id TEXT NOT NULL UNIQUE,
            case_number INTEGER NOT NULL REFERENCES cases (number),
            at TEXT NOT NULL,
            body BLOB NOT NULL
        )"""
        for what in ("change", "review")
    ),
    "CREATE INDEX past_changes_of_case ON past_changes (case_number, at, number)",
    "CREATE INDEX past_reviews_of_case ON past_reviews (case_number, at, number)",
    # up to which version of a case its history is here, and when by the server's clock that was written
    """CREATE TABLE histories (
        case_number INTEGER PRIMARY KEY REFERENCES cases (number),
        update_time TEXT NOT NULL,
        written_at TEXT NOT NULL DEFAULT ''
    )""",
)

MIGRATIONS = (
    Migration(1, "cases, changes, outbox, audit, queue", _FIRST),
    Migration(2, "form types", _FORM_TYPES),
    Migration(3, "users, reviews, policies, the review's queue", _REVIEW),
    Migration(4, "sync: bases, conflicts, uploads, cached files", _SYNC),
)
