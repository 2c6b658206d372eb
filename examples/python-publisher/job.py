"""The work: counts the words of a poem, and publishes its progress.

    python3 job.py token   prints a token to subscribe with, as your web server would return it
    python3 job.py run     does the work
"""

import collections
import json
import sys

from realtime import get_subscription_token, publish

CHANNEL = "report:42"

POEM = """
The tide rises, the tide falls,
The twilight darkens, the curlew calls;
Along the sea-sands damp and brown
The traveller hastens toward the town,
And the tide rises, the tide falls.

Darkness settles on roofs and walls,
But the sea, the sea in the darkness calls;
The little waves, with their soft, white hands,
Efface the footprints in the sands,
And the tide rises, the tide falls.
"""


def run() -> None:
    lines = [line for line in POEM.splitlines() if line]
    words: collections.Counter[str] = collections.Counter()
    for number, line in enumerate(lines, start=1):
        words.update(word.strip(",.;").lower() for word in line.split())
        publish(CHANNEL, "progress", {"percent": round(100 * number / len(lines)), "line": line})
    most = [f"{word} ({count})" for word, count in words.most_common(3)]
    publish(CHANNEL, "result", {"words": words.total(), "most": most})


if __name__ == "__main__":
    if sys.argv[1:] == ["token"]:
        print(json.dumps(get_subscription_token(CHANNEL, ["progress", "result"])))
    elif sys.argv[1:] == ["run"]:
        run()
    else:
        sys.exit(__doc__)
