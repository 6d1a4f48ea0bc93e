import { setTimeout as sleep } from 'node:timers/promises';
import { flakyProxy, heldProxy, type HeldProxy, pauseRedis, restartRedis } from '@sluice/testing/faults';
import { startTestServer, type TestServer } from '@sluice/testing/servers';
import { isAdmission } from '../commands.ts';
import type { Play, Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';
import { workload } from '../workload.ts';

const CAPACITY = 5;

interface Scene {
  play: Play;
  server: TestServer;
  fixture: Fixture;
  /** The wire of all producers. */
  proxy: HeldProxy;
}

/** A workload with Redis in trouble, until all is put; then everything is checked. */
function trouble(name: string, disturb: (scene: Scene) => () => Promise<void>): Scenario {
  return {
    name,
    play: async (play) => {
      await using server = await startTestServer({ config: { appendfsync: 'always' } });
      await using proxy = await heldProxy(server.url);
      await using fixture = await Fixture.open({ server, queueName: 'trouble', capacity: CAPACITY });
      await fixture.pool({ concurrency: 3, workMs: () => play.random() * 8 });
      await workload(fixture, {
        seed: play.seed,
        processes: play.long ? 4 : 2,
        producers: 4,
        putsEach: play.long ? 60 : 20,
        each: () => ({ url: proxy.url, unavailableMs: 5_000 }),
        meanwhile: disturb({ play, server, fixture, proxy }),
      });
      await fixture.untilUnfinished(0, 60_000);
      await fixture.check();
      if (play.long) await fixture.untilNoKeyIsLeft();
    },
  };
}

/** Does one thing after the other, each after this many more puts were answered. */
function inTurn(fixture: Fixture, puts: number, ...things: (() => Promise<void>)[]): () => Promise<void> {
  let done = 0;
  return async () => {
    const thing = fixture.countAnswered() < (done + 1) * puts ? undefined : things[done];
    if (!thing) return sleep(2);
    done += 1;
    await thing();
  };
}

/** Ends Redis when it has done some runs whose answers are still on their way, and starts it again. */
async function restartUnanswered({ server, fixture, proxy }: Scene, how: 'kill' | 'graceful'): Promise<void> {
  await Promise.all([proxy.holdAnswer(isAdmission), proxy.holdAnswer(isAdmission)]);
  await fixture.untilSentIsDone();
  await restartRedis(server, how);
  proxy.cut(); // a wire on which an answer is held does not notice by itself
}

export const restarts = trouble('Redis is killed and restarted, ended and restarted, and frozen', (scene) =>
  inTurn(
    scene.fixture,
    scene.play.long ? 50 : 20,
    () => restartUnanswered(scene, 'kill'),
    () => restartUnanswered(scene, 'graceful'),
    () => pauseRedis(scene.server, scene.play.long ? 8_000 : 500),
  ),
);

export const forgottenScripts = trouble('Redis forgets its scripts over and over', ({ play, fixture }) => async () => {
  await fixture.client.script('FLUSH');
  await sleep(play.random() * 5);
});

export const cutWires: Scenario = {
  name: 'connections are cut between a command and its answer',
  play: async (play) => {
    await using server = await startTestServer();
    await using proxy = await flakyProxy(server.url);
    await using fixture = await Fixture.open({ server, queueName: 'cut', capacity: CAPACITY });
    await fixture.pool({ concurrency: 3, workMs: () => play.random() * 8 });
    await workload(fixture, {
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
    await fixture.untilUnfinished(0, 60_000);
    await fixture.check();
    if (play.long) await fixture.untilNoKeyIsLeft();
  },
};
