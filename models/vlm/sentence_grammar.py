"""The grammar of the true sentences about a row, for a server that can be held to one (GBNF, of llama.cpp).

It leaves a model the order of what it says. What it wrote is read by `reading.py` all the same: a server may take no
notice of a grammar.
"""

import json
from itertools import permutations

from models.vlm.summary import Facts, Language, Row, row_sentence, states_text, total_sentence


def sentence_grammar(facts: Facts, row: Row | None, language: Language) -> str:
    """row: what the sentence is about; None: all places together. At most 24 orders, of four states."""
    states = (row or facts).states
    sentence = row_sentence(row, language) if row else total_sentence(facts, language)
    before, _, after = sentence.rpartition(states_text(states, language))  # a place's name may hold the same words
    orders = " | ".join(_literal(states_text(order, language)) for order in permutations(states))
    return f'root ::= " "? {_literal(before)} ({orders}) {_literal(after)}\n'


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # GBNF quotes and escapes as JSON does
