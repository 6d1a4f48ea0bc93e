import { once } from 'node:events';
import { defineQueue, QueueFullError } from '@sluice/queue/contracts';
import { fetchUrl } from '@sluice/shared';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BODY_MAX_BYTES, STREAM_MAX } from '../requests/load-limit.ts';
import { putLinesInto } from '../testing/line-client.ts';
import { connectRaw } from '../testing/raw-request.ts';
import { payload } from '../testing/post-job.ts';
import { receiptOf, type ScriptedProducer, scriptedQueue } from '../testing/scripted-producer.ts';
import { startServer } from '../testing/started-server.ts';

const full = new QueueFullError({ queue: 'fetches', depth: 50, capacity: 50, retryAfterMs: 1_200, reason: 'capacity' });

/** Puts that end when the test says so, in any order; those that are called off reject as the library's do. */
function heldPuts(producer: ScriptedProducer) {
  const held: PromiseWithResolvers<void>[] = [];
  producer.onPut = ({ options: { id = 'generated', signal } }) => {
    const put = Promise.withResolvers<void>();
    signal?.addEventListener('abort', () => put.reject(signal.reason));
    held.push(put);
    return put.promise.then(() => receiptOf({ id }));
  };
  return held;
}

describe('lines of jobs', () => {
  it('are each answered in their order, a bad one in the middle with its own problem', async () => {
    const { base, producer } = await startServer();
    producer.onPut = async ({ options: { id = 'generated' } }) => {
      if (id === 'full') throw full;
      return receiptOf({ id });
    };
    const client = putLinesInto(base);
    client.write({ payload, id: 'a' });
    client.write('{"payload":');
    client.write('');
    client.write({ payload, id: 'full' });
    client.write('{"payload":{"n":9007199254740993}}');
    client.write(`{"payload":"${'x'.repeat(BODY_MAX_BYTES)}"}`);
    client.write(' \r');
    client.write({ payload: {}, prority: 1 });
    client.sent.end('{"payload":{},"id":"last"}');
    expect(await client.all).toMatchObject([
      { line: 1, receipt: { id: 'a', status: 'created' } },
      { line: 2, problem: { status: 400 } },
      { line: 4, problem: { status: 429, code: 'SLUICE_QUEUE_FULL', retryAfterMs: 1_200 } },
      { line: 5, problem: { status: 422, errors: [{ path: ['payload', 'n'] }] } },
      { line: 6, problem: { status: 413 } },
      { line: 8, problem: { status: 422, errors: [{ path: ['prority'] }] } },
      { line: 9, receipt: { id: 'last' } },
    ]);
    const { statusCode, headers } = await client.response;
    expect([statusCode, headers['content-type'], headers['preference-applied']]).toEqual([
      200,
      'application/x-ndjson',
      'wait=30',
    ]);
  });

  it('may be none', async () => {
    const { base } = await startServer();
    const client = putLinesInto(base);
    client.end();
    expect(await client.all).toEqual([]);
  });

  it('are answered while more are to come, each as soon as those before it', async () => {
    const { base, producer } = await startServer();
    const held = heldPuts(producer);
    const client = putLinesInto(base);
    client.write({ payload, id: 'a' });
    client.write({ payload, id: 'b' });
    await expect.poll(() => held.length).toBe(2);
    held[1]?.resolve();
    await turn();
    expect(client.answers).toEqual([]);
    held[0]?.resolve();
    await expect.poll(() => client.answers.map(({ receipt }) => receipt?.id)).toEqual(['a', 'b']);
    client.end();
    await client.all;
  });

  it('wait for capacity, unless the client or the queue wants no wait', async () => {
    const { base, producer, app } = await startServer();
    const one = async (headers: Record<string, string>): Promise<void> => {
      const client = putLinesInto(base, headers);
      client.sent.end(JSON.stringify({ payload }));
      await client.all;
    };
    await one({});
    await one({ prefer: 'wait=0' });
    expect(producer.seen).toMatchObject([{ method: 'put', options: { waitMs: Infinity } }, { method: 'tryPut' }]);
    await app.close();
    const definition = defineQueue({ name: 'fetches', jobs: [fetchUrl], capacity: 50, whenFull: 'reject' });
    const other = await startServer({ producers: [scriptedQueue(producer, definition)] });
    const client = putLinesInto(other.base);
    client.sent.end(JSON.stringify({ payload }));
    await client.all;
    expect(producer.seen[2]).toMatchObject({ method: 'tryPut' });
  });
});

