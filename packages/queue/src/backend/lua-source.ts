import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DefinitionError } from '@sluice/shared';

const require = createRequire(import.meta.url);

export interface BullmqScript {
  name: string;
  content: string;
  keys: number;
}

/** The text of one of our scripts in `packages/queue/lua`. */
export function readLua(name: string): string {
  return readFileSync(new URL(`../../lua/${name}.lua`, import.meta.url), 'utf8');
}

/** The text of one of BullMQ's own scripts, as the installed BullMQ would load it. */
export function bullmqScript(name: string, keys: number): BullmqScript {
  const loaded: Record<string, BullmqScript | undefined> = require(`bullmq/dist/cjs/scripts/${name}-${keys}.js`);
  const script = loaded[name];
  if (!script) throw new DefinitionError(`the installed BullMQ has no script ${name} with ${keys} keys`);
  return script;
}

/** BullMQ's text as a Lua function: its KEYS and ARGV become parameters, its locals stay its own. */
export function asLuaFunction(script: BullmqScript): string {
  return `function(KEYS, ARGV)\n${script.content}\nend`;
}
