import type { Redis } from 'ioredis';
import { describe, expect, vi } from 'vitest';
import { restartRedis } from '../faults/restart-redis.ts';
import { isolatedRedisTest } from '../fixtures/isolated-redis-test.ts';
import { neverOver } from '../history/never-over.ts';
import type { TestServer } from '../servers/test-server.ts';
import { replayTransactions } from './replay-transactions.ts';
import type { TransactionReport } from './transaction-report.ts';

const queue = { storedName: '{q}' };
const key = (part: string): string => `bull:{q}:${part}`;

function replay(server: TestServer): Promise<TransactionReport> {
  if (server.dataDir === null) throw new Error('this server keeps no log here');
  return replayTransactions(server.dataDir, queue);
}

// The transactions that changed the depth.
function steps({ depths }: TransactionReport): number[] {
  return depths.filter((depth, index) => depth !== (depths[index - 1] ?? 0));
}

async function fill(client: Redis, jobs: number): Promise<void> {
  for (let job = 0; job < jobs; job += 1) await client.lpush(key('wait'), job);
}

describe('replayTransactions', () => {
  isolatedRedisTest('sees each command and each script as one step', async ({ redis, server }) => {
    const client = await redis.client();
    await fill(client, 2);
    // Up by five and down by four inside one script: no client can see the seven.
    await client.eval(
      `for i = 1, 5 do redis.call('LPUSH', KEYS[1], i) end
       for i = 1, 4 do redis.call('RPOP', KEYS[1]) end`,
      1,
      key('wait'),
    );
    await client.multi().rpop(key('wait')).rpop(key('wait')).exec();

    const report = await replay(server);
    expect(steps(report)).toEqual([1, 2, 3, 1]);
    expect(report).toMatchObject({ highestDepth: 3, finalDepth: 1 });
  });

  isolatedRedisTest('counts every list and set of unfinished jobs, and no other', async ({ redis, server }) => {
    const client = await redis.client();
    for (const part of ['wait', 'active', 'paused']) await client.lpush(key(part), 'job');
    for (const part of ['prioritized', 'delayed', 'waiting-children']) await client.zadd(key(part), 1, 'job');
    expect(steps(await replay(server))).toEqual([1, 2, 3, 4, 5, 6]);

    await client.zadd(key('completed'), 1, 'job');
    await client.zadd(key('failed'), 1, 'job');
    await client.lpush('bull:{other}:wait', 'job');
    await client.rpoplpush(key('wait'), key('active'));
    expect(steps(await replay(server))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  isolatedRedisTest('shows the transaction that exceeded the capacity', async ({ redis, server }) => {
    const client = await redis.client();
    await fill(client, 3);
    await client.multi().set('reason', 'greed').lpush(key('wait'), 'x'.repeat(100)).exec();
    await client.rpop(key('wait'));

    const report = await replay(server);
    expect(neverOver(report, 4)).toEqual([]);
    const [violation, ...more] = neverOver(report, 3);
    expect(more).toEqual([]);
    expect(violation).toMatchObject({ kind: 'over' });
    expect(violation?.message).toMatch(
      /left 4 unfinished jobs, 1 more .* set reason greed; lpush bull:\{q\}:wait x+…/i,
    );
  });

  isolatedRedisTest('proves nothing from a log without jobs', async ({ redis, server }) => {
    const client = await redis.client();
    await client.set('key', 'value');
    expect(neverOver(await replay(server), 3)).toMatchObject([{ kind: 'nothing-seen' }]);
  });

  isolatedRedisTest('continues after a kill -9 of Redis', async ({ redis, server }) => {
    const client = await redis.client();
    await fill(client, 3);
    await restartRedis(server, 'kill');
    await client.rpop(key('wait'));
    expect(steps(await replay(server))).toEqual([1, 2, 3, 2]);
  });

  isolatedRedisTest('begins where a rewritten log begins', async ({ redis, server }) => {
    const client = await redis.client();
    await fill(client, 3);
    await client.bgrewriteaof();
    await vi.waitFor(async () => {
      expect(await client.info('persistence')).toMatch(/aof_rewrite_in_progress:0[^]*aof_rewrite_scheduled:0/);
    });
    await client.lpush(key('wait'), 'fourth');
    expect((await replay(server)).depths.at(-1)).toBe(4);
    expect((await replay(server)).depths).not.toContain(1);
  });

  isolatedRedisTest('replays tens of thousands of transactions in seconds', async ({ redis, server }) => {
    const client = await redis.client();
    const add = `redis.call('LPUSH', KEYS[1], ARGV[1]); redis.call('HSET', 'job:' .. ARGV[1], 'a', 1)`;
    const pipeline = client.pipeline();
    for (let job = 0; job < 20_000; job += 1) pipeline.eval(add, 1, key('wait'), job);
    await pipeline.exec();
    expect(await replay(server)).toMatchObject({ highestDepth: 20_000, finalDepth: 20_000 });
  });
});
