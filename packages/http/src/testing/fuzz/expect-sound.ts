import { connectAllQueues, defineQueue, type QueueDefinition } from '@sluice/queue';
import { pageDigest } from '@sluice/shared';
import { expect } from 'vitest';
import { HttpService } from '../../http-service.ts';
import { recordedLogger } from '../recorded-logger.ts';
import { fuzzService } from './fuzz-service.ts';
import { PAYLOAD_MARK } from './request-of-operation.ts';

const MIB = 2 ** 20;
/** This process sends the requests, too. */
const GROWTH_MAX_BYTES = 300 * MIB;

/** Fuzzes a service with two queues, and looks at what is left: answers, jobs, connections, memory and log. */
export async function expectSound(
  redis: string,
  { seed, requests }: { seed: number; requests: number },
): Promise<void> {
  const queueOf = (name: string, capacity: number): QueueDefinition =>
    defineQueue({ name, jobs: [pageDigest], capacity });
  const queues = [queueOf('fuzzed', 50), queueOf('kept', 1_000_000)] as const;
  await using all = await connectAllQueues({ redis });
  const { key } = await all.apiKeys.add({ client: 'fuzz', verbs: ['put', 'read', 'operate', 'admin'] });
  const lines: string[] = [];
  const logger = recordedLogger(lines, 'info');
  const limits = { watchesMax: 5_000, watchesPerClient: 5_000 };
  const service = new HttpService({
    queues,
    redis,
    logger,
    host: '127.0.0.1',
    port: 0,
    drainMs: 5_000,
    auth: 'keys',
    ...limits,
  });
  await service.start();
  try {
    const base = service.url ?? expect.unreachable();
    const fuzz = { base, key, queues: ['fuzzed', 'kept'] } as const;
    // What any program takes with its first requests is no growth.
    const first = await fuzzService({ ...fuzz, seed, requests: requests / 4 });
    const before = process.memoryUsage.rss();
    const rest = await fuzzService({ ...fuzz, seed: -seed, requests: (requests / 4) * 3 });
    const growth = process.memoryUsage.rss() - before;
    const wrong = [...first.wrong, ...rest.wrong];
    const [created, sent] = [first.created + rest.created, first.sent + rest.sent];
    const { statuses } = rest;
    const shown = `seed ${seed}: ${JSON.stringify(statuses)}\n${wrong.slice(0, 10).join('\n')}`;
    expect(wrong.length, shown).toBe(0);
    expect(sent).toBe(requests);
    // No kind of answer is missing: the requests are not all refused before they are looked into.
    for (const status of [200, 202, 400, 404, 415, 422]) expect(statuses[status] ?? 0, shown).toBeGreaterThan(0);
    expect(created, shown).toBeGreaterThan(0);
    expect((await all.get(queues[1]).stats()).depth, shown).toBe(created);
    expect(growth, shown).toBeLessThan(GROWTH_MAX_BYTES);
  } finally {
    await service.stop();
  }
  const secret = /^sluice_[0-9a-f]{16}_(.{43})$/.exec(key)?.[1] ?? expect.unreachable(); // it may have _ in it
  expect(lines.filter((line) => line.includes(secret) || line.includes(PAYLOAD_MARK))).toEqual([]);
  expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
}
