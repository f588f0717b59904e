"""Every prompt and answer that is learned, as the runtime spells it, and the vocabulary that they make."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch

from models.training.vlm.second_look.features import PREPARATION
from models.training.vlm.second_look.network import CONTEXT, GRID
from models.training.vlm.vocabulary import END_OF_TEXT, train_vocabulary
from models.vlm.crop_claims import crop_prompt
from models.vlm.prompt import END, Grid, ImageTokens, Message, conversation
from models.vlm.questions import read_questions
from models.vlm.tokens import Tokens

WORDS = ("yes", "no", "Yes", "No", "unclear")
ANSWERS = (" yes", " no", " unclear")
VOCABULARY = 1000
PLACE = -1  # where a picture's features stand in the ids
WORDINGS = 4  # en and zh, question (even) and control (odd)


def written(claims: str) -> str:
    """claims: as `views.facts` keeps them. The answer as the grammar of the runtime spells it."""
    return json.dumps({"claims": json.loads(claims)}, separators=(",", ":"))


def spell(tokens: Tokens) -> list[list[int]]:
    """Prompts as the runtime spells them: WORDINGS for each question, then one that asks for claims for each, and one
    without a question.
    """
    questions = list(read_questions().values())
    texts = [text for one in questions for wording in (one.en, one.zh) for text in (wording.question, wording.control)]
    return [_spelled(tokens, text) for text in texts + claims_prompts()]


def claims_prompts() -> list[str]:
    return [crop_prompt(one.en.question) for one in read_questions().values()] + [crop_prompt()]


def _spelled(tokens: Tokens, text: str) -> list[int]:
    ids: list[int] = []
    for piece in conversation([Message("user", (Grid(0, 0), text))]):
        if isinstance(piece, str):
            ids += tokens.encode(piece)
        elif isinstance(piece, ImageTokens):
            ids += [PLACE] * GRID * GRID
        else:
            ids.append(tokens.control(piece.name))
    return ids


def spell_answers(tokens: Tokens, texts: Sequence[str]) -> torch.Tensor:
    """(texts, longest) ids with what ends an answer, PLACE behind."""
    ids = [[*tokens.encode(text), tokens.control(END)] for text in texts]
    longest = max(map(len, ids))
    return torch.tensor([one + [PLACE] * (longest - len(one)) for one in ids])


def write_words(folder: Path, answers: Sequence[str]) -> Tokens:
    """tokenizer.json, config.json and preprocessor_config.json. answers: that it is to spell in few tokens."""
    questions = read_questions().values()
    texts = [text for one in questions for wording in (one.en, one.zh) for text in (wording.question, wording.control)]
    spelled = (*(texts + claims_prompts()) * 20, *answers * 5)
    tokenizer = train_vocabulary(spelled, VOCABULARY, WORDS)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    text = {"vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT, "eos_token_id": END_OF_TEXT}
    facts = {"model_type": "smolvlm", "image_token_id": tokenizer.token_to_id("<image>"), "text_config": text}
    config = json.dumps(facts, indent=1) + "\n"
    (folder / "config.json").write_text(config, encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(PREPARATION, encoding="utf-8")
    return Tokens((folder / "tokenizer.json").read_bytes(), config.encode(), "second_look")
