import { connectProducer } from '@sluice/queue';
import { expect } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { startConsoleCommand } from './kit/console-command.ts';
import { emailQueue, send } from './kit/console-fixture.ts';

for (const flags of [[], ['--operate']]) {
  const mayChange = flags.length > 0;
  test(`sluice console ${flags.join(' ')} shows the queues of a Redis`, async ({ redis, prefix, open }) => {
    await using producer = await connectProducer(emailQueue('emails', prefix), { redis: redis.url });
    await producer.put(send, { to: 'ada' }, { id: 'order-17' });
    await using command = await startConsoleCommand(['--redis', redis.url, '--prefix', prefix, ...flags]);
    const page = await open(command.url);
    await page.getByRole('link', { name: 'emails' }).click();
    await page.getByRole('link', { name: 'order-17' }).click();
    await page.getByText('No worker is connected.').waitFor();
    const cancel = page.getByRole('button', { name: 'Cancel …' });
    await expect.poll(() => cancel.getAttribute('aria-disabled')).toBe(String(!mayChange));
    const asked = await fetch(`${command.url}v1/queues/emails/jobs/order-17`, { method: 'DELETE' });
    expect(asked.status).toBe(mayChange ? 200 : 403);
    // Nothing is put from here.
    expect((await fetch(`${command.url}v1/queues/emails/jobs`, { method: 'POST', body: '{}' })).status).toBe(405);
    expect(await command.stop()).toBe(0);
  });
}
