import { answerWithin } from '../../job/answer-within.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';
import type { LeaseReport } from '../shared/lease-thread-messages.ts';
import type { LeaseThreadSetup } from '../../store/lease-store/lease-thread-setup.ts';
import type { LeaseHold, LeaseDetails, LeaseRef } from '../../store/lease-store/lease-details.ts';
import type { LeaseThreadRedis, Renewal, Renewed } from '../../store/lease-store/lease-thread-redis.ts';
import { sweepPace } from '../../store/lease-store/sweep-pace.ts';
import type { LateEnds } from '../../store/lease-store/late-settler.ts';
import { LeaseTable } from './lease-table.ts';
import { phases, sharedNowMs } from '../shared/lease-records.ts';
import { Overtaker } from './overtaker.ts';

export interface LeaseRoundsOptions {
  readonly setup: LeaseThreadSetup;
  readonly redis: Pick<LeaseThreadRedis, 'client' | 'renew' | 'sweep'>;
  readonly tell: (message: LeaseReport) => void;
  readonly settler: LateEnds;
}

const RUN_MAX = 1_000;

/** What the lease thread does, again and again: renew all leases, sweep, and end what is overdue. */
export class LeaseRounds {
  readonly #options: LeaseRoundsOptions;
  readonly #table: LeaseTable;
  readonly #overtaker: Overtaker;
  readonly #timers: NodeJS.Timeout[] = [];
  #renewing: Promise<void> | undefined;
  #sweeping = false;
  #stopped = false;

  constructor(options: LeaseRoundsOptions) {
    this.#options = options;
    this.#table = new LeaseTable(options.setup.pool);
    const { tell, settler, setup } = options;
    const regain = (lease: LeaseRef): Promise<LeaseHold> => this.confirm(lease);
    const onShort = (): void => void this.renewAll();
    const shorterThanMs = setup.timings.leaseMs - poolDefaults.settleMarginMs;
    this.#overtaker = new Overtaker({ table: this.#table, tell, settler, regain, onShort, shorterThanMs });
  }

  /** Resolves after the first round. @returns in how many milliseconds what others left behind may be given back; 0 when nothing is */
  async start(): Promise<number> {
    if (this.#stopped) return 0;
    const { setup, redis } = this.#options;
    this.#timers.push(setInterval(() => void this.renewAll(), setup.timings.renewMs));
    this.#timers.push(setInterval(() => void this.sweep(), sweepPace(setup.timings).everyMs));
    // After an outage, leases that ran out meanwhile are taken back at once.
    redis.client.on('ready', () => void this.renewAll());
    this.#overtaker.start();
    await this.renewAll();
    return this.sweep(true);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#overtaker.stop();
  }

  add(pages: readonly SharedArrayBuffer[]): void {
    this.#table.add(pages);
  }

  name(lease: LeaseRef, id: string): void {
    this.#table.name(lease, id);
  }

  /** One round of renewals; a round that is still under way is not doubled. */
  renewAll(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#renewing ??= this.#renewAll().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async confirm(lease: LeaseRef): Promise<LeaseHold> {
    const note = this.#table.find(lease);
    if (!note) return 'lost';
    try {
      const [renewed] = await this.#renew([note], false, poolDefaults.settleMarginMs);
      return renewed ? 'held' : 'lost';
    } catch {
      return 'unknown';
    }
  }

  async sweep(isFirst = false): Promise<number> {
    if (this.#sweeping || this.#stopped) return 0;
    this.#sweeping = true;
    const { redis, tell } = this.#options;
    try {
      for (let goesOn = false; !this.#stopped; goesOn = true) {
        const { ids, more, leftoversInMs = 0 } = await redis.sweep(goesOn, isFirst && !goesOn);
        if (ids.length > 0) tell({ kind: 'recovered', ids });
        if (!more) return leftoversInMs;
      }
    } catch (error) {
      this.#trouble(error);
    } finally {
      this.#sweeping = false;
    }
    return 0;
  }

  async #renewAll(): Promise<void> {
    const due = this.#table.kept();
    try {
      for (let from = 0; from === 0 || from < due.length; from += RUN_MAX) {
        await this.#renew(due.slice(from, from + RUN_MAX), from + RUN_MAX >= due.length);
      }
      if (!this.#stopped) this.#options.tell({ kind: 'fine' });
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** Waits no longer than a command may take; an answer that comes later counts all the same. */
  #renew(notes: readonly LeaseDetails[], isLast: boolean, leastMs = 1): Promise<readonly Renewed[]> {
    const sentAtMs = sharedNowMs();
    const renewals = notes.map((note) => this.#renewalOf(note, sentAtMs, leastMs));
    const answer = this.#options.redis.renew(renewals, isLast).then((answers) => {
      this.#apply(notes, renewals, answers, sentAtMs);
      return answers;
    });
    return answerWithin(answer, poolDefaults.commandMs);
  }

  #apply(
    notes: readonly LeaseDetails[],
    renewals: readonly Renewal[],
    answers: readonly Renewed[],
    sentAtMs: number,
  ): void {
    const lost: LeaseRef[] = [];
    for (const [index, note] of notes.entries()) {
      const { slot, generation } = note;
      const record = this.#table.recordOf(note);
      if (answers[index] !== 0) {
        const untilMs = Math.max(sentAtMs + (renewals[index]?.leaseMs ?? 0), record.heldUntilMs);
        if (record.phaseOf(generation) !== phases.free) record.heldUntilMs = untilMs;
        // A refusal right after a settle is no loss: the two crossed. Who settles hears from Redis itself.
      } else if (record.advance(generation, phases.held, phases.lost)) lost.push({ slot, generation });
    }
    if (lost.length > 0) this.#options.tell({ kind: 'lost', leases: lost });
    const regained = answers.filter((answer) => answer === 2).length;
    if (regained > 0) this.#options.tell({ kind: 'regained', count: regained });
  }

  /**
   * No longer than the attempt may last. If its end is still not written then, because Redis was away or the event loop is
   * blocked, the lease is kept from one round to the next.
   */
  #renewalOf(note: LeaseDetails, nowMs: number, leastMs: number): Renewal {
    const { id, token, deliveries } = note;
    const { leaseMs: wholeMs, renewMs } = this.#options.setup.timings;
    const leftMs = this.#table.leftMs(note, nowMs);
    const lastsMs = leftMs > 0 ? leftMs : renewMs + poolDefaults.settleMarginMs;
    return { id, token, deliveries, leaseMs: Math.max(Math.ceil(Math.min(wholeMs, lastsMs)), leastMs) };
  }

  #trouble(error: unknown): void {
    if (this.#stopped) return;
    this.#options.tell({ kind: 'trouble', message: error instanceof Error ? error.message : String(error) });
  }
}
