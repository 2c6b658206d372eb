"""Calls the realtime functions of Inngest's Python SDK.

    python_sdk.py <gateway> token <channel> <topics as JSON>     prints two tokens as JSON
    python_sdk.py <gateway> publish <channel> <topic> <data as JSON>     publishes twice

Each function has a form for asyncio and one for other code; both are called. Without INNGEST_SIGNING_KEY the client is that of development.
An error's text is printed to the standard error output.
"""

import asyncio
import json
import os
import sys

import inngest
from inngest.experimental import realtime


async def main() -> None:
    url, command, channel, *rest = sys.argv[1:]
    client = inngest.Inngest(
        app_id="app",
        api_base_url=url,
        is_production="INNGEST_SIGNING_KEY" in os.environ,
    )
    if command == "token":
        options = {"channel": channel, "topics": json.loads(rest[0])}
        tokens = [
            await realtime.get_subscription_token(client, **options),
            realtime.get_subscription_token_sync(client, **options),
        ]
        print(json.dumps(tokens))
    else:
        message = {"channel": channel, "topic": rest[0], "data": json.loads(rest[1])}
        await realtime.publish(client, **message)
        realtime.publish_sync(client, **message)


try:
    asyncio.run(main())
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
