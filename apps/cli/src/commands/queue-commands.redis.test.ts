import { describe, expect } from 'vitest';
import { connectAdmin } from '@sluice/queue';
import { greet, queueTest as test } from '../testing/queue-test.ts';
import { runCli } from '../testing/run-cli.ts';

describe('sluice status', () => {
  test('shows one queue, or all', async ({ cli, producer, queueName }) => {
    await producer.put(greet, { n: 2 });
    const one = await cli(['status', queueName]);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout).toContain('1 of 1,000 (0%)');
    const all = await cli(['status']);
    expect(all.stdout).toMatch(new RegExp(`^QUEUE +DEPTH .*\n${queueName} +1 +1,000 `));
    const json = await cli(['status', queueName, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ at: expect.any(Number), queue: queueName, depth: 1, pools: 0 });
    expect(JSON.parse((await cli(['status', '--json'])).stdout)).toMatchObject({
      queues: [{ queue: queueName }],
      complete: true,
    });
  });

  test('watches until it is interrupted, one line of JSON a look', async ({ cli, producer, queueName }) => {
    const stop = new AbortController();
    const lines: { depth: number }[] = [];
    await producer.put(greet, { n: 2 });
    const { code } = await cli(['status', queueName, '--watch', '--json', '--every', '100ms'], {
      interrupted: stop.signal,
      onOutput: (text) => {
        lines.push(JSON.parse(text));
        if (lines.length === 1) void producer.put(greet, { n: 2 });
        if (lines.at(-1)?.depth === 2) stop.abort();
      },
    });
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({ depth: 2, putPerSecond: expect.any(Number) });
  });

  test('ends quietly when its reader is gone', async ({ cli, producer, queueName }) => {
    await producer.put(greet, { n: 2 });
    const watched = await cli(['status', queueName, '--watch', '--every', '100ms'], { readerLeavesAfter: 2 });
    expect(watched).toMatchObject({ code: 141, stderr: '' });
  });

  test('names the queue that was meant, or those that there are', async ({ cli, producer }) => {
    const { name } = producer.queue;
    const close = await cli(['status', `${name}x`]);
    expect(close).toMatchObject({
      code: 5,
      stderr: `sluice: there is no queue ${name}x in this Redis; did you mean ${name}?\n`,
    });
    const other = await cli(['status', 'entirely-different']);
    expect(other).toMatchObject({ code: 5, stderr: expect.stringContaining(`: it has ${name}`) });
    expect(await cli(['status', 'a b'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('sluice capacity, seal, unseal, pause and resume', () => {
  test('set what holds for every process', async ({ cli, producer, queueName }) => {
    expect((await cli(['capacity', queueName, '7'])).stdout).toContain('0 of 7 jobs; the capacity is set at run time');
    expect(await producer.stats()).toMatchObject({ capacity: 7 });
    const cleared = await cli(['capacity', queueName, 'clear', '--json']);
    expect(JSON.parse(cleared.stdout)).toMatchObject({ queue: queueName, capacity: 1_000, depth: 0, over: 0 });
    expect(JSON.parse((await cli(['seal', queueName, '--json'])).stdout)).toMatchObject({
      sealed: true,
      paused: false,
    });
    expect((await cli(['pause', queueName])).stdout).toBe(`${queueName} gives workers no more jobs\n`);
    expect(await producer.stats()).toMatchObject({ sealed: true, paused: true });
    await cli(['unseal', queueName]);
    await cli(['resume', queueName]);
    expect(await producer.stats()).toMatchObject({ sealed: false, paused: false });
  });

  test.for(['0', '-1', '1.5', 'many'])('refuse the capacity %s', async (wanted, { cli, queueName }) => {
    expect(await cli(['capacity', queueName, '--', wanted])).toMatchObject({ code: 2, stdout: '' });
  });

  test.for(['seal', 'unseal', 'pause', 'resume', 'capacity', 'jobs'])(
    'sluice %s makes no queue that is not there',
    async (command, { cli, redis, queueName }) => {
      expect(await cli([command, queueName])).toMatchObject({ code: 5, stdout: '' });
      await using admin = await connectAdmin({ name: queueName, prefix: queueName }, { redis: redis.url });
      expect(await admin.exists()).toBe(false);
    },
  );
});

describe('sluice jobs', () => {
  test('lists by state and error, and never acts on the terminal', async ({ cli, producer, work, queueName }) => {
    for (let n = 0; n < 6; n += 1) await producer.put(greet, { n }, { id: `n${n}\u001b[31m` });
    await work();
    const { stdout, code } = await cli(['jobs', queueName, '--state', 'dead', '--error', 'SLUICE_PERMANENT']);
    expect(code).toBe(0);
    expect(stdout.match(/^dead /gm)).toHaveLength(3);
    expect(stdout).toContain('n5\\u{1b}[31m  SLUICE_PERMANENT: 5 is odd\\u{1b}[2J');
    expect(stdout).toMatch(/^[ -~\n]*$/);
    const json = await cli(['jobs', queueName, '--state', 'failed,completed', '--json', '--since', '1h']);
    expect(json.stdout).toMatch(/^[ -~]*\n$/);
    expect(JSON.parse(json.stdout)).toMatchObject({ queue: queueName, next: null, looked: 6 });
    expect((await cli(['jobs', queueName, '--state', 'failed', '--since', '2100-01-01'])).stdout).toBe('');
  });

  test('goes on with the cursor that it printed', async ({ cli, producer, queueName }) => {
    for (let n = 0; n < 5; n += 1) await producer.put(greet, { n }, { id: `n${n}` });
    const first = JSON.parse((await cli(['jobs', queueName, '--limit', '3', '--json'])).stdout);
    const rest = JSON.parse((await cli(['jobs', queueName, '--cursor', first.next, '--json'])).stdout);
    const ids = [...first.jobs, ...rest.jobs].map(({ id }: { id: string }) => id);
    expect(ids).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
    expect((await cli(['jobs', queueName, '--limit', '3'])).stderr).toContain('there are more: --cursor wait:3');
  });

  test.for([
    [['--state', 'wating'], 'did you mean waiting?'],
    [['--since', 'soon'], 'It must be a duration back from now'],
    [['--limit', '0'], 'from 1 to 10,000'],
    [['--cursor', 'x'], 'cursor must be the `next` of a page'],
  ] as const)('refuses %j', async ([args, message], { cli, producer }) => {
    const { code, stderr } = await cli(['jobs', producer.queue.name, ...args]);
    expect(code).toBe(2);
    expect(stderr.replaceAll('10000', '10,000')).toContain(message);
  });
});

describe('sluice job', () => {
  test('finds a job by its id alone, and shows its payload when asked', async ({ cli, producer, queueName }) => {
    await producer.put(greet, { n: 2 }, { id: 'a/b c', delayMs: 60_000 });
    const { stdout } = await cli(['job', 'a/b c']);
    expect(stdout).toMatch(/^queue +.*\nid +a\/b c\njob +greet\nstate +delayed\nattempts +0 of 1\n/);
    expect(stdout).not.toContain('"n":2');
    const json = JSON.parse((await cli(['job', queueName, 'a/b c', '--payload', '--json'])).stdout);
    expect(json).toMatchObject({ queue: queueName, id: 'a/b c', payload: { n: 2 } });
  });

  test('says where it looked for one that is not there', async ({ cli, producer, queueName }) => {
    expect(await cli(['job', queueName, 'x'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('keeps no job x'),
    });
    expect(await cli(['job', 'x'])).toMatchObject({
      code: 5,
      stderr: `sluice: no job x in the only queue, ${producer.queue.name}\n`,
    });
    expect((await cli(['job', queueName])).stderr).toContain('is a queue: give the id behind it');
  });
});

describe('where Redis is', () => {
  test('is an option before SLUICE_REDIS_URL before REDIS_URL', async ({ redis }) => {
    const wrong = 'redis://127.0.0.1:1';
    const status = ['status', '--prefix', 'none'];
    const first = await runCli([...status, '--redis', redis.url], {
      env: { SLUICE_REDIS_URL: wrong, REDIS_URL: wrong },
    });
    expect(first.stdout).toBe('no queues\n');
    const second = await runCli(status, { env: { SLUICE_REDIS_URL: redis.url, REDIS_URL: wrong } });
    expect(second.stdout).toBe('no queues\n');
    expect((await runCli(status, { env: { SLUICE_REDIS_URL: '', REDIS_URL: redis.url } })).stdout).toBe('no queues\n');
    expect(await runCli(status)).toMatchObject({ code: 2, stderr: expect.stringContaining('no Redis is named') });
  });

  test('is said without its password when Redis is away', async () => {
    const away = await runCli(['status', '--redis', 'redis://user:s3cret@127.0.0.1:1']);
    expect(away).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('127.0.0.1:1 does not answer') });
    const odd = await runCli(['status', '--redis', 'redis://user:s3/cret@127.0.0.1:1']);
    expect(odd.code).toBe(2);
    expect(away.stderr + odd.stderr).not.toMatch(/s3|cret/);
  });
});
