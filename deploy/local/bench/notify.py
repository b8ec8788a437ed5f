"""Mails, against a bare loop of aiosmtplib over as many connections to the same mail server, which takes everything at once.

The load, PostgreSQL and the mail server share the machine; worker and yardstick take turns, and the ratio is the median of the turns.

[mails] mails/s of one worker while 50,000 wait: claimed, names looked up, rendered in four languages as text and HTML, sent, written
down with their events. The yardstick sends one message that was made before, over and over. [mails-cpu], [bare-cpu]: of the process
that sends, a mail.
[webhooks] and [gateway-middleware] are described in `_webhooks.py` and `_gateway.py`.
[fan-out] from one event to a delivery for each of 10,000 managers, committed; [fan-out-memory] what the process grew by.
"""

import asyncio
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

import aiosmtplib
import uvloop

from deploy.local.bench import Figure, _mail_sink
from deploy.local.bench._gateway import gateway_figures
from deploy.local.bench._webhooks import webhook_figures
from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.postgres import Postgres
from services.notify.mails.handlers import tell
from services.notify.mails.render import Renderer
from services.notify.mails.rules import Addressee
from services.notify.mails.sender import Post, Sender
from services.notify.mails.smtp import MailServer
from services.notify.preferences.tokens import Unsubscribes
from services.notify.recipients.store import managers_of, upsert_organisation, upsert_tool
from services.notify.settings import NotifySettings
from shared.db import Connection, Database
from shared.ids import new_id
from shared.migrate import migrate
from shared.sealed import Keyring

WAITING = 50_000
MANAGERS = 10_000
CONNECTIONS = 4
ROUNDS = 3
MAILS_A_ROUND = 3_000
TOOL = "cadastrefinder"
KIND = "registration-resumed"


def measure(data: DataFolder) -> list[Figure]:
    """On a PostgreSQL and a mail server of their own; how long pages take, on the running stack or one of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="immo-bench-") as folder,
        Postgres(Path(folder) / "postgres") as postgres,
        _mail_sink.running() as port,
    ):
        figures = uvloop.run(_measure(postgres, port))  # as the service runs
    return [*figures, *gateway_figures(data)]


async def _measure(postgres: Postgres, port: int) -> list[Figure]:
    return [*await _letters(postgres.dsn("bench_notify"), port), *await webhook_figures(postgres)]


async def _letters(dsn: str, port: int) -> list[Figure]:
    await migrate(dsn, [REPOSITORY / "services" / "notify" / "migrations"])
    database = Database(dsn, application_name="bench")
    await database.open()
    try:
        organisation_id = await _seed(database)
        fan_out = await _fan_out(database, organisation_id)
        for _ in range(WAITING // MANAGERS - 1):
            await _fan_out(database, organisation_id)
        return [*await _mails(database, port), *fan_out]
    finally:
        await database.close()


async def _seed(database: Database) -> UUID:
    organisation_id = new_id()
    statement = (Path(__file__).parent / "_mails_seed.sql").read_text()
    async with database.transaction() as db:
        await upsert_organisation(db, organisation_id, "Lindeman Vastgoed")
        await upsert_tool(db, TOOL, {"en": "CadastreFinder"}, {})
        await db.execute(statement, MANAGERS, organisation_id)
    return organisation_id


async def _fan_out(database: Database, organisation_id: UUID) -> list[Figure]:
    cause, params = f"organisation:{new_id()}:1", {"organisation_id": organisation_id, "tool_id": TOOL}
    before, began = _memory_mib(), time.monotonic()
    async with database.transaction() as db:
        await tell(db, await managers_of(db, organisation_id), KIND, cause, params)
    took_s = time.monotonic() - began
    return [
        Figure("fan-out", round(took_s, 2), f"s for {MANAGERS:,} managers"),
        Figure("fan-out-memory", round(_memory_mib() - before, 1), "MiB"),
    ]


async def _mails(database: Database, port: int) -> list[Figure]:
    renderer = Renderer("https://immo.example", mail_from="no-reply@immo.example", reply_to="support@immo.example")
    server = MailServer.of(f"smtp://127.0.0.1:{port}", timeout_s=20)
    post = Post(renderer, server, Unsubscribes("https://immo.example", bytes(32)))
    message = _message(renderer)
    ours: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        bare.append(await _bare(port, message))
        ours.append(await _worker(database, post))
    ratio = statistics.median(mine[0] / its[0] for mine, its in zip(ours, bare, strict=True))
    against = f"{statistics.median(rate for rate, _ in bare):.0f}/s of bare aiosmtplib, {CONNECTIONS} connections"
    return [
        Figure("mails", round(statistics.median(rate for rate, _ in ours)), "mails/s", against, round(ratio, 2)),
        Figure("mails-cpu", round(statistics.median(cpu for _, cpu in ours), 2), "ms a mail"),
        Figure("bare-cpu", round(statistics.median(cpu for _, cpu in bare), 2), "ms a mail"),
    ]


async def _bare(port: int, message: EmailMessage) -> tuple[float, float]:
    left = iter(range(MAILS_A_ROUND))

    async def loop() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as smtp:
            for _ in left:
                await smtp.send_message(message)

    began, cpu = time.monotonic(), _cpu_s()
    await asyncio.gather(*(loop() for _ in range(CONNECTIONS)))
    return MAILS_A_ROUND / (time.monotonic() - began), 1000 * (_cpu_s() - cpu) / MAILS_A_ROUND


async def _worker(database: Database, post: Post) -> tuple[float, float]:
    """One worker from its start until it has sent as many."""
    settings = NotifySettings.model_construct(smtp_connections=CONNECTIONS)
    sender = Sender(database, Keyring(_no_keys), post, settings)
    async with database.acquire() as db:
        before = await _sent(db)
        began, cpu = time.monotonic(), _cpu_s()
        stop = asyncio.Event()
        running = asyncio.create_task(sender.run(stop))
        while (sent := await _sent(db) - before) < MAILS_A_ROUND:  # noqa: ASYNC110 - the database is what is watched
            await asyncio.sleep(0.1)
        took_s, cpu_s = time.monotonic() - began, _cpu_s() - cpu
        stop.set()
        await running
    return sent / took_s, 1000 * cpu_s / sent


async def _sent(db: Connection) -> int:
    return await db.fetchval("SELECT count(*) FROM delivery WHERE state = 'sent'")


def _message(renderer: Renderer) -> EmailMessage:
    """As the library's own reading makes it, whatever ways of our own a mail is made in."""
    known = {"organisation": "Lindeman Vastgoed", "organisation_id": new_id(), "tool": "CadastreFinder"}
    words = renderer.words(KIND, Addressee("ada@d1.example", "fr", "Ada"), known)
    sent_at = format_datetime(datetime.now(UTC))
    made = renderer.message(words, to="ada@d1.example", message_id=f"<{new_id()}@immo.example>", sent_at=sent_at)
    return message_from_bytes(made.as_bytes(), EmailMessage, policy=SMTP)


async def _no_keys(_: object) -> dict[UUID, None]:
    return {}


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _memory_mib() -> float:
    """The most that the process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
