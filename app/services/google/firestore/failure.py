"""What Firestore and Google's sign-in answer when they refuse, in the words of this program.

Nothing of the server's own words is passed on: they may hold a name or a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.google.refusal import general, told_beside

CLIENT_ROLE = "Cloud Datastore User (roles/datastore.user)"


@contextmanager
def translated(permission: str) -> Iterator[None]:
    """Raises `Offline`, `SignInRequired` or `Rejected` for whatever the client raises in here. `permission` is what
    the call needs, for the sentence that says it is missing. `AlreadyExists`, `FailedPrecondition` and `NotFound` of
    a commit are caught by whoever commits, inside.
    """
    import grpc  # type: ignore[import-untyped]
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except Actionable:
        raise
    except GoogleAPICallError as error:
        raise told(error, permission) from error
    except RetryError as error:
        raise silent() from error
    except GoogleAuthError as error:
        raise signed_out(error) from error
    except grpc.RpcError as error:
        from google.api_core.exceptions import from_grpc_error

        answer: Exception = from_grpc_error(error)  # type: ignore[no-untyped-call]
        raise told(answer, permission) from error
    except ValueError as error:
        if "closed" in str(error) and "RPC" in str(error):  # how grpc says that the program is ending
            raise silent() from error
        raise


def told(error: Exception, permission: str) -> Actionable:
    """What an answer of the server means to a person."""
    from google.api_core import exceptions as answers

    if isinstance(error, (answers.Unauthenticated, answers.PermissionDenied)):
        known = general(told_beside(error.details).reason, error.message, "Firestore")
        if known is not None:
            return known
    if isinstance(error, answers.Unauthenticated):
        return _sign_in()
    if isinstance(error, answers.ResourceExhausted):
        return Offline(
            "The shared queue is asked more than its quota allows.",
            "It is tried again by itself. If this stays, tell your administrator.",
            code="remote_busy",
        )
    if isinstance(error, answers.DeadlineExceeded):
        return silent()
    if isinstance(error, answers.PermissionDenied):
        return Rejected(
            f"This account may not use the shared queue of this project: the permission {permission} is missing.",
            f"Ask your administrator for the role {CLIENT_ROLE}.",
            code="remote_permission",
            permission=permission,
        )
    if isinstance(error, answers.FailedPrecondition):
        return Rejected(
            "The shared queue lacks an index that is needed to look for cases.",
            "Ask your administrator to deploy installer/cloud/firestore.indexes.json.",
            code="remote_index",
        )
    if isinstance(error, answers.NotFound):
        return Rejected(
            "This project has no Firestore database of that name.",
            "Ask your administrator for the connection file of this project.",
            code="remote_database",
        )
    if isinstance(error, answers.InvalidArgument):
        words = str(error).lower()
        if "size" in words or "longer than" in words or "too large" in words or "maximum" in words:
            return Rejected(
                "This is more than the shared queue takes for one case.",
                "What you did is kept on this computer. Split the case, or tell your administrator.",
                code="remote_too_large",
            )
        return Rejected(
            "The shared queue does not understand what was sent.",
            "What you did is kept on this computer. Check for a newer version of the program.",
            code="remote_not_understood",
        )
    if isinstance(error, answers.MethodNotImplemented | answers.OutOfRange):
        return Rejected(
            "The shared queue does not understand what was asked.",
            "Check for a newer version of the program.",
            code="remote_not_understood",
        )
    # unavailable, unknown, internal, cancelled, aborted, data loss: it may have been applied or not
    return Offline(
        "The shared queue cannot be reached.",
        "You can go on working: everything is kept here and sent when it can be reached.",
        code="remote_unreachable",
    )


def silent() -> Offline:
    return Offline(
        "The shared queue did not answer in time.",
        "You can go on working: everything is kept here and sent when it answers.",
        code="remote_silent",
    )


def signed_out(error: Exception) -> Actionable:
    """What a failure of the sign-in means: the network, or the person."""
    from google.auth.exceptions import TransportError

    if isinstance(error, TransportError) or getattr(error, "retryable", False):
        return Offline(
            "The sign-in cannot be renewed without a network.",
            "You can go on working: everything is kept here and sent when there is one.",
            code="remote_unreachable",
        )
    return _sign_in()


def _sign_in() -> SignInRequired:
    return SignInRequired("Google no longer accepts this sign-in.", "Sign in again.", code="google_sign_in")
