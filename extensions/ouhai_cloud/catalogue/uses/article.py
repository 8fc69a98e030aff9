"""An article, as an editor publishes it and everybody reads it (WordPress)."""

from __future__ import annotations

import html
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import requests

from ouhai_cloud.catalogue import website
from ouhai_cloud.catalogue.reaching import Unfit, session, told
from ouhai_cloud.catalogue.uses.account import Account
from ouhai_cloud.catalogue.uses.clearing import cleared

OUTPUTS = ("health", "certificate_sha256", "editor", "editor_password")
LOGIN = "/wp-login.php"
NONCE = "/wp-admin/admin-ajax.php?action=rest-nonce"
ARTICLES = "/wp-json/wp/v2/posts"
TITLE = "系统核验，请忽略"
TEXT = "本页由系统核验写入，读取后随即删除，不含任何政务信息。"
# The last of every list, and out of the feed of a site that has articles.
DATE = "2000-01-01T00:00:00"


def attempt(outputs: Mapping[str, str]) -> str:
    """Publish an article, read its page as everybody does, remove it; return what was seen.

    It is truly public until it is removed, for a few seconds: who asks for its address, searches
    or turns to the end of a list in that time sees it, and reads that it is to be ignored.

    :param outputs: those of ``OUTPUTS``.
    :raises Unfit: it does not work; with the site's own words.
    """
    site, fingerprint = outputs["health"], outputs["certificate_sha256"]
    account = Account(outputs["editor"], outputs["editor_password"], "editor_password")
    mark = f"verify-{secrets.token_hex(8)}"
    with session(fingerprint) as editor, session(fingerprint) as reader:
        with told(site, "web_from"):
            _log_in(editor, site, account)
        with cleared(lambda: _remove(editor, site, mark)), told(site, "web_from"):
            page = _publish(editor, site, mark)
            _read(reader, page, mark)
    return f"{page}: {account.name} publishes an article, everybody can read it; it is removed"


def _log_in(editor: requests.Session, site: str, account: Account) -> None:
    """Log in, and get the word that changes are made with."""
    form = {"log": account.name, "pwd": account.password}
    answer = editor.post(urljoin(site, LOGIN), data=form, allow_redirects=False)
    # The form again, with what is wrong.
    if answer.status_code == HTTPStatus.OK:
        raise account.refused(site, website.answered(answer))
    if answer.status_code != HTTPStatus.FOUND:
        raise Unfit(f"{site}: {account.name} cannot log in ({website.answered(answer)})")
    nonce = editor.get(urljoin(site, NONCE))
    if nonce.status_code != HTTPStatus.OK:
        raise Unfit(f"{site}: {account.name} is not logged in ({website.answered(nonce)})")
    editor.headers["X-WP-Nonce"] = nonce.text


def _publish(editor: requests.Session, site: str, mark: str) -> str:
    """Publish the article and return its address."""
    asked = {"title": TITLE, "content": f"{TEXT}({mark})", "slug": mark, "date": DATE}
    answer = editor.post(urljoin(site, ARTICLES), json={**asked, "status": "publish"})
    if answer.status_code != HTTPStatus.CREATED:
        raise Unfit(f"{site}: no article can be published ({website.answered(answer)})")
    link = urlsplit(str(answer.json()["link"]))
    return urljoin(site, link._replace(scheme="", netloc="").geturl())


def _read(reader: requests.Session, page: str, mark: str) -> None:
    answer = reader.get(page)
    seen = html.unescape(answer.content.decode(errors="replace"))
    if answer.status_code != HTTPStatus.OK or not all(one in seen for one in (TITLE, TEXT, mark)):
        raise Unfit(f"{page} does not show the article to everybody ({website.answered(answer)})")


def _remove(editor: requests.Session, site: str, mark: str) -> None:
    """Remove the article for good, also when the site did not come to say that it took it."""
    with told(site, "web_from"):
        answer = editor.get(urljoin(site, ARTICLES), params={"slug": mark})
        if answer.status_code != HTTPStatus.OK:
            raise Unfit(
                f"{site}: nobody knows whether the article {mark} is still there, look for it "
                f"({website.answered(answer)})"
            )
        for one in answer.json():
            place = urljoin(site, f"{ARTICLES}/{one['id']}")
            answer = editor.delete(place, params={"force": "true"})
            if answer.status_code != HTTPStatus.OK:
                raise Unfit(
                    f"{site}: the article {one['id']} ({TITLE}) cannot be removed, do it by hand "
                    f"({website.answered(answer)})"
                )
