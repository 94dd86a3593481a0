"""Renders every widget of the kit in its states to pictures, to be looked at.

    PYTHONPATH=. python tests/ui/kit/gallery.py FOLDER [light] [dark] [SHEET …] [small] [mirrored] [system]

"small" is 1024×640, "mirrored" right to left, "system" the system's own font; QT_SCALE_FACTOR=2 gives the 200 %
pictures. Each sheet is also opened by a test, so that it can't go stale.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QButtonGroup, QGridLayout, QMenu, QWidget

from studio.ui.theme import appearance, apply_theme, tokens
from studio.ui.widgets.bars import BottomBar, TopBar
from studio.ui.widgets.buttons import Button, IconButton, LinkButton, PrimaryButton
from studio.ui.widgets.cards import Card, SelectableCard
from studio.ui.widgets.chat import ChatColumn
from studio.ui.widgets.explain import ExplainPanel, Explanation, GoodRange
from studio.ui.widgets.fields import FieldSpec
from studio.ui.widgets.forms import Form
from studio.ui.widgets.gauges import MemoryBar, Part, ProgressBar, Sparkline, SplitBar
from studio.ui.widgets.inputs import ChoiceInput, NumberInput, TextInput
from studio.ui.widgets.intervals import Interval, IntervalRow
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layers import LayerLegend, LayerStack, LayerState
from studio.ui.widgets.layout import FlowLayout, column, hairline, row, scrolling
from studio.ui.widgets.loss_chart import LossChart
from studio.ui.widgets.notices import EmptyState, ErrorCard, Notice
from studio.ui.widgets.rails import NavRail, Place, Step, StepRail
from studio.ui.widgets.schedule_chart import ScheduleChart
from studio.ui.widgets.switches import Chip, Segmented, Switch
from studio.ui.widgets.tables import CHANGEABLE_ROLE, FLAG_ROLE, SECOND_LINE_ROLE, TONE_ROLE, DataTable
from studio.ui.widgets.token_flow import TokenFlow
from studio.ui.widgets.token_layout import Token, TokenGroup

GB = 1024**3
LONG = "A name that somebody wrote without thinking of narrow columns, and then went on writing"


class Canvas(QWidget):
    """A page's ground."""

    def paintEvent(self, event: object) -> None:
        from PySide6.QtGui import QPainter

        QPainter(self).fillRect(self.rect(), tokens().canvas)


def page(*items: object, spacing: int = 12) -> Canvas:
    made = Canvas()
    made.setLayout(column(*items, spacing=spacing, margins=(24, 20, 24, 20)))  # type: ignore[arg-type]
    return made


def focused(widget: QWidget) -> QWidget:
    """Gets the keyboard focus when its sheet is shown."""
    widget.setProperty("gallery_focus", True)
    return widget


def disabled(button: Button) -> Button:
    button.set_disabled_reason("Choose a model first")
    return button


