"""A site of a copy of an application, in a browser: what all of them have in common."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait

# The guest is emulated. Selenium's own connection to the browser ends after 120 s.
WAIT_SECONDS = 110


class Site:
    """A site in a browser.

    :param address: the site's, without a slash at the end.
    """

    def __init__(self, browser: Chrome, address: str, output: Path) -> None:
        self._browser = browser
        self._fetched: set[str] = set()
        self._address = address
        self._output = output
        browser.set_page_load_timeout(WAIT_SECONDS)

    @property
    def text(self) -> str:
        """Everything that can be read on the page."""
        return self._wait_for("body").text

    def open(self, path: str = "/") -> None:
        """Go to a page."""
        self.leave()
        self._browser.get(f"{self._address}{path}")

    def leave(self) -> None:
        """Note what the browser fetched for the page that is to be left."""
        script = "return performance.getEntriesByType('resource').map(one => one.name)"
        self._fetched |= set(self._browser.execute_script(script))

    def from_elsewhere(self) -> set[str]:
        """Return what the browser fetched from others so far; people may have no way there."""
        self.leave()
        own = (self._address, "data:", "blob:")
        return {one for one in self._fetched if not one.startswith(own)}

    def screenshot(self, name: str) -> None:
        """Leave a picture of the page in the output directory."""
        self._output.mkdir(parents=True, exist_ok=True)
        self._browser.save_screenshot(str(self._output / f"{name}.png"))

    def _wait_for(self, selector: str) -> WebElement:
        found = expected_conditions.element_to_be_clickable((By.CSS_SELECTOR, selector))
        return WebDriverWait(self._browser, WAIT_SECONDS).until(found, f"no {selector} on the page")
