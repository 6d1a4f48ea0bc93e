import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyOf } from './pages.ts';
import { startDemoSite, type DemoSite } from './site.ts';

describe('the demo site', () => {
  let site: DemoSite;
  beforeAll(async () => {
    site = await startDemoSite();
  });
  afterAll(() => site[Symbol.asyncDispose]());

  const get = (path: string, init?: RequestInit) => fetch(`${site.origins.site}${path}`, init);

  it('serves fast, slow and large pages with the body that is expected of them', async () => {
    for (const kind of ['fast', 'slow', 'large'] as const) {
      const response = await get(`/${kind}/7`);
      expect(response.status).toBe(200);
      expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(kind, 7))).toBe(true);
    }
  });

  it('sends moved pages to a fast page', async () => {
    const response = await get('/moved/3');
    expect(response.url).toBe(`${site.origins.site}/fast/3`);
    expect(response.status).toBe(200);
  });

  it('fails twice for each flaky page and then works', async () => {
    const statuses: number[] = [];
    for (const path of ['/flaky/1', '/flaky/1', '/flaky/2', '/flaky/1']) statuses.push((await get(path)).status);
    expect(statuses).toEqual([500, 500, 500, 200]);
  });

  it('answers 404 for a missing page and for what it does not know', async () => {
    expect((await get('/missing/1')).status).toBe(404);
    expect((await get('/constructor/1')).status).toBe(404);
  });

  it('never answers for a hanging page', async () => {
    await expect(get('/hang/1', { signal: AbortSignal.timeout(200) })).rejects.toThrow('timeout');
  });

  it('has a port that refuses connections for as long as the site is up', async () => {
    const { hostname, port } = new URL(site.origins.refusing);
    for (let n = 0; n < 3; n += 1) {
      const [error] = await once(connect(Number(port), hostname), 'error');
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  it('stops although a page still hangs', async () => {
    const other = await startDemoSite();
    const hanging = fetch(`${other.origins.site}/hang/1`);
    const refused = expect(hanging).rejects.toThrow('fetch failed');
    await fetch(`${other.origins.site}/fast/1`); // by now the other one has arrived, too
    await other[Symbol.asyncDispose]();
    await refused;
  });
});
