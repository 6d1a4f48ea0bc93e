import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { startSluice } from '../testing/sluice-process.ts';

async function put(base: string, queue: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(`${base}/v1/queues/${queue}/jobs`, { method: 'POST', body: JSON.stringify(body), headers }))
    .status;
}

describe('sluice serve', () => {
  test.for([
    ['an app of one’s own', ['--app', './words-app.ts'], 'letters', { payload: 'a' }],
    ['the shipped app', [], 'fetches', { job: 'page.digest', payload: { html: '' } }],
  ] as const)('takes jobs over HTTP for %s, and ends with 0', async ([, args, queue, body], { redis, prefix }) => {
    await using service = startSluice(['serve', ...args, '--redis', redis.url, '--port', '0'], {
      TEST_PREFIX: prefix,
      SLUICE_PREFIX: prefix,
      PORT: '1',
    });
    await expect.poll(() => service.output()).toContain('listening on');
    const [, base = ''] = /listening on (http:\/\/[\d.:]+)/.exec(service.output()) ?? [];
    expect([await put(base, queue, body), await put(base, 'none', body)]).toEqual([202, 404]);
    service.child.kill('SIGINT');
    expect(await service.ended).toBe(0);
  });

  test('ends with 2 for a queue that the app has not', async () => {
    const args = ['serve', '--app', './words-app.ts', '--queues', 'wrds', '--redis', 'redis://127.0.0.1:1'];
    await using service = startSluice(args, {});
    expect(await service.ended).toBe(2);
    expect(service.output()).toContain('did you mean words?');
  });
});
