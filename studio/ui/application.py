"""Starting the window: look, fonts, translations, log, crash hook, and the project that was asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

# Pydantic before PySide6: the other way round its compiled core is loaded twice as slowly.
import pydantic  # noqa: F401
from PySide6.QtCore import QLocale, Qt, QTimer, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from studio import __version__
from studio.core.paths import resources
from studio.services import preferences
from studio.ui import crash
from studio.ui.main_window import MainWindow
from studio.ui.remembered import Remembered
from studio.ui.session import Session
from studio.ui.theme import apply_theme

# The window has painted by then, and whoever opened it still looks around.
READY_AFTER_MS = 250


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window, with the project named on the command line, and return when it is closed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    traces = crash.start_log()
    app = make_application()
    window = make_window()
    crash.install(lambda error: _tell_fault(error, window), lambda error: window.session.failed.emit("", error))
    crash.LOG.info("window opens, version %s", __version__)
    window.show()
    QTimer.singleShot(READY_AFTER_MS, window.make_ready)
    window.session.keep_ready()
    if paths := [Path(argument) for argument in given if not argument.startswith("-")]:
        QTimer.singleShot(0, lambda: window.commands.take_paths(paths))
    code = app.exec()
    crash.LOG.info("window closed")
    if traces:
        traces.close()
    return code


def _tell_fault(error: BaseException, window: MainWindow) -> None:
    from studio.ui.dialogs.about import version_line
    from studio.ui.dialogs.crash import CrashDialog

    CrashDialog(crash.report_of(error, version_line()), window).open()


def make_application() -> QApplication:
    """The application with its name, look and language."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication.instance()
    made = app if isinstance(app, QApplication) else QApplication(sys.argv[:1])
    made.setApplicationName("fine-tuning-studio")
    made.setApplicationDisplayName("Fine-Tuning Studio")
    made.setApplicationVersion(__version__)
    made.setDesktopFileName("fine-tuning-studio")
    load_translation(made)
    apply_theme(made, preferences.load().theme)
    return made


def load_translation(app: QApplication) -> bool:
    """Use the translation for the system's language, where one ships with the program."""
    translator = QTranslator(app)
    if translator.load(QLocale(), "studio", "_", str(resources() / "translations")):
        return app.installTranslator(translator)
    return False


def make_window() -> MainWindow:
    """A window with a session of its own."""
    session = Session()
    return MainWindow(session, Remembered(session, preferences.load()))
