"""tus 1.0 (https://tus.io/protocols/resumable-upload) over the deposit: creation, offset, append."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from central.evidence.deposit import Deposit, Progress
from central.evidence.store import Incoming, StoreError
from central.evidence.upload import FileName, UploadRefusedError
from central.problem import ProblemError, problems

TUS = "1.0.0"
WRITE_BYTES = 256 * 1024
ANSWER = {"Tus-Resumable": TUS, "Cache-Control": "no-store"}


def deposit_of(request: Request) -> Deposit:
    deposit: Deposit = request.app.state.deposit
    return deposit


def speaks_tus(tus_resumable: Annotated[str, Header()] = "") -> None:
    if tus_resumable != TUS:
        raise ProblemError(412, "tus_version", f"send `Tus-Resumable: {TUS}`", {"Tus-Version": TUS})


router = APIRouter(prefix="/api/media", tags=["media"])


@router.options("", status_code=204)
def describe_uploads(request: Request) -> Response:
    """What this tus server can do."""
    size_max = request.app.state.centre.settings.upload_bytes_max
    headers = {"Tus-Version": TUS, "Tus-Extension": "creation,expiration", "Tus-Max-Size": str(size_max)}
    return Response(status_code=204, headers=ANSWER | headers)


@router.post(
    "",
    status_code=201,
    response_class=Response,
    dependencies=[Depends(speaks_tus)],
    responses=problems(400, 403, 409, 412, 413, 429, 507) | {204: {"description": "held; acknowledged again"}},
)
def create_upload(
    deposit: Annotated[Deposit, Depends(deposit_of)],
    upload_length: Annotated[str, Header()] = "",
    upload_metadata: Annotated[str, Header(max_length=1000)] = "",
) -> Response:
    """201 with `Location`, or 204 when the file is here. 409 `not_yet`: its report or manifest has to come first."""
    if not upload_length.isdecimal() or len(upload_length) > 15:
        raise ProblemError(400, "length", "Upload-Length is the file's size in bytes")
    try:
        upload_id = deposit.begin(FileName.from_metadata(upload_metadata), int(upload_length))
    except (UploadRefusedError, StoreError) as error:
        raise _problem(error) from error
    if upload_id is None:
        return Response(status_code=204, headers=ANSWER)
    return Response(status_code=201, headers=ANSWER | {"Location": f"/api/media/uploads/{upload_id}"})


@router.head(
    "/uploads/{upload_id}", response_class=Response, responses=problems(404, 412), dependencies=[Depends(speaks_tus)]
)
def read_offset(upload_id: str, deposit: Annotated[Deposit, Depends(deposit_of)]) -> Response:
    """Where to go on."""
    progress = _progress(deposit, upload_id)
    headers = {"Upload-Offset": str(progress.offset), "Upload-Length": str(progress.length)}
    return Response(status_code=200, headers=ANSWER | headers)


@router.patch(
    "/uploads/{upload_id}",
    status_code=204,
    response_class=Response,
    dependencies=[Depends(speaks_tus)],
    responses=problems(400, 404, 409, 412, 413, 415, 423, 460, 507),
)
async def append_bytes(
    request: Request,
    upload_id: str,
    deposit: Annotated[Deposit, Depends(deposit_of)],
    upload_offset: Annotated[str, Header()] = "",
    content_type: Annotated[str, Header()] = "",
) -> Response:
    """The answer to the last byte comes after the file was checked and recorded: 460 when its hash is another."""
    if content_type != "application/offset+octet-stream":
        raise ProblemError(415, "media_type", "send `Content-Type: application/offset+octet-stream`")
    try:
        with deposit.alone(upload_id):
            progress = await run_in_threadpool(_progress, deposit, upload_id)
            if upload_offset != str(progress.offset):
                raise ProblemError(409, "offset", f"the upload stands at byte {progress.offset}: ask with HEAD")
            incoming = await run_in_threadpool(deposit.store.resume, upload_id, progress.offset)
            offset = await _receive(request, incoming, progress)
            if offset == progress.length:
                await run_in_threadpool(deposit.finish, upload_id, progress)
    except (UploadRefusedError, StoreError) as error:
        raise _problem(error) from error
    return Response(status_code=204, headers=ANSWER | {"Upload-Offset": str(offset)})


async def _receive(request: Request, incoming: Incoming, progress: Progress) -> int:
    """Writes what comes, and keeps what came before a cut. Raises ProblemError 413 for more than was announced."""
    room = progress.length - progress.offset
    waiting = bytearray()
    try:
        async for chunk in request.stream():
            room -= len(chunk)
            if room < 0:
                raise ProblemError(413, "wrong_length", f"more than the {progress.length} bytes that were announced")
            waiting += chunk
            if len(waiting) >= WRITE_BYTES:
                await run_in_threadpool(incoming.write, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(incoming.write, bytes(waiting))
    except ClientDisconnect as error:
        await run_in_threadpool(incoming.write, bytes(waiting))
        raise ProblemError(400, "cut_off", "the connection ended before the body did") from error
    finally:
        offset = await run_in_threadpool(incoming.close)
    return offset


def _progress(deposit: Deposit, upload_id: str) -> Progress:
    hexadecimal = len(upload_id) == 32 and set(upload_id) <= set("0123456789abcdef")
    progress = deposit.progress(upload_id) if hexadecimal else None
    if progress is None:
        raise ProblemError(404, "no_upload", "no such upload is under way: begin again with POST /api/media")
    return progress


def _problem(error: UploadRefusedError | StoreError) -> ProblemError:
    if isinstance(error, StoreError):
        return ProblemError(507, "disk", str(error), ANSWER)
    return ProblemError(error.status, error.reason, str(error), ANSWER)
