import { connectProducer, type Producer, RedisUnavailableError } from '@sluice/queue';
import { openHistory } from '@sluice/testing/history';
import { endWithParent, readOptions } from '../../bound/program-options.ts';
import { burst, type BurstQueue, burstQueue } from '../burst.ts';
import { recordedPut } from '../recorded-put.ts';
import type { BurstProgramOptions, ProducerOrder } from './program-options.ts';

// One producer that does what it is told, and tells the history before it does anything else with an answer.
endWithParent();
const { name, url, historyFile, queueName, capacity, unavailableMs } = readOptions<BurstProgramOptions>();
const history = openHistory(historyFile);
const producer = await connect();

/** The time is meant for its puts: a busy machine may need more to connect. */
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

async function obey(order: ProducerOrder): Promise<void> {
  switch (order.do) {
    case 'put': {
      const { tag, named, waitMs = Infinity } = order;
      await recordedPut(producer, history, { name, tag, waitMs, ...(named ? { id: tag } : {}) });
      return;
    }
    case 'put-many':
      return putMany(order.tags, order.named);
    case 'close': {
      const closed = producer.close();
      process.send?.('closing');
      await closed;
      process.exit(0);
    }
  }
}

process.on('message', (order: ProducerOrder) => void obey(order));
process.send?.('ready');
