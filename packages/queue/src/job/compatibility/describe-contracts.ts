import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type JobContract } from '../contracts/job-contract.ts';
import { jsonSchemaOf } from '../contracts/json-schema.ts';
import { type QueueDefinition } from '../contracts/queue-policy.ts';

/** A JSON Schema, or null where the schema's library cannot write one. */
export type DescribedSchema = Readonly<Record<string, unknown>> | null;

/** One contract as data: what another build must know of it to work with its jobs. */
export interface DescribedContract {
  /** The contract's name. */
  readonly name: string;
  /** Its version. */
  readonly version: number;
  /** From which versions it has an upcast. */
  readonly upcastsFrom: readonly number[];
  /** What is stored of a payload: the input of its schema. */
  readonly payload: DescribedSchema;
  /** What is stored of a result: the input of its schema. */
  readonly result: DescribedSchema;
  /** The deadline of one attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** How far a put or `extend` may move it. */
  readonly timeoutMaxMs: number;
}

/** One queue as data. */
export interface DescribedQueue {
  /** The queue's name. */
  readonly name: string;
  /** What its Redis keys start with. */
  readonly prefix: string;
  /** The most unfinished jobs. */
  readonly capacity: number;
  /** What a put does on a full queue. */
  readonly whenFull: string;
  /** Its contracts, by their names' order. */
  readonly jobs: readonly DescribedContract[];
}

/** The contracts of an app as data, which JSON holds: {@link checkContracts} compares two of them. */
export interface ContractsDescription {
  /** The form of this description. */
  readonly format: 1;
  /** The queues, by their names' order. */
  readonly queues: readonly DescribedQueue[];
}

/** Describes the queues and contracts of an app, for another build to be compared with: `sluice contracts` prints it. */
export function describeContracts({ queues }: { readonly queues: readonly QueueDefinition[] }): ContractsDescription {
  return { format: 1, queues: queues.map(describeQueue).toSorted(byName) };
}

function describeQueue({ name, prefix, capacity, whenFull, jobs }: QueueDefinition): DescribedQueue {
  return { name, prefix, capacity, whenFull, jobs: jobs.map(describeContract).toSorted(byName) };
}

function describeContract(contract: JobContract): DescribedContract {
  const { name, version, upcasts, payload, result, timeoutMs, timeoutMaxMs } = contract;
  return {
    name,
    version,
    upcastsFrom: Object.keys(upcasts).map(Number),
    payload: schemaOf(payload),
    result: schemaOf(result),
    timeoutMs,
    timeoutMaxMs,
  };
}

/** JSON Schema has no word for a schema that takes nothing, such as `z.void()`: it is stored as null. */
function schemaOf(schema: StandardSchemaV1): DescribedSchema {
  const known = jsonSchemaOf(schema, 'input');
  if (known) return known;
  const takes = (value: unknown): boolean => {
    const validation = schema['~standard'].validate(value);
    if (validation instanceof Promise) {
      validation.catch(() => undefined);
      return true;
    }
    return !validation.issues;
  };
  return takes(undefined) && !['', 0, false, {}, []].some(takes) ? { type: 'null' } : null;
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}
