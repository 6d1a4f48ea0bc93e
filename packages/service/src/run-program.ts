import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { hideCredentials } from '@sluice/queue/logging';
import { exitCodeOf, exitCodes } from './exit-codes.ts';

/**
 * Runs a program to its end and ends the process with its exit code. What it fails with is printed: what the operator can repair
 * without a stack, a fault with one.
 */
export async function runProgram(name: string, run: () => Promise<number>): Promise<never> {
  // Node gives up each address of a name but the last after 250 ms, which is too little for a Redis or a proxy that is far or busy.
  setDefaultAutoSelectFamilyAttemptTimeout(2_500);
  const exitCode = await run().catch((error: unknown) => report(name, error));
  // Not left to the event loop: an IPC channel, or a connection that will not close, would hold the process.
  return process.exit(exitCode);
}

function report(name: string, error: unknown): number {
  const exitCode = exitCodeOf(error);
  process.stderr.write(`${name}: ${hideCredentials(describe(error, exitCode))}\n`);
  return exitCode;
}

function describe(error: unknown, exitCode: number): string {
  if (!(error instanceof Error)) return String(error);
  return exitCode === exitCodes.failed ? (error.stack ?? error.message) : error.message;
}
