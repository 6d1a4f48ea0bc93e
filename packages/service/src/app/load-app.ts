import { type ConfigError, defineApp, type QueuesApp } from '@sluice/queue/contracts';
import { importNamed, namedError } from './import-named.ts';

export interface LoadAppOptions {
  /**
   * The folder that relative paths and package names are resolved from.
   *
   * @default the working folder
   */
  from?: string;
  /**
   * What named the app, for messages.
   *
   * @default 'app'
   */
  where?: string;
}

/**
 * Loads an app module: a path, a `file:` URL, or the name of a package. Its default export is the app, or a promise of one. TypeScript
 * runs where Node strips types.
 *
 * @throws ConfigError when there is no such file or package, it cannot be loaded, or its default export is no app; the message says
 * what to do. ConfigError and DefinitionError of the module itself come as they are.
 */
export async function loadApp(
  named: string,
  { from = process.cwd(), where = 'app' }: LoadAppOptions = {},
): Promise<QueuesApp> {
  const fail = (problem: string): ConfigError => namedError(named, where, problem);
  const module = await importNamed(named, { from, where });
  return readApp(await appOf(module, fail), fail);
}

async function appOf(module: Readonly<Record<string, unknown>>, fail: (problem: string) => Error): Promise<unknown> {
  const names = Object.keys(module).filter((name) => name !== 'module.exports');
  if (!Object.hasOwn(module, 'default')) {
    const has = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`;
    throw fail(`it has no default export (${has}); write export default defineApp({ queues, handlers })`);
  }
  const found = await module['default'];
  // What TypeScript makes of `export default` as CommonJS.
  const isTwofold = isObject(found) && !('queues' in found) && '__esModule' in found;
  return isTwofold ? await found['default'] : found;
}

/** Checks it like `defineApp`, which plain JavaScript may have left out. */
function readApp(found: unknown, fail: (problem: string) => Error): QueuesApp {
  if (isObject(found) && 'queues' in found) return defineApp(found as Parameters<typeof defineApp>[0]);
  const what = typeof found === 'function' ? 'a function' : isObject(found) ? 'another object' : String(found);
  throw fail(`its default export is no app but ${what}; write export default defineApp({ queues, handlers })`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
