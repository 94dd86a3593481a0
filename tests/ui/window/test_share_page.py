"""The Share page: what can be taken away, where to, and what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from studio import plugins
from studio.services.facts import Export
from studio.services.sharing import Way
from studio.ui.pages.share import SharePage
from studio.ui.pages.share.result import ExportList, ResultCard
from studio.ui.pages.share.ways import WayCards
from studio.worker import client
from studio.worker.run_folder import RunFolder
from tests.ui.window.living import button, click, state, until

WHOLE = Way(
    id="merged", title="Whole model", term="merged model", summary="Everything.", explanation="", bytes=6_000_000
)
REFUSED = Way(
    id="adapter",
    title="Additions only",
    term="adapter",
    summary="A small folder.",
    explanation="",
    refusal="This run changed the model's own weights.",
    remedy="Choose “Whole model” instead.",
)


def share_page(window) -> SharePage:
    page = window.show_step("share")
    assert isinstance(page, SharePage)
    return page


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def export_of(folder: Path, agree: int = 8) -> Export:
    files = ({"path": "model.safetensors", "bytes": 6_000_000, "sha256": "x"},)
    return Export(
        run="run-1",
        to="merged",
        folder=folder,
        files=files,
        check={"ok": True, "prompts": 8, "agree": agree, "max_logit_difference": 2e-6},
    )


def test_a_kind_that_can_not_be_made_says_why_and_is_not_chosen(app):
    cards, chosen = WayCards(), []
    cards.chosen.connect(chosen.append)
    cards.resize(800, 260)
    cards.show()
    cards.show_ways([WHOLE, REFUSED], "merged")
    app.processEvents()
    assert "About 6 MB" in said(cards.card("merged"))
    assert REFUSED.refusal in said(cards.card("adapter"))
    assert REFUSED.remedy in said(cards.card("adapter"))
    click(cards.card("adapter"))
    assert chosen == []
    assert cards.card("merged").isChecked()
    cards.close()


def test_a_result_says_how_many_answers_were_the_same(app, tmp_path):
    card = ResultCard()
    card.show()
    card.show_export(export_of(tmp_path / "run-1-merged"), "Whole model")
    app.processEvents()
    assert "Whole model, Run 1" in said(card)
    assert "same answers as the tuned model, 8 of 8" in said(card)
    assert "model.safetensors" in said(card)
    assert "6 MB" in said(card)
    click(card.copy)
    assert QGuiApplication.clipboard().text() == str(tmp_path / "run-1-merged")
    assert card.copy.text() == "Copied"
    card.close()


def test_the_list_shows_another_export_on_a_click(app, tmp_path):
    exports = [export_of(tmp_path / "one"), export_of(tmp_path / "two")]
    shown, chosen = ExportList(), []
    shown.chosen.connect(chosen.append)
    shown.resize(900, 200)
    shown.show()
    shown.show_exports(exports, {"merged": "Whole model"}, exports[0])
    app.processEvents()
    click(button(shown, "Show Whole model of Run 1"))
    assert chosen == [1]
    shown.close()


def test_before_a_run_has_ended_the_page_says_so(opened):
    page = share_page(opened)
    until(lambda: "Nothing to take away yet" in said(page))
    assert page.primary() == ("Export", False, "This page opens when a run has ended.")


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_model_is_exported_checked_and_its_certificate_read(finished, tmp_path):
    page = share_page(finished)
    until(lambda: page.primary()[1])
    assert {way.id for way in page._ways} == {exporter.id for exporter in plugins.exporters()}
    assert "has not been measured yet" in said(page)
    elsewhere = tmp_path / "for a colleague"
    elsewhere.mkdir()
    page.choose_folder(elsewhere)
    assert str(elsewhere) in said(page)
    click(finished.bottom.next)
    until(lambda: page.progress.isVisible())
    until(lambda: bool(state(finished).facts.exports), 120)
    (export,) = state(finished).facts.exports
    assert export.folder.parent == elsewhere
    assert export.check["ok"] is True
    until(lambda: f"{export.check['agree']} of {export.check['prompts']}" in said(page.result))
    click(page.result.certificate)
    until(lambda: page.result._text.isVisible())
    assert (
        json.loads(page.result._text.toPlainText())["check"]
        == json.loads((export.folder / "certificate.json").read_text())["check"]
    )


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_a_place_that_is_no_folder_is_told_on_the_page(finished, tmp_path):
    page = share_page(finished)
    until(lambda: page.primary()[1])
    taken = tmp_path / "a file"
    taken.write_text("mine")
    page.choose_folder(taken)
    click(finished.bottom.next)
    until(lambda: "What you can do" in said(page), 90)
    assert taken.read_text() == "mine"
    assert state(finished).facts.exports == ()
    until(lambda: not any(client.is_alive(RunFolder(job)) for job in (state(finished).folder / "jobs").iterdir()), 60)
