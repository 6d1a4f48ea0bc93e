import { hash } from 'node:crypto';
import { Numeral, parseWithNumerals } from './numerals.ts';

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

/** Text, not a sorted copy: a copy would lose the key `__proto__` and put keys like `1` first by itself. */
function canonicalJson(value: unknown): string {
  if (value instanceof Numeral) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