describe('a client that sends lines faster than they are put', () => {
  it('is slowed, and no more is read than is held', async () => {
    const { base, producer } = await startServer();
    const held = heldPuts(producer);
    const client = putLinesInto(base);
    let written = 0;
    while (client.write({ payload, id: String(written) })) written += 1;
    const flood = async (): Promise<void> => {
      for (; written < 100_000; written += 1) {
        if (!client.write({ payload: { url: 'x'.repeat(1_000) }, id: String(written) }))
          await once(client.sent, 'drain');
      }
    };
    void flood();
    await expect.poll(() => held.length).toBe(STREAM_MAX.lines);
    // As it would be put: the first ones at once, others would have come by now.
    for (let turns = 0; turns < 50; turns += 1) await turn();
    expect(held.length).toBe(STREAM_MAX.lines);
    held[0]?.resolve();
    await expect.poll(() => held.length).toBe(STREAM_MAX.lines + 1);
    expect(written).toBeLessThan(50_000);
  });

  it('is slowed by bytes, too', async () => {
    const { base, producer } = await startServer();
    const held = heldPuts(producer);
    const client = putLinesInto(base);
    for (let index = 0; index < 10; index += 1) client.write({ payload: 'x'.repeat(100_000) });
    await expect.poll(() => held.length).toBe(3);
    for (let turns = 0; turns < 50; turns += 1) await turn();
    expect(held.length).toBe(3);
  });

  it('gets an answer to each, however late it reads them', async () => {
    const { base, producer } = await startServer();
    const client = connectRaw(base);
    client.socket.pause();
    const head = 'POST /v1/queues/fetches/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n';
    const count = 5_000;
    const body = Buffer.from('{"a":1}\n'.repeat(count));
    client.socket.write(`${head}content-length: ${body.length}\r\nconnection: close\r\n\r\n`);
    client.socket.write(body, () => client.socket.resume());
    const text = await client.closed;
    expect(producer.seen).toEqual([]);
    const numbers = [...text.matchAll(/"line":(\d+)/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });
});

describe('a stream of lines that ends early', () => {
  it('calls off what waits when its client goes away', async () => {
    const { base, producer, requests } = await startServer();
    const held = heldPuts(producer);
    const client = putLinesInto(base);
    client.write({ payload, id: 'a' });
    await expect.poll(() => held.length).toBe(1);
    client.sent.destroy();
    await expect.poll(() => producer.seen[0]?.options.signal?.aborted).toBe(true);
    await expect.poll(() => requests().map(({ status }) => status)).toContain(499);
  });

  it('answers what it has, and says why, when the service stops', async () => {
    const { base, producer, app } = await startServer();
    const held = heldPuts(producer);
    const client = putLinesInto(base);
    client.write({ payload, id: 'a' });
    client.write({ payload, id: 'b' });
    await expect.poll(() => held.length).toBe(2);
    held[0]?.resolve();
    const closed = app.close();
    expect(await client.all).toMatchObject([
      { line: 1, receipt: { id: 'a' } },
      { line: 2, problem: { code: 'SLUICE_SERVICE_STOPPING' } },
      { line: 3, problem: { code: 'SLUICE_SERVICE_STOPPING' } },
    ]);
    await closed;
  });

  it('says so when the queue stays full for as long as it waits', async () => {
    const { base, producer } = await startServer();
    heldPuts(producer);
    const client = putLinesInto(base, { prefer: 'wait=1' });
    client.write({ payload, id: 'a' });
    expect(await client.all).toMatchObject([
      { line: 1, problem: { status: 429, code: 'SLUICE_STREAM_STALLED', waitedMs: 1_000 } },
      { line: 2, problem: { status: 429, code: 'SLUICE_STREAM_STALLED' } },
    ]);
  });

  it('takes longer than a body may, and leaves its connection to the next request', async () => {
    const { base } = await startServer({ requestMs: 300 });
    const client = connectRaw(base);
    const line = '{"payload":{},"id":"a"}\n';
    const chunk = `${line.length.toString(16)}\r\n${line}\r\n`;
    const head = 'POST /v1/queues/fetches/jobs HTTP/1.1\r\nhost: localhost\r\n';
    client.socket.write(`${head}content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`);
    await expect.poll(() => client.text()).toContain('"line":1');
    const answered = performance.now();
    await expect.poll(() => performance.now() - answered).toBeGreaterThan(1_000); // the time of a body is over
    client.socket.write(`${chunk}0\r\n\r\nGET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    const text = await client.closed;
    expect(text).toContain('"line":2');
    expect(text).not.toContain('HTTP/1.1 408');
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });
});

describe('streams of lines', () => {
  it('are so many of a client, and in all', async () => {
    const { base, producer } = await startServer({ bodiesMaxBytes: 8 * 2 ** 20 });
    const open = async (): Promise<number | undefined> => (await putLinesInto(base).response).statusCode;
    expect([await open(), await open()]).toEqual([200, 200]);
    const refused = putLinesInto(base);
    refused.end();
    const answer = await refused.response;
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(await refused.all).toMatchObject([{ status: 503, code: 'SLUICE_TOO_MANY_STREAMS' }]);
    expect(producer.seen).toEqual([]);
  });

  it('give their place back', async () => {
    const { base } = await startServer({ bodiesMaxBytes: 2 ** 20 });
    for (let round = 0; round < 3; round += 1) {
      const client = putLinesInto(base);
      client.sent.end('{}');
      expect((await client.response).statusCode).toBe(200);
      await client.all;
    }
  });

  it('are refused with the reasons of a put', async () => {
    const { base } = await startServer();
    const statusOf = async (headers: Record<string, string>, queue?: string): Promise<number | undefined> => {
      const client = putLinesInto(base, headers, queue);
      client.end();
      return (await client.response).statusCode;
    };
    expect(await statusOf({}, 'letters')).toBe(404);
    expect(await statusOf({ 'content-encoding': 'gzip' })).toBe(415);
    expect(await statusOf({ 'idempotency-key': 'k' })).toBe(400);
  });

  it('are taken where jobs are put, and nowhere else', async () => {
    const { app } = await startServer();
    const headers = { 'content-type': 'application/x-ndjson' };
    for (const url of ['/v1/queues/fetches/flows', '/v1/queues/fetches/jobs/batch'])
      expect((await app.inject({ method: 'POST', url, headers, body: '{}' })).statusCode).toBe(415);
  });
});
