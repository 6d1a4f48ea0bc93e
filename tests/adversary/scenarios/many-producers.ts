import { setTimeout as sleep } from 'node:timers/promises';
import { startTestServer } from '@sluice/testing/servers';
import type { Play, Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';
import { workload, type WorkloadOptions } from '../workload.ts';

/** Many producers put at once, and all puts must be admitted. */
function group(
  name: string,
  capacity: number,
  sizes: (play: Play) => Pick<WorkloadOptions, 'processes' | 'producers' | 'putsEach'>,
): Scenario {
  return {
    name,
    play: async (play) => {
      await using server = await startTestServer();
      await using fixture = await Fixture.open({ server, queueName: 'group', capacity });
      await fixture.pool({ concurrency: 1 });
      await workload(fixture, { seed: play.seed, ...sizes(play), waitsForEver: true });
      const refused = fixture.refusals();
      if (refused.length > 0) throw new Error(`some puts were refused: ${refused.slice(0, 5).join(', ')}`);
      await fixture.untilUnfinished(0);
      await fixture.check();
      if (play.long) await fixture.untilNoKeyIsLeft();
    },
  };
}

export const oneFreeSlot = group('sixteen producers compete for one slot', 1, ({ long }) => ({
  processes: long ? 4 : 2,
  producers: long ? 4 : 8,
  putsEach: long ? 40 : 10,
}));

/** The longest waiter queue that is allowed: a thousand tickets. */
export const thousandWaiters = group('a thousand producers in twenty processes compete for one slot', 1, () => ({
  processes: 20,
  producers: 50,
  putsEach: 1,
}));

export const changingSettings: Scenario = {
  name: 'the capacity is changed, and the queue sealed and unsealed, under load',
  play: async (play) => {
    const { random, seed, long } = play;
    await using server = await startTestServer();
    await using fixture = await Fixture.open({ server, queueName: 'settings', capacity: 4 });
    const operator = await fixture.producer();
    await fixture.pool({ concurrency: 3, workMs: () => random() * 5 });
    await fixture.put(operator, 'first'); // the queue may be sealed all the time
    await workload(fixture, {
      seed,
      processes: 2,
      producers: 4,
      putsEach: long ? 100 : 30,
      meanwhile: async () => {
        const roll = random();
        if (roll < 0.2) await operator.setCapacity(1);
        else if (roll < 0.6) await operator.setCapacity(1 + Math.floor(random() * 12));
        else if (roll < 0.7) await operator.setCapacity(null);
        else if (roll < 0.8) await operator.seal();
        else await operator.unseal();
        await sleep(random() * 20);
      },
    });
    await operator.unseal();
    await fixture.untilUnfinished(0);
    await fixture.check();
    if (long) await fixture.untilNoKeyIsLeft();
  },
};
