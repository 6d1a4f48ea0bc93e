import { hash } from 'node:crypto';
import { exactDecimal } from './exact-decimal.ts';

/**
 * 16 hex digits that distinguish one payload from another: of the SHA-256 of its JSON with sorted keys, so that the order in
 * which a caller wrote the keys does not count. Numbers count as they are written, not as a double holds them: payloads of
 * other clients have numbers that no double does.
 *
 * @param json valid JSON, as made by {@link encodePayload}
 */
export function payloadDigest(json: string): string {
  return hash('sha256', canonicalJson(parseWithNumerals(json)), 'hex').slice(0, 16);
}

/** A number that JSON.stringify would write as another one. */
class Numeral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function parseWithNumerals(json: string): unknown {
  if (!MAY_HAVE_NUMERALS.test(json)) return JSON.parse(json);
  return JSON.parse(json, (_, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    const exact = exactDecimal(context.source);
    return exact === exactDecimal(JSON.stringify(value)) ? value : new Numeral(exact);
  });
}

/** Many digits, an exponent, or -0. */
const MAY_HAVE_NUMERALS = /\d[.\d]{15}|\d[eE]|-0/;

/** Text, not a sorted copy: a copy would lose the key `__proto__` and put keys like `1` first by itself. */
function canonicalJson(value: unknown): string {
  if (value instanceof Numeral) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
