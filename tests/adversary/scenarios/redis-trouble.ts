import { setTimeout as sleep } from 'node:timers/promises';
import { flakyProxy, pauseRedis, restartRedis } from '@sluice/testing/faults';
import { startTestServer, type TestServer } from '@sluice/testing/servers';
import type { Play, Scenario } from '../scenario.ts';
import { Stage } from '../stage.ts';
import { storm } from '../storm.ts';

const CAPACITY = 5;

/** A storm with Redis in trouble, until all is put; then everything is judged. */
function trouble(
  name: string,
  disturb: (play: Play, server: TestServer, stage: Stage) => () => Promise<void>,
): Scenario {
  return {
    name,
    play: async (play) => {
      await using server = await startTestServer({ config: { appendfsync: 'always' } });
      await using stage = await Stage.open({ server, queueName: 'trouble', capacity: CAPACITY });
      await stage.pool({ concurrency: 3, workMs: () => play.random() * 8 });
      await storm(stage, {
        seed: play.seed,
        processes: play.long ? 4 : 2,
        producers: 4,
        putsEach: play.long ? 60 : 20,
        meanwhile: disturb(play, server, stage),
      });
      await stage.untilUnfinished(0, 60_000);
      await stage.judge();
      if (play.long) await stage.untilNoKeyIsLeft();
    },
  };
}

/** Does one thing after the other, the last over and over; each after this many more puts were answered. */
function inTurn(stage: Stage, puts: number, ...things: (() => Promise<void>)[]): () => Promise<void> {
  let done = 0;
  return async () => {
    if (stage.countAnswered() < (done + 1) * puts) return sleep(2);
    const thing = things[done];
    done += 1;
    await (thing ?? (() => sleep(2)))();
  };
}

export const restarts = trouble(
  'Redis is killed and restarted, ended and restarted, and frozen',
  (play, server, stage) =>
    inTurn(
      stage,
      play.long ? 50 : 30,
      () => restartRedis(server, 'kill'),
      () => restartRedis(server, 'graceful'),
      () => pauseRedis(server, play.long ? 8_000 : 500),
      () => restartRedis(server, 'kill'),
    ),
);

export const forgottenScripts = trouble(
  'Redis forgets its scripts over and over',
  (play, _server, stage) => async () => {
    await stage.client.script('FLUSH');
    await sleep(play.random() * 5);
  },
);

export const cutWires: Scenario = {
  name: 'connections are cut between a command and its answer',
  play: async (play) => {
    await using server = await startTestServer();
    await using proxy = await flakyProxy(server.url);
    await using stage = await Stage.open({ server, queueName: 'cut', capacity: CAPACITY });
    await stage.pool({ concurrency: 3, workMs: () => play.random() * 8 });
    await storm(stage, {
      seed: play.seed,
      processes: play.long ? 4 : 2,
      producers: 4,
      putsEach: play.long ? 60 : 20,
      each: () => ({ url: proxy.url }),
      meanwhile: async () => {
        // Of the runs that let somebody in, or not: Redis has done it, and nobody knows.
        await Promise.race([proxy.dropNextReply('"mode":"each"'), sleep(200)]);
        await sleep(play.random() * 200);
      },
    });
    await stage.untilUnfinished(0, 60_000);
    await stage.judge();
    if (play.long) await stage.untilNoKeyIsLeft();
  },
};
