import { heldProxy, type HeldProxy } from '@sluice/testing/faults';
import { startTestServer } from '@sluice/testing/servers';
import { isAdmission, isLeaving, isListening } from '../commands.ts';
import type { ScriptedProducer } from '../scripted-producer.ts';
import type { BurstProducer } from '../recorded-put.ts';
import type { Play, Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';

const CAPACITY = 2;
/** The dead producer's ticket lives for three seconds, and those behind it poll once or twice a second. */
const BEHIND_THE_DEAD_MS = 15_000;

interface Scene extends Play {
  fixture: Fixture;
  target: ScriptedProducer;
  /** The target's connection to Redis. */
  proxy: HeldProxy;
  /** A producer that lives. */
  other: BurstProducer;
}

/** Steps of a put at which its process is killed. Each function brings the target exactly to its step. */
const points: Record<string, (scene: Scene) => Promise<void>> = {
  'before its put is sent': async ({ fixture, target, proxy, other, random }) => {
    await fixture.put(other, 'there');
    const held = proxy.holdCommand(isAdmission);
    target.put('target', { named: random() < 0.5 });
    await held;
  },

  'after its put is sent, before the answer': async (scene) => {
    await scene.fixture.put(scene.other, 'there');
    const held = scene.proxy.holdAnswer(isAdmission);
    scene.target.put('target', { named: scene.random() < 0.5 });
    await held;
    await scene.fixture.untilUnfinished(2);
  },

  'while it waits': async (scene) => {
    await waitForCapacity(scene);
    await scene.proxy.holdAnswer(isListening);
  },

  'woken, before it asks again': async (scene) => {
    const { fixture, proxy, other } = scene;
    await waitForCapacity(scene);
    await proxy.holdCommand(isAdmission);
    await fixture.cancel(other, 'first');
    await fixture.until(
      'a wake-up is sent',
      async () => (await fixture.client.keys(fixture.key('sluice:wake:*'))).length > 0,
    );
    await proxy.holdCommand(isListening); // it reads again, so the wake-up has arrived
  },

  'admitted, before it has its receipt': async (scene) => {
    await waitForCapacity(scene);
    const held = await scene.proxy.holdCommand(isAdmission);
    await scene.fixture.cancel(scene.other, 'first');
    held.releaseWithoutAnswer();
    await scene.fixture.untilUnfinished(2);
  },

  'in the middle of a putMany': async ({ fixture, target, proxy, random }) => {
    await fixture.pool();
    const tags = Array.from({ length: 60 }, (_, n) => `many-${n}`);
    target.putMany(tags, random() < 0.5);
    await fixture.until('a third is admitted', () => fixture.countAnswered() > 20);
    await (random() < 0.5 ? proxy.holdCommand(isAdmission) : proxy.holdAnswer(isAdmission));
  },

  'while it closes, its ticket still there': async (scene) => {
    await waitForCapacity(scene);
    const leaving = scene.proxy.holdCommand(isLeaving);
    scene.target.close();
    await leaving;
  },

  'while it closes, its ticket removed': async (scene) => {
    await waitForCapacity(scene);
    const leaving = scene.proxy.holdAnswer(isLeaving);
    scene.target.close();
    await leaving;
    await scene.fixture.untilWaiting(0);
  },

  'while it closes, with a request in flight': async (scene) => {
    await waitForCapacity(scene);
    await scene.proxy.holdCommand(isAdmission);
    scene.target.close();
    await scene.fixture.until('it closes', () => scene.target.closing);
  },
};

export const faultPoints: Scenario = {
  name: 'a producer is killed at every step of a put',
  play: async (play) => {
    await using server = await startTestServer();
    await Promise.all(
      Object.entries(points).map(async ([point, reach], index) => {
        const queueName = `point${index}`;
        await using fixture = await Fixture.open({ server, queueName, capacity: CAPACITY });
        await using proxy = await heldProxy(server.url);
        const other = await fixture.producer();
        await fixture.put(other, 'known'); // Redis knows the script from here on
        await fixture.cancel(other, 'known');
        const target = await fixture.scriptedProducer('target', { url: proxy.url });
        await reach({ ...play, fixture, target, proxy, other }).catch((error: unknown) => {
          throw new Error(`did not reach the step "${point}"`, { cause: error });
        });
        await target.program.kill();
        await expectOthersToContinue(fixture, other, play);
      }),
    );
  },
};

/** Puts behind the dead producer are admitted within seconds; nothing is lost, doubled, out of order or left behind. */
async function expectOthersToContinue(fixture: Fixture, other: BurstProducer, { long }: Play): Promise<void> {
  const behind = ['behind-1', 'behind-2', 'behind-3'];
  const puts = behind.map((tag) => fixture.put(other, tag));
  if (!fixture.hasPool) await fixture.pool();
  await fixture.until(
    'all puts behind it are admitted',
    () => behind.every((tag) => fixture.answered(tag)),
    BEHIND_THE_DEAD_MS,
  );
  await Promise.all(puts);
  await fixture.untilUnfinished(0);
  await fixture.check();
  if (long) await fixture.untilNoKeyIsLeft();
}

/** Fills the queue, so that the target's put waits. */
async function waitForCapacity({ fixture, target, other, random }: Scene): Promise<void> {
  await fixture.put(other, 'first');
  await fixture.put(other, 'second');
  target.put('target', { named: random() < 0.5 });
  await fixture.untilWaiting(1);
}
