/**
 * Random numbers from 0, below 1, that a seed decides, the same on every machine (mulberry32): a test that draws from them can be repeated.
 *
 * @param seed a whole number; only its lower 32 bits count
 */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
