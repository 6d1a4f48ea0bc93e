import { setTimeout as sleep } from 'node:timers/promises';
import { connectProducer, RedisUnavailableError } from '@sluice/queue';
import { openHistory } from '@sluice/testing/history';
import { endWithParent, readOptions } from '../../bound/program-options.ts';
import { burstQueue } from '../burst.ts';
import { type BurstProducer, recordedPut } from '../recorded-put.ts';
import { seeded } from '@sluice/testing/seeded';
import { letClockJump } from './jumping-clock.ts';
import type { ManyProducersOptions } from './program-options.ts';

// Many producers, each with its own connections, that put in every possible way. The seed decides what each does.
endWithParent();
const options = readOptions<ManyProducersOptions>();
if (options.clockSeed !== undefined) letClockJump(options.clockSeed);
const history = openHistory(options.historyFile);
const queue = burstQueue(options.queueName, options.capacity);

async function connect(): Promise<BurstProducer> {
  const { url, unavailableMs } = options;
  for (;;) {
    try {
      return await connectProducer(queue, { redis: url, ...(unavailableMs === undefined ? {} : { unavailableMs }) });
    } catch (error) {
      if (!(error instanceof RedisUnavailableError)) throw error;
    }
  }
}

async function produce(index: number): Promise<void> {
  const random = seeded(options.seed * 1_000 + index);
  const name = `${options.name}-${index}`;
  await using producer = await connect();
  const puts: Promise<unknown>[] = [];
  for (let n = 0; n < options.putsEach; n += 1) {
    const tag = `${name}-${n}`;
    const named = random() < 0.5 ? { id: tag } : {};
    puts.push(recordedPut(producer, history, { name, tag, ...named, ...waitOptionsOf(random) }));
    if (random() < 0.5) await puts.at(-1);
    else if (random() < 0.3) await sleep(random() * 10);
  }
  await Promise.all(puts);
}

function waitOptionsOf(random: () => number): { waitMs: number; signal?: AbortSignal } {
  const roll = options.waitsForEver ? 1 : random();
  if (roll < 0.1) return { waitMs: 0 };
  if (roll < 0.25) return { waitMs: random() * 200 };
  if (roll < 0.35) return { waitMs: Infinity, signal: AbortSignal.timeout(Math.ceil(random() * 100)) };
  return { waitMs: Infinity };
}

await Promise.all(Array.from({ length: options.producers }, (_, index) => produce(index)));
history.close();
process.disconnect?.();
process.exit(0);
