"""Templates to HTML: nothing undefined passes, everything is escaped, the choices of this browser are heeded."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from central.audit.reviewer import COOKIE, from_cookie
from central.web.moments import age, clock_time, full_time, short_time, size
from central.web.wording import LANGUAGES, Wording, choose_language, wording
from contract.ids import rfc3339

FOLDER = Path(__file__).parent
LANGUAGE_COOKIE = "xunjian_language"
THEME_COOKIE = "xunjian_theme"
SCRIPT_FAMILIES = (
    "live.",
    "refused.",
    "decision.",
    "stage.",
    "state.",
    "action.",
    "dialog.",
    "box.",
)  # what static/*.js says


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "rfc3339": rfc3339,
        "clock_time": clock_time,
        "short_time": short_time,
        "full_time": full_time,
        "size": size,
        "age": age,
    }
    return made


ENVIRONMENT = environment()


def words_of(request: Request) -> Wording:
    """The words in this browser's language; for `Depends`."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return wording(choose_language(chosen, request.headers.get("accept-language", "")))


def html(request: Request, template: str, t: Wording, context: dict[str, Any], status: int = 200) -> HTMLResponse:
    text = ENVIRONMENT.get_template(template).render(browser_context(request, t) | context)
    return HTMLResponse(text, status, {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"})


def browser_context(request: Request, t: Wording) -> dict[str, Any]:
    reviewer = from_cookie(request.cookies.get(COOKIE))
    theme = request.cookies.get(THEME_COOKIE)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return {
        "t": t,
        "language": t.language,
        "other_language": next(language for language in LANGUAGES if language != t.language),
        "switch": urlencode({"back": here}),
        "here": request.url.path.split("/")[1],
        "theme": theme if theme in ("light", "dark") else "auto",
        "reviewer": reviewer.name if reviewer else "",
        "script_words": script_words(t),
    }


def script_words(t: Wording) -> str:
    """JSON of the words that scripts put on the page."""
    return json.dumps({key: text for key, text in t.entries.items() if key.startswith(SCRIPT_FAMILIES)})
