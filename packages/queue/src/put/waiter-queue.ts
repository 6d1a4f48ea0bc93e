import type { AdmissionReply } from '../store/admission/admission.ts';
import type { AdmissionClient } from '../store/admission/admission-client.ts';
import { producerDefaults } from '../job/defaults.ts';
import { isOutOfMemory } from '../store/connection/redis-errors.ts';
import { RedisTimeoutError } from '../store/connection/redis-timeout.ts';
import { type PendingPut, removeCalledOff } from './pending-put.ts';
import { PollPace } from './poll-pace.ts';
import { PutBacklog } from './put-backlog.ts';
import type { PutResults } from './put-results.ts';

/** A position in Redis's waiter queue, asked for or held, and the puts that share it. */
interface Ticket {
  readonly name: string;
  puts: PendingPut[];
  arrival: string | undefined;
  /** Once it was not answered with capacity for all. */
  pace: PollPace | undefined;
  /** How many jobs Redis believes it wants to add. */
  wanted: number;
  /** The call that is in flight for it. */
  asking: Promise<void> | undefined;
  askAgain: boolean;
  /** It was answered, and not with capacity for all. */
  waits: boolean;
  timer: NodeJS.Timeout | undefined;
  /** When the timer rings; monotonic. */
  dueAtMs: number;
}

export interface WaiterQueueOptions {
  /** Names this producer in the waiter queue. */
  producer: string;
  /** The most puts that its tickets stand for together. */
  ticketMost: number;
  results: PutResults;
  admission: Pick<AdmissionClient<PendingPut>, 'admit' | 'leave'>;
  /** Whether wake-ups from Redis arrive. */
  isWoken: () => boolean;
  /** Called when this producer starts and stops waiting for a wake-up from Redis. */
  onWaiting: (waiting: boolean) => void;
}

/** Up to this many puts go into one call: to split them would cost more than it gains. */
const UNDIVIDED_MOST = 32;

/**
 * The puts of one producer that may wait, in the order of their arrival.
 *
 * The first of them, up to a call's worth, hold a ticket; it is asked for again when Redis reports free capacity,
 * and from time to time in any case. The others stand behind it here, and their ticket goes to the end of Redis's
 * waiter queue once this one has all the capacity it asked for. So producers take turns by what fits one call.
 *
 * While there is free capacity for everybody, a call's worth is shared out to two tickets, one behind the other: this process works
 * on the one while Redis works on the other.
 */
export class WaiterQueue {
  readonly #options: WaiterQueueOptions;
  /** How long a ticket took to leave, when some last did. */
  #ticketMs: number | undefined;
  readonly #behind: PutBacklog;
  /** In the order of their positions. */
  readonly #tickets: Ticket[] = [];
  #opened = 0;
  #closed = false;

  constructor(options: WaiterQueueOptions) {
    this.#options = options;
    this.#behind = new PutBacklog((put) => options.results.mayWait(put));
  }

  /** Puts that found no free capacity. */
  get length(): number {
    return this.#putsInQueue.filter((put) => put.waited && !put.calledOff).length + this.#behind.waiting;
  }

