import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { encodePayload } from '../../job/encoding/encode.ts';
import type { Logger } from '../../job/logging/logger.ts';
import { partsOf, type ScheduleDefinition } from '../../job/schedules/schedule-definition.ts';
import { scheduleSettings, scheduleTemplate } from '../../job/schedules/schedule-options.ts';
import { definitionOf } from '../capacity/capacity-definition.ts';
import { metaFields } from '../keys/meta-fields.ts';
import { changeSchedule } from './change-schedule.ts';
import { readSchedules } from './read-schedules.ts';
import { setSchedule, type SetScheduleAnswer } from './set-schedule.ts';

export interface DefinedSchedulesDeps {
  readonly client: Redis;
  readonly keys: KeysMap;
  readonly queue: QueueDefinition;
  readonly log: Logger;
}

/**
 * The schedules of a queue's definition. All workers of the fleet set them; those of the definition that owns the queue count, as its
 * capacity does. After a step back to an older definition, that one's workers set theirs again.
 */
export class DefinedSchedules {
  readonly #deps: DefinedSchedulesDeps;
  readonly #definition: string;

  constructor(deps: DefinedSchedulesDeps) {
    this.#deps = deps;
    this.#definition = definitionOf(deps.queue).id;
  }

  /**
   * Sets them, and removes those that this definition no longer has. Does nothing when a worker of the same definition did it last; but
   * at the start of a worker: one revision may be stated for two states of a definition.
   */
  async apply({ isStart = false } = {}): Promise<void> {
    const { client, keys, queue } = this.#deps;
    const meta = keys['meta'] ?? '';
    if (!isStart && (await client.hget(meta, metaFields.schedulesBy)) === this.#definition) return;
    const entries = Object.entries(queue.schedules);
    const known = (await readSchedules(client, keys)).filter(({ setBy }) => setBy === 'definition');
    if (entries.length === 0 && known.length === 0) return;
    for (const [name, schedule] of entries) {
      const answer = await this.#set(name, schedule);
      if (answer === 'older') return;
      if (answer === 'set') this.#deps.log.info({ schedule: name }, 'a schedule of the definition is set');
      if (answer === 'over')
        this.#deps.log.warn({ schedule: name }, 'a schedule of the definition has come to its end');
    }
    for (const { name } of known) {
      if (name in queue.schedules) continue;
      const removed = await changeSchedule(client, this.#queue, name, 'remove', this.#definition);
      if (!removed) return;
      this.#deps.log.info({ schedule: name }, 'a schedule is removed, because the definition no longer has it');
    }
    await client.hset(meta, metaFields.schedulesBy, this.#definition);
  }

  get #queue(): { keys: KeysMap; capacity: number } {
    return { keys: this.#deps.keys, capacity: this.#deps.queue.capacity };
  }

  async #set(name: string, definition: ScheduleDefinition): Promise<SetScheduleAnswer> {
    const { client, queue } = this.#deps;
    const { contract, payload, cadence, options } = partsOf(definition, queue.jobs);
    const settings = scheduleSettings(`schedule ${name}`, contract, cadence, options);
    const { json: data } = await encodePayload(contract, payload);
    const template = scheduleTemplate(contract, options, false);
    return setSchedule(client, this.#queue, { name, job: contract.name, data, template, settings }, this.#definition);
  }
}
