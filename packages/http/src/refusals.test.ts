import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { connectRaw, putBytes } from './testing/raw-request.ts';
import { receiptOf } from './testing/scripted-producer.ts';
import { startServer } from './testing/started-server.ts';

const INTERIM = /^HTTP\/1\.1 102 Processing$/;
const put = JSON.stringify({ payload: {} });

/** The answer to bytes that are sent as they are, and to nothing behind them. */
async function ask(base: string, bytes: string | Buffer): Promise<{ status: number; head: string; problem: unknown }> {
  const client = connectRaw(base);
  client.socket.end(bytes);
  // On a busy machine a half-closed connection is asked by an interim answer whether anybody is there.
  const [head = '', body = ''] = (await client.closed).split('\r\n\r\n').filter((part) => !INTERIM.test(part));
  expect(head).toMatch(/content-type: application\/problem\+json/i);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, problem: JSON.parse(body) };
}

describe('a body that is no UTF-8', () => {
  it.each([
    ['in the id', '{"payload":{},"id":"caf\xe9"}'],
    ['in the payload', '{"payload":{"url":"http://a.test/\xe8"}}'],
    ['in a key', '{"payload":{"\xff":1}}'],
    ['cut in a character', '{"payload":"\xc3"}'],
    ['a surrogate', '{"payload":"\xed\xa0\x80"}'],
  ])('is refused with 400, %s', async (_, text) => {
    const { base, producer } = await startServer();
    const { problem } = await ask(base, putBytes(Buffer.from(text, 'latin1')));
    expect(problem).toMatchObject({ status: 400, detail: 'the body is no UTF-8' });
    expect(producer.seen).toEqual([]);
  });

  it('is nothing that any text must fear', async () => {
    const { base, producer } = await startServer();
    const id = 'größe 日本 😀';
    const answer = await fetch(`${base}/v1/queues/fetches/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ payload: {}, id }),
    });
    expect(answer.status).toBe(202);
    expect(producer.seen).toMatchObject([{ options: { id } }]);
  });
});

describe('a body with a Content-Encoding', () => {
  it.each([
    ['gzip', gzipSync(put)],
    ['br', brotliCompressSync(put)],
    ['gzip, identity', gzipSync(put)],
  ])('is refused with 415 and what is taken: %s', async (coding, bytes) => {
    const { base } = await startServer();
    const { status, head } = await ask(base, putBytes(bytes, { 'content-encoding': coding }));
    expect(status).toBe(415);
    expect(head).toMatch(/accept-encoding: identity/i);
  });

  it('is taken when it is none', async () => {
    const { app } = await startServer();
    const headers = { 'content-type': 'application/json', 'content-encoding': 'Identity' };
    expect(await app.inject({ method: 'POST', url: '/v1/queues/fetches/jobs', body: put, headers })).toMatchObject({
      statusCode: 202,
    });
  });
});

describe('a body that is too large', () => {
  it.each([
    ['with its length', { 'content-length': '20000000' }],
    ['in chunks', { 'content-length': undefined, 'transfer-encoding': 'chunked' }],
    ['on a connection that is to be closed', { 'content-length': '20000000', connection: 'close' }],
  ])('is answered with 413 and the connection is read on, %s', async (_, headers) => {
    const { base } = await startServer();
    const client = connectRaw(base);
    const given = Object.entries({ host: 'localhost', 'content-type': 'application/json', ...headers });
    const lines = given.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
    client.socket.write(`POST /v1/queues/fetches/jobs HTTP/1.1\r\n${lines.join('')}\r\n`);
    const chunk = Buffer.alloc(100_000, 'x');
    for (let sent = 0; sent < 200; sent += 1) {
      if ('transfer-encoding' in headers) client.socket.write(`${chunk.length.toString(16)}\r\n`);
      client.socket.write(chunk);
      if ('transfer-encoding' in headers) client.socket.write('\r\n');
    }
    client.socket.end('transfer-encoding' in headers ? '0\r\n\r\n' : '');
    expect(await client.closed).toMatch(/^HTTP\/1\.1 413 [^]*problem\+json/);
    expect(client.socket.bytesWritten).toBeGreaterThan(20_000_000);
  });
});

describe('Host', () => {
  const get = (host: string): string => `GET /v1/queues/fetches HTTP/1.1\r\n${host}\r\n`;

  it.each(['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', 'EVIL.example.'])(
    'is refused on the loopback address when it is the name %s of a stranger',
    async (host) => {
      const { base } = await startServer();
      expect(await ask(base, get(`host: ${host}\r\n`))).toMatchObject({ status: 421 });
    },
  );

  it.each(['localhost', 'LOCALHOST:80', 'a.localhost', '127.0.0.1:1', '[::1]:80', 'sluice', 'jobs.example.com'])(
    'may be %s, which is ours',
    async (host) => {
      const { app } = await startServer({ allowedHosts: ['jobs.example.com'] });
      expect(await app.inject({ url: '/livez', headers: { host } })).toMatchObject({ statusCode: 200 });
    },
  );

  it.each([
    [{ host: '0.0.0.0' }, 200],
    [{ host: '0.0.0.0', allowedHosts: ['jobs.example.com'] }, 421],
    [{ host: '::1' }, 421],
    [{ allowedHosts: ['*'] }, 200],
  ])('is compared with where the service listens: %j', async (options, statusCode) => {
    const { app } = await startServer(options);
    expect(await app.inject({ url: '/livez', headers: { host: 'other.example' } })).toMatchObject({ statusCode });
  });

  it.each(['', 'host: a\r\nhost: b\r\n', 'host: a b\r\n', 'host: user@localhost:1:2\r\n'])(
    'must be there, once, and a host: %j is 400',
    async (lines) => {
      const { base } = await startServer();
      expect(await ask(base, get(lines))).toMatchObject({ status: 400, problem: { status: 400 } });
    },
  );
});

describe('a method that a path does not have', () => {
  it.each([
    ['DELETE', '/v1/queues/fetches', 'GET, HEAD'],
    ['GET', '/v1/queues/fetches/jobs', 'POST'],
    ['PUT', '/v1/queues/fetches/jobs/a%2Fb', 'GET, HEAD'],
    ['OPTIONS', '/livez?x=1', 'GET, HEAD'],
    ['PROPFIND', '/readyz', 'GET, HEAD'],
  ])('is 405 and says which it has: %s %s', async (method, path, allow) => {
    const { base } = await startServer();
    const { status, head } = await ask(base, `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    expect(status).toBe(405);
    expect(head).toContain(`allow: ${allow}`);
  });

  it('is 404 where no method leads anywhere', async () => {
    const { base } = await startServer();
    expect(await ask(base, 'PROPFIND /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n')).toMatchObject({ status: 404 });
  });
});

it('refuses expectations that it cannot meet with 417', async () => {
  const { base } = await startServer();
  const asked = 'GET /livez HTTP/1.1\r\nhost: localhost\r\nexpect: wonders\r\n\r\n';
  expect(await ask(base, asked)).toMatchObject({ status: 417, problem: { status: 417 } });
});

describe('more requests than the limit allows', () => {
  it('is refused at once with 503 while as many requests as may be wait, health apart', async () => {
    const { base, producer, app } = await startServer({ requestsMax: 2 });
    const redis = Promise.withResolvers<void>();
    producer.onPut = () => redis.promise.then(() => receiptOf({}));
    const send = (): Promise<Response> =>
      fetch(`${base}/v1/queues/fetches/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: put,
      });
    const waiting = [send(), send()];
    await expect.poll(() => producer.seen.length).toBe(2);
    const refused = await send();
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ status: 503, code: 'SLUICE_OVERLOADED' });
    expect((await app.inject('/livez')).statusCode).toBe(200);
    redis.resolve();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([202, 202]);
    await expect.poll(async () => (await send()).status).toBe(202);
  });

  it('is refused when it is bytes of bodies, whole or half', async () => {
    const { base, producer } = await startServer({ bodiesMaxBytes: 100_000 });
    producer.onPut = () => new Promise(() => undefined);
    const large = JSON.stringify({ payload: { html: 'x'.repeat(60_000) } });
    const half = connectRaw(base);
    half.socket.write(putBytes(large).subarray(0, 50_000));
    await expect
      .poll(async () => (await ask(base, putBytes(large, { connection: 'close' }))).problem)
      .toMatchObject({ status: 503, code: 'SLUICE_OVERLOADED' });
  });
});

describe('a service that has been told to stop', () => {
  it('is not ready, still answers, and asks clients to close their connections', async () => {
    const leaving = new AbortController();
    const { base, app } = await startServer({ leaving: leaving.signal });
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    leaving.abort();
    const ready = await fetch(`${base}/readyz`);
    expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
    const answer = await app.inject({ method: 'POST', url: '/v1/queues/fetches/jobs', body: { payload: {} } });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.connection).toBe('close');
    expect((await fetch(`${base}/livez`)).status).toBe(200);
  });
});