  get #putsInQueue(): PendingPut[] {
    return this.#tickets.flatMap((ticket) => ticket.puts);
  }

  /** How many puts hold a ticket. */
  get #held(): number {
    let held = 0;
    for (const { puts } of this.#tickets) held += puts.length;
    return held;
  }

  /** A put of this producer waits, so no later put may be requested before it. */
  get #isRefused(): boolean {
    return this.#tickets.some((ticket) => ticket.waits);
  }

  join(put: PendingPut): void {
    this.#behind.add(put);
    if (this.#isRefused) this.#behind.makeWait();
  }

  /** Asks for those who have joined, unless a put before them has found no free capacity. */
  advance(): void {
    if (this.#closed) return;
    for (const ticket of this.#tickets) this.#schedule(ticket);
    while (this.#open());
    if (this.#tickets.length === 0) this.#options.onWaiting(false);
  }

  /** There may be free capacity. */
  wake(): void {
    for (const ticket of this.#tickets) {
      if (ticket.asking) ticket.askAgain = true;
      else if (!this.#closed) this.#askFor(ticket);
    }
  }

  /** Puts were called off: they leave, and so do tickets that stand for no other put. */
  remove(puts: readonly PendingPut[]): void {
    this.#behind.remove(puts);
    const resting = this.#tickets.filter((ticket) => !ticket.asking);
    for (const ticket of resting) {
      removeCalledOff(ticket.puts);
      this.#dropIfEmpty(ticket);
    }
    this.advance();
  }

  /** Rejects everybody, gives the tickets up, and waits for what is on its way. */
  async close(error: Error): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#tickets) clearTimeout(timer);
    for (const put of this.#behind.removeAll()) put.reject(error);
    await Promise.all(this.#tickets.map((ticket) => ticket.asking ?? Promise.resolve()));
    for (const put of this.#putsInQueue) put.reject(error);
    const held = this.#tickets.splice(0).filter((ticket) => ticket.wanted > 0);
    await Promise.all(held.map((ticket) => this.#options.admission.leave(ticket.name)));
  }

  /** Asks for the next of those behind, if they may be. */
  #open(): boolean {
    const left = this.#options.ticketMost - this.#held;
    const mayOpen = this.#tickets.length < producerDefaults.callsInFlight && !this.#isRefused && left > 0;
    if (!mayOpen) return false;
    const share = Math.max(Math.ceil(this.#options.ticketMost / producerDefaults.callsInFlight), UNDIVIDED_MOST);
    const puts = this.#behind.take(Math.min(left, share), producerDefaults.batchMaxBytes);
    if (puts.length === 0) return false;
    this.#opened += 1;
    const name = `${this.#options.producer}:${this.#opened}`;
    const ticket: Ticket = {
      name,
      puts,
      arrival: undefined,
      pace: undefined,
      wanted: 0,
      asking: undefined,
      askAgain: false,
      waits: false,
      timer: undefined,
      dueAtMs: 0,
    };
    this.#tickets.push(ticket);
    this.#askFor(ticket);
    return true;
  }

  #askFor(ticket: Ticket): void {
    clearTimeout(ticket.timer);
    ticket.timer = undefined;
    ticket.askAgain = false;
    ticket.asking = this.#ask(ticket).then(() => {
      ticket.asking = undefined;
      const isFirstGone = this.#dropIfEmpty(ticket);
      // The next ticket moves up to the head: what it knew of its position is out of date.
      if (isFirstGone && this.#tickets.length > 0) this.wake();
      else if (ticket.askAgain && this.#tickets.includes(ticket) && !this.#closed) this.#askFor(ticket);
      this.advance();
    });
  }

  /** One call for the ticket. Never rejects. */
  async #ask(ticket: Ticket): Promise<void> {
    const { results, admission, onWaiting } = this.#options;
    const { puts, name, arrival } = ticket;
    try {
      const { sent, reply } = await admission.admit(puts, { name, arrival });
      if (!reply) return void (ticket.puts = []);
      ticket.arrival = reply.arrival;
      results.note(reply);
      ticket.wanted = reply.answers.filter(({ decision }) => decision === 'full').length;
      ticket.puts = sent.filter((put, index) => results.resolve(put, reply.answers[index]));
      if (ticket.pace || ticket.puts.length > 0) this.#notePace(ticket, reply);
    } catch (error) {
      const isFull = isOutOfMemory(error);
      if (isFull) results.noteOutOfMemory();
      else this.#fail(puts, error);
      ticket.puts = isFull ? puts.filter((put) => results.mayWait(put)) : [];
    }
    ticket.waits = ticket.puts.length > 0;
    if (!ticket.waits) return;
    for (const put of ticket.puts) put.waited = true;
    this.#behind.makeWait();
    onWaiting(true);
  }

  #notePace(ticket: Ticket, { answers, ahead }: AdmissionReply): void {
    const pace = this.#paceOf(ticket);
    pace.saw({ found: answers.some(({ decision }) => decision === 'created'), ahead });
    this.#ticketMs = pace.ticketMs;
  }

  #paceOf(ticket: Ticket): PollPace {
    ticket.pace ??= new PollPace(this.#ticketMs === undefined ? {} : { ticketMs: this.#ticketMs });
    return ticket.pace;
  }

  /** Those behind were never sent, and learn at once what the others had to find out. */
  #fail(puts: readonly PendingPut[], error: unknown): void {
    for (const put of puts) this.#options.results.fail(put, error);
    if (!(error instanceof RedisTimeoutError)) return;
    const unsent = new RedisTimeoutError({ sent: false, cause: error });
    for (const put of this.#behind.removeAll()) this.#options.results.fail(put, unsent);
  }

  /** @returns whether it was the first of several */
  #dropIfEmpty(ticket: Ticket): boolean {
    const position = this.#tickets.indexOf(ticket);
    if (position < 0 || ticket.puts.length > 0) return false;
    clearTimeout(ticket.timer);
    this.#tickets.splice(position, 1);
    // Redis still keeps a position for those who left.
    if (ticket.wanted > 0) void this.#options.admission.leave(ticket.name);
    return position === 0;
  }

  /** Sets the timer for the next look; one that rings sooner is left as it is, or newcomers would put it off for ever. */
  #schedule(ticket: Ticket): void {
    if (ticket.asking) return;
    const now = performance.now();
    const pauseMs = this.#paceOf(ticket).nextMs(this.#options.isWoken());
    const soonest = ticket.puts.reduce((least, put) => Math.min(least, put.until), Infinity);
    const dueAtMs = Math.max(Math.min(now + pauseMs, soonest + 1), now + 1);
    if (ticket.timer && ticket.dueAtMs <= dueAtMs) return;
    clearTimeout(ticket.timer);
    ticket.dueAtMs = dueAtMs;
    ticket.timer = setTimeout(() => this.#askFor(ticket), dueAtMs - now);
  }
}
