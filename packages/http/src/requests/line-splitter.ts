/** A line of a stream. */
export interface Line {
  /** The first one is 1. Blank lines count. */
  readonly number: number;
  /** Without its end; undefined of one that was too long, of which nothing was kept. */
  readonly bytes: Buffer | undefined;
}

const NEW_LINE = 10;
/** Many small pieces take more memory than they hold. */
const PIECES_MOST = 64;

/** Splits bytes at `\n`, and holds no more of them than one line may have. */
export class LineSplitter {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  #isTooLong = false;
  #number = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in these bytes, one by one: what is not asked for is not split. */
  *split(bytes: Buffer): Generator<Line, void, undefined> {
    let start = 0;
    for (let end = bytes.indexOf(NEW_LINE); end >= 0; end = bytes.indexOf(NEW_LINE, start)) {
      this.#keep(bytes.subarray(start, end));
      start = end + 1;
      yield this.#take();
    }
    // A copy, as the piece may be a small part of what it came in.
    if (start < bytes.length) this.#keep(Buffer.from(bytes.subarray(start)));
  }

  /** The last line, where it has no end of its own. */
  *end(): Generator<Line, void, undefined> {
    if (this.#heldBytes > 0 || this.#isTooLong) yield this.#take();
  }

  #keep(piece: Buffer): void {
    this.#isTooLong ||= this.#heldBytes + piece.length > this.#maxBytes;
    if (this.#isTooLong) return this.#forget();
    this.#pieces.push(piece);
    this.#heldBytes += piece.length;
    if (this.#pieces.length > PIECES_MOST) this.#pieces = [Buffer.concat(this.#pieces)];
  }

  #take(): Line {
    const [first = Buffer.alloc(0), ...others] = this.#pieces;
    const bytes = others.length === 0 ? first : Buffer.concat(this.#pieces);
    const line = { number: ++this.#number, bytes: this.#isTooLong ? undefined : bytes };
    this.#forget();
    this.#isTooLong = false;
    return line;
  }

  #forget(): void {
    this.#pieces = [];
    this.#heldBytes = 0;
  }
}
