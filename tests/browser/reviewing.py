"""A reviewer at a browser: opens the page, presses keys, sees what is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.serving import ServedCentre

PATIENCE_MS = 10_000


@dataclass
class Reviewer:
    """faults: what the browser complained about; a test that does not expect any asserts that it is empty."""

    page: Page
    centre: ServedCentre
    faults: list[str]

    def open(self, path: str = "/") -> None:
        self.page.goto(self.centre.url + path)
        expect(self.page.locator("[data-live]")).to_have_attribute("data-state", "on", timeout=PATIENCE_MS)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def until(self, expression: str) -> None:
        """Waits for what only scripts can see; by asking again, as the page's policy forbids to evaluate inside it."""
        for _ in range(PATIENCE_MS // 50):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never true: {expression}")

    def items(self) -> Locator:
        return self.page.locator("[data-item]:not(.alarm a)")

    def item(self, incident_id: str) -> Locator:
        return self.page.locator(f'.item[data-item="{incident_id}"]')

    def shown(self) -> Locator:
        return self.page.locator("[data-incident]")

    def count(self) -> Locator:
        return self.page.locator("[data-count]")

    def message(self) -> Locator:
        return self.page.locator(".message").last

    def dialog(self, name: str) -> Locator:
        return self.page.locator(f'dialog[data-dialog="{name}"]')

    def look_at(self, incident_id: str) -> None:
        self.open(f"/incidents/{incident_id}")
        expect(self.shown()).to_have_attribute("data-incident", incident_id)


@contextmanager
def reviewing(
    chromium: Browser,
    centre: ServedCentre,
    *,
    name: str | None = "Lin",
    language: str = "en",
    size: tuple[int, int] = (1440, 900),
    dark: bool = False,
) -> Iterator[Reviewer]:
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        locale=language,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    if name is not None:
        context.add_cookies([{"name": "xunjian_reviewer", "value": quote(name), "url": centre.url}])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    try:
        yield Reviewer(page, centre, faults)
    finally:
        context.close()