def controls() -> QWidget:
    checked = Button("Checked", "check")
    checked.setCheckable(True)
    checked.setChecked(True)
    off = Switch()
    off.setEnabled(False)
    choice = ChoiceInput([("a", "Balanced"), ("b", "Careful")])
    wrong = NumberInput(0, 10, whole=True)
    wrong.set_wrong(True)
    tiny = NumberInput(1e-6, 0.1)
    tiny.set_number(0.0002)
    tokens_input = NumberInput(1, 8192, whole=True, unit="tokens")
    tokens_input.set_number(144)
    bad = TextInput("Name")
    bad.setText("already taken")
    bad.set_wrong(True)
    tones = ("title", "verdict", "heading", "lead", "body", "strong", "second", "caption", "quiet", "number")
    buttons = row(
        PrimaryButton("Next: Train"),
        focused(PrimaryButton("Focused")),
        disabled(PrimaryButton("Next: Train")),
        Button("Back"),
        Button("Add files…", "plus"),
        checked,
        disabled(Button("Disabled", "plus")),
        Button("Small", small=True),
        Button("Q&A <b>", "question"),
        None,
    )
    links = row(
        LinkButton("Show"),
        LinkButton("Fix"),
        LinkButton("Undo", "arrow-u-up-left"),
        disabled(LinkButton("Off")),
        IconButton("gear-six", "Settings"),
        IconButton("caret-left", "Previous"),
        Chip("Recommended", tone="accent"),
        Chip("You chose this", "check", tone="accent"),
        Chip("Offline", "wifi-slash"),
        Chip("Fits", tone="good"),
        Chip("Close", tone="warn"),
        Chip("Too big", tone="bad"),
        None,
    )
    switches = row(
        Segmented([("a", "Rows"), ("b", "Recipe result"), ("c", "See what it learns")], "c"),
        Segmented([("a", "Smooth"), ("b", "Raw")], small=True),
        Segmented([("s", "Simple"), ("e", "Expert")]),
        Switch(True),
        Switch(False),
        off,
        None,
        spacing=16,
    )
    inputs = row(
        tiny, tokens_input, wrong, choice, TextInput("Find in all rows", icon="magnifying-glass"), bad, None, spacing=12
    )
    words = column(*(Label(f"{role}: 1,290 of 4,303 examples", role) for role in tones), spacing=6)  # type: ignore[arg-type]
    elided = ElidedLabel(LONG + " <b>not bold</b>", "body")
    elided.setFixedWidth(280)
    arabic = ElidedLabel("هل يوجد دليل صوتي باللغة العربية للزوار الذين يأتون في المساء؟", "body")
    arabic.setFixedWidth(280)
    wrapped = Label(f"{LONG}. {LONG}. 日本語の文章も、한국어도, 中文也可以。 👋 <img src='file:///x'>", wrap=True)
    wrapped.setFixedWidth(280)
    side = column(elided, arabic, wrapped, None)
    return page(buttons, links, switches, inputs, row(words, side, None, spacing=40), None, spacing=18)


def notices() -> QWidget:
    error = ErrorCard()
    error.show_error(
        "The run stopped at step 347",
        "The graphics card ran out of memory at 8 examples at a time. One long answer, row 2,118, needed more than "
        "the 12 GB that it has.",
        "Nothing is lost. The run is saved at step 340; 7 steps will be done again.",
        "Continue with 4 at a time: the same result, and about 10 % longer.",
        buttons=[("go", "Continue with 4 at a time"), ("set", "Change settings"), ("end", "End with step 340")],
        moment="14:52",
        details=True,
    )
    drop = EmptyState(
        "table",
        "Drop your examples here",
        "Spreadsheets, Word, PDF, text, JSON, web pages; single files, a folder or a zip.",
        "Choose files…",
        second="Paste cells",
        second_icon="clipboard",
        drop=True,
        hint="Files are copied into the project. Nothing leaves this computer.",
    )
    empty = EmptyState("chart-line", "No runs yet", "A run appears here as soon as you start one.", "Go to Train")
    strips = row(
        Notice("No data at hand? The sample has 600 museum questions with answers.", "info", link="Use the sample"),
        Notice("Twice the recommended value. Fine to try; watch the first 100 steps.", "warn"),
    )
    more = row(
        Notice(
            "Both speak of secrecy and of personal data.",
            "bad",
            detail="If both are right for you, let a clause have two categories.",
            icon="lightbulb",
        ),
        Notice("Each answer matches the trained model.", "good"),
    )
    return page(error, strips, more, row(drop, empty, spacing=12))


def steps() -> list[Step]:
    return [
        Step("data", "Data", "4 things to look at", "attention"),
        Step("model", "Model", "1.5 B, fits", "done"),
        Step("method", "Method", "LoRA suggested", "ready"),
        Step("settings", "Settings", "Balanced", "done"),
        Step("train", "Train", "8 min left", "running"),
        Step("evaluate", "Evaluate", "Stopped at step 347", "failed"),
        Step("share", "Share", LONG, "not_started"),
    ]


