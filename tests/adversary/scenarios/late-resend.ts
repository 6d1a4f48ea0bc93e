import { flakyProxy } from '@sluice/testing/faults';
import { startTestServer } from '@sluice/testing/servers';
import type { Scenario } from '../scenario.ts';
import { Stage } from '../stage.ts';

/** Redis has done a run, its answer is lost, and the wire stays cut until Redis has forgotten what it answered. */
export const lateResend: Scenario = {
  name: 'an answer is lost, and the wire is back when it is no longer kept',
  play: async (play) => {
    await using server = await startTestServer();
    await using proxy = await flakyProxy(server.url);
    await using stage = await Stage.open({ server, queueName: 'late', capacity: 5 });
    await stage.put(await stage.producer(), 'other');
    const victim = await stage.puppet('victim', { url: proxy.url, unavailableMs: 60_000 });
    const dropped = proxy.dropNextReply('"mode":"each"');
    victim.put('victim', { named: play.random() < 0.5 });
    await dropped;
    await proxy.cut();
    await stage.untilUnfinished(2);
    await stage.untilNoKeyIsLeft();
    await proxy.restore();
    await stage.until('the victim knows', () => stage.isSettledFor('victim'));
    await stage.pool();
    await stage.untilUnfinished(0);
    await stage.judge();
  },
};
