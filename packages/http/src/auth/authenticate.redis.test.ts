import { type AddApiKeyOptions, connectProducer, defineQueue } from '@sluice/queue';
import { fastify } from 'fastify';
import { describe, expect } from 'vitest';
import { sluiceHttp } from '../sluice-http.ts';
import { send, serviceTest as test } from './testing/service-test.ts';

const job = { payload: { to: 'a' } };
const shop: AddApiKeyOptions = { client: 'shop', verbs: ['put'], queues: ['emails'] };

describe('a request', () => {
  test('needs a key that allows what it does with its queue', async ({ serve, apiKeys }) => {
    const { key } = await apiKeys.add(shop);
    const ask = await serve();
    const put = await ask('POST', '/v1/queues/emails/jobs', key, { ...job, id: 'a' });
    expect(put.status).toBe(202);
    const without = await ask('POST', '/v1/queues/emails/jobs', undefined, job);
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="sluice"']);
    expect(await without.json()).toMatchObject({
      code: 'SLUICE_UNAUTHORIZED',
      detail: expect.stringContaining('required'),
    });
    for (const wrong of ['', 'x', `${key}x`, key.toUpperCase()])
      expect((await ask('POST', '/v1/queues/emails/jobs', wrong, job)).status).toBe(401);
    const read = await ask('GET', '/v1/queues/emails/jobs/a', key);
    expect([read.status, await read.json()]).toMatchObject([403, { detail: 'this API key does not allow read' }]);
    const elsewhere = await ask('POST', '/v1/queues/faxes/jobs', key, job);
    expect([elsewhere.status, await elsewhere.json()]).toMatchObject([
      403,
      { detail: 'this API key is not for queue faxes' },
    ]);
    expect((await ask('DELETE', '/v1/queues/emails/jobs/a', key)).status).toBe(403);
    expect((await ask('GET', '/livez')).status).toBe(200);
  });

  test('with a key of all queues and verbs may do everything', async ({ serve, apiKeys }) => {
    const { key } = await apiKeys.add({ client: 'ops', verbs: ['put', 'read', 'operate', 'admin'] });
    const ask = await serve('keys');
    expect((await ask('POST', '/v1/queues/faxes/jobs', key, { ...job, id: 'a' })).status).toBe(202);
    expect((await ask('PATCH', '/v1/queues/faxes/limits', key, { running: 3 })).status).toBe(200);
    expect(await (await ask('DELETE', '/v1/queues/faxes/jobs/a', key)).json()).toMatchObject({ outcome: 'removed' });
  });

  test('reads metrics with a key that may read all queues, or with none where they are open', async ({
    serve,
    apiKeys,
  }) => {
    const metrics = {
      contentType: 'text/plain',
      text: async () => '',
      observeRequest() {},
      observeProducer: () => () => {},
    };
    const keys = {
      all: await apiKeys.add({ client: 'prometheus', verbs: ['read'] }),
      one: await apiKeys.add({ client: 'team', verbs: ['read'], queues: ['emails'] }),
      put: await apiKeys.add({ client: 'shop', verbs: ['put'] }),
    };
    const ask = await serve('keys', { metrics });
    const given = [keys.all.key, keys.one.key, keys.put.key, undefined];
    const statuses = (to: typeof ask): Promise<number[]> =>
      Promise.all(given.map(async (key) => (await to('GET', '/metrics', key)).status));
    expect(await statuses(ask)).toEqual([200, 403, 403, 401]);
    expect(await statuses(await serve('keys', { metrics, metricsKey: false }))).toEqual([200, 200, 200, 200]);
  });

  test('puts no job of a flow into a queue that its key is not for', async ({ serve, apiKeys }) => {
    const { key } = await apiKeys.add(shop);
    const ask = await serve();
    const flow = { job: 'send', ...job, children: [{ job: 'send', ...job, queue: 'faxes' }] };
    const refused = await ask('POST', '/v1/queues/emails/flows', key, flow);
    expect(await refused.json()).toMatchObject({ status: 422, errors: [{ path: ['children', 0, 'queue'] }] });
  });

  test('is refused while its key has sent as many in this second as it may', async ({ serve, apiKeys }) => {
    const { key } = await apiKeys.add({ ...shop, verbs: ['read'], perSecond: 3 });
    const { key: free } = await apiKeys.add({ ...shop, verbs: ['read'] });
    const ask = await serve();
    const asked = await Promise.all(Array.from({ length: 8 }, () => ask('GET', '/v1/queues/emails', key)));
    const refused = asked.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(2); // eight come within two seconds at least
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(await refused[0]?.json()).toMatchObject({ code: 'SLUICE_RATE_LIMITED' });
    expect((await ask('GET', '/v1/queues/emails', free)).status).toBe(200);
  });
});

