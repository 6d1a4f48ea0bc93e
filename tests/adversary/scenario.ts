/** What a scenario gets. */
export interface Play {
  /** The same seed makes the same choices. */
  seed: number;
  random: () => number;
  /** More of everything, and long enough to see every key expire. */
  long: boolean;
}

/** A fault of producers or Redis. Throws when a job was lost, doubled, out of order, or a key was left behind. */
export interface Scenario {
  name: string;
  play(play: Play): Promise<void>;
}
