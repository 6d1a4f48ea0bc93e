import { hideCredentials } from '@sluice/queue/logging';
import { type InputLine, LINE_MAX_BYTES } from './input-lines.ts';

/** A line of the input that can be fetched. */
export interface FetchLine {
  line: number;
  /** As it goes to the worker, credentials included. */
  url: string;
  /** As it may be shown: without credentials. */
  shownUrl: string;
  /** Host and port, by which the run is polite. */
  host: string;
  /** Attempts that earlier jobs of the line made. Default: none. */
  attemptsBefore?: number;
  /** How often that host refused it, and how many lines the host had answered when it did so first. */
  refused?: { times: number; answersThen: number };
}

/** A line of the input that is no http or https URL. */
export interface BadLine {
  line: number;
  shownUrl: string;
  message: string;
}

/** The most characters of a bad line that its result repeats. */
const SHOWN_MAX_CHARS = 256;

export function isFetchLine(line: FetchLine | BadLine): line is FetchLine {
  return 'url' in line;
}

/** Ends the URL of a line; what follows is a note. No URL has one, and lists that come from tables do. */
const NOTE_STARTS = '\t';
/** What a parser of URLs would leave out or escape, and so ask for another URL than anybody wrote. */
const NOT_IN_URL = /[\s\p{Cc}]/u;

export function parseLine(input: InputLine): FetchLine | BadLine {
  if (input.flaw === 'too-long') return bad(input, `the line is longer than ${LINE_MAX_BYTES} bytes`);
  if (input.flaw === 'not-utf8') return bad(input, 'the line is not valid UTF-8 or UTF-16');
  const [field = ''] = input.text.split(NOTE_STARTS, 1);
  const text = field.trimEnd();
  const stray = text.search(NOT_IN_URL);
  if (stray !== -1) return bad(input, strayMessage(text.charAt(stray), (input.indent ?? 0) + stray + 1));
  const url = URL.parse(text);
  if (url === null) return bad(input, 'not an absolute URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return bad(input, 'not an http or https URL');
  }
  return {
    line: input.line,
    url: text,
    shownUrl: url.username === '' && url.password === '' ? text : hideCredentials(text),
    host: url.port === '' ? `${url.hostname}:${url.protocol === 'http:' ? 80 : 443}` : url.host,
  };
}

function strayMessage(character: string, column: number): string {
  if (!/\s/.test(character)) return `a control character in column ${column}`;
  return `a blank in column ${column}: a line has one URL, blanks in it are written %20, and a note may follow after a tab`;
}

function bad({ line, text }: InputLine, message: string): BadLine {
  const shown = withoutSecrets(text);
  return { line, shownUrl: shown.length > SHOWN_MAX_CHARS ? `${shown.slice(0, SHOWN_MAX_CHARS)}…` : shown, message };
}

/** Whatever stands before the last `@`, whether or not it has the form of a URL. */
const ANY_CREDENTIALS = /^([a-z][a-z0-9+.-]*:[\\/]+)?.*@/is;

/**
 * A line that is no URL, without anything that may be a password.
 *
 * Where such a line ends its authority is anybody's guess, so all goes that stands before the last `@`.
 */
export function withoutSecrets(text: string): string {
  return text.replace(ANY_CREDENTIALS, '$1');
}
