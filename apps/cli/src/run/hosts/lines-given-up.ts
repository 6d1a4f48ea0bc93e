/** Hosts that are reported one by one; of more only their number matters. */
const notesMax = 10;

/** Counts the lines that a run leaves for the next one, because their hosts asked to be left alone for too long. */
export class LinesGivenUp {
  readonly #note: (line: string) => void;
  readonly #hosts = new Set<string>();
  lines = 0;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  add(host: string, forMs: number): void {
    this.lines += 1;
    if (this.#hosts.has(host) || this.#hosts.size >= notesMax) return;
    this.#hosts.add(host);
    this.#note(`${host} asks to be left alone ${describePause(forMs)}, in all longer than --retry-after-max`);
  }
}

export function describePause(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 2) return `for ${Math.ceil(ms / 1_000)} s more`;
  return minutes < 120 ? `for ${minutes} min more` : `for ${Math.ceil(minutes / 60)} h more`;
}
