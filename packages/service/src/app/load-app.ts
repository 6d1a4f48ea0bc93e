import { existsSync, statSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError, defineApp, type QueuesApp } from '@sluice/queue/contracts';
import { importFrom } from './import-from.ts';
import { explainImportError } from './explain-import-error.ts';

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
  const fail = (problem: string): ConfigError => new ConfigError([`${where} ${JSON.stringify(named)}: ${problem}`]);
  const path = findPath(named, from);
  const problem = path === null ? null : problemOfPath(path);
  if (problem !== null) throw fail(problem);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await importFrom(path === null ? named : pathToFileURL(path).href, from);
  } catch (error) {
    if (isOwnRefusal(error)) throw error;
    throw fail(explainImportError(error, { path, named, from }));
  }
  return readApp(await appOf(module, fail), fail);
}

/** Null for the name of a package. A file is one with `./` or without. */
function findPath(named: string, from: string): string | null {
  if (/^file:/i.test(named)) return URL.canParse(named) ? fileURLToPath(named) : resolve(from, named);
  const path = resolve(from, named);
  const looksLikePath = isAbsolute(named) || /^\.{1,2}([\\/]|$)/.test(named) || /\.[cm]?[jt]sx?$/i.test(named);
  return looksLikePath || existsSync(path) ? path : null;
}

function problemOfPath(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return `there is no file ${path}`;
  return found.isDirectory() ? `${path} is a folder; name the file in it, such as ${basename(path)}/app.js` : null;
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

/** By its code: the app may have a copy of the library of its own. */
function isOwnRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'SLUICE_CONFIG' || code === 'SLUICE_DEFINITION';
}
