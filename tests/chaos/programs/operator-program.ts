import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, connectAdmin, SluiceError } from '@sluice/queue';
import { openHistory } from '@sluice/testing/history';
import { clearLimits } from '../orders/change-limits.ts';
import { scheduleNames } from '../orders/keep-schedules.ts';
import { knownOrders } from '../orders/known-orders.ts';
import type { Order } from '../orders/order.ts';
import { seededRandom } from '../plan/seeded-random.ts';
import { chaosQueue } from './chaos-queue.ts';
import { finish, readProgramOptions } from './program-options.ts';

// Gives orders, up to four at once, in an order that the seed decides, until it gets the message to finish.
const { seed, url, historyFile, name: operator } = readProgramOptions();
const random = seededRandom(`${seed} ${operator}`);
const history = openHistory(historyFile);
const orders = new Map(knownOrders.map((order) => [order.name, order]));
const weights = Object.fromEntries(knownOrders.map(({ name, weight }) => [name, weight]));

const ending = new AbortController();
process.on('message', (message) => message === finish && ending.abort());
process.on('SIGTERM', () => ending.abort());

/** Redis may be away when this process starts. */
async function connect(): Promise<Admin> {
  for (;;) {
    try {
      return await connectAdmin(chaosQueue, { redis: url });
    } catch {
      await sleep(100);
    }
  }
}

/** What the one before, which was killed, may have left. */
async function takeBack(admin: Admin): Promise<void> {
  history.record({ type: 'order-sent', order: 'resume', operator });
  await admin.resume();
  await admin.setCapacity(null);
  await clearLimits(admin);
  for (const name of scheduleNames) await admin.schedules.remove(name);
}

/** What became of the order is unknown then. */
async function give(order: Pick<Order, 'give'>, admin: Admin): Promise<void> {
  try {
    await order.give({ admin, operator, random, record: (fact) => history.record(fact), ending: ending.signal });
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
  }
}

await using admin = await connect();
await give({ give: () => takeBack(admin) }, admin);
const openMost = 4;
const open = new Set<Promise<void>>();
while (!ending.signal.aborted) {
  const order = orders.get(random.pick(weights));
  const done = (order ? give(order, admin) : Promise.resolve()).finally(() => open.delete(done));
  open.add(done);
  if (open.size >= openMost) await Promise.race(open);
  await sleep(random.between(0, 250), undefined, { signal: ending.signal }).catch(() => undefined);
}
await Promise.all(open);
await give({ give: () => takeBack(admin) }, admin);
await admin.close();
history.close();
process.disconnect?.();
process.exit(0);
