"""About: what this is, its versions and licence, and what it promises."""

from __future__ import annotations

import platform

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QWidget

from studio import __version__
from studio.ui.dialogs.window import DialogWindow
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import column, hairline, row, scrolling
from studio.ui.wording import tr


def promises() -> tuple[str, ...]:
    """What the studio promises, each in a sentence."""
    return (
        tr("Nothing leaves this computer. This version makes no connection at all, and counts nothing."),
        tr("Closing the window does not stop training; the next window takes it up."),
        tr("A crash or a power cut costs at most the steps since the last save point."),
        tr("Your files are never changed; every edit can be undone, also after a restart."),
        tr("No number is shown that was not measured, and a failed run never looks like a good one."),
        tr("No program code from a model folder, a data file or a project is ever run."),
        tr("A project of a newer version is left untouched."),
    )


class AboutDialog(DialogWindow):
    """Versions, licence and promises."""

    def __init__(self, parent: QWidget | None = None) -> None:
        sentence = tr("Fine-tune a language model on your own examples, on your own computer.")
        super().__init__(tr("Fine-Tuning Studio"), parent, sentence=sentence, size=(560, 520))
        versions = Label(version_line(), "caption", wrap=True)
        versions.set_selectable()
        self.add(versions)
        self.add(Label(tr("Free software under the Apache License 2.0."), "caption", wrap=True))
        self.add(hairline())
        self.add(Label(tr("What it promises"), "heading"))
        listed = column(spacing=9, margins=(0, 0, 12, 0))
        for promise in promises():
            line = row(spacing=10)
            line.addWidget(IconLabel("check-circle-fill", "good", 17), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(Label(promise, "body", wrap=True), 1)
            listed.addLayout(line)
        listed.addStretch(1)
        holder = QWidget()
        holder.setLayout(listed)
        self.add(scrolling(holder), 1)
        self.add_close()


def version_line() -> str:
    """The versions that matter for a report."""
    return tr(
        "Version {studio} · Python {python} · Qt {qt} · PySide {pyside} · {system}",
        studio=__version__,
        python=platform.python_version(),
        qt=qVersion(),
        pyside=pyside_version,
        system=platform.platform(terse=True),
    )
