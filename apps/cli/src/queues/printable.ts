/**
 * What a terminal may act on, or what hides what stands there: control characters, among them those that begin an escape
 * sequence; marks that turn the direction of text; characters without width; line separators.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu;

/** Text that others chose (names, ids, messages), fit for one line of a terminal: what is not printable is shown as `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** One line of JSON without a character that a terminal may act on: each is escaped as JSON does, so it reads back as it was. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value);
  return `${json.replace(UNPRINTABLE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
