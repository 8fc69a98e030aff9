"""A WordPress site as its editor sees it in a browser: in Chinese."""

from __future__ import annotations

from selenium.webdriver.common.by import By

from tests.browser.site import Site


class WordPress(Site):
    """A site on WordPress."""

    def log_in(self, user: str, password: str) -> None:
        """Log in by the form, and wait for the dashboard."""
        self.open("/wp-login.php")
        self.screenshot("login")
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
        self.screenshot("editor")
        # While a draft is saved by itself, the button looks away.
        self._wait_for("#publish:not(.disabled)").click()
        link = self._wait_for("#message a, #sample-permalink a")
        self.screenshot("published")
        return str(link.get_attribute("href"))

    def follow(self, title: str) -> None:
        """Go from the front page to an article."""
        self._wait_for(".wp-block-post-title a")
        self.leave()
        self._browser.find_element(By.LINK_TEXT, title).click()
        self._wait_for("h1.wp-block-post-title")

    def article(self) -> tuple[str, str]:
        """Return title and content of the article that the page shows."""
        return self._wait_for("h1.wp-block-post-title").text, self._wait_for(".entry-content").text
