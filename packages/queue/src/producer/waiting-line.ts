import type { AdmissionReply, TicketRequest } from '../backend/admission.ts';
import { producerDefaults } from '../defaults.ts';
import { isOutOfMemory } from '../redis/redis-errors.ts';
import { NoAnswer } from '../redis/redis-link.ts';
import { type PendingPut, takeBatch } from './pending-put.ts';
import { PollPace } from './poll-pace.ts';
import type { PutVerdicts } from './put-verdicts.ts';

/** A place in Redis's line, and the puts that stand at it. */
interface HeldTicket {
  readonly name: string;
  puts: PendingPut[];
  arrival: string | undefined;
  /** Tickets before it, as Redis last said. */
  ahead: number;
  /** Rooms that Redis believes it wants. */
  wanted: number;
}

export interface WaitingLineOptions {
  /** Names this producer in the line. */
  producer: string;
  /** The most puts that one ticket stands for. */
  ticketMost: number;
  verdicts: PutVerdicts;
  /** Runs the admission script for these puts. */
  ask: (puts: readonly PendingPut[], ticket: TicketRequest) => Promise<AdmissionReply>;
  /** Gives up a place. Never rejects. */
  leave: (ticket: string) => Promise<void>;
  /** Told when this producer begins and ceases to wait for word from Redis. */
  onWaiting: (waiting: boolean) => void;
}

/**
 * The puts of one producer that may wait, in the order of their arrival.
 *
 * The first of them, up to a run's worth, hold a ticket; it is asked for again when Redis sends word that there is room,
 * and from time to time in any case. The others stand behind it here, and their ticket goes to the end of Redis's line
 * once this one has all its rooms. So producers take turns by what fits one run.
 */
export class WaitingLine {
  readonly #options: WaitingLineOptions;
  readonly #pace = new PollPace();
  readonly #behind: PendingPut[] = [];
  #ticket: HeldTicket | undefined;
  #tickets = 0;
  #asking: Promise<void> | undefined;
  #askAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  /** Puts that were told that there is no room. */
  get length(): number {
    return [...(this.#ticket?.puts ?? []), ...this.#behind].filter((put) => put.waited).length;
  }

  join(put: PendingPut): void {
    put.waited = (this.#ticket?.wanted ?? 0) > 0;
    this.#behind.push(put);
  }

  /** Asks for those who have joined, unless somebody before them is being asked for. */
  advance(): void {
    if (this.#asking || this.#closed) return;
    if (this.#ticket) return this.#schedule();
    if (this.#behind.length === 0) return this.#options.onWaiting(false);
    const puts = takeBatch(this.#behind, this.#options.ticketMost, producerDefaults.runMaxBytes);
    this.#tickets += 1;
    const name = `${this.#options.producer}:${this.#tickets}`;
    this.#ticket = { name, puts, arrival: undefined, ahead: 0, wanted: 0 };
    this.#askFor(this.#ticket);
  }

  /** There may be room. */
  wake(): void {
    if (this.#asking) this.#askAgain = true;
    else if (this.#ticket && !this.#closed) this.#askFor(this.#ticket);
  }

  /** Rejects a put whose caller went away. One that is on its way to Redis is decided by the answer. */
  callOff(put: PendingPut): void {
    const standing = this.#asking ? [] : (this.#ticket?.puts ?? []);
    if (!remove(standing, put) && !remove(this.#behind, put)) return;
    put.reject(put.signal?.reason);
    this.#dropEmptyTicket();
    this.advance();
  }

  /** Rejects everybody, gives up the place, and waits for what is on its way. */
  async close(error: Error): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const put of this.#behind.splice(0)) put.reject(error);
    await this.#asking;
    const ticket = this.#ticket;
    for (const put of ticket?.puts.splice(0) ?? []) put.reject(error);
    this.#ticket = undefined;
    if (ticket && ticket.wanted > 0) await this.#options.leave(ticket.name);
  }

  #askFor(ticket: HeldTicket): void {
    clearTimeout(this.#timer);
    this.#askAgain = false;
    this.#asking = this.#ask(ticket).finally(() => {
      this.#asking = undefined;
      if (this.#ticket && this.#askAgain) this.wake();
      else this.advance();
    });
  }

  /** One run for the ticket. Never rejects. */
  async #ask(ticket: HeldTicket): Promise<void> {
    const { verdicts, ask, onWaiting } = this.#options;
    const { ticketLifeMs: lifeMs, maxWaiting: most } = producerDefaults;
    const { puts, name, arrival } = ticket;
    try {
      const reply = await ask(puts, { name, arrival, lifeMs, most });
      ticket.arrival = reply.arrival;
      ticket.ahead = reply.ahead;
      verdicts.note(reply);
      ticket.wanted = reply.answers.filter(({ verdict }) => verdict === 'full').length;
      this.#pace.saw(reply.answers.some(({ verdict }) => verdict === 'created'));
      ticket.puts = puts.filter((put, index) => verdicts.settle(put, reply.answers[index]));
    } catch (error) {
      this.#pace.saw(false);
      ticket.puts = isOutOfMemory(error) ? puts.filter((put) => verdicts.mayWait(put, 'memory')) : [];
      if (!isOutOfMemory(error)) this.#fail(puts, error);
    }
    this.#dropEmptyTicket();
    if (!this.#ticket) return;
    for (const put of [...ticket.puts, ...this.#behind]) put.waited = true;
    onWaiting(true);
  }

  /** Those behind were never sent, and learn at once what the others had to find out. */
  #fail(puts: readonly PendingPut[], error: unknown): void {
    for (const put of puts) this.#options.verdicts.fail(put, error);
    if (!(error instanceof NoAnswer)) return;
    for (const put of this.#behind.splice(0)) this.#options.verdicts.fail(put, new NoAnswer(false, { cause: error }));
  }

  #dropEmptyTicket(): void {
    const ticket = this.#ticket;
    if (!ticket || ticket.puts.length > 0) return;
    this.#ticket = undefined;
    // Redis still keeps a place for those who went away.
    if (ticket.wanted > 0) void this.#options.leave(ticket.name);
  }

  #schedule(): void {
    const ticket = this.#ticket;
    if (!ticket) return;
    clearTimeout(this.#timer);
    const pauseMs = ticket.ahead === 0 ? this.#pace.nextMs() : this.#pace.nextBehindMs();
    const soonest = [...ticket.puts, ...this.#behind].reduce((least, put) => Math.min(least, put.until), Infinity);
    const dueMs = Math.min(pauseMs, soonest - performance.now() + 1);
    this.#timer = setTimeout(() => this.#look(ticket), Math.max(dueMs, 1));
  }

  /** Refuses whose time is up among those behind, and asks again for the others. */
  #look(ticket: HeldTicket): void {
    const stay = this.#behind.splice(0).filter((put) => this.#options.verdicts.mayWait(put));
    this.#behind.push(...stay);
    this.#askFor(ticket);
  }
}

function remove(puts: PendingPut[], put: PendingPut): boolean {
  const place = puts.indexOf(put);
  if (place >= 0) puts.splice(place, 1);
  return place >= 0;
}
