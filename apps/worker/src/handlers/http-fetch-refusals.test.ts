import { RetryLaterError } from '@sluice/queue/contracts';
import { describe, expect, it, vi } from 'vitest';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { startTestSite } from '../testing/test-site.ts';

describe('http.fetch and hosts that ask to be left alone', () => {
  /** A site that answers everything with this status and these headers. */
  const refusing = (status: number, headers: Record<string, string> = { 'retry-after': '480' }) =>
    startTestSite((_request, response) => response.writeHead(status, headers).end());

  it.each([429, 503])('gives a fetch back until the time that came with its %i, no attempt spent', async (status) => {
    await using site = await refusing(status);
    await using kit = createFetchKit();
    for (const attempt of [1, 3]) {
      const later = await kit.fetch(`${site.origin}/${attempt}`, { attempt }).catch((error: unknown) => error);
      expect(later).toBeInstanceOf(RetryLaterError);
      expect((later as RetryLaterError).delayMs).toBeGreaterThan(479_000);
      expect((later as RetryLaterError).delayMs).toBeLessThanOrEqual(510_000);
    }
    expect(site.requests).toHaveLength(1);
  });

  it.each([
    ['an hour', { 'retry-after': '3600' }, 3_600_000],
    ['a date', { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, 3_600_000],
    ['a day at most', { 'retry-after': '86400' }, 86_400_000],
  ])('waits for %s', async (_what, headers, ms) => {
    await using site = await refusing(429, headers);
    await using kit = createFetchKit();
    const later = await kit.fetch(site.origin).catch((error: unknown) => error);
    expect(later).toBeInstanceOf(RetryLaterError);
    expect((later as RetryLaterError).delayMs).toBeGreaterThan(ms - 10_000);
  });

  it('ends at once when the host asks for longer than the job may wait, and says how long', async () => {
    await using site = await refusing(429);
    await using kit = createFetchKit();
    const host = `127.0.0.1:${site.port}`;
    expect(await kit.fetch({ url: site.origin, retryAfterMaxMs: 479_999 }, { attempt: 1 })).toMatchObject({
      ok: false,
      status: 429,
      attempts: 1,
      refusal: { host, retryAfterMs: 480_000 },
      error: { code: 'HTTP', message: 'Status 429 Too Many Requests: the host asks to be left alone for 480 s' },
    });
    expect(await kit.fetch({ url: site.origin, retryAfterMaxMs: 0 }, { attempt: 1 })).toMatchObject({
      ok: false,
      status: null,
      refusal: { host, retryAfterMs: expect.toSatisfy((ms: number) => ms > 470_000 && ms <= 480_000) },
      error: { code: 'HTTP', message: expect.stringContaining('not asked') },
    });
    expect(site.requests).toHaveLength(1);
  });

  it('takes years for longer than a day', async () => {
    await using site = await refusing(503, { 'retry-after': '9999999999' });
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin, { attempt: 1 })).refusal).toMatchObject({ retryAfterMs: 9_999_999_999_000 });
  });

  it('slows that host alone', async () => {
    await using busy = await refusing(429);
    await using idle = await startTestSite((_request, response) => response.end());
    await using kit = createFetchKit();
    await kit.fetch(busy.origin).catch(() => {});
    expect(await kit.fetch(idle.origin)).toMatchObject({ ok: true });
  });

  it('stops before a redirect to such a host, and names it', async () => {
    await using busy = await refusing(429);
    await using site = await startTestSite((_request, response) => {
      response.writeHead(302, { location: `${busy.origin}/` }).end();
    });
    await using kit = createFetchKit();
    await kit.fetch(busy.origin).catch(() => {});
    await expect(kit.fetch(site.origin)).rejects.toBeInstanceOf(RetryLaterError);
    expect((await kit.fetch({ url: site.origin, retryAfterMaxMs: 0 })).refusal?.host).toBe(`127.0.0.1:${busy.port}`);
    expect(busy.requests).toHaveLength(1);
  });

  it('asks again when the pause is over', async () => {
    let answers = 0;
    await using site = await startTestSite((_request, response) => {
      answers += 1;
      if (answers === 1) response.writeHead(429, { 'retry-after': '1' });
      response.end();
    });
    await using kit = createFetchKit();
    await expect(kit.fetch(site.origin)).rejects.toBeInstanceOf(RetryLaterError);
    await vi.waitFor(async () => expect(await kit.fetch(site.origin)).toMatchObject({ ok: true }), { interval: 50 });
    expect(site.requests).toHaveLength(2);
  });

  it('spends attempts on a page that is refused for ever, so that its job ends', async () => {
    await using site = await refusing(503, { 'retry-after': '1' });
    await using kit = createFetchKit();
    const now = vi.spyOn(performance, 'now');
    const fetchLater = (attempt: number) => {
      now.mockReturnValue(performance.timeOrigin + site.requests.length * 10_000);
      return kit.fetch(site.origin, { id: 'same', attempt });
    };
    for (let time = 1; time <= 20; time += 1) await expect(fetchLater(3)).rejects.toBeInstanceOf(RetryLaterError);
    await expect(fetchLater(1)).rejects.toMatchObject({ failure: 'HTTP', worthRetrying: true });
    expect(await fetchLater(3)).toMatchObject({ ok: false, status: 503, error: { code: 'HTTP' } });
    now.mockRestore();
    expect(site.requests).toHaveLength(22);
  });
});

describe('http.fetch and refusals without a time', () => {
  it.each([{}, { 'retry-after': '0' }, { 'retry-after': 'soon' }])(
    'spends attempts of the page alone on a 503 with %j',
    async (headers) => {
      await using site = await startTestSite((request, response) => {
        response.writeHead(request.url === '/bad' ? 503 : 200, headers).end();
      });
      await using kit = createFetchKit();
      for (let time = 0; time < 20; time += 1) {
        await expect(kit.fetch(`${site.origin}/bad`, { attempt: 1 })).rejects.toMatchObject({ failure: 'HTTP' });
        expect(await kit.fetch(`${site.origin}/good`)).toMatchObject({ ok: true });
      }
      expect(await kit.fetch(`${site.origin}/bad`)).toMatchObject({ ok: false, status: 503 });
      expect(site.requests).toHaveLength(41);
    },
  );

  it('leaves a host alone that answers nothing but 429', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(429).end());
    await using kit = createFetchKit();
    for (let time = 0; time < 4; time += 1) {
      await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toMatchObject({ failure: 'HTTP' });
    }
    await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toBeInstanceOf(RetryLaterError);
    expect(site.requests).toHaveLength(4);
  });

  it('spends attempts once such a host has been waited for again and again, so that its jobs end', async () => {
    await using site = await startTestSite((_request, response) => response.end());
    await using kit = createFetchKit();
    const host = `127.0.0.1:${site.port}`;
    const now = vi.spyOn(performance, 'now');
    for (let time = 1; time <= 9; time += 1) {
      now.mockReturnValue(performance.timeOrigin + time * 60_000);
      kit.backoff.refused(host, null);
    }
    await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toMatchObject({
      failure: 'HTTP',
      worthRetrying: true,
    });
    expect(await kit.fetch(site.origin, { attempt: 3 })).toMatchObject({
      ok: false,
      status: null,
      error: { code: 'HTTP', message: expect.stringContaining('not asked') },
    });
    now.mockRestore();
    expect(site.requests).toHaveLength(0);
  });
});
