"""The room of policies: wires its page to its model, and tells the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog

from app.domain.case import from_time
from app.domain.errors import Actionable
from app.domain.policy import Policy
from app.services.policy_library import PolicyVersion
from app.views.background import Background
from app.views.models.policy_model import PolicyModel
from app.views.widgets.policy.policy_page import PolicyPage
from app.views.widgets.policy.policy_row import PolicyRow
from app.views.widgets.queue_card import local_time
from app.workstation import Workstation


class PolicyRoom(QObject):
    """Where an administrator reads, edits and publishes policies. Built when the room is first entered."""

    said = Signal(str, str, str)
    """kind, what happened, what to do"""
    failed = Signal(object)
    """`Actionable`"""
    left = Signal()

    def __init__(self, workstation: Workstation, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self.model = PolicyModel(workstation, background, self)
        self.page = PolicyPage()
        self._versions: tuple[PolicyRow, ...] = ()
        self._draft = ""
        self._wire()

    def _wire(self) -> None:
        page, model = self.page, self.model
        reader, writer = page.reader, page.writer
        # the list
        model.listed.connect(self._list)
        model.draft_found.connect(self._draft_found)
        model.refused.connect(self._refused)
        page.policy_chosen.connect(model.open)
        page.draft_chosen.connect(model.resume)
        page.new_asked.connect(model.begin_new)
        page.files_asked.connect(self.choose_files)
        page.files_dropped.connect(model.add_files)
        page.left.connect(self.leave)
        # reading
        model.opened.connect(page.show_policy)
        model.compared.connect(page.show_changes)
        reader.version_chosen.connect(lambda version: self._with_policy(model.open, version))
        reader.compare_asked.connect(self._compare)
        reader.edit_asked.connect(self._edit)
        reader.retire_asked.connect(lambda: self._with_policy(model.retire))
        reader.restore_asked.connect(self._restore)
        model.retired.connect(self._retired)
        model.restored.connect(self._restored)
        # editing
        model.draft_opened.connect(self._write)
        model.source_read.connect(writer.set_source)
        model.checked.connect(writer.show_problems)
        model.published.connect(self._published)
        writer.changed.connect(model.keep)
        writer.publish_asked.connect(model.publish)
        writer.discarded.connect(self._discard)
        writer.left.connect(page.show_reader)

    def enter(self) -> None:
        """The room is shown: what others published meanwhile is shown, too."""
        self.model.refresh()
        self.page.take_keyboard()

    def leave(self) -> None:
        """Back to the settings; what is being edited is kept."""
        if self.model.draft:
            self.page.writer.tell()
        self.left.emit()

    def choose_files(self) -> None:
        """Ask for files to add."""
        dialog = QFileDialog(self.page, self.tr("Add a policy"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self.tr("Policies (*.yaml *.yml *.txt)"), self.tr("All files (*)")])
        dialog.filesSelected.connect(self.model.add_files)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # the list

    def _list(self, versions: tuple[PolicyVersion, ...]) -> None:
        self._versions = tuple(_row(version) for version in versions)
        self.page.show_versions(self._versions, self._draft)
        shown = self.page.reader.policy
        if shown is not None and self.page.stack.currentWidget() is self.page.reader:
            self.model.open(shown.policy_id, shown.version)
        elif shown is None and versions and not self.page.list.current_key:
            self.page.list.choose(next((v.policy_id for v in versions if v.in_force), versions[0].policy_id))

    def _draft_found(self, title: str) -> None:
        self._draft = title
        self.page.show_versions(self._versions, title)

    def _refused(self, error: Actionable) -> None:
        self.failed.emit(error)

    # reading

    def _with_policy(self, function: object, *more: object) -> None:
        policy = self.page.reader.policy
        if policy is not None and callable(function):
            function(policy.policy_id, *more)

    def _compare(self, other: str) -> None:
        policy = self.page.reader.policy
        if policy is not None:
            self.model.compare(policy.policy_id, policy.version, other)

    def _edit(self) -> None:
        policy = self.page.reader.policy
        if policy is None:
            return
        if self.model.draft:  # nothing that was typed is thrown away unasked
            self.model.resume()
            self.said.emit(
                "look",
                self.tr("“{title}” is being edited and not published yet.").format(
                    title=self.model.draft["title"]
                ),
                self.tr("Publish it or throw it away first."),
            )
        else:
            self.model.edit(policy, self.page.reader.criteria.current_key)

    def _restore(self) -> None:
        policy = self.page.reader.policy
        if policy is not None:
            self.model.restore(policy.policy_id, policy.version)

    def _retired(self, version: PolicyVersion) -> None:
        told = self.tr("{title} is retired.").format(title=version.title)
        self.said.emit("info", told, self.tr("Its requests need a person until a version is in force again."))

    def _restored(self, version: PolicyVersion) -> None:
        self.said.emit("sure", _in_force(version.title, version.version), "")

    # editing

    def _write(self, title: str, text: str, source: str, at: str) -> None:
        self.page.show_writer()
        self.page.writer.load(title, text, source, at)

    def _discard(self) -> None:
        self.model.discard()
        self.page.show_reader()

    def _published(self, policy: Policy) -> None:
        self._draft = ""
        self.said.emit(
            "sure",
            _in_force(policy.title, policy.version),
            self.tr("Reviews made with an earlier one keep it."),
        )
        self.page.reader.policy = policy  # the list shows it as soon as it is there
        self.page.show_reader()


def _in_force(title: str, version: str) -> str:
    words = QCoreApplication.translate("Policies", "Version {version} of {title} is in force.")
    return words.format(version=version, title=title)


def _row(version: PolicyVersion) -> PolicyRow:
    at = local_time(from_time(version.at)) if version.at else ""
    return PolicyRow(
        version.policy_id, version.version, version.title, version.in_force, version.origin, version.effective,
        version.by, at, version.sharing,
    )  # fmt: skip
