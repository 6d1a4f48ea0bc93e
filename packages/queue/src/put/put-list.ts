import type { PendingPut } from './pending-put.ts';

/** Its neighbours in a list. */
export interface PutLinks {
  previous: PendingPut | undefined;
  next: PendingPut | undefined;
}

/** Under which name a put has its place in the list: it may be in one of each. */
type ListName = 'arrivalLinks' | 'deadlineLinks';

/**
 * Puts in the order of their arrival; one of ten thousand leaves as cheaply as one of ten.
 *
 * A Set would do, but for what V8 makes of one that grows and shrinks all the time: each change of its size makes a new table, the old
 * one refers to the new one, and once one of them has become old, all later ones live until the next full collection, with every put
 * that was in them. That took a fifth of the CPU of a service with 50 connections. For the same reason a put that leaves
 * keeps no link to its neighbours.
 */
export class PutList {
  readonly #name: ListName;
  #first: PendingPut | undefined;
  #last: PendingPut | undefined;

  constructor(name: ListName) {
    this.#name = name;
  }

  get first(): PendingPut | undefined {
    return this.#first;
  }

  add(put: PendingPut): void {
    const last = this.#last;
    const links = last?.[this.#name];
    put[this.#name] = { previous: last, next: undefined };
    if (links) links.next = put;
    else this.#first = put;
    this.#last = put;
  }

  /** Nothing happens when it is not in the list. */
  remove(put: PendingPut): void {
    const name = this.#name;
    const links = put[name];
    if (!links) return;
    const { previous, next } = links;
    const before = previous?.[name];
    const after = next?.[name];
    if (before) before.next = next;
    else this.#first = next;
    if (after) after.previous = previous;
    else this.#last = previous;
    links.previous = undefined;
    links.next = undefined;
    put[name] = undefined;
  }

  /** Takes all out, in their order. */
  takeAll(): PendingPut[] {
    const taken: PendingPut[] = [];
    for (let put = this.#first; put; put = this.#first) {
      taken.push(put);
      this.remove(put);
    }
    return taken;
  }
}
