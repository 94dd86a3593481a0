"""new, import, clean, prepare: the contract's shapes, and everything that can be wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.services import projects
from studio.services.wizard import Wizard
from tests.cli.conftest import Studio, apart
from tests.services.making import held_by_another, write_model


def config_of(folder: Path):
    project = projects.open_project(folder, write=False)
    config = Wizard.of(project).config
    project.close()
    return config


def test_a_new_project_is_named_by_its_whole_path(studio: Studio, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = studio("new", "letters", "--goal", "translate", "--json").done
    assert (answer["verb"], answer["project"]) == ("new", str(tmp_path / "letters"))
    assert config_of(tmp_path / "letters").goal == "translate"
    assert studio("new", "letters", "--json").refused()["id"] == "folder-not-empty"


def test_an_import_tells_rows_encoding_and_roles(studio: Studio, tmp_path: Path, spreadsheet: Path) -> None:
    studio("new", tmp_path / "p")
    (one,) = studio("import", tmp_path / "p", spreadsheet, "--json").done["datasets"]
    assert (one["file"], one["format"], one["encoding"]) == (str(spreadsheet), "csv", "utf-8")
    assert one["rows_read"] == one["rows_kept"] + one["rows_aside"] == 65
    assert isinstance(one["id"], str) and one["aside"] == []
    assert {name: guess["role"] for name, guess in one["roles"].items()} == {
        "question": "prompt",
        "answer": "answer",
        "visitor": "",
    }
    assert all(guess["reason"] for guess in one["roles"].values())
    config = config_of(tmp_path / "p")
    assert config.data.imports == (one["id"],)
    assert config.data.roles == {"question": "prompt", "answer": "answer"}


def test_without_json_the_answer_is_sentences(studio: Studio, tmp_path: Path, spreadsheet: Path) -> None:
    said = studio("new", tmp_path / "p")
    assert said.code == 0 and said.out.startswith("The project is ready")
    said = studio("import", tmp_path / "p", spreadsheet)
    assert "65 rows" in said.out and "question is the prompt" in said.out and "{" not in said.out


def test_a_chosen_role_replaces_the_guess_also_the_second_time(
    studio: Studio, project: Path, spreadsheet: Path
) -> None:
    answer = studio("import", project, spreadsheet, "--role", "visitor=prompt", "--role", "question=", "--json").done
    assert answer["datasets"][0]["roles"]["visitor"]["role"] == "prompt"
    assert config_of(project).data.roles == {"visitor": "prompt", "answer": "answer"}
    assert len(config_of(project).data.imports) == 1


def test_a_broken_line_is_set_aside_with_its_number(studio: Studio, project: Path, tmp_path: Path) -> None:
    lines = [json.dumps({"question": f"q{i}", "answer": f"a{i}"}) for i in range(1000)]
    lines[2] = '{"question": "half'
    (tmp_path / "many.jsonl").write_text("\n".join(lines))
    (one,) = studio("import", project, tmp_path / "many.jsonl", "--json").done["datasets"]
    assert (one["rows_read"], one["rows_kept"], one["rows_aside"]) == (1000, 999, 1)
    assert one["aside"][0]["line"] == 3 and one["aside"][0]["reason"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", []),
        (None, []),
        (b"question,answer\n", []),
        (bytes(range(256)) * 50, []),
        (b"question,answer\na,b\n", ["--format", "no-such-format"]),
        (b"question,answer\na,b\n", ["--role", "reply=answer"]),
        (b"question,answer\na,b\n", ["--role", "answer=hero"]),
    ],
    ids=["empty", "missing", "no rows", "not text", "unknown format", "missing column", "unknown role"],
)
def test_a_file_that_can_not_be_imported_is_told_and_nothing_changes(
    studio: Studio, project: Path, tmp_path: Path, content: bytes | None, words: list[str]
) -> None:
    file = tmp_path / "letters.csv"
    if content is not None:
        file.write_bytes(content)
    before = config_of(project)
    studio("import", project, file, *words, "--json").refused()
    assert config_of(project) == before


def test_a_folder_is_no_file_to_import(studio: Studio, project: Path, tmp_path: Path) -> None:
    studio("import", project, tmp_path, "--json").refused()


def test_cleaning_tells_what_each_step_does_and_needs_no_model(studio: Studio, project: Path) -> None:
    answer = studio("clean", project, "--json").done
    steps = {step["id"]: step for step in answer["steps"]}
    assert [*steps] == ["repair", "trim", "drop-empty", "drop-duplicates", "limit-length"]
    assert steps["drop-empty"]["rows_in"] - steps["drop-empty"]["rows_out"] == 2
    assert steps["drop-duplicates"]["rows_in"] - steps["drop-duplicates"]["rows_out"] == 3
    assert all(isinstance(step["changed"], int) for step in steps.values())
    assert config_of(project).data.prepared == answer["dataset"]


def test_preparing_divides_and_counts_for_the_model(studio: Studio, project: Path) -> None:
    answer = studio("prepare", project, "--model", "decoder", "--json").done
    assert set(answer["splits"]) == {"train", "validation", "test"}
    assert sum(answer["splits"].values()) == 60
    assert answer["leaks"] == 0 and answer["teach_nothing"] == 0
    assert answer["tokens"]["total"] > answer["tokens"]["learnt"] > 0 == answer["tokens"]["cut"]
    config = config_of(project)
    assert (config.model.path, config.data.prepared) == ("starter:decoder", answer["dataset"])
    assert studio("prepare", project, "--json").done == answer


def test_preparing_without_a_model_counts_no_tokens(studio: Studio, project: Path) -> None:
    answer = studio("prepare", project, "--json").done
    assert answer["tokens"] is None and answer["teach_nothing"] is None


@pytest.mark.parametrize("kind", ["toml", "json", "list"])
def test_a_recipe_of_one_s_own_is_applied_and_kept(studio: Studio, project: Path, tmp_path: Path, kind: str) -> None:
    texts = {
        "toml": '[[recipe]]\nid = "trim"\n[[recipe]]\nid = "drop-duplicates"\non = false\n',
        "json": '{"data": {"recipe": [{"id": "trim"}, {"id": "drop-duplicates", "on": false}]}}',
        "list": '[{"id": "trim"}, {"id": "drop-duplicates", "on": false}]',
    }
    file = tmp_path / f"recipe.{'toml' if kind == 'toml' else 'json'}"
    file.write_text(texts[kind])
    answer = studio("clean", project, "--recipe", file, "--json").done
    assert [(step["id"], step["rows_out"]) for step in answer["steps"]] == [("trim", 65), ("drop-duplicates", 65)]
    assert [step.id for step in config_of(project).data.recipe] == ["trim", "drop-duplicates"]


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("recipe = [", "bad-file"),
        ("recipe = 5", "bad-file"),
        ('[[recipe]]\nid = "polish"', "plugin-missing"),
        ('[[recipe]]\nid = "limit-length"\nno_such_setting = 3', "unknown-setting"),
        ("[[recipe]]\non = true", "bad-setting"),
    ],
)
def test_a_recipe_that_can_not_be_used_is_told(
    studio: Studio, project: Path, tmp_path: Path, text: str, id: str
) -> None:
    (tmp_path / "recipe.toml").write_text(text)
    before = config_of(project)
    assert studio("prepare", project, "--recipe", tmp_path / "recipe.toml", "--json").refused()["id"] == id
    assert config_of(project) == before


def test_a_project_without_data_or_without_roles_can_not_be_prepared(
    studio: Studio, tmp_path: Path, spreadsheet: Path
) -> None:
    studio("new", tmp_path / "p")
    assert studio("prepare", tmp_path / "p", "--json").refused()["id"] == "no-data"
    studio("import", tmp_path / "p", spreadsheet, "--role", "answer=")
    assert studio("clean", tmp_path / "p", "--json").refused()["id"] == "role-missing-answer"


def test_a_project_held_elsewhere_is_not_changed_but_can_be_looked_at(
    studio: Studio, project: Path, spreadsheet: Path
) -> None:
    with held_by_another(project) as pid:
        for words in (["import", project, spreadsheet], ["clean", project], ["prepare", project], ["train", project]):
            error = studio(*words, "--json").refused()
            assert error["id"] == "project-held" and str(pid) in error["happened"]
        assert studio("runs", project, "--json").done["runs"] == []
        assert studio("estimate", project, "--model", "decoder", "--quick", "--json").done["fits"] is True


def test_a_project_that_may_not_be_written_to_is_told(studio: Studio, project: Path) -> None:
    (project / "project.lock").unlink()
    (project / "project.lock").mkdir()
    assert studio("prepare", project, "--json").refused()["id"] == "project-read-only"
    assert studio("runs", project, "--json").done["runs"] == []


def test_models_are_listed_with_facts_or_with_the_reason_against_them(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "person"))
    folder = write_model(tmp_path / "tower")
    (added,) = studio("models", "--add", folder, "--json").done["models"]
    assert (added["name"], added["usable"], added["architecture"]) == ("tower", True, "decoder")
    (folder / "tokenizer.json").unlink()
    listed = {model["path"]: model for model in studio("models", "--json").done["models"]}
    assert listed[str(folder)]["usable"] is False
    assert listed[str(folder)]["problem"]["id"] == "tokenizer-missing"
    assert any(model["starter"] and model["usable"] and model["parameters"] > 1e6 for model in listed.values())
    assert studio("models", "--add", folder, "--json").refused()["id"] == "tokenizer-missing"
    assert studio("models", "--add", tmp_path / "nowhere", "--json").refused()["id"] == "model-missing"


def test_the_doctor_tells_system_device_engine_and_problems(studio: Studio) -> None:
    answer = studio("doctor", "--json").done
    assert answer["system"]["python"] and answer["system"]["memory_bytes"] > 0
    assert answer["device"]["kind"] in ("cpu", "cuda") and answer["device"]["memory_bytes"] > 0
    assert {"torch", "transformers", "peft"} <= set(answer["engine"])
    assert all(set(problem) == {"id", "happened", "remedy"} for problem in answer["problems"])


def test_a_real_process_keeps_its_streams_apart(project: Path) -> None:
    said = apart("clean", project, "--json")
    assert said.done["dataset"]


def test_every_verb_s_words_come_on_standard_output_when_no_json_is_asked(studio: Studio, project: Path) -> None:
    for words in (["clean", project], ["runs", project], ["doctor"]):
        said = studio(*words)
        assert said.code == 0 and said.out.strip() and not said.out.startswith("{")
