import { type ContenderName, contenderNames } from './contender.ts';
import { driveContender } from './drive-contender.ts';
import { openContender } from './open-contender.ts';
import { payloadOf } from './put-plan.ts';
import type { RoundAnswer, RoundCost, RoundOrder } from './round-order.ts';

// The process of one contender: nothing else runs in it, so its CPU time is that contender's.
const [nameGiven, socketPath = ''] = process.argv.slice(2);
const name = contenderNames.find((known): known is ContenderName => known === nameGiven);
if (name === undefined) throw new Error(`no such contender: ${nameGiven}`);

process.once('disconnect', () => process.exit());
const contender = await openContender(name, socketPath);
process.on('message', (order: RoundOrder) => {
  void answerTo(order).then((answer) => process.send?.(answer));
});
process.send?.('ready');

async function answerTo(order: RoundOrder): Promise<RoundAnswer> {
  try {
    return await measure(order);
  } catch (error) {
    return { failed: error instanceof Error ? String(error.stack) : String(error) };
  }
}

async function measure({ shape, payload, jobs }: RoundOrder): Promise<RoundCost> {
  const payloads = Array.from({ length: jobs }, (_, n) => payloadOf(payload, n));
  globalThis.gc?.(); // what earlier runs left behind is not this run's
  const cpu = process.cpuUsage();
  const start = performance.now();
  await driveContender(contender, shape, payloads);
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { elapsedMs, nodeCpuUs: user + system };
}
