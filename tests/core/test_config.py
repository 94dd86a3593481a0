"""One frozen value says everything about a run; edits are checked and bad ones change nothing."""

from __future__ import annotations

import pytest

from studio.core.config import RunConfig, TrainSettings, edit
from studio.core.problem import StudioError
from studio.core.settings import fields_of


def test_a_config_survives_being_written_and_read() -> None:
    config = edit(
        RunConfig(), {"method.rank": 8, "train.samples": ["Are dogs allowed?"], "data.roles": {"q": "prompt"}}
    )
    assert RunConfig.from_json(config.to_json()) == config


def test_an_edit_makes_a_new_value_and_leaves_the_old_one() -> None:
    old = RunConfig()
    new = edit(old, {"train.epochs": 2, "method.rank": 8})
    assert (new.train.epochs, new.method.settings) == (2, {"rank": 8})
    assert old.train.epochs == TrainSettings().epochs


def test_another_method_starts_without_the_old_ones_settings() -> None:
    config = edit(RunConfig(), {"method.rank": 8})
    assert edit(config, {"method.id": "full"}).method.settings == {}
    assert edit(config, {"method.id": "lora"}).method.settings == {"rank": 8}


@pytest.mark.parametrize(
    ("changes", "id"),
    [
        ({"train.epohs": 2}, "unknown-setting"),
        ({"nothing.here": 2}, "unknown-setting"),
        ({"train.epochs.more": 2}, "unknown-setting"),
        ({"train.epochs": -1}, "bad-setting"),
        ({"train.learning_rate": "fast"}, "bad-setting"),
        ({"train.precision": "fp7"}, "bad-setting"),
    ],
)
def test_a_bad_edit_is_told_in_words(changes: dict[str, object], id: str) -> None:
    with pytest.raises(StudioError) as error:
        edit(RunConfig(), changes)
    assert error.value.id == id
    assert error.value.data == "Nothing was changed."
    assert next(iter(changes)).split(".")[-1] in error.value.happened or "epochs" in error.value.happened


def test_a_file_that_is_no_config_is_told_in_words() -> None:
    with pytest.raises(StudioError):
        RunConfig.from_json('{"goal": "fly"}')


def test_every_training_setting_explains_itself() -> None:
    for field in fields_of(TrainSettings.model_json_schema()):
        assert field.title[0].isupper(), field.key
        assert field.help.endswith("."), field.key
        if field.level == "basic":
            assert field.too_low or field.too_high, field.key


def test_forms_are_read_from_the_declaration() -> None:
    fields = {field.key: field for field in fields_of(TrainSettings.model_json_schema())}
    # What a run begins with is chosen on a page of its own.
    assert set(fields) == set(TrainSettings.model_fields) - {"begin", "stacked"}
    rate = fields["learning_rate"]
    assert (rate.kind, rate.term, rate.logarithmic, rate.level) == ("number", "learning rate", True, "basic")
    assert (rate.minimum, rate.maximum, rate.default) == (1e-8, 1.0, 2e-4)
    assert fields["schedule"].kind == "choice"
    assert [value for value, _ in fields["schedule"].choices] == ["cosine", "linear", "constant", "wsd", "restarts"]
    assert (fields["packing"].kind, fields["samples"].kind, fields["epochs"].kind) == ("boolean", "texts", "number")
