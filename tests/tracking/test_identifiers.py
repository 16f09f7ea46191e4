"""What looks like a person's address or number, and what only nearly does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.tracking._checks._identifiers import (
    CARD,
    EMAIL,
    IDENTITY,
    PHONE,
    holding,
    is_identity_number,
    is_meant_for,
    passes_luhn,
)
from hardal_frames.tracking._personal import is_named_of_someone, is_named_personal, looks_personal


@pytest.mark.parametrize(
    "text",
    [
        "ayse@posta.example",
        "https://a.example/?m=ayse.y%2Bx%40posta.com.tr&x=1",
        "Merhaba ayse_y@posta.example,",
        "ayşe@örnek.example",
    ],
)
def test_addresses(text):
    """Addresses, encoded or inside other text."""
    assert holding(text).kinds == {EMAIL}


@pytest.mark.parametrize(
    "text",
    [
        "logo@2x.png",
        "https://medium.example/@ayse/yazi",
        "react@18.2.0",
        "info@posta.example",
        "mailto:ayse@posta.example",
        "@ayse",
        "a@b",
        "",
    ],
)
def test_no_addresses(text):
    """Files, handles, versions, and addresses of nobody in particular."""
    assert not holding(text).kinds


@pytest.mark.parametrize(
    "text",
    [
        "05321234567",
        "0532 123 45 67",
        "0 (532) 123 45 67",
        "+90 532 123 45 67",
        "905321234567",
        "+905321234567",
        "+49 171 2345678",
        "tel: +90-532-123-45-67",
    ],
)
def test_phone_numbers(text):
    """Turkish mobile numbers in every usual form, and others with a plus."""
    assert holding(text).kinds == {PHONE}


@pytest.mark.parametrize(
    "text",
    [
        "02121234567",
        "5321234567",
        "105321234567",
        "SP05321234567",
        "0532-12",
        "tel:+905321234567",
        "2026-03-02T10:00:00+03:00",
        "41.0082376,28.9783589",
    ],
)
def test_no_phone_numbers(text):
    """Offices, bare ten digits, parts of longer words, times and places."""
    assert PHONE not in holding(text).kinds


def test_phones_without_zero():
    """Ten digits are a phone number where one is asked for."""
    assert holding("532 123 45 67", is_for_phones=True).kinds == {PHONE}
    assert not holding("4321234567", is_for_phones=True).kinds


def test_plus_is_a_space_in_queries():
    """The plus of a query is a space; an encoded one is a plus."""
    assert holding("https://a.example/?t=%2B90+532+123+45+67", is_query=True).kinds == {PHONE}


@pytest.mark.parametrize(
    ("digits", "is_card"),
    [
        ("4111111111111111", True),
        ("4111 1111 1111 1111", True),
        ("5500-0000-0000-0004", True),
        ("378282246310005", True),
        ("3782 822463 10005", True),
        ("9792000000000001", False),
        ("4111111111111112", False),
        ("1111111111111117", False),
        ("x4111111111111111", False),
        ("4111111111111111.5", False),
        ("41111111111111110", False),
    ],
)
def test_cards(digits, is_card):
    """A length and beginning that cards have, and the check digit."""
    assert (holding(digits).kinds == {CARD}) is is_card


@given(st.lists(st.integers(0, 9), min_size=2, max_size=18), st.integers(1, 9))
def test_luhn_finds_every_wrong_digit(digits, change):
    """Of ten last digits one is right, and one changed digit is always noticed."""
    text = "".join(map(str, digits))
    right = [end for end in range(10) if passes_luhn(f"{text}{end}")]
    assert len(right) == 1
    changed = (digits[0] + change) % 10
    assert not passes_luhn(f"{changed}{text[1:]}{right[0]}")


@pytest.mark.parametrize(
    ("digits", "is_right"),
    [
        ("10000000146", True),
        ("10000000147", False),
        ("10000000156", False),
        ("00000000146", False),
        ("1000000014", False),
        ("100000001460", False),
        ("1000000014a", False),
    ],
)
def test_identity_numbers(digits, is_right):
    """Eleven digits, the first not zero, two of them checks of the others."""
    assert is_identity_number(digits) is is_right
    assert (IDENTITY in holding(digits).kinds) is is_right


@given(st.integers(10**8, 10**9 - 1))
def test_one_identity_number_of_a_hundred(nine):
    """Of the hundred ways to end nine digits exactly one is right."""
    assert sum(is_identity_number(f"{nine}{end:02d}") for end in range(100)) == 1


@pytest.mark.parametrize(
    ("prop", "kind"),
    [
        ("user_email", EMAIL),
        ("ePosta", EMAIL),
        ("gsm", PHONE),
        ("cardNo", CARD),
        ("tckn", IDENTITY),
    ],
)
def test_properties_meant_for_it(prop, kind):
    """Names that say what they hold."""
    assert is_meant_for(prop, kind)
    assert not is_meant_for("search_term", kind)


@pytest.mark.parametrize(
    "name",
    ["soyad", "ad_soyad", "adSoyad", "adı_soyadı", "hesap", "hesapNo", "iban", "IBANNo", "İBAN",
     "KİMLİK", "kımlık", "müşteri_adı", "e_mail", "EMAİL"],
)  # fmt: skip
def test_names_about_a_person(name):
    """Letters of any language, however the i is dotted."""
    assert is_named_personal(name)


@pytest.mark.parametrize("name", ["müşteri", "MÜŞTERİ_NO", "üyeNo", "kullanıcı"])
def test_names_of_someone(name):
    """Someone is named by a number."""
    assert is_named_of_someone(name)


@pytest.mark.parametrize("name", ["müşterek", "hesaplama", "soyut", "adet", "kategori", "цена"])
def test_names_about_nobody(name):
    """Words that only begin alike are others."""
    assert not is_named_personal(name)
    assert not is_named_of_someone(name)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("TR330006100519786457841326", True),
        ("iban:tr33 0006 1005 1978 6457 8413 26", True),
        ("NL91ABNA0417164300", True),
        ("GB82WEST12345698765432", True),
        ("FR1420041010050500013M02606", True),
        ("IT60X0542811101000000123456", True),
        ("SKU12345678901234", False),
        ("AB12345678", False),
        ("ses_000007", False),
        ("de305d54-75b4-431b-adb2-eb6b9e546014", False),
    ],
)
def test_account_numbers_look_personal(text, hidden):
    """An IBAN is hidden with and without spaces; short codes are not."""
    assert looks_personal([text]).tolist() == [hidden]
