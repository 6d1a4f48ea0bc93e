import { HIDDEN, scrubText } from './scrub-text.ts';
import { isSecretName } from './secret-names.ts';

/** What a line without a secret never holds. Most lines end here, unparsed. */
const SUSPICIOUS = /@|pass|pwd|secret|api.?key|cookie|credential|private.?key|token|bearer|basic|auth|"command"/i;

/**
 * The last thing that happens to a line of the log before it leaves the process, whatever logged it and however deep
 * in it a secret stands: in the message, a binding, an error's fields, its stack or its causes.
 */
export function redactLine(line: string): string {
  if (!SUSPICIOUS.test(line)) return line;
  try {
    return `${JSON.stringify(redactValue(JSON.parse(line)))}\n`;
  } catch {
    return scrubText(line);
  }
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (Array.isArray(value)) return redactArray(value);
  if (typeof value === 'object' && value !== null) return redactObject(value);
  return value;
}

/** Raw headers are a flat list: `['authorization', 'Basic …']`. */
function redactArray(values: readonly unknown[]): unknown[] {
  return values.map((value, index) => {
    const before = values[index - 1];
    return typeof before === 'string' && isSecretName(before) ? HIDDEN : redactValue(value);
  });
}

function redactObject(object: object): object {
  const names = 'name' in object && typeof object.name === 'string' && isSecretName(object.name);
  const entries = Object.entries(object).map(([key, value]): [string, unknown] => {
    if (isSecretName(key) || (names && key === 'value')) return [key, value === null ? null : HIDDEN];
    // A failed Redis command carries its arguments: the password of an AUTH, the payload of a put.
    if (key === 'command' && hasArguments(value)) return [key, { ...value, args: HIDDEN }];
    return [key, redactValue(value)];
  });
  return Object.fromEntries(entries);
}

function hasArguments(value: unknown): value is { args: unknown } {
  return typeof value === 'object' && value !== null && 'args' in value;
}
