"""What an export made: the check, the files, and what one can do with the folder; and the list of all exports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout

from studio.services.facts import Export
from studio.ui import wording
from studio.ui.pages.train.head import Sign
from studio.ui.widgets.buttons import Button, LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.gauges import ProgressBar
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import clear, column, hairline, row, wide
from studio.ui.wording import plural, run_name, time_left, tr

_MOST_FILES = 12


class ProgressCard(Card):
    """An export under way."""

    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Exporting"))
        self._words = Label("", "body")
        self._bar = ProgressBar(tr("How far the export is"))
        self._left = Label("", "caption", tabular=True)
        self.stop = Button(tr("Stop"), "stop", small=True)
        self.stop.clicked.connect(self.stop_wanted)
        more = Label(tr("The folder appears only once it was read back and gave the same answers."), "quiet")
        self.add(self._words)
        self.add(self._bar)
        self.add(row(more, None, self._left, self.stop))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_progress(self, words: str, share: float | None, seconds_left: float | None) -> None:
        """How far it is, in words and as a bar."""
        self._words.setText(words or tr("The model is being loaded."))
        self._bar.set_progress(share)
        self._left.setText(time_left(seconds_left) if seconds_left is not None else "")


class ResultCard(Card):
    """One finished export. `certificate_wanted` asks for the certificate's text."""

    certificate_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("")
        self._export: Export | None = None
        self._sign = Sign()
        self._title = Label("", "heading")
        self._check = Label("", "second", wrap=True)
        self._where = ElidedLabel("", "caption", middle=True)
        self.open = Button(tr("Open the folder"), "folder-open")
        self.copy = Button(tr("Copy the path"), "copy")
        self.certificate = Button(tr("Certificate"), "identification-card")
        self.open.clicked.connect(self._open_folder)
        self.copy.clicked.connect(self._copy_path)
        self.certificate.clicked.connect(self._toggle_certificate)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setAccessibleName(tr("Certificate"))
        self._text.setFixedHeight(220)
        self._text.hide()
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(column(self._title, self._check, self._where, spacing=2), 1)
        buttons = row(self.open, self.copy, self.certificate)
        head.addLayout(buttons)
        head.setAlignment(buttons, Qt.AlignmentFlag.AlignTop)
        self._files = QVBoxLayout()
        self._files.setSpacing(4)
        self.add(head)
        self.add(self._text)
        self.add(self._files)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_export(self, export: Export, title: str) -> None:
        """Show an export; `title` is the name of its kind."""
        self._title.setText(tr("{kind}, {run}", kind=title, run=run_name(export.run)))
        if export == self._export:
            return
        self._export = export
        self._text.hide()
        check = export.check
        good = bool(check.get("ok"))
        self._sign.show_sign("check" if good else "warning", "good" if good else "warn")
        self._check.setText(_check_words(export))
        self._where.setText(str(export.folder))
        self.copy.setText(tr("Copy the path"))
        clear(self._files)
        self._files.addWidget(hairline("gridline"))
        for file in export.files[:_MOST_FILES]:
            size = Label(wording.size(file["bytes"]), "caption", tabular=True)
            name = ElidedLabel(str(file["path"]), "body", middle=True)
            self._files.addLayout(row(IconLabel("file", "second", 14), wide(name), size, spacing=10))
        rest = len(export.files) - _MOST_FILES
        if rest > 0:
            self._files.addWidget(Label(plural(rest, "and {n} more file", "and {n} more files"), "quiet"))
        self.setAccessibleName(f"{self._title.text()}. {self._check.text()}")

    def _open_folder(self) -> None:
        if self._export is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._export.folder)))

    def _copy_path(self) -> None:
        if self._export is not None:
            QGuiApplication.clipboard().setText(str(self._export.folder))
            self.copy.setText(tr("Copied"))

    def _toggle_certificate(self) -> None:
        if self._text.isHidden():
            self.certificate_wanted.emit()
        else:
            self._text.hide()

    def show_certificate(self, text: str) -> None:
        """Open the certificate, as it lies in the folder."""
        self._text.setPlainText(text)
        self._text.show()

    def export(self) -> Export | None:
        """The export that is shown."""
        return self._export


def _check_words(export: Export) -> str:
    check = export.check
    agree, prompts = check.get("agree"), check.get("prompts")
    if agree is None or prompts is None:
        return tr("It was read back and compared with the tuned model.")
    said = tr(
        "Read back and asked again: same answers as the tuned model, {agree} of {prompts}.",
        agree=agree,
        prompts=prompts,
    )
    apart = check.get("max_logit_difference")
    return (
        f"{said} {tr('Largest difference: {number}.', number=wording.number(apart, 2))}" if apart is not None else said
    )


class ExportList(Card):
    """Everything that was exported from this project. `chosen(place)` shows one."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(tr("Exports of this project"))
        self._lines = QVBoxLayout()
        self._lines.setSpacing(6)
        self.add(self._lines)
        self._shown: tuple[object, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_exports(self, exports: Sequence[Export], titles: dict[str, str], current: Export | None) -> None:
        """List the exports, newest first; the one that stands above says so."""
        shown = (*exports, current)
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._lines)
        for place, export in enumerate(exports):
            self._lines.addLayout(self._line(place, export, titles, export == current))

    def _line(self, place: int, export: Export, titles: dict[str, str], current: bool) -> QHBoxLayout:
        whole = sum(int(file["bytes"]) for file in export.files)
        kind = titles.get(export.to, export.to)
        told = [run_name(export.run), wording.size(whole)]
        if export.time:
            told.append(wording.when(datetime.fromtimestamp(export.time), datetime.now()))
        path = ElidedLabel(str(export.folder), "quiet", middle=True)
        line = row(
            IconLabel("package", "second"),
            Label(kind, "medium"),
            Label(" · ".join(told), "caption"),
            wide(path),
            spacing=10,
        )
        if current:
            line.addWidget(Label(tr("shown above"), "quiet"))
        else:
            show = LinkButton(tr("Show"))
            show.setAccessibleName(tr("Show {kind} of {run}", kind=kind, run=run_name(export.run)))
            show.clicked.connect(lambda: self.chosen.emit(place))
            line.addWidget(show)
        return line
