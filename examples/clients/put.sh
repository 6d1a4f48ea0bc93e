#!/bin/sh
# Puts a job with curl, and prints its state once it has ended: put.sh <idempotency key> <JSON of job and payload>
# QUEUE_URL: a queue, such as http://127.0.0.1:8080/v1/queues/fetches. API_KEY: the API key, if one is needed.
set -eu
key=$1 body=$2
ask() {
  # curl retries 429 and 503 by itself, no earlier than Retry-After says. The key makes a retry safe: it is the same put.
  curl --silent --show-error --fail-with-body --retry 20 --retry-connrefused --max-time 75 \
    ${API_KEY:+-H "authorization: Bearer $API_KEY"} "$@"
}
answer=$(ask "$QUEUE_URL/jobs" -H 'content-type: application/json' -H "idempotency-key: $key" -H 'prefer: wait=5' \
  --data "$body" --write-out '\n%header{location}') || {
  printf '%s\n' "$answer" >&2
  exit 1
}
location=$(printf '%s' "$answer" | tail -n 1) # what stands before it are the answers of all tries
origin=$(printf %s "$QUEUE_URL" | sed -E 's#^([a-z]+://[^/]+).*#\1#')
while :; do
  state=$(ask "$origin$location?wait=30")
  case $state in *'"endedAt":null'*) ;; *) break ;; esac
done
printf '%s\n' "$state"
