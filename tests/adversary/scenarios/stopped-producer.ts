import { setTimeout as sleep } from 'node:timers/promises';
import { heldProxy, type HeldProxy } from '@sluice/testing/faults';
import { startTestServer } from '@sluice/testing/servers';
import { isAdmission } from '../commands.ts';
import type { ScriptedProducer } from '../scripted-producer.ts';
import type { BurstProducer } from '../recorded-put.ts';
import type { Play, Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';

const CAPACITY = 2;
/** Longer than a ticket lives. */
const STOP_MS = 3_500;
/** How long the target waits for a reply. In half of the plays it has given up by the time it continues. */
const ENDLESS_MS = 60_000;
const SHORT_MS = 1_500;

interface Scene extends Play {
  fixture: Fixture;
  target: ScriptedProducer;
  proxy: HeldProxy;
  other: BurstProducer;
}

/** Where a producer whose put waits is stopped, for longer than its ticket lives. At the end the target runs again. */
const stops: Record<string, (scene: Scene) => Promise<void>> = {
  'while it waits': async (scene) => {
    const { fixture, target, proxy, other } = scene;
    const answer = await proxy.holdAnswer(isAdmission);
    await fixture.untilSentIsDone(); // Redis has told it to wait, and no request of it is on its way
    target.program.freeze();
    answer.release();
    await putPastStopped(scene);
    const late = fixture.put(other, 'late');
    await fixture.untilWaiting(1);
    target.program.thaw();
    await fixture.untilWaiting(2); // it asks again, and has its old position
    await fixture.cancel(other, 'second');
    await fixture.until('the target is admitted before a later put', () => fixture.answered('target'));
    if (fixture.answered('late')) throw new Error('a later put was admitted first');
    await fixture.cancel(other, 'behind');
    await late;
  },

  'between a wake-up and its next request': async (scene) => {
    const { fixture, target, proxy, other, random } = scene;
    const asking = await proxy.holdCommand(isAdmission);
    const behind = fixture.put(other, 'behind');
    await fixture.untilWaiting(2);
    await fixture.cancel(other, 'first');
    target.program.freeze();
    await behind; // past the dead ticket
    if (random() < 0.5) await fixture.cancel(other, 'second');
    asking.release(); // its request arrives while it is stopped
    await sleep(STOP_MS);
    target.program.thaw();
  },

  'with its receipt on the way': async ({ fixture, target, proxy, other }) => {
    const asking = await proxy.holdCommand(isAdmission);
    const behind = fixture.put(other, 'behind');
    await fixture.untilWaiting(2);
    await fixture.cancel(other, 'first');
    asking.releaseWithoutAnswer();
    await fixture.untilUnfinished(2);
    target.program.freeze();
    await sleep(STOP_MS);
    target.program.thaw();
    await fixture.cancel(other, 'second');
    await behind;
  },
};

export const stoppedProducer: Scenario = {
  name: 'a producer is stopped past the life of its ticket, and comes back',
  play: async (play) => {
    await using server = await startTestServer();
    await Promise.all(
      Object.entries(stops).map(async ([stop, run], index) => {
        await using fixture = await Fixture.open({ server, queueName: `stop${index}`, capacity: CAPACITY });
        await using proxy = await heldProxy(server.url);
        const other = await fixture.producer();
        await fixture.put(other, 'first');
        await fixture.put(other, 'second');
        const unavailableMs = stop === 'with its receipt on the way' && play.random() < 0.5 ? SHORT_MS : ENDLESS_MS;
        const target = await fixture.scriptedProducer('target', { url: proxy.url, unavailableMs });
        target.put('target', { named: play.random() < 0.5 });
        await fixture.untilWaiting(1);
        await run({ ...play, fixture, target, proxy, other }).catch((error: unknown) => {
          throw new Error(`stopped ${stop}`, { cause: error });
        });
        proxy.cut(); // held commands are lost with their connection
        await fixture.pool();
        await fixture.until("the target's put has ended", () => fixture.isSettledFor('target'));
        await fixture.untilUnfinished(0);
        await fixture.check();
        if (play.long) await fixture.untilNoKeyIsLeft();
      }),
    );
  },
};

/** Another put gets the capacity that was allotted to the stopped producer, once its ticket is dead. */
async function putPastStopped({ fixture, other }: Scene): Promise<void> {
  const behind = fixture.put(other, 'behind');
  await fixture.cancel(other, 'first');
  await behind;
}
