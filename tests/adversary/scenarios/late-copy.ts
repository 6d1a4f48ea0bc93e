import { heldProxy } from '@sluice/testing/faults';
import { startTestServer } from '@sluice/testing/servers';
import { isAdmission } from '../commands.ts';
import type { Scenario } from '../scenario.ts';
import { Stage } from '../stage.ts';

/**
 * A run is on its way to Redis for so long that its producer has lost the connection, sent it again, and gone on, before
 * the first copy arrives. By then there is room. It must not be let in, or the put is in twice.
 */
export const lateCopy: Scenario = {
  name: 'a copy of a run arrives when its producer has long gone on',
  play: async ({ random, long }) => {
    await using server = await startTestServer();
    await using stage = await Stage.open({ server, queueName: 'copy', capacity: 2 });
    await using proxy = await heldProxy(server.url);
    const other = await stage.producer();
    await stage.put(other, 'first');
    await stage.put(other, 'second');
    const victim = await stage.puppet('victim', { url: proxy.url });
    const sent = proxy.holdCommand(isAdmission);
    victim.put('victim', { named: random() < 0.5 });
    const copy = await sent;
    copy.cutClient();
    await stage.untilWaiting(1); // it was sent again, and waits
    const next = await proxy.holdCommand(isAdmission);
    next.release();
    await proxy.holdCommand(isAdmission); // the run after it was answered, too; this one will never arrive
    await stage.cancel(other, 'first');
    const before = await runsOf(stage);
    copy.release();
    await stage.until('the late copy was run', async () => (await runsOf(stage)) > before);
    proxy.cut();
    await stage.pool();
    await stage.until('the victim knows', () => stage.isSettledFor('victim'));
    await stage.untilUnfinished(0);
    await stage.judge();
    if (long) await stage.untilNoKeyIsLeft();
  },
};

/** How many scripts Redis has run; nobody else runs one meanwhile. */
async function runsOf({ client }: Stage): Promise<number> {
  const stats = await client.info('commandstats');
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}
