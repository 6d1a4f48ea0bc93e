"""Puts a job and waits for its end, with Python's standard library alone.

    QUEUE_URL=http://127.0.0.1:8080/v1/queues/fetches python3 client.py first '{"job": "http.fetch", "payload": {"url": "https://example.com/"}}'
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

QUEUE = os.environ["QUEUE_URL"]
API_KEY = os.environ.get("API_KEY")
GIVE_UP_AFTER = 300  # seconds


class Refused(Exception):
    """The service has said what is wrong: to ask again would not help."""


def ask(url, body=None, headers=None):
    """One request, again and again while the queue is full or the service is away. Only for what may be sent twice."""
    headers = dict(headers or {})
    if API_KEY:
        headers["authorization"] = f"Bearer {API_KEY}"
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["content-type"] = "application/json"
    give_up_at = time.monotonic() + GIVE_UP_AFTER
    pause = 1.0
    while True:
        try:
            request = urllib.request.Request(url, data=data, headers=headers)
            with urllib.request.urlopen(request, timeout=75) as response:
                return json.load(response), response.headers
        except urllib.error.HTTPError as error:
            with error:
                problem = json.load(error)
            # 429: the queue is full. 503: Redis or the service is away. 409 with Retry-After: this very put is still being answered.
            retry_after = error.headers.get("retry-after")
            if error.code not in (409, 429, 503) or retry_after is None:
                raise Refused(f"{error.code} {problem.get('code')}: {problem.get('detail')}") from None
            wait = float(retry_after)
        except OSError:  # no connection, or no answer: the put may have arrived
            wait, pause = pause, min(2 * pause, 30)
        if time.monotonic() + wait > give_up_at:
            raise TimeoutError(url)
        time.sleep(wait)


def put(job, payload, key):
    """Puts a job. The key is what makes it safe to ask again: it names this put, and stays the same for each try."""
    body = {"job": job, "payload": payload}
    return ask(f"{QUEUE}/jobs", body, {"idempotency-key": key, "prefer": "wait=5"})


def wait_for(location):
    """The job, once it has ended: completed with its result, or dead with its failure."""
    while True:
        job, _ = ask(f"{urllib.parse.urljoin(QUEUE, location)}?wait=30")
        if job["endedAt"] is not None:
            return job


if __name__ == "__main__":
    wanted = json.loads(sys.argv[2])
    _, headers = put(wanted["job"], wanted["payload"], key=sys.argv[1])
    print(json.dumps(wait_for(headers["location"])))
