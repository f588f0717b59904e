"""Request bodies with a bound: nobody fills the memory by sending on."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.requests import ClientDisconnect

from central.problem import ProblemError


def bounded_body(bytes_max: int) -> Callable[[Request], Awaitable[bytes]]:
    """For `Depends`: the whole body. Raises ProblemError 413 as soon as it is longer."""

    async def read(request: Request) -> bytes:
        data = bytearray()
        try:
            async for chunk in request.stream():
                data += chunk
                if len(data) > bytes_max:
                    raise ProblemError(413, "too_large", f"at most {bytes_max} bytes are taken here")
        except ClientDisconnect as error:
            raise ProblemError(400, "cut_off", "the connection ended before the body did") from error
        return bytes(data)

    return read
