// A bundler follows both imports; nothing is looked up by a path when the program runs.
import { luaTexts } from '#lua-texts';
import * as bullmqScripts from 'bullmq/dist/cjs/scripts/index.js';
import { DefinitionError } from '../../job/errors/index.ts';

const INCLUDE = /^--- @include "(.+?)"(?: when (\w+) is called)?$/gm;
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
 * - `--- @include "name" when fn is called`: the same, as the function `fn`. Redis creates all functions of a script again with
 *   each call; those of this file, and of what only it includes, are created when the script first calls `fn`
 * - `--- @include "original"`: the script of BullMQ's around which this one is wrapped, as the function `original`, and the
 *   number of its keys, `ORIGINAL_KEYS`
 */
export function loadScript(entry: string, original?: Original): string {
  const text = luaTexts[`${entry}.lua`];
  if (text === undefined) throw new Error(`there is no script lua/${entry}.lua`);
  return resolveIncludes(entry, text, (name) => {
    if (name === 'bullmq') return 'local bullmq = {}';
    if (name === 'original') return original && originalText(original);
    const [, script, keys] = BULLMQ.exec(name) ?? [];
    return script === undefined ? luaTexts[`include/${name}.lua`] : bullmqFunction(script, Number(keys));
  });
}

/**
 * The text behind all that it includes, each once, and before what needs it. What is included when a function is called has
 * its includes inside this function, but for those that the text has already.
 *
 * @throws Error when something that is included is missing, or includes itself over others
 */
export function resolveIncludes(entry: string, text: string, read: ReadInclude): string {
  return new IncludeResolver(read).resolve(text, [entry]);
}

class IncludeResolver {
  readonly #read: ReadInclude;
  /** Names of files, and of functions that include one when they are called. */
  readonly #included: Set<string>;

  constructor(read: ReadInclude, included: Iterable<string> = []) {
    this.#read = read;
    this.#included = new Set(included);
  }

  resolve(text: string, path: readonly string[]): string {
    const parts = [...text.matchAll(INCLUDE)].flatMap(([, name = '', fn]) =>
      fn === undefined ? this.#include(name, path) : this.#includeWhenCalled(name, fn, path),
    );
    return [...parts, text].join('\n');
  }

  #include(name: string, path: readonly string[]): string[] {
    const content = this.#contentOf(name, path);
    if (this.#included.has(name)) return [];
    this.#included.add(name);
    return [this.resolve(content, [...path, name])];
  }

  #includeWhenCalled(name: string, fn: string, path: readonly string[]): string[] {
    const content = this.#contentOf(name, path);
    if (this.#included.has(name) || this.#included.has(`${fn}()`)) return [];
    const start = this.#included.has(LOADED) ? [] : [LOADED];
    this.#included.add(`${fn}()`).add(LOADED);
    const inside = new IncludeResolver(this.#read, [...this.#included, name]).resolve(content, [...path, name]);
    return [...start, functionOf(fn, inside)];
  }

  #contentOf(name: string, path: readonly string[]): string {
    if (path.includes(name))
      throw new Error(`Lua files include each other in a circle: ${[...path, name].join(' → ')}`);
    const content = this.#read(name);
    if (content === undefined) throw new Error(`${path.at(-1)}.lua includes "${name}", which does not exist`);
    return content;
  }
}

const LOADED = 'local loaded = {}';

/** A function that is replaced by the one of the same name in the text, once it is called. */
function functionOf(name: string, text: string): string {
  return `local function ${name}(...)
if loaded.${name} then return loaded.${name}(...) end
${text}
loaded.${name} = ${name}
return ${name}(...)
end`;
}

/** The text of one of BullMQ's own scripts, as the installed BullMQ would load it. */
export function bullmqScript(name: string, keys: number): string {
  const known: Readonly<Record<string, { readonly content: string; readonly keys: number } | undefined>> =
    bullmqScripts;
  const script = known[name];
  if (script?.keys !== keys) throw new DefinitionError(`the installed BullMQ has no script ${name} with ${keys} keys`);
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
