import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { afterEach, describe, expect, type TestAPI, vi } from 'vitest';
import type { Logger } from '../../job/logging/logger.ts';
import { RedisClock } from './redis-clock.ts';
import { RedisConnection } from './redis-connection.ts';
import { readRedisTime } from './redis-time.ts';

const HOURS_MS = 3_600_000;
const KEY = 'bull:{q}:meta';

/** A clock that has been started, what it logged, and a way to set the machine's own clock. */
interface Setup {
  clock: RedisClock;
  link: RedisConnection;
  lines: string[];
  redisMs(): Promise<number>;
}

const test = redisTest.extend<{ setup: Setup }>({
  setup: async ({ redis }, use) => {
    await using link = new RedisConnection(redis.url);
    await link.connect();
    const lines: string[] = [];
    const say = (level: string) => (_: object, message: string) => void lines.push(`${level} ${message}`);
    const logger = { warn: say('warn'), info: say('info') } as unknown as Logger;
    const clock = new RedisClock({ key: KEY, logger });
    await use({ clock, link, lines, redisMs: () => readRedisTime(link.client, KEY) });
    clock.stop();
  },
}) as unknown as TestAPI<RedisFixtures & { setup: Setup }>;

function setClock(offMs: number): void {
  vi.restoreAllMocks();
  const { now } = Date;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + offMs);
}

afterEach(() => void vi.restoreAllMocks());

describe('Redis’s clock, as a process keeps it', () => {
  for (const offMs of [2 * HOURS_MS, -2 * HOURS_MS]) {
    test(`is right on a machine that is ${offMs / HOURS_MS} hours off`, async ({ setup: { clock, link, redisMs } }) => {
      setClock(offMs);
      await clock.start(link);
      const before = await redisMs();
      const now = clock.nowMs();
      expect(now).toBeGreaterThanOrEqual(Math.floor(before) - 5_000);
      expect(now).toBeLessThanOrEqual(Math.ceil(await redisMs()));
      expect(clock.fromOwn(Date.now() + 60_000) - clock.nowMs()).toBeGreaterThan(50_000);
      expect(clock.fromOwn(Date.now() + 60_000) - clock.nowMs()).toBeLessThan(70_000);
    });
  }

  test('does not follow the machine’s own when that is set', async ({ setup: { clock, link, redisMs } }) => {
    await clock.start(link);
    setClock(2 * HOURS_MS);
    expect(Math.abs(clock.nowMs() - (await redisMs()))).toBeLessThan(5_000);
  });

  test('leaves the times of a machine whose clock is right as they are', async ({ setup: { clock, link } }) => {
    await clock.start(link);
    expect(clock.fromOwn(1_800_000_000_000)).toBe(1_800_000_000_000);
  });

  test('reports once that the machine’s is wrong, at the start or later, and when it is right again', async ({
    setup: { clock, link, lines },
  }) => {
    setClock(2 * HOURS_MS);
    await clock.start(link);
    await clock.measure(link.client, link.host);
    expect(lines).toEqual([expect.stringMatching(/^warn this machine's clock is 7200 s ahead of that of Redis/)]);
    setClock(0);
    await clock.measure(link.client, link.host);
    expect(lines[1]).toMatch(/^info .* agrees with that of Redis again$/);
    setClock(-60_000);
    await clock.measure(link.client, link.host);
    expect(lines[2]).toMatch(/^warn .* 60 s behind that of Redis/);
    expect(lines).toHaveLength(3);
  });
});
