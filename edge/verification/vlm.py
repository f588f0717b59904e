"""Adapter: a vision-language model of `models/vlm` as the verifier."""

import time

from contract.incident_report import Verification
from edge.verification.inquiry import Exhibit, Inquiry
from edge.verification.planted_text import holds_planted_text
from edge.verification.verdict import Statement, conclude
from edge.verification.verifier import Verifier, VerifierError
from models.errors import ModelError
from models.vlm.questions import Language, find_question
from models.vlm.vlm import VisionLanguageModel


class LanguageVerifier(Verifier):
    """Two forward passes a question and crop, the crop encoded once; language: of the question's wording."""

    def __init__(self, model: VisionLanguageModel, language: Language = "en") -> None:
        self.name, self.sha256 = model.name, model.sha256
        self._model = model
        self._language = language

    def verify(self, inquiry: Inquiry) -> Verification:
        start_s = time.perf_counter()
        planted = any(holds_planted_text(exhibit.crop) for exhibit in inquiry.exhibits)
        try:
            statements = [
                self._statement(exhibit, question_id)
                for exhibit in inquiry.exhibits
                for question_id in inquiry.question_ids
            ]
        except ModelError as error:
            raise VerifierError(str(error)) from error
        return conclude(statements, suspicious_text=planted, ms=(time.perf_counter() - start_s) * 1000)

    def _statement(self, exhibit: Exhibit, question_id: str) -> Statement:
        wording = find_question(question_id).wording(self._language)
        answer = self._model.ask(exhibit.crop, wording.question, question_id)
        control = self._model.ask(exhibit.crop, wording.control)
        return Statement(question_id, exhibit.track_id, answer, control)
