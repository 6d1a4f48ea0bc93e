import { Buffer } from 'node:buffer';
import { hideCredentials } from './hide-credentials.ts';

export const HIDDEN = '[hidden]';

const URL_START = /(?=\b(?:[a-z][a-z0-9+.-]{0,20}:\/\/|(?:https?|wss?|ftp):[\\/]?\S))/i;
/** Where a string of JSON ends that a URL stands in. */
const STRING_END = /"(?=[,:}\]]|$)/;
const NAMES =
  '[\\w-]{0,40}(?:password|passwd|passphrase|pwd|secret(?:[-_]?key)?|api[-_]?keys?|credentials?|private[-_]?key)';
const TOKENS = '(?:(?:access|refresh|id|auth|bearer|session|api)[-_]?)?token';
const IS = '\\\\?["\']?\\s{0,3}[=:]\\s{0,3}';
const QUOTED = '\\\\?"(?:[^"\\\\]|\\\\[^"])*\\\\?"|\'[^\']*\'';
/** `password=x`, `api_key: "x"`, `\"secret\":\"x\"`. */
const ASSIGNMENT = new RegExp(`(\\b(?:${NAMES}|${TOKENS})${IS})(?:${QUOTED}|[^\\s,;&})\\]]+)`, 'gi');
/** What a header holds may have spaces and semicolons in it: hidden to the end of the line or of the quoted string. */
const HEADER = new RegExp(`(\\b(?:(?:proxy-)?authorization|(?:set-)?cookie)${IS})(?:${QUOTED}|[^\\r\\n"']+)`, 'gi');
const BEARER = /\b(Bearer\s+)[\w.~+/=-]{6,}/gi;
const BASIC = /\b(Basic\s+)([\w+/-]{4,}={0,2})/gi;

/** A text without the credentials that it quotes: in URLs, in headers, as `password=…`. */
export function scrubText(text: string): string {
  return text
    .replace(/\S+/g, (word) => (word.includes('@') ? word.split(URL_START).map(scrubUrl).join('') : word))
    .replace(HEADER, `$1${HIDDEN}`)
    .replace(ASSIGNMENT, `$1${HIDDEN}`)
    .replace(BEARER, `$1${HIDDEN}`)
    .replace(BASIC, (text, scheme: string, encoded: string) => (isBasic(encoded) ? scheme + HIDDEN : text));
}

/** From the start of one URL to that of the next, or to the end of the word. */
function scrubUrl(piece: string): string {
  if (!piece.includes('@')) return piece;
  const end = piece.search(STRING_END);
  return end === -1 ? hideCredentials(piece) : hideCredentials(piece.slice(0, end)) + piece.slice(end);
}

/** `user:password` in base64, and not the next word of a sentence. */
function isBasic(encoded: string): boolean {
  return Buffer.from(encoded, 'base64').includes(':');
}
