import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { connectRaw, putBytes } from '../testing/raw-request.ts';
import { receiptOf } from '../testing/scripted-producer.ts';
import { startServer } from '../testing/started-server.ts';

const put = JSON.stringify({ payload: {} });
const PROBLEM = /content-type: application\/problem\+json/i;

describe('a client that has closed its half of the connection', () => {
  it('gets its answer, and leaves one line in the log', async () => {
    const { base, producer, requests } = await startServer();
    const client = connectRaw(base);
    client.socket.end(putBytes(put));
    expect(await client.closed).toMatch(/^HTTP\/1\.1 202 /);
    expect(producer.seen).toHaveLength(1);
    await expect.poll(requests).toMatchObject([{ status: 202 }]);
  });

  it('gets it also when it takes long: a provisional answer finds out that it still reads', async () => {
    const { base, producer } = await startServer();
    const redis = Promise.withResolvers<void>();
    producer.onPut = () => redis.promise.then(() => receiptOf({}));
    const client = connectRaw(base);
    client.socket.end(putBytes(put));
    await expect.poll(client.text).toContain('HTTP/1.1 102 ');
    redis.resolve();
    expect(await client.closed).toContain('HTTP/1.1 202 ');
  });
});

describe('a client that has gone', () => {
  it.each([
    ['whose put does not wait', '1.1', {}],
    ['whose put waits for capacity', '1.1', { prefer: 'wait=10' }],
    ['that speaks HTTP/1.0', '1.0', {}],
  ])('%s calls the put off, and leaves one line in the log', async (_, version, headers) => {
    const { base, producer, requests } = await startServer();
    const arrived = Promise.withResolvers<AbortSignal>();
    producer.onPut = ({ options: { signal } }) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal?.addEventListener('abort', () => reject(signal.reason));
      arrived.resolve(signal ?? expect.unreachable());
      return promise;
    };
    const { socket } = connectRaw(base);
    socket.write(String(putBytes(put, headers)).replace('HTTP/1.1', `HTTP/${version}`));
    const signal = await arrived.promise;
    socket.destroy();
    await expect.poll(() => signal.reason).toMatchObject({ code: 'SLUICE_CLIENT_GONE' });
    await expect.poll(requests).toMatchObject([{ method: 'POST', route: '/v1/queues/:queue/jobs', status: 499 }]);
  });

  it('leaves a line for each of its pipelined requests', async () => {
    const { base, producer, requests } = await startServer();
    producer.onPut = () => new Promise(() => undefined);
    const { socket } = connectRaw(base);
    socket.write(Buffer.concat([putBytes(put), putBytes(put), putBytes(put)]));
    await expect.poll(() => producer.seen.length).toBe(3);
    socket.resetAndDestroy();
    await expect.poll(() => requests().map(({ status }) => status)).toEqual([499, 499, 499]);
  });
});

describe('a connection with a flood of requests', () => {
  it('is closed, and reaches no further than the bound', async () => {
    const { base, producer } = await startServer();
    producer.onPut = () => new Promise(() => undefined);
    const client = connectRaw(base);
    client.socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => putBytes(put))));
    await client.closed;
    expect(producer.seen.length).toBeLessThanOrEqual(64);
    const other = await fetch(`${base}/livez`);
    expect(other.status).toBe(200);
  });

  it('may pipeline some', async () => {
    const { base } = await startServer();
    const client = connectRaw(base);
    const last = putBytes(put, { connection: 'close' });
    client.socket.write(Buffer.concat([...Array.from({ length: 20 }, () => putBytes(put)), last]));
    expect((await client.closed).match(/HTTP\/1\.1 202 /g)).toHaveLength(21);
  });
});

describe('a request that does not arrive whole', () => {
  it.each([
    ['half a head', 'GET /livez HTTP/1.1\r\nho'],
    ['half a body', String(putBytes(put)).slice(0, -1)],
  ])('%s is answered with 408 in its time', async (_, bytes) => {
    const { base } = await startServer({ requestMs: 300 });
    const client = connectRaw(base);
    client.socket.write(bytes);
    const text = await client.closed;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toMatch(PROBLEM);
  });
});

describe('what the parser refuses', () => {
  it.each([
    ['bytes that are no HTTP', 'nonsense\r\n\r\n', 400],
    ['a head that is too large', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(60_000)}\r\n\r\n`, 431],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    [
      'a chunk that is none',
      'POST /v1/queues/fetches/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n', 501],
  ])('is a problem document, and a line in the log: %s', async (_, bytes, status) => {
    const { base, requests } = await startServer();
    const client = connectRaw(base);
    client.socket.write(bytes);
    const text = await client.closed;
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).toMatch(PROBLEM);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status });
    await expect.poll(() => requests().map((line) => line.status)).toContain(status);
  });

  it('does not get between a request before it and its answer', async () => {
    const { base, producer } = await startServer();
    const redis = Promise.withResolvers<void>();
    producer.onPut = () => redis.promise.then(() => receiptOf({}));
    const client = connectRaw(base);
    client.socket.write(Buffer.concat([putBytes(put), Buffer.from('nonsense\r\n\r\n')]));
    await expect.poll(() => producer.seen.length).toBe(1);
    redis.resolve();
    const text = await client.closed;
    expect([...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual(['202', '400']);
  });
});

describe('the end of the server', () => {
  it.each([
    ['a connection that never spoke', ''],
    ['one that has been answered', 'GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ])('is not held up by %s', async (_, bytes) => {
    const { app, base } = await startServer();
    const client = connectRaw(base);
    await once(client.socket, 'connect');
    if (bytes !== '') {
      client.socket.write(bytes);
      await expect.poll(client.text).toContain('200 OK');
    }
    await app.close();
    await client.closed;
  });
});
