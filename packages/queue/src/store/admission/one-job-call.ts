import type { KeysMap } from 'bullmq';
import type { AddCall, Admission, AdmissionReply, PlainCall, RequestId, TicketRequest } from './admission.ts';
import { evictionSettings, ticketLimits, windowsOf } from './admission-arguments.ts';
import { jobPrefix } from './admission-keys.ts';
import { parseReply } from './admission-reply.ts';

/** What holds for every call of one client. */
export type AdmissionPolicies = Pick<Admission, 'capacity' | 'keepDead' | 'idWindows'>;

/** What one call is about. */
export interface OneJob {
  readonly job: PlainCall;
  readonly ticket?: TicketRequest | undefined;
  readonly requestId?: RequestId | undefined;
}

/** The job of a call that admit-one.lua takes: a single plain one, that has not been waiting in Redis. */
export function onlyPlainJob(calls: readonly AddCall[], ticket: TicketRequest | undefined): PlainCall | undefined {
  const [call] = calls;
  return calls.length === 1 && call && 'options' in call && ticket?.arrival === undefined ? call : undefined;
}

/** Writes the calls of admit-one.lua for one queue, and reads the replies. What is the same for all of them is written once. */
export class OneJobCalls {
  readonly #prefix: string;
  readonly #policies: AdmissionPolicies;
  readonly #settings = new Map<PlainCall['drop'], string>();

  constructor(queueKeys: KeysMap, policies: AdmissionPolicies) {
    this.#prefix = jobPrefix(queueKeys);
    this.#policies = policies;
  }

  /** KEYS and ARGV. */
  arguments({ job, ticket, requestId }: OneJob): { keys: readonly string[]; args: (string | number)[] } {
    const { id, at, data, digest, isNew, options } = job;
    const [beforeId, beforeDigest, rest] = options.json;
    const { slot, number = '', windowMs = 0 } = requestId ?? {};
    return {
      keys: slot === undefined ? [this.#prefix] : [this.#prefix, slot],
      args: [
        number,
        windowMs * 2,
        id,
        options.name,
        at,
        data,
        beforeId + id + beforeDigest + digest + rest,
        digest,
        isNew ? 1 : 0,
        ticket?.name ?? '',
        this.#settingsOf(job),
      ],
    };
  }

  /** The header of admit-jobs.lua, should the job turn out to be none for the short way. */
  #settingsOf(call: PlainCall): string {
    const known = this.#settings.get(call.drop);
    if (known !== undefined) return known;
    const { capacity, keepDead } = this.#policies;
    const header = {
      mode: 'each',
      capacities: [capacity ?? 0],
      prefixes: [this.#prefix],
      idWindows: windowsOf(this.#policies),
      ticket: ticketLimits,
      drop: keepDead && evictionSettings([call], keepDead),
      dropPolicy: call.drop,
      releases: [],
    };
    const settings = JSON.stringify(header);
    this.#settings.set(call.drop, settings);
    return settings;
  }
}

/** What admit-one.lua answers: what admit-jobs.lua does, or the depth and the capacity when it added the job by the short way. */
export function parseOneReply(reply: string, call: PlainCall): AdmissionReply {
  if (reply.startsWith('{')) return parseReply(reply, [call]);
  const space = reply.indexOf(' ');
  const [depth, capacity] = [Number(reply.slice(0, space)), Number(reply.slice(space + 1))];
  return { answers: [{ decision: 'created', id: call.id, depth, capacity }], ahead: 0 };
}
