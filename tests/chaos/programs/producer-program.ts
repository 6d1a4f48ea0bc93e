import { setTimeout as sleep } from 'node:timers/promises';
import { connectProducer, type Producer } from '@sluice/queue';
import { openHistory } from '@sluice/testing/history';
import { seededRandom } from '../plan/seeded-random.ts';
import { chaosQueue } from './chaos-queue.ts';
import { finish, readProgramOptions } from './program-options.ts';
import { RecordedPuts } from './recorded-puts.ts';

// Does everything that a producer can do, in an order that the seed decides, until it gets the message to finish.
const options = readProgramOptions();
const { managed, life, seed, url } = options;
const random = seededRandom(`${seed} ${options.name}`);
const history = openHistory(options.historyFile);

const ending = new AbortController();
process.on('message', (message) => message === finish && ending.abort());
process.on('SIGTERM', () => ending.abort());

/** Redis may be away when this process starts. */
async function connect(): Promise<Producer<typeof chaosQueue>> {
  for (;;) {
    try {
      return await connectProducer(chaosQueue, { redis: url });
    } catch {
      await sleep(100);
    }
  }
}

await using producer = await connect();
const puts = new RecordedPuts(producer, options.name, history, ending.signal);
let named = 0;
const newTag = (): string => `${managed}-${life}-${(named += 1)}`;

/** A tag of this process, or of the one that it replaced: put again, as by a client that has lost its state. */
function oldTag(): string {
  const isOwn = life === 1 || (named > 0 && random.chance(0.7));
  if (isOwn) return `${managed}-${life}-${Math.max(1, named - random.between(0, 30))}`;
  return `${managed}-${life - 1}-${random.between(1, 60)}`;
}

/** A tag whose job may still wait, or be delayed. */
function latestTag(): string {
  return `${managed}-${life}-${Math.max(1, named - random.between(0, 6))}`;
}

async function doSomething(): Promise<void> {
  const what = random.pick({
    put: 42,
    'short-wait': 10,
    aborted: 8,
    tryPut: 12,
    'without-id': 8,
    again: 10,
    many: 3,
    cancel: 7,
  });
  switch (what) {
    case 'put':
      return puts.put(newTag(), { waitMs: 20_000 });
    case 'short-wait':
      return puts.put(newTag(), { waitMs: random.between(0, 400) });
    case 'aborted':
      return puts.put(newTag(), { signal: AbortSignal.timeout(random.between(1, 500)) });
    case 'tryPut':
      return puts.put(newTag(), { whenFull: 'reject' });
    case 'without-id':
      return puts.putWithoutId(newTag());
    case 'again':
      return puts.put(oldTag(), { waitMs: 5_000 });
    case 'many':
      return puts.putMany(Array.from({ length: random.between(2, 30) }, newTag));
    case 'cancel':
      return puts.cancel(latestTag());
    default:
      return what satisfies never;
  }
}

const openMost = 24;
const open = new Set<Promise<void>>();
while (!ending.signal.aborted) {
  const done = doSomething().finally(() => open.delete(done));
  open.add(done);
  if (open.size >= openMost) await Promise.race(open);
  await sleep(random.between(0, 60));
}
await Promise.all(open);
await producer.close();
history.close();
process.disconnect?.();
process.exit(0);
