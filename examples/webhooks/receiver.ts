/**
 * Receives webhooks, and takes only those that are signed with its secret and not known yet.
 *
 *     WEBHOOK_SECRET=whsec_… PORT=4000 node examples/webhooks/receiver.ts
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const BODY_MAX_BYTES = 512 * 1024;

const webhook = new Webhook(process.env['WEBHOOK_SECRET'] ?? '');
/** A webhook may come twice: keep the ids where your data is, and write both in one transaction. */
const known = new Set<string>();

const server = createServer(async (request, response) => {
  const length = Number(request.headers['content-length']);
  if (!(length <= BODY_MAX_BYTES)) return response.writeHead(413).end();
  const body = await text(request);
  const id = String(request.headers['webhook-id']);
  let event: { type: string; data: unknown };
  try {
    // The text as it came: JSON that was parsed and written again has another signature.
    event = webhook.verify(body, request.headers as Record<string, string>) as typeof event;
  } catch {
    console.log('refused: the signature is wrong, or too old');
    return response.writeHead(401).end('the signature is wrong, or too old');
  }
  console.log(`${known.has(id) ? 'known' : 'new'} ${id}: ${event.type} ${JSON.stringify(event.data)}`);
  known.add(id);
  response.writeHead(204).end();
});

server.listen(Number(process.env['PORT'] ?? 4_000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`listening on http://127.0.0.1:${port}`);
});
