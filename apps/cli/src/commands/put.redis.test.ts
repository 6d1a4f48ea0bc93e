import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { queueTest as test } from '../testing/queue-test.ts';
import { runCli } from '../testing/run-cli.ts';

const lines = (...values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

describe('sluice put', () => {
  test('puts a job that the worker of the contract runs', async ({ cli, producer, work, queueName }) => {
    const put = await cli(['put', queueName, 'greet', '{"n":2}', '--id', 'a', '--json']);
    expect(put).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(put.stdout)).toEqual({
      queue: queueName,
      id: 'a',
      job: 'greet',
      status: 'created',
      depth: 1,
      capacity: 1_000,
      waitedMs: 0,
    });
    await work();
    expect(await producer.result('a')).toBe(2);
    expect((await cli(['put', queueName, 'greet', '{"n":2}', '--id', 'a'])).stdout).toMatch(/^duplicate a: /);
  });

  test('leaves the capacity to the definition, whatever --capacity says', async ({ cli, producer, queueName }) => {
    await cli(['put', queueName, 'greet', '{"n":2}', '--capacity', '5']);
    expect(await producer.stats()).toMatchObject({ depth: 1, capacity: 1_000, capacityFrom: { source: 'definition' } });
  });

  test('is held by the bound, with an exit code of its own', async ({ cli, producer, queueName }) => {
    await producer.setCapacity(1);
    const put = ['put', queueName, 'greet', '{"n":2}', '--wait', '100ms'];
    expect(await cli(put)).toMatchObject({ code: 0 });
    expect(await cli(put)).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('is full (1 of 1') });
    await producer.seal();
    expect(await cli(put)).toMatchObject({ code: 6, stderr: expect.stringContaining('sealed') });
  });

  test('takes a delay, a priority, attempts and a deadline', async ({ cli, producer, queueName }) => {
    const options = ['--delay', '1h', '--priority', '4', '--attempts', '7', '--timeout', '2m'];
    await cli(['put', queueName, 'greet', '{"n":2}', '--id', 'a', ...options]);
    expect(await producer.find('a')).toMatchObject({ state: 'delayed' });
    const shown = JSON.parse((await cli(['job', queueName, 'a', '--json'])).stdout);
    expect(shown).toMatchObject({ priority: 4, attemptsMax: 7, dueAt: expect.any(Number) });
  });

  test('refuses a queue that Redis does not know, and makes it with --capacity', async ({ cli, queueName }) => {
    const put = ['put', queueName, 'greet', '1'];
    expect(await cli(put)).toMatchObject({ code: 5, stderr: expect.stringContaining('(--capacity makes a new one)') });
    expect((await cli([...put, '--capacity', '2'])).stdout).toContain('1 of 2 jobs');
    expect((await cli(put)).stdout).toContain('2 of 2 jobs');
  });

  test.for([
    ['{"n":', 'no JSON'],
    ['{"n":12345678901234567890}', 'a number that would be rounded: n'],
    ['['.repeat(100_000), 'no JSON'],
  ] as const)('refuses the payload %j', async ([payload, message], { cli, queueName }) => {
    const { code, stderr } = await cli(['put', queueName, 'greet', payload]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.length).toBeLessThan(300);
  });

  test.for([
    [['put', 'q', 'j', '1', '--skip', '1']],
    [['put', 'q', 'j', '--id', 'a']],
    [['put', 'q', 'j k', '1', '--capacity', '5']],
    [['put', 'q', 'j', '1', '--priority', '0']],
    [['put', 'q', 'j', '1', '--wait', '5']],
  ] as const)('refuses %j', async ([args], { cli }) => {
    expect(await cli(args)).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('sluice put of lines', () => {
  test('puts them in order, and names those that are wrong by their number', async ({ cli, producer, queueName }) => {
    const stdin = `${lines({ n: 1 })}\n{"n":\n${lines({ n: 2 })}`;
    const put = await cli(['put', queueName, 'greet', '-'], { stdin });
    expect(put).toMatchObject({ code: 1, stdout: '' });
    expect(put.stderr).toMatch(/^line 3: the payload is no JSON.*\n2 put, 1 refused\n$/);
    expect(await producer.stats()).toMatchObject({ waiting: 2 });
  });

  test('prints one line of JSON for each', async ({ cli, queueName, producer }) => {
    const { stdout } = await cli(['put', queueName, 'greet', '--json', '--id-field', 'n'], {
      stdin: lines({ n: 1 }, { m: 1 }, { n: 1 }, { n: 'x' }),
    });
    const results = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(results).toMatchObject([
      { line: 1, queue: producer.queue.name, id: '1', status: 'created' },
      { line: 2, error: { code: 'SLUICE_USAGE' } },
      { line: 3, id: '1', status: 'duplicate' },
      { line: 4, id: 'x' },
    ]);
  });

  test('waits for capacity, and loses nothing', async ({ cli, producer, work, queueName }) => {
    await producer.setCapacity(10);
    const all = Array.from({ length: 1_000 }, (_, n) => ({ n: n * 2 }));
    const put = cli(['put', queueName, 'greet'], { stdin: lines(...all) });
    await expect.poll(() => producer.stats()).toMatchObject({ waiters: { producers: 1 } });
    await work(put);
    expect(await put).toMatchObject({ code: 0, stderr: '1,000 put\n' });
    expect(await producer.stats()).toMatchObject({ depth: 0, completed: 1_000 });
  });

  test('stops on Ctrl-C, and says where to go on', async ({ cli, producer, queueName }) => {
    await producer.setCapacity(3);
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<string> {
      for (;;) yield lines({ n: 2 });
    }
    const put = cli(['put', queueName, 'greet'], { stdin: endless(), interrupted: stop.signal });
    await expect.poll(() => producer.stats()).toMatchObject({ waiters: { producers: 1 } });
    stop.abort();
    expect(await put).toMatchObject({
      code: 130,
      stderr: 'stopped\n3 put. Every line up to 3 is done. To go on: --skip 3\n',
    });
    const stdin = lines({ n: 2 }, { n: 2 }, { n: 2 }, { n: 4 });
    await producer.setCapacity(10);
    expect((await cli(['put', queueName, 'greet', '--skip', '3'], { stdin })).stderr).toBe('1 put\n');
  });

  test('ends when the queue is full for longer than --wait', async ({ cli, producer, queueName }) => {
    await producer.setCapacity(2);
    const put = await cli(['put', queueName, 'greet', '--wait', '200ms'], { stdin: lines(1, 2, 3, 4) });
    expect(put).toMatchObject({ code: 6, stderr: expect.stringContaining('2 put. Every line up to 2 is done') });
  });
});

describe('sluice put --app', () => {
  const app = fileURLToPath(new URL('../testing/words-app.ts', import.meta.url));

  test('has the payload checked by the contract', async ({ redis }) => {
    const env = { SLUICE_REDIS_URL: redis.url };
    const wrong = await runCli(['put', 'words', 'shout', '{"txt":1}', '--app', app], { env });
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('is invalid: ') });
  });

  test.for([
    [['put', 'wrds', 'shout', '1'], 'did you mean words?'],
    [['put', 'words', 'shuot', '1'], 'did you mean shout?'],
  ] as const)('names what was meant: %j', async ([args, message], { redis }) => {
    const refused = await runCli([...args, '--app', app], { env: { SLUICE_REDIS_URL: redis.url } });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
