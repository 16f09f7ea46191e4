"""What the made-up shop sells and where its visitors come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus

__all__ = [
    "CATEGORIES",
    "INFORMATION_PAGES",
    "PAID_SOURCES",
    "PRODUCTS",
    "SEARCHES",
    "SHOP",
    "UNPAID_REFERRERS",
    "Category",
    "Page",
    "Product",
    "product_page",
    "search_page",
]

SHOP: Final = "https://www.ornekmagaza.example"
SHOP_NAME: Final = "Örnek Mağaza"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the shop.

    Parameters
    ----------
    path
        Path without the query, such as ``"/sepet"``.
    title
        Title that the browser shows.
    query
        Query without the question mark, often empty.
    """

    path: str
    title: str
    query: str = ""

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{SHOP}{self.path}?{self.query}" if self.query else SHOP + self.path


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the shop.

    Parameters
    ----------
    slug
        How its path calls it.
    name
        How visitors see it.
    kinds
        What stands on it: a noun and its lowest price in kuruş.
    """

    slug: str
    name: str
    kinds: tuple[tuple[str, int], ...]

    @property
    def page(self) -> Page:
        """The page that lists its products."""
        return Page(f"/c/{self.slug}", f"{self.name} | {SHOP_NAME}")


@dataclass(frozen=True, slots=True)
class Product:
    """Something to buy.

    Parameters
    ----------
    id
        Number as text, such as ``"1042"``.
    name
        What it is called.
    category
        Name of its category.
    kurus
        Price in hundredths of a lira; whole numbers add up without rounding.
    """

    id: str
    name: str
    category: str
    kurus: int

    @property
    def price(self) -> float:
        """Price in lira."""
        return self.kurus / 100


CATEGORIES: Final = (
    Category(
        "kadin-ayakkabi",
        "Kadın Ayakkabı",
        (("Topuklu Ayakkabı", 89_990), ("Sneaker", 129_990), ("Bot", 159_990), ("Babet", 49_990)),
    ),
    Category(
        "erkek-gomlek",
        "Erkek Gömlek",
        (("Keten Gömlek", 59_990), ("Oxford Gömlek", 64_990), ("Kot Gömlek", 69_990)),
    ),
    Category(
        "kadin-elbise",
        "Kadın Elbise",
        (("Çiçekli Elbise", 79_990), ("Triko Elbise", 89_990), ("Abiye", 249_990)),
    ),
    Category(
        "cocuk",
        "Çocuk",
        (("Eşofman Takımı", 44_990), ("Pijama", 29_990), ("Yağmurluk", 54_990)),
    ),
    Category(
        "canta",
        "Çanta",
        (("Omuz Çantası", 74_990), ("Sırt Çantası", 84_990), ("Cüzdan", 34_990)),
    ),
    Category(
        "ev-yasam",
        "Ev & Yaşam",
        (("Nevresim Takımı", 99_990), ("Havlu Seti", 39_990), ("Kırlent", 19_990)),
    ),
)

COLOURS: Final = ("Siyah", "Beyaz", "Lacivert", "Bej", "Kırmızı", "Yeşil", "Gri")


def _products() -> tuple[Product, ...]:
    """Every kind in every colour, numbered from 1001."""
    kinds = [
        (category.name, f"{colour} {noun}", kurus + 2_500 * step)
        for category in CATEGORIES
        for noun, kurus in category.kinds
        for step, colour in enumerate(COLOURS)
    ]
    return tuple(
        Product(str(number), name, category, kurus)
        for number, (category, name, kurus) in enumerate(kinds, start=1001)
    )


PRODUCTS: Final = _products()

HOME: Final = Page("/", f"{SHOP_NAME} | Giyim, Ayakkabı, Ev")
CART: Final = Page("/sepet", f"Sepetim | {SHOP_NAME}")
CHECKOUT: Final = Page("/odeme", f"Ödeme | {SHOP_NAME}")
THANKS: Final = Page("/tesekkurler", f"Siparişiniz Alındı | {SHOP_NAME}")
LOGIN: Final = Page("/giris", f"Giriş Yap | {SHOP_NAME}")

INFORMATION_PAGES: Final = (
    Page("/kampanya/bahar-indirimi", f"Bahar İndirimi | {SHOP_NAME}"),
    Page("/iade-kosullari", f"İade Koşulları | {SHOP_NAME}"),
    Page("/beden-rehberi", f"Beden Rehberi | {SHOP_NAME}"),
    Page("/magazalar", f"Mağazalarımız | {SHOP_NAME}"),
    Page("/blog/kis-modasi", f"Kış Modası: 10 Öneri | {SHOP_NAME}"),
)

SEARCHES: Final = (
    "siyah bot",
    "keten gömlek",
    "çocuk yağmurluk",
    "sırt çantası",
    "nevresim",
    "abiye elbise",
    "beyaz sneaker",
    "havlu",
)

UNPAID_REFERRERS: Final[dict[str | None, int]] = {
    None: 40,
    "https://www.google.com/": 38,
    "https://www.instagram.com/": 10,
    "https://www.bing.com/": 4,
    "https://yandex.com.tr/": 4,
    "https://eksisozluk.com/": 4,
}
"""Where visitors come from who were not paid for, with weights; None typed the address."""

PAID_SOURCES: Final = (
    (
        "https://www.google.com/",
        {
            "utm_source": "google",
            "utm_medium": "cpc",
            "utm_campaign": "bahar_indirimi",
            "utm_term": "kadın ayakkabı",
        },
    ),
    (
        "https://l.instagram.com/",
        {
            "utm_source": "instagram",
            "utm_medium": "paid_social",
            "utm_campaign": "yeni_sezon",
            "utm_content": "reels_01",
        },
    ),
    (
        None,
        {"utm_source": "bulten", "utm_medium": "email", "utm_campaign": "mart_bulteni"},
    ),
    (
        "https://www.facebook.com/",
        {
            "utm_source": "facebook",
            "utm_medium": "paid_social",
            "utm_campaign": "sepette_kaldi",
            "utm_content": "carousel_02",
        },
    ),
)
"""Referrer and the utm properties of visits that were paid for."""


def product_page(product: Product) -> Page:
    """Return the page of a product.

    Parameters
    ----------
    product
        One of `PRODUCTS`.

    Returns
    -------
    Page
        Its page.

    Examples
    --------
    >>> product_page(PRODUCTS[0]).path
    '/p/1001'
    """
    return Page(f"/p/{product.id}", f"{product.name} | {SHOP_NAME}")


def search_page(words: str) -> Page:
    """Return the page that a search leads to.

    Parameters
    ----------
    words
        What was typed.

    Returns
    -------
    Page
        The results.

    Examples
    --------
    >>> search_page("siyah bot").url
    'https://www.ornekmagaza.example/ara?q=siyah+bot'
    """
    return Page("/ara", f"“{words}” için sonuçlar | {SHOP_NAME}", f"q={quote_plus(words)}")
