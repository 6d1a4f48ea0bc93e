import type { LookupFunction } from 'node:net';
import { JobInterruptedError, JobTimeoutError } from '@sluice/queue/contracts';
import { describe, expect, it, vi } from 'vitest';
import { publicAddressesOnly } from '../http/connection/address-policy.ts';
import { startRawSite } from '../testing/test-site.ts';
import { createWebhookKit } from '../testing/webhook-kit.ts';
import { startWebhookReceiver } from '../testing/webhook-receiver.ts';

describe('webhook.deliver and answers', () => {
  it.each([200, 201, 202, 204, 299])('takes a %i for success', async (status) => {
    await using site = await startWebhookReceiver((response) => void response.writeHead(status).end());
    await using kit = await createWebhookKit();
    expect(await kit.send({ url: site.origin })).toMatchObject({ outcome: 'completed', result: { status } });
  });

  it.each([400, 401, 404, 408, 413, 429, 500, 502, 503, 504])('tries again after a %i', async (status) => {
    await using site = await startWebhookReceiver(
      (response) => void response.writeHead(status).end('no\n\tsuch\u0000 thing'),
    );
    await using kit = await createWebhookKit();
    expect(await kit.send({ url: site.origin }, { attempt: 1 })).toMatchObject({
      outcome: 'retried',
      error: {
        code: 'SLUICE_WEBHOOK',
        message: expect.stringMatching(new RegExp(`^Status ${status} .+: no such thing$`)),
      },
    });
    expect(await kit.send({ url: site.origin }, { attempt: 17 })).toMatchObject({ outcome: 'dead' });
  });

  it.each([301, 302, 303, 307, 308])('does not follow a %i', async (status) => {
    await using other = await startWebhookReceiver();
    await using site = await startWebhookReceiver((response) => {
      response.writeHead(status, { location: other.origin }).end();
    });
    await using kit = await createWebhookKit();
    expect(await kit.send({ url: site.origin })).toMatchObject({
      outcome: 'retried',
      error: { message: expect.stringContaining('redirects are not followed') },
    });
    expect(other.received).toEqual([]);
  });

  it('ends for good with a 410', async () => {
    await using site = await startWebhookReceiver((response) => void response.writeHead(410).end('unsubscribed'));
    await using kit = await createWebhookKit();
    expect(await kit.send({ url: site.origin }, { attempt: 1 })).toMatchObject({
      outcome: 'dead',
      error: { code: 'SLUICE_PERMANENT', message: 'Status 410 Gone: unsubscribed' },
    });
  });

  it.each([429, 503])('comes back no earlier than the time that came with a %i, no attempt spent', async (status) => {
    await using site = await startWebhookReceiver((response) => {
      response.writeHead(status, { 'retry-after': '480' }).end();
    });
    await using kit = await createWebhookKit();
    for (const attempt of [1, 17]) {
      const run = await kit.send({ url: site.origin }, { attempt });
      expect(run).toMatchObject({ outcome: 'released', error: { code: 'SLUICE_RETRY_LATER' } });
      expect(run.outcome === 'released' && run.delayMs).toBeGreaterThan(470_000);
    }
    expect(site.received).toHaveLength(1);
  });

  it('spends an attempt once a receiver has named a time again and again', async () => {
    await using site = await startWebhookReceiver(
      (response) => void response.writeHead(503, { 'retry-after': '1' }).end(),
    );
    await using kit = await createWebhookKit();
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const outcomes: string[] = [];
      for (let time = 1; time <= 21; time += 1) {
        outcomes.push((await kit.send({ url: site.origin }, { id: 'same' })).outcome);
        vi.advanceTimersByTime(2_000);
      }
      expect(outcomes).toEqual([...Array.from({ length: 20 }, () => 'released'), 'retried']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps only the beginning of a long answer', async () => {
    await using site = await startWebhookReceiver((response) => void response.writeHead(500).end('x'.repeat(2 ** 20)));
    await using kit = await createWebhookKit();
    const run = await kit.send({ url: site.origin });
    expect(run).toMatchObject({
      outcome: 'retried',
      error: { message: `Status 500 Internal Server Error: ${'x'.repeat(200)}…` },
    });
  });

  it.each([200, 500])('reads no more than the beginning of a %i that never ends', async (status) => {
    const chunk = 'x'.repeat(64 * 1_024);
    let writtenBytes = 0;
    await using site = await startWebhookReceiver((response) => {
      const write = (): void => {
        if (response.destroyed) return;
        writtenBytes += chunk.length;
        response.write(chunk, write);
      };
      response.writeHead(status);
      write();
    });
    await using kit = await createWebhookKit();
    const { outcome } = await kit.send({ url: site.origin });
    expect(outcome).toBe(status === 200 ? 'completed' : 'retried');
    // What the buffers of both sides hold, and not what a second brings.
    expect(writtenBytes).toBeLessThan(32 * 2 ** 20);
  });

  it.each([200, 500])('does not wait for the body of a %i that does not come', async (status) => {
    await using site = await startWebhookReceiver((response) => response.writeHead(status).flushHeaders());
    await using kit = await createWebhookKit();
    const { outcome } = await kit.send({ url: site.origin });
    expect(outcome).toBe(status === 200 ? 'completed' : 'retried');
  });
});

describe('webhook.deliver without an answer', () => {
  it('tries again when the connection is cut', async () => {
    await using site = await startRawSite((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    await using kit = await createWebhookKit();
    expect(await kit.send({ url: site.origin })).toMatchObject({
      outcome: 'retried',
      error: { code: 'SLUICE_WEBHOOK', message: 'RESET: the connection was cut' },
    });
  });

  it('sends at once again what was lost with a connection that its server closed while it was idle', async () => {
    await using site = await startRawSite((socket) => {
      socket.once('data', () => {
        socket.once('data', () => socket.resetAndDestroy());
        socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      });
    });
    await using kit = await createWebhookKit();
    expect(await kit.send({ url: site.origin })).toMatchObject({ outcome: 'completed' });
    expect(await kit.send({ url: site.origin })).toMatchObject({ outcome: 'completed' });
    expect(site.connections()).toBe(2);
  });

  it('tries again when nobody listens, or the name does not resolve', async () => {
    const site = await startWebhookReceiver();
    await site[Symbol.asyncDispose]();
    await using kit = await createWebhookKit();
    expect(await kit.send({ url: site.origin })).toMatchObject({
      outcome: 'retried',
      error: { message: 'REFUSED: the connection was refused' },
    });
    const lookup: LookupFunction = (_name, _options, done) =>
      done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '');
    await using blind = await createWebhookKit({ lookup });
    expect(await blind.send({ url: 'http://name.test/' })).toMatchObject({
      outcome: 'retried',
      error: { message: 'DNS: the name does not resolve (ENOTFOUND)' },
    });
  });

  it('ends an attempt at its deadline, and gives it back at a drain', async () => {
    await using site = await startWebhookReceiver(() => {});
    await using kit = await createWebhookKit();
    for (const [reason, end] of [
      [new JobTimeoutError(20_000), { outcome: 'retried', error: { code: 'SLUICE_JOB_TIMEOUT' } }],
      [new JobInterruptedError('drain'), { outcome: 'released' }],
    ] as const) {
      const controller = new AbortController();
      const before = site.received.length;
      const sending = kit.send({ url: site.origin }, { signal: controller.signal });
      await vi.waitFor(() => expect(site.received).toHaveLength(before + 1), { timeout: 10_000 });
      controller.abort(reason);
      expect(await sending).toMatchObject(end);
    }
  });

  it.each(['EMFILE', 'ENOBUFS'])('gives the job back while this machine is short of something (%s)', async (code) => {
    const lookup: LookupFunction = (_name, _options, done) => done(Object.assign(new Error(code), { code }), '');
    await using kit = await createWebhookKit({ lookup });
    expect(await kit.send({ url: 'http://name.test/' }, { attempt: 17 })).toMatchObject({ outcome: 'released' });
  });
});

describe('webhook.deliver and where it may not go', () => {
  it.each(['http://127.0.0.1:1/', 'http://localhost/', 'http://[::ffff:10.0.0.1]/', 'http://169.254.169.254/latest'])(
    'ends for good with %s',
    async (url) => {
      await using kit = await createWebhookKit({ policy: publicAddressesOnly });
      expect(await kit.send({ url })).toMatchObject({
        outcome: 'dead',
        error: { code: 'SLUICE_PERMANENT', message: expect.stringContaining('is not at a public address') },
      });
    },
  );

  it('ends for good with a name that leads there', async () => {
    await using site = await startWebhookReceiver();
    const lookup: LookupFunction = (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    await using kit = await createWebhookKit({ policy: publicAddressesOnly, lookup });
    expect(await kit.send({ url: `http://name.test:${site.port}/` })).toMatchObject({ outcome: 'dead' });
    expect(site.connections()).toBe(0);
  });

  it('ends for good with a URL that cannot be read', async () => {
    await using kit = await createWebhookKit();
    expect(await kit.send({ url: 'http://a.example:99999/' })).toMatchObject({ outcome: 'dead' });
  });
});

describe('webhook.deliver and one slow host', () => {
  it('gives back what is more than a host may get at a time, and goes on with other hosts', async () => {
    const gate = Promise.withResolvers<void>();
    await using slow = await startWebhookReceiver(async (response) => {
      await gate.promise;
      response.writeHead(204).end();
    });
    await using quick = await startWebhookReceiver();
    await using kit = await createWebhookKit({ perHost: 2 });
    const out = [kit.send({ url: slow.origin }), kit.send({ url: slow.origin })];
    await vi.waitFor(() => expect(slow.received).toHaveLength(2), { timeout: 10_000 });
    expect(await kit.send({ url: slow.origin })).toMatchObject({
      outcome: 'released',
      error: { message: 'the host has as many webhooks at a time as it may get' },
    });
    expect(await kit.send({ url: quick.origin })).toMatchObject({ outcome: 'completed' });
    gate.resolve();
    expect((await Promise.all(out)).map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
    expect(await kit.send({ url: slow.origin })).toMatchObject({ outcome: 'completed' });
  });

  it('frees the slot of a delivery that failed', async () => {
    await using site = await startRawSite((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    await using kit = await createWebhookKit({ perHost: 1 });
    expect(await kit.send({ url: site.origin })).toMatchObject({ outcome: 'retried' });
    expect(await kit.send({ url: site.origin })).toMatchObject({ outcome: 'retried' });
  });
});
