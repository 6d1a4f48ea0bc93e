import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { parseJobId } from '../job/contracts/job-id.ts';
import type { JobContract } from '../job/contracts/job-contract.ts';
import { limits } from '../job/contracts/limits.ts';
import { HIDDEN_VALUE, hiddenAt, readSecretFields } from '../job/contracts/secret-fields.ts';
import type { QueueDefinition } from '../job/contracts/queue-policy.ts';
import { encodePayload } from '../job/encoding/encode.ts';
import { findInexactNumbers } from '../job/encoding/exact-json.ts';
import { JsonText } from '../job/encoding/json-text.ts';
import { OptionError, PayloadInvalidError, TooLargeError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import { readOptions } from '../job/read-options.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import { readRedisTime } from '../store/connection/redis-time.ts';
import { type EditAnswer, editJob, type StoredEdit } from '../store/edits/edit-job.ts';
import { nullIfNoHash, secretFieldsOf, storedIdsOf } from '../store/jobs/job-details.ts';

/** What changes of a job that waits. What is absent stays. */
export interface JobEdit {
  /**
   * The new payload: checked by the contract of the admin's definition, and stored in its version. A JsonText is stored as it is
   * written, for numbers that no double holds; only with `unchecked`.
   *
   * @default the payload stays
   */
  payload?: unknown;
  /**
   * Store the payload although no contract checks it, as for an admin that knows the queue's name alone. Workers check it.
   *
   * @default false
   */
  unchecked?: boolean;
  /**
   * The new priority, 1 to 2,097,151, 1 being the most urgent; null for none. The job goes behind those that have it.
   *
   * @default the priority stays
   */
  priority?: number | null;
  /**
   * In how many milliseconds from now the job may start; 0: at once.
   *
   * @default the delay stays
   */
  delayMs?: number;
  /**
   * When the job is no longer worth starting: a time, or milliseconds since the epoch, within the next ten years; null for never.
   *
   * @default the expiry stays
   */
  expiresAt?: number | Date | null;
}

const TEN_YEARS_MS = 10 * 366 * 86_400_000;

const editRules = {
  payload: optionRule.anything,
  unchecked: optionRule.yesOrNo,
  priority: {
    must: `be a whole number from 1 to ${limits.priorityMax.toLocaleString('en-US')}, or null`,
    holds: (value) => value === null || optionRule.wholeNumber(1, limits.priorityMax).holds(value),
  },
  delayMs: optionRule.wholeNumber(0, limits.delayMaxMs),
  expiresAt: {
    must: 'be a time within the next ten years, or null',
    holds: (value) => value === null || isToCome(value),
  },
} satisfies OptionRules<JobEdit>;

function isToCome(value: unknown): boolean {
  if (typeof value !== 'number' && !(value instanceof Date)) return false;
  const leftMs = Number(value) - Date.now();
  return leftMs > 0 && leftMs <= TEN_YEARS_MS;
}

export interface JobEditDeps {
  readonly queue: Pick<QueueDefinition, 'name' | 'jobs'>;
  readonly keys: KeysMap;
  call<T>(operation: RedisOperation<T>): Promise<T>;
}

/**
 * Changes a job that waits, whole or not at all.
 *
 * @throws OptionError when nothing is to be changed, a value is out of its range, or no contract is there to check the payload
 * @throws PayloadInvalidError or TooLargeError for a payload that cannot be stored
 */
export async function editWaitingJob(deps: JobEditDeps, id: string, edit: JobEdit): Promise<EditAnswer> {
  checkOptions('edit', editRules, edit, OptionError);
  const { unchecked: _, ...changes } = edit;
  if (Object.values(changes).every((value) => value === undefined))
    throw new OptionError('edit: say what to change: payload, priority, delayMs or expiresAt');
  const found = await deps.call((client) => findJob(client, deps.keys, parseJobId(id)));
  if (!found) return 'unknown';
  const stored = { ...(await storedPayload(deps, found.name, edit)), ...(await storedTimes(deps, edit)) };
  refuseHidden(stored.payload, [...found.secretFields, ...secretFieldsOf(deps.queue, found.name)]);
  return deps.call((client) => editJob(client, deps.keys, found, stored));
}

interface FoundJob {
  /** As it is stored. */
  readonly id: string;
  readonly name: string;
  readonly secretFields: readonly string[];
}

async function findJob(client: Redis, keys: KeysMap, id: string): Promise<FoundJob | null> {
  for (const stored of storedIdsOf(keys, id)) {
    const fields = await client.hmget(`${keys['']}${stored}`, 'name', 'opts').catch(nullIfNoHash);
    const [name = null, opts = null] = fields ?? [];
    if (name !== null) return { id: stored, name, secretFields: readSecretFields(readOptions(opts).sluice?.s) };
  }
  return null;
}

/** What was shown in place of a secret would be stored as its value. */
function refuseHidden(json: string | undefined, secretFields: readonly string[]): void {
  if (json === undefined || secretFields.length === 0) return;
  const path = hiddenAt(JSON.parse(json), secretFields);
  if (path === undefined) return;
  throw new OptionError(
    `edit: ${HIDDEN_VALUE} is only shown in place of ${path}: give its value, or leave the payload as it is`,
  );
}

async function storedPayload(
  { queue }: JobEditDeps,
  name: string,
  { payload, unchecked = false }: JobEdit,
): Promise<Pick<StoredEdit, 'payload' | 'version'>> {
  if (payload === undefined) return {};
  if (unchecked) return { payload: await uncheckedJson(name, payload) };
  const contract = queue.jobs.find((each) => each.name === name);
  if (!contract) {
    throw new OptionError(
      `edit: no contract ${name} is at hand to check the payload: connect with the definition of queue ${queue.name}, or say unchecked: true`,
    );
  }
  const { json } = await encodePayload(contract, plain(name, payload));
  return { payload: json, version: contract.version };
}

/** A text as plain data, where no digit gets lost. */
function plain(name: string, payload: unknown): unknown {
  if (!(payload instanceof JsonText)) return payload;
  const issues = findInexactNumbers(payload.text);
  if (issues.length > 0) throw new PayloadInvalidError(name, issues);
  return payload.toJSON();
}

async function uncheckedJson(name: string, payload: unknown): Promise<string> {
  if (!(payload instanceof JsonText))
    return (await encodePayload({ name, payload: anything } as JobContract, payload)).json;
  const bytes = Buffer.byteLength(payload.text);
  if (bytes > limits.payloadMaxBytes) throw new TooLargeError('payload', bytes, limits.payloadMaxBytes);
  return payload.text;
}

const anything: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: 'sluice', validate: (value) => ({ value }) },
};

async function storedTimes(
  { keys, call }: JobEditDeps,
  { priority, delayMs, expiresAt }: JobEdit,
): Promise<Pick<StoredEdit, 'priority' | 'delayMs' | 'expiresAtMs'>> {
  return {
    ...(priority !== undefined && { priority: priority ?? 0 }),
    ...(delayMs !== undefined && { delayMs }),
    ...(expiresAt !== undefined && {
      expiresAtMs: expiresAt === null ? null : await byRedisClock(Number(expiresAt), { keys, call }),
    }),
  };
}

/** A time of this machine's clock by that of Redis. */
async function byRedisClock(atMs: number, { keys, call }: Pick<JobEditDeps, 'keys' | 'call'>): Promise<number> {
  const redisMs = await call((client) => readRedisTime(client, keys['meta'] ?? ''));
  return Math.round(redisMs + (atMs - Date.now()));
}
