import type { KeysMap } from 'bullmq';
import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import { type PoisonReport, readPoison } from '../store/poison/read-poison.ts';
import type { QueueAdminDeps } from './queue-admin.ts';

export interface ReportPoisonOptions {
  /**
   * The most suspects, and the most dead letters, from 1 to 1,000.
   *
   * @default 100
   */
  limit?: number;
}

const reportRules = { limit: optionRule.wholeNumber(1, 1_000) } satisfies OptionRules<ReportPoisonOptions>;

/** Jobs that end their workers: those under suspicion, and those that were found. `admin.poison`. */
export class PoisonAdmin {
  readonly #keys: KeysMap;
  readonly #call: QueueAdminDeps['call'];

  constructor(keys: KeysMap, call: QueueAdminDeps['call']) {
    this.#keys = keys;
    this.#call = call;
  }

  /**
   * Lists the crash suspects in the order in which they are tried, with what each waits for, and the dead letters that ended their
   * workers, with the crashes that are the evidence. Reads at most 1,000 jobs that run, and `limit` of the others.
   *
   * ```ts
   * const { suspects, guilty } = await admin.poison.report();
   * ```
   *
   * @throws OptionError when the limit is out of its range
   */
  async report(options: ReportPoisonOptions = {}): Promise<PoisonReport> {
    checkOptions('poison', reportRules, options, OptionError);
    return this.#call((client) => readPoison(client, this.#keys, options.limit ?? 100));
  }
}
