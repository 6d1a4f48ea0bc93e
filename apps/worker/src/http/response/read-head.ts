import { FetchError } from '../errors/fetch-error.ts';
import { settleFraming, type Field, type Framing } from './framing.ts';

export interface ResponseHead {
  readonly status: number;
  readonly framing: Framing;
  /** The head as a strict parser takes it, with the empty line at its end. */
  readonly strict: Buffer;
}

const STATUS_LINE = /^HTTP\/1\.(\d+)[ \t]+(\d{3})(?:[ \t][^]*)?$/i;
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** What a field's value cannot hold (RFC 9110 §5.5); a space stands for each then. */
// oxlint-disable-next-line no-control-regex -- these are the ones that are looked for
const FORBIDDEN = /[\0-\x08\x0a-\x1f\x7f]/g;

/**
 * Reads the head of an answer as browsers do: lines may end with LF alone, be folded, have blanks before the colon; a
 * field whose name is none is left out.
 *
 * @param text its bytes as Latin-1
 * @throws FetchError `HTTP` for what no browser takes for an answer
 */
export function readHead(text: string): ResponseHead {
  const [statusLine = '', ...lines] = text.trimEnd().split(/\r?\n/);
  const [, minor, digits] = STATUS_LINE.exec(statusLine) ?? [];
  if (minor === undefined || digits === undefined) throw notHttp();
  const status = Number(digits);
  if (status < 100) throw new FetchError('HTTP', `the answer has the status ${digits}, which there is not`);
  const { framing, fields } = settleFraming(status, readFields(lines));
  const version = Number(minor) === 0 ? '1.0' : '1.1';
  const strictLines = [`HTTP/${version} ${digits}`, ...fields.map(({ name, value }) => `${name}: ${value}`)];
  return { status, framing, strict: Buffer.from(`${strictLines.join('\r\n')}\r\n\r\n`, 'latin1') };
}

export function notHttp(): FetchError {
  return new FetchError('HTTP', 'the answer is not HTTP');
}

function readFields(lines: readonly string[]): Field[] {
  return unfold(lines)
    .map((line) => {
      const colon = line.indexOf(':');
      if (colon === -1) throw notHttp();
      return {
        name: line.slice(0, colon).trim().toLowerCase(),
        value: line
          .slice(colon + 1)
          .replace(FORBIDDEN, ' ')
          .trim(),
      };
    })
    .filter(({ name }) => TOKEN.test(name));
}

/** A line that begins with a blank goes on with the one before it; after the status line there is none. */
function unfold(lines: readonly string[]): string[] {
  const unfolded: string[] = [];
  for (const line of lines) {
    if (!/^[ \t]/.test(line)) unfolded.push(line);
    else if (unfolded.length > 0) unfolded.push(`${unfolded.pop() ?? ''} ${line.trim()}`);
  }
  return unfolded;
}
