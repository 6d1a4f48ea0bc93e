import { DefinitionError } from '@sluice/queue/contracts';
import type { ConfigSchema } from './config.ts';
import type { ConfigField } from './field.ts';

/** A program and the settings that it reads. */
export interface Program {
  name: string;
  schema: ConfigSchema;
}

/** One environment variable, with all programs that read it. */
export interface Setting {
  readonly field: ConfigField;
  readonly programs: readonly string[];
  /** One text when all programs mean the same by it, else one for each: `worker: …`. */
  readonly descriptions: readonly string[];
}

/**
 * Every variable once, those of most programs first, otherwise in the order of the fields.
 *
 * @throws DefinitionError when two programs read one variable with different defaults
 */
export function listSettings(programs: readonly Program[]): Setting[] {
  const names = new Set(programs.flatMap(({ schema }) => Object.values(schema.fields).map(({ env }) => env)));
  const settings = [...names].map((env) => settingOf(env, programs));
  return settings.toSorted((a, b) => b.programs.length - a.programs.length);
}

function settingOf(env: string, programs: readonly Program[]): Setting {
  const uses = programs.flatMap(({ name, schema }) =>
    Object.values(schema.fields).flatMap((field) => (field.env === env ? [{ name, field }] : [])),
  );
  const [first] = uses;
  if (!first) throw new DefinitionError(`configuration: nobody reads ${env}`);
  if (uses.some(({ field }) => field.default !== first.field.default || field.optional !== first.field.optional)) {
    throw new DefinitionError(
      `configuration: ${env} has different defaults in ${uses.map(({ name }) => name).join(', ')}`,
    );
  }
  const same = uses.every(({ field }) => field.description === first.field.description);
  const descriptions = same
    ? [first.field.description]
    : uses.map(({ name, field }) => `${name}: ${field.description}`);
  return { field: first.field, programs: uses.map(({ name }) => name), descriptions };
}
