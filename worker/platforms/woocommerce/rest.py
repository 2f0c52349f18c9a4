"""One call to WooCommerce's REST API v3, with the consumer key and secret as user and password over https."""

import base64
from collections.abc import Mapping
from typing import Any

from worker.platforms.calling import Reply, call
from worker.platforms.writing import Access, Result, Written

API = "wp-json/wc/v3"


def ask(access: Access, method: str, place: str, body: Mapping[str, Any] | None = None) -> Reply | Written:
    """The answer, whatever its status, or why there is none."""
    pair = ":".join(key_parts(access.key))
    token = base64.b64encode(pair.encode()).decode()
    return call(method, f"{access.url}/{API}/{place}", headers={"Authorization": f"Basic {token}"}, body=body)


def none_of_theirs() -> Written:
    """What answers is another program: a person must look."""
    return Written(result=Result.LATER, note="the answer is none of WooCommerce's", needs_person=True)


def nobody_there() -> Written:
    """The shop has no such API, or another address: a person must look."""
    return Written(result=Result.LATER, note="no WooCommerce API answers at this address", needs_person=True)


def key_parts(key: str) -> list[str]:
    """What a key file holds: consumer key and consumer secret."""
    return key.replace(":", " ").split()
