import { existsSync, statSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError } from '@sluice/queue/contracts';
import { explainImportError } from './explain-import-error.ts';
import { importFrom } from './import-from.ts';

/** A problem of a module that a setting names. */
export function namedError(named: string, where: string, problem: string): ConfigError {
  return new ConfigError([`${where} ${JSON.stringify(named)}: ${problem}`]);
}

/**
 * Imports what a setting names: a path, a `file:` URL, or the name of a package.
 *
 * @param where what named it, for messages
 * @throws ConfigError when there is no such file or package, or it cannot be loaded; the message says what to do. ConfigError and
 * DefinitionError of the module itself come as they are.
 */
export async function importNamed(
  named: string,
  { from, where }: { from: string; where: string },
): Promise<Readonly<Record<string, unknown>>> {
  const path = findPath(named, from);
  const problem = path === null ? null : problemOfPath(path);
  if (problem !== null) throw namedError(named, where, problem);
  try {
    return await importFrom(path === null ? named : pathToFileURL(path).href, from);
  } catch (error) {
    if (isOwnRefusal(error)) throw error;
    throw namedError(named, where, explainImportError(error, { path, named, from }));
  }
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

/** By its code: the app may have a copy of the library of its own. */
function isOwnRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'SLUICE_CONFIG' || code === 'SLUICE_DEFINITION';
}
