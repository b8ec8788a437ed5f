"""Pictures of every screen of a stack that the main story has filled."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused


def screenshots(data: DataFolder, folder: Path, *, languages: list[str]) -> int:
    """On the running stack or on one of its own, with people and organisations of its own. Raises Refused."""
    try:
        from deploy.local.demo import gallery
    except ImportError as error:
        raise Refused(f"pictures are taken with Playwright and Chromium, as the tests are: {error}") from error
    from deploy.local.demo import Step, play
    from deploy.local.demo.browser import Browser
    from deploy.local.demo.wallet_story import WalletStory
    from deploy.local.stack import running_or_own

    unknown = [language for language in languages if language not in gallery.LANGUAGES]
    if unknown:
        raise Refused(f"there are pages in {', '.join(gallery.LANGUAGES)}, not in {', '.join(unknown)}")
    console = Console(highlight=False)

    def tell(step: Step) -> None:
        console.print("[green]✓[/]" if step.ok else "[red]✗[/]", step.step)

    with running_or_own(data) as stack:
        story = WalletStory(stack)
        steps = asyncio.run(play(story, stack.kafka, tell))
        if not steps[-1].ok:
            raise Refused(f"the story that fills the screens stopped: {steps[-1].why}")
        people = {"manager": story.ada, "colleague": story.bram, "support": story.sofie}
        visitors = [gallery.Visitor("nobody", Browser(stack.url), ["/", "/sign-in", "/sign-up", "/help", "/design"])]
        for name, person in people.items():
            person.browser.open(f"{story.tool}/sign-in")
            # The agency before any other organisation: it has bought, been invoiced and moved money.
            own = [f"/organisations/{story.organisation_id}"] if person is story.ada else []
            visitors.append(gallery.Visitor(name, person.browser, [person.browser.url, *own, "/", "/organisations"]))
        screens = list(gallery.screens_of(stack.url, visitors))
        console.print(f"{len(screens)} screens, in {len(gallery.looks(languages))} looks each")
        for taken, path in enumerate(gallery.take(folder, stack.url, screens, languages), start=1):
            if taken % 50 == 0 or path.name == "index.html":
                console.print(f"{taken:5} {path}")
    return 0
