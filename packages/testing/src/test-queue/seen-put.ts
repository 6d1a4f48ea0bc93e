import { decodePayload, type JobContract, type Payload } from '@sluice/queue';
import type { ObservedJob, ObservedStep } from '@sluice/queue/testing';

/** The options of a put, as far as they are stored with the job. Undefined where nothing was. */
export interface SeenOptions {
  /** In milliseconds. */
  readonly delayMs: number | undefined;
  /** 1 is most urgent. */
  readonly priority: number | undefined;
  /** How often the job may be tried in all. */
  readonly attempts: number | undefined;
  /** The attempt's deadline, where it is not the contract's. */
  readonly timeoutMs: number | undefined;
  /** In milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

/** One put that the queue took, from whichever program. */
export interface SeenPut<C extends JobContract = JobContract> {
  /** The job's id, in its caller's form. */
  readonly id: string;
  /** The contract's name. */
  readonly job: C['name'];
  /** As a handler gets it; as JSON has it where the contract refuses it; undefined when the job was removed before it was seen. */
  readonly payload: Payload<C>;
  /** The options of the put. */
  readonly options: SeenOptions;
  /** When the queue took it, in milliseconds since the epoch. */
  readonly putAtMs: number;
  /** What the job has been through so far. */
  readonly steps: ReadonlySet<ObservedStep>;
  /** Attempts that have ended. */
  readonly attempts: number;
  /** Why it died, or why its last attempt failed; null without a failure. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Reads what was observed by its contract. */
export async function readPut(job: ObservedJob, contracts: readonly JobContract[]): Promise<SeenPut> {
  const { options, record } = job;
  return {
    id: job.id,
    job: job.job,
    payload: await payloadOf(job, contracts),
    options: {
      delayMs: options.delay || undefined,
      priority: options.priority || undefined,
      attempts: options.attempts,
      timeoutMs: options.sluice?.t,
      expiresAt: options.sluice?.e,
    },
    putAtMs: job.putAtMs,
    steps: job.steps,
    attempts: record?.attempts ?? 0,
    error: record?.failure ?? null,
  };
}

async function payloadOf({ job, json, options }: ObservedJob, contracts: readonly JobContract[]): Promise<unknown> {
  if (json === null) return undefined;
  const contract = contracts.find(({ name }) => name === job);
  try {
    if (contract) return await decodePayload(contract, options.sluice?.v ?? contract.version, json);
  } catch {
    // A client without our checks may have put anything; it is shown as it is stored.
  }
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
