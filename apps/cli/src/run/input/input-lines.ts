import { isUtf8 } from 'node:buffer';
import { utf8Chunks } from './utf8-chunks.ts';

/** The most bytes of one line that are kept; a longer line is cut there and marked. */
export const LINE_MAX_BYTES = 8_192;

/** One line of the input that asks for a result: neither blank nor a comment. */
export interface InputLine {
  /** Counts every line of the input from 1, blank lines and comments too. */
  line: number;
  /** Without surrounding white space; of a line that is too long, its first {@link LINE_MAX_BYTES} bytes. */
  text: string;
  /** How many characters of white space stand before the text; none when it is absent. */
  indent?: number;
  /** Why the line cannot be read as text. */
  flaw: 'not-utf8' | 'too-long' | null;
}

const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts a stream of bytes into lines, in memory that does not depend on the length of the stream or of any line.
 *
 * Lines are UTF-8, or UTF-16 by {@link utf8Chunks}. They end with LF, CRLF or CR, the last one may end with nothing; a byte
 * order mark at the start is dropped. Blank lines and lines that start with `#` are counted and left out. Lines come in
 * groups, one per chunk, because a promise for each of a million lines would cost more than reading them.
 */
export async function* readInputLines(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<InputLine[]> {
  const cutter = new LineCutter();
  for await (const chunk of utf8Chunks(chunks)) {
    const lines = cutter.push(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = cutter.end();
  if (last.length > 0) yield last;
}

/** What is kept of a line: a byte order mark, and one byte more to know that the line is too long. */
const KEPT_MAX_BYTES = LINE_MAX_BYTES + 4;

/** Holds the line that is not complete yet: at most {@link KEPT_MAX_BYTES} of it. */
class LineCutter {
  #line = 0;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** The last line that is complete ended with a CR, whose LF may still come. */
  #endedWithCr = false;

  push(chunk: Buffer): InputLine[] {
    const lines: InputLine[] = [];
    let start = this.#endedWithCr && chunk[0] === LF ? 1 : 0;
    let lf = chunk.indexOf(LF, start);
    let cr = chunk.indexOf(CR, start);
    while (lf !== -1 || cr !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
      this.#keep(chunk.subarray(start, end));
      this.#complete(lines);
      start = end === cr && lf === cr + 1 ? end + 2 : end + 1;
      // Each is looked for again only when it was used up: a list has many of the one and none of the other.
      if (lf !== -1 && lf < start) lf = chunk.indexOf(LF, start);
      if (cr !== -1 && cr < start) cr = chunk.indexOf(CR, start);
    }
    if (chunk.length > 0) this.#endedWithCr = chunk.at(-1) === CR;
    // A copy: what is kept must not hold on to the whole chunk, nor see it reused.
    if (start < chunk.length) this.#keep(chunk.subarray(start), Buffer.from);
    return lines;
  }

  end(): InputLine[] {
    const lines: InputLine[] = [];
    if (this.#bytes > 0) this.#complete(lines);
    return lines;
  }

  #keep(part: Buffer, copy: (bytes: Buffer) => Buffer = (bytes) => bytes): void {
    const space = KEPT_MAX_BYTES - this.#bytes;
    if (space <= 0) return;
    const kept = part.subarray(0, space);
    this.#parts.push(copy(kept));
    this.#bytes += kept.length;
  }

  #complete(lines: InputLine[]): void {
    this.#line += 1;
    let bytes = this.#parts.length === 1 ? (this.#parts[0] ?? BOM) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    if (this.#line === 1 && bytes.subarray(0, 3).equals(BOM)) bytes = bytes.subarray(3);
    const line = toInputLine(this.#line, bytes);
    if (line) lines.push(line);
  }
}

function toInputLine(line: number, bytes: Buffer): InputLine | null {
  const tooLong = bytes.length > LINE_MAX_BYTES;
  const kept = tooLong ? bytes.subarray(0, LINE_MAX_BYTES) : bytes;
  const all = kept.toString('utf8');
  const text = all.trim();
  const indent = all.length - all.trimStart().length;
  const found = { line, text, ...(indent === 0 ? {} : { indent }) };
  if (text.startsWith('#')) return null;
  if (tooLong) return { ...found, flaw: 'too-long' };
  if (text === '') return null;
  return { ...found, flaw: isUtf8(kept) ? null : 'not-utf8' };
}
