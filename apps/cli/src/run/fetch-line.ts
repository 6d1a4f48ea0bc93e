import { hideCredentials } from '@sluice/shared';
import { lineMaxBytes, type InputLine } from './input-lines.ts';
import { withoutSecrets } from './without-secrets.ts';

/** A line of the input that can be fetched. */
export interface FetchLine {
  line: number;
  /** As it goes to the worker, credentials included. */
  url: string;
  /** As it may be shown: without credentials. */
  shownUrl: string;
  /** Host and port, by which the run is polite. */
  host: string;
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
const shownMaxChars = 256;

export function isFetchLine(line: FetchLine | BadLine): line is FetchLine {
  return 'url' in line;
}

export function parseLine(input: InputLine): FetchLine | BadLine {
  if (input.flaw === 'too-long') return bad(input, `the line is longer than ${lineMaxBytes} bytes`);
  if (input.flaw === 'not-utf8') return bad(input, 'the line is not valid UTF-8');
  const url = URL.parse(input.text);
  if (url === null) return bad(input, 'not an absolute URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return bad(input, 'not an http or https URL');
  }
  return {
    line: input.line,
    url: input.text,
    shownUrl: url.username === '' && url.password === '' ? input.text : hideCredentials(input.text),
    host: url.port === '' ? `${url.hostname}:${url.protocol === 'http:' ? 80 : 443}` : url.host,
  };
}

function bad({ line, text }: InputLine, message: string): BadLine {
  const shown = withoutSecrets(text);
  return { line, shownUrl: shown.length > shownMaxChars ? `${shown.slice(0, shownMaxChars)}…` : shown, message };
}