describe('the service', () => {
  test('is open on a loopback address until the first key is made', async ({ serve, apiKeys }) => {
    const ask = await serve();
    const status = async (key?: string): Promise<number> => (await ask('GET', '/v1/queues/emails', key)).status;
    expect(await status()).toBe(200);
    expect((await ask('DELETE', '/v1/queues/emails/jobs/a')).status).toBe(403);
    const { key, id } = await apiKeys.add({ client: 'ops', verbs: ['read'] });
    await expect.poll(() => status(), { timeout: 10_000 }).toBe(401);
    expect(await status(key)).toBe(200);
    await apiKeys.revoke(id);
    await expect.poll(() => status(key), { timeout: 10_000 }).toBe(401);
    expect(await status()).toBe(401);
  });

  test('with keys always asks for one; with none never', async ({ serve, apiKeys }) => {
    expect((await (await serve('keys'))('GET', '/v1/queues/emails')).status).toBe(401);
    await apiKeys.add(shop);
    const open = await serve('none', { operator: true });
    expect((await open('GET', '/v1/queues/emails')).status).toBe(200);
    expect((await open('DELETE', '/v1/queues/emails/jobs/a')).status).toBe(404);
  });

  test('does not start where strangers could use it', async ({ serve, apiKeys }) => {
    await expect(serve(undefined, { host: '0.0.0.0' })).rejects.toThrow(
      /^no API key exists yet, and other machines may reach 0\.0\.0\.0: make one with `sluice keys add`, or set SLUICE_HTTP_AUTH=none/,
    );
    await expect(serve('keys', { host: '0.0.0.0' })).resolves.toBeTypeOf('function');
    await apiKeys.add(shop);
    await expect(serve(undefined, { host: '0.0.0.0' })).resolves.toBeTypeOf('function');
  });
});

describe('the log', () => {
  test('says who has changed what, and never a key', async ({ serve, apiKeys, lines }) => {
    const { key, id } = await apiKeys.add({ client: 'ops', verbs: ['put', 'operate'] });
    const ask = await serve();
    await ask('POST', '/v1/queues/emails/jobs', key, { ...job, id: 'a' });
    await ask('POST', '/v1/queues/emails/jobs', key, { ...job, id: 'b' });
    await ask('DELETE', '/v1/queues/emails/jobs/a?reason=hush', key);
    await ask('POST', '/v1/queues/emails/jobs/cancel', key, { filter: { state: ['waiting'] } });
    await ask('PATCH', '/v1/queues/emails/limits', key, { running: 3 });
    await ask('DELETE', '/v1/queues/emails/jobs/b');
    const logged = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line));
    await expect.poll(() => logged().filter(({ msg }) => msg === 'request')).toHaveLength(6);
    const audit = logged().filter(({ msg }) => msg === 'audit');
    expect(audit).toMatchObject([
      {
        client: 'ops',
        key: id,
        method: 'DELETE',
        queue: 'emails',
        id: 'a',
        status: 200,
        effect: { outcome: 'removed' },
      },
      { client: 'ops', route: '/v1/queues/:queue/jobs/cancel', effect: { matched: 1, results: { removed: 1 } } },
      { client: 'ops', verb: 'admin', status: 403 },
    ]);
    expect(logged().filter(({ client, msg }) => client === 'ops' && msg === 'request')).toHaveLength(5);
    expect(lines.join('')).not.toMatch(/hush|sluice_[0-9a-f]/);
  });
});

test('the plugin asks for keys when it is told to', async ({ redis, prefix, apiKeys }) => {
  const emails = defineQueue({ name: 'emails', jobs: [send], capacity: 5, prefix });
  const { key } = await apiKeys.add({ client: 'shop', verbs: ['read'] });
  await using producer = await connectProducer(emails, { redis: redis.url });
  for (const served of [{ queues: [emails] }, { producers: [producer] }]) {
    const app = fastify();
    await app.register(sluiceHttp, { ...served, redis: redis.url, auth: 'keys' });
    expect((await app.inject('/v1/queues/emails')).statusCode).toBe(401);
    const headers = { authorization: `Bearer ${key}` };
    expect((await app.inject({ url: '/v1/queues/emails', headers })).statusCode).toBe(200);
    await app.close();
  }
  const app = fastify();
  await expect(app.register(sluiceHttp, { producers: [producer], auth: 'keys' })).rejects.toThrow('give it redis, too');
});
