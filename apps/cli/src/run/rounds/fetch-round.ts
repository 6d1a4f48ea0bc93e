import { lostLineResult, type ResultLine, resultLineOf } from '../results/result-line.ts';
import type { FetchLine } from '../input/fetch-line.ts';
import type { FetchPayload, FetchProducer, MappedFetch } from './fetch-producer.ts';
import type { Answered, Refusal } from '../hosts/host-limiter.ts';
import type { LineJobIds } from './line-job-ids.ts';
import type { LineScheduler } from '../hosts/line-scheduler.ts';
import type { ResultCollector } from '../results/result-collector.ts';
import { retryDelayMs } from '../hosts/retry-waits.ts';
import type { RunOptions } from '../run-options.ts';
import type { RunCounts } from '../results/run-counts.ts';

export interface FetchRoundDeps {
  options: RunOptions;
  source: LineScheduler;
  collector: ResultCollector;
  counts: RunCounts;
  /** The ids of the jobs; the same over all rounds of a run. */
  jobs: LineJobIds;
}

/** One pass of lines through one connection to the queue. It may end early; `unfinished` are the lines to give again. */
export class FetchRound {
  readonly #deps: FetchRoundDeps;
  readonly #out = new Map<number, FetchLine>();
  readonly #ended = new AbortController();
  #given = 0;

  constructor(deps: FetchRoundDeps) {
    this.#deps = deps;
  }

  /** Lines that were given to the queue and have no result. */
  get unfinished(): ReadonlyMap<number, FetchLine> {
    return this.#out;
  }

  /** Takes no more lines and stops reading from the queue; `run` may then never resolve. */
  end(): void {
    this.#ended.abort();
    this.#deps.source.wake();
  }

  /** Resolves when the source has no more lines and every line given has its result. */
  async run(producer: FetchProducer): Promise<void> {
    const { signal } = this.#ended;
    const id = (index: number): string => {
      const { line, attemptsBefore } = this.#lineAt(index);
      return this.#deps.jobs.idOf(line, attemptsBefore);
    };
    for await (const mapped of producer.map(this.#payloads(), { id, signal })) {
      const line = this.#lineAt(mapped.index);
      if (mapped.outcome === 'unawaited') continue; // stays among the unfinished
      this.#out.delete(mapped.index);
      await this.#collect(line, mapped);
    }
  }

  #lineAt(index: number): FetchLine {
    const line = this.#out.get(index);
    if (!line) throw new Error(`the queue speaks of payload ${index}, which it was not given`);
    return line;
  }

  async *#payloads(): AsyncGenerator<FetchPayload> {
    const { source, options } = this.#deps;
    const { signal } = this.#ended;
    for (let line = await source.next(signal); line; line = await source.next(signal)) {
      this.#out.set(this.#given, line);
      this.#given += 1;
      // A host in a pause and the next attempt of a line are waited for here, where lines take no capacity of the queue.
      const { url, attemptsBefore = 0 } = line;
      yield { url, body: options.body, retryAfterMaxMs: 0, attemptsBefore, retryByCaller: true };
    }
  }

  async #collect(line: FetchLine, mapped: Exclude<MappedFetch, { outcome: 'unawaited' }>): Promise<void> {
    const { collector, jobs, options, source, counts } = this.#deps;
    counts.countDepth(mapped.receipt.depth);
    counts.countWait(mapped.receipt.waitedMs);
    const isOld = mapped.receipt.status === 'duplicate';
    if (mapped.outcome === 'result-expired') return this.#collectLost(line, isOld);
    const { refusal, worthRetrying, attempts = 0 } = mapped.outcome === 'completed' ? mapped.result : {};
    if (worthRetrying) return this.#retry({ ...line, attemptsBefore: attempts }, isOld);
    if (refusal && (await this.#isPutAgain({ ...line, attemptsBefore: attempts - 1 }, refusal, isOld))) return;
    const result = resultLineOf(line, mapped, options.timeoutMs);
    if (!refusal) source.settled(line, answeredBy(result));
    jobs.forget(line.line);
    await collector.put(result);
  }

  /** An earlier run may have put the line already for its next attempt: it is asked for at once, and keeps its place. */
  #retry(line: FetchLine, isOld: boolean): void {
    const { jobs, source } = this.#deps;
    jobs.end(line.line);
    if (isOld) source.again([line]);
    else source.retry(line, retryDelayMs(line.attemptsBefore ?? 1));
  }

  /** A pause that an earlier run heard of may have ended: the host is asked again. */
  async #isPutAgain(line: FetchLine, refusal: Refusal, isOld: boolean): Promise<boolean> {
    const { jobs, source } = this.#deps;
    jobs.end(line.line);
    if (!isOld) return source.refused(line, refusal);
    source.again([line]);
    return true;
  }

  async #collectLost(line: FetchLine, isOld: boolean): Promise<void> {
    const { collector, jobs, source } = this.#deps;
    if (isOld) jobs.end(line.line);
    if (isOld || jobs.lose(line.line)) return source.again([line]);
    source.settled(line, 'well');
    jobs.forget(line.line);
    await collector.put(lostLineResult(line));
  }
}

function answeredBy({ status }: ResultLine): Answered {
  if (status === 429) return 'overloaded';
  return status === null || status >= 500 ? 'failed' : 'well';
}
