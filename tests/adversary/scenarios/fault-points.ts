import { heldProxy, type HeldProxy } from '@sluice/testing/faults';
import { startTestServer } from '@sluice/testing/servers';
import { isAdmission, isLeaving, isListening } from '../commands.ts';
import type { Puppet } from '../puppet.ts';
import type { GustProducer } from '../recorded-put.ts';
import type { Play, Scenario } from '../scenario.ts';
import { Stage } from '../stage.ts';

const CAPACITY = 2;
/** The dead one's ticket lives for three seconds, and who stands behind looks once or twice a second. */
const BEHIND_THE_DEAD_MS = 15_000;

interface Scene extends Play {
  stage: Stage;
  victim: Puppet;
  /** The victim's wire. */
  proxy: HeldProxy;
  /** A producer that lives. */
  other: GustProducer;
}

/** Steps of a put at which its process is killed. Each leaves the victim at the step, for certain. */
const points: Record<string, (scene: Scene) => Promise<void>> = {
  'before its put is sent': async ({ stage, victim, proxy, other, random }) => {
    await stage.put(other, 'there');
    const held = proxy.holdCommand(isAdmission);
    victim.put('victim', { named: random() < 0.5 });
    await held;
  },

  'after its put is sent, before the answer': async (scene) => {
    await scene.stage.put(scene.other, 'there');
    const held = scene.proxy.holdAnswer(isAdmission);
    scene.victim.put('victim', { named: scene.random() < 0.5 });
    await held;
    await scene.stage.untilUnfinished(2);
  },

  'while it waits': async (scene) => {
    await waitInLine(scene);
    await scene.proxy.holdAnswer(isListening);
  },

  'woken, before it asks again': async (scene) => {
    const { stage, proxy, other } = scene;
    await waitInLine(scene);
    await proxy.holdCommand(isAdmission);
    await stage.cancel(other, 'first');
    await stage.until(
      'word of room is sent',
      async () => (await stage.client.keys(stage.key('sluice:wake:*'))).length > 0,
    );
    await proxy.holdCommand(isListening); // it reads again: the word has reached it
  },

  'let in, before it has its receipt': async (scene) => {
    await waitInLine(scene);
    const held = await scene.proxy.holdCommand(isAdmission);
    await scene.stage.cancel(scene.other, 'first');
    held.releaseWithoutAnswer();
    await scene.stage.untilUnfinished(2);
  },

  'in the middle of a putMany': async ({ stage, victim, proxy, random }) => {
    await stage.pool();
    const tags = Array.from({ length: 60 }, (_, n) => `many-${n}`);
    victim.putMany(tags, random() < 0.5);
    await stage.until('a third is in', () => stage.countAnswered() > 20);
    await (random() < 0.5 ? proxy.holdCommand(isAdmission) : proxy.holdAnswer(isAdmission));
  },

  'while it closes, its place not given up': async (scene) => {
    await waitInLine(scene);
    const leaving = scene.proxy.holdCommand(isLeaving);
    scene.victim.close();
    await leaving;
  },

  'while it closes, its place given up': async (scene) => {
    await waitInLine(scene);
    const leaving = scene.proxy.holdAnswer(isLeaving);
    scene.victim.close();
    await leaving;
    await scene.stage.untilWaiting(0);
  },

  'while it closes, with a question under way': async (scene) => {
    await waitInLine(scene);
    await scene.proxy.holdCommand(isAdmission);
    scene.victim.close();
    await scene.stage.until('it closes', () => scene.victim.closing);
  },
};

export const faultPoints: Scenario = {
  name: 'a producer is killed at every step of a put',
  play: async (play) => {
    await using server = await startTestServer();
    await Promise.all(
      Object.entries(points).map(async ([point, reach], index) => {
        const queueName = `point${index}`;
        await using stage = await Stage.open({ server, queueName, capacity: CAPACITY });
        await using proxy = await heldProxy(server.url);
        const other = await stage.producer();
        await stage.put(other, 'known'); // Redis knows the script from here on
        await stage.cancel(other, 'known');
        const victim = await stage.puppet('victim', { url: proxy.url });
        await reach({ ...play, stage, victim, proxy, other }).catch((error: unknown) => {
          throw new Error(`never got as far as "${point}"`, { cause: error });
        });
        await victim.program.kill();
        await lifeGoesOn(stage, other, play);
      }),
    );
  },
};

/** Those behind the dead one get in within seconds; nothing is lost, doubled, overtaken or left behind. */
async function lifeGoesOn(stage: Stage, other: GustProducer, { long }: Play): Promise<void> {
  const behind = ['behind-1', 'behind-2', 'behind-3'];
  const puts = behind.map((tag) => stage.put(other, tag));
  if (!stage.hasPool) await stage.pool();
  await stage.until('all behind are in', () => behind.every((tag) => stage.answered(tag)), BEHIND_THE_DEAD_MS);
  await Promise.all(puts);
  await stage.untilUnfinished(0);
  await stage.judge();
  if (long) await stage.untilNoKeyIsLeft();
}

/** Fills the queue and lets the victim wait. */
async function waitInLine({ stage, victim, other, random }: Scene): Promise<void> {
  await stage.put(other, 'first');
  await stage.put(other, 'second');
  victim.put('victim', { named: random() < 0.5 });
  await stage.untilWaiting(1);
}
