"""The pages about boxes, and trying a zone on what was seen before it is sent."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from central.cases.passages import Anchor, passages
from central.clock import now
from central.database.engine import Database, database_of
from central.evidence.deposit import Deposit
from central.evidence.tus import deposit_of
from central.web.boxes import box_context, find_still, outcome, read_boxes
from central.web.error_pages import PageError
from central.web.rendering import html, words_of
from central.web.wording import Wording
from contract.ids import Slug

TRIED_OVER = timedelta(hours=1)
Share = Annotated[float, Field(ge=0, le=1)]

router = APIRouter(tags=["boxes"])


class ZoneTrial(BaseModel):
    """polygon: corners in order, relative to the picture."""

    model_config = ConfigDict(extra="forbid")

    camera_id: Slug
    polygon: list[tuple[Share, Share]] = Field(min_length=3, max_length=64)
    anchor: Anchor = "bottom_center"


class ZoneTrialAnswer(BaseModel):
    """Of `tracks` in the evidence of the last hour (`clips` clips), `inside` pass through the zone."""

    clips: int
    tracks: int
    inside: int


@router.get("/boxes", response_class=HTMLResponse, response_model=None, include_in_schema=False)
def boxes_page(
    request: Request, t: Wording = Depends(words_of), database: Database = Depends(database_of)
) -> HTMLResponse:
    with database.reading() as session:
        boxes = read_boxes(session, now())
    return html(request, "boxes.html", t, {"boxes": boxes})


@router.get("/boxes/{box_id}", response_class=HTMLResponse, response_model=None, include_in_schema=False)
def box_page(
    request: Request, box_id: Slug, t: Wording = Depends(words_of), database: Database = Depends(database_of)
) -> HTMLResponse:
    moment = now()
    with database.reading() as session:
        boxes = read_boxes(session, moment, box_id)
        if not boxes:
            raise PageError("not_found")
        context = box_context(session, boxes[0], t)
    outcomes = {command.command_id: outcome(command, moment) for command in context["commands"]}
    return html(request, "box.html", t, context | {"outcomes": outcomes})


@router.get("/boxes/{box_id}/stills/{camera_id}", response_model=None, include_in_schema=False)
def still(box_id: Slug, camera_id: Slug, database: Database = Depends(database_of)) -> Response:
    """The newest pixelated picture of a camera."""
    with database.reading() as session:
        jpeg = find_still(session, box_id, camera_id)
    if jpeg is None:
        raise PageError("not_found")
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/api/boxes/{box_id}/zone-trial")
def try_zone(
    box_id: Slug,
    body: ZoneTrial,
    database: Database = Depends(database_of),
    deposit: Deposit = Depends(deposit_of),
) -> ZoneTrialAnswer:
    """How many tracks of the last hour's evidence pass through a zone that is not in force yet."""
    with database.reading() as session:
        found = passages(
            session,
            deposit.store.find,
            box_id=box_id,
            camera_id=body.camera_id,
            polygon=body.polygon,
            anchor=body.anchor,
            since=now() - TRIED_OVER,
        )
    return ZoneTrialAnswer(clips=found.clips, tracks=found.tracks, inside=found.inside)
