"""What the staff does: always under a case, always on the record, with its reason."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity import audit
from services.identity.accounts import codes
from services.identity.accounts.handlers import get_account
from services.identity.accounts.merging import merge
from services.identity.accounts.problems import AccountNotFound
from services.identity.accounts.rules import Account, CodePolicy
from services.identity.eid.unlinking import unlink
from services.identity.keys.rules import MasterKey
from services.identity.sessions.handlers import end_other_sessions
from services.identity.support import rules, store
from services.identity.support.rules import Case, CaseEnded, NothingToSend
from shared.db import Connection
from shared.ids import new_id
from shared.tokens import WrongCaller

END_REASON = "ended-by-support"


async def search(db: Connection, staff_id: UUID, query: str, *, now: datetime) -> list[dict[str, Any]]:
    """What was found, with masked addresses. That it was searched stands in the log, what for does not."""
    await require_staff(db, staff_id)
    asked = rules.read_search(query)
    found = await store.find_summaries(db, await store.find_accounts(db, asked))
    await audit.record(
        db,
        "support-searched",
        now=now,
        actor=audit.person(staff_id),
        details={"by": asked.by, "found": [str(row["id"]) for row in found]},
    )
    return [{**row, "email": rules.masked_email(row["email"])} for row in found]


async def open_case(db: Connection, staff_id: UUID, account_id: UUID, reason: str, *, now: datetime) -> Case:
    """Raises ReasonMissing, OwnAccount, StaffAccount, AccountNotFound."""
    await require_staff(db, staff_id)
    reason = rules.check_reason(reason)
    rules.check_subject(await get_account(db, account_id), staff_id)
    case = Case(new_id(), staff_id, account_id, reason, now, now + rules.CASE_TTL)
    await store.insert_case(db, case)
    await _record(db, case, "support-case-opened", now=now)
    return case


async def get_case(db: Connection, staff_id: UUID, case_id: UUID, *, now: datetime) -> tuple[Case, Account]:
    """Raises CaseEnded; also when the person works here meanwhile, or the one who opened it no longer does."""
    await require_staff(db, staff_id)
    case = await store.find_case(db, case_id, staff_id, now=now)
    if case is None:
        raise CaseEnded()
    account = await get_account(db, case.account_id)
    rules.check_subject(account, staff_id)
    return case, account


async def unlink_card(db: Connection, case: Case, *, now: datetime) -> None:
    """Raises EidNotLinked."""
    await unlink(db, case.account_id, actor=audit.person(case.staff_id), now=now, reason=case.reason)


async def send_activation_code(
    db: Connection, case: Case, account: Account, *, master: MasterKey, policy: CodePolicy, now: datetime
) -> None:
    """Raises NothingToSend, CodeTooSoon."""
    if account.state != "pending":
        raise NothingToSend()
    await codes.send(db, account, "activation", master=master, policy=policy, now=now)
    await _record(db, case, "support-code-sent", now=now, purpose="activation")


async def end_sessions(db: Connection, case: Case, *, now: datetime) -> int:
    """Everywhere, tools too. Returns how many there were."""
    actor = audit.person(case.staff_id)
    ended = await end_other_sessions(db, case.account_id, keep=None, reason=END_REASON, actor=actor, now=now)
    await _record(db, case, "support-sessions-ended", now=now, sessions=ended)
    return ended


async def merge_other(db: Connection, case: Case, other: str, *, master: MasterKey, now: datetime) -> None:
    """other: an id, address or username, exactly. Its account ends, and what it had is the case's account's.

    Raises AccountNotFound, StaffAccount, OwnAccount, AccountsUnmergeable, EidsOfDifferentPeople.
    """
    asked = rules.read_search(other)
    found = [] if asked.by == "name" else await store.find_accounts(db, asked)
    if not found:
        raise AccountNotFound(field="other")
    rules.check_subject(await get_account(db, found[0]), case.staff_id)
    actor = audit.person(case.staff_id)
    await merge(db, into=case.account_id, merged=found[0], master=master, now=now, actor=actor, reason=case.reason)


async def appoint(db: Connection, username: str, role: str, *, now: datetime) -> UUID:
    """Raises AccountNotFound."""
    found = await store.find_accounts(db, rules.Search("username", username.lower()))
    if not found:
        raise AccountNotFound()
    await store.save_staff(db, found[0], role, now=now)
    await audit.record(
        db, "staff-appointed", now=now, actor="service:operator", account_id=found[0], details={"role": role}
    )
    return found[0]


async def dismiss(db: Connection, username: str, *, now: datetime) -> None:
    """What they may do ends with this transaction, whatever token they still hold. Raises AccountNotFound."""
    found = await store.find_accounts(db, rules.Search("username", username.lower()))
    if not found or not await store.delete_staff(db, found[0]):
        raise AccountNotFound()
    await audit.record(db, "staff-dismissed", now=now, actor="service:operator", account_id=found[0])


async def require_staff(db: Connection, staff_id: UUID) -> None:
    """A token lives on for minutes, the right does not. Raises WrongCaller."""
    if await store.find_role(db, staff_id) != rules.ROLE:
        raise WrongCaller()


async def _record(db: Connection, case: Case, action: str, *, now: datetime, **details: object) -> None:
    await audit.record(
        db,
        action,
        now=now,
        actor=audit.person(case.staff_id),
        account_id=case.account_id,
        reason=case.reason,
        details={"case": str(case.id), **details},
    )
