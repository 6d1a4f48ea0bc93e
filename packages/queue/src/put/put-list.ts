/** Its neighbours in a list. */
export interface PutLinks<P> {
  previous: P | undefined;
  next: P | undefined;
}

/** Under which name a put has its place in the list: it may be in one of each. */
type ListName = 'arrivalLinks' | 'deadlineLinks';

/** What a put has for its places. */
export type Linked<P> = { [name in ListName]: PutLinks<P> | undefined };

/**
 * Puts in the order of their arrival; one of ten thousand leaves as cheaply as one of ten.
 *
 * A Set would do, but for what V8 makes of one that grows and shrinks all the time: each change of its size makes a new table, the old
 * one refers to the new one, and once one of them has become old, all later ones live until the next full collection, with every put
 * that was in them. That took some 15 % of the CPU of a service with 50 connections. For the same reason a put that leaves
 * keeps no link to its neighbours.
 */
export class PutList<P extends Linked<P>> {
  readonly #name: ListName;
  #first: P | undefined;
  #last: P | undefined;

  constructor(name: ListName) {
    this.#name = name;
  }

  get first(): P | undefined {
    return this.#first;
  }

  add(put: P): void {
    const last = this.#last;
    const links: PutLinks<P> | undefined = last?.[this.#name];
    const linked: Linked<P> = put;
    linked[this.#name] = { previous: last, next: undefined };
    if (links) links.next = put;
    else this.#first = put;
    this.#last = put;
  }

  /** Nothing happens when it is not in the list. */
  remove(put: P): void {
    const name = this.#name;
    const linked: Linked<P> = put;
    const links = linked[name];
    if (!links) return;
    const { previous, next } = links;
    const before: PutLinks<P> | undefined = previous?.[name];
    const after: PutLinks<P> | undefined = next?.[name];
    if (before) before.next = next;
    else this.#first = next;
    if (after) after.previous = previous;
    else this.#last = previous;
    links.previous = undefined;
    links.next = undefined;
    linked[name] = undefined;
  }

  /** Takes all out, in their order. */
  takeAll(): P[] {
    const taken: P[] = [];
    for (let put = this.#first; put; put = this.#first) {
      taken.push(put);
      this.remove(put);
    }
    return taken;
  }
}
