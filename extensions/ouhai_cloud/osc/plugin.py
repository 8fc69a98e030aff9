"""How openstackclient finds us: the API ``bureau``, whose client asks the cloud for tenancy."""

from __future__ import annotations

import argparse
from typing import Any

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.connection import prepare

API_NAME = "bureau"
API_VERSION_OPTION = "os_bureau_api_version"
API_VERSIONS = {"1": "ouhai_cloud.cloud.api.Api"}
DEFAULT_API_VERSION = "1"


def make_client(instance: Any) -> Api:
    """Return what asks the cloud, over openstackclient's own login.

    :raises CloudUnreachable: Keystone refuses or does not answer.
    """
    return Api(prepare(instance.sdk_connection))


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the option that every API of openstackclient has."""
    parser.add_argument(
        "--os-bureau-api-version",
        metavar="<bureau-api-version>",
        default=DEFAULT_API_VERSION,
        help=f"Version of bureau commands, default {DEFAULT_API_VERSION}",
    )
    return parser
