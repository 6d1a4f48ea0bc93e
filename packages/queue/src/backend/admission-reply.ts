import type { AddCall, AdmissionAnswer, AdmissionReply, Verdict } from './admission.ts';

/** What admit-jobs.lua answers: it says once what is the same for many. */
interface RawReply extends Omit<AdmissionReply, 'answers'> {
  entries: [verdict: Verdict, count: number][];
  ids?: [place: number, id: string | number][];
  stored?: [place: number, name: string, version: number, data: string][];
  depths: number[];
  capacities: number[];
}

/** The script's reply, call by call. */
export function parseReply(reply: string, calls: readonly AddCall[]): AdmissionReply {
  const { entries, ids = [], stored = [], depths, capacities, ...line }: RawReply = JSON.parse(reply);
  const told = new Map(ids);
  const found = new Map(stored.map(([place, name, version, data]) => [place, { name, version, data }]));
  const queues = [...new Set(calls.map((call) => call.queueKeys))];
  const answers: AdmissionAnswer[] = [];
  for (const [verdict, count] of entries) {
    for (let n = 0; n < count; n += 1) {
      const call = calls[answers.length];
      const place = answers.length + 1;
      const q = queues.length === 1 ? 0 : queues.findIndex((keys) => keys === call?.queueKeys);
      const id = told.get(place) ?? (call && 'options' in call ? call.id : 0);
      if (verdict === 'created' && typeof id === 'string') depths[q] = (depths[q] ?? 0) + 1;
      const answer: AdmissionAnswer = { verdict, id, depth: depths[q] ?? 0, capacity: capacities[q] ?? 0 };
      const job = found.get(place);
      if (job) answer.stored = job;
      answers.push(answer);
    }
  }
  return { ...line, answers };
}
