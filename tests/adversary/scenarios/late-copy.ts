import { heldProxy } from '@sluice/testing/faults';
import { startTestServer } from '@sluice/testing/servers';
import { isAdmission } from '../commands.ts';
import type { Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';

/**
 * A run is on its way to Redis for so long that its producer has lost the connection, sent it again, and gone on, before
 * the first copy arrives. By then there is room. It must not be let in, or the put is in twice.
 */
export const lateCopy: Scenario = {
  name: 'a copy of a run arrives when its producer has long gone on',
  play: async ({ random, long }) => {
    await using server = await startTestServer();
    await using fixture = await Fixture.open({ server, queueName: 'copy', capacity: 2 });
    await using proxy = await heldProxy(server.url);
    const other = await fixture.producer();
    await fixture.put(other, 'first');
    await fixture.put(other, 'second');
    const victim = await fixture.scriptedProducer('victim', { url: proxy.url });
    const sent = proxy.holdCommand(isAdmission);
    victim.put('victim', { named: random() < 0.5 });
    const copy = await sent;
    copy.cutClient();
    await fixture.untilWaiting(1); // it was sent again, and waits
    const next = await proxy.holdCommand(isAdmission);
    next.release();
    await proxy.holdCommand(isAdmission); // the run after it was answered, too; this one will never arrive
    await fixture.cancel(other, 'first');
    const before = await runsOf(fixture);
    copy.release();
    await fixture.until('the late copy was run', async () => (await runsOf(fixture)) > before);
    proxy.cut();
    await fixture.pool();
    await fixture.until('the victim knows', () => fixture.isSettledFor('victim'));
    await fixture.untilUnfinished(0);
    await fixture.check();
    if (long) await fixture.untilNoKeyIsLeft();
  },
};

/** How many scripts Redis has run; nobody else runs one meanwhile. */
async function runsOf({ client }: Fixture): Promise<number> {
  const stats = await client.info('commandstats');
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}
