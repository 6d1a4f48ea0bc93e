/** What a scenario is played with. */
export interface Play {
  /** The same seed makes the same choices. */
  seed: number;
  random: () => number;
  /** More of everything, and long enough to see every key end. */
  long: boolean;
}

/** Something bad that happens to producers or to Redis. Throws when anything was lost, doubled, overtaken or left behind. */
export interface Scenario {
  name: string;
  play(play: Play): Promise<void>;
}
