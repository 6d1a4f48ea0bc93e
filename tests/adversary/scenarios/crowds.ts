import { setTimeout as sleep } from 'node:timers/promises';
import { startTestServer } from '@sluice/testing/servers';
import type { Play, Scenario } from '../scenario.ts';
import { Stage } from '../stage.ts';
import { storm, type StormOptions } from '../storm.ts';

/** Everybody wants in, and gets in. */
function crowd(
  name: string,
  capacity: number,
  sizes: (play: Play) => Pick<StormOptions, 'processes' | 'producers' | 'putsEach'>,
): Scenario {
  return {
    name,
    play: async (play) => {
      await using server = await startTestServer();
      await using stage = await Stage.open({ server, queueName: 'crowd', capacity });
      await stage.pool({ concurrency: 1 });
      await storm(stage, { seed: play.seed, ...sizes(play), patient: true });
      const refused = stage.refusals();
      if (refused.length > 0) throw new Error(`not everybody got in: ${refused.slice(0, 5).join(', ')}`);
      await stage.untilUnfinished(0);
      await stage.judge();
      if (play.long) await stage.untilNoKeyIsLeft();
    },
  };
}

export const oneRoom = crowd('sixteen producers want one room', 1, ({ long }) => ({
  processes: long ? 4 : 2,
  producers: long ? 4 : 8,
  putsEach: long ? 40 : 10,
}));

/** The largest line that there is room for: a thousand tickets. */
export const thousandWaiters = crowd('a thousand producers in twenty processes want one room', 1, () => ({
  processes: 20,
  producers: 50,
  putsEach: 1,
}));

export const changingSettings: Scenario = {
  name: 'the capacity is changed, and the queue sealed and unsealed, under load',
  play: async (play) => {
    const { random, seed, long } = play;
    await using server = await startTestServer();
    await using stage = await Stage.open({ server, queueName: 'settings', capacity: 4 });
    const operator = await stage.producer();
    await stage.pool({ concurrency: 3, workMs: () => random() * 5 });
    await stage.put(operator, 'first'); // the queue may be sealed from beginning to end
    await storm(stage, {
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
    await stage.untilUnfinished(0);
    await stage.judge();
    if (long) await stage.untilNoKeyIsLeft();
  },
};
