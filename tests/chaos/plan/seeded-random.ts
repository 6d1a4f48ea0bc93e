import { seeded } from '@sluice/testing/seeded';

/** Random numbers that a seed decides, the same on every machine. */
export interface SeededRandom {
  /** From 0, below 1. */
  next(): number;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  /** True with this probability. */
  chance(share: number): boolean;
  /** One of the names, as likely as its weight says. */
  pick<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
}

/** @param seed any text; texts that differ in one letter give numbers that have nothing in common */
export function seededRandom(seed: string): SeededRandom {
  const next = seeded(digest(seed));
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (share) => next() < share,
    pick: (weights) => pickBy(weights, next()),
  };
}

function pickBy<Name extends string>(weights: Readonly<Record<Name, number>>, share: number): Name {
  const names = Object.keys(weights) as Name[];
  let left = share * names.reduce((sum, name) => sum + weights[name], 0);
  const picked = names.find((name) => (left -= weights[name]) < 0) ?? names.at(-1);
  if (picked === undefined) throw new TypeError('nothing to pick from');
  return picked;
}

/** FNV-1a. */
function digest(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
