import {
  ConfigError,
  didYouMean,
  namePattern,
  nameRule,
  type QueueDefinition,
  type QueuesApp,
} from '@sluice/queue/contracts';

/** One queue of an app that a process is to serve, and how many of its jobs a worker runs at once. */
export interface QueueChoice {
  /** The queue's. */
  readonly name: string;
  /** Undefined: as many as the program's setting says. */
  readonly concurrency?: number;
}

/** A queue that was chosen. */
export interface ChosenQueue {
  readonly queue: QueueDefinition;
  readonly concurrency: number | undefined;
}

/** The most jobs that one pool of a worker process runs at once. */
export const CONCURRENCY_MAX = 1_000;

/** What a selection looks like, in a few words. */
export const queueSelectionForm: string = 'names of queues with commas between them, each with =concurrency if wanted';

/** Reads `emails,fetches=5`. */
export function parseQueueSelection(text: string): { value: readonly QueueChoice[] } | { problem: string } {
  const entries = text.split(',').map((entry) => entry.trim());
  const choices: QueueChoice[] = [];
  for (const [at, entry] of entries.entries()) {
    const where = `entry ${at + 1} (${JSON.stringify(entry)})`;
    const [, name = '', concurrency] = /^([^=]*?)\s*(?:=\s*(.*))?$/s.exec(entry) ?? [];
    if (entry === '' && entries.length > 1)
      return { problem: `must have a queue between all commas; entry ${at + 1} is empty` };
    if (!namePattern.test(name))
      return { problem: `must be ${queueSelectionForm}; the name in ${where} must be ${nameRule}` };
    if (choices.some((choice) => choice.name === name))
      return { problem: `must name each queue once; ${name} is there again in ${where}` };
    if (concurrency !== undefined && !isConcurrency(concurrency))
      return { problem: `must have a whole number from 1 to 1,000 behind =; it has none in ${where}` };
    choices.push(concurrency === undefined ? { name } : { name, concurrency: Number(concurrency) });
  }
  return { value: Object.freeze(choices) };
}

function isConcurrency(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= CONCURRENCY_MAX;
}

/**
 * The queues that were chosen, in that order; all of the app's when none were.
 *
 * @param where what named them, for the message: `SLUICE_QUEUES`
 * @throws ConfigError when the app has no such queue
 */
export function chooseQueues(
  { queues }: QueuesApp,
  choices: readonly QueueChoice[] | undefined,
  where: string,
): readonly ChosenQueue[] {
  if (choices === undefined) return queues.map((queue) => ({ queue, concurrency: undefined }));
  const names = queues.map(({ name }) => name);
  const problems = choices
    .filter(({ name }) => !names.includes(name))
    .map(({ name }) => unknownQueue(name, names, where));
  if (problems.length > 0) throw new ConfigError(problems);
  return choices.flatMap(({ name, concurrency }) =>
    queues.filter((queue) => queue.name === name).map((queue) => ({ queue, concurrency })),
  );
}

function unknownQueue(name: string, names: readonly string[], where: string): string {
  const meant = didYouMean(name, names);
  const hint = meant === null ? '.' : `; did you mean ${meant}?`;
  return `${where}: the app has no queue ${name}${hint} It has ${names.join(', ')}`;
}
