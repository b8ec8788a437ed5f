"""The read model is what the events said, no more; the same event again changes nothing."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest_asyncio

from services.gateway.model.consumers import READ_MODEL
from services.gateway.model.ignored import IGNORED
from shared.events import catalogue, identity, recognition, wallet
from shared.events import organisation as org
from shared.events.registry import EVENTS
from shared.ids import new_id
from shared.sealed import Keyring
from tests.conftest import DatabaseOf
from tests.gateway.model import Model, a_tool, registration
from tests.support.mint import DataKeys

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest_asyncio.fixture
async def model(database_of: DatabaseOf, keyring: Keyring) -> Model:
    return Model(await database_of("gateway"), keyring)


def test_each_event_of_the_followed_topics_has_a_handler_or_a_reason_why_not() -> None:
    followed = {event for event in EVENTS.values() if event.topic in READ_MODEL.topics}
    assert followed == READ_MODEL.handlers.keys() | IGNORED.keys()
    assert not READ_MODEL.handlers.keys() & IGNORED.keys()
    assert all(IGNORED.values())


async def access_of(model: Model, account_id: UUID) -> dict[str, Any]:
    (row,) = await model.rows("SELECT * FROM access WHERE account_id = $1", account_id)
    return row


async def created(model: Model, account_id: UUID) -> identity.AccountCreated:
    await model.keyring.fetch([account_id])
    texts = {"first_name": "Nora", "last_name": "Peeters", "username": "nora.peeters", "email": "nora@example.com"}
    sealed = {name: model.keyring.seal(account_id, name, text) for name, text in texts.items()}
    return identity.AccountCreated(account_id=account_id, language="nl", created_at=NOW, **sealed)


async def test_an_account_is_known_by_its_unsealed_name_language_and_state(model: Model) -> None:
    account_id = new_id()
    event = await created(model, account_id)
    await model.follow(event, identity.AccountActivated(account_id=account_id, activated_at=NOW), event)
    (row,) = await model.rows("SELECT first_name, last_name, language, state, eid_linked FROM account")
    assert row == {
        "first_name": "Nora",
        "last_name": "Peeters",
        "language": "nl",
        "state": "active",
        "eid_linked": False,
    }


async def test_an_erased_account_leaves_nothing_and_does_not_come_back(model: Model, data_keys: DataKeys) -> None:
    account_id = new_id()
    event = await created(model, account_id)
    await model.follow(event, identity.AccountErased(account_id=account_id, erased_at=NOW))
    data_keys.erase(account_id)
    await model.follow(event)
    assert not await model.rows("SELECT * FROM account")


async def test_an_employee_is_requested_then_active_then_blocked_then_gone(model: Model) -> None:
    organisation_id, account_id = await model.an_organisation(), new_id()
    who = {"organisation_id": organisation_id, "account_id": account_id}

    async def state() -> list[Any]:
        rows = await model.rows("SELECT state, is_manager FROM employee WHERE account_id = $1", account_id)
        return [tuple(row.values()) for row in rows]

    await model.follow(org.EmployeeRequested(**who, employee_type="employee"))
    assert await state() == [("requested", False)]
    await model.follow(org.EmployeeConfirmed(**who, employee_type="employee", manager=False, confirmed_by=new_id()))
    assert await state() == [("active", False)]
    await model.follow(org.ManagerAppointed(**who, appointed_by=new_id()))
    assert await state() == [("active", True)]
    await model.follow(org.EmployeeBlocked(**who, blocked_by=new_id()))
    assert await state() == [("blocked", True)]
    await model.follow(org.EmployeeActivated(**who, activated_by=new_id()))
    assert await state() == [("active", True)]
    await model.follow(org.EmployeeRemoved(**who))
    assert await state() == []


async def test_a_card_repeats_what_its_organisation_employee_and_registration_say(model: Model) -> None:
    account_id = new_id()
    organisation_id, registration_id = await model.a_quality(account_id)
    facts = registration(organisation_id, registration_id)
    assert (await access_of(model, account_id))["rank"] == 0
    await model.follow(org.RegistrationSuspended(**facts, reason="mandate-lapsed"))
    row = await access_of(model, account_id)
    assert (row["rank"], row["is_suspended"], row["suspended_reason"]) == (1, True, "mandate-lapsed")
    await model.follow(org.RegistrationResumed(**facts))
    await model.follow(org.OrganisationChanged(organisation_id=organisation_id, name="Immo Lys", changed_by=account_id))
    row = await access_of(model, account_id)
    assert (row["rank"], row["organisation_name"]) == (0, "Immo Lys")
    await model.follow(org.EmployeeBlocked(organisation_id=organisation_id, account_id=account_id, blocked_by=new_id()))
    assert (await access_of(model, account_id))["rank"] == 1


async def test_access_that_misses_recognitions_says_which_until_it_resumes(model: Model) -> None:
    account_id = new_id()
    organisation_id, registration_id = await model.a_quality(account_id)
    facts = {**registration(organisation_id, registration_id), "account_id": account_id, "role": "user"}
    await model.follow(org.AccessSuspended(**facts, reason="recognition-missing", missing=(("ipi",), ("cib", "fs323"))))
    row = await access_of(model, account_id)
    assert (row["is_usable"], row["missing"], row["rank"]) == (False, [["ipi"], ["cib", "fs323"]], 1)
    await model.follow(org.AccessResumed(**facts))
    row = await access_of(model, account_id)
    assert (row["is_usable"], row["missing"], row["rank"]) == (True, [], 0)


async def test_access_withdrawn_or_a_removed_employee_is_no_card(model: Model) -> None:
    account_id = new_id()
    organisation_id, registration_id = await model.a_quality(account_id)
    facts = {**registration(organisation_id, registration_id), "account_id": account_id, "role": "user"}
    await model.follow(org.AccessWithdrawn(**facts, reason="role-withdrawn"))
    assert not await model.rows("SELECT * FROM access")
    await model.an_access(organisation_id, registration_id, account_id)
    await model.follow(org.EmployeeRemoved(organisation_id=organisation_id, account_id=account_id))
    assert not await model.rows("SELECT * FROM access")


async def test_a_tool_is_kept_whole_and_replaced_whole(model: Model) -> None:
    await model.follow(a_tool(), catalogue.ToolChanged(**{**a_tool(name="Cadastre").model_dump(), "version": 2}))
    (row,) = await model.rows("SELECT version, entry FROM tool")
    assert row["version"] == 2
    assert row["entry"]["names"]["fr"] == "Cadastre"
    assert row["entry"]["usage_modes"][0]["use_rule"] == "ipi or fs323"


async def test_recognitions_are_the_whole_set_that_was_fetched_last(model: Model) -> None:
    account_id = new_id()

    async def kinds() -> list[str]:
        return [row["kind"] for row in await model.rows("SELECT kind FROM recognition ORDER BY kind")]

    def fetched(*held: str) -> recognition.RecognitionsFetched:
        entries = tuple(recognition.HeldRecognition(kind=kind, source="professions") for kind in held)
        return recognition.RecognitionsFetched(
            account_id=account_id, registry="professions", recognitions=entries, fetched_at=NOW
        )

    await model.follow(fetched("ipi", "cib"))
    assert await kinds() == ["cib", "ipi"]
    await model.follow(fetched("ipi"))
    assert await kinds() == ["ipi"]
    await model.follow(recognition.RecognitionLapsed(account_id=account_id, kind="ipi", source="professions"))
    assert await kinds() == []
    granted = recognition.RecognitionGranted(
        account_id=account_id, kind="fs323", source="x", valid_until=date(2027, 1, 1)
    )
    await model.follow(granted, granted)
    assert await kinds() == ["fs323"]


async def test_a_wallet_has_the_balance_after_its_latest_movement(model: Model) -> None:
    wallet_id = new_id()
    charged = wallet.WalletCharged(
        wallet_id=wallet_id,
        charge_id=new_id(),
        tool_id="t",
        amount_excl_cents=1900,
        amount_incl_cents=2299,
        balance_cents=2701,
    )
    await model.follow(
        wallet.WalletOpened(wallet_id=wallet_id),
        wallet.WalletToppedUp(wallet_id=wallet_id, top_up_id=new_id(), amount_cents=5000, balance_cents=5000),
        charged,
    )
    assert await model.rows("SELECT balance_cents FROM wallet") == [{"balance_cents": 2701}]


async def test_the_model_is_as_old_as_its_slowest_partition(model: Model) -> None:
    later = NOW.replace(hour=10)
    await model.beat(NOW, partitions=3)
    await model.beat(later, partitions=2)
    await model.beat(NOW, partitions=1)
    rows = await model.rows("SELECT as_of FROM model_age ORDER BY partition")
    assert [row["as_of"] for row in rows] == [later, later, NOW]


async def test_of_two_accounts_that_became_one_the_card_and_its_recognitions_go_over(model: Model) -> None:
    into, merged = new_id(), new_id()
    for account_id in (into, merged):
        await model.follow(await created(model, account_id))
    linked = {"first_name": "Nora", "last_name": "Peeters", "national_number": "85073003328"}
    sealed = {name: model.keyring.seal(merged, name, text) for name, text in linked.items()}
    event = identity.AccountsMerged(account_id=into, merged_account_id=merged)
    await model.follow(
        identity.EidLinked(account_id=merged, linked_at=NOW, **sealed),
        recognition.RecognitionGranted(account_id=merged, kind="ipi", source="demo"),
        event,
        event,
    )
    assert await model.rows("SELECT account_id, eid_linked FROM account") == [{"account_id": into, "eid_linked": True}]
    assert await model.rows("SELECT account_id, kind FROM recognition") == [{"account_id": into, "kind": "ipi"}]


async def test_a_registration_that_ended_is_gone_with_everything_in_it(model: Model) -> None:
    account_id = new_id()
    organisation_id, registration_id = await model.a_quality(account_id)
    facts = registration(organisation_id, registration_id)
    await model.follow(
        org.ToolManagerAppointed(**facts, account_id=account_id, appointed_by=new_id()),
        org.RoleRequested(**facts, account_id=account_id, role="admin"),
        org.RegistrationEnded(**facts),
        org.RegistrationEnded(**facts),
        org.RoleRequested(**facts, account_id=account_id, role="admin"),
    )
    for table in ("access", "tool_manager", "role_request", "registration"):
        assert not await model.rows(f"SELECT * FROM {table}"), table


async def test_a_tool_manager_is_one_on_the_card_whichever_came_first(model: Model) -> None:
    account_id = new_id()
    organisation_id, registration_id = await model.a_quality(account_id)
    facts = {**registration(organisation_id, registration_id), "account_id": account_id}
    await model.follow(org.ToolManagerAppointed(**facts, appointed_by=new_id()))
    assert (await access_of(model, account_id))["is_tool_manager"]
    await model.follow(org.AccessWithdrawn(**facts, role="user", reason="role-withdrawn"))
    await model.an_access(organisation_id, registration_id, account_id)
    assert (await access_of(model, account_id))["is_tool_manager"]
    await model.follow(org.ToolManagerDismissed(**facts))
    assert not (await access_of(model, account_id))["is_tool_manager"]


async def test_a_role_that_was_asked_for_waits_until_it_is_answered_or_the_person_leaves(model: Model) -> None:
    account_id = new_id()
    organisation_id = await model.an_organisation()
    await model.an_employee(organisation_id, account_id)
    registration_id = await model.a_registration(organisation_id)
    facts = {**registration(organisation_id, registration_id), "account_id": account_id, "role": "user"}

    async def waiting() -> list[str]:
        return [row["role"] for row in await model.rows("SELECT role FROM role_request")]

    await model.follow(org.RoleRequested(**facts))
    assert await waiting() == ["user"]
    await model.follow(org.RoleRequestEnded(**facts, outcome="refused", answered_by=new_id()))
    assert await waiting() == []
    await model.follow(org.RoleRequested(**facts), org.ToolManagerAppointed(**{**facts, "appointed_by": new_id()}))
    await model.follow(org.EmployeeRemoved(organisation_id=organisation_id, account_id=account_id))
    assert await waiting() == []
    assert not await model.rows("SELECT * FROM tool_manager")


async def test_an_organisation_shows_its_logo_on_each_card_and_is_known_to_be_closed(model: Model) -> None:
    account_id, logo = new_id(), new_id()
    organisation_id, _ = await model.a_quality(account_id)
    named = {"organisation_id": organisation_id, "name": "Immo Lys", "changed_by": account_id}
    await model.follow(org.OrganisationChanged(**named, logo=logo))
    assert (await access_of(model, account_id))["organisation_logo"] == logo
    await model.follow(org.OrganisationChanged(**named))
    assert (await access_of(model, account_id))["organisation_logo"] is None
    await model.follow(org.OrganisationClosed(organisation_id=organisation_id, closed_at=NOW))
    assert await model.rows("SELECT is_closed FROM organisation") == [{"is_closed": True}]
    await model.follow(org.OrganisationReopened(organisation_id=organisation_id, reopened_at=NOW))
    assert await model.rows("SELECT is_closed FROM organisation") == [{"is_closed": False}]


async def test_a_recognition_counts_through_its_grace(model: Model) -> None:
    account_id = new_id()
    held = {"kind": "ipi", "source": "x", "valid_until": date(2026, 3, 1), "counts_until": date(2026, 4, 1)}
    await model.follow(recognition.RecognitionGranted(account_id=account_id, **held))
    assert await model.rows("SELECT valid_until FROM recognition") == [{"valid_until": date(2026, 4, 1)}]


async def test_what_an_erased_person_managed_and_asked_for_is_forgotten(model: Model) -> None:
    account_id = new_id()
    organisation_id, registration_id = await model.a_quality(account_id)
    facts = {**registration(organisation_id, registration_id), "account_id": account_id}
    await model.follow(
        org.ToolManagerAppointed(**facts, appointed_by=new_id()),
        org.RoleRequested(**facts, role="admin"),
        identity.AccountErased(account_id=account_id, erased_at=NOW),
    )
    for table in ("access", "tool_manager", "role_request", "employee"):
        assert not await model.rows(f"SELECT * FROM {table}"), table
