/** Bounds how much of something each client has at once, and all of them together. */
export class ClientShares {
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #held = new Map<string, number>();
  #all = 0;

  /** @param mostOfOne the share of one client */
  constructor({ most = Infinity, mostOfOne }: { most?: number; mostOfOne: number }) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  /** Whether all of them together have as much as there is. */
  get isFull(): boolean {
    return this.#all >= this.#most;
  }

  /** Takes one for this client. Undefined when its share is used up, or everything; else what gives it back, once. */
  take(client: string): (() => void) | undefined {
    const held = this.#held.get(client) ?? 0;
    if (held >= this.#mostOfOne || this.isFull) return undefined;
    this.#held.set(client, held + 1);
    this.#all += 1;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#giveBack(client);
    };
  }

  #giveBack(client: string): void {
    this.#all -= 1;
    const left = (this.#held.get(client) ?? 1) - 1;
    if (left > 0) this.#held.set(client, left);
    else this.#held.delete(client);
  }
}
