import { connectAllQueues } from '@sluice/queue';
import { describe, expect } from 'vitest';
import { serviceTest as test } from './testing/service-test.ts';

const cookieOf = (response: Response): string => response.headers.get('set-cookie')?.split(';')[0] ?? '';

describe('a page', () => {
  test('signs in with a key, which only it sends back and no script can read', async ({ serve, apiKeys }) => {
    const { key } = await apiKeys.add({ client: 'ops', verbs: ['read', 'operate'], queues: ['emails'] });
    const ask = await serve();
    expect(await (await ask('GET', '/v1/session')).json()).toEqual({ signedIn: false, verbs: [] });
    expect((await ask('POST', '/v1/session', undefined, { key: `${key}x` })).status).toBe(401);
    const signedIn = await ask('POST', '/v1/session', undefined, { key });
    const session = { signedIn: true, client: 'ops', verbs: ['read', 'operate'], queues: ['emails'], expiresAt: null };
    expect(await signedIn.json()).toEqual(session);
    expect(signedIn.headers.get('set-cookie')).toMatch(/^sluice_key=sluice_.*HttpOnly.*SameSite=Strict/);
    const cookie = cookieOf(signedIn);
    expect(await (await ask('GET', '/v1/session', undefined, undefined, { cookie })).json()).toEqual(session);
    expect((await ask('GET', '/v1/queues/emails', undefined, undefined, { cookie })).status).toBe(200);
    expect((await ask('GET', '/v1/queues/faxes', undefined, undefined, { cookie })).status).toBe(403);
    const out = await ask('DELETE', '/v1/session', undefined, undefined, { cookie });
    expect(out.headers.get('set-cookie')).toMatch(/^sluice_key=;.*Max-Age=0/);
  });

  test('of another origin changes nothing with the session', async ({ serve, apiKeys }) => {
    const { key } = await apiKeys.add({ client: 'ops', verbs: ['operate'] });
    const ask = await serve();
    const cookie = cookieOf(await ask('POST', '/v1/session', undefined, { key }));
    const cancel = async (headers: Record<string, string>): Promise<number> =>
      (await ask('DELETE', '/v1/queues/emails/jobs/none', undefined, undefined, { cookie, ...headers })).status;
    for (const headers of [
      { origin: 'http://evil.test' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
    ])
      expect(await cancel(headers)).toBe(403);
    expect(await cancel({ 'sec-fetch-site': 'same-origin' })).toBe(404);
  });

  test('says where the session is secure: behind a proxy that speaks TLS', async ({ serve, apiKeys }) => {
    const { key } = await apiKeys.add({ client: 'ops', verbs: ['read'] });
    const ask = await serve();
    const headers = { 'x-forwarded-proto': 'https' };
    expect((await ask('POST', '/v1/session', undefined, { key }, headers)).headers.get('set-cookie')).toContain(
      '; Secure',
    );
    expect((await ask('POST', '/v1/session', undefined, { key })).headers.get('set-cookie')).not.toContain('Secure');
  });
});

describe('an admin', () => {
  test('makes, lists and revokes keys, and reads what was changed', async ({ serve, apiKeys, redis, prefix }) => {
    const { key } = await apiKeys.add({ client: 'root', verbs: ['admin'] });
    const ask = await serve();
    const made = await ask('POST', '/v1/keys', key, { client: 'shop', verbs: ['put'], queues: ['emails'] });
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { id, key: shops } = (await made.json()) as { id: string; key: string };
    const put = async (): Promise<number> =>
      (await ask('POST', '/v1/queues/emails/jobs', shops, { payload: { to: 'a' } })).status;
    await expect.poll(put, { timeout: 10_000 }).toBe(202);
    const { keys } = (await (await ask('GET', '/v1/keys', key)).json()) as { keys: { client: string }[] };
    expect(keys.map(({ client }) => client).toSorted()).toEqual(['root', 'shop']);
    expect(JSON.stringify(keys)).not.toContain('digest');
    expect(await (await ask('DELETE', `/v1/keys/${id}`, key)).json()).toEqual({ id, status: 'revoked' });
    expect((await ask('DELETE', '/v1/keys/0000000000000000', key)).status).toBe(404);
    await using queues = await connectAllQueues({ redis: redis.url, prefix });
    await expect.poll(async () => (await queues.audit.list()).entries).toHaveLength(3);
    const audit = (await (await ask('GET', '/v1/audit?limit=2', key)).json()) as { entries: object[]; next: string };
    expect(audit.entries).toMatchObject([
      { what: { client: 'root', method: 'DELETE', route: '/v1/keys/:id', status: 404 } },
      { what: { client: 'root', id, effect: { status: 'revoked' } } },
    ]);
    const rest = await (await ask('GET', `/v1/audit?cursor=${audit.next}`, key)).json();
    expect(rest).toMatchObject({ entries: [{ what: { route: '/v1/keys', status: 201, effect: { id } } }], next: null });
    expect(JSON.stringify([audit, rest])).not.toContain(shops);
  });

  test('of a few queues only makes no keys', async ({ serve, apiKeys }) => {
    const { key } = await apiKeys.add({ client: 'some', verbs: ['admin'], queues: ['emails'] });
    const ask = await serve();
    const refused = await ask('POST', '/v1/keys', key, { client: 'some', verbs: ['admin'] });
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { detail: expect.stringContaining('all queues') },
    ]);
    expect((await ask('GET', '/v1/audit', key)).status).toBe(403);
  });
});
