"""Text in any of the usual encodings is read right, and what can't be told is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.api import StudioError
from studio.builtin.readers import encodings
from studio.builtin.readers.encodings import encoding_of, lines_of, sample_of, too_long
from tests.data.making import imported, rows_of, write

SENTENCES = {
    "German": ("Wo ist die Öffnungszeit für das Museum? An der Straße, natürlich – „schön“.", ["cp1252", "utf-16"]),
    "French": ("Où se trouve l’entrée du musée ? À côté du café, près de l’église. Ça coûte 5 €.", ["cp1252"]),
    "Spanish": ("¿Dónde está el museo? Está en la calle Mayor, señor. Mañana cerramos.", ["latin-1", "utf-32"]),
    "Polish": ("Gdzie jest wejście do muzeum? Od ulicy Świętokrzyskiej, obok łąki. Żółw śpi.", ["cp1250", "iso8859_2"]),
    "Czech": ("Kde je vchod do muzea? Přijďte zítra, prosím, příště otevíráme v osm hodin.", ["cp1250"]),
    "Turkish": ("Müzenin girişi nerede? Ana caddede, kafenin yanında. Yarın sabah açıyoruz.", ["cp1254"]),
    "Russian": ("Где находится вход в музей? Вход с улицы, рядом с кафе. Приходите завтра.", ["cp1251", "koi8_r"]),
    "Greek": ("Πού είναι η είσοδος του μουσείου; Στον κεντρικό δρόμο, δίπλα στο καφενείο.", ["cp1253"]),
    "Japanese": ("博物館の入口はどこですか。大通りにあります。明日は九時に開きます。", ["cp932", "utf-16-le"]),
    "Chinese": ("博物馆的入口在哪里？在主街上，靠近咖啡馆。明天上午九点开门。", ["gb18030", "utf-16-be"]),
    "Korean": ("박물관 입구는 어디에 있습니까? 큰길에 있습니다. 내일 아침에 문을 엽니다.", ["cp949"]),
}


@pytest.mark.parametrize("language", SENTENCES)
def test_the_encoding_of_a_small_file_is_found_out(language: str, tmp_path: Path) -> None:
    sentence, names = SENTENCES[language]
    for name in (*names, "utf-8", "utf-8-sig"):
        text = "question,answer\r\n" + "".join(f'Number {n},"{sentence}"\r\n' for n in range(3))
        rows = rows_of(write(tmp_path / f"{name}.csv", text, name), tmp_path / f"data-{name}")
        assert [row["answer"] for row in rows] == [sentence] * 3, name


def test_the_encoding_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "frage,antwort\nWo?,Über die Straße\n", "cp1252")
    assert imported(path, tmp_path / "data").report.encoding == "cp1252"


def test_a_letter_far_behind_the_sample_is_still_seen(tmp_path: Path) -> None:
    text = "q,a\n" + "plain,plain\n" * 200_000 + "é,ü\n"
    assert encoding_of(write(tmp_path / "a.csv", text)) == "utf-8"
    assert encoding_of(write(tmp_path / "b.csv", text, "latin-1")) == "cp1252"


def test_a_few_lines_of_windows_text_in_a_utf_8_file_are_read_as_such(tmp_path: Path) -> None:
    content = b"q,a\n" + "Où?,Là\n".encode() * 100 + "Größe,für\n".encode("cp1252")
    rows = rows_of(write(tmp_path / "a.csv", content), tmp_path / "data")
    assert rows[0] == {"q": "Où?", "a": "Là"}
    assert rows[-1] == {"q": "Größe", "a": "für"}


def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError) as error:
        encoding_of(write(tmp_path / "a.csv", "a"), "klingon")
    assert error.value.id == "unknown-encoding"


def test_lines_are_those_of_the_file_whatever_unicode_calls_a_line(tmp_path: Path) -> None:
    text = "one\u2028still one\x85\x0b\x0c\ntwo\rthree\r\nfour"
    path = write(tmp_path / "a.txt", text)
    expected = ["one\u2028still one\x85\x0b\x0c\n", "two\r", "three\r\n", "four"]
    assert list(lines_of(path, "utf-8")) == expected
    assert sample_of(path, "utf-8") == expected


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "LINE_LIMIT", 1000)
    path = write(tmp_path / "a.txt", "first\n" + "x" * 5500 + "\nlast\n")
    lines = list(lines_of(path, "utf-8"))
    assert [len(line) for line in lines] == [6, 1000, 5]
    assert [too_long(line) for line in lines] == [False, True, False]
