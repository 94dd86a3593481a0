"""What fills the gaps of the frames in one document: a topic's things and facts, people, and the day."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from resources.make import grammar
from resources.make.topics import Topic

Words = dict[str, list[str]]

# A step with a clause in the present tense would read wrongly after a verb in the past.
_PRESENT_CLAUSE = re.compile(r"\b(when|until|if|because|is|are|has|have|will|begins?|where|how|what|that|before)\b")


def fill(topic: Topic, others: Sequence[Topic], words: Words, chance: random.Random) -> dict[str, str]:
    """Values for all gaps, drawn once, so that a document speaks of the same person and thing throughout."""
    return {
        **_matter(topic),
        **_things(topic, others, chance),
        **_knowledge(topic, chance),
        **_people(words, chance),
        **_doings(topic, chance),
    }


def with_story_of(values: dict[str, str], topic: Topic, chance: random.Random) -> dict[str, str]:
    """The values with what the person of the story did, in the past."""
    told = _narratable(topic, chance)
    past = [grammar.in_past(grammar.owned_by(step, values["his"], values["him"])) for step in told]
    return values | {"past1": past[0], "past2": past[1]}


def _matter(topic: Topic) -> dict[str, str]:
    done = grammar.in_past(topic.do)
    return {
        "do": topic.do,
        "doing": grammar.in_gerund(topic.do),
        "did": done,
        "mydid": done,
        "noun": topic.noun,
        "place": topic.place,
        "person": topic.person,
        "time": topic.time,
        "when": topic.when,
        "costs": "Yes, it can be" if topic.costly else "No, not at all",
        "cheaply": "It costs a good deal" if topic.costly else "It costs little",
        "price": topic.price,
        "child": topic.child,
        "care": topic.care,
        "a": topic.pair[0],
        "b": topic.pair[1],
        "contrast": topic.contrast,
    }


def _things(topic: Topic, others: Sequence[Topic], chance: random.Random) -> dict[str, str]:
    tools = chance.sample(topic.tools, len(topic.tools))
    known = " ".join((*topic.tools, *topic.steps, *topic.facts))
    strange = [tool for other in chance.sample(list(others), 3) for tool in other.tools]
    foreign = [tool for tool in strange if tool.startswith(("a ", "an ")) and tool.split()[-1] not in known]
    values = {f"tool{place}": tool for place, tool in enumerate(tools, 1)}
    nouns = [other.noun for other in chance.sample(list(others), 2)]
    return values | {
        "the_tool1": grammar.definite(tools[0]),
        "alien": foreign[0] if foreign else "a grand piano",
        "noun2": nouns[0],
        "noun3": nouns[1],
    }


def _knowledge(topic: Topic, chance: random.Random) -> dict[str, str]:
    mistakes = chance.sample(topic.mistakes, 3)
    term, meaning = chance.choice(topic.terms)
    problem, remedy = chance.choice(topic.problems)
    values = {"term": term, "is": grammar.verb_to_be(term), "meaning": meaning, "problem": problem, "remedy": remedy}
    for place, (mistake, harm) in enumerate(mistakes, 1):
        values[f"mistake{place}"] = grammar.owned_by(mistake, "your", "you")
        values[f"harm{place}"] = grammar.owned_by(harm, "your", "you")
    for kind, texts in (("fact", topic.facts), ("like", topic.likes), ("tip", topic.tips)):
        values |= {f"{kind}{place}": text for place, text in enumerate(chance.sample(texts, 3), 1)}
    return values | {"fact1_said": values["fact1"].rstrip("."), "problem_said": problem.rstrip(".")}


def _doings(topic: Topic, chance: random.Random) -> dict[str, str]:
    steps = [grammar.bare(grammar.owned_by(step, "your", "you")) for step in topic.steps]
    told = _narratable(topic, chance)[0]
    mine = grammar.owned_by(told, "my", "me")
    return {f"step{place}": step for place, step in enumerate(steps, 1)} | {
        "plain1": grammar.bare(grammar.owned_by(told, "your", "you")),
        "myplain1": grammar.bare(mine),
        "mypast1": grammar.in_past(mine),
    }


def _narratable(topic: Topic, chance: random.Random) -> list[str]:
    """Two steps that can be told in the past, in their order."""
    fitting = [step for step in topic.steps if not _PRESENT_CLAUSE.search(step)]
    return sorted(chance.sample(fitting, 2), key=topic.steps.index)


def _people(words: Words, chance: random.Random) -> dict[str, str]:
    female = chance.random() < 0.5
    name = chance.choice(words["women" if female else "men"])
    second = chance.choice([other for other in words["women"] + words["men"] if other != name])
    pronouns = ("she", "her", "her") if female else ("he", "him", "his")
    single = ("weather", "daytime", "daytime_the", "day", "month", "hour", "mood", "feeling", "relative")
    return {
        "name": name,
        "name2": second,
        **dict(zip(("he", "him", "his"), pronouns, strict=True)),
        **{kind: chance.choice(words[kind]) for kind in (*single, "adjective", "animal", "food")},
    }
