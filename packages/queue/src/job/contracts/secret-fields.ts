import { rawJSON } from '../encoding/raw-json.ts';
import { type OptionRule } from '../options/option-rules.ts';

/** What is shown in place of a secret. */
export const HIDDEN_VALUE = '[hidden]';

const PATHS_MAX = 20;
const SECRETS_MAX = 1_000;
/** Nothing that JSON escapes: the paths stand in the options of each job. */
const PATH = /^(?:[\w$-]+|\*)(?:\.(?:[\w$-]+|\*))*$/;

/** The option `secretFields` of a contract. */
export const secretFieldsRule: OptionRule = {
  must: `be a list of at most ${PATHS_MAX} paths of a payload, such as card.number or cards.*.number`,
  holds: (value) =>
    Array.isArray(value) &&
    value.length <= PATHS_MAX &&
    value.every((path) => typeof path === 'string' && path.length <= 200 && PATH.test(path)),
};

/** The paths that are stored with a job; none for what another program has written there. */
export function readSecretFields(stored: unknown): readonly string[] {
  return secretFieldsRule.holds(stored) ? (stored as readonly string[]) : [];
}

/** A payload with {@link HIDDEN_VALUE} for each secret in it, whatever that is. The payload itself stays as it is. */
export function hideSecretFields(payload: unknown, paths: readonly string[]): unknown {
  return paths.reduce<unknown>((shown, path) => replaced(shown, path.split('.')), payload);
}

/** The same for a payload as it is stored: its numbers keep their digits. What is no JSON stays as it is. */
export function hideSecretsInJson(json: string, paths: readonly string[]): string {
  if (paths.length === 0) return json;
  try {
    return JSON.stringify(hideSecretFields(parseWithDigits(json), paths));
  } catch {
    return json;
  }
}

/** A secret of a payload. JSON-safe. */
export interface SecretField {
  /** Where it stands: a path without `*`. */
  readonly path: string;
  /** JSON, with every digit. */
  readonly json: string;
}

/** What {@link hideSecretsInJson} hides, at most 1,000 values. Empty for what is no JSON. */
export function secretsInJson(json: string, paths: readonly string[]): SecretField[] {
  try {
    const payload = parseWithDigits(json);
    const found = paths.flatMap((path) => placesOf(payload, path.split('.')));
    return [...new Map(found.map((field) => [field.path, field])).values()].slice(0, SECRETS_MAX);
  } catch {
    return [];
  }
}

function parseWithDigits(json: string): unknown {
  return JSON.parse(json, (_, member: unknown, context?: { source?: string }) =>
    typeof member === 'number' && context?.source !== undefined ? rawJSON(context.source) : member,
  );
}

function placesOf(value: unknown, [step, ...rest]: readonly string[], above: readonly string[] = []): SecretField[] {
  if (step === undefined) return [{ path: above.join('.'), json: JSON.stringify(value) }];
  if (!Array.isArray(value) && !isPlainObject(value)) return [];
  return Object.entries(value)
    .filter(([name]) => step === '*' || step === name)
    .flatMap(([name, inner]) => placesOf(inner, rest, [...above, name]));
}

/** The first of these paths at which {@link HIDDEN_VALUE} stands: what was shown, and is sent back as it was. */
export function hiddenAt(payload: unknown, paths: readonly string[]): string | undefined {
  return paths.find((path) => valuesAt(payload, path.split('.')).includes(HIDDEN_VALUE));
}

/** Whether what a filter asks for is a secret, or part of one: else the values of a secret could be guessed one by one. */
export function isSecretField(asked: string, paths: readonly string[]): boolean {
  const steps = asked.split('.');
  return paths.some((path) =>
    path.split('.').every((step, at) => step === steps[at] || (step === '*' && at < steps.length)),
  );
}

function replaced(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return HIDDEN_VALUE;
  if (Array.isArray(value))
    return value.map((item, at) => (step === '*' || step === String(at) ? replaced(item, rest) : (item as unknown)));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, inner]) => [name, step === '*' || step === name ? replaced(inner, rest) : inner]),
  );
}

/** Not a number that keeps its digits, which is an object of its own kind. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function valuesAt(value: unknown, [step, ...rest]: readonly string[]): unknown[] {
  if (step === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  const inner = step === '*' ? Object.values(value) : Object.hasOwn(value, step) ? [(value as never)[step]] : [];
  return inner.flatMap((each: unknown) => valuesAt(each, rest));
}
