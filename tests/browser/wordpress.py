"""A WordPress site as its editor sees it in a browser: in Chinese."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait

# The guest is emulated. Selenium's own connection to the browser ends after 120 s.
WAIT_SECONDS = 110


class WordPress:
    """A site in a browser.

    :param address: the site's, without a slash at the end.
    """

    def __init__(self, browser: Chrome, address: str, output: Path) -> None:
        self._browser = browser
        self._address = address
        self._output = output
        browser.set_page_load_timeout(WAIT_SECONDS)

    @property
    def text(self) -> str:
        """Everything that can be read on the page."""
        return self._wait_for("body").text

    def open(self, path: str = "/") -> None:
        """Go to a page."""
        self._browser.get(f"{self._address}{path}")

    def log_in(self, user: str, password: str) -> None:
        """Log in by the form, and wait for the dashboard."""
        self.open("/wp-login.php")
        self.screenshot("portal-1-login")
        self._wait_for("#user_login").send_keys(user)
        self._wait_for("#user_pass").send_keys(password)
        self._wait_for("#wp-submit").click()
        self._wait_for("#wpadminbar")

    def write(self, title: str, paragraph: str) -> str:
        """Write an article in the editor, publish it, and return its page's address."""
        self.open("/wp-admin/post-new.php")
        self._wait_for("#title").send_keys(title)
        self._browser.switch_to.frame(self._wait_for("#content_ifr"))
        body = self._wait_for("body#tinymce")
        # A click is what takes the keyboard from the title.
        body.click()
        body.send_keys(paragraph)
        self._browser.switch_to.default_content()
        self.screenshot("portal-3-editor")
        self._wait_for("#publish").click()
        link = self._wait_for("#message a, #sample-permalink a")
        self.screenshot("portal-4-published")
        return str(link.get_attribute("href"))

    def article(self) -> tuple[str, str]:
        """Return title and content of the article that the page shows."""
        return self._wait_for("h1.wp-block-post-title").text, self._wait_for(".entry-content").text

    def addresses(self) -> set[str]:
        """Return the addresses of all that the browser fetched for this page."""
        script = "return performance.getEntriesByType('resource').map(one => one.name)"
        return set(self._browser.execute_script(script))

    def screenshot(self, name: str) -> None:
        """Leave a picture of the page in the output directory."""
        self._output.mkdir(exist_ok=True)
        self._browser.save_screenshot(str(self._output / f"{name}.png"))

    def _wait_for(self, selector: str) -> WebElement:
        found = expected_conditions.element_to_be_clickable((By.CSS_SELECTOR, selector))
        return WebDriverWait(self._browser, WAIT_SECONDS).until(found, f"no {selector} on the page")
