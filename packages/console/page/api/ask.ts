/** What the service refused, in the form of RFC 9457. */
interface ProblemBody {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
}

/** A request that failed, with a message for people. */
export class AskError extends Error {
  override name = 'AskError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface AskOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** JSON as it is to be sent, for what must keep its digits. */
  readonly text?: string;
  readonly signal?: AbortSignal;
}

/**
 * Asks the service, at a path relative to the page. Numbers beyond what JavaScript holds come back as text.
 *
 * @throws AskError
 */
export async function ask<Answer>(
  path: string,
  { method = 'GET', body, text, signal }: AskOptions = {},
): Promise<Answer> {
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(path, {
    method,
    cache: 'no-store',
    ...(signal && { signal }),
    ...(sent !== undefined && { body: sent, headers: { 'content-type': 'application/json' } }),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new AskError('The service does not answer.', 0);
  });
  const answer = await response.text();
  if (response.ok) return (answer === '' ? undefined : JSON.parse(answer)) as Answer;
  throw new AskError(messageOf(answer, response), response.status);
}

function messageOf(answer: string, { status, statusText }: Response): string {
  try {
    const { detail, title, errors = [] } = JSON.parse(answer) as ProblemBody;
    const parts = errors.map(({ path, message }) => `${path.join('.')} ${message}`);
    return [detail ?? title ?? statusText, ...parts.filter((part) => !detail?.includes(part))].join('; ');
  } catch {
    return `The service answered ${status} ${statusText}.`;
  }
}

/** The path of what belongs to a queue. */
export function ofQueue(queue: string, rest: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `v1/queues/${encodeURIComponent(queue)}/${rest}${search === '' ? '' : `?${search}`}`;
}
