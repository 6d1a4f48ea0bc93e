import { Duplex } from 'node:stream';
import { ClientGoneError, HttpRefusal } from '../problems/request-errors.ts';
import { type Line, LineSplitter } from '../requests/line-splitter.ts';
import { BODY_MAX_BYTES, STREAM_MAX } from '../requests/load-limit.ts';

export interface LineAnswersDeps {
  /** The answer to a line that is not blank, with its own end. Must not reject. */
  readonly answer: (line: Line) => Promise<string>;
  /** The last line of a stream that ends before its input does. */
  readonly ending: (lineNumber: number, error: unknown) => string;
  /** Called with why the lines are called off that are not answered yet. Their answers are still awaited. */
  readonly callOff: (reason: unknown) => void;
  /** Why the stream ends when none of its lines is answered for this long. */
  readonly stalled: { readonly afterMs: number; readonly error: () => Error };
  /** How long it waits for a line. */
  readonly silentMs: number;
}

interface Slot {
  readonly bytes: number;
  answer: string | undefined;
}

/** How often it checks its time limits. */
const LOOK_MS = 1_000;

/**
 * Lines in, an answer to each out, in their order. It reads as far ahead of its answers as {@link STREAM_MAX} allows, whether
 * what is slow are the puts or the reader: so that who writes is slowed through TCP, and nothing piles up here.
 *
 * ```
 *   request ──► split ──► answer (up to 200 at once) ──► in order ──► response
 *      ▲  not read while 200 lines or 256 KiB are unanswered, or the response is not read  │
 *      └───────────────────────────────────────────────────────────────────────────────────┘
 * ```
 */
export class LineAnswers extends Duplex {
  readonly #deps: LineAnswersDeps;
  readonly #splitter = new LineSplitter(BODY_MAX_BYTES);
  /** Lines that are not answered yet, or wait behind one that is not. */
  readonly #slots: Slot[] = [];
  #bytes = 0;
  #lastNumber = 0;
  #lines: Iterator<Line, void> | undefined;
  /** Asks for more input. */
  #onSplit: (() => void) | undefined;
  #isBlocked = false;
  #isDelivering = false;
  #isOver = false;
  /** There are no more lines; or why no more are read. */
  #ended: { readonly error?: unknown } | undefined;
  #progressAtMs = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(deps: LineAnswersDeps) {
    super({ decodeStrings: true });
    this.#deps = deps;
    this.#timer = setInterval(() => this.#look(), Math.min(LOOK_MS, deps.stalled.afterMs, deps.silentMs));
  }

  /** Reads no more lines, calls off those that are not answered, and ends with a line that says why. */
  stop(error: unknown): void {
    const isFirst = !this.#ended;
    this.#ended ??= { error };
    this.#deps.callOff(error);
    if (isFirst) this.#deliver();
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#read(this.#splitter.split(chunk), done);
  }

  override _final(done: () => void): void {
    this.#read(this.#splitter.end(), () => {
      this.#ended ??= {};
      this.#deliver();
      done();
    });
  }

  override _read(): void {
    this.#isBlocked = false;
    this.#deliver();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#timer);
    this.#ended ??= { error };
    this.#deps.callOff(new ClientGoneError());
    done(error);
  }

  #read(lines: Iterator<Line, void>, done: () => void): void {
    this.#lines = lines;
    this.#onSplit = done;
    this.#readOn();
  }

  #readOn(): void {
    while (this.#lines && (this.#mayRead || this.#ended)) {
      // What still comes after an end is thrown away.
      const next = this.#ended ? undefined : this.#lines.next();
      if (next && !next.done) this.#start(next.value);
      else {
        const done = this.#onSplit;
        this.#lines = undefined;
        this.#onSplit = undefined;
        done?.();
      }
    }
  }

  get #mayRead(): boolean {
    return !this.#isBlocked && this.#slots.length < STREAM_MAX.lines && this.#bytes < STREAM_MAX.bytes;
  }

  #start(line: Line): void {
    this.#progressAtMs = performance.now();
    this.#lastNumber = line.number;
    if (line.bytes && isBlank(line.bytes)) return;
    const slot: Slot = { bytes: line.bytes?.length ?? 0, answer: undefined };
    this.#slots.push(slot);
    this.#bytes += slot.bytes;
    void this.#deps.answer(line).then((answer) => {
      slot.answer = answer;
      this.#deliverSoon();
    });
  }

  /** Answers come a call's worth at a time. */
  #deliverSoon(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    setImmediate(() => {
      this.#isDelivering = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.destroyed) return;
    let text = '';
    for (let answer = this.#slots[0]?.answer; answer !== undefined; answer = this.#slots[0]?.answer) {
      text += answer;
      this.#bytes -= this.#slots.shift()?.bytes ?? 0;
    }
    if (text !== '') {
      this.#progressAtMs = performance.now();
      this.#isBlocked = !this.push(text);
    }
    if (this.#ended && this.#slots.length === 0) this.#end(this.#ended);
    this.#readOn();
  }

  #end(ended: { readonly error?: unknown }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    if ('error' in ended) this.push(this.#deps.ending(this.#lastNumber + 1, ended.error));
    this.push(null);
  }

  #look(): void {
    const { stalled, silentMs } = this.#deps;
    const idleMs = performance.now() - this.#progressAtMs;
    if (this.#isBlocked) {
      // A client that asks for so much and does not read the answers would have them held here.
      if (idleMs >= silentMs) this.destroy(new ClientGoneError());
    } else if (this.#slots.length > 0) {
      if (idleMs >= stalled.afterMs) this.stop(stalled.error());
    } else if (idleMs >= silentMs) this.stop(new HttpRefusal(408, 'no line came for too long'));
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13);
}
