import type { TestAPI } from 'vitest';
import { testBatchCompletions, testBatchTakes } from './conformance/batches.ts';
import { testLostLeases } from './conformance/lost-leases.ts';
import { testNotes } from './conformance/notes.ts';
import { testSettles } from './conformance/settles.ts';
import type { StoreSubject } from './conformance/store-subject.ts';
import { testSuspects, testTakesOfHeldQueues } from './conformance/takes.ts';
import { testWaits } from './conformance/waits.ts';

/** Declares a test for each promise that a LeaseStore makes. Every implementation runs them, so that a fake cannot promise more. */
export function testLeaseStore(test: TestAPI<{ subject: StoreSubject }>): void {
  testBatchTakes(test);
  testBatchCompletions(test);
  testTakesOfHeldQueues(test);
  testSuspects(test);
  testSettles(test);
  testLostLeases(test);
  testWaits(test);
  testNotes(test);
}
