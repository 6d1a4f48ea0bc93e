import { isUtf8 } from 'node:buffer';

/** The most bytes of one line: more than any payload may have. */
export const PAYLOAD_LINE_MAX_BYTES = 1_048_576;

/** One line of NDJSON that is not blank. */
export type PayloadLine = {
  /** Counts every line from 1, blank lines too. */
  readonly line: number;
} & ({ readonly text: string; readonly flaw: null } | { readonly text: null; readonly flaw: 'not-utf8' | 'too-long' });

const LF = 0x0a;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Cuts NDJSON into lines, in memory that depends on neither the number of lines nor the length of any. The last one needs no end. */
export async function* payloadLines(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<PayloadLine> {
  const cutter = new Cutter();
  for await (const chunk of chunks) yield* cutter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  yield* cutter.end();
}

/** Holds the line that is not complete yet, up to one byte more than it may have. */
class Cutter {
  #line = 0;
  #parts: Buffer[] = [];
  #bytes = 0;

  *push(chunk: Buffer): Generator<PayloadLine> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#keep(chunk.subarray(start, end));
      yield* this.#complete();
      start = end + 1;
    }
    this.#keep(Buffer.from(chunk.subarray(start))); // a copy, which does not hold on to the whole chunk
  }

  *end(): Generator<PayloadLine> {
    if (this.#bytes > 0) yield* this.#complete();
  }

  #keep(part: Buffer): void {
    const kept = part.subarray(0, Math.max(0, PAYLOAD_LINE_MAX_BYTES + 1 - this.#bytes));
    if (kept.length === 0) return;
    this.#parts.push(kept);
    this.#bytes += kept.length;
  }

  *#complete(): Generator<PayloadLine> {
    const whole = this.#parts.length === 1 ? (this.#parts[0] ?? BOM) : Buffer.concat(this.#parts);
    const isTooLong = this.#bytes > PAYLOAD_LINE_MAX_BYTES;
    this.#parts = [];
    this.#bytes = 0;
    this.#line += 1;
    const line = this.#line;
    const bytes = line === 1 && whole.subarray(0, 3).equals(BOM) ? whole.subarray(3) : whole;
    if (isTooLong) return yield { line, text: null, flaw: 'too-long' };
    if (!isUtf8(bytes)) return yield { line, text: null, flaw: 'not-utf8' };
    const text = bytes.toString('utf8').trim();
    if (text !== '') yield { line, text, flaw: null };
  }
}
