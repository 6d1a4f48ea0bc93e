import type {
  AddCall,
  AdmissionAnswer,
  AdmissionReply,
  DroppedJob,
  ScriptCall,
  StoredJob,
  Decision,
} from './admission.ts';

/** What admit-jobs.lua answers: it says once what is the same for many. */
interface RawReply extends Omit<AdmissionReply, 'answers'> {
  entries: [decision: Decision, count: number][];
  ids?: [position: number, id: string | number][];
  nexts?: [position: number, id: string][];
  stored?: [position: number, name: string, version: number, data: string][];
  dropped?: [position: number, id: string, job?: string][];
  failures?: [position: number, error: string][];
  depths: number[];
  capacities: number[];
  needs?: number[];
}

/** What the reply reports of single entries, by their position from 1. */
interface Reported {
  ids: ReadonlyMap<number, string | number>;
  stored: ReadonlyMap<number, StoredJob>;
  dropped: ReadonlyMap<number, DroppedJob>;
  nexts: ReadonlyMap<number, string>;
  failures: ReadonlyMap<number, string>;
}

/** What the reply is about: a call that was sent, or as much of it as is needed here. */
type AnsweredCall = AddCall | Pick<ScriptCall, 'queueKeys'>;

/** The script's reply, call by call. */
export function parseReply(reply: string, calls: readonly AnsweredCall[]): AdmissionReply {
  const {
    entries,
    ids,
    nexts,
    stored = [],
    dropped = [],
    failures,
    depths,
    capacities,
    needs,
    ...found
  }: RawReply = JSON.parse(reply);
  const reported: Reported = {
    ids: new Map(ids),
    stored: new Map(stored.map(([position, name, version, data]) => [position, { name, version, data }])),
    dropped: new Map(dropped.map(([position, id, job = '']) => [position, { id, job }])),
    nexts: new Map(nexts),
    failures: new Map(failures),
  };
  const decisions = entries.flatMap(([decision, count]) => Array.from({ length: count }, () => decision));
  const queues = [...new Set(calls.map((call) => call.queueKeys))];
  const answers = calls.map((call, index) => {
    const q = queues.length === 1 ? 0 : queues.indexOf(call.queueKeys);
    const answer = answerOf(call, decisions[index], index + 1, reported);
    if (isOneMore(answer)) depths[q] = (depths[q] ?? 0) + 1;
    answer.depth = depths[q] ?? 0;
    answer.capacity = capacities[q] ?? 0;
    if (needs) answer.needs = needs[q] ?? 0;
    return answer;
  });
  return { ...found, answers };
}

function answerOf(
  call: AnsweredCall,
  decision: Decision | undefined,
  position: number,
  reported: Reported,
): AdmissionAnswer {
  if (!decision) throw new TypeError('admission gave fewer answers than it was asked');
  const id = reported.ids.get(position) ?? ('options' in call ? call.id : 0);
  const answer: AdmissionAnswer = { decision, id, depth: 0, capacity: 0 };
  const stored = reported.stored.get(position);
  const dropped = reported.dropped.get(position);
  const next = reported.nexts.get(position);
  const failure = reported.failures.get(position);
  if (stored !== undefined) answer.stored = stored;
  if (dropped !== undefined) answer.dropped = dropped;
  if (next !== undefined) answer.next = next;
  if (failure !== undefined) answer.failure = failure;
  return answer;
}

/** Whether there is one more unfinished job now. One of BullMQ's codes says that there is none after all. */
function isOneMore({ decision, id, dropped }: AdmissionAnswer): boolean {
  return decision === 'created' && typeof id === 'string' && dropped === undefined;
}
