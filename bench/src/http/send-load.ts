import { Readable } from 'node:stream';
import { Client } from 'undici';
import { payloadOf } from '../put/put-plan.ts';
import { percentile } from '../statistics.ts';
import { connectionsOf, type Load } from './http-plan.ts';

/** What the load generator is asked: to put the jobs of one run. */
export interface LoadOrder {
  readonly origin: string;
  readonly path: string;
  readonly load: Load;
  readonly jobs: number;
}

/** How a server answered. */
export interface LoadResult {
  readonly elapsedMs: number;
  /** From the call to the end of the answer, in milliseconds; absent of lines, which have one answer. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

/** Sends all jobs of one run. Rejects when one of them was not put. */
export async function sendLoad(order: LoadOrder): Promise<LoadResult> {
  const bodies = Array.from({ length: order.jobs }, (_, n) => JSON.stringify({ payload: payloadOf('small', n) }));
  globalThis.gc?.();
  return order.load === 'lines' ? sendLines(order, bodies) : sendSingles(order, bodies);
}

/** Each connection sends its next request when its last one is answered. */
async function sendSingles({ origin, path, load }: LoadOrder, bodies: readonly string[]): Promise<LoadResult> {
  const clients = Array.from({ length: connectionsOf[load] }, () => new Client(origin, { pipelining: 1 }));
  const left = bodies.values();
  const timesMs: number[] = [];
  const sendRest = async (client: Client): Promise<void> => {
    for (const body of left) {
      const startMs = performance.now();
      await post(client, path, body);
      timesMs.push(performance.now() - startMs);
    }
  };
  const startMs = performance.now();
  await Promise.all(clients.map(sendRest));
  const elapsedMs = performance.now() - startMs;
  await Promise.all(clients.map((client) => client.close()));
  return { elapsedMs, p50Ms: percentile(timesMs, 0.5), p99Ms: percentile(timesMs, 0.99) };
}

/** `dispatch` makes no stream of an answer that nobody reads: what the generator does costs the server's neighbour time. */
function post(client: Client, path: string, body: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { 'content-type': 'application/json' };
  let status = 0;
  client.dispatch(
    { method: 'POST', path, headers, body },
    {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, statusCode) => void (status = statusCode),
      onResponseData: () => undefined,
      onResponseEnd: () => (status === 202 ? resolve() : reject(new Error(`answered with ${status}`))),
      onResponseError: (_controller, error) => reject(error),
    },
  );
  return promise;
}

async function sendLines({ origin, path, jobs }: LoadOrder, bodies: readonly string[]): Promise<LoadResult> {
  await using stack = new AsyncDisposableStack();
  const client = stack.adopt(new Client(origin), (open) => open.close());
  const headers = { 'content-type': 'application/x-ndjson' };
  const startMs = performance.now();
  const body = Readable.from(piecesOf(bodies));
  const response = await client.request({ method: 'POST', path, headers, body });
  const text = await response.body.text();
  const elapsedMs = performance.now() - startMs;
  const created = text.split('"status":"created"').length - 1;
  if (created !== jobs) throw new Error(`${created} of ${jobs} lines were put; the last: ${text.slice(-300)}`);
  return { elapsedMs };
}

/** Some 16 KB each, as a file is read. */
function* piecesOf(bodies: readonly string[]): Generator<Buffer> {
  const LINES = 160;
  for (let from = 0; from < bodies.length; from += LINES)
    yield Buffer.from(`${bodies.slice(from, from + LINES).join('\n')}\n`);
}
