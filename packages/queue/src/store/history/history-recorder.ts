import { outsideContext } from '../../job/outside-context.ts';
import { emptyRecord, type HistoryCount, type HistoryRecord } from '../../job/history/history-record.ts';
import { addTime } from '../../job/history/time-histogram.ts';
import { pause } from '../../job/pause.ts';

/** How long what a process has counted waits until it is written. */
const HISTORY_FLUSH_MS = 5_000;
/** How long the last write may take. */
const CLOSE_MS = 500;

/**
 * Counts in this process what happens to the jobs of a queue, and writes it all in one call now and then. What a process that is
 * killed has not written is lost, and so is what could not be written: the history is for people, and nothing depends on it.
 */
export class HistoryRecorder {
  readonly #send: (records: ReadonlyMap<string, HistoryRecord>) => Promise<void>;
  #records = new Map<string, HistoryRecord>();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (records: ReadonlyMap<string, HistoryRecord>) => Promise<void>) {
    this.#send = send;
  }

  count(job: string, what: HistoryCount): void {
    this.#recordOf(job).counts[what] += 1;
  }

  /** Notes how long a job could have started before it did. */
  waited(job: string, ms: number): void {
    addTime(this.#recordOf(job).waits, Math.max(0, ms));
  }

  /** Notes how long the handler of a job ran that completed. */
  ran(job: string, ms: number): void {
    addTime(this.#recordOf(job).runs, ms);
  }

  /** Writes what is there. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = this.#records;
    if (records.size === 0) return;
    this.#records = new Map();
    await this.#send(records).catch(() => undefined);
  }

  /** Writes for the last time, unless Redis is away: no end waits for the history. Never rejects. */
  async close(): Promise<void> {
    const written = new AbortController();
    void this.flush().finally(() => written.abort());
    await pause(CLOSE_MS, written.signal);
  }

  #recordOf(job: string): HistoryRecord {
    const known = this.#records.get(job);
    if (known) return known;
    this.#timer ??= outsideContext(() => setTimeout(() => void this.flush(), HISTORY_FLUSH_MS)).unref();
    const record = emptyRecord();
    this.#records.set(job, record);
    return record;
  }
}
