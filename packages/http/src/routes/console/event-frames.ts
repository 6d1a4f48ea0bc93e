import { setTimeout as sleep } from 'node:timers/promises';
import { problemOf } from '../../problems/problem-of.ts';
import type { ConsoleQueuesEvent, ConsoleRatesEvent, ConsoleTroubleEvent } from './console-feed.ts';
import type { QueueSamples } from './queue-samples.ts';

const EVERY_MS = 1_000;

export interface FrameDeps {
  readonly samples: QueueSamples;
  readonly names: () => Promise<readonly string[]>;
  readonly readOnly: boolean;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/** The server-sent events of one tab: once a second what has changed, as text. */
export async function* eventFrames(deps: FrameDeps): AsyncGenerator<string> {
  const sent = new Map<string, object>();
  // The first tick is at once; those after it, too, when a look took longer than its time.
  yield 'retry: 2000\n\n';
  while (!deps.signal.aborted) {
    const beganAt = performance.now();
    yield* framesOfLook(deps, sent);
    const restMs = Math.max(50, EVERY_MS - (performance.now() - beganAt));
    await sleep(restMs, undefined, { signal: deps.signal }).catch(() => undefined);
  }
}

async function* framesOfLook({ samples, names, readOnly }: FrameDeps, sent: Map<string, object>) {
  try {
    const all = await names();
    const rows = await Promise.all(all.map((name) => samples.row(name)));
    const changed = rows.filter((row) => hasChanged(sent, `row ${row.queue}`, row));
    yield frame('queues', { at: Date.now(), names: all, changed, readOnly } satisfies ConsoleQueuesEvent);
    const rates = all.map((name) => [name, samples.rates(name)] as const);
    const moved = rates.filter(([name, rate]) => hasChanged(sent, `rates ${name}`, rate));
    if (moved.length > 0) yield frame('rates', Object.fromEntries(moved) satisfies ConsoleRatesEvent);
  } catch (error) {
    const { detail } = problemOf(error).problem;
    yield frame('trouble', { at: Date.now(), detail } satisfies ConsoleTroubleEvent);
  }
}

/** By identity: {@link QueueSamples} answers with the same object while nothing has changed. */
function hasChanged(sent: Map<string, object>, key: string, value: object): boolean {
  if (sent.get(key) === value) return false;
  sent.set(key, value);
  return true;
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
