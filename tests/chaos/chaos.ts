import { connectionDefaults, poolDefaults } from '@sluice/queue';
import type { Evidence } from './checkers/evidence.ts';
import type { Tolerable, Tolerances } from './checkers/tolerances.ts';
import { check, type RuleResult } from './checkers/check.ts';
import { readDocumentedKeys } from './documented-keys.ts';
import { capacity, step } from './programs/chaos-queue.ts';
import { type ChaosOptions, type ChaosRun, runChaos } from './run/run-chaos.ts';

/** A run and what its checks found. */
export interface ChaosResult {
  run: ChaosRun;
  evidence: Evidence;
  ruleResults: RuleResult[];
}

/** Runs one plan and checks the result. */
export async function chaos(options: ChaosOptions, tolerate: readonly Tolerable[]): Promise<ChaosResult> {
  const run = await runChaos(options);
  const documentedKeys = await readDocumentedKeys();
  const evidence: Evidence = { ...run, capacity, documentedKeys, tolerances: tolerancesWith(tolerate) };
  return { run, evidence, ruleResults: check(evidence) };
}

function tolerancesWith(tolerate: readonly Tolerable[]): Tolerances {
  const { leaseMs, renewMs, settleMarginMs } = poolDefaults;
  return {
    leaseMs,
    renewMs,
    settleMarginMs,
    silenceMs: connectionDefaults.silenceMs,
    graceMs: step.graceMs,
    marginMs: 2_000,
    recoveryMs: 2_500,
    tolerate: new Set(tolerate),
  };
}
