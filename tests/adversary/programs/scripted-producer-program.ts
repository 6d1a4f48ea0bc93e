import { connectProducer, type Producer, RedisUnavailableError } from '@sluice/queue';
import { openHistory } from '@sluice/testing/history';
import { endWithParent, readOptions } from '../../bound/program-options.ts';
import { burst, type BurstQueue, burstQueue } from '../burst.ts';
import { recordedPut } from '../recorded-put.ts';
import type { BurstProgramOptions, ProducerCommand } from './program-options.ts';

// One producer that performs the commands it is sent, and records each answer before it does anything else.
endWithParent();
const { name, url, historyFile, queueName, capacity, unavailableMs } = readOptions<BurstProgramOptions>();
const history = openHistory(historyFile);
const producer = await connect();

/** `unavailableMs` is meant for the puts. A busy machine may need more time to connect. */
async function connect(): Promise<Producer<BurstQueue>> {
  const options = { redis: url, ...(unavailableMs === undefined ? {} : { unavailableMs }) };
  for (;;) {
    try {
      return await connectProducer(burstQueue(queueName, capacity), options);
    } catch (error) {
      if (!(error instanceof RedisUnavailableError)) throw error;
    }
  }
}

async function putMany(tags: string[], named: boolean): Promise<void> {
  let next = 0;
  const sent = function* () {
    for (const tag of tags) {
      history.record({ type: 'put-sent', id: tag, producer: name });
      yield tag;
    }
  };
  for await (const { status } of producer.putMany(burst, sent(), named ? { id: (tag) => tag } : {})) {
    history.record({ type: 'put-answered', id: tags[next++] ?? '', producer: name, status });
  }
}

async function perform(command: ProducerCommand): Promise<void> {
  switch (command.do) {
    case 'put': {
      const { tag, named, waitMs = Infinity } = command;
      await recordedPut(producer, history, { name, tag, waitMs, ...(named ? { id: tag } : {}) });
      return;
    }
    case 'put-many':
      return putMany(command.tags, command.named);
    case 'close': {
      const closed = producer.close();
      process.send?.('closing');
      await closed;
      process.exit(0);
    }
  }
}

process.on('message', (command: ProducerCommand) => void perform(command));
process.send?.('ready');
