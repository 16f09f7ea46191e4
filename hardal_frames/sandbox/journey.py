"""One visit to the made-up shop, event by event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from hardal_frames.sandbox.catalogue import (
    CART,
    CATEGORIES,
    CHECKOUT,
    HOME,
    INFORMATION_PAGES,
    LOGIN,
    PAID_SOURCES,
    PRODUCTS,
    SEARCHES,
    THANKS,
    UNPAID_REFERRERS,
    Page,
    Product,
    product_page,
    search_page,
)

if TYPE_CHECKING:
    from hardal_frames.sandbox.dice import Dice
    from hardal_frames.sandbox.records import Record
    from hardal_frames.sandbox.visitors import Visitor

__all__ = ["Journey"]

TIED: Final = 0.8
"""How many of the events that a page fires with its view carry the very same instant."""

LONG_PAUSE: Final = 0.03
PAID: Final = 0.3


class Journey:
    """What one visitor does in one session.

    Each method is an action: it lets time pass and appends the events that a tracker would send.
    A page view comes before the event that it fires, also where both carry one instant.

    Parameters
    ----------
    visitor
        Who visits.
    begin
        Milliseconds at which the session begins.
    dice
        Where chance comes from.

    Examples
    --------
    >>> from hardal_frames.sandbox.dice import Dice
    >>> from hardal_frames.sandbox.visitors import draw_visitor
    >>> journey = Journey(draw_visitor(1, Dice(1)), 0, Dice(1))
    >>> journey.land()
    >>> journey.view_product()
    >>> [event["name"] for event in journey.events]
    ['page_view', 'page_view', 'view_item']
    """

    def __init__(self, visitor: Visitor, begin: int, dice: Dice) -> None:
        self.visitor = visitor
        self.events: list[Record] = []
        self.instants: list[int] = []
        self.user_id: str | None = None
        self._dice = dice
        self._clock = begin
        self._page = HOME
        self._url: str | None = None
        self._referrer: str | None = None
        self._product: Product | None = None
        self._cart: dict[Product, int] = {}

    @property
    def clock(self) -> int:
        """Milliseconds of the last event."""
        return self._clock

    @property
    def cart_is_empty(self) -> bool:
        """Whether nothing is in the cart."""
        return not self._cart

    def land(self) -> None:
        """Arrive on a page that fires nothing but its view, perhaps through an advertisement."""
        page = HOME if self._dice.chance(0.6) else self._dice.pick(INFORMATION_PAGES)
        if self._dice.chance(PAID):
            referrer, campaign = self._dice.pick(PAID_SOURCES)
            self._open(page, url=f"{page.url}?{urlencode(campaign)}", referrer=referrer, **campaign)
        else:
            referrer = self._dice.weighted(UNPAID_REFERRERS)
            self._open(page, url=page.url, referrer=referrer)

    def browse(self) -> None:
        """Look at a list, mostly a category."""
        if self._dice.chance(0.25):
            self.search()
        else:
            self.view_list()

    def view_list(self) -> None:
        """Look at the products of a category."""
        category = self._dice.pick(CATEGORIES)
        self._visit(category.page)
        self._fire("view_item_list", item_list_name=category.name, category=category.name)

    def search(self) -> None:
        """Look for something by its name."""
        words = self._dice.pick(SEARCHES)
        self._visit(search_page(words))
        self._fire("search", search_term=words, results=self._dice.whole(0, 48))

    def view_product(self) -> None:
        """Look at one product."""
        product = self._dice.pick(PRODUCTS)
        self._product = product
        self._visit(product_page(product))
        self._fire("view_item", **_of_product(product))

    def view_information(self) -> None:
        """Read a page that fires nothing but its own view."""
        self._visit(self._dice.pick(INFORMATION_PAGES))

    def click(self) -> None:
        """Click something that leads to no page of the shop."""
        self._wait()
        if self._dice.chance(0.2):
            self._send("click", "outbound_click", link_url="https://kargo.example/takip")
        else:
            element = self._dice.pick(("beden_tablosu", "filtre_renk", "filtre_fiyat", "favori"))
            self._send("click", "click", element=element)

    def add_to_cart(self) -> None:
        """Put the product that is open into the cart; open one first if none is."""
        if self._product is None:
            self.view_product()
        product = self._product
        assert product is not None  # noqa: S101  (view_product has just set it)
        quantity = 2 if self._dice.chance(0.15) else 1
        self._wait()
        self._cart[product] = self._cart.get(product, 0) + quantity
        self._send("custom", "add_to_cart", **_of_product(product), quantity=quantity)

    def view_cart(self) -> None:
        """Look at the cart."""
        self._visit(CART)
        self._fire("view_cart", **self._of_cart())

    def remove_from_cart(self) -> None:
        """Take one product out of the cart."""
        product = self._dice.pick(list(self._cart))
        quantity = self._cart.pop(product)
        self._wait()
        self._send("custom", "remove_from_cart", **_of_product(product), quantity=quantity)

    def log_in(self) -> None:
        """Log in with the form."""
        self._visit(LOGIN)
        self._wait()
        self.user_id = self.visitor.user_id
        self._send("form", "login", form_name="giris", method="email", user_id=self.user_id)

    def sign_up(self) -> None:
        """Ask for the newsletter in the form at the foot of the page."""
        self._wait()
        self._send("form", "newsletter_signup", form_name="bulten", email=self.visitor.email)

    def check_out(self, steps: int) -> None:
        """Begin to pay, and go on for some of the steps.

        Parameters
        ----------
        steps
            1 begins, 2 says where to ship, 3 says how to pay.
        """
        self._visit(CHECKOUT)
        self._fire("begin_checkout", **self._of_cart())
        tier = self._dice.pick(("standart", "ekspres", "mağazadan_teslim"))
        method = self._dice.pick(("kredi_karti", "banka_karti", "kapida_odeme", "havale"))
        if steps > 1:
            self._wait()
            self._send("custom", "add_shipping_info", shipping_tier=tier, **self._of_cart())
        if steps > 2:  # noqa: PLR2004
            self._wait()
            self._send("custom", "add_payment_info", payment_type=method, **self._of_cart())

    def purchase(self, transaction: str) -> None:
        """Pay what is in the cart.

        Parameters
        ----------
        transaction
            Number of the order, unique in the recording.
        """
        self._visit(THANKS)
        user = {"user_id": self.user_id} if self.user_id else {}
        self._fire("purchase", transaction_id=transaction, **self._of_cart(), **user)
        self._cart.clear()

    def _wait(self) -> None:
        """Let the time pass that a visitor takes, sometimes the time of a telephone call."""
        self._clock += self._dice.pause()
        if self._dice.chance(LONG_PAUSE):
            self._clock += self._dice.whole(5 * 60_000, 25 * 60_000)

    def _visit(self, page: Page) -> None:
        """Go to another page of the shop."""
        self._wait()
        self._open(page, url=page.url, referrer=self._url)

    def _open(self, page: Page, *, url: str, referrer: str | None, **properties: str) -> None:
        self._page, self._url, self._referrer = page, url, referrer
        self._send("pageview", "page_view", **properties)

    def _fire(self, name: str, **properties: Any) -> None:  # noqa: ANN401
        """Send what a page sends as it opens: in the instant of its view, or just after."""
        if not self._dice.chance(TIED):
            self._clock += self._dice.whole(3, 180)
        self._send("custom", name, **properties)

    def _send(self, kind: str, name: str, **properties: Any) -> None:  # noqa: ANN401
        self.instants.append(self._clock)
        self.events.append(
            {
                "id": None,
                "type": kind,
                "name": name,
                "timestamp": None,
                "url": self._url,
                "path": self._page.path,
                "title": self._page.title,
                "referrer": self._referrer,
                "properties": properties,
            }
        )

    def _of_cart(self) -> Record:
        """Say what is in the cart: `value` and `price` are its sum, `quantity` the pieces."""
        total = sum(product.kurus * quantity for product, quantity in self._cart.items())
        return {
            "value": total / 100,
            "price": total / 100,
            "currency": "TRY",
            "quantity": sum(self._cart.values()),
            "items": [
                {**_of_product(product), "name": product.name, "quantity": quantity}
                for product, quantity in self._cart.items()
            ],
        }


def _of_product(product: Product) -> Record:
    return {
        "product_id": product.id,
        "price": product.price,
        "currency": "TRY",
        "category": product.category,
    }
