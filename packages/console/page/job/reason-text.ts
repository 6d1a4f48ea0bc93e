import type { WaitReason } from '@sluice/queue';
import { count, duration, plural } from '../ui/format.ts';
import { exactTime } from '../ui/format-time.ts';

const delays = {
  put: 'It is delayed by its put',
  retry: 'It waits for its next attempt',
  'not-served': 'A worker that could not run it gave it back; it waits',
} as const;

const suspects = {
  worker: 'a worker: none is connected',
  resume: 'the queue to be resumed',
  'earlier-groups': 'the groups before it',
  'idle-process': 'a process in which nothing runs',
} as const;

/** Why a job does not run, as a sentence. */
export function reasonText(reason: WaitReason): string {
  switch (reason.reason) {
    case 'unknown':
      return 'The queue keeps no such job: never put, cancelled, removed, or ended and not kept any more.';
    case 'ended':
      return `Its job has ended and is not kept; the id is known until ${exactTime(reason.idKnownUntil)}.`;
    case 'full':
      return `The queue is full (${count(reason.depth)} of ${count(reason.capacity)}); ${plural(reason.waitingPuts, 'put')} of ${plural(reason.producers, 'producer')} wait, and a put that waits has no job yet.`;
    case 'sealed':
      return 'The queue is sealed: it takes no puts.';
    case 'delayed':
      return `${delays[reason.cause]} until ${exactTime(reason.until)}.`;
    case 'children':
      return `It waits for ${plural(reason.pending, 'child', 'children')}.`;
    case 'paused':
      return 'The queue is paused.';
    case 'no-worker':
      return 'No worker is connected.';
    case 'draining':
      return `All ${count(reason.pools)} connected workers drain.`;
    case 'no-contract':
      return `No connected worker has a contract ${reason.job}.`;
    case 'version-too-new':
      return `No connected worker has version ${reason.version} of ${reason.job}; the newest is ${reason.newest}.`;
    case 'not-served':
      return `The last worker that took it could not run it: ${reason.code}: ${reason.message}.`;
    case 'busy':
      return `All ${count(reason.slots)} slots of the workers that can run it are taken.`;
    case 'suspect':
      return `It may have ended a worker. ${count(reason.ahead)} suspects are tried before its group of ${count(reason.groupSize)}; it waits for ${suspects[reason.waitsFor]}.`;
    case 'behind-suspects':
      return `${plural(reason.suspects, 'crash suspect comes', 'crash suspects come')} first where a worker is idle.`;
    case 'limited':
      return limitText(reason);
    case 'job-paused':
      return `Its contract ${reason.job} is paused.`;
    case 'behind':
      return `${reason.isMore ? 'More than ' : ''}${plural(reason.jobs, 'job is', 'jobs are')} before it.`;
    case 'priority':
      return `It has priority ${reason.priority}, and ${plural(reason.jobs, 'job is', 'jobs are')} before it.`;
    case 'expired':
      return `It expired at ${exactTime(reason.at)}: it will end without a run.`;
    case 'lease-lost':
      return 'Its worker is gone or cut off; it is given back within seconds.';
    case 'next':
      return 'Nothing holds it: the next free slot takes it.';
    default:
      return reason satisfies never;
  }
}

function limitText(limit: Extract<WaitReason, { reason: 'limited' }>): string {
  switch (limit.by) {
    case 'concurrency':
      return `The queue is limited to ${plural(limit.most, 'running job')}, and ${count(limit.running)} run.`;
    case 'rate':
      return `The queue is limited to ${plural(limit.most, 'start')} in ${duration(limit.perMs)}; the next one is at ${exactTime(limit.until)}.`;
    case 'job-running':
      return `${limit.job} is limited to ${plural(limit.most, 'running job')}, and ${count(limit.running)} run.`;
    case 'job-rate':
      return `${limit.job} is limited to ${plural(limit.most, 'start')} in ${duration(limit.perMs)}.`;
    default:
      return limit satisfies never;
  }
}
