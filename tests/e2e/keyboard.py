"""Somebody without a pointer: moves by Tab, sees where the focus is, and is never held fast."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

MAX_STOPS = 250

# The outline may be drawn around the element or, for a choice, around what holds it.
_FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body || at === document.documentElement) return null;
  const drawn = (one) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !/, 0\\)|transparent/.test(outlineColor);
  };
  const marked = [at, at.closest("label"), at.closest(".choice, .chip")].find((one) => one && drawn(one));
  const box = (marked ?? at).getBoundingClientRect();
  const known = (window.keyboardStops ??= []);
  const before = known.at(-1);
  const stop = known.includes(at) ? known.indexOf(at) : known.push(at) - 1;
  const inMain = (one) => one?.closest("main") && !one.closest(".save-bar");
  const readsOn = (last, next) => next.top > last.top - 24 || next.left >= last.right - 4; // further down, or in the next column
  const words = at.innerText || at.name || at.id || at.className || "";
  return {
    stop,
    name: `${at.tagName.toLowerCase()} ${words.trim().replace(/\\d+/g, "#").slice(0, 60)}`,
    isDrawn: Boolean(marked),
    isInSight: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    isAfterLast: !before || Boolean(before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING),
    isBelowLast: !inMain(before) || !inMain(at) || readsOn(before.getBoundingClientRect(), box),
  };
}"""


@dataclass
class Keyboard:
    page: Page

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        await self.page.keyboard.type(text)

    async def focus(self) -> dict[str, Any] | None:
        """None: on nothing of the page."""
        return await self.page.evaluate(_FOCUS)

    async def is_on(self, selector: str) -> bool:
        return await self.page.evaluate("(one) => document.activeElement?.matches(one) ?? false", selector)

    async def tab_to(self, selector: str, *, key: str = "Tab") -> None:
        """At each stop the focus is seen."""
        passed: list[str] = []
        for _ in range(MAX_STOPS):
            await self.press(key)
            at = await self.focus()
            if at is not None:
                assert (at["isDrawn"], at["isInSight"]) == (True, True), f"{self.page.url}: {at}"
                passed.append(at["name"])
            if await self.is_on(selector):
                return
        raise AssertionError(f"{selector} is not reached on {self.page.url}: {passed[:40]}")

    async def walk(self, *, key: str = "Tab") -> list[str]:
        """Through the whole page, from its beginning (or end) until the focus leaves it or comes round: all stops, by name."""
        await self.page.evaluate("() => { window.keyboardStops = []; document.activeElement?.blur(); }")
        stops: list[dict[str, Any]] = []
        for _ in range(MAX_STOPS):
            await self.press(key)
            at = await self.focus()
            if at is None or any(at["stop"] == one["stop"] for one in stops):
                break
            stops.append(at)
        else:
            raise AssertionError(f"{self.page.url} holds the focus: {[one['name'] for one in stops[-10:]]}")
        unseen = [one["name"] for one in stops if not (one["isDrawn"] and one["isInSight"])]
        assert unseen == [], f"{self.page.url}: the focus is not seen on {unseen}"
        if key == "Tab":
            astray = [one["name"] for one in stops if not (one["isAfterLast"] and one["isBelowLast"])]
            assert astray == [], f"{self.page.url}: out of order are {astray}"
        return [one["name"] for one in stops]
