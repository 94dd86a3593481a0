"""The contract of each kind of plugin, as functions that raise AssertionError: for our tests and third parties'.

Each takes a plugin and what it works on, and does with it what the studio would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from studio.api import (
    Aside,
    Cleaner,
    Dropped,
    Encoder,
    Example,
    Exporter,
    Kept,
    Method,
    ModelInfo,
    Objective,
    Plugin,
    Reader,
    ReadOptions,
    Record,
    Row,
    StudioError,
    Trained,
    anatomy,
    modules,
)
from studio.core.model_folder import read_model

NAMES = 3

# ---------------------------------------------------------------------------------------------- method and exporter


def method_contract(
    method: Method[Any],
    settings: Mapping[str, Any],
    model_folder: Path,
    scratch: Path,
    head: Literal["language", "labels", "tags"] = "language",
    rounding: float = 1e-6,
) -> None:
    """The contract of a method, on a small model of any architecture in `model_folder`, with its choice of words or
    with a new head of `NAMES` labels; `scratch` is an empty folder to write in.

    It names how many weights train, trains all of them and only them, and gives the same logits after saving and
    loading onto an untouched base model, and after merging (in memory and from the disk), or says in a sentence that it
    can't be merged. Where it says that it goes on or stacks, a run can begin with what was saved. `rounding` (of the
    largest logit) is what is lost by saving in another form than training.
    """
    import torch

    chosen = method.settings(settings)
    base = _model(model_folder, head, seed=1)
    info = anatomy.with_head(read_model(model_folder), head, NAMES)
    _check_face(method, info, chosen)
    torch.manual_seed(1)
    model = method.attach(base, chosen)
    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    counted, named = sum(weight.numel() for weight in trained.values()), method.trainable(info, chosen)
    assert named == counted, f"{method.id} says that {named} weights train, and {counted} do"
    assert set(method.rates(model, chosen)) <= set(trained), f"{method.id} gives rates to weights that do not train"
    frozen = {name: weight.clone() for name, weight in model.named_parameters() if not weight.requires_grad}
    before = _logits(model)
    _train_a_little(method, model, list(trained.values()))
    for name, weight in model.named_parameters():
        if name in frozen:
            assert torch.equal(weight, frozen[name]), f"{method.id} says that {name} is frozen, and it moved"
    told = _logits(model)
    assert not torch.equal(told, before), f"{method.id} learns nothing"
    scratch.mkdir(parents=True, exist_ok=True)
    method.save(model, scratch)
    _only_safe_files(scratch)
    loaded = method.load(_model(model_folder, head, seed=2), scratch)
    difference, scale = float((_logits(loaded) - told).abs().max()), max(1.0, float(told.abs().max()))
    assert difference <= rounding * scale, f"{method.id} is another model when loaded: logits differ by {difference}"
    for says, begin in ((method.goes_on, method.go_on), (method.stacks, method.stack)):
        # A head of tags is kept as one of labels is; trying it once is enough.
        if says and head != "tags":
            place = scratch.with_name(f"{scratch.name}-{begin.__name__}")
            fresh = [_model(model_folder, head, seed=seed) for seed in (3, 4)]
            _check_begun(method, lambda base, begin=begin: begin(base, scratch, chosen), told, fresh, place, rounding)
    _check_merged(method, loaded, told, scratch / "merged")


def _check_begun(
    method: Method[Any], begin: Callable[[Any], Any], told: Any, fresh: list[Any], folder: Path, rounding: float
) -> None:
    """What began with what was saved says the same, learns, and is saved whole; or the method refuses in words."""
    import torch

    torch.manual_seed(1)
    try:
        begun = begin(fresh[0])
    except StudioError as error:
        assert error.happened and error.data and error.remedy
        return
    scale = max(1.0, float(told.abs().max()))
    difference = float((_logits(begun) - told).abs().max())
    assert difference <= 10 * rounding * scale, f"{method.id} begins as another model: logits differ by {difference}"
    trained = [weight for weight in begun.parameters() if weight.requires_grad]
    assert trained, f"nothing of {method.id} trains when it begins with what was saved"
    _train_a_little(method, begun, trained, rate=0.005)
    learnt = _logits(begun)
    assert not torch.equal(learnt, told), f"{method.id} learns nothing when it begins with what was saved"
    folder.mkdir(parents=True, exist_ok=True)
    method.save(begun, folder)
    difference = float((_logits(method.load(fresh[1], folder)) - learnt).abs().max())
    scale = max(1.0, float(learnt.abs().max()))
    assert difference <= 10 * rounding * scale, f"{method.id} loses what it began with: logits differ by {difference}"


def _check_merged(method: Method[Any], loaded: Any, told: Any, folder: Path) -> None:
    """The merged model says the same, in memory and from the disk; or the method refuses in words."""
    import torch

    try:
        merged = method.merge(loaded)
    except StudioError as error:
        assert error.happened and error.data and error.remedy
        return
    assert type(merged).__module__.startswith("transformers."), f"{method.id} merges into something unusual"
    merged.save_pretrained(folder)
    again = type(merged).from_pretrained(
        str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True
    )
    for model in (merged, again):
        torch.testing.assert_close(_logits(model), told, rtol=1e-4, atol=1e-5 * max(1.0, float(told.abs().max())))


def _check_face(method: Method[Any], info: ModelInfo, chosen: Any) -> None:
    """What the card and the form show. A method that is tried on a model must not refuse it."""
    check_plugin(method)
    picture = method.picture(info, chosen)
    assert len(picture.layers) == info.layers, f"the picture of {method.id} lacks layers"
    assert 0 < method.learning_rate(info) < 1
    for problem in method.check(info, chosen):
        assert problem.step == "method" and problem.sentence
        assert problem.severity != "blocks", problem.sentence


def check_exporter(exporter: Exporter[Any], trained: Trained, merged: Callable[[], Any], scratch: Path) -> None:
    """The contract of an exporter, on a finished run: what it writes needs no pickle, opens again without the
    network, and says the same as the merged model. `scratch` is an empty folder."""
    import torch

    chosen = exporter.settings({})
    assert not [problem for problem in exporter.check(trained, chosen) if problem.severity == "blocks"]
    exporter.export(trained, merged, scratch, chosen)
    _only_safe_files(scratch)
    difference = float((_logits(exporter.reload(trained, scratch)) - _logits(merged())).abs().max())
    allowed = 1e-4 if trained.base.dtype == "float32" else 2.0
    assert difference <= allowed, f"{exporter.id} loads back with logits that differ by {difference}"
    assert torch.is_grad_enabled()
    assert exporter.title and exporter.summary and exporter.explanation


def _model(folder: Path, head: str, seed: int) -> Any:
    """The model with its choice of words, or with a new head of labels whose numbers follow from the seed."""
    import torch
    import transformers

    words = {"decoder": "CausalLM", "encoder": "MaskedLM", "encoder-decoder": "Seq2SeqLM"}
    ends = {"labels": "SequenceClassification", "tags": "TokenClassification"}
    kind = getattr(transformers, f"AutoModelFor{ends.get(head) or words[read_model(folder).architecture]}")
    torch.manual_seed(seed)
    labels = {} if head == "language" else {"num_labels": NAMES}
    return kind.from_pretrained(
        str(folder), dtype=torch.float32, trust_remote_code=False, use_safetensors=True, local_files_only=True, **labels
    )


def _train_a_little(method: Method[Any], model: Any, weights: list[Any], rate: float = 0.05) -> None:
    """Three large steps on a few tokens; every trained weight must get a gradient."""
    import torch

    model.train()
    optimizer = torch.optim.SGD(weights, lr=rate)
    reached = [False] * len(weights)
    for step in range(1, 4):
        optimizer.zero_grad()
        _run(model)[0].backward()
        reached = [was or weight.grad is not None for was, weight in zip(reached, weights, strict=True)]
        optimizer.step()
        method.after_step(model, step, 3)
    model.eval()
    assert all(reached), "a weight that is said to train gets no gradient"


def _run(model: Any) -> tuple[Any, Any]:
    """Loss and logits of the model on a few tokens with something to learn; the last one ends texts."""
    import torch

    ids = torch.cat([torch.arange(3, 14), torch.tensor([model.config.eos_token_id or 1])])[None]
    kind = type(modules.plain(model)).__name__
    if kind.endswith("ForTokenClassification"):
        # A learnt prompt may stand before the tokens and gets tags too.
        logits = model(input_ids=ids).logits[:, -ids.shape[1] :]
        return torch.nn.functional.cross_entropy(logits[0], ids[0] % model.config.num_labels), logits
    taught = torch.tensor([1]) if kind.endswith("ForSequenceClassification") else ids
    answer = model(input_ids=ids, labels=taught)
    return answer.loss, answer.logits


def _logits(model: Any) -> Any:
    import torch

    with torch.no_grad():
        return _run(model.eval())[1].float()


def _only_safe_files(folder: Path) -> None:
    """Nothing that is a pickle."""
    unsafe = [path.name for path in folder.rglob("*") if path.suffix in {".bin", ".pt", ".pth", ".pkl", ".ckpt"}]
    assert not unsafe, f"pickles were written: {unsafe}"


# --------------------------------------------------------------------------------------------- reader and cleaner

READ_AHEAD = 1000
"""How many rows a cleaner may take before it answers the first, so that a file of any size streams through."""


def check_plugin(plugin: Plugin[Any]) -> None:
    """What every plugin shows of itself: an id, words for its card, and a form whose every field has a title."""
    assert plugin.id and plugin.id == plugin.id.lower(), "a plugin has an id in lower case"
    for words in (plugin.title, plugin.summary, plugin.explanation):
        assert words, f"{plugin.id} says too little about itself"
        assert "!" not in words, f"{plugin.id} shouts"
    for field in plugin.form():
        assert field.title and field.help, f"the setting {field.key} of {plugin.id} does not explain itself"
    plugin.settings({})


def check_reader(reader: Reader[Any], file: Path, rows: int, aside: int = 0) -> list[Record]:
    """The contract of a reader, on a file that holds so many rows and so many parts that are none. Returns the rows.

    It says what it found out, gives every row as text under names it does not repeat, tells where each stood, sets
    aside what is no row with its line and a sentence, and leaves the file alone; twice the same.
    """
    before = file.read_bytes()
    sniffed = reader.sniff(file, ReadOptions())
    assert sniffed.format == reader.id and sniffed.encoding, f"{reader.id} does not say how it reads"
    entries = list(reader.read(file, sniffed))
    assert entries == list(reader.read(file, sniffed)), f"{reader.id} reads differently the second time"
    assert file.read_bytes() == before, f"{reader.id} changed the file"
    records = [entry for entry in entries if isinstance(entry, Record)]
    asides = [entry for entry in entries if isinstance(entry, Aside)]
    assert (len(records), len(asides)) == (rows, aside), f"{reader.id} found {len(records)} rows, {len(asides)} aside"
    assert len({record.origin for record in records}) == len(records), f"{reader.id} tells two rows' places alike"
    for record in records:
        assert all(isinstance(cell, str) for cell in record.row.values()), f"{reader.id} gives cells that are no text"
    for each in asides:
        assert each.line >= 1 and each.reason.endswith("."), f"{reader.id} does not say why {each} is set aside"
    return records


def check_reader_declines(reader: Reader[Any], file: Path) -> None:
    """A reader given something foreign or broken says so in words, or sets it aside; nothing else is raised."""
    try:
        for entry in reader.read(file, reader.sniff(file, ReadOptions())):
            assert isinstance(entry, Record | Aside)
    except StudioError as error:
        assert error.happened and error.data and error.remedy


def check_cleaner(
    cleaner: Cleaner[Any], rows: Sequence[Row], roles: Mapping[str, str], settings: Mapping[str, Any] | None = None
) -> list[Kept | Dropped]:
    """The contract of a cleaner, on some rows. Returns its answers.

    It answers every row once, in order, without gathering them first; it leaves columns without a role alone; and a
    second pass over what it kept changes and drops nothing.
    """
    chosen = cleaner.settings(settings or {})
    answers = list(cleaner.clean(_copies(rows), roles, chosen))
    assert len(answers) == len(rows), f"{cleaner.id} answered {len(answers)} of {len(rows)} rows"
    kept = [answer.row for answer in answers if isinstance(answer, Kept)]
    for answer, row in zip(answers, rows, strict=True):
        if isinstance(answer, Kept):
            alone = {name: cell for name, cell in row.items() if not roles.get(name)}
            assert alone.items() <= answer.row.items(), f"{cleaner.id} changed a column that is not used"
        else:
            assert answer.reason, f"{cleaner.id} drops a row without a reason"
    again = list(cleaner.clean(_copies(kept), roles, chosen))
    assert again == [Kept(row) for row in kept], f"{cleaner.id} is not done after one pass"
    _check_streaming(cleaner, rows[0], roles, chosen)
    return answers


def _check_streaming(cleaner: Cleaner[Any], row: Row, roles: Mapping[str, str], chosen: Any) -> None:
    taken = 0

    def endless() -> Iterator[dict[str, str]]:
        nonlocal taken
        while True:
            taken += 1
            assert taken <= READ_AHEAD, f"{cleaner.id} gathers rows instead of answering them"
            yield dict(row)

    assert next(iter(cleaner.clean(endless(), roles, chosen))) is not None


def _copies(rows: Sequence[Row]) -> Iterator[dict[str, str]]:
    return (dict(row) for row in rows)


# --------------------------------------------------------------------------------------------------- objective


def check_objective(objective: Objective[Any], row: Row, encoder: Encoder) -> Example:
    """The contract of an objective, on a row that teaches something. Returns the row as tokens.

    It misses required roles and is content with all of them, encodes the same row twice alike, teaches some of its
    tokens, and can ask the model what the row asks.
    """
    settings = objective.settings({})
    every = {role.id: role.id for role in objective.roles}
    assert not [problem for problem in objective.check(every) if problem.severity == "blocks"]
    if any(role.required for role in objective.roles):
        assert list(objective.check({})), f"{objective.id} does not miss its required columns"
    example = objective.encode(row, encoder, settings)
    assert example == objective.encode(row, encoder, settings), f"{objective.id} is not deterministic"
    assert len(example.ids) == len(example.learn) == len(example.spans) <= encoder.max_length
    assert len(example.cut) == len(example.cut_learn) == len(example.cut_spans)
    assert example.learnt > 0, f"{objective.id} teaches nothing in this row"
    asked = objective.prompt(row, settings)
    assert asked and asked[-1].role != "assistant", f"{objective.id} asks nothing"
    return example
