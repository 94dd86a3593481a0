"""What columns are for is guessed with a reason, in many languages, and not guessed where nothing says so."""

from __future__ import annotations

import json

import pytest

from studio.data.columns import guess

LONG = ["This is the longer text of a row, with several words in it."] * 3
SHORT = ["Where is it?", "What does it cost?", "When do you open?"]


def roles(**columns: list[str]) -> dict[str, str]:
    """The guessed roles of columns that have one."""
    found = guess(columns)
    assert [column.name for column in found] == [*columns]
    assert all(column.reason.endswith(".") for column in found)
    return {column.name: column.role for column in found if column.role}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("instruction input output", "prompt context answer"),
        ("instruction input output system", "prompt context answer system"),
        ("prompt completion", "prompt answer"),
        ("prompt response", "prompt answer"),
        ("question answer", "prompt answer"),
        ("question context answer id", "prompt context answer -"),
        ("query reply", "prompt answer"),
        ("input output", "prompt answer"),
        ("Question Answer", "prompt answer"),
        ("customerMessage agent_reply", "prompt answer"),
        ("Frage Antwort", "prompt answer"),
        ("Frage des Besuchers;Unsere Antwort;Hintergrund", "prompt answer context"),
        ("Pregunta Respuesta", "prompt answer"),
        ("Question Réponse Contexte", "prompt answer context"),
        ("domanda risposta", "prompt answer"),
        ("pergunta resposta", "prompt answer"),
        ("вопрос ответ", "prompt answer"),
        ("问题 回答", "prompt answer"),
        ("質問 回答", "prompt answer"),
        ("질문 답변", "prompt answer"),
        ("soru cevap", "prompt answer"),
        ("pytanie odpowiedź", "prompt answer"),
        ("text label", "prompt answer"),
        ("dialogue summary", "prompt answer"),
        ("article summary id", "prompt answer -"),
        ("Question;Best Answer;Incorrect Answers;Source", "prompt answer - -"),
        ("question question_id answer_score answer", "prompt - - answer"),
    ],
)
def test_columns_are_known_by_their_usual_names(names: str, expected: str) -> None:
    columns = names.split(";") if ";" in names else names.split()
    found = roles(**{name: [f"{name} {number} with words" for number in range(3)] for name in columns})
    assert [found.get(name, "-") for name in columns] == expected.split()


def talk(**turn: str) -> list[str]:
    return [json.dumps([turn, turn])] * 4


def test_conversations_are_known_by_what_is_in_them() -> None:
    assert roles(id=["1", "2", "3", "4"], data=talk(**{"from": "human", "value": "Hi"})) == {"data": "messages"}
    assert roles(chat=talk(role="user", content="Hi"), tools=["[]"] * 4) == {"chat": "messages"}
    assert roles(chosen=talk(role="user", content="x"), messages=talk(role="user", content="y")) == {
        "messages": "messages"
    }


def test_a_conversation_cut_short_in_the_sample_is_still_known() -> None:
    assert roles(talk=['[{"from": "human", "value": "a long beginn']) == {"talk": "messages"}


def test_q_stands_for_a_question_beside_a() -> None:
    assert roles(q=SHORT, a=LONG) == {"q": "prompt", "a": "answer"}
    assert "a" not in roles(a=["1", "2", "3"], b=["4", "5", "6"])


def test_unnamed_columns_are_known_by_their_texts() -> None:
    found = guess({"a": [f"{n}" for n in range(3)], "b": SHORT, "c": [f"{text} {n}" for n, text in enumerate(LONG)]})
    assert [(column.name, column.role) for column in found] == [("a", ""), ("b", "prompt"), ("c", "answer")]
    assert found[1].reason == "Many of its texts end with a question mark."


def test_worked_instances_are_known() -> None:
    cells = [json.dumps([{"input": "", "output": "x"}])] * 3
    assert roles(instruction=SHORT, instances=cells) == {"instruction": "prompt", "instances": "answer"}


def test_a_column_that_says_the_same_everywhere_is_a_remark() -> None:
    found = roles(context=["customer support"] * 30, question=[f"Question {n}?" for n in range(30)], answer=LONG * 10)
    assert "context" not in found
    assert found["question"] == "prompt"


def test_a_small_table_may_say_the_same_everywhere() -> None:
    assert roles(question=["Who are you?"] * 3, answer=["A program"] * 3) == {"question": "prompt", "answer": "answer"}


@pytest.mark.parametrize(
    "columns",
    [
        {"text": LONG},
        {"Bird": ["Owl", "Wren", "Owl"], "Location": ["North", "South", "East"], "Level": ["1", "2", "3"]},
        {"id": ["1", "2", "3"], "date": ["2024-01-01"] * 3, "url": ["https://a.example/b"] * 3},
        {"empty": ["", "", ""], "spaces": [" ", "", " "]},
        {"input": LONG},
    ],
)
def test_nothing_is_guessed_where_nothing_says_what_it_is_for(columns: dict[str, list[str]]) -> None:
    assert roles(**columns) == {}


def test_half_a_pair_with_a_sure_name_is_guessed() -> None:
    assert roles(instruction=SHORT, id=["1", "2", "3"]) == {"instruction": "prompt"}


def test_no_role_is_given_twice() -> None:
    found = roles(question=SHORT, prompt=SHORT, query=SHORT, answer=LONG, response=LONG, output=LONG)
    assert sorted(found.values()) == ["answer", "prompt"]
