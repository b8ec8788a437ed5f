"""All mails on one page, in a demo and nowhere else."""

from services.notify.previews.samples import KINDS
from tests.conftest import ClientOf


async def test_all_mails_stand_on_one_page_each_in_a_frame_of_its_own(client_of: ClientOf) -> None:
    http = (await client_of("notify")).http
    page = await http.get("/api/mail-previews?language=all")
    assert page.text.count(" sandbox ") == len(KINDS) * 4 * 2
    html = await http.get("/api/mail-previews/balance-low.nl.html")
    assert html.headers["content-security-policy"].endswith("sandbox")
    assert "Immo De Smet &amp; Zonen" in html.text
    text = await http.get("/api/mail-previews/balance-low.fr.txt")
    assert text.text.startswith("Subject: ")
    assert "List-Unsubscribe: <" in text.text
    for unknown in ("/balance-low.es.html", "/nothing.fr.txt", "?language=es", "?look=pdf"):
        assert (await http.get(f"/api/mail-previews{unknown}")).status_code == 404


async def test_outside_a_demo_there_is_no_such_page(client_of: ClientOf) -> None:
    app = await client_of("notify")
    app.at.settings = app.at.settings.model_copy(update={"environment": "production"})
    for path in ("", "/balance-low.nl.html", "/balance-low.nl.txt"):
        assert (await app.http.get(f"/api/mail-previews{path}")).status_code == 404
