"""Preferences: how the studio looks, how much it shows, where projects go, how many save points stay."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from studio.ui.dialogs.window import DialogWindow
from studio.ui.pages.files import choose_folder
from studio.ui.remembered import Remembered
from studio.ui.theme import apply_theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import NumberInput
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import column, hairline, row
from studio.ui.widgets.switches import Segmented, Switch
from studio.ui.wording import tr


class PreferencesDialog(DialogWindow):
    """Every change holds at once; there is nothing to confirm."""

    def __init__(self, remembered: Remembered, parent: QWidget | None = None) -> None:
        super().__init__(tr("Preferences"), parent, sentence=tr("Every change holds at once."), size=(600, 430))
        self._remembered = remembered
        value = remembered.value
        themes = [("system", tr("As the system")), ("light", tr("Light")), ("dark", tr("Dark"))]
        self.theme = Segmented(themes, value.theme, name=tr("Appearance"))
        self.theme.changed.connect(self._take_theme)
        self.expert = Switch(value.expert, name=tr("Show everything (Expert)"))
        self.expert.toggled.connect(lambda on: remembered.change(expert=on))
        self.keep = NumberInput(1, 100, whole=True, step=1)
        self.keep.setAccessibleName(tr("Save points kept"))
        self.keep.set_number(value.keep_save_points)
        self.keep.edited.connect(lambda number: remembered.change(keep_save_points=int(number)))
        self.folder = ElidedLabel("", "caption", middle=True)
        self.folder_button = Button(tr("Choose…"), small=True)
        self.folder_button.setAccessibleName(tr("Choose where projects go"))
        self.folder_button.clicked.connect(self._choose_folder)
        self._show_folder()
        self._line(tr("Appearance"), tr("Light or dark, or as the rest of your computer."), self.theme)
        self._line(
            tr("Show everything"),
            tr("Expert shows every setting; Simple those that matter. Values stay the same."),
            self.expert,
        )
        self._line(
            tr("Save points kept"),
            tr("For new projects. Older ones are removed during training; the best one always stays."),
            self.keep,
        )
        self._line(tr("Where projects go"), "", self.folder_button, self.folder)
        self.body.addStretch(1)
        self.add_close()

    def _line(self, name: str, sentence: str, control: QWidget, below: QWidget | None = None) -> None:
        if self.body.count():
            self.add(hairline("gridline"))
        words = column(Label(name, "medium"), spacing=2)
        if sentence:
            words.addWidget(Label(sentence, "caption", wrap=True))
        if below is not None:
            words.addWidget(below)
        line = row(spacing=24)
        line.addLayout(words, 1)
        line.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)
        self.add(line)

    def _take_theme(self, name: str) -> None:
        self._remembered.change(theme=name)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, name)  # type: ignore[arg-type]

    def _choose_folder(self) -> None:
        folder = choose_folder(self, tr("Where should new projects go?"), self._remembered.value.projects_folder)
        if folder:
            self._remembered.change(projects_folder=str(folder))
            self._show_folder()

    def _show_folder(self) -> None:
        chosen = self._remembered.value.projects_folder
        self.folder.setText(chosen or str(Path.home() / "Fine-Tuning Studio"))
