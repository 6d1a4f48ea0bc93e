import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test, sendEmail } from '../testing/email-test.ts';

test('shows suspects and how the guilty job was found, by the commands of docs/operations.md', async ({
  cli,
  producer,
  poolWith,
  redis,
  queueName,
}) => {
  const client = await redis.client();
  const key = (type: string): string => `${queueName}:{emails}:${type}`;
  const at = Date.UTC(2026, 10, 27, 12);
  const crashes = [
    [at, 10, 'mailer-1', 'shared', 1],
    [at + 60_000, 1, 'mailer-2\u001b[31m', 'alone', 2],
    [at + 120_000, 1, 'mailer-2', 'drain', 3],
  ];
  await producer.put(sendEmail, { to: 'a' }, { id: 'guilty' });
  const deferred = { defa: 'job stalled more than allowable limit', 'sluice.crashes': JSON.stringify(crashes) };
  await client.hset(key('k.guilty'), deferred);
  await using pool = poolWith(() => 'sent');
  await pool.start();
  await producer.join();
  await pool.stop();
  await producer.put(sendEmail, { to: 'b' }, { id: 'suspect' });
  await client.zadd(key('sluice:crash-suspects'), (at + 1) * 1_000, 'k.suspect');

  const [shown, json, listed] = await Promise.all(
    (await documentedCommands('Find the job that ends its workers')).map((command) => cli(command)),
  );
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown?.stdout).toMatch(/^TURN .*\n +1 +1 +email\.send .* suspect +a worker: none is connected\n/);
  expect(shown?.stdout).toContain(
    [
      '  email.send  guilty',
      '  2026-11-27T12:00:00Z  mailer-1  10 jobs ran there: suspected',
      '  2026-11-27T12:01:00Z  mailer-2\\u{1b}[31m  it was alone in the process: counted',
      '  2026-11-27T12:02:00Z  mailer-2  the process had been asked to end: no evidence',
    ].join('\n'),
  );
  expect(JSON.parse(json?.stdout ?? '')).toMatchObject({
    queue: 'emails',
    suspects: [{ id: 'suspect', turn: 1, waitsFor: 'worker' }],
    guilty: [{ id: 'guilty', failure: { code: 'SLUICE_JOB_CRASHED' }, crashes: [{ jobsInProcess: 10 }, {}, {}] }],
  });
  expect(listed?.stdout).toContain('guilty');
  for (const command of [['job'], ['dead', 'show']]) {
    const { stdout } = await cli([...command, 'emails', 'guilty']);
    expect(stdout).toContain('crashes   2026-11-27T12:00:00Z  mailer-1  10 jobs');
    expect(stdout).toContain('mailer-2\\u{1b}[31m  it was alone in the process: counted');
  }
});
