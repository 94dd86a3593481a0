"""The usual names of columns, in many languages, by what they are for. Within a list, the surer ones come first."""

from __future__ import annotations

import re
import unicodedata

CONVERSATION = ("conversations", "messages", "conversation", "dialog", "dialogue", "chat", "turns", "history")

TOOLS = ("tools", "functions", "available tools", "tool definitions", "function definitions")

SYSTEM = ("system", "system prompt", "systemprompt", "system message", "persona")

PROMPT = (
    *("instruction", "prompt", "question", "query", "user", "human", "request", "user input", "user message"),
    *("customer message", "frage", "anfrage", "anweisung", "aufgabe", "pregunta", "instrucción", "consulta"),
    *("demande", "consigne", "domanda", "richiesta", "istruzione", "pergunta", "instrução", "vraag", "opdracht"),
    *("pytanie", "polecenie", "вопрос", "запрос", "инструкция", "питання", "问题", "問題", "指令", "提问", "質問"),
    *("指示", "질문", "지시", "سؤال", "السؤال", "प्रश्न", "soru", "fråga", "spørgsmål", "kysymys", "otázka"),
    *("kérdés", "ερώτηση", "întrebare", "câu hỏi", "questions", "fragen", "problem", "task", "ask", "dialogue"),
    *("article", "document", "source", "src", "input", "eingabe", "entrada", "entrée", "输入", "text", "sentence"),
)

ANSWER = (
    *("output", "response", "answer", "completion", "reply", "assistant", "best answer", "expected output"),
    *("antwort", "ausgabe", "respuesta", "salida", "réponse", "risposta", "resposta", "antwoord", "odpowiedź"),
    *("ответ", "відповідь", "回答", "答案", "答え", "输出", "回复", "応答", "出力", "답변", "응답", "출력", "إجابة"),
    *("الإجابة", "उत्तर", "cevap", "yanıt", "svar", "vastaus", "odpověď", "válasz", "απάντηση", "răspuns"),
    *("câu trả lời", "answers", "antworten", "solution", "target", "gold", "tgt", "summary", "translation"),
    *("zusammenfassung", "übersetzung", "chosen", "label", "category", "kategorie", "intent", "class"),
)

CONTEXT = (
    *("input", "context", "background", "passage", "reference", "evidence", "document", "article", "paragraph"),
    *("kontext", "hintergrund", "eingabe", "contexto", "entrada", "contexte", "entrée", "contesto", "контекст"),
    *("输入", "上下文", "背景", "文脈", "맥락", "입력"),
)

_WEAK = frozenset(
    (
        *(
            "text",
            "sentence",
            "document",
            "article",
            "dialogue",
            "source",
            "src",
            "input",
            "eingabe",
            "task",
            "problem",
        ),
        *("label", "category", "kategorie", "intent", "class", "target", "summary"),
    )
)

_CONTRARY = frozenset(
    (
        *("id", "ids", "index", "count", "number", "length", "len", "score", "type", "date", "time", "url", "link"),
        *("incorrect", "wrong", "false", "rejected", "bad", "worst", "author", "language", "lang", "source", "rating"),
    )
)


def plain(name: str) -> str:
    """A column's name for comparing: lower case, words separated by single spaces."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return " ".join(re.sub(r"[\W_]+", " ", spaced).casefold().split())


def is_weak(name: str) -> bool:
    """Whether a name says something only together with a partner: `text` with `label`, `article` with `summary`."""
    return plain(name) in _WEAK


def rank(name: str, usual: tuple[str, ...]) -> int | None:
    """How sure a name is for a list of usual names: lower is surer, None when it says nothing.

    A name that only contains a usual word ("Question of the visitor") comes after all that are one.
    """
    whole = plain(name)
    if whole in usual:
        return usual.index(whole)
    words = whole.split()
    if not words or _CONTRARY & set(words):
        return None
    found = [place for place, word in enumerate(usual) if f" {word} " in f" {whole} " and len(word) > 1]
    return len(usual) + min(found) if found else None
