import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import {
  hideSecretsInJson,
  readSecretFields,
  type SecretField,
  secretsInJson,
} from '../../job/contracts/secret-fields.ts';
import { readOptions } from '../../job/read-options.ts';
import { findSnapshot, secretFieldsOf } from './job-details.ts';

/** What Redis holds of a job, as the text that it is: with every digit of its numbers. */
export interface JobTexts {
  /** JSON, with `[hidden]` for the secret fields of its contract, unless a foreign client stored something else. */
  payload: string;
  /** JSON; null while it has not completed. */
  result: string | null;
  /** JSON: BullMQ's options of the job, in its short names. */
  options: string;
  /** The lines that its handler logged, the last 1,000, the last one last. */
  logs: string[];
  /** How many lines there are. */
  logsTotal: number;
}

/** The most characters of one text; a payload of ours is never as long. What is longer is cut, and says so at its end. */
const TEXT_MAX = 1_000_000;
const LINE_MAX = 10_000;
const LOGS_MAX = 1_000;

/** Null when the job is not kept. */
export async function readJobTexts(
  client: Redis,
  of: { keys: KeysMap; queue: Pick<QueueDefinition, 'jobs'> },
  id: string,
): Promise<JobTexts | null> {
  const { stored, snapshot } = await findSnapshot(client, of, id);
  if (!snapshot) return null;
  const key = `${of.keys['']}${stored}`;
  const [[payload, result, options], logs, logsTotal] = await Promise.all([
    client.hmget(key, 'data', 'returnvalue', 'opts'),
    client.lrange(`${key}:logs`, -LOGS_MAX, -1),
    client.llen(`${key}:logs`),
  ]);
  const secretFields = secretPathsOf(of.queue, snapshot.job, options);
  return {
    payload: cut(hideSecretsInJson(payload ?? 'null', secretFields), TEXT_MAX),
    result: result === null || result === undefined ? null : cut(result, TEXT_MAX),
    options: cut(options ?? '{}', TEXT_MAX),
    logs: logs.map((line) => cut(line, LINE_MAX)),
    logsTotal,
  };
}

/** The secrets of a job's payload, which nothing else shows. Null when the job is not kept. */
export async function readSecrets(
  client: Redis,
  of: { keys: KeysMap; queue: Pick<QueueDefinition, 'jobs'> },
  id: string,
): Promise<SecretField[] | null> {
  const { stored, snapshot } = await findSnapshot(client, of, id);
  if (!snapshot) return null;
  const [payload, options] = await client.hmget(`${of.keys['']}${stored}`, 'data', 'opts');
  return secretsInJson(payload ?? 'null', secretPathsOf(of.queue, snapshot.job, options));
}

/** By the queue's definition, and by what the put noted: either may not know of all. */
function secretPathsOf(
  queue: Pick<QueueDefinition, 'jobs'>,
  job: string,
  options: string | null | undefined,
): readonly string[] {
  return [...secretFieldsOf(queue, job), ...readSecretFields(readOptions(options).sluice?.s)];
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)} … (${text.length - max} characters more)`;
}
