import { startTestServer } from '@sluice/testing/servers';
import type { Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';
import { workload } from '../workload.ts';

/** The wall clocks of all producers jump by up to an hour, again and again. It must have no effect. */
export const jumpingClock: Scenario = {
  name: "the producers' wall clocks jump",
  play: async (play) => {
    await using server = await startTestServer();
    await using fixture = await Fixture.open({ server, queueName: 'clock', capacity: 5 });
    await fixture.pool({ concurrency: 3, workMs: () => play.random() * 8 });
    await workload(fixture, {
      seed: play.seed,
      processes: 2,
      producers: 4,
      putsEach: play.long ? 100 : 25,
      waitsForEver: true,
      each: (index) => ({ clockSeed: play.seed + index }),
    });
    const refused = fixture.refusals();
    if (refused.length > 0) throw new Error(`puts failed though Redis was healthy: ${refused.slice(0, 5).join(', ')}`);
    await fixture.untilUnfinished(0);
    await fixture.check();
    if (play.long) await fixture.untilNoKeyIsLeft();
  },
};
