import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Delivery } from '../../job/delivery.ts';
import { outsideContext } from '../../job/outside-context.ts';
import { readOptions } from '../../job/read-options.ts';
import { dueTimes } from '../../job/schedules/cadence.ts';
import { planIteration } from '../../job/schedules/plan-iteration.ts';
import { readSettings, type ScheduleSettings } from '../../job/schedules/schedule-settings.ts';
import { jobPrefix } from '../admission/admission-keys.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';
import { iterationOf } from './iteration.ts';
import { movedKey, scheduleKey, scheduleKeys } from './schedule-keys.ts';

const script = new RedisScript(() => ourScript('next-iteration'));
const findLost = new RedisScript(() => ourScript('find-lost-iterations'));

/** How long an iteration is overdue before it is looked for. */
const OVERDUE_MS = 10_000;
/** How often iterations are looked for that are gone. */
const LOOK_EVERY_MS = 15_000;
/** How often a schedule that others change meanwhile is read again. */
const TRIES_MAX = 10;

/**
 * What is to be done with an iteration that was taken: `run`; `later`: release it for a moment, an earlier one has not ended;
 * `left-out`: it was removed; `lost`: another one has its lease; `foreign`: it is BullMQ's job scheduler, and none of ours.
 */
export type IterationDecision = 'run' | 'later' | 'left-out' | 'lost' | 'foreign';

export interface ScheduleIterationsDeps {
  readonly client: Redis;
  readonly keys: KeysMap;
  readonly capacity: number;
  /** Redis's time. */
  readonly nowMs: () => number;
}

/** What a worker does for the schedules of its queue: it makes the next job when it has taken one. */
export class ScheduleIterations {
  readonly #deps: ScheduleIterationsDeps;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(deps: ScheduleIterationsDeps) {
    this.#deps = deps;
  }

  async afterTake({
    id,
    token,
    schedulerId,
  }: Pick<Delivery, 'id' | 'token' | 'schedulerId'>): Promise<IterationDecision> {
    return schedulerId === null ? 'run' : this.#step(schedulerId, id, token);
  }

  /** Looks for lost iterations from now on, again and again. @param also done with it */
  keepUp(also: () => Promise<void>, onFault: (error: unknown) => void): void {
    const fault = (error: unknown): void => {
      if (!this.#isStopped) onFault(error); // else a look lost its connection, because the worker ends
    };
    const look = (): void => void this.findLost().then(also).catch(fault);
    this.#timer ??= outsideContext(() => setInterval(look, LOOK_EVERY_MS).unref());
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** Makes the iterations anew that are gone, because another client removed them or a worker ended at the wrong moment. */
  async findLost(): Promise<void> {
    const { client, keys } = this.#deps;
    const names = (await findLost.run(client, [keys['repeat'] ?? ''], [jobPrefix(keys), OVERDUE_MS])) as string[];
    for (const name of names) await this.#step(name, '', '');
  }

  async #step(name: string, id: string, token: string): Promise<IterationDecision> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const decision = await this.#tryStep(name, id, token);
      if (decision !== 'changed') return decision;
    }
    throw new Error(`the schedule ${name} changes all the time`);
  }

  async #tryStep(name: string, id: string, token: string): Promise<IterationDecision | 'changed'> {
    const { client, keys, capacity } = this.#deps;
    const [fields, moved] = await Promise.all([
      client.hmget(scheduleKey(keys, name), 'sluice', 'sluice.digest', 'opts'),
      client.hget(movedKey(keys), name),
    ]);
    const [json, digest, template] = fields;
    const settings = readSettings(json);
    if (!settings) return 'foreign';
    const movedMs = Number(moved) || 0;
    const nowMs = this.#deps.nowMs() + movedMs;
    const { runs, nextMs } = this.#plan(settings, id, nowMs);
    const of = { schedule: name, settings, template: readOptions(template), nowMs, movedMs };
    const next = nextMs === null ? null : iterationOf({ ...of, dueMs: nextMs });
    const waits = typeof settings.catchUp === 'object';
    const prefix = jobPrefix(keys);
    const args: (string | number)[] = [prefix, name, id, token, digest ?? '', runs ? 1 : 0];
    args.push(...(next ? [next.dueMs, next.atMs, next.jitterMs, next.options] : ['', 0, 0, '{}']));
    args.push(settings.overlap ? 1 : 0, waits ? 1 : 0, `${prefix}${sluiceKeys.wake}`, capacity);
    const reply = await script.run(client, [keys['stalled'] ?? '', ...scheduleKeys(keys)], args);
    return reply as IterationDecision | 'changed';
  }

  #plan(settings: ScheduleSettings, id: string, nowMs: number): { runs: boolean; nextMs: number | null } {
    const times = dueTimes(settings);
    const dueMs = Number(id.slice(id.lastIndexOf(':') + 1));
    return id === ''
      ? { runs: true, nextMs: times.after(nowMs) }
      : planIteration(times, settings.catchUp, dueMs, nowMs);
  }
}
