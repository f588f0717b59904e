"""Texts that a language model was asked for, by the facts that they say."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from central.database.metadata import Base


class SummaryText(Base):
    """What became of one table of facts in one language. text: None when nothing that the model wrote held."""

    __tablename__ = "summary_texts"

    facts_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    text: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(String(16))  # why there is none
    model: Mapped[str] = mapped_column(String(200))
    producer: Mapped[str] = mapped_column(String(200))  # both of the AIGC label
    produce_id: Mapped[str] = mapped_column(String(36))
    attempts: Mapped[int]
    written_at: Mapped[datetime] = mapped_column(index=True)
