import { inspect } from 'node:util';
import { ConfigError, DefinitionError, didYouMean } from '@sluice/queue/contracts';
import { hideCredentials } from '@sluice/queue/logging';
import type { ConfigField } from './field.ts';
import { isReservedByOthers, reservedNames } from './reserved-names.ts';

/** The settings of a program, by the names that its code uses. */
export type ConfigFields = Readonly<Record<string, ConfigField>>;

/** The settings of one program. Made by {@link defineConfig}; frozen. */
export interface ConfigSchema<F extends ConfigFields = ConfigFields> {
  /** The fields by their names. */
  readonly fields: F;
}

/** What {@link parseConfig} gives: each field's value under the field's name. */
export type ConfigOf<S extends ConfigSchema> = {
  readonly [Name in keyof S['fields']]: S['fields'][Name] extends ConfigField<infer T> ? T : never;
};

/** Variables that start with this are ours: one that nobody knows is a mistake, and is reported. */
const RESERVED_PREFIX = 'SLUICE_';

/**
 * Declares the settings of a program: what `.env.example` and docs/configuration.md are generated from.
 *
 * ```ts
 * // apps/worker/src/config.ts
 * import { commonFields, defineConfig, field, type ConfigOf } from '@sluice/service';
 *
 * export const workerConfig = defineConfig({
 *   redisUrl: commonFields.redisUrl,
 *   logLevel: commonFields.logLevel,
 *   concurrency: field.wholeNumber({
 *     env: 'SLUICE_CONCURRENCY',
 *     description: 'How many jobs one worker runs at once.',
 *     default: '10', min: 1, max: 1_000,
 *   }),
 *   drainMs: field.duration({ env: 'SLUICE_DRAIN_MS', description: '…', default: '20s' }),
 *   capacity: field.wholeNumber({ env: 'SLUICE_CAPACITY', description: '…', optional: true, min: 1 }),
 * });
 * export type WorkerConfig = ConfigOf<typeof workerConfig>;   // { readonly concurrency: number; readonly capacity: number | undefined; … }
 *
 * // apps/worker/src/main.ts
 * const config = parseConfig(workerConfig, process.env);      // throws ConfigError: print its message, exit 2
 * ```
 *
 * A field with neither `default` nor `optional: true` must be set. Defaults are written as in the environment.
 *
 * @throws DefinitionError when two fields name one variable, or a default does not fit its own field
 */
export function defineConfig<const F extends ConfigFields>(fields: F): ConfigSchema<F> {
  const names = Object.values(fields).map(({ env }) => env);
  const problems = names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is named twice`);
  for (const { env, schema, default: value, optional } of Object.values(fields)) {
    if (value !== undefined && !schema.safeParse(value).success) problems.push(`${env} has an unfit default`);
    if (value !== undefined && optional) problems.push(`${env} has a default, so it is not optional`);
  }
  if (problems.length > 0) throw new DefinitionError(`configuration: ${problems.join('; ')}`);
  return Object.freeze({ fields: Object.freeze(fields) });
}

/**
 * Reads the settings from the environment, once. The answer is frozen, and shows no secret when it is logged, inspected
 * or turned into JSON. An empty variable counts as unset.
 *
 * @param given values that count instead of the environment's, such as those of a command's options
 * @throws ConfigError with all problems: what is missing, what does not fit, and `SLUICE_…` variables that nobody knows
 */
export function parseConfig<S extends ConfigSchema>(
  schema: S,
  env: NodeJS.ProcessEnv,
  given: Partial<Record<keyof ConfigOf<S>, unknown>> = {},
): ConfigOf<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    const chosen = given[name as keyof ConfigOf<S>];
    const read = chosen === undefined ? readField(field, env) : { value: chosen };
    if ('problem' in read) problems.push(read.problem);
    else values[name] = read.value;
  }
  problems.push(...unknownNames(schema, env));
  if (problems.length > 0) throw new ConfigError(problems);
  return freezeWithoutSecrets(schema, values) as ConfigOf<S>;
}

function readField(field: ConfigField, env: NodeJS.ProcessEnv): { value: unknown } | { problem: string } {
  const names = field.envFirst === undefined ? [field.env] : [field.envFirst, field.env];
  const name = names.find((each) => (env[each] ?? '').trim() !== '') ?? field.env;
  const given = (env[name] ?? '').trim() === '' ? field.default : env[name];
  if (given === undefined) {
    return field.optional ? { value: undefined } : { problem: `${field.env} is not set; it must be ${field.form}` };
  }
  const parsed = field.schema.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  const shown = field.secret ? '' : `, not ${JSON.stringify(clip(hideCredentials(given)))}`;
  return { problem: `${name} ${parsed.error.issues.map(({ message }) => message).join(', ')}${shown}` };
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function unknownNames(schema: ConfigSchema, env: NodeJS.ProcessEnv): string[] {
  const known = Object.values(schema.fields).flatMap(({ envFirst, env: name }) => [envFirst ?? name, name]);
  return Object.entries(env)
    .filter(([name, value]) => name.startsWith(RESERVED_PREFIX) && value !== undefined && value !== '')
    .filter(([name, value]) => !known.includes(name) && !isReservedByOthers(name, value))
    .map(([name]) => {
      const meant = didYouMean(name, known) ?? didYouMean(name, reservedNames);
      return meant ? `${name} is unknown; did you mean ${meant}?` : `${name} is unknown`;
    });
}

/** The values stay as they are, so that programs can use them; what prints the whole sees secrets replaced. */
function freezeWithoutSecrets(schema: ConfigSchema, values: Record<string, unknown>): object {
  const shown = { ...values };
  for (const [name, { secret }] of Object.entries(schema.fields)) {
    if (secret && values[name] !== undefined) shown[name] = '[secret]';
  }
  const print = { value: () => shown, enumerable: false };
  return Object.freeze(Object.defineProperties(values, { toJSON: print, [inspect.custom]: print }));
}
