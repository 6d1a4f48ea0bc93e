/** A set of line numbers: one bit each, so that a million lines take 125 KB. */
export class LineNumberSet {
  #bits = new Uint8Array(1_024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(line: number): boolean {
    return ((this.#bits[line >>> 3] ?? 0) & (1 << (line & 7))) !== 0;
  }

  /** False when it was there already. */
  add(line: number): boolean {
    if (this.has(line)) return false;
    if (line >>> 3 >= this.#bits.length) this.#grow(line >>> 3);
    this.#bits[line >>> 3] = (this.#bits[line >>> 3] ?? 0) | (1 << (line & 7));
    this.#size += 1;
    return true;
  }

  #grow(index: number): void {
    const bits = new Uint8Array(Math.max(this.#bits.length * 2, index + 1));
    bits.set(this.#bits);
    this.#bits = bits;
  }
}
