import type { Effect, QueueStep } from './queue-steps.ts';

/** Which tickets wait for capacity, replayed from Redis's log. */
export class WaiterState {
  capacity: number;
  sealed = false;
  readonly #configured: number;
  readonly #arrivals = new Map<string, number>();
  readonly #tickets = new Map<string, { wanted: number; endsMs: number }>();

  constructor(capacity: number) {
    this.#configured = capacity;
    this.capacity = capacity;
  }

  /** How much capacity the living tickets before this step's own want. */
  wantedBefore(step: QueueStep): number {
    const own = this.#ownTicket(step);
    let wanted = 0;
    for (const [ticket, arrival] of this.#arrivals) {
      const { wanted: ofTicket = 0, endsMs = 0 } = this.#tickets.get(ticket) ?? {};
      if (endsMs >= step.atMs && (own === undefined || this.#isBefore(ticket, arrival, own))) wanted += ofTicket;
    }
    return wanted;
  }

  apply(effect: Effect): void {
    switch (effect.of) {
      case 'waiter':
        if (effect.arrival === null) this.#arrivals.delete(effect.ticket);
        else this.#arrivals.set(effect.ticket, effect.arrival);
        return;
      case 'ticket':
        if (effect.value === null) this.#tickets.delete(effect.ticket);
        else this.#tickets.set(effect.ticket, effect.value);
        return;
      case 'capacity':
        this.capacity = effect.value ?? this.#configured;
        return;
      case 'sealed':
        this.sealed = effect.value;
        return;
      case 'all-waiters':
        return this.#arrivals.clear();
      case 'all-tickets':
        return this.#tickets.clear();
    }
  }

  /** The ticket that the call updates or removes. Undefined: the call came from a producer without a ticket. */
  #ownTicket({ producer, effects }: QueueStep): string | undefined {
    const touched = effects.flatMap((effect) => (effect.of === 'ticket' ? [effect.ticket] : []));
    const own = touched.filter((ticket) => ticket.startsWith(`${producer}:`) && this.#arrivals.has(ticket));
    // A dead ticket of the same producer may leave in the same step. Taking the earliest arrival never reports too much.
    return own.toSorted((a, b) => (this.#arrivals.get(a) ?? 0) - (this.#arrivals.get(b) ?? 0))[0];
  }

  #isBefore(ticket: string, arrival: number, before: string): boolean {
    const other = this.#arrivals.get(before) ?? 0;
    return ticket !== before && (arrival < other || (arrival === other && ticket < before));
  }
}
