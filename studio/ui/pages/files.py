"""The system's dialogs for choosing files and folders; each begins where the person was last."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.plugins import readers
from studio.ui.wording import tr


class LastFolder(QObject):
    """Where a file or folder was chosen last. The window keeps it from one time to the next."""

    moved = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.path = ""

    def take(self, path: str) -> None:
        """Remember a folder."""
        if path != self.path:
            self.path = path
            self.moved.emit(path)


@cache
def last_folder() -> LastFolder:
    """The program's one last folder."""
    return LastFolder()


def choose_data_files(parent: QWidget) -> list[Path]:
    """Ask for files with examples; an empty list when the person changes their mind."""
    endings = sorted({f"*{suffix}" for reader in readers() for suffix in reader.suffixes})
    known = tr("Files with examples ({endings})", endings=" ".join(endings))
    kinds = f"{known};;{tr('All files (*)')}"
    paths, _kind = QFileDialog.getOpenFileNames(parent, tr("Bring in files"), last_folder().path, kinds)
    if paths:
        last_folder().take(str(Path(paths[0]).parent))
    return [Path(path) for path in paths]


def choose_folder(parent: QWidget, title: str, begin: str = "") -> Path | None:
    """Ask for a folder; None when the person changes their mind."""
    path = QFileDialog.getExistingDirectory(parent, title, begin or last_folder().path)
    if path and not begin:
        last_folder().take(str(Path(path).parent))
    return Path(path) if path else None
