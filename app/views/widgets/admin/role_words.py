"""Roles in words, and the letters that stand for a person."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication

from app.domain.role import Person, Role


def role_word(role: Role) -> str:
    """What a role is called."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Role", text)

    return {
        Role.CASE_MANAGER: tr("Case manager"),
        Role.UR_SPECIALIST: tr("UR specialist"),
        Role.PHYSICIAN: tr("Physician reviewer"),
        Role.ADMINISTRATOR: tr("Administrator"),
    }[role]


def role_duty(role: Role) -> str:
    """What somebody of this role may do, in a few words."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Role", text)

    return {
        Role.CASE_MANAGER: tr("takes in forms, corrects and verifies them"),
        Role.UR_SPECIALIST: tr("the same; reviews requests, approves, pends, refers"),
        Role.PHYSICIAN: tr("reviews requests, denies, approves in part"),
        Role.ADMINISTRATOR: tr("form types, policies, models and people"),
    }[role]


def role_list(roles: Iterable[Role]) -> str:
    """Several roles in one line."""
    return ", ".join(role_word(role) for role in roles)


def initials(person: Person) -> str:
    """One or two letters of a person's title, or of their name."""
    called = (person.title or person.name).partition(",")[0]  # without what they graduated as
    words = [word for word in called.split() if word[:1].isalnum() and not word.endswith(".")]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "") if words else person.name[:1]
    return letters.upper()
