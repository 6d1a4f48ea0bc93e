import type { QueueDefinition } from '../contracts/queue-policy.ts';
import { isName } from '../contracts/name.ts';
import { DefinitionError } from '../errors/index.ts';
import { findHandlerProblems } from '../handler/find-handler-problems.ts';
import type { HandlerRegistry } from '../handler/handler-registry.ts';
import type { Logger } from '../logging/logger.ts';
import { checkOptions } from '../options/check-options.ts';
import { didYouMean } from '../options/did-you-mean.ts';
import { isObject, type OptionRules, required } from '../options/option-rules.ts';

/** What a function that makes handlers gets of the worker that will run them. */
export interface HandlerContext {
  /** The worker's log. */
  readonly log: Logger;
  /**
   * Registers what to close, such as a database pool, once the worker's last handler has ended. What was registered last is closed
   * first.
   */
  onStop(close: () => Promise<void> | void): void;
}

/** Makes the handlers of a queue when a worker starts, so that they may open what they need. */
export type HandlerFactory<Q extends QueueDefinition> = (
  context: HandlerContext,
) => HandlerRegistry<Q> | Promise<HandlerRegistry<Q>>;

/** A module whose default export is a queue's handlers. */
export interface HandlerModule<Q extends QueueDefinition> {
  /** They themselves, or what makes them. */
  readonly default: HandlerRegistry<Q> | HandlerFactory<Q>;
}

/**
 * Where the handlers of a queue come from: a registry; a function that makes one; or `() => import('./handlers.js')`, a module with
 * either as its default export. A function is called when a worker of the queue starts, and never by a process that only puts.
 */
export type HandlerSource<Q extends QueueDefinition> =
  | HandlerRegistry<Q>
  | ((
      context: HandlerContext,
    ) => HandlerRegistry<Q> | HandlerModule<Q> | Promise<HandlerRegistry<Q>> | Promise<HandlerModule<Q>>);

/** The handlers of an app, by the names of its queues. */
export type AppHandlers<Queues extends readonly QueueDefinition[]> = {
  readonly [Q in Queues[number] as Q['name']]: HandlerSource<Q>;
};

/** The queues of a program that puts and runs no jobs, such as an HTTP service. Every {@link App} is one. */
export interface QueuesApp<Queues extends readonly QueueDefinition[] = readonly QueueDefinition[]> {
  /** All queues, each with a name of its own. */
  readonly queues: Queues;
}

/** What a deployment runs: its queues, and their handlers. Made by {@link defineApp}; frozen. */
export interface App<Queues extends readonly QueueDefinition[] = readonly QueueDefinition[]> extends QueuesApp<Queues> {
  /** By the names of the queues. */
  readonly handlers: AppHandlers<Queues>;
}

const appRules = {
  queues: required({ must: 'name at least one queue, each made by defineQueue', holds: isListOfQueues }),
  handlers: { must: 'be an object with the handlers of each queue under its name', holds: isObject },
} satisfies OptionRules<{ queues: unknown; handlers: unknown }>;

/**
 * Defines an app without handlers, for programs that only put.
 *
 * @throws DefinitionError as the other form does
 */
export function defineApp<const Queues extends readonly QueueDefinition[]>(given: {
  queues: Queues;
  handlers?: undefined;
}): QueuesApp<Queues>;
/**
 * Defines what a deployment runs. An app module is a file with this as its default export: `runWorker` and `runService` of
 * `@sluice/service` run it, and so do `sluice worker --app`, `sluice serve --app` and the images.
 *
 * ```ts
 * export default defineApp({
 *   queues: [emails, reports],
 *   handlers: {
 *     emails: { 'email.send': sendEmail },
 *     reports: () => import('./report-handlers.js'),
 *   },
 * });
 * ```
 *
 * @throws DefinitionError when a queue has no handlers, a job has none, or two queues have one name; with all problems at once.
 * What a function gives is checked when a worker calls it.
 */
export function defineApp<const Queues extends readonly QueueDefinition[]>(given: {
  queues: Queues;
  handlers: AppHandlers<Queues>;
}): App<Queues>;
export function defineApp(given: { queues: readonly QueueDefinition[]; handlers?: unknown }): QueuesApp {
  checkOptions('app', appRules, given, DefinitionError);
  const queues = Object.freeze([...given.queues]);
  const problems = [...findTwins(queues), ...findSourceProblems(queues, given.handlers)];
  if (problems.length > 0) throw new DefinitionError(`app: ${problems.join('; ')}`);
  return Object.freeze(
    isObject(given.handlers) ? { queues, handlers: Object.freeze({ ...given.handlers }) } : { queues },
  );
}

function findTwins(queues: readonly QueueDefinition[]): string[] {
  const names = queues.map(({ name }) => name);
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].map(
    (name) => `two queues are named ${name}`,
  );
}

function findSourceProblems(queues: readonly QueueDefinition[], handlers: unknown): string[] {
  if (!isObject(handlers)) return [];
  const names = queues.map(({ name }) => name);
  const strangers = Object.keys(handlers).filter((name) => !names.includes(name));
  return [
    ...queues.flatMap((queue) => findProblemsOf(queue, handlers[queue.name])),
    ...strangers.map((name) => `handlers are given for ${name}, which is no queue here${hintFor(name, queues)}`),
  ];
}

function findProblemsOf(queue: QueueDefinition, source: unknown): string[] {
  if (source === undefined) return [`queue ${queue.name} has no handlers`];
  if (typeof source === 'function') return [];
  if (!isObject(source)) return [`handlers of queue ${queue.name} must be an object or a function`];
  if (source instanceof Promise) return [`handlers of queue ${queue.name} are a promise; write () => import(…)`];
  return findHandlerProblems(queue, source).map((problem) => `handlers of queue ${queue.name}: ${problem}`);
}

/** The usual mistakes: a name that is misspelt, and handlers of one queue that are not under its name. */
function hintFor(name: string, queues: readonly QueueDefinition[]): string {
  const owner = queues.find(({ jobs }) => jobs.some((job) => job.name === name));
  if (owner) return `; it is a job of queue ${owner.name}: write { '${owner.name}': { '${name}': … } }`;
  const names = queues.map((queue) => queue.name);
  const meant = didYouMean(name, names);
  return meant === null ? `: there are ${names.join(', ')}` : `; did you mean ${meant}?`;
}

function isListOfQueues(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every(
    (queue) => isObject(queue) && isName(queue['name']) && 'capacity' in queue && Array.isArray(queue['jobs']),
  );
}
