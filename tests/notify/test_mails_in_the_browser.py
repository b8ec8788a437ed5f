"""Mails as a program that knows CSS shows them: on a phone and wide, light and dark; nothing stands out, and all can be read."""

import pytest
from playwright.async_api import async_playwright

from services.notify.mails.render import Renderer
from services.notify.previews.samples import sample
from shared.i18n import LANGUAGES
from tests.tools.conftest import CHROMIUM_ARGS

pytestmark = pytest.mark.browser

KINDS = ("code-activation", "employee-requested", "digest", "contact-answer")
# The contrast of each text with what lies behind it, and how far the page is wider than the window.
LOOK = """() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const pale = [];
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.getClientRects().length) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) pale.push(walker.currentNode.data.trim());
  }
  return { pale, over: document.documentElement.scrollWidth - innerWidth };
}"""


async def test_mails_can_be_read_narrow_and_wide_in_light_and_dark() -> None:
    renderer = Renderer("https://immo.example", mail_from="no-reply@immo.example", reply_to="help@immo.example")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        for width in (320, 700):
            for scheme in ("light", "dark"):
                page = await browser.new_page(viewport={"width": width, "height": 600}, color_scheme=scheme)
                for kind, language in zip(KINDS, LANGUAGES, strict=True):
                    html = sample(renderer, kind, language).get_body(("html",))
                    assert html is not None
                    await page.set_content(html.get_content())
                    assert await page.evaluate(LOOK) == {"pale": [], "over": 0}, (kind, language, width, scheme)
                await page.close()
        await browser.close()
