import { flakyProxy } from '@sluice/testing/faults';
import { startTestServer } from '@sluice/testing/servers';
import type { Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';

/** Redis has run a call, its reply is lost, and the connection stays cut until Redis no longer keeps the reply. */
export const lateResend: Scenario = {
  name: 'a reply is lost, and the connection is back when it is no longer kept',
  play: async (play) => {
    await using server = await startTestServer();
    await using proxy = await flakyProxy(server.url);
    await using fixture = await Fixture.open({ server, queueName: 'late', capacity: 5 });
    await fixture.put(await fixture.producer(), 'other');
    const target = await fixture.scriptedProducer('target', { url: proxy.url, unavailableMs: 60_000 });
    const dropped = proxy.dropNextReply('"mode":"each"');
    target.put('target', { named: play.random() < 0.5 });
    await dropped;
    await proxy.cut();
    await fixture.untilUnfinished(2);
    await fixture.untilNoKeyIsLeft();
    await proxy.restore();
    await fixture.until("the target's put has ended", () => fixture.isSettledFor('target'));
    await fixture.pool();
    await fixture.untilUnfinished(0);
    await fixture.check();
  },
};
