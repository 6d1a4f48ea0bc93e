import { answerWithin } from '../../store/connection/redis-timeout.ts';
import { type PoolTimings, poolDefaults } from '../../job/pool-defaults.ts';
import { type LeaseReport, troubleOf } from '../shared/lease-thread-messages.ts';
import type { LeaseHold, LeaseDetails, LeaseRef } from '../../store/lease-store/lease-details.ts';
import type { LeaseThreadRedis, Renewal, Renewed } from '../../store/lease-store/lease-thread-redis.ts';
import type { LeaseTable } from './lease-table.ts';
import { PHASES, sharedNowMs } from '../shared/lease-records.ts';

export interface LeaseRenewerDeps {
  readonly timings: PoolTimings;
  readonly table: LeaseTable;
  readonly redis: Pick<LeaseThreadRedis, 'client' | 'renew'>;
  readonly report: (message: LeaseReport) => void;
}

/** One call of the script renews no more leases than this. */
const CALL_MAX = 1_000;

/** Renews the leases of a pool (BullMQ: extends its locks), also while the event loop of the main thread is blocked. */
export class LeaseRenewer {
  readonly #deps: LeaseRenewerDeps;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #stopped = false;

  constructor(deps: LeaseRenewerDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = setInterval(() => void this.renewAll(), this.#deps.timings.renewMs);
    // After an outage, leases that ran out meanwhile are reacquired at once.
    this.#deps.redis.client.on('ready', () => void this.renewAll());
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** One round of renewals; concurrent calls share the running round. */
  renewAll(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#renewing ??= this.#renewAll().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  /** A round that begins now or later, not one that is under way. */
  async renewAgain(): Promise<void> {
    await this.#renewing;
    await this.renewAll();
  }

  /** Asks Redis whether the lease is still ours; one that merely ran out is reacquired. */
  async confirm(lease: LeaseRef): Promise<LeaseHold> {
    const note = this.#deps.table.find(lease);
    if (!note) return 'lost';
    try {
      const [renewed] = await this.#renew([note], false, poolDefaults.settleMarginMs);
      return renewed ? 'held' : 'lost';
    } catch {
      return 'unknown';
    }
  }

  async #renewAll(): Promise<void> {
    const due = this.#deps.table.kept();
    try {
      for (let from = 0; from === 0 || from < due.length; from += CALL_MAX) {
        await this.#renew(due.slice(from, from + CALL_MAX), from + CALL_MAX >= due.length);
      }
      if (!this.#stopped) this.#deps.report({ kind: 'fine' });
    } catch (error) {
      if (!this.#stopped) this.#deps.report(troubleOf(error));
    }
  }

  /** Waits no longer than a command may take; an answer that comes later counts all the same. */
  #renew(notes: readonly LeaseDetails[], isLast: boolean, leastMs = 1): Promise<readonly Renewed[]> {
    const sentAtMs = sharedNowMs();
    const renewals = notes.map((note) => this.#renewalOf(note, sentAtMs, leastMs));
    const answer = this.#deps.redis.renew(renewals, isLast).then((answers) => {
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
      const record = this.#deps.table.recordOf(note);
      if (answers[index] !== 0) {
        const untilMs = Math.max(sentAtMs + (renewals[index]?.leaseMs ?? 0), record.heldUntilMs);
        if (record.phaseOf(generation) !== PHASES.free) record.heldUntilMs = untilMs;
        // A refusal right after a settle is no loss: the two crossed. Who settles hears from Redis itself.
      } else if (record.advance(generation, PHASES.held, PHASES.lost)) lost.push({ slot, generation });
    }
    if (lost.length > 0) this.#deps.report({ kind: 'lost', leases: lost });
    const reacquired = answers.filter((answer) => answer === 2).length;
    if (reacquired > 0) this.#deps.report({ kind: 'reacquired', count: reacquired });
  }

  /**
   * No longer than the attempt may last. If its end is still not written then, because Redis was away or the event loop is
   * blocked, the lease is kept from one round to the next.
   */
  #renewalOf(note: LeaseDetails, nowMs: number, leastMs: number): Renewal {
    const { id, token, deliveries } = note;
    const { leaseMs: wholeMs, renewMs } = this.#deps.timings;
    const leftMs = this.#deps.table.leftMs(note, nowMs);
    const lastsMs = leftMs > 0 ? leftMs : renewMs + poolDefaults.settleMarginMs;
    return { id, token, deliveries, leaseMs: Math.max(Math.ceil(Math.min(wholeMs, lastsMs)), leastMs) };
  }
}
