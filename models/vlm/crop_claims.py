"""How a package that can write is asked for claims, about one crop at a time.

One crop is what a small model reads well, and of several it would have to say by number which it means. Numbers come
from the record: the prompt and the form hold neither a track nor a name. The writer (`claims_writers.py`) knows which
subject it showed.
"""

from typing import Any

from contract.object_classes import class_ids
from models.vlm.claims_question import HERE, About, asked_fields, form_of
from models.vlm.questions import read_questions

SAID_MAX = 3  # claims about one crop
TOKENS_MAX = 96


def crop_prompt(question: str = "") -> str:
    """question: a closed one in English, which says what to look at."""
    asked = f"{question} " if question else ""
    return f'{asked}State what this picture shows, as JSON like {{"claims":[{{"class":"person","lacks":"helmet"}}]}}.'


def prompt_about(about: About) -> str:
    """With the closed question of this type of lead, when there is one and it may be asked."""
    for name, question in read_questions().items():
        if about.type_id in question.types and about.permits(name):
            return crop_prompt(question.en.question)
    return crop_prompt()


def crop_form(about: About) -> dict[str, Any]:
    """JSON Schema of the answer. It may still say what the record does not: a class that it sees and the detector did
    not is a thing to count.
    """
    classes = {"enum": sorted({*class_ids(), *about.class_names})}
    return form_of({"class": classes, **asked_fields(about, [HERE])}, SAID_MAX)
