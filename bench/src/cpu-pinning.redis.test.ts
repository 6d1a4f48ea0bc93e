import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { BenchProcess } from './bench-process.ts';
import { cpusIn } from './cpu-pinning.ts';
import { BenchRedis } from './redis-meter.ts';

/** The CPUs that this process may use; none where there is no taskset. */
function ownCpus(): string[] {
  try {
    const answer = execFileSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' });
    return cpusIn(answer.trim().split(' ').at(-1) ?? '');
  } catch {
    return [];
  }
}

const [cpu] = ownCpus();

describe.skipIf(cpu === undefined)('with taskset', () => {
  const store = cpu ?? '';

  it('runs Redis, with all its threads, on the CPU that is kept for it', async () => {
    await using redis = await BenchRedis.start({ onProgress: () => {}, pinning: { store, others: 'any' } });
    const client = new Redis(redis.socketPath);
    const [, pid = ''] = /^process_id:(\d+)/m.exec(await client.info('server')) ?? [];
    client.disconnect();
    const threads = await readdir(`/proc/${pid}/task`);
    expect(threads.length).toBeGreaterThan(1);
    for (const thread of threads)
      expect(await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8')).toMatch(
        new RegExp(`^Cpus_allowed_list:\\s*${store}$`, 'm'),
      );
  });

  it('runs a process of the bench where it is told to', async () => {
    const options = { name: 'cpus', program: new URL('testing/cpus-program.ts', import.meta.url), args: [] };
    await using pinned = await BenchProcess.start<object, string>({ ...options, cpus: store });
    expect(await pinned.ask({})).toBe(store);
  });
});