def window(
    middle: QWidget, current: str = "train", right: QWidget | None = None, rail: QWidget | None = None
) -> QWidget:
    made = Canvas()
    top, bottom = TopBar(), BottomBar()
    menu = QMenu(made)
    menu.addAction("Open…")
    top.set_project("Museum help desk", menu)
    top.set_run("Run 7 · 8 min left", 0.59)
    top.set_meter("Card", 0.45, "5.4 of 12 GB")
    top.set_meter("Memory", 0.375, "12 of 32 GB")
    bottom.set_message("Step size is twice the recommended value", "warn", link="Set to 0.0002", more="and 3 more")
    bottom.set_next("Next: Evaluate", False, "Evaluate opens when the run ends, or stop now and take step 720")
    if rail is None:
        rail = StepRail(steps())
        rail.set_current(current)
        rail.set_footer("Every change is saved")
    area = scrolling(middle)
    body = column(area, bottom, spacing=0)
    body.setStretchFactor(area, 1)
    inner = row(rail, body, spacing=0)
    inner.setStretchFactor(body, 1)
    if right is not None:
        inner.addWidget(right)
    outer = column(top, inner, spacing=0)
    outer.setStretchFactor(inner, 1)
    made.setLayout(outer)
    return made


def losses(until: int = 760, every: int = 40) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    dice = random.Random(7)
    train = [
        (float(step), 0.85 + 1.4 * math.exp(-step / 190) + dice.gauss(0, 0.05) * (1 + 0.4 * math.sin(step)))
        for step in range(0, until, 4)
    ]
    valid = [(float(step), 0.97 + 1.36 * math.exp(-step / 210)) for step in range(0, until + 1, every)]
    valid[-1] = (valid[-1][0], valid[-2][1] + 0.02)
    return train, valid


def filled_chart(**options: object) -> LossChart:
    chart = LossChart("Error on the examples", "loss, lower is better", **options)  # type: ignore[arg-type]
    chart.set_run(1290)
    chart.set_points(*losses())
    chart.set_early_stop(960, "Stops early here, unless a check beats 0.98")
    return chart


def train() -> QWidget:
    head = Card()
    bar = ProgressBar()
    bar.set_progress(0.59, (1 / 3, 2 / 3))
    words = column(
        Label("Learning well", "title"), Label("Validation fell at 18 of 19 checks. Step 720 is kept.", "second")
    )
    words.setSpacing(2)
    head.add(row(IconLabel("trend-down", "good", 32), words, None, Button("Pause", "pause"), Button("Stop…", "stop")))
    head.add(bar)
    head.add(
        row(
            Label("Step 760 of 1,290", "strong"),
            Label("· second time through the data", "second"),
            None,
            Label("8 min left", "strong"),
            Label("· ends about 15:40", "second"),
            spacing=4,
        )
    )
    charts = Card()
    charts.add(filled_chart(), 3)
    perplexity = LossChart(
        "How unsure it is",
        "perplexity: it hesitates between so many words",
        controls=False,
        show_values=True,
        height=110,
    )
    perplexity.set_run(1290)
    perplexity.set_points(*([(s, math.exp(v)) for s, v in points] for points in losses()))
    perplexity.set_early_stop(960)
    charts.add(perplexity, 2)
    tiles = row(spacing=12)
    for name, value, remark in (
        ("Speed", "545", "tokens a second"),
        ("Card memory", "5.4", "of 12 GB"),
        ("Step size", "0.00008", "falling"),
        ("Gradient", "0.42", "steady"),
    ):
        tile = Card(padding=14)
        spark = Sparkline()
        spark.set_values([math.sin(i / 5) + random.Random(i).random() for i in range(60)])
        tile.add(
            column(
                Label(name, "caption"), row(Label(value, "number"), Label(remark, "caption"), None), spark, spacing=4
            )
        )
        tiles.addWidget(tile, 1)
    left = column(head, charts, tiles, spacing=12)
    left.setStretchFactor(charts, 1)
    chat = ChatColumn("Its answers", "step 760")
    chat.setFixedWidth(296)
    chat.ask("Can we eat our own lunch in the museum?")
    chat.append("Gladly: the glass court behind room 1 is yours. There are tables, taps and, on good days, sun.")
    chat.flush()
    made = page(row(left, chat, spacing=16))
    return window(made, "train")


