import type { Attempt } from '../../job/handler/attempt.ts';
import { checkContract, type Handler } from '../../job/handler/handler.ts';
import type { JobContract, Returned } from '../../job/contracts/job-contract.ts';
import { DefinitionError } from '../../job/errors/index.ts';
import { threadProgram } from '../shared/thread-program.ts';
import { runTask } from './run-task.ts';

/**
 * Ties a function to its contract: payload and result have their types without annotations.
 *
 * @throws DefinitionError when either is something else
 */
export function defineHandler<C extends JobContract, const Given extends Returned<C>>(
  contract: C,
  // `const Given` keeps literals as they are written, so that results that are unions need no annotation.
  handle: (attempt: Attempt<C>) => Promise<Given> | Given,
): Handler<C> {
  checkContract('defineHandler', contract);
  if (typeof handle !== 'function') throw new DefinitionError(`handler of ${contract.name}: it must be a function`);
  return Object.freeze({ contract, handle, [threadProgram]: runTask });
}
