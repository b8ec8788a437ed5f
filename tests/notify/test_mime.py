"""A mail that is written faster says what the library reads out of it."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.mails.mime import BOUNDARY, MAX_LINE_CHARS, Header, two_parts

WORDS = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=300).map(str.strip)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\0"))


def read(message: EmailMessage, policy: EmailPolicy) -> EmailMessage:
    raw = message.as_bytes(policy=policy)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    found = message_from_bytes(raw, EmailMessage, policy=policy)
    assert not found.defects
    return found


def body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("policy", [SMTP, SMTPUTF8], ids=["ascii", "utf8"])
@given(subject=WORDS, text=TEXT, html=TEXT)
def test_what_is_written_is_what_is_read(policy: EmailPolicy, subject: str, text: str, html: str) -> None:
    found = read(two_parts([Header("Subject", subject)], text=text + "\n", html=html + "\n"), policy)
    assert " ".join(found["Subject"].split(" ")) == subject
    assert (body(found, "plain"), body(found, "html")) == (text + "\n", html + "\n")


def test_a_long_address_of_a_page_is_never_broken() -> None:
    url = "https://immo.example/" + "a" * 3 * MAX_LINE_CHARS
    message = two_parts([Header("List-Unsubscribe", f"<{url}>", may_fold=False)], text="a\n", html="b\n")
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in message.as_bytes(policy=SMTP)


def test_a_value_that_would_start_another_header_is_refused() -> None:
    for value in ("a\r\nBcc: someone@example.com", "a\nb", "a\rb"):
        with pytest.raises(ValueError, match="line break in Subject"):
            Header("Subject", value)


def test_no_text_can_end_a_part() -> None:
    text = f"--{BOUNDARY}\n--{BOUNDARY}--\n.\nFrom here\n"
    assert body(read(two_parts([], text=text, html=text), SMTP), "plain") == text


def test_a_header_reads_as_the_library_would_have_made_it() -> None:
    message = two_parts(
        [Header("To", "ada@example.com"), Header("From", "Immo <no-reply@immo.example>")], text="", html=""
    )
    assert [str(address) for address in message["To"].addresses] == ["ada@example.com"]
    assert message["From"].addresses[0].display_name == "Immo"
