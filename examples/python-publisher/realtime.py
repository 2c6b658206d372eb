"""Publishes to a Tidings gateway, with only Python's standard library.

The requests are those of the Inngest Python SDK's `inngest.experimental.realtime`. Copy this file, or use the SDK
itself with INNGEST_API_BASE_URL set to the gateway's URL.
"""

import hashlib
import json
import os
import urllib.parse
import urllib.request


def publish(channel: str, topic: str, data: object) -> str:
    """Publishes a message; returns its id."""
    answer = _post("publish", data, channel=channel, topic=topic)
    return answer["id"]


def get_subscription_token(channel: str, topics: list[str]) -> dict:
    """Returns the token that a browser needs to subscribe. Call it behind your own sign-in."""
    grants = [{"channel": channel, "name": topic, "kind": "run"} for topic in topics]
    return {
        "channel": channel,
        "topics": topics,
        "key": _post("token", grants)["jwt"],
        "apiBaseUrl": _gateway(),
    }


def _post(route: str, body: object, **query: str) -> dict:
    request = urllib.request.Request(
        f"{_gateway()}/v1/realtime/{route}?{urllib.parse.urlencode(query)}",
        data=json.dumps(body).encode(),
        headers={
            "authorization": f"Bearer {_hashed_signing_key()}",
            "content-type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def _gateway() -> str:
    return os.environ["REALTIME_URL"].rstrip("/")


def _hashed_signing_key() -> str:
    """Returns the key as Inngest's SDKs send it: `signkey-prod-<hex>` hashed, so that the key stays on this machine."""
    key = os.environ["REALTIME_SIGNING_KEY"]
    secret = key.split("-", 2)[-1]
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()