def form_specs() -> list[FieldSpec]:
    return [
        FieldSpec(
            "epochs",
            "Times through the data",
            "epochs",
            "How often the model reads each example.",
            "int",
            1,
            100,
            recommended=3,
        ),
        FieldSpec(
            "rate",
            "Step size",
            "learning rate",
            "How far each step moves what the model knows.",
            "float",
            1e-7,
            0.1,
            recommended=0.0002,
        ),
        FieldSpec(
            "batch",
            "Examples at a time",
            "batch size",
            "More is steadier and needs more memory.",
            "int",
            1,
            512,
            recommended=8,
        ),
        FieldSpec(
            "rank",
            "Room for change",
            "LoRA rank",
            "How much new the thin layer can hold.",
            "int",
            1,
            256,
            recommended=16,
        ),
        FieldSpec(
            "length",
            "Longest example",
            "sequence length",
            "What is longer is cut off at the end.",
            "int",
            16,
            8192,
            unit="tokens",
            recommended=144,
            recommended_note="Keeps all examples",
        ),
        FieldSpec(
            "system",
            "Standing instruction",
            "system prompt",
            "A sentence put before every example.",
            "text",
            recommended="",
        ),
        FieldSpec(
            "schedule",
            "Shape over the run",
            "schedule",
            "How the step size changes.",
            "choice",
            choices=(("cosine", "Cosine"), ("linear", "Linear")),
            recommended="cosine",
            level="advanced",
        ),
        FieldSpec(
            "packing",
            "Fill each row",
            "packing",
            "Puts several short examples into one row.",
            "bool",
            recommended=True,
            level="advanced",
        ),
    ]


def settings() -> QWidget:
    form = Form(form_specs(), "simple")
    form.set_values({spec.key: spec.recommended for spec in form_specs()} | {"rate": 0.0004, "schedule": "linear"})
    form.set_problems({"batch": "8 at a time need 14 GB; the card has 12 GB."})
    focused(form.row("rate").input)
    presets = row(spacing=12)
    holder = QWidget()
    holder.setLayout(presets)
    for name, sentence, foot in (
        ("Careful", "Small steps. Keeps most of what the model knew.", "26 min"),
        ("Balanced", "Right for most projects of your size.", "19 min · recommended"),
        ("Thorough", "Reads the data more often, with a wider change.", "54 min"),
    ):
        card = SelectableCard(name, mark="check", padding=14)
        card.add(Label(sentence, "caption", wrap=True), 1)
        card.add(Label(foot, "caption"))
        card.setChecked(name == "Balanced")
        presets.addWidget(card, 1)
    chart = ScheduleChart()
    mine = [
        (i / 100, 0.0004 * (min(1, i / 5) if i < 5 else 0.5 + 0.5 * math.cos((i - 5) / 95 * math.pi)))
        for i in range(101)
    ]
    chart.set_curves(mine, [(x, y / 2) for x, y in mine], 3)
    curve = Card()
    curve.add(row(Label("Step size over the run", "strong"), Label("warms up, then becomes smaller", "quiet"), None))
    curve.add(chart)
    explain = ExplainPanel()
    explain.explain(
        Explanation(
            "Step size",
            "learning rate",
            ("After each handful of examples the model is moved a little. It is the setting that matters most.",),
            "It learns slowly and may stop before it has your style.",
            "It forgets good habits; the curve jumps and may not come back.",
            "Why 0.0002",
            "LoRA on a 1.5 B model does well between 0.0001 and 0.0003. Your past 4 runs agree.",
            GoodRange(0.3, 0.64, 0.73, "0.0004"),
            "Twice the recommended value. Fine to try; watch the first 100 steps.",
        )
    )
    head = row(Label("Settings", "title"), None, Button("Let the studio search…", "sparkle"))
    made = page(head, Label("Balanced, with 1 change.", "second"), holder, form, curve, None)
    return window(made, "settings", explain)


