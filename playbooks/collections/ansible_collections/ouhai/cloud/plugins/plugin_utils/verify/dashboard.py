"""A login to the dashboard the way a browser does it."""

from __future__ import annotations

from urllib.parse import urljoin

import requests

from ..cloud.errors import CheckFailed
from .forms import form_with
from .scene import Scene

TIMEOUT_SECONDS = 60
OTHER_LANGUAGE = "en"


def check_dashboard(scene: Scene) -> str:
    """Log in, see the user's name, switch the language and see it switched."""
    with requests.Session() as browser:
        # REQUESTS_CA_BUNDLE in the environment would win over `verify`
        browser.trust_env = False
        browser.verify = str(scene.settings.ca_file)
        _log_in(scene, browser)
        _check_cookie(scene, browser)
        _switch_language(scene, browser)
    return scene.settings.dashboard_url


def _log_in(scene: Scene, browser: requests.Session) -> None:
    url = urljoin(scene.settings.dashboard_url, "auth/login/")
    page = _page(browser.get(url, timeout=TIMEOUT_SECONDS))
    _require_language(page, scene.settings.dashboard_language)
    found = form_with(page.text, "password")
    if found is None:
        raise _wrong(page, "the login page has no password field", "horizon's and apache's logs")
    fields, _ = found
    domain = scene.admin.identity.get_domain(scene.settings.domain_id)
    fields |= {"username": scene.name, "password": scene.password, "domain": domain.name}
    # Django refuses a POST over TLS without a Referer of its own.
    answer = _page(
        browser.post(page.url, data=fields, headers={"Referer": page.url}, timeout=TIMEOUT_SECONDS)
    )
    if form_with(answer.text, "password") is not None or scene.name not in answer.text:
        raise _wrong(
            answer,
            "after the login the page does not show the user's name",
            "OPENSTACK_KEYSTONE_URL, the CA and the session backend (memcached) in local_settings",
        )


def _check_cookie(scene: Scene, browser: requests.Session) -> None:
    for cookie in browser.cookies:
        if cookie.name == "sessionid" and cookie.secure and cookie.has_nonstandard_attr("HttpOnly"):
            return
    raise CheckFailed(
        "The dashboard's session cookie is missing or not protected",
        where=scene.settings.dashboard_url,
        why="`sessionid` must have Secure and HttpOnly.",
        remedy="Set SESSION_COOKIE_SECURE and SESSION_COOKIE_HTTPONLY in local_settings.",
    )


def _switch_language(scene: Scene, browser: requests.Session) -> None:
    url = urljoin(scene.settings.dashboard_url, "settings/")
    page = _page(browser.get(url, timeout=TIMEOUT_SECONDS))
    _require_language(page, scene.settings.dashboard_language)
    found = form_with(page.text, "language")
    if found is None or OTHER_LANGUAGE not in found[1]:
        raise _wrong(page, f"{OTHER_LANGUAGE!r} cannot be chosen", "LANGUAGES in local_settings")
    fields = found[0] | {"language": OTHER_LANGUAGE}
    page = _page(
        browser.post(page.url, data=fields, headers={"Referer": page.url}, timeout=TIMEOUT_SECONDS)
    )
    _require_language(page, OTHER_LANGUAGE)


def _require_language(page: requests.Response, language: str) -> None:
    """Django names the language of a page in its header."""
    if page.headers.get("Content-Language") != language:
        raise _wrong(
            page,
            f"its language is {page.headers.get('Content-Language')!r} instead of {language!r}",
            "LANGUAGE_CODE and LANGUAGES in local_settings",
        )


def _page(answer: requests.Response) -> requests.Response:
    if answer.status_code != 200:
        raise _wrong(answer, f"HTTP {answer.status_code}", "apache's and horizon's logs")
    return answer


def _wrong(page: requests.Response, why: str, look_at: str) -> CheckFailed:
    return CheckFailed(
        "The dashboard does not work", where=page.url, why=why, remedy=f"Look at {look_at}."
    )
