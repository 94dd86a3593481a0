"""Composes documents: dialogues and plain text about one topic each, for training or held out."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resources.make import grammar, scene
from resources.make.exercises import exercise, words_of
from resources.make.frames import Frame, Section, is_held_out, load_frames, load_words
from resources.make.topics import Topic, load_topics

Message = dict[str, str]

# Gaps that may appear again and again without the text repeating itself.
_FREE_GAPS = {"name", "name2", "he", "him", "his", "do", "doing", "noun", "person", "relative", "is", "adjective"}
_IN_COMPANY = {"message", "plan"}


@dataclass(frozen=True)
class Document:
    """A composed text. `pairs` are the frames and the topic it was made from; `messages` is empty for prose."""

    topic: str
    frames: tuple[str, ...]
    text: str
    messages: tuple[Message, ...] = ()


class Composer:
    """Composes documents from one seed; the same seed gives the same documents, byte for byte.

    With `held_out`, each dialogue asks and each plain text opens with a frame that training never saw with this
    topic; without it, no such pair appears anywhere.
    """

    def __init__(self, seed: str, held_out: bool = False) -> None:
        self._chance = random.Random(seed)
        self._held_out = held_out
        self._topics = load_topics()
        self._words = load_words()
        self._vocabulary = words_of(self._topics)
        self._dialogue = load_frames("dialogue")
        self._prose = load_frames("prose")
        self._smalltalk = load_frames("smalltalk")
        self._used: list[Frame] = []

    def documents(self, dialogue_share: float = 0.65, exercise_share: float = 0.0) -> Iterator[Document]:
        """Documents without end. `exercise_share` of them are exercises, which have no topic."""
        while True:
            if exercise_share and self._chance.random() < exercise_share:
                yield self._exercise()
                continue
            document = self.dialogue() if self._chance.random() < dialogue_share else self.prose()
            if document.text and (self._unseen_in_use(document) or not self._held_out):
                yield document

    def prose(self) -> Document:
        """A story, an explanation, a scene or a letter."""
        topic, values = self._start()
        kind = self._chance.choices(("story", "explanation", "scene", "letter"), (4, 4, 2, 2))[0]
        if kind == "story":
            text = self._story(topic, values)
        elif kind == "explanation":
            text = self._explanation(topic, values)
        else:
            text = self._lines(kind, topic, values)
        return Document(topic.id, self._frames_used(), text)

    def dialogue(self) -> Document:
        """A system turn or none, then one to three questions about a topic with their answers."""
        topic, values = self._start()
        style = self._chance.choices(("none", "plain", "short", "list", "warm"), (35, 35, 14, 6, 10))[0]
        messages: list[Message] = []
        if style != "none":
            messages.append(_message("system", self._chance.choice(self._smalltalk["system"][style]).text))
        if self._chance.random() < 0.12:
            messages += self._chat(self._chance.choice(("greeting", "identity", "ability")), values)
        for intent in self._intents(topic, style):
            fresh = self._values(topic)
            messages += self._exchange(intent, style, topic, fresh)
        if self._chance.random() < 0.1:
            messages += self._chat(self._chance.choice(("thanks", "farewell")), values)
        text = "\n".join(message["content"] for message in messages)
        return Document(topic.id, self._frames_used(), text, tuple(messages))

    def _exercise(self) -> Document:
        messages = exercise(self._vocabulary, self._chance)
        return Document("", (), "\n".join(message["content"] for message in messages), messages)

    def question(self, intent: str, topic: Topic) -> Message | None:
        """One question of this intent whose frame was held out from the topic, or None where there is none."""
        self._used = []
        unseen = [frame for frame in self._dialogue[intent]["ask"] if is_held_out(frame, topic)]
        if not unseen or not _suits(intent, topic):
            return None
        return _message("user", self._said([self._chance.choice(unseen)], self._values(topic)))

    def _start(self) -> tuple[Topic, dict[str, str]]:
        self._used = []
        topic = self._chance.choice(self._topics)
        return topic, self._values(topic)

    def _values(self, topic: Topic) -> dict[str, str]:
        others = [other for other in self._topics if other.id != topic.id]
        values = scene.fill(topic, others, self._words, self._chance)
        return scene.with_story_of(values, topic, self._chance)

    def _unseen_in_use(self, document: Document) -> bool:
        topic = next(topic for topic in self._topics if topic.id == document.topic)
        return any(is_held_out(frame, topic) for frame in self._used)

    def _frames_used(self) -> tuple[str, ...]:
        return tuple(frame.id for frame in self._used)

    def _allowed(self, frames: Sequence[Frame], topic: Topic) -> list[Frame]:
        """Frames that may be filled with the topic; with `held_out`, the unseen ones where there are any."""
        unseen = [frame for frame in frames if is_held_out(frame, topic)]
        if self._held_out and unseen:
            return unseen
        return [frame for frame in frames if frame not in unseen]

    def _said(self, frames: Sequence[Frame], values: dict[str, str], between: str = " ") -> str:
        self._used += frames
        return between.join(grammar.capitalised(frame.text.format_map(values)) for frame in frames)

    def _picked(self, frames: Sequence[Frame], topic: Topic, count: int, taken: set[str]) -> list[Frame]:
        """Up to `count` frames in random order that do not speak of the same thing twice."""
        picked: list[Frame] = []
        allowed = self._allowed(frames, topic)
        for frame in self._chance.sample(allowed, len(allowed)):
            gaps = frame.gaps - _FREE_GAPS
            if len(picked) < count and not gaps & taken:
                picked.append(frame)
                taken |= gaps
        return picked

    def _story(self, topic: Topic, values: dict[str, str]) -> str:
        kinds = self._prose["story"]
        taken: set[str] = set()
        frames = self._picked(kinds["opening"], topic, 1, taken)
        frames += self._picked(kinds["middle"], topic, self._chance.randint(2, 4), taken)
        frames += self._picked(kinds["ending"], topic, self._chance.randint(1, 2), taken)
        return self._said(frames, values)

    def _explanation(self, topic: Topic, values: dict[str, str]) -> str:
        kinds = self._prose["explanation"]
        taken: set[str] = set()
        frames = self._picked(kinds["opening"], topic, 1, taken)
        frames += self._picked(kinds["body"], topic, self._chance.randint(2, 5), taken)
        frames += self._picked(kinds["closing"], topic, 1, taken)
        return self._said(frames, values)

    def _lines(self, kind: str, topic: Topic, values: dict[str, str]) -> str:
        frames = self._prose[kind]["line"]
        if kind == "scene":
            return self._said(self._picked(frames, topic, self._chance.randint(2, 4), set()), values)
        first, last = frames[0], frames[-1]
        middle = self._picked(frames[1:-1], topic, self._chance.randint(4, 7), set())
        middle.sort(key=frames.index)
        letter = [first, *middle, last]
        return self._said([frame for frame in letter if self._held_out or not is_held_out(frame, topic)], values)

    def _intents(self, topic: Topic, style: str) -> list[str]:
        """One to three intents that have a question for this topic and an answer in this style."""
        count = self._chance.choices((1, 2, 3), (50, 30, 20))[0]
        kind = style if style in ("short", "list") else "answer"
        fitting = [
            intent
            for intent, kinds in self._dialogue.items()
            if kind in kinds
            and _suits(intent, topic)
            and self._allowed(kinds[kind], topic)
            and any(is_held_out(frame, topic) == self._held_out for frame in kinds["ask"])
        ]
        return self._chance.sample(fitting, min(count, len(fitting)))

    def _exchange(self, intent: str, style: str, topic: Topic, values: dict[str, str]) -> list[Message]:
        kinds: Section = self._dialogue[intent]
        question = self._said([self._chance.choice(self._allowed(kinds["ask"], topic))], values)
        if intent == "story":
            answer = self._story(topic, values)
        else:
            kind = style if style in ("short", "list") else "answer"
            answer = self._said([self._chance.choice(self._allowed(kinds[kind], topic))], values)
        if style == "warm":
            answer += " " + self._chance.choice(self._smalltalk["wish"]["answer"]).text
        return [_message("user", self._spoken(question)), _message("assistant", answer)]

    def _spoken(self, question: str) -> str:
        """The question as people type it: mostly as it is, sometimes with a greeting or in small letters."""
        way = self._chance.random()
        if way < 0.08:
            return self._chance.choice(("Hello! ", "Hi. ", "Good morning. ", "Excuse me. ")) + question
        if way < 0.12:
            return question + self._chance.choice((" Thank you.", " Thanks!", " Please help."))
        if way < 0.18:
            return question.lower().rstrip("?.")
        return question

    def _chat(self, kind: str, values: dict[str, str]) -> list[Message]:
        section = self._smalltalk[kind]
        question = self._chance.choice(section["ask"]).text
        answer = self._chance.choice(section["answer"]).text.format_map(values)
        return [_message("user", question), _message("assistant", answer)]


def _suits(intent: str, topic: Topic) -> bool:
    """Nobody is invited to the dentist."""
    return not (topic.alone and intent in _IN_COMPANY)


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}
