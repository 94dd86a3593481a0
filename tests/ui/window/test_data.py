"""The Data page in a real window: files in, roles, search, recipe, what is left out, and what is learnt."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QTextEdit

from studio.services.facts import PrepareReport
from studio.ui.pages.data.recipe_result import differences
from studio.ui.pages.data.widths import shared
from studio.ui.tables import RowsModel, TableRow
from tests.ui.window.living import (
    ALT,
    CONTROL,
    button,
    click,
    data_page,
    live,
    press,
    state,
    type_into,
    until,
)
from tests.ui.window.making import ARABIC, CHINESE, MARKUP, ROWS


def settled(window) -> PrepareReport:
    """Wait until the examples are prepared and nothing is under way."""

    def ready() -> bool:
        now = state(window)
        return bool(now.facts.report and now.facts.report.hash == now.config.data.prepared)

    live(0.5)
    until(lambda: ready() and not window.session.jobs.running("prepare"))
    live()
    report = state(window).facts.report
    assert report is not None
    return report


def shown_rows(page) -> int:
    return page.rows.rows.rowCount()


def read_out(page) -> str:
    from studio.ui.pages.data.reading import PassageText

    return "\n".join(each.toPlainText() for each in page.rows.reading.findChildren(PassageText))


def arrived(rows: RowsModel, place: int = 0) -> TableRow:
    """A row, once its page is there."""
    until(lambda: rows.row(place) is not None)
    row = rows.row(place)
    assert row is not None
    return row


def go_to(page, place: int) -> None:
    page.rows.table.choose_row(place)
    until(lambda: page.rows.rows.row(place) is not None)
    live(0.05)


def test_a_file_is_brought_in_and_prepared_without_further_ado(window, table, home):
    window.session.new_project(folder=home / "new")
    until(lambda: window.current_page() == "data")
    page = data_page(window)
    assert page.empty.isVisible()
    page.take_files([table])
    until(lambda: state(window).facts.datasets)
    settled(window)
    assert not page.empty.isVisible()
    assert shown_rows(page) == ROWS + 7
    assert "visitors.csv · UTF-8" in page.fact.text()
    assert window.bottom.next.isEnabled()


def test_the_header_says_what_columns_are_for_and_why(opened):
    page = data_page(opened)
    model = page.rows.rows
    assert [column.name for column in model.columns] == ["question", "answer", "topic"]
    assert [column.tone for column in model.columns] == ["second", "accent", "quiet"]
    assert model.columns[2].role == "Not used"
    assert model.columns[0].reason.startswith("Guessed: ")
    assert model.columns[0].reason in model.headerData(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)


def test_a_column_gets_another_role_from_its_menu_by_the_keyboard(opened):
    page = data_page(opened)
    page.rows.table.setFocus()
    page.rows.table.setCurrentIndex(page.rows.rows.index(0, 2))
    press(page.rows.table, Qt.Key.Key_Down, ALT)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    offered = [action.text() for action in menu.actions() if action.isCheckable()]
    assert offered[-1] == "Kept, not used"
    background = next(action for action in menu.actions() if action.text() == "Background")
    background.trigger()
    menu.close()
    assert state(opened).config.data.roles["topic"] == "context"
    assert page.rows.rows.columns[2].reason == "Chosen by you."
    press(opened, Qt.Key.Key_Z, CONTROL)
    assert "topic" not in state(opened).config.data.roles
    settled(opened)


def test_a_role_belongs_to_one_column_at_a_time(opened):
    page = data_page(opened)
    page.rows.set_role("topic", "answer")
    assert state(opened).config.data.roles == {"question": "prompt", "topic": "answer"}
    opened.session.undo()
    settled(opened)


def test_text_of_the_data_is_never_read_as_html(opened):
    page = data_page(opened)
    place = ROWS + 6
    go_to(page, place)
    until(lambda: MARKUP in read_out(page))
    assert page.rows.rows.data(page.rows.rows.index(place, 0)) == MARKUP
    for label in opened.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText, label.text()
    assert not opened.findChildren(QTextEdit)


def test_arabic_and_chinese_stay_whole_and_run_their_own_way(opened):
    from studio.ui.pages.data.reading import PassageText

    page = data_page(opened)
    go_to(page, ROWS + 4)
    until(lambda: ARABIC in read_out(page))
    passage = page.rows.reading.findChildren(PassageText)[0]
    assert passage.document().defaultTextOption().textDirection() == Qt.LayoutDirection.RightToLeft
    go_to(page, ROWS + 5)
    until(lambda: CHINESE in read_out(page))


def test_search_shows_only_the_rows_that_hold_it_and_escape_shows_all(opened):
    page = data_page(opened)
    press(opened, Qt.Key.Key_F, CONTROL)
    assert page.rows.search.hasFocus()
    type_into(page.rows.search, "ROOM 17 ")
    until(lambda: shown_rows(page) == 1)
    assert page.rows.rows.number(0) == 17
    press(page.rows.search, Qt.Key.Key_Escape)
    until(lambda: shown_rows(page) == ROWS + 7)


def test_a_search_in_vain_says_so(opened):
    page = data_page(opened)
    type_into(page.rows.search, "dinosaur")
    until(lambda: page.rows.nothing.isVisible())
    click(button(page.rows.nothing, "Show all rows"))
    until(lambda: page.rows.table.isVisible() and shown_rows(page) == ROWS + 7)


def test_a_row_is_copied_with_tabs_between_its_cells(opened):
    page = data_page(opened)
    go_to(page, 2)
    page.rows.table.setFocus()
    press(page.rows.table, Qt.Key.Key_C, CONTROL)
    until(lambda: QGuiApplication.clipboard().text().startswith("When does room 2 open?\t"))


def test_rows_that_the_recipe_leaves_out_carry_a_sign(opened):
    page = data_page(opened)
    until(lambda: page.rows.rows.flag(ROWS) is not None)
    flag = page.rows.rows.flag(ROWS)
    assert flag is not None and flag.words.startswith("Left out: ")
    assert page.rows.rows.flag(3) is None


def test_lines_that_could_not_be_read_stand_aside_with_number_and_reason(opened):
    page = data_page(opened)
    assert opened.bottom.message() == "1 row could not be read."
    live()
    click(button(page.findings, "Show"))
    assert page.rows.kind.current() == "aside"
    row = arrived(page.rows.rows)
    assert row["Line"] == str(ROWS + 9)
    assert row["Why"]


def test_a_step_is_switched_off_by_space_and_undone_by_the_keyboard(opened):
    page = data_page(opened)
    step = next(line for line in page.recipe.rows() if line.step.id == "drop-duplicates")
    assert step.outcome() == "−2"
    step.setFocus()
    press(step, Qt.Key.Key_Space)
    assert not next(one for one in state(opened).config.data.recipe if one.id == "drop-duplicates").on
    assert step.outcome() == "off"
    assert settled(opened).rows == ROWS + 6
    press(opened, Qt.Key.Key_Z, CONTROL)
    assert settled(opened).rows == ROWS + 4


def test_a_step_moves_with_alt_and_the_arrows_and_by_dragging_its_grip(opened):
    page = data_page(opened)
    before = [step.id for step in state(opened).config.data.recipe]
    first = page.recipe.rows()[0]
    first.setFocus()
    press(first, Qt.Key.Key_Down, ALT)
    moved = [step.id for step in state(opened).config.data.recipe]
    assert moved == [before[1], before[0], *before[2:]]
    live()
    line = page.recipe.rows()[0]
    QTest.mousePress(line, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(8, 10))
    QTest.mouseMove(line, QPoint(8, 10 + line.height()))
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(8, 10 + line.height()))
    assert [step.id for step in state(opened).config.data.recipe] == before
    settled(opened)


def test_a_step_is_removed_and_added_again(opened):
    page = data_page(opened)
    last = page.recipe.rows()[-1]
    last.setFocus()
    press(last, Qt.Key.Key_Delete)
    assert len(state(opened).config.data.recipe) == 4
    live()
    assert button(page.recipe, "Add a step").isVisible()
    page.recipe._append("limit-length")
    assert [step.id for step in state(opened).config.data.recipe][-1] == "limit-length"
    settled(opened)


def test_a_steps_settings_are_drawn_from_what_it_declares(opened):
    from studio.ui.pages.data.step_form import StepPopover
    from studio.ui.widgets.inputs import NumberInput

    page = data_page(opened)
    last = page.recipe.rows()[-1]
    last.setFocus()
    press(last, Qt.Key.Key_Return)
    panel = next(each for each in page.findChildren(StepPopover) if each.isVisible())
    longest = panel.findChildren(NumberInput)[0]
    assert longest.accessibleName() == "Longest example"
    longest.setFocus()
    longest.selectAll()
    QTest.keyClicks(longest, "25")
    press(longest, Qt.Key.Key_Tab)
    recipe = state(opened).config.data.recipe
    assert 25 in recipe[-1].settings.values()
    panel.close()
    opened.session.undo()
    settled(opened)


def test_the_result_of_each_step_can_be_seen(opened):
    page = data_page(opened)
    page.show_view("recipe")
    page.recipe_result.show_step("drop-duplicates")
    until(lambda: page.recipe_result.rows.rowCount() == 2)
    row = arrived(page.recipe_result.rows)
    assert row["Why"] and row["Where"].startswith("line ")
    page.recipe_result.show_step("trim")
    until(lambda: page.recipe_result.rows.columns[2].name == "Before")
    row = arrived(page.recipe_result.rows)
    assert (row["Before"], row["After"]) == ("  May I  sit?  ", "May I sit?")
    page.recipe_result.show_step("limit-length")
    assert not page.recipe_result.table.isVisible()


def test_what_differs_is_marked_where_it_differs():
    assert differences("  May I  sit?", "May I sit?") == (((0, 2), (8, 9)), ())
    assert differences("cafÃ©", "café")[1] == ((3, 4),)
    assert differences("a" * 9000, "b") == ((), ())


def test_the_shares_of_the_split_can_be_changed(opened):
    from studio.ui.pages.data.split import SplitPopover

    page = data_page(opened)
    click(button(page.split, "Change the split"))
    panel = next(each for each in page.findChildren(SplitPopover) if each.isVisible())
    panel.test.setFocus()
    panel.test.selectAll()
    QTest.keyClicks(panel.test, "25")
    press(panel.test, Qt.Key.Key_Tab)
    assert state(opened).config.data.split.test == pytest.approx(0.25)
    panel.close()
    assert settled(opened).test == pytest.approx(16, abs=2)
    assert "sealed test" in page.split.bar.accessibleName()


def test_pasted_cells_become_a_file_of_the_project(opened):
    data_page(opened)
    opened.frame.setFocus()
    QGuiApplication.clipboard().setText("question\tanswer\nWhere is the coat rack?\tGladly: by the door.\n")
    press(opened, Qt.Key.Key_V, CONTROL)
    until(lambda: len(state(opened).facts.datasets) == 2)
    pasted = list((state(opened).folder / "data" / "pasted").glob("*.tsv"))
    assert len(pasted) == 1
    assert state(opened).facts.datasets[1].rows_kept == 1
    settled(opened)


def test_an_empty_clipboard_is_told_and_changes_nothing(opened):
    page = data_page(opened)
    QGuiApplication.clipboard().setText("  ")
    page.paste()
    until(lambda: page.error.isVisible())
    assert len(state(opened).facts.datasets) == 1
    click(button(page.error, "Close"))
    assert not page.error.isVisible()


def test_a_file_that_can_not_be_read_is_told_in_three_parts(opened, tmp_path):
    page = data_page(opened)
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    page.take_files([empty])
    until(lambda: page.error.isVisible())
    assert page.error.accessibleName() == "A file was not brought in"
    assert button(page.error, "Choose files…").isVisible()
    assert len(state(opened).facts.datasets) == 1


def test_bringing_in_can_be_stopped(opened, tmp_path):
    page = data_page(opened)
    large = tmp_path / "large.csv"
    large.write_text("question,answer\n" + "".join(f"What is {n}?,It is {n}.\n" for n in range(400_000)))
    page.take_files([large])
    until(lambda: page.reading.isVisible())
    click(page.reading.stop)
    until(lambda: not page.reading.isVisible())
    live(0.5)
    assert len(state(opened).facts.datasets) == 1
    assert not page.error.isVisible()


def test_taking_a_file_out_empties_the_page_and_undo_brings_it_back(opened):
    page = data_page(opened)
    take_out = page.rows.file.menu().actions()[-1]
    assert take_out.text() == "Take “visitors.csv” out"
    take_out.trigger()
    until(lambda: page.empty.isVisible())
    until(lambda: opened.toast.isVisible())
    assert opened.toast.accessibleName() == "visitors.csv is taken out"
    assert opened.toast.geometry().bottom() < opened.bottom.mapTo(opened.frame, QPoint()).y()
    click(button(opened.toast, "Undo"))
    until(lambda: page.rows.isVisible())
    settled(opened)


def test_what_it_learns_needs_a_model_and_then_shows_its_tokens(opened, model):
    page = data_page(opened)
    page.show_view("learns")
    until(lambda: button(page.learns, "Choose a model").isVisible())
    opened.session.choose_model(model)
    until(lambda: state(opened).facts.model)
    until(lambda: page.learns.place.text().startswith("Examples 1 to 10"))
    report = settled(opened)
    until(lambda: page.learns.place.text().startswith("Examples 1 to 10"))
    assert report.tokens_learnt and report.tokens_total and report.tokens_learnt < report.tokens_total
    assert page.teaching.isVisible()
    click(page.learns.forth)
    until(lambda: page.learns.place.text().startswith("Examples 11 to 20"))


def test_the_table_never_waits_for_its_rows(opened):
    """A million rows: the model is asked for two pages at a time, and for nothing that was only scrolled past."""
    page = data_page(opened)
    asked: list[int] = []
    waiting = []

    def fetch(start, count, then):
        asked.append(start)
        waiting.append(lambda: then([{"question": f"row {start + n}"} for n in range(count)]))

    page.rows.rows.show_rows(page.rows.rows.columns, 1_000_000, fetch)
    bar = page.rows.table.verticalScrollBar()
    for step in range(50):
        bar.setValue(bar.maximum() * step // 50)
        QApplication.processEvents()
    bar.setValue(bar.maximum())
    live()
    while waiting:
        waiting.pop()()
        live(0.05)
    assert page.rows.rows.cell(999_999, 0) == "row 999999"
    assert len(asked) < 20


def test_a_missing_role_is_a_choice_one_click_away(opened):
    page = data_page(opened)
    opened.session.edit({"data.roles": {"question": "prompt"}}, "Forget the answer")
    until(lambda: opened.bottom.message() == "No column is marked as “Answer”.")
    assert not opened.bottom.next.isEnabled()
    live()
    click(button(page.findings, "Choose"))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.text().startswith("Answer")).trigger()
    menu.close()
    assert state(opened).config.data.roles["answer"] == "answer"
    settled(opened)
    assert opened.bottom.next.isEnabled()


def test_narrow_columns_take_from_wide_ones_while_there_is_room():
    assert shared(1000, [3.0, 3.0, 1.0], 96) == [428, 428, 142]
    assert shared(600, [3.0, 3.0, 0.1], 96) == [252, 252, 96]
    assert shared(100, [1.0, 1.0], 96) == [96, 96]


def test_what_is_pasted_is_kept_apart_and_never_written_over(tmp_path):
    from studio.ui.pages.data.pasting import paste_cells

    first = paste_cells(tmp_path, "a\tb\r\n1\t2\r\n")
    second = paste_cells(tmp_path, "just words")
    third = paste_cells(tmp_path, "just words")
    assert (first.suffix, second.suffix) == (".tsv", ".txt")
    assert Path(first).read_text() == "a\tb\n1\t2\n"
    assert len({first, second, third}) == 3


def test_what_could_not_be_prepared_is_tried_again_by_a_button(opened):
    page = data_page(opened)
    rows = state(opened).facts.datasets[0].path
    rows.rename(rows.with_suffix(".away"))
    opened.session.edit({"data.split": {"test": 0.2, "validation": 0.1}}, "Another split")
    until(lambda: page.error.isVisible())
    before = state(opened).facts.report
    rows.with_suffix(".away").rename(rows)
    click(button(page.error, "Prepare again"))
    until(lambda: state(opened).facts.report not in (None, before))
    assert not page.error.isVisible()
