import { RedisUnavailableError } from '@sluice/queue/contracts';
import type { ResultLine } from '../run/results/result-line.ts';
import type { FetchPayload, FetchProducer, MappedFetch } from '../run/rounds/fetch-producer.ts';
import { HostLimiter } from '../run/hosts/host-limiter.ts';
import { LineJobIds } from '../run/rounds/line-job-ids.ts';
import { LineNumberSet } from '../run/input/line-number-set.ts';
import { LineScheduler } from '../run/hosts/line-scheduler.ts';
import { RunLoop } from '../run/rounds/run-loop.ts';
import { ResultCollector } from '../run/results/result-collector.ts';
import { ResultWriter } from '../run/results/result-writer.ts';
import { runDefaults } from '../run/run-options.ts';
import { RunCounts } from '../run/results/run-counts.ts';

type Ending =
  | 'fetched'
  | 'dead'
  | 'result-expired'
  | 'refused'
  | 'refused before'
  | 'failed'
  | 'failed before'
  | 'hangs'
  | 'redis away';
/** Longer than the loop waits for. */
const DAY_MS = 86_400_000;

/** A queue that ends each job as the test says, at once. */
class ScriptedFetchProducer implements FetchProducer {
  readonly ids: string[] = [];
  closed = 0;
  readonly #ending: (url: string, time: number) => Ending;
  readonly #times = new Map<string, number>();

  constructor(ending: (url: string, time: number) => Ending) {
    this.#ending = ending;
  }

  async *map(
    payloads: AsyncIterable<FetchPayload>,
    { id, signal }: { id: (index: number) => string; signal: AbortSignal },
  ): AsyncGenerator<MappedFetch> {
    let index = 0;
    for await (const { url, attemptsBefore = 0 } of payloads) {
      this.ids.push(id(index));
      const time = (this.#times.get(url) ?? 0) + 1;
      this.#times.set(url, time);
      const ending = this.#ending(url, time);
      if (ending === 'redis away') throw new RedisUnavailableError('localhost');
      if (ending === 'hangs') await new Promise((_, reject) => signal.addEventListener('abort', reject));
      else {
        const status = ending.endsWith(' before') ? 'duplicate' : 'created';
        yield {
          index,
          receipt: { status, depth: index + 1, waitedMs: index },
          ...settled(ending, url, attemptsBefore),
        };
      }
      index += 1;
    }
  }

  async stats(): Promise<{ depth: number; active: number; waitingPuts: number }> {
    return { depth: 1_000, active: 0, waitingPuts: 0 };
  }

  async obliterate(): Promise<void> {
    // Nothing is stored.
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

function settled(
  ending: Exclude<Ending, 'hangs' | 'redis away'>,
  url: string,
  attemptsBefore: number,
): DistributiveOmit<MappedFetch, 'index' | 'receipt'> {
  switch (ending) {
    case 'fetched': {
      const answer = { status: 200, finalUrl: url, ms: 1, bytes: 0, sha256: null, contentType: null };
      const result = { url, ok: true, ...answer, attempts: 1 + attemptsBefore, error: null };
      return { outcome: 'completed', attempts: 1, result };
    }
    case 'dead':
      return { outcome: 'dead', attempts: 3, error: { code: 'SLUICE_JOB_TIMEOUT', message: 'Timeout after 1 second' } };
    case 'refused':
    case 'refused before': {
      const answer = { status: 429, finalUrl: url, ms: 1, bytes: 0, sha256: null, contentType: null };
      const error = { code: 'HTTP', message: 'refused' } as const;
      const refusal = { host: new URL(url).host + ':80', retryAfterMs: url === 'http://closed/' ? DAY_MS : 1 };
      // Refused at its second attempt.
      const result = { url, ok: false, ...answer, attempts: 2 + attemptsBefore, refusal, error };
      return { outcome: 'completed', attempts: 2, result };
    }
    case 'failed':
    case 'failed before': {
      const answer = { status: 503, finalUrl: url, ms: 1, bytes: 0, sha256: null, contentType: null };
      const error = { code: 'HTTP', message: 'Status 503' } as const;
      const attempts = 1 + attemptsBefore;
      const mark = attempts < runDefaults.attempts ? { worthRetrying: true as const } : {};
      return { outcome: 'completed', attempts: 1, result: { url, ok: false, ...answer, attempts, ...mark, error } };
    }
    case 'result-expired':
      return { outcome: 'result-expired' };
    default:
      return ending satisfies never;
  }
}

type DistributiveOmit<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;

export interface LoopFixture {
  loop: RunLoop;
  counts: RunCounts;
  givenUp: number[];
  producer: ScriptedFetchProducer;
  results: () => Promise<ResultLine[]>;
  stop: AbortController;
  killRedis: () => void;
  failWorkers: (error: Error) => void;
  drained: () => boolean;
}

/** A run loop with a scripted queue behind it. `done` are lines that have their result. */
export function loopFor(
  urls: string[],
  ending: (url: string, time: number) => Ending,
  done: number[] = [],
): LoopFixture {
  const written: string[] = [];
  const givenUp: number[] = [];
  const sink = {
    write: async (bytes: Buffer) => void written.push(String(bytes)),
    finish: async () => undefined,
    close: async () => undefined,
  };
  const writer = new ResultWriter(sink);
  const doneLines = new LineNumberSet();
  for (const line of done) doneLines.add(line);
  const counts = new RunCounts();
  const collector = new ResultCollector({ done: doneLines, counts, writer });
  const source = new LineScheduler({
    groups: (async function* () {
      yield urls.map((text, index) => ({ line: index + 1, text, flaw: null }));
    })(),
    done: doneLines,
    limiter: new HostLimiter({ perHost: 100 }),
    onBad: (line) => collector.putBad(line),
    onGivenUp: async (line) => void givenUp.push(line.line),
  });
  const producer = new ScriptedFetchProducer(ending);
  const stop = new AbortController();
  const workers = Promise.withResolvers<never>();
  workers.promise.catch(() => undefined);
  let died = Promise.withResolvers<void>();
  let drained = false;
  const loop = new RunLoop({
    options: { ...runDefaults, input: 'urls.txt', timeoutMs: 1_000 },
    source,
    collector,
    counts,
    jobs: new LineJobIds(),
    redis: {
      url: 'redis://localhost',
      get died() {
        return died.promise;
      },
      available: async () => void (died = Promise.withResolvers()),
      stop: async () => undefined,
    },
    connect: async () => producer,
    failed: workers.promise,
    drainWorkers: async () => void (drained = true),
    signal: stop.signal,
    note: () => undefined,
  });
  const results = async (): Promise<ResultLine[]> => {
    await writer.finish();
    const lines = written.join('').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as ResultLine).sort((a, b) => a.line - b.line);
  };
  return {
    loop,
    counts,
    givenUp,
    producer,
    results,
    stop,
    killRedis: () => died.resolve(),
    failWorkers: workers.reject,
    drained: () => drained,
  };
}
