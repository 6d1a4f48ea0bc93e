import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DefinitionError } from '../../job/errors/index.ts';

const require = createRequire(import.meta.url);
const folder = new URL('../../../lua/', import.meta.url);
const INCLUDE = /^--- @include "(.+)"$/gm;
const BULLMQ = /^bullmq\/(\w+)-(\d+)$/;

/** Gives the text of what is included by this name; undefined when there is nothing of that name. */
export type ReadInclude = (name: string) => string | undefined;

/** One of BullMQ's scripts around which one of ours is wrapped. */
export interface Original {
  /** BullMQ's name of it. */
  name: string;
  /** How many keys it has. */
  keys: number;
  /** What is included in its place: a file that has BullMQ's script do something else, too. */
  extension?: string | undefined;
}

/**
 * The text of `lua/<entry>.lua`, behind all that it includes. Each file names at its top what it needs, one a line:
 *
 * - `--- @include "name"`: `lua/include/name.lua`
 * - `--- @include "bullmq/name-keys"`: BullMQ's own script, as the function `bullmq.name(KEYS, ARGV)`
 * - `--- @include "original"`: the script of BullMQ's around which this one is wrapped, as the function `original`, and the
 *   number of its keys, `ORIGINAL_KEYS`
 */
export function loadScript(entry: string, original?: Original): string {
  const text = readLua(`${entry}.lua`);
  if (text === undefined) throw new Error(`there is no script lua/${entry}.lua`);
  return resolveIncludes(entry, text, (name) => {
    if (name === 'bullmq') return 'local bullmq = {}';
    if (name === 'original') return original && originalText(original);
    const [, script, keys] = BULLMQ.exec(name) ?? [];
    return script === undefined ? readLua(`include/${name}.lua`) : bullmqFunction(script, Number(keys));
  });
}

/**
 * The text behind all that it includes, each once, and before what needs it.
 *
 * @throws Error when something that is included is missing, or includes itself over others
 */
export function resolveIncludes(entry: string, text: string, read: ReadInclude): string {
  const included = new Set<string>();
  const parts: string[] = [];

  const add = (content: string, path: readonly string[]): void => {
    for (const [, name = ''] of content.matchAll(INCLUDE)) include(name, path);
    parts.push(content);
  };
  const include = (name: string, path: readonly string[]): void => {
    if (path.includes(name))
      throw new Error(`Lua files include each other in a circle: ${[...path, name].join(' → ')}`);
    if (included.has(name)) return;
    included.add(name);
    const content = read(name);
    if (content === undefined) throw new Error(`${path.at(-1)}.lua includes "${name}", which does not exist`);
    add(content, [...path, name]);
  };

  add(text, [entry]);
  return parts.join('\n');
}

/** The text of one of BullMQ's own scripts, as the installed BullMQ would load it. */
export function bullmqScript(name: string, keys: number): string {
  const loaded: Record<string, { content: string } | undefined> = require(`bullmq/dist/cjs/scripts/${name}-${keys}.js`);
  const script = loaded[name];
  if (!script) throw new DefinitionError(`the installed BullMQ has no script ${name} with ${keys} keys`);
  return script.content;
}

/** BullMQ's text as a Lua function: its KEYS and ARGV become parameters, its locals stay its own. */
function bullmqFunction(name: string, keys: number): string {
  return `--- @include "bullmq"\nfunction bullmq.${name}(KEYS, ARGV)\n${bullmqScript(name, keys)}\nend`;
}

function originalText({ name, keys, extension }: Original): string {
  const source = extension ?? `bullmq/${name}-${keys}`;
  return `--- @include "${source}"\nlocal original, ORIGINAL_KEYS = bullmq.${name}, ${keys}`;
}

function readLua(path: string): string | undefined {
  const file = new URL(path, folder);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
