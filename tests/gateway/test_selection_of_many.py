"""Many qualities on the selection screen: pages, their order, and the search."""

from shared.events import organisation as org
from shared.ids import new_id
from tests.gateway.conftest import Gateway, GatewayOf, text_of
from tests.gateway.model import registration
from tests.gateway.selecting import SELECT, ready


async def test_many_qualities_come_a_page_at_a_time_and_can_be_searched(gateway_of: GatewayOf) -> None:
    gateway = await gateway_of(page_size=5, one_page_size=10)
    model, account_id = await ready(gateway)
    for number in range(12):
        await model.a_quality(account_id, name=f"Agency {number:02}")
    seen: list[str] = []
    address = SELECT
    while address:
        page = await gateway.http.get(address)
        found = [word for word in (f"Agency {number:02}" for number in range(12)) if f"<h2>{word}</h2>" in page.text]
        assert len(found) <= 5
        seen += found
        following = [part.split('"')[0] for part in page.text.split('href="')[1:] if "after=" in part.split('"')[0]]
        address = following[0].replace("&amp;", "&") if following else ""
    assert seen == [f"Agency {number:02}" for number in range(12)]
    page = await gateway.http.get(f"{SELECT}&q=agency+07")
    assert page.text.count('name="registration"') == 1
    assert (await gateway.http.get(f"{SELECT}&q=0123.456")).text.count('name="registration"') == 12
    assert "Nothing fits" in text_of(await gateway.http.get(f"{SELECT}&q=nobody"))


async def test_the_search_also_finds_what_cannot_be_started_with_the_reason(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    await model.a_quality(account_id, name="Immo Lys")
    asked = await model.an_organisation(name="Vastgoed Linde")
    await model.follow(org.EmployeeRequested(organisation_id=asked, account_id=account_id, employee_type="employee"))
    without = await model.an_organisation(name="Immo Dyle")
    await model.an_employee(without, account_id)
    await model.a_registration(without)
    found = await gateway.http.get(f"{SELECT}&q=linde")
    assert "Awaiting confirmation." in text_of(found)
    assert 'name="registration"' not in found.text
    assert "Immo Dyle" in text_of(await gateway.http.get(f"{SELECT}&q=dyle"))
    assert "Nothing fits" in text_of(await gateway.http.get(f"{SELECT}&q=nobody"))


async def test_as_many_as_fit_stand_on_one_page_without_a_search(gateway_of: GatewayOf) -> None:
    gateway = await gateway_of(page_size=2, one_page_size=4)
    model, account_id = await ready(gateway)
    for number in range(4):
        await model.a_quality(account_id, name=f"Agency {number}")
    page = await gateway.http.get(SELECT)
    assert page.text.count('name="registration"') == 4
    assert 'role="search"' not in page.text


async def test_what_can_be_started_comes_before_what_cannot(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    organisation_id, _ = await model.a_quality(account_id, name="A first by name")
    await model.a_quality(account_id, name="Z last by name")
    await model.follow(org.EmployeeBlocked(organisation_id=organisation_id, account_id=account_id, blocked_by=new_id()))
    page = (await gateway.http.get(SELECT)).text
    assert page.index("Z last by name") < page.index("A first by name")


async def test_pages_go_on_from_what_can_be_started_to_what_one_waits_for(gateway_of: GatewayOf) -> None:
    gateway = await gateway_of(page_size=2, one_page_size=2)
    model, account_id = await ready(gateway)
    for number in range(2):
        await model.a_quality(account_id, name=f"Office {number}")
    for number in range(2, 4):
        organisation_id = await model.an_organisation(name=f"Office {number}")
        await model.an_employee(organisation_id, account_id)
        facts = registration(organisation_id, await model.a_registration(organisation_id))
        if number == 2:
            await model.follow(org.RoleRequested(**facts, account_id=account_id, role="user"))
    first = await gateway.http.get(SELECT)
    assert [f"<h2>Office {number}</h2>" in first.text for number in range(4)] == [True, True, False, False]
    address = first.text.split("after=")[1].split('"')[0]
    second = await gateway.http.get(f"{SELECT}&after={address}")
    assert [f"<h2>Office {number}</h2>" in second.text for number in range(4)] == [False, False, True, True]