def method() -> QWidget:
    grid = QGridLayout()
    grid.setSpacing(12)
    top: list[LayerState] = ["frozen", "frozen", "frozen", "frozen", "trained", "trained"]
    stacks: list[tuple[str, str, list[LayerState], int, str, float]] = [
        ("LoRA", "low-rank adaptation", ["notes"] * 6, 0, "", 5.2),
        ("QLoRA", "quantised LoRA", ["quantised_notes"] * 6, 0, "", 3.1),
        ("Adapters", "bottleneck adapters", ["adapter"] * 6, 0, "", 5.6),
        ("Last layers", "partial fine-tuning", top, 0, "trained", 9.8),
        ("Prompt tuning", "soft prompt", ["frozen"] * 6, 3, "", 4.8),
        ("Full", "full fine-tuning", ["trained"] * 30, 0, "", 26.8),
    ]
    holder = QWidget()
    holder.setLayout(grid)
    grid.setContentsMargins(0, 0, 0, 0)
    for place, (name, term, layers, prompt, head_state, needed) in enumerate(stacks):
        card = SelectableCard(name)
        card.set_name(name, term)
        stack = LayerStack()
        stack.set_layers(layers, prompt=prompt, head=head_state)
        words = column(
            Label("1.2 % is trained", "strong", tone="train"),
            Label("Learns a thin layer of notes beside each layer. Best balance for most work.", "caption", wrap=True),
            None,
            spacing=4,
        )
        if place == 0:
            card.head.addWidget(Chip("Recommended", tone="accent"))
            card.setChecked(True)
        line = row(stack, words, spacing=16)
        line.setAlignment(stack, Qt.AlignmentFlag.AlignTop)
        card.add(line, 1)
        memory = MemoryBar()
        memory.set_memory(needed * GB, 12 * GB)
        card.add(memory)
        if name == "Full":
            card.set_disabled_reason("It needs 26.8 GB, the card has 12 GB")
            card.add(row(Label("Does not fit this card", "strong", tone="bad"), None, LinkButton("What would help?")))
        else:
            card.add(
                row(
                    IconLabel("clock", "quiet", 15),
                    Label("19 min", "caption"),
                    6,
                    IconLabel("file", "quiet", 15),
                    Label("74 MB", "caption"),
                    None,
                    spacing=6,
                )
            )
        grid.addWidget(card, place // 3, place % 3)
    head = row(Label("Method", "title"), None, LayerLegend("Your card: 12 GB"))
    made = page(
        head,
        Label("How much of the model may change. Everything grey stays as the makers left it.", "second"),
        holder,
        None,
    )
    return window(made, "method")


class Rows(QAbstractTableModel):
    """A few rows of a museum's questions, repeated to a million."""

    columns = (
        ("question", "What goes in", "second"),
        ("answer", "What it should write", "accent"),
        ("topic", "Kept, not learnt", "second"),
        ("lang", "Found", "second"),
    )
    cells = (
        ("May I bring a pram into the Egypt rooms?", "Of course. All rooms have a lift, and", "Access", "en"),
        ("is the cafe open on monday??", "It is not, I’m afraid: house and café are closed", "Opening", "en"),
        (
            "هل يوجد دليل صوتي باللغة العربية؟",
            "نعم، يسعدنا ذلك. الدليل الصوتي متوفر بالعربية عند المدخل",
            "Guides",
            "ar",
        ),
        (
            "I left my umbrella in the cloakroom\nyesterday",
            "We have it safe and dry. Come by any day",
            "Lost things",
            "en",
        ),
        ("Why is the <b>blue room</b> closed?", "It is resting: the silk on its walls is old", "Collection", "en"),
        ("ペンギンはどこですか。", "三階の窓のそばです。", "Collection", "ja"),
    )

    def rowCount(self, parent: object = None) -> int:
        return 1_000_000

    def columnCount(self, parent: object = None) -> int:
        return 4

    def data(self, index: QModelIndex, role: int = 0) -> object:  # type: ignore[override]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cells[index.row() % len(self.cells)][index.column()]
        return "second" if role == TONE_ROLE and index.column() > 1 else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if orientation == Qt.Orientation.Vertical:
            if role == FLAG_ROLE and section % 6 == 3:
                return "identification-card", "warn", "An address <b>and</b> a number"
            if role == FLAG_ROLE and section % 6 == 1:
                return "copy-simple", "warn", "An exact duplicate"
            return f"{section + 118:,}" if role == Qt.ItemDataRole.DisplayRole else None
        name, second, tone = self.columns[section]
        known = {
            int(Qt.ItemDataRole.DisplayRole): name,
            SECOND_LINE_ROLE: second,
            TONE_ROLE: tone,
            CHANGEABLE_ROLE: section < 3,
        }
        return known.get(int(role))


def words_as_tokens(text: str, kind: str) -> list[Token]:
    found: list[Token] = []
    for place, word in enumerate(text.split(" ")):
        lead = " " if place else ""
        if len(word) > 6:
            found += [Token(lead + word[:4], kind, 100 + place), Token(word[4:], kind, 200 + place)]  # type: ignore[arg-type]
        else:
            found.append(Token(lead + word, kind, place))  # type: ignore[arg-type]
    return found


def token_groups() -> list[TokenGroup]:
    def special(text: str, kind: str = "read") -> Token:
        return Token(text, kind, 1, True)  # type: ignore[arg-type]

    return [
        TokenGroup(
            (
                special("system starts"),
                *words_as_tokens(
                    "You answer visitors of a small museum , warmly and in at most three sentences .", "read"
                ),
                special("ends"),
            ),
            "Instruction",
            "the same in all examples",
            "info",
        ),
        TokenGroup(
            (
                special("visitor starts"),
                *words_as_tokens("Is the museum open on Thursday ?\n", "read"),
                *words_as_tokens("And <b>Friday</b>\t?", "read"),
                special("ends"),
            ),
            "Visitor",
            "column “question”",
            "user",
        ),
        TokenGroup(
            (
                special("answer starts"),
                *words_as_tokens(
                    "It is , from ten to six , and on Thursdays the garden "
                    "stays open until dusk . 日本語 👋 Straßenbahnhaltestelle",
                    "learnt",
                ),
                special("answer ends", "learnt"),
            ),
            "Answer",
            "column “answer”",
            "graduation-cap",
            True,
        ),
        TokenGroup(
            (*words_as_tokens("نعم، يسعدنا ذلك. الدليل الصوتي متوفر بالعربية", "learnt"),),
            "Answer",
            "Arabic",
            "graduation-cap",
            True,
        ),
        TokenGroup(
            (
                *words_as_tokens("days , sun . The workshop in room 12 also has clay .", "cut"),
                special("answer ends", "cut"),
            ),
            "Answer",
            "its end",
            "scissors",
            True,
        ),
    ]


def data() -> QWidget:
    table = DataTable(Rows())
    table.set_widths([220, 240, 96])
    table.choose_row(3)
    rows = Card(padding=10)
    rows.add(table, 1)
    flow = TokenFlow()
    flow.set_groups(token_groups())
    learns = Card("See what it learns")
    learns.add(flow)
    learns.add(hairline())
    split = SplitBar(
        [Part(3442, "train", "train"), Part(431, "validate", "valid"), Part(430, "sealed test", "control")]
    )
    share = Card("This example")
    share.add(SplitBar([Part(64, "learnt", "train"), Part(48, "only read", "frozen"), Part(15, "cut off", "bad")]))
    share.add(Label("Split", "strong"))
    share.add(split)
    recipe = Card("Recipe", LinkButton("Undo", "arrow-u-up-left"), aside="4,312 → 4,303 examples")
    for name, fact, on in (
        ("Trim spaces", "618 changed", True),
        ("Drop empty answers", "−9", True),
        ("Lower-case questions", "off", False),
    ):
        recipe.add(
            row(
                IconLabel("dots-six-vertical", "quiet", 14),
                Label(name, "body", tone="text" if on else "quiet"),
                None,
                Label(fact, "caption", tabular=True),
                Switch(on),
            )
        )
    side = column(share, recipe, None, spacing=12)
    rows.setMinimumHeight(260)
    left = column(rows, learns, spacing=12)
    left.setStretchFactor(rows, 1)
    inner = row(left, side, spacing=16)
    inner.setStretchFactor(left, 1)
    for card in (share, recipe):
        card.setFixedWidth(316)
    return window(page(row(Label("Data", "title"), None, Button("Add files…", "plus")), inner), "data")


def evaluate() -> QWidget:
    verdict = Card()
    interval = Interval()
    interval.set_scale(
        0,
        100,
        ticks=[(v, f"{v} %") for v in (0, 25, 50, 75, 100)],
        no_difference=50,
        no_difference_words="no difference",
    )
    interval.set_rows([IntervalRow("Preferred", 69, 82, 90, "82 %")])
    two = Interval()
    two.set_scale(50, 100, ticks=[(v, f"{v} %") for v in range(50, 101, 10)])
    two.set_rows([IntervalRow("Before", 62, 71, 79, "71 %", "second"), IntervalRow("After", 86, 93, 97, "93 %")])
    words = column(
        Label("Better", "verdict"),
        Label("41 of 50 answers preferred, blind.", "lead"),
        Label("With so few questions the true share lies between 69 % and 90 %.", "caption"),
        None,
    )
    verdict.add(row(words, interval, two, spacing=24))
    measures = Card("Measures")
    for name, term, before, after, low, value, high, tone in (
        ("How unsure it is", "perplexity", "10.1", "2.7", 0.5, 0.62, 0.74, "good"),
        ("General knowledge", "forgetting test", "61 %", "60 %", -0.2, -0.06, 0.1, "second"),
    ):
        mark = Interval(compact=True)
        mark.set_scale(-1, 1, no_difference=0)
        mark.set_rows([IntervalRow(name, low, value, high, tone=tone)])
        mark.setFixedWidth(90)
        measures.add(
            row(
                column(Label(name, "medium"), Label(term, "quiet"), spacing=0),
                None,
                Label(before, "second"),
                16,
                Label(after, "strong"),
                16,
                mark,
            )
        )
        measures.add(hairline("gridline"))
    left, right = ChatColumn("Before", "base model"), ChatColumn("After", "tuned")
    for chat, answer in (
        (left, "The distance from the coach bay to the bronze horse may vary. " * 4),
        (right, "It is some eighty metres, with a bench half-way."),
    ):
        chat.ask("My father walks with a stick. How far is it from the coach bay to the bronze horse?")
        chat.append(answer)
        chat.flush()
    left.end_answer("stopped after 44 words")
    buttons = FlowLayout()
    for word in ("Correct the labels", "Open in Data", "One more button", "And another"):
        buttons.addWidget(Button(word))
    measures.add(buttons)
    body = row(left, right, measures, spacing=12)
    verdict.setMaximumHeight(170)
    made = page(row(Label("Evaluate", "title"), None, Button("Report…", "file-pdf")), verdict, body)
    return window(made, "evaluate")


def charts() -> QWidget:
    """The loss chart in all its states."""
    grid = QGridLayout()
    grid.setSpacing(12)
    grid.setContentsMargins(0, 0, 0, 0)
    holder = QWidget()
    holder.setLayout(grid)
    states = [LossChart("Empty"), *(filled_chart() for _each in range(5))]
    states[1].set_crosshair(400)
    states[2].set_log(True)
    states[3].set_early_stop(None)
    states[3].set_stopped(760, "Stopped here, saved at step 720")
    states[3].set_smooth(False)
    states[4].set_x_range(300, 700)
    states[5].set_points(*losses(1290))
    states[5].set_best(720, 1.01, "kept 1.01")
    states[5].selecting = (300, 500)
    for place, chart in enumerate(states):
        card = Card()
        card.add(chart, 1)
        grid.addWidget(card, place // 2, place % 2)
    return page(holder)


def home() -> QWidget:
    rail = NavRail(
        [
            Place("home", "Home", "house"),
            Place("projects", "Projects", "folders"),
            Place("models", "Models here", "cube"),
        ],
        [Place("help", "Help and tour", "question")],
        "home",
    )
    cards = row(spacing=12)
    for name in ("Museum help desk", "Contract clauses", LONG):
        card = Card(padding=14)
        spark = Sparkline(height=96)
        fall = [2 * math.exp(-i / 9) for i in range(40)]
        spark.set_series(
            [(fall, "train"), ([v + 0.1 + max(0, i - 22) / 60 for i, v in enumerate(fall)], "valid")],
            best=24,
            fill=True,
        )
        card.add(ElidedLabel(name, "strong"))
        card.add(Label("Answer in my style · now", "caption"))
        card.add(spark)
        card.add(
            row(IconLabel("check-circle-fill", "good"), Label("Better: 93 of 100 right", "caption", tone="good"), None)
        )
        cards.addWidget(card, 1)
    return window(page(Label("Home", "title"), Label("Recent projects", "heading"), cards, None), rail=rail)


SHEETS: dict[str, Callable[[], QWidget]] = {
    "controls": controls,
    "notices": notices,
    "train": train,
    "settings": settings,
    "method": method,
    "data": data,
    "evaluate": evaluate,
    "charts": charts,
    "home": home,
}


def use_picture_font(app: QApplication) -> None:
    """The pictures' own base, so that ours can be laid beside them."""
    if "Inter" in QFontDatabase.families() and "system" not in sys.argv:
        made = QFont("Inter")
        made.setPixelSize(13)
        app.setFont(made)


def render(app: QApplication, name: str, target: Path, size: tuple[int, int] = (1280, 800)) -> None:
    """Draw one sheet into a file."""
    group = QButtonGroup()
    sheet = SHEETS[name]()
    sheet.resize(*size)
    sheet.show()
    for widget in sheet.findChildren(QWidget):
        if widget.property("gallery_focus"):
            sheet.activateWindow()
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            appearance().by_keyboard = True
    for _turn in range(4):
        app.processEvents()
    sheet.grab().save(str(target))
    sheet.close()
    sheet.deleteLater()
    group.deleteLater()
    app.processEvents()


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    themes = [a for a in arguments[1:] if a in ("light", "dark")] or ["light", "dark"]
    wanted = [a for a in arguments[1:] if a in SHEETS] or list(SHEETS)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    use_picture_font(app)
    size = (1024, 640) if "small" in arguments else (1280, 800)
    if "mirrored" in arguments:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    for theme in themes:
        apply_theme(app, theme)  # type: ignore[arg-type]
        assert appearance().asked_for == theme
        scale = "-200" if app.primaryScreen().devicePixelRatio() > 1 else ""
        for name in wanted:
            render(app, name, folder / f"{name}{scale}-{theme}.png", size)


if __name__ == "__main__":
    main(sys.argv[1:])
