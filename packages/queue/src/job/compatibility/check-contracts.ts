import { DefinitionError } from '../errors/index.ts';
import { isObject } from '../options/option-rules.ts';
import type { SchemaDifference } from './compare-keywords.ts';
import { compareSchemas } from './compare-schemas.ts';
import type { ContractsDescription, DescribedContract, DescribedQueue, DescribedSchema } from './describe-contracts.ts';

/** One thing that a deployment of the newer build changes for jobs, workers or callers of the older one. */
export interface ContractFinding {
  /** `breaks`: jobs or results are refused, or lost to all workers. `warns`: something else that somebody should know. */
  readonly level: 'breaks' | 'warns';
  /** What it is, in words that do not change. */
  readonly rule: ContractRule;
  /** The queue. */
  readonly queue: string;
  /** The contract; null for the queue as a whole. */
  readonly job: string | null;
  /** What is different, and what to do. */
  readonly message: string;
}

/** The rules of {@link checkContracts}, by name. */
export type ContractRule =
  | 'queue-removed'
  | 'prefix-changed'
  | 'job-removed'
  | 'version-lowered'
  | 'old-payload-refused'
  | 'version-not-raised'
  | 'old-result-refused'
  | 'new-result-refused'
  | 'not-comparable'
  | 'timeout-lowered'
  | 'policy-changed';

/**
 * Compares the contracts of two builds, for CI: whether the newer one can be deployed while jobs, workers and callers of the older one
 * are there, and be taken back. docs/contracts.md has the rules.
 *
 * @param before what {@link describeContracts} said of the build that runs
 * @param after the same of the one that will be deployed
 * @returns what breaks and what to know, in the order of the queues; empty when nothing does
 * @throws DefinitionError when one of them is no such description
 */
export function checkContracts(before: ContractsDescription, after: ContractsDescription): ContractFinding[] {
  checkDescription('the first', before);
  checkDescription('the second', after);
  return before.queues.flatMap((queue) => checkQueues(queue, named(after.queues, queue.name)));
}

function checkDescription(which: string, given: unknown): void {
  const queues: unknown = isObject(given) && given['format'] === 1 ? given['queues'] : undefined;
  if (Array.isArray(queues) && queues.every((queue: unknown) => isObject(queue) && Array.isArray(queue['jobs'])))
    return;
  throw new DefinitionError(`check-contracts: ${which} is no description of contracts, as sluice contracts prints it`);
}

function checkQueues(old: DescribedQueue, next: DescribedQueue | undefined): ContractFinding[] {
  const find = finder(old.name, null);
  if (!next) return [find('breaks', 'queue-removed', 'no worker of the new build serves it: drain it first')];
  return [
    ...(next.prefix === old.prefix
      ? []
      : [
          find(
            'breaks',
            'prefix-changed',
            `its jobs stay under the prefix ${old.prefix}, where no worker looks any more`,
          ),
        ]),
    ...(next.whenFull.startsWith('drop-') && next.whenFull !== old.whenFull
      ? [find('warns', 'policy-changed', `a full queue drops jobs now: whenFull is ${next.whenFull}`)]
      : []),
    ...(next.capacity < old.capacity
      ? [find('warns', 'policy-changed', `the capacity falls from ${old.capacity} to ${next.capacity}`)]
      : []),
    ...old.jobs.flatMap((job) => checkJobs(old.name, job, named(next.jobs, job.name))),
  ];
}

type Find = (level: ContractFinding['level'], rule: ContractRule, message: string) => ContractFinding;

function checkJobs(queue: string, old: DescribedContract, next: DescribedContract | undefined): ContractFinding[] {
  const find = finder(queue, old.name);
  if (!next)
    return [
      find('breaks', 'job-removed', 'jobs that are in the queue have no handler any more: remove it when none is left'),
    ];
  return [
    ...checkVersion(old, next, find),
    ...checkPayloads(old, next, find),
    ...checkResults(old, next, find),
    ...checkTimeouts(old, next, find),
  ];
}

function checkVersion(old: DescribedContract, next: DescribedContract, find: Find): ContractFinding[] {
  if (next.version >= old.version) return [];
  const message = `it goes back from ${old.version} to ${next.version}: jobs of version ${old.version} wait until a worker that knows it is there`;
  return [find('breaks', 'version-lowered', message)];
}

/** Jobs in Redis go to new workers; jobs of new producers go to old workers, unless the version tells these to leave them. */
function checkPayloads(old: DescribedContract, next: DescribedContract, find: Find): ContractFinding[] {
  const isRaised = next.version > old.version;
  const isUpcast = isRaised && next.upcastsFrom.includes(old.version);
  if (isUpcast) return [];
  if (!old.payload || !next.payload) return notComparable('payload', old.payload, next.payload, find);
  const refused = compareSchemas(next.payload, old.payload).map((each) =>
    find(
      'breaks',
      'old-payload-refused',
      `new workers refuse jobs that are in the queue: ${text(each)}; ${isRaised ? `give an upcast from version ${old.version}` : 'raise the version and give an upcast, or make it optional'}`,
    ),
  );
  if (isRaised) return refused;
  const early = compareSchemas(old.payload, next.payload).map((each) =>
    find('breaks', 'version-not-raised', `old workers refuse jobs of new producers: ${text(each)}; raise the version`),
  );
  return [...refused, ...early];
}

/** Results have no version: callers of either build read those of either. */
function checkResults(old: DescribedContract, next: DescribedContract, find: Find): ContractFinding[] {
  if (!old.result || !next.result) return notComparable('result', old.result, next.result, find);
  return [
    ...compareSchemas(next.result, old.result).map((each) =>
      find('breaks', 'old-result-refused', `new callers refuse results of old workers: ${text(each)}; give a default`),
    ),
    ...compareSchemas(old.result, next.result).map((each) =>
      find(
        'breaks',
        'new-result-refused',
        `old callers refuse results of new workers: ${text(each)}; deploy the callers first, or use a new job`,
      ),
    ),
  ];
}

function notComparable(what: string, old: DescribedSchema, next: DescribedSchema, find: Find): ContractFinding[] {
  if (!old && !next) {
    return [
      find('warns', 'not-comparable', `the library of its ${what} schema writes no JSON Schema: compare it yourself`),
    ];
  }
  return [find('warns', 'not-comparable', `only one build has a JSON Schema of its ${what}: compare it yourself`)];
}

function checkTimeouts(old: DescribedContract, next: DescribedContract, find: Find): ContractFinding[] {
  const lowered = (['timeoutMs', 'timeoutMaxMs'] as const).filter((name) => next[name] < old[name]);
  return lowered.map((name) =>
    find(
      'warns',
      'timeout-lowered',
      `${name} falls from ${old[name]} to ${next[name]}, for jobs that are in the queue, too`,
    ),
  );
}

function finder(queue: string, job: string | null): Find {
  return (level, rule, message) => ({ level, rule, queue, job, message });
}

function text({ path, problem }: SchemaDifference): string {
  return `${path}: ${problem}`;
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined {
  return all.find((each) => each.name === name);
}
