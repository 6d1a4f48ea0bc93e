import fc from 'fast-check';
import { jsonOf, type Schema } from './json-of-schema.ts';

interface Media {
  readonly schema: Schema;
}

/** An operation of an OpenAPI document. */
export interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Media>> }>
  >;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A request to send. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  /** With its query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Stands in payloads, and must stand in no line of the log. */
export const PAYLOAD_MARK = 'pay-10ad-mark';

const hostile = fc.oneof(
  fc.constantFrom(
    '..',
    '%',
    'a/b',
    'ä'.repeat(90),
    'x'.repeat(300),
    '__proto__',
    'meta',
    '0',
    '\u0000',
    '-1',
    '1e999',
    'null',
  ),
  fc.string({ maxLength: 20, unit: 'grapheme' }),
);
const HOSTILE_BODIES = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '{"__proto__":{"a":1}}',
    '{"payload":{"n":9007199254740993}}',
    `${'['.repeat(600)}${']'.repeat(600)}`,
    '{"payload":"\\ud800"}',
  ),
  fc.json({ maxDepth: 3 }),
  fc.string({ maxLength: 40 }),
);
const HEADERS = fc.record(
  {
    prefer: fc.constantFrom('wait=0', 'wait=1', 'wait=x', 'respond-async'),
    'idempotency-key': fc.oneof(fc.constantFrom('k', '"a b"', 'a,b', ''), fc.stringMatching(/^[\x21-\x7e]{1,20}$/)),
    'x-request-id': fc.constantFrom('r-1', 'not fit for a log'),
    origin: fc.constant('http://evil.test'),
  },
  { requiredKeys: [] },
);

/** Requests to one operation: half of them as the document says, the others nearly so, or hostile. */
export function requestsOf(
  { method, path, operation }: Pick<FuzzRequest, 'method' | 'path' | 'operation'>,
  { schemas, queues }: { schemas: Document['components']['schemas']; queues: readonly string[] },
): fc.Arbitrary<FuzzRequest> {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const params = fc.record(
    Object.fromEntries(
      inPath.map((name) => {
        const good = name === 'queue' ? fc.constantFrom(...queues) : fc.constantFrom('a', 'b', 'http.fetch');
        return [name, fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: hostile })];
      }),
    ),
  );
  const asked = operation.parameters.filter((each) => each.in === 'query');
  const query = fc.record(
    Object.fromEntries(
      asked.map(({ name, schema }) => {
        const good = name === 'wait' || name === 'waitMs' ? fc.constant(0) : jsonOf(schema, schemas);
        return [name, fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: hostile })];
      }),
    ),
    { requiredKeys: [] },
  );
  return fc
    .record({
      params,
      query,
      headers: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, HEADERS),
      body: bodyOf(operation, schemas),
    })
    .map((made) => ({
      method: method.toUpperCase(),
      path,
      operation,
      url: urlOf(path, made.params, made.query),
      headers: { ...made.headers, ...(made.body && { 'content-type': made.body.type }) },
      body: made.body?.text,
    }));
}

function urlOf(
  path: string,
  params: Readonly<Record<string, string>>,
  query: Readonly<Record<string, unknown>>,
): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent((params[name] ?? '').toWellFormed()),
  );
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

interface Body {
  readonly type: string;
  readonly text: string;
}

function bodyOf(
  { requestBody }: Operation,
  schemas: Document['components']['schemas'],
): fc.Arbitrary<Body | undefined> {
  const kinds = Object.entries(requestBody?.content ?? {});
  if (kinds.length === 0)
    return fc.oneof(
      { weight: 9, arbitrary: fc.constant(undefined) },
      HOSTILE_BODIES.map((text) => ({ type: 'application/json', text })),
    );
  return fc.oneof(
    ...kinds.map(([type, { schema }]) => {
      const good = jsonOf(schema, schemas);
      const one = type.endsWith('ndjson')
        ? fc
            .array(
              fc.oneof(
                { weight: 6, arbitrary: good.map(textOf) },
                HOSTILE_BODIES.map((text) => text.replaceAll('\n', ' ')),
              ),
              { maxLength: 6 },
            )
            .map((lines) => `${lines.join('\n')}\n`)
        : good.map(textOf);
      return fc.oneof(
        { weight: 6, arbitrary: one.map((text) => ({ type, text })) },
        {
          weight: 2,
          arbitrary: fc.tuple(good, hostile).map(([value, odd]) => ({ type, text: textOf(spoilt(value, odd)) })),
        },
        { weight: 2, arbitrary: HOSTILE_BODIES.map((text) => ({ type, text })) },
        { weight: 1, arbitrary: one.map((text) => ({ type: 'text/plain', text })) },
      );
    }),
  );
}

function textOf(value: unknown): string {
  return (
    JSON.stringify(value, (key, each: unknown) => (key === 'html' || key === 'to' ? PAYLOAD_MARK : each)) ?? 'null'
  );
}

/** The same with one field of another kind, or one that is not known. */
function spoilt(value: unknown, odd: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return odd;
  const names = [...Object.keys(value), 'unknown'];
  return { ...value, [names[odd.length % names.length] ?? 'unknown']: odd };
}
