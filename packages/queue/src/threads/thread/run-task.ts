import { threadId } from 'node:worker_threads';
import { decodePayload } from '../../job/encoding/decode.ts';
import { encodeResult } from '../../job/encoding/encode.ts';
import type { Handler } from '../../job/handler/handler.ts';
import { DefinitionError } from '../../job/errors/index.ts';
import { whileServing } from '../../job/served-queue.ts';
import { PoolPort } from './pool-port.ts';
import { openThreadAttempt } from './thread-attempt.ts';
import type { FromThread, RunMessage, ThreadTask } from '../shared/thread-messages.ts';
import { toThrownData } from '../shared/thrown-data.ts';

/**
 * What a thread does for one attempt once the handler's module is loaded: says so, waits for the attempt, runs it and reports its
 * end. It never rejects: everything that can be said goes over the port, in a form that can be cloned.
 */
export async function runTask(this: Handler, task: ThreadTask): Promise<void> {
  const line = new PoolPort(task.port, task.flags);
  try {
    const { name } = this.contract;
    if (name !== task.job) {
      const error = new DefinitionError(`the handler of ${task.moduleUrl} is one for ${name}, not for ${task.job}`);
      return line.send({ type: 'unfit', thrown: toThrownData(error) });
    }
    line.send({ type: 'ready', threadId });
    const message = await line.firstMessage;
    if (message.type === 'run') line.send(await whileServing(task.queue, () => runAttempt(message, this, line)));
  } finally {
    line.close();
  }
}

async function runAttempt(message: RunMessage, handler: Handler, line: PoolPort): Promise<FromThread> {
  const handed = openThreadAttempt(message, line);
  let value: unknown;
  try {
    const payload = await decodePayload(handler.contract, message.version, message.json);
    value = await handler.handle({ ...handed.attempt, payload } as never);
  } catch (error) {
    return { type: 'threw', thrown: toThrownData(error) };
  } finally {
    handed.close();
  }
  return encode(handler, value);
}

async function encode({ contract }: Handler, value: unknown): Promise<FromThread> {
  try {
    return { type: 'returned', json: (await encodeResult(contract, value)).json };
  } catch (error) {
    return { type: 'refused', thrown: toThrownData(error) };
  }
}
