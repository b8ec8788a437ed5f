"""The selection screen: what can be started, what cannot and why, and starting."""

from typing import Any

from services.gateway.model.store import save_account
from shared.events import organisation as org
from shared.events import wallet
from shared.ids import new_id
from tests.gateway.conftest import REQUEST_ID, Gateway, text_of
from tests.gateway.model import a_tool, registration
from tests.gateway.selecting import SELECT, START, ready


async def test_there_is_a_card_with_a_start_button_for_each_quality(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    await model.a_quality(account_id, name="Immo Dyle & Fils")
    await model.a_quality(account_id, name="Vastgoed Linde", role="admin")
    await model.a_quality(new_id(), name="Of Somebody Else")
    page = await gateway.http.get(SELECT)
    assert page.status_code == 200
    assert page.text.count('name="registration"') == 2
    said = text_of(page)
    for words in (
        "Use CadastreFinder as",
        "Immo Dyle &amp; Fils",
        "0123.456.749",
        "Real-estate agent",
        "Administrator",
    ):
        assert words in said
    assert "Of Somebody Else" not in said


async def test_a_tool_shows_its_own_qualities_only(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id = await model.an_organisation(founder=account_id)
    other = await model.a_registration(organisation_id, tool_id="other")
    await model.an_access(organisation_id, other, account_id, tool_id="other")
    assert "No organisation opens CadastreFinder for you yet" in text_of(await gateway.http.get(SELECT))


async def test_with_nothing_registered_it_offers_to_register_and_to_find_an_organisation(gateway: Gateway) -> None:
    await ready(gateway)
    page = await gateway.http.get(SELECT)
    assert f'href="/tools/cadastrefinder/register?request={REQUEST_ID}"' in page.text
    assert f'href="/organisations/find?request={REQUEST_ID}"' in page.text


async def test_a_membership_that_awaits_confirmation_is_shown_without_a_button(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id = await model.an_organisation(name="Immo Lys")
    await model.follow(
        org.EmployeeRequested(organisation_id=organisation_id, account_id=account_id, employee_type="employee")
    )
    page = await gateway.http.get(SELECT)
    assert "Immo Lys" in text_of(page)
    assert "Awaiting confirmation." in text_of(page)
    assert 'name="registration"' not in page.text


async def test_a_blocked_employee_sees_why_the_tool_cannot_be_started(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, _ = await model.a_quality(account_id)
    await model.follow(org.EmployeeBlocked(organisation_id=organisation_id, account_id=account_id, blocked_by=new_id()))
    page = await gateway.http.get(SELECT)
    assert "You are blocked here." in text_of(page)
    assert 'name="registration"' not in page.text


async def test_a_suspended_registration_says_why_and_shows_managers_the_way_out(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, registration_id = await model.a_quality(account_id)
    suspended = org.RegistrationSuspended(**registration(organisation_id, registration_id), reason="mandate-lapsed")
    await model.follow(suspended)
    page = await gateway.http.get(SELECT)
    assert "The registration is suspended." in text_of(page)
    assert "is no longer valid" in text_of(page)
    assert f"/registrations/{registration_id}/access" in page.text
    await model.follow(
        org.ManagerDismissed(organisation_id=organisation_id, account_id=account_id, dismissed_by=new_id())
    )
    assert f"/registrations/{registration_id}/access" not in (await gateway.http.get(SELECT)).text


async def test_insufficient_recognitions_are_named_as_the_tool_calls_them(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, registration_id = await model.a_quality(account_id)
    facts: dict[str, Any] = {**registration(organisation_id, registration_id), "account_id": account_id, "role": "user"}
    await model.follow(org.AccessSuspended(**facts, reason="recognition-missing", missing=(("ipi",), ("cib", "fs323"))))
    page = await gateway.http.get(SELECT)
    assert "What is needed: IPI number or (CIB and FS323)." in text_of(page)
    assert f'href="/recognitions?request={REQUEST_ID}"' in page.text


async def test_an_empty_wallet_is_a_warning_only(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, _ = await model.a_quality(account_id)
    assert "wallet is empty" not in text_of(await gateway.http.get(SELECT))
    await model.follow(wallet.WalletOpened(wallet_id=organisation_id))
    page = await gateway.http.get(SELECT)
    assert "The wallet is empty" in text_of(page)
    assert 'name="registration"' in page.text
    assert f'href="/organisations/{organisation_id}/wallet"' in page.text
    await model.follow(
        wallet.WalletToppedUp(wallet_id=organisation_id, top_up_id=new_id(), amount_cents=5000, balance_cents=5000)
    )
    assert "wallet is empty" not in text_of(await gateway.http.get(SELECT))


async def test_those_who_see_a_wallet_are_told_that_it_is_low(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, _ = await model.a_quality(account_id)
    await model.follow(
        org.ManagerDismissed(organisation_id=organisation_id, account_id=account_id, dismissed_by=account_id)
    )
    filled = wallet.WalletToppedUp(wallet_id=organisation_id, top_up_id=new_id(), amount_cents=900, balance_cents=900)
    await model.follow(filled, wallet.BalanceLow(wallet_id=organisation_id, balance_cents=900, threshold_cents=1_000))
    assert "running low" not in text_of(await gateway.http.get(SELECT))
    await model.follow(
        wallet.WalletViewerAllowed(wallet_id=organisation_id, account_id=account_id, allowed_by=new_id())
    )
    page = await gateway.http.get(SELECT)
    assert "The wallet is running low." in text_of(page)
    assert f'href="/organisations/{organisation_id}/wallet"' in page.text
    assert "The wallet is running low." in text_of(await gateway.http.get("/organisations"))
    await model.follow(wallet.WalletThresholdChanged(wallet_id=organisation_id, threshold_cents=800))
    assert "running low" not in text_of(await gateway.http.get(SELECT))
    assert "running low" not in text_of(await gateway.http.get("/organisations"))


async def test_names_from_outside_are_escaped_on_cards(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    await model.a_quality(account_id, name='<img src=x onerror="alert(1)">')
    page = await gateway.http.get(SELECT)
    assert "<img" not in page.text
    assert "&lt;img src=x" in page.text


async def test_the_screen_works_while_every_other_service_is_away(gateway: Gateway) -> None:
    """Identity too, for somebody whose access token has just ended."""
    model, account_id = await ready(gateway)
    await model.a_quality(account_id)
    await gateway.http.get(SELECT)
    for peer in gateway.peers.values():
        peer.is_away = True
    gateway.sign_in(account_id, expires_in_s=-120)
    page = await gateway.http.get(SELECT)
    assert page.status_code == 200
    assert 'name="registration"' in page.text
    assert (await gateway.http.get("/organisations")).status_code == 200
    response = await gateway.post(START, {"registration": "x"})
    assert response.status_code == 503


async def test_a_token_that_ended_long_ago_shows_nothing_without_identity(gateway: Gateway) -> None:
    await ready(gateway)
    await gateway.http.get(SELECT)
    gateway.peers["identity"].is_away = True
    gateway.sign_in(expires_in_s=-3600)
    assert (await gateway.http.get(SELECT)).status_code == 503
    assert (await gateway.http.get("/help")).status_code == 200


async def test_who_waits_for_confirmation_or_is_blocked_reads_whom_to_speak_to(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    manager = new_id()
    async with gateway.app.at.database.transaction() as db:
        await save_account(db, manager, "Lena", "Maes", "nl")
    organisation_id = await model.an_organisation(name="Immo Lys", founder=manager)
    who: dict[str, Any] = {"organisation_id": organisation_id, "account_id": account_id}
    await model.follow(org.EmployeeRequested(**who, employee_type="employee"))
    assert "These managers can confirm you: Lena Maes." in text_of(await gateway.http.get(SELECT))
    await model.an_employee(organisation_id, account_id)
    registration_id = await model.a_registration(organisation_id)
    await model.an_access(organisation_id, registration_id, account_id)
    facts = registration(organisation_id, registration_id)
    await model.follow(org.RegistrationSuspended(**facts, reason="mandate-lapsed"))
    assert "Speak to Lena Maes." in text_of(await gateway.http.get(SELECT))
    await model.follow(org.EmployeeBlocked(**who, blocked_by=manager))
    assert "speak to Lena Maes." in text_of(await gateway.http.get(SELECT))


async def test_who_has_no_role_is_led_to_ask_for_one_and_then_sees_that_it_waits(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id = await model.an_organisation(name="Immo Lys")
    await model.an_employee(organisation_id, account_id)
    registration_id = await model.a_registration(organisation_id)
    ask = f"/organisations/{organisation_id}/registrations/{registration_id}/ask?request={REQUEST_ID}"
    page = await gateway.http.get(SELECT)
    assert "You have no role in the tool here yet." in text_of(page)
    assert f'href="{ask}">Ask for access' in page.text
    facts: dict[str, Any] = {
        **registration(organisation_id, registration_id),
        "account_id": account_id,
        "role": "admin",
    }
    await model.follow(org.RoleRequested(**facts))
    page = await gateway.http.get(SELECT)
    assert "You have asked for this role." in text_of(page)
    assert "Administrator" in text_of(page)
    assert f'href="{ask}">My request' in page.text
    await model.follow(org.RoleRequestEnded(**facts, outcome="granted"))
    await model.an_access(organisation_id, registration_id, account_id, role="admin")
    page = await gateway.http.get(SELECT)
    assert page.text.count('<li class="quality') == page.text.count('name="registration"') == 1


async def test_a_manager_without_a_role_and_a_tool_manager_are_led_to_the_access_page(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    own = await model.an_organisation(founder=account_id)
    managed = await model.a_registration(own)
    other = await model.an_organisation()
    await model.an_employee(other, account_id)
    edited = await model.a_registration(other)
    facts = registration(other, edited)
    await model.an_access(other, edited, account_id)
    await model.follow(
        org.ToolManagerAppointed(**facts, account_id=account_id, appointed_by=new_id()),
        org.RegistrationSuspended(**facts, reason="mandate-lapsed"),
    )
    page = await gateway.http.get(SELECT)
    for organisation_id, registration_id in ((own, managed), (other, edited)):
        assert f"/organisations/{organisation_id}/registrations/{registration_id}/access" in page.text


async def test_recognitions_that_are_missing_lead_to_the_card_first_for_who_has_not_linked_it(
    gateway: Gateway,
) -> None:
    model, account_id = await ready(gateway)
    organisation_id, registration_id = await model.a_quality(account_id)
    facts: dict[str, Any] = {**registration(organisation_id, registration_id), "account_id": account_id, "role": "user"}
    await model.follow(org.AccessSuspended(**facts, reason="recognition-missing", missing=(("ipi",),)))
    assert f'href="/eid?request={REQUEST_ID}"' in (await gateway.http.get(SELECT)).text
    gateway.sign_in(account_id, eid_linked=True)
    page = (await gateway.http.get(SELECT)).text
    assert f'href="/eid?request={REQUEST_ID}"' not in page
    assert f'href="/recognitions?request={REQUEST_ID}"' in page
    await model.follow(org.AccessSuspended(**facts, reason="recognition-missing", missing=(("manager",),)))
    page = await gateway.http.get(SELECT)
    assert "What is needed: being a manager of the organisation." in text_of(page)
    assert f'href="/recognitions?request={REQUEST_ID}"' not in page.text


async def test_a_card_shows_the_logo_of_its_organisation(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, _ = await model.a_quality(account_id)
    logo = new_id()
    assert "/pictures/" not in (await gateway.http.get(SELECT)).text
    named: dict[str, Any] = {"organisation_id": organisation_id, "name": "Immo Lys", "changed_by": account_id}
    await model.follow(org.OrganisationChanged(**named, logo=logo))
    assert f'src="/organisations/{organisation_id}/pictures/{logo}"' in (await gateway.http.get(SELECT)).text


async def test_a_retired_tool_is_started_on_and_registered_no_more(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    await model.follow(a_tool(version=2, state="retired"))
    page = await gateway.http.get(SELECT)
    assert "CadastreFinder is no longer offered" in text_of(page)
    await model.a_quality(account_id)
    page = await gateway.http.get(SELECT)
    assert 'name="registration"' in page.text
    assert "/register" not in page.text
