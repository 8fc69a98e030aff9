"""SOGo as a member of staff sees it in a browser: in Chinese."""

from __future__ import annotations

from collections.abc import Callable

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.site import WAIT_SECONDS, Site


class Sogo(Site):
    """An office on SOGo."""

    def log_in(self, account: str, password: str) -> None:
        """Log in by the form, and wait for the calendar, which comes first."""
        self.open("/SOGo/")
        self._wait_for("input[ng-model='app.creds.username']").send_keys(account)
        self.screenshot("login")
        self._wait_for("input[ng-model='app.creds.password']").send_keys(password)
        self._wait_for("button[type=submit]").click()
        self._wait(lambda: "/SOGo/so/" in self._browser.current_url, "nobody is logged in")

    def write(self, account: str, recipient: str, subject: str, text: str) -> None:
        """Write a mail and send it."""
        self.open(f"/SOGo/so/{account}/Mail/view")
        self._wait_for("md-fab-trigger button").click()
        self._wait_for("md-fab-actions button").click()
        self._wait_for("md-chips[ng-model='editor.message.editable.to'] input").send_keys(
            recipient, Keys.ENTER
        )
        self._wait_for("input[ng-model='editor.message.editable.subject']").send_keys(subject)
        self._wait_for("#mailEditor .ck-editor__editable").send_keys(text)
        self.screenshot("mail")
        self._wait_for("button[ng-click='editor.send()']").click()
        self._wait(
            lambda: (
                not self._browser.find_elements(By.CSS_SELECTOR, "button[ng-click='editor.send()']")
            ),
            "the mail is not sent",
        )

    def read(self, account: str, subject: str) -> None:
        """Open a mail of the inbox."""
        self.open(f"/SOGo/so/{account}/Mail/view")
        self._wait_for(f"md-list-item button[aria-label='{subject}']").click()
        self._wait_for("#messageContent, .msg-body")

    def _wait(self, condition: Callable[[], bool], otherwise: str) -> None:
        WebDriverWait(self._browser, WAIT_SECONDS).until(lambda _: condition(), otherwise)
