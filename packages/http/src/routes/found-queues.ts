import type { Admin, AllQueues } from '@sluice/queue';
import { UnknownQueueError } from '../problems/request-errors.ts';
import type { OperatorQueues } from './served-queues.ts';

/** How old the list may be, when somebody asks for it. */
const FIND_EVERY_MS = 15_000;

/** All queues that one Redis has under a prefix, without their definitions. They are looked for again while they are asked for. */
export class FoundQueues implements OperatorQueues {
  readonly #all: AllQueues;
  readonly #admins = new Map<string, Admin>();
  #finding: Promise<void> | undefined;
  #foundAtMs = -Infinity;

  constructor(all: AllQueues) {
    this.#all = all;
  }

  async names(): Promise<readonly string[]> {
    if (performance.now() - this.#foundAtMs >= FIND_EVERY_MS) await (this.#finding ??= this.#find());
    return [...this.#admins.keys()].toSorted();
  }

  admin(name: string): Admin {
    const admin = this.#admins.get(name);
    if (!admin) throw new UnknownQueueError(name, [...this.#admins.keys()]);
    return admin;
  }

  definition(name: string): { name: string; jobs: [] } {
    return { name: this.admin(name).name, jobs: [] };
  }

  async #find(): Promise<void> {
    try {
      const { names } = await this.#all.find();
      const there = new Set(names);
      for (const name of this.#admins.keys()) if (!there.has(name)) this.#admins.delete(name);
      for (const name of names) if (!this.#admins.has(name)) this.#admins.set(name, this.#all.get(name));
      this.#foundAtMs = performance.now();
    } finally {
      this.#finding = undefined;
    }
  }
}
