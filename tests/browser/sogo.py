"""SOGo as a member of staff sees it in a browser: in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait

# The guest is emulated, and so is the browser's patience.
WAIT_SECONDS = 120


class Sogo:
    """An office in a browser.

    :param address: the office's, without a slash at the end.
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

    def log_in(self, account: str, password: str) -> None:
        """Log in by the form, and wait for the calendar, which comes first."""
        self._browser.get(f"{self._address}/SOGo/")
        self._wait_for("input[ng-model='app.creds.username']").send_keys(account)
        self.screenshot("oa-1-login")
        self._wait_for("input[ng-model='app.creds.password']").send_keys(password)
        self._wait_for("button[type=submit]").click()
        self._wait(lambda: "/SOGo/so/" in self._browser.current_url, "nobody is logged in")

    def write(self, account: str, recipient: str, subject: str, text: str) -> None:
        """Write a mail and send it."""
        self._browser.get(f"{self._address}/SOGo/so/{account}/Mail/view")
        self._wait_for("md-fab-trigger button").click()
        self._wait_for("md-fab-actions button").click()
        self._wait_for("md-chips[ng-model='editor.message.editable.to'] input").send_keys(
            recipient, Keys.ENTER
        )
        self._wait_for("input[ng-model='editor.message.editable.subject']").send_keys(subject)
        self._wait_for("#mailEditor .ck-editor__editable").send_keys(text)
        self.screenshot("oa-2-mail")
        self._wait_for("button[ng-click='editor.send()']").click()
        self._wait(
            lambda: (
                not self._browser.find_elements(By.CSS_SELECTOR, "button[ng-click='editor.send()']")
            ),
            "the mail is not sent",
        )

    def read(self, account: str, subject: str) -> None:
        """Open a mail of the inbox."""
        self._browser.get(f"{self._address}/SOGo/so/{account}/Mail/view")
        self._wait_for(f"md-list-item button[aria-label='{subject}']").click()
        self._wait_for("#messageContent, .msg-body")

    def addresses(self) -> set[str]:
        """Return the addresses of all that the browser fetched for this page."""
        script = "return performance.getEntriesByType('resource').map(one => one.name)"
        return set(self._browser.execute_script(script))

    def screenshot(self, name: str) -> None:
        """Leave a picture of the page in the output directory."""
        self._output.mkdir(exist_ok=True)
        self._browser.save_screenshot(str(self._output / f"{name}.png"))

    def _wait(self, condition: Callable[[], bool], otherwise: str) -> None:
        WebDriverWait(self._browser, WAIT_SECONDS).until(lambda _: condition(), otherwise)

    def _wait_for(self, selector: str) -> WebElement:
        found = expected_conditions.element_to_be_clickable((By.CSS_SELECTOR, selector))
        return WebDriverWait(self._browser, WAIT_SECONDS).until(found, f"no {selector} on the page")
