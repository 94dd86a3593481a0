"""Which file is shown: its menu, how it was read, and the lines of it that were set aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QWidget

from studio.services.facts import Dataset
from studio.ui.tables import TableColumn, TableRow
from studio.ui.wording import count, plural, shortened, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def how_read(dataset: Dataset) -> str:
    """How a file was read: UTF-8, semicolon between columns."""
    parts = [dataset.encoding.upper().replace("_", "-")] if dataset.encoding else []
    if dataset.delimiter:
        word = _DELIMITERS.get(dataset.delimiter)
        between = tr(word) if word else f"“{dataset.delimiter}”"
        parts.append(tr("{sign} between columns", sign=between))
    return ", ".join(parts)


def fact_of(state: State) -> str:
    """The sentence under the title."""
    files = state.facts.datasets
    if not files:
        return tr("The examples your model will learn from.")
    name = shortened(files[0].file, 48)
    if len(files) > 1:
        name = tr("{file} and {more}", file=name, more=plural(len(files) - 1, "{n} more file", "{n} more files"))
    read = sum(dataset.rows_kept for dataset in files)
    parts = [name]
    if len(files) == 1 and (how := how_read(files[0])):
        parts.append(how)
    if state.facts.report:
        parts.append(tr("{used} of {read} examples are used", used=count(state.facts.report.rows), read=count(read)))
    else:
        parts.append(plural(read, "{n} row", "{n} rows"))
    return " · ".join(parts)


def news_of(before: State, now: State) -> str:
    """A word about files that came or went between two states of one project; empty when none did."""
    if before.folder != now.folder:
        return ""
    old = {dataset.hash: dataset for dataset in before.facts.datasets}
    new = {dataset.hash: dataset for dataset in now.facts.datasets}
    come = [dataset for hash, dataset in new.items() if hash not in old]
    gone = [dataset for hash, dataset in old.items() if hash not in new]
    if come and not gone:
        rows = plural(sum(dataset.rows_kept for dataset in come), "{n} row", "{n} rows")
        return tr("{file} is brought in: {rows}", file=shortened(come[0].file, 40), rows=rows)
    return tr("{file} is taken out", file=shortened(gone[0].file, 40)) if gone and not come else ""


def aside_columns() -> tuple[TableColumn, ...]:
    """The header of the table of lines that were set aside."""
    return (
        TableColumn(tr("Line"), tr("in the file")),
        TableColumn(tr("Why"), tr("what is wrong with it")),
        TableColumn(tr("Text"), tr("its beginning"), used=False),
    )


def aside_rows(dataset: Dataset) -> list[TableRow]:
    """The lines that were set aside, with number and reason."""
    line, why, text = (column.name for column in aside_columns())
    return [
        {line: count(int(each.get("line", 0))), why: str(each.get("reason", "")), text: str(each.get("text", ""))}
        for each in dataset.aside
    ]


class FileMenu(QMenu):
    """The project's files with their rows; below, how the shown one was read, and taking it out."""

    def __init__(self, parent: QWidget, session: Session, choose: Callable[[Dataset], None]) -> None:
        super().__init__(parent)
        self._session, self._choose = session, choose
        self._shown: tuple[tuple[str, ...], bool] = ((), False)

    def show_datasets(self, datasets: Sequence[Dataset], read_only: bool) -> None:
        """Offer these files."""
        if self._shown == (tuple(d.hash for d in datasets), read_only):
            return
        self._shown = tuple(d.hash for d in datasets), read_only
        self.clear()
        for dataset in datasets:
            rows = plural(dataset.rows_kept, "{n} row", "{n} rows")
            facts = "  ·  ".join(part for part in (dataset.file, rows, how_read(dataset)) if part)
            action = self.addAction(facts.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, d=dataset: self._choose(d))
        self.addSeparator()
        for dataset in datasets:
            action = self.addAction(tr("Take “{file}” out", file=dataset.file).replace("&", "&&"))
            action.setEnabled(not read_only)
            action.triggered.connect(lambda _checked=False, d=dataset: self._session.data.remove_dataset(d.hash))
