"""The dashboard as its tests see it: pages, words, and what a person can do there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urljoin

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from tests.support.access import CloudAccess

# The first page after a restart compiles its templates.
WAIT_SECONDS = 60


class LoginRefused(Exception):
    """The dashboard did not let somebody in; the message is what it said."""


class Dashboard:
    """Horizon in a browser."""

    def __init__(self, browser: Chrome, access: CloudAccess, output: Path) -> None:
        self._browser = browser
        self._access = access
        self._output = output

    @property
    def language(self) -> str:
        """The language of the page, as Horizon names it."""
        return str(self._browser.execute_script("return horizon.languageCode"))

    @property
    def text(self) -> str:
        """Everything that can be read on the page."""
        return self._wait_for("body").text

    def open(self, path: str = "") -> None:
        """Go to a page."""
        self._browser.get(urljoin(self._access.dashboard_url, path))

    def log_in(self, password: str | None = None) -> None:
        """Log the administrator in, by default with the right password.

        :raises LoginRefused: that does not end inside.
        """
        access = self._access
        self.log_in_as(access.username, password or access.password, access.domain_name)

    def log_in_as(self, user: str, password: str, domain: str) -> None:
        """Fill in the form and send it.

        :raises LoginRefused: that does not end inside.
        """
        self._fill("#id_username", user)
        self._fill("#id_password", password)
        Select(self._wait_for("#id_domain")).select_by_value(domain)
        self._wait_for("#loginBtn").click()
        # Either the page inside or, back at the form, a reason.
        self._wait_for(".user-menu, .alert-danger")
        if not self._browser.find_elements(By.CSS_SELECTOR, ".user-menu"):
            raise LoginRefused(self._wait_for(".alert-danger").text)

    def open_projects(self) -> set[str]:
        """Open the list of projects at the top of the page; return their names."""
        listed = ".context-selection a[href*='/auth/switch/'] .dropdown-title"
        self._wait_for("li.dropdown:has(> .context-selection) > .dropdown-toggle").click()
        shown = expected_conditions.visibility_of_element_located((By.CSS_SELECTOR, listed))
        WebDriverWait(self._browser, WAIT_SECONDS).until(shown, "the list of projects stays shut")
        return {one.text for one in self._browser.find_elements(By.CSS_SELECTOR, listed)}

    def offers(self, table: str, action: str) -> bool:
        """Tell whether a table of the page has a button for an action."""
        self._wait_for(f"#{table}")
        return bool(self._browser.find_elements(By.ID, f"{table}__action_{action}"))

    def choose_language(self, code: str) -> None:
        """Set the language in the user's settings, by mouse."""
        self.open("settings/")
        Select(self._wait_for("#user_settings_modal select[name=language]")).select_by_value(code)
        self._wait_for("#user_settings_modal [type=submit]").click()
        WebDriverWait(self._browser, WAIT_SECONDS).until(lambda _: self.language == code)

    def screenshot(self, name: str) -> None:
        """Leave a picture of the page in the output directory."""
        self._output.mkdir(exist_ok=True)
        self._browser.save_screenshot(str(self._output / f"{name}.png"))

    def _fill(self, selector: str, value: str) -> None:
        field = self._wait_for(selector)
        field.clear()
        field.send_keys(value)

    def _wait_for(self, selector: str) -> WebElement:
        found = expected_conditions.presence_of_element_located((By.CSS_SELECTOR, selector))
        return WebDriverWait(self._browser, WAIT_SECONDS).until(found, f"no {selector} on the page")
