import { DefinitionError } from '../../job/errors/index.ts';
import type { Handler } from '../../job/handler/define-handler.ts';

/**
 * Loads the module of a handler.
 *
 * @throws DefinitionError when it exports no handler for the job; and whatever the module throws
 */
export async function loadHandler(moduleUrl: string, job: string): Promise<Handler> {
  const module = (await import(moduleUrl)) as { readonly default?: unknown; readonly handler?: unknown };
  const handler = [module.default, module.handler].find(isHandler);
  if (!handler) throw new DefinitionError(`${moduleUrl} has no default or handler export made by defineHandler`);
  const { name } = handler.contract;
  if (name !== job) throw new DefinitionError(`the handler of ${moduleUrl} is one for ${name}, not for ${job}`);
  return handler;
}

function isHandler(value: unknown): value is Handler {
  if (typeof value !== 'object' || value === null) return false;
  const { contract, handle } = value as Partial<Handler>;
  return typeof handle === 'function' && typeof contract === 'object';
}
