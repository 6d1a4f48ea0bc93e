import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { auditKey } from '../store/audit/audit-entries.ts';
import type { AuditLog } from './audit-log.ts';
import { connectAllQueues } from './connect-admin.ts';

const test = redisTest.extend<{ audit: AuditLog }>({
  audit: async ({ redis, prefix }, use) => {
    await using queues = await connectAllQueues({ redis: redis.url, prefix });
    await use(queues.audit);
  },
});

describe('the audit log', () => {
  test('is read in pages, the newest first', async ({ audit }) => {
    for (let n = 1; n <= 5; n += 1) await audit.append({ client: 'ops', n });
    const seen: unknown[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await audit.list({ limit: 2, ...(cursor && { cursor }) });
      expect(page.entries.length).toBeLessThanOrEqual(2);
      seen.push(...page.entries.map(({ what }) => what['n']));
      cursor = page.next;
    } while (cursor !== null);
    expect(seen).toEqual([5, 4, 3, 2, 1]);
    const [newest] = (await audit.list({ limit: 1 })).entries;
    expect(newest).toEqual({ at: expect.any(Number), what: { client: 'ops', n: 5 } });
  });

  test('is empty at first, and read past what others have written', async ({ audit, redis, prefix }) => {
    expect(await audit.list()).toEqual({ entries: [], next: null });
    const client = await redis.client();
    await client.xadd(auditKey(prefix), '*', 'entry', '{');
    await client.xadd(auditKey(prefix), '*', 'other', '[1]');
    expect((await audit.list()).entries).toMatchObject([{ what: {} }, { what: {} }]);
  });

  test('takes no entry of any size, and no cursor of any form', async ({ audit }) => {
    await expect(audit.append({ reason: 'x'.repeat(4_096) })).rejects.toThrow('at most 4 KiB');
    await expect(audit.list({ cursor: '*' })).rejects.toThrow('cursor must be `next` of the page before');
    await expect(audit.list({ limit: 0 })).rejects.toThrow('limit must be a whole number from 1 to 1,000');
  });
});
