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
/** How long the victim waits for an answer: in one half of the plays it has given up when it comes back. */
const ENDLESS_MS = 60_000;
const SHORT_MS = 1_500;

interface Scene extends Play {
  fixture: Fixture;
  victim: ScriptedProducer;
  proxy: HeldProxy;
  other: BurstProducer;
}

/** Where a producer whose put waits is stopped, past the end of its ticket's life. All end with the victim running again. */
const stops: Record<string, (scene: Scene) => Promise<void>> = {
  'while it waits': async (scene) => {
    const { fixture, victim, proxy, other } = scene;
    const answer = await proxy.holdAnswer(isAdmission);
    await fixture.untilSentIsDone(); // it has been told to wait on, and nothing of it is on its way
    victim.program.freeze();
    answer.release();
    await passTheStopped(scene);
    const late = fixture.put(other, 'late');
    await fixture.untilWaiting(1);
    victim.program.thaw();
    await fixture.untilWaiting(2); // it asks again, and has its old place
    await fixture.cancel(other, 'second');
    await fixture.until('the victim is in before who came later', () => fixture.answered('victim'));
    if (fixture.answered('late')) throw new Error('a put that came later got in first');
    await fixture.cancel(other, 'behind');
    await late;
  },

  'between word of room and its next question': async (scene) => {
    const { fixture, victim, proxy, other, random } = scene;
    const asking = await proxy.holdCommand(isAdmission);
    const behind = fixture.put(other, 'behind');
    await fixture.untilWaiting(2);
    await fixture.cancel(other, 'first');
    victim.program.freeze();
    await behind; // past the dead ticket
    if (random() < 0.5) await fixture.cancel(other, 'second');
    asking.release(); // what it had asked arrives while it is stopped
    await sleep(STOP_MS);
    victim.program.thaw();
  },

  'with its receipt on the way': async ({ fixture, victim, proxy, other }) => {
    const asking = await proxy.holdCommand(isAdmission);
    const behind = fixture.put(other, 'behind');
    await fixture.untilWaiting(2);
    await fixture.cancel(other, 'first');
    asking.releaseWithoutAnswer();
    await fixture.untilUnfinished(2);
    victim.program.freeze();
    await sleep(STOP_MS);
    victim.program.thaw();
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
        const victim = await fixture.scriptedProducer('victim', { url: proxy.url, unavailableMs });
        victim.put('victim', { named: play.random() < 0.5 });
        await fixture.untilWaiting(1);
        await run({ ...play, fixture, victim, proxy, other }).catch((error: unknown) => {
          throw new Error(`stopped ${stop}`, { cause: error });
        });
        proxy.cut(); // what was held is gone with its connection
        await fixture.pool();
        await fixture.until('the victim knows', () => fixture.isSettledFor('victim'));
        await fixture.untilUnfinished(0);
        await fixture.check();
        if (play.long) await fixture.untilNoKeyIsLeft();
      }),
    );
  },
};

/** Another put gets the room that was promised to the stopped one, once its ticket is dead. */
async function passTheStopped({ fixture, other }: Scene): Promise<void> {
  const behind = fixture.put(other, 'behind');
  await fixture.cancel(other, 'first');
  await behind;
}
