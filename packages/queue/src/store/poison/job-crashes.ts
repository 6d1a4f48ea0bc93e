/** What the end of a process says of a job that ran there; see {@link JobCrash}. */
export const crashEvidence = ['alone', 'shared', 'drain', 'machine'] as const;

/**
 * - `alone`: the job had the process to itself. Only this counts against it
 * - `shared`: other jobs ran there, too. Any of them may have done it, so they are suspects
 * - `drain`: the process had been asked to end. Against nobody
 * - `machine`: another process of its machine died with it. Against nobody
 */
export type CrashEvidence = (typeof crashEvidence)[number];

/** A process died in which the job ran. */
export interface JobCrash {
  /** When that process was last heard of, in milliseconds since the epoch. */
  at: number;
  /** The name of its pool. */
  worker: string;
  /** How many jobs ran in the process when it died, this one included. */
  jobsInProcess: number;
  /** What that says of the job. */
  evidence: CrashEvidence;
  /** Which delivery of the job that was, from 1; null where an older version noted it. */
  delivery: number | null;
}

/** The last crashes of a job, the first one first, as the sweep noted them in its hash. Ignores what it did not write. */
export function readCrashes(json: string | null | undefined): JobCrash[] {
  if (json === null || json === undefined) return [];
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list.flatMap(readCrash) : [];
  } catch {
    return [];
  }
}

function readCrash(entry: unknown): JobCrash[] {
  if (!Array.isArray(entry)) return [];
  const [at, jobsInProcess, worker, evidence, delivery] = entry as unknown[];
  if (typeof at !== 'number' || typeof jobsInProcess !== 'number' || typeof worker !== 'string') return [];
  const known = crashEvidence.find((each) => each === evidence);
  return [
    {
      at,
      worker,
      jobsInProcess,
      evidence: known ?? (jobsInProcess === 1 ? 'alone' : 'shared'),
      delivery: typeof delivery === 'number' ? delivery : null,
    },
  ];
}
