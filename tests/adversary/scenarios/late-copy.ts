import { heldProxy } from '@sluice/testing/faults';
import { startTestServer } from '@sluice/testing/servers';
import { isAdmission } from '../commands.ts';
import type { Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';

/**
 * A call is on its way to Redis for so long that its producer has lost the connection, resent it and continued, before
 * the first copy arrives. By then there is free capacity. The copy must not be admitted, or the job is added twice.
 */
export const lateCopy: Scenario = {
  name: 'a copy of a call arrives long after its producer has continued',
  play: async ({ random, long }) => {
    await using server = await startTestServer();
    await using fixture = await Fixture.open({ server, queueName: 'copy', capacity: 2 });
    await using proxy = await heldProxy(server.url);
    const other = await fixture.producer();
    await fixture.put(other, 'first');
    await fixture.put(other, 'second');
    const target = await fixture.scriptedProducer('target', { url: proxy.url });
    const sent = proxy.holdCommand(isAdmission);
    target.put('target', { named: random() < 0.5 });
    const copy = await sent;
    copy.cutClient();
    await fixture.untilWaiting(1); // it was resent, and waits
    const next = await proxy.holdCommand(isAdmission);
    next.release();
    await proxy.holdCommand(isAdmission); // the call after it was answered, too; this one will never arrive
    await fixture.cancel(other, 'first');
    const before = await countScriptCalls(fixture);
    copy.release();
    await fixture.until('the late copy was run', async () => (await countScriptCalls(fixture)) > before);
    proxy.cut();
    await fixture.pool();
    await fixture.until("the target's put has ended", () => fixture.isSettledFor('target'));
    await fixture.untilUnfinished(0);
    await fixture.check();
    if (long) await fixture.untilNoKeyIsLeft();
  },
};

/** How many scripts Redis has run. Nobody else runs any meanwhile. */
async function countScriptCalls({ client }: Fixture): Promise<number> {
  const stats = await client.info('commandstats');
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}
