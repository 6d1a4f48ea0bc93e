import type { DelayCause, SuspectWait, WaitReason } from '@sluice/queue';
import { shownCount, shownTime } from './shown-values.ts';

/** What a crash suspect waits for. */
export const suspectWaits: Readonly<Record<SuspectWait, string>> = {
  worker: 'a worker: none is connected',
  resume: 'the queue to be resumed',
  'earlier-groups': 'the groups before it',
  'idle-process': 'a process in which nothing runs',
};

const delayCauses: Readonly<Record<DelayCause, string>> = {
  put: 'delayed by its put',
  retry: 'waits for its next attempt',
  'not-served': 'was given back by a worker that could not run it',
};

/** Why a job does not run, as a sentence without its end. */
export function shownReason(reason: WaitReason): string {
  switch (reason.reason) {
    case 'unknown':
      return 'the queue keeps no such job: never put, cancelled, removed, or ended and not kept any more';
    case 'ended':
      return `its job has ended and is not kept; the id is known until ${shownTime(reason.idKnownUntil)}`;
    case 'full':
      return `the queue is full (${shownCount(reason.depth)} of ${shownCount(reason.capacity)}); ${shownCount(reason.waitingPuts)} puts of ${shownCount(reason.producers)} producers wait, and a put that waits has no job yet`;
    case 'sealed':
      return 'the queue is sealed: it takes no puts';
    case 'delayed':
      return `${delayCauses[reason.cause]} until ${shownTime(reason.until)}`;
    case 'children':
      return `waits for ${shownCount(reason.pending)} children`;
    case 'paused':
      return 'the queue is paused';
    case 'no-worker':
      return 'no worker is connected';
    case 'draining':
      return `all ${shownCount(reason.pools)} connected workers drain`;
    case 'no-contract':
      return `no connected worker has a contract ${reason.job}`;
    case 'version-too-new':
      return `no connected worker has version ${reason.version} of ${reason.job}; the newest is ${reason.newest}`;
    case 'not-served':
      return `the last worker that took it could not run it: ${reason.code}: ${reason.message}`;
    case 'busy':
      return `all ${shownCount(reason.slots)} slots of the workers that can run it are taken`;
    case 'suspect':
      return `it is a crash suspect in a group of ${shownCount(reason.groupSize)}, ${shownCount(reason.ahead)} suspects before it; it waits for ${suspectWaits[reason.waitsFor]}`;
    case 'behind-suspects':
      return `${shownCount(reason.suspects)} crash suspects come first where a worker is idle`;
    case 'limited':
      return shownLimit(reason);
    case 'job-paused':
      return `its contract ${reason.job} is paused`;
    case 'behind':
      return `${reason.isMore ? 'more than ' : ''}${shownCount(reason.jobs)} jobs are before it`;
    case 'priority':
      return `it has priority ${reason.priority}, and ${shownCount(reason.jobs)} jobs are before it`;
    case 'expired':
      return `it expired at ${shownTime(reason.at)}: it will end without a run`;
    case 'lease-lost':
      return 'its worker is gone or cut off; it is given back within seconds';
    case 'next':
      return 'nothing: the next free slot takes it';
    default:
      return reason satisfies never;
  }
}

function shownLimit(limit: Extract<WaitReason, { reason: 'limited' }>): string {
  switch (limit.by) {
    case 'concurrency':
      return `the queue is limited to ${shownCount(limit.most)} running jobs, and ${shownCount(limit.running)} run`;
    case 'rate':
      return `the queue is limited to ${shownCount(limit.most)} starts in ${limit.perMs} ms; the next one at ${shownTime(limit.until)}`;
    case 'job-running':
      return `${limit.job} is limited to ${shownCount(limit.most)} running jobs, and ${shownCount(limit.running)} run`;
    case 'job-rate':
      return `${limit.job} is limited to ${shownCount(limit.most)} starts in ${limit.perMs} ms`;
    default:
      return limit satisfies never;
  }
}
