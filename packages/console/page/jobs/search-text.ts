/** What a search asks of the API: the query of `GET …/jobs`, or the filter of a bulk action. */
export interface JobSearch {
  readonly job?: string;
  readonly code?: string;
  readonly error?: string;
  readonly worker?: string;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly before?: number;
  /** By the paths of its fields. */
  readonly payload?: Readonly<Record<string, string | number | boolean | null>>;
}

/** What a search text means: a filter, one id, or what is wrong with it. */
export type ReadSearch =
  | { readonly kind: 'filter'; readonly search: JobSearch }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'wrong'; readonly why: string };

/** What each field finds, for the completions and the help. */
export const searchFields = [
  ['id:', 'the job of this id'],
  ['job:', 'of this contract'],
  ['error:', 'whose failure has this text or code'],
  ['code:', 'whose failure has this code'],
  ['worker:', 'taken last by this worker'],
  ['payload.', 'payload.to=ada@example.com: a field of the payload'],
  ['age>', 'age>1h: older than that'],
  ['age<', 'age<5m: younger than that'],
] as const;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads `job:email.send error:TIMEOUT payload.to=ada age>1h`. Values with spaces stand in double quotes. A word alone is an id.
 *
 * @param nowMs what ages count from
 */
export function readSearch(text: string, nowMs: number): ReadSearch {
  const terms = text.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  const search: { -readonly [Field in keyof JobSearch]: JobSearch[Field] } = {};
  const payload: Record<string, string | number | boolean | null> = {};
  for (const term of terms) {
    const [, name = '', operator = '', quoted = ''] = /^([\w.-]+?)([:=<>~])(.+)$/.exec(term) ?? [];
    const value = quoted.replaceAll('"', '');
    if (name === '' || name === 'id') {
      if (terms.length > 1) return wrong(`${term}: an id is looked for alone`);
      return { kind: 'id', id: name === 'id' ? value : term.replaceAll('"', '') };
    }
    if (name === 'job' || name === 'code' || name === 'error' || name === 'worker') search[name] = value;
    else if (name.startsWith('payload.')) payload[name.slice('payload.'.length)] = scalarOf(quoted);
    else if (name === 'age') {
      const ms = ageOf(value);
      if (ms === null || (operator !== '>' && operator !== '<'))
        return wrong(`${term}: an age is like age>1h or age<30s`);
      search[operator === '>' ? 'before' : 'since'] = nowMs - ms;
    } else return wrong(`there is no field ${name}: ${searchFields.map(([field]) => field).join(' ')}`);
  }
  return { kind: 'filter', search: Object.keys(payload).length > 0 ? { ...search, payload } : search };
}

function wrong(why: string): ReadSearch {
  return { kind: 'wrong', why };
}

function ageOf(text: string): number | null {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const of = UNITS[unit];
  return digits === undefined || of === undefined ? null : Number(digits) * of;
}

/** A number, true, false or null as such; all else, and what stands in quotes, is text. */
function scalarOf(text: string): string | number | boolean | null {
  if (text.startsWith('"')) return text.replaceAll('"', '');
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number' && String(value) === text) return value;
  } catch {
    // text
  }
  return text;
}

/** The query of a list of jobs. */
export function queryOf({ payload, since, before, ...rest }: JobSearch): Record<string, string> {
  return {
    ...rest,
    ...(since !== undefined && { since: String(Math.round(since)) }),
    ...(before !== undefined && { before: String(Math.round(before)) }),
    ...(payload && { payload: JSON.stringify(payload) }),
  };
}
