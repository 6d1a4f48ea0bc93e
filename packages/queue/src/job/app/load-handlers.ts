import type { QueueDefinition } from '../contracts/queue-policy.ts';
import { DefinitionError } from '../errors/index.ts';
import { contractOf, findHandlerProblems } from '../handler/find-handler-problems.ts';
import type { HandlerRegistry } from '../handler/handler-registry.ts';
import { isObject } from '../options/option-rules.ts';
import type { HandlerContext, QueuesApp } from './define-app.ts';

/** A factory behind a module behind a factory, and twice that for CommonJS: what needs more is no honest source. */
const UNWRAPS_MAX = 6;

/**
 * The handlers of one queue of an app, ready for `createWorkerPool`. Calls the function that makes them, or imports their module.
 *
 * @param name the queue's
 * @throws DefinitionError when there are none for the queue, or one for a job is missing or misplaced; whatever the function or the
 * module fails with
 */
export async function loadHandlers(
  app: QueuesApp,
  name: string,
  context: HandlerContext,
): Promise<HandlerRegistry<QueueDefinition>> {
  const queue = app.queues.find((each) => each.name === name);
  if (!queue) throw new DefinitionError(`app: there is no queue ${name}`);
  const source = 'handlers' in app && isObject(app.handlers) ? app.handlers[name] : undefined;
  if (source === undefined)
    throw new DefinitionError(`app: queue ${name} has no handlers, so no worker can serve it; give defineApp handlers`);
  const registry = await unwrap(source, context);
  const problems = findHandlerProblems(queue, registry);
  if (problems.length > 0) throw new DefinitionError(`handlers of queue ${name}: ${problems.join('; ')}`);
  return registry as HandlerRegistry<QueueDefinition>;
}

async function unwrap(source: unknown, context: HandlerContext): Promise<unknown> {
  let found = source;
  for (let step = 0; step < UNWRAPS_MAX; step += 1) {
    if (typeof found === 'function') found = await found(context);
    else if (isModule(found)) found = found['default'];
    else return found;
  }
  return found;
}

/** A registry may have a job named `default`, too. */
function isModule(value: unknown): value is { default: unknown } {
  return isObject(value) && 'default' in value && contractOf(value['default']) === undefined;
}
