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
  /** The connection of all producers to Redis. */
  proxy: HeldProxy;
}

/** A workload with a faulty Redis. When all jobs are put, everything is checked. */
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

/** Runs one step after the other, each after `puts` more puts were answered. */
function inTurn(fixture: Fixture, puts: number, ...steps: (() => Promise<void>)[]): () => Promise<void> {
  let done = 0;
  return async () => {
    const step = fixture.countAnswered() < (done + 1) * puts ? undefined : steps[done];
    if (!step) return sleep(2);
    done += 1;
    await step();
  };
}

/** Ends Redis when it has run calls whose replies are still on their way, and starts it again. */
async function restartUnanswered({ server, fixture, proxy }: Scene, how: 'kill' | 'graceful'): Promise<void> {
  await Promise.all([proxy.holdAnswer(isAdmission), proxy.holdAnswer(isAdmission)]);
  await fixture.untilSentIsDone();
  await restartRedis(server, how);
  proxy.cut(); // the proxy does not notice by itself while it holds a reply
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

export const forgottenScripts = trouble(
  'Redis forgets its scripts again and again',
  ({ play, fixture }) =>
    async () => {
      await fixture.client.script('FLUSH');
      await sleep(play.random() * 5);
    },
);

export const cutConnections: Scenario = {
  name: 'connections are cut between a command and its reply',
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
        // Redis has run an admission, and its producer does not know the result.
        await Promise.race([proxy.dropNextReply('"mode":"each"'), sleep(200)]);
        await sleep(play.random() * 200);
      },
    });
    await fixture.untilUnfinished(0, 60_000);
    await fixture.check();
    if (play.long) await fixture.untilNoKeyIsLeft();
  },
};
