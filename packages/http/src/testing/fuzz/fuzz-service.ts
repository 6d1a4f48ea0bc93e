import { once } from 'node:events';
import { Agent, request as send, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { knownProblems } from '../../problems/problem-of.ts';
import { type Document, type FuzzRequest, type Operation, requestsOf } from './request-of-operation.ts';

export interface FuzzOptions {
  readonly base: string;
  readonly key: string;
  readonly seed: number;
  readonly requests: number;
  /** All routes are asked about the first; about the second only those that put. */
  readonly queues: readonly [string, string];
}

export interface FuzzReport {
  readonly sent: number;
  /** By status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Jobs of the second queue that receipts say were added. */
  readonly created: number;
  /** What is not as it should be, with how to send it again. */
  readonly wrong: readonly string[];
}

const AT_ONCE = 32;
const CHUNK = 500;
/** An outage of what is behind the service, or its end: there is none here, but a sealed queue is closed. */
const MEANT_503 = ['SLUICE_QUEUE_CLOSED', 'SLUICE_OVERLOADED', 'SLUICE_TOO_MANY_STREAMS'];

/** Sends requests to all operations that the service describes, and compares the answers with the description. */
export async function fuzzService(options: FuzzOptions): Promise<FuzzReport> {
  const { base, key, seed, requests, queues } = options;
  const authorization = `Bearer ${key}`;
  const document = (await (await fetch(`${base}/v1/openapi.json`, { headers: { authorization } })).json()) as Document;
  const arbitraries = operationsOf(document).map((operation) => {
    const isPut = /\/(jobs|batch|flows)$/.test(operation.path) && operation.method === 'post';
    const arbitrary = requestsOf(operation, {
      schemas: document.components.schemas,
      queues: isPut ? queues : [queues[0]],
    });
    return { arbitrary, weight: isPut ? 6 : 1 };
  });
  const made = samples(fc.oneof(...arbitraries), { seed, requests });
  const run: Run = { statuses: {}, created: 0, wrong: [], sent: 0 };
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const worker = async (): Promise<void> => {
    for (let next = made.next(); !next.done; next = made.next()) {
      run.sent += 1;
      await ask(next.value, { base, agent, authorization, kept: queues[1], run });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
  return run;
}

/** Not all at once: the memory of the service is looked at, which shares this process. */
function* samples<T>(of: fc.Arbitrary<T>, { seed, requests }: Pick<FuzzOptions, 'seed' | 'requests'>): Generator<T> {
  for (let from = 0; from < requests; from += CHUNK)
    yield* fc.sample(of, { seed: seed + from, numRuns: Math.min(CHUNK, requests - from) });
}

interface Run {
  sent: number;
  created: number;
  readonly statuses: Record<string, number>;
  readonly wrong: string[];
}

interface AskDeps {
  readonly base: string;
  readonly agent: Agent;
  readonly authorization: string;
  readonly kept: string;
  readonly run: Run;
}

function operationsOf({ paths }: Document): Pick<FuzzRequest, 'method' | 'path' | 'operation'>[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      // It would end the key that all others need.
      .filter(([method]) => !(method === 'delete' && path === '/v1/keys/{id}'))
      .map(([method, operation]) => ({ method, path, operation })),
  );
}

async function ask(request: FuzzRequest, deps: AskDeps): Promise<void> {
  const { method, url, headers, body, operation } = request;
  const { base, agent, authorization, run } = deps;
  const sent = send(base + url, { method, agent, headers: { ...headers, authorization } });
  sent.end(body);
  const tell = (problem: string): void =>
    void run.wrong.push(`${problem}: ${JSON.stringify({ method, url, headers, body })}`);
  try {
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const status = answer.statusCode ?? 0;
    run.statuses[status] = (run.statuses[status] ?? 0) + 1;
    const type = (answer.headers['content-type'] ?? '').replace(/;.*$/, '');
    if (type === 'text/event-stream') return void sent.destroy();
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    const problem = findProblem(operation, { status, type, text });
    if (problem !== undefined) tell(problem);
    if (status < 300) run.created += countCreated(url, text, deps.kept);
  } catch (error) {
    tell(`no answer (${String(error)})`);
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

function findProblem({ responses }: Operation, { status, type, text }: Answer): string | undefined {
  if (status < 400) {
    const content = responses[status]?.content;
    if (!responses[status]) return `${status} is not described`;
    return content && !Object.hasOwn(content, type) && type !== 'application/x-ndjson'
      ? `${type} is not described`
      : undefined;
  }
  if (type !== 'application/problem+json') return `${status} is no problem document, but ${type}`;
  const { code } = JSON.parse(text) as { code?: string };
  if (status >= 500 && !(status === 503 && MEANT_503.includes(code ?? ''))) return `${status} ${text}`;
  const isKnown = code === undefined || knownProblems().some((known) => known.code === code && known.status === status);
  if (!isKnown) return `${status} with ${code}`;
  // Without a code it is one of HTTP's own: the default of each operation.
  return code === undefined || responses[status]?.description.includes(code)
    ? undefined
    : `${status} ${code} is not described`;
}

interface MaybeReceipt {
  readonly queue?: string;
  readonly status?: string;
  readonly receipt?: MaybeReceipt;
  /** Of a batch; elsewhere numbers by outcome. */
  readonly results?: readonly MaybeReceipt[] | object;
  readonly children?: readonly MaybeReceipt[];
}

/** How many jobs an answer says were added to this queue. */
function countCreated(url: string, text: string, kept: string): number {
  const asked = /^\/v1\/queues\/([^/?]+)\//.exec(url)?.[1];
  if (asked === undefined) return 0;
  const count = ({ queue, status, receipt, results, children = [] }: MaybeReceipt, of: string): number => {
    const within = queue ?? of;
    const below = [
      ...(Array.isArray(results) ? (results as MaybeReceipt[]) : []),
      ...children,
      ...(receipt ? [receipt] : []),
    ];
    const own = status === 'created' && within === kept ? 1 : 0;
    return own + below.reduce((sum, each) => sum + count(each, within), 0);
  };
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .reduce((sum, line) => sum + count(JSON.parse(line) as MaybeReceipt, asked), 0);
}
