/** Pieces of bytes that are read piece by piece, by count, or up to a byte; and given back. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Buffer>;
  #unread: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next piece, never an empty one; null at the end. */
  async next(): Promise<Buffer | null> {
    const unread = this.#unread;
    this.#unread = Buffer.alloc(0);
    if (unread.length > 0) return unread;
    const { done, value } = await this.#pieces.next();
    if (done) return null;
    return value.length > 0 ? value : this.next();
  }

  /** Puts bytes back before all that follows. */
  unread(bytes: Buffer): void {
    this.#unread = Buffer.concat([bytes, this.#unread]);
  }

  /** This number of bytes; fewer only at the end. */
  async take(count: number): Promise<Buffer> {
    let taken = Buffer.alloc(0);
    while (taken.length < count) {
      const piece = await this.next();
      if (piece === null) return taken;
      taken = Buffer.concat([taken, piece]);
    }
    this.unread(taken.subarray(count));
    return taken.subarray(0, count);
  }

  /** Passes over everything up to and with this byte; false when the end came first. */
  async skipPast(byte: number): Promise<boolean> {
    for (let piece = await this.next(); piece !== null; piece = await this.next()) {
      const at = piece.indexOf(byte);
      if (at === -1) continue;
      this.unread(piece.subarray(at + 1));
      return true;
    }
    return false;
  }

  /** Reads the rest and forgets it. */
  async drain(): Promise<void> {
    while ((await this.next()) !== null);
  }
}
