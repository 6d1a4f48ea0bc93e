import { lostLineResult, resultLineOf } from '../result-line.ts';
import type { FetchLine } from './fetch-line.ts';
import type { FetchPayload, FetchProducer, MappedFetch } from './fetch-producer.ts';
import type { LineSource } from './line-source.ts';
import type { ResultDesk } from './result-desk.ts';
import type { RunOptions } from './run-options.ts';
import type { Tally } from './tally.ts';

/** How often a line is put again whose job is gone from Redis, before it counts as failed. */
const lossesMax = 3;

export interface FetchRoundOptions {
  options: RunOptions;
  source: LineSource;
  desk: ResultDesk;
  tally: Tally;
}

/** One pass of lines through one connection to the queue. It may end early; `unfinished` are the lines to give again. */
export class FetchRound {
  readonly #options: FetchRoundOptions;
  readonly #out = new Map<number, FetchLine>();
  readonly #losses: Map<number, number>;
  readonly #ended = new AbortController();
  #given = 0;

  /** `losses`: how often the job of a line was lost, kept over all rounds of a run. */
  constructor(options: FetchRoundOptions, losses: Map<number, number>) {
    this.#options = options;
    this.#losses = losses;
  }

  /** Lines that were given to the queue and have no result. */
  get unfinished(): ReadonlyMap<number, FetchLine> {
    return this.#out;
  }

  /** Takes no more lines and lets go of the queue; `run` may then never resolve. */
  end(): void {
    this.#ended.abort();
    this.#options.source.nudge();
  }

  /** Resolves when the source has no more lines and every line given has its result. */
  async run(producer: FetchProducer): Promise<void> {
    const { signal } = this.#ended;
    for await (const mapped of producer.map(this.#payloads(), { id: (index) => this.#jobId(index), signal })) {
      const line = this.#lineAt(mapped.index);
      if (mapped.outcome === 'unawaited') continue; // stays among the unfinished
      this.#out.delete(mapped.index);
      await this.#collect(line, mapped);
    }
  }

  /**
   * The same line has the same id in every run that goes on, so that it is put once however often it is asked for. A job that is
   * gone may have ended, and Redis then remembers its id: the line needs another one.
   */
  #jobId(index: number): string {
    const { line } = this.#lineAt(index);
    const losses = this.#losses.get(line) ?? 0;
    return losses === 0 ? `line-${line}` : `line-${line}.${losses}`;
  }

  #lineAt(index: number): FetchLine {
    const line = this.#out.get(index);
    if (!line) throw new Error(`the queue speaks of payload ${index}, which it was not given`);
    return line;
  }

  async *#payloads(): AsyncGenerator<FetchPayload> {
    const { source, options } = this.#options;
    const { signal } = this.#ended;
    for (let line = await source.next(signal); line; line = await source.next(signal)) {
      this.#out.set(this.#given, line);
      this.#given += 1;
      yield { url: line.url, body: options.body };
    }
  }

  async #collect(line: FetchLine, mapped: Exclude<MappedFetch, { outcome: 'unawaited' }>): Promise<void> {
    const { desk, options, source, tally } = this.#options;
    tally.countDepth(mapped.receipt.depth);
    tally.countWait(mapped.receipt.waitedMs);
    if (mapped.outcome === 'expired') return this.#collectLost(line);
    const result = resultLineOf(line, mapped, options.timeoutMs);
    source.settled(line, result.status === 429 || result.status === 503 ? 'overloaded' : 'well');
    await desk.put(result);
  }

  async #collectLost(line: FetchLine): Promise<void> {
    const losses = (this.#losses.get(line.line) ?? 0) + 1;
    this.#losses.set(line.line, losses);
    if (losses < lossesMax) return this.#options.source.again([line]);
    this.#options.source.settled(line, 'well');
    await this.#options.desk.put(lostLineResult(line));
  }
}
