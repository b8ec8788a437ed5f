"""Password hashes of older tools, with vectors that others published or their programs made."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.security import generate_password_hash

from services.identity.legacy.hashes import HashTooCostly, HashUnreadable, OldHash, read_hash

ASPNET = "my password"
LONG = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored"

# Sources: SHA-crypt specification (Drepper), crypt_blowfish (Openwall), Django's and ASP.NET Core's own tests, phpass, RFC 2307 tools.
VECTORS = [
    ("Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
    ("Hello world!", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"),
    (
        "Hello world!",
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ),
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    ("U*U*U", "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    (LONG, "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"),
    ("lètmein", "pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY="),
    ("lètmein", "sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8"),
    ("lètmein", "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3"),
    ("test12345", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"),
    ("password", "5f4dcc3b5aa765d61d8327deb882cf99"),
    ("password", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8"),
    ("password", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="),
    (ASPNET, "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg=="),
    (ASPNET, "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw=="),
    (ASPNET, "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw"),
    (ASPNET, "AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M"),
    ("pass é", generate_password_hash("pass é", method="pbkdf2:sha256:1000")),
]  # fmt: skip


@pytest.mark.parametrize(("password", "text"), VECTORS, ids=[text[:12] for _, text in VECTORS])
def test_a_published_hash_fits_its_password_and_no_other(password: str, text: str) -> None:
    old = read_hash(text)
    assert old.fits(password)
    assert not old.fits("x" + password)
    assert not old.fits("")


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("order", ["salt+password", "password+salt"])
@pytest.mark.parametrize("form", ["hex", "base64"])
def test_salted_digests_in_any_order_and_form(name: str, order: str, form: str) -> None:
    joined = b"Na4sEcret" if order == "salt+password" else b"sEcretNa4"
    digest = hashlib.new(name, joined).digest()
    text = digest.hex() if form == "hex" else base64.b64encode(digest).decode()
    old = read_hash(text, algorithm=f"{name.upper()}({order})", salt="Na4")
    assert old.fits("sEcret")
    assert not old.fits("secret")


def test_the_membership_provider_of_old_aspnet_hashed_utf_16_after_a_binary_salt() -> None:
    salt = bytes(range(16))
    digest = base64.b64encode(hashlib.sha1(salt + "mot de passé".encode("utf-16-le")).digest()).decode()
    old = read_hash(digest, algorithm="sha1(salt+password-utf16)", salt="base64:" + base64.b64encode(salt).decode())
    assert old.fits("mot de passé")
    assert not old.fits("mot de passe")


def test_an_accented_password_fits_though_the_tool_wrote_windows_1252() -> None:
    old = read_hash(hashlib.md5("été".encode("cp1252")).hexdigest())
    assert old.fits("été")
    assert not old.fits("ete")


def test_an_unsalted_digest_of_django_is_a_plain_digest() -> None:
    assert read_hash("md5$$5f4dcc3b5aa765d61d8327deb882cf99").fits("password")


@pytest.mark.parametrize(
    "text",
    [
        "", "password", "5f4dcc3b5aa765d61d8327deb882cf9", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh", "$6$saltstring$short",
        "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggE=", "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhw", "é" * 32, "a" * 1000,
        "pbkdf2_sha256$many$salt$hash", "!", "*", "$7$unknown",
    ],
)  # fmt: skip
def test_what_is_no_hash_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(HashUnreadable):
        read_hash(text)


@pytest.mark.parametrize(
    "text",
    [
        "$2b$16$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
        "$5$rounds=900000000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA",
        "pbkdf2_sha256$99000000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=",
        "pbkdf2:sha256:99000000$salt$" + "ab" * 32,
        "AQAAAAH/////AAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==",
    ],
)
def test_a_hash_that_would_keep_a_thread_busy_for_minutes_is_refused(text: str) -> None:
    with pytest.raises(HashTooCostly):
        read_hash(text)


@pytest.mark.parametrize(
    ("algorithm", "salt"),
    [("md5(salt+password)", ""), ("md5", "hex:zz"), ("md5(password)", "salt"), ("rot13", ""), ("sha1", "")],
)
def test_algorithm_salt_and_digest_must_agree(algorithm: str, salt: str) -> None:
    with pytest.raises(HashUnreadable):
        read_hash("5f4dcc3b5aa765d61d8327deb882cf99", algorithm=algorithm, salt=salt)


@given(
    text=st.text(max_size=120), algorithm=st.sampled_from(["", "md5", "sha1(salt+password)"]), salt=st.text(max_size=9)
)
def test_whatever_a_file_holds_is_read_or_refused_and_what_was_read_can_be_tried(
    text: str, algorithm: str, salt: str
) -> None:
    try:
        old = read_hash(text, algorithm=algorithm, salt=salt)
    except (HashUnreadable, HashTooCostly):
        return
    assert OldHash(old.text).fits("password") in (True, False)
