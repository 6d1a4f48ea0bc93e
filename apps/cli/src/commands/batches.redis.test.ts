import { createWorkerPool, defineBatchHandler, defineJob, defineQueue } from '@sluice/queue';
import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test, sendEmail } from '../testing/email-test.ts';

test('shows and steers a batch by the commands of docs/operations.md: a cancelled job leaves the others', async ({
  cli,
  producer,
  redis,
  queueName,
}) => {
  const contract = defineJob({
    name: 'email.send',
    payload: sendEmail.payload,
    result: sendEmail.result,
    graceMs: 100,
  });
  const queue = defineQueue({ name: 'emails', prefix: queueName, jobs: [contract], capacity: 1_000 });
  const cancelled = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const handler = defineBatchHandler(contract, { size: 2, waitMs: 60_000 }, async (attempts, { signal: ofCall }) => {
    for (const { id, signal } of attempts)
      signal.addEventListener('abort', () => (id === 'order-17' && !ofCall.aborted ? cancelled.resolve() : undefined));
    await cancelled.promise;
    await ended.promise;
    return attempts.map(({ id }) => `sent ${id}`);
  });
  await using pool = createWorkerPool(queue, { 'email.send': handler }, { redis: redis.url, concurrency: 5 });
  await pool.start();
  for (const command of await documentedCommands('Run many jobs in one call')) {
    if (command[0] === 'status') await expect.poll(() => pool.health().busy).toBe(2);
    const { code, stdout, stderr } = await cli(command);
    expect([code, stderr], command.join(' ')).toEqual([0, '']);
    if (command[0] === 'status') expect(stdout).toContain('active 2, ');
    if (command[1] === 'list') expect(stdout.match(/order-1[78]/g)).toHaveLength(2);
    if (command[0] === 'cancel') expect(stdout).toBe('order-17 was stopped by its worker, and is dead\n');
  }
  expect(pool.health().slots).toBe(400);
  ended.resolve();
  const receipt = await producer.put(sendEmail, { to: 'b@example.com' }, { id: 'order-18' });
  expect(receipt.status).toBe('duplicate');
  expect(await producer.result(receipt)).toBe('sent order-18');
});
