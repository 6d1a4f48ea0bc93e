import type { Admission, WaitingTicket } from './queue-log.ts';
import type { Step } from './read-step.ts';

interface Ticket {
  arrival: number;
  wanted: number;
  endsMs: number;
}

/** Tracks the waiter queue, and notes for each admission which tickets were before it. */
export class WaiterTracker {
  readonly admissions: Admission[] = [];
  readonly #tickets = new Map<string, Ticket>();

  apply(index: number, step: Step): void {
    this.#admit(index, step);
    if (step.waitersDeleted) this.#tickets.clear();
    for (const [name, arrival] of step.arrivals) this.#change(name, { arrival });
    for (const [name, wants] of step.wants) this.#change(name, wants);
    for (const name of step.left) this.#tickets.delete(name);
  }

  #admit(index: number, step: Step): void {
    const added = step.events.filter(({ name }) => name === 'added');
    const atMs = added[0]?.atMs;
    if (step.producer === null || atMs === undefined) return;
    const ahead = this.#before(this.#arrivalOf(step.producer, step), atMs);
    this.admissions.push({ in: index, atMs, producer: step.producer, added: added.length, ahead });
  }

  /** The arrival of the ticket that this call was for: it was there before, and this call changed it. */
  #arrivalOf(producer: string, { wants, left }: Step): number {
    const touched = [...wants.keys(), ...left].filter((name) => name.split(':')[0] === producer);
    const arrivals = touched.flatMap((name) => this.#tickets.get(name)?.arrival ?? []);
    return arrivals.length === 0 ? Infinity : Math.max(...arrivals);
  }

  #before(arrival: number, nowMs: number): WaitingTicket[] {
    return [...this.#tickets]
      .filter(([, ticket]) => ticket.arrival < arrival && ticket.endsMs >= nowMs)
      .toSorted(([, a], [, b]) => a.arrival - b.arrival)
      .map(([ticket, { wanted }]) => ({ ticket, wanted }));
  }

  #change(name: string, to: Partial<Ticket>): void {
    this.#tickets.set(name, { ...(this.#tickets.get(name) ?? { arrival: Infinity, wanted: 0, endsMs: 0 }), ...to });
  }
}
