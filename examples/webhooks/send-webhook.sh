#!/bin/sh
# Puts one webhook, and waits until it is delivered.
# SLUICE: the HTTP service, such as http://127.0.0.1:8080. RECEIVER: where the webhook goes, such as http://127.0.0.1:4000/hooks.
set -eu
curl --silent --show-error --fail-with-body "$SLUICE/v1/queues/fetches/jobs" \
  -H 'content-type: application/json' -H 'idempotency-key: order-17-paid' -d @- <<EOF
{
  "job": "webhook.deliver",
  "payload": { "url": "$RECEIVER", "type": "order.paid", "data": { "order": 17 }, "secret": "acme" }
}
EOF
echo
curl --silent --show-error --fail-with-body "$SLUICE/v1/queues/fetches/jobs/order-17-paid?wait=30"
echo
