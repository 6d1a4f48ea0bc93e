import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** An answer to a line. */
export interface AnsweredLine {
  readonly line: number;
  readonly receipt?: { readonly id: string; readonly status: string };
  readonly problem?: { readonly status: number; readonly code?: string; readonly [member: string]: unknown };
}

/** A client that puts lines while it reads the answers; closed when the test ends. */
export interface LineClient {
  readonly sent: ClientRequest;
  /** Writes a line. False when the connection takes no more for now. */
  write(line: unknown): boolean;
  end(): void;
  /** The head of the answer. */
  readonly response: Promise<IncomingMessage>;
  /** What has come so far. */
  readonly answers: AnsweredLine[];
  /** All that came, once the answer has ended. */
  readonly all: Promise<AnsweredLine[]>;
}

export function putLinesInto(base: string, headers: Record<string, string> = {}, queue = 'fetches'): LineClient {
  const sent = request(`${base}/v1/queues/${queue}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  });
  onTestFinished(() => void sent.destroy());
  sent.on('error', () => undefined);
  sent.flushHeaders();
  const answers: AnsweredLine[] = [];
  const response = once(sent, 'response').then(([answer]) => answer as IncomingMessage);
  const all = response.then(async (answer) => {
    for await (const line of createInterface({ input: answer })) answers.push(JSON.parse(line) as AnsweredLine);
    return answers;
  });
  response.catch(() => undefined);
  all.catch(() => undefined);
  const write = (line: unknown): boolean => sent.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  return { sent, write, end: () => void sent.end(), response, answers, all };
}
