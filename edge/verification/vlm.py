"""Adapter: a vision-language model of `models/vlm` as the verifier."""

import time
from collections.abc import Iterator, Sequence

from contract.incident_report import Verification
from edge.verification.inquiry import Exhibit, Inquiry
from edge.verification.planted_text import holds_planted_text
from edge.verification.verdict import Statement, conclude
from edge.verification.verifier import Verifier, VerifierError
from models.errors import ModelError
from models.vlm.claims_writers import ClosedWriter, PackageWriter
from models.vlm.description import ClaimsWriter, Shown
from models.vlm.questions import Language, find_question
from models.vlm.vlm import VisionLanguageModel


class LanguageVerifier(Verifier):
    """Two forward passes a question and crop, the crop encoded once; language: of the question's wording. text_s_max:
    for what a package that writes may write; one that only answers states what its answers come to.
    """

    def __init__(self, model: VisionLanguageModel, language: Language = "en", text_s_max: float = 16.0) -> None:
        self.name, self.sha256 = model.name, model.sha256
        self._model = model
        self._language = language
        self._text_s_max = text_s_max

    def verify(self, inquiry: Inquiry) -> Verification:
        start_s = time.perf_counter()
        planted = any(holds_planted_text(exhibit.crop) for exhibit in inquiry.exhibits)
        try:
            statements = [
                one for exhibit in inquiry.exhibits for one in self._statements(exhibit, inquiry.question_ids)
            ]
        except ModelError as error:
            raise VerifierError(str(error)) from error
        return conclude(statements, suspicious_text=planted, ms=(time.perf_counter() - start_s) * 1000)

    def describe(self, inquiry: Inquiry) -> str:
        writer: ClaimsWriter
        if self._model.writes:
            writer = PackageWriter(self._model, self._text_s_max)
        else:
            writer = ClosedWriter(self._model, self._language)
        shown = [Shown(one.track_id, one.class_name, one.crop) for one in inquiry.exhibits]
        try:
            return writer.write(inquiry.about, shown)
        except ModelError as error:
            raise VerifierError(str(error)) from error

    def _statements(self, exhibit: Exhibit, question_ids: Sequence[str]) -> Iterator[Statement]:
        sight = self._model.see(exhibit.crop)
        for question_id in question_ids:
            wording = find_question(question_id).wording(self._language)
            answer = self._model.ask(sight, wording.question, question_id)
            control = self._model.ask(sight, wording.control)
            yield Statement(question_id, exhibit.track_id, answer, control)
