import type { Machine } from '../machine.ts';
import type { OrderOfAdmission } from './order-of-admission.ts';

/** From room freed to a waiting put that has got it. */
export interface AdmissionFigures {
  readonly waiters: number;
  readonly processes: number;
  readonly samples: number;
  /** From the handler's return, which frees the room, to the receipt in the process of the waiting put. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly order: OrderOfAdmission;
}

/** What waiting costs Redis while nothing moves. */
export interface StandstillFigures {
  readonly waiters: number;
  readonly processes: number;
  /** Commands that Redis ran, those inside scripts included. */
  readonly commandsPerSecond: number;
  readonly scriptsPerSecond: number;
  /** CPU time of Redis per second of waiting. */
  readonly redisCpuUsPerSecond: number;
}

/** How far the queue was ever above its capacity. */
export interface OvershootFigures {
  readonly producers: number;
  readonly processes: number;
  readonly capacity: number;
  readonly admissions: number;
  readonly highestDepth: number;
}

/** What a flood of jobs costs everybody else. */
export interface FloodFigures {
  readonly jobs: number;
  readonly jobsPerSecond: number;
  /** The longest run of a script: so long Redis served nobody else. 0 when none took over a millisecond. */
  readonly longestMs: number;
  readonly over5Ms: number;
  readonly over10Ms: number;
}

/** What `pnpm bench wait --json` prints. */
export interface WaitReport {
  readonly bench: 'wait';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly admission: readonly AdmissionFigures[];
  readonly standstill: StandstillFigures;
  readonly overshoot: OvershootFigures;
  readonly flood: FloodFigures;
}
