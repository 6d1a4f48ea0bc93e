import { flakyProxy } from '@sluice/testing/faults';
import { startTestServer } from '@sluice/testing/servers';
import type { Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';

/** Redis has done a run, its answer is lost, and the wire stays cut until Redis has forgotten what it answered. */
export const lateResend: Scenario = {
  name: 'an answer is lost, and the wire is back when it is no longer kept',
  play: async (play) => {
    await using server = await startTestServer();
    await using proxy = await flakyProxy(server.url);
    await using fixture = await Fixture.open({ server, queueName: 'late', capacity: 5 });
    await fixture.put(await fixture.producer(), 'other');
    const victim = await fixture.scriptedProducer('victim', { url: proxy.url, unavailableMs: 60_000 });
    const dropped = proxy.dropNextReply('"mode":"each"');
    victim.put('victim', { named: play.random() < 0.5 });
    await dropped;
    await proxy.cut();
    await fixture.untilUnfinished(2);
    await fixture.untilNoKeyIsLeft();
    await proxy.restore();
    await fixture.until('the victim knows', () => fixture.isSettledFor('victim'));
    await fixture.pool();
    await fixture.untilUnfinished(0);
    await fixture.check();
  },
};
