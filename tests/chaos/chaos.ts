import { connectionDefaults, poolDefaults } from '@sluice/queue';
import type { Evidence } from './judges/evidence.ts';
import type { Forgivable, Judgement } from './judges/judgement.ts';
import { judge, type Verdict } from './judges/judge.ts';
import { readDocumentedKeys } from './documented-keys.ts';
import { capacity, step } from './programs/chaos-queue.ts';
import { type ChaosOptions, type ChaosRun, runChaos } from './run/run-chaos.ts';

/** A run and what is to be said of it. */
export interface ChaosResult {
  run: ChaosRun;
  evidence: Evidence;
  verdicts: Verdict[];
}

/** Runs, and judges. */
export async function chaos(options: ChaosOptions, forgive: readonly Forgivable[]): Promise<ChaosResult> {
  const run = await runChaos(options);
  const documentedKeys = await readDocumentedKeys();
  const evidence: Evidence = { ...run, capacity, documentedKeys, judgement: judgementWith(forgive) };
  return { run, evidence, verdicts: judge(evidence) };
}

function judgementWith(forgive: readonly Forgivable[]): Judgement {
  const { leaseMs, renewMs, settleMarginMs } = poolDefaults;
  return {
    leaseMs,
    renewMs,
    settleMarginMs,
    silenceMs: connectionDefaults.silenceMs,
    graceMs: step.graceMs,
    marginMs: 2_000,
    recoveryMs: 2_500,
    forgive: new Set(forgive),
  };
}
