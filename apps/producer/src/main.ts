import process from 'node:process';
import { createLogger, exitCodeOf, exitCodes, stopOnSignals } from '@sluice/service';
import { readConfig, type ProducerConfig } from './config.ts';
import { ProducerService } from './service.ts';

/** Reads the configuration, serves until it is asked to stop, and gives the exit code. */
async function main(): Promise<number> {
  try {
    await serve(readConfig(process.env));
    return exitCodes.stopped;
  } catch (error) {
    process.stderr.write(`producer: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeOf(error);
  }
}

async function serve(config: ProducerConfig): Promise<void> {
  const logger = createLogger({ name: 'producer', level: config.logLevel });
  const service = new ProducerService(config, logger);
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>();
  const { asked } = stopOnSignals(process, {
    signals: ['SIGTERM', 'SIGINT'],
    onFirst: (signal) => {
      logger.info({ signal }, 'stopping');
      // SIGTERM comes from what runs the service, and gives load balancers time to notice; SIGINT from a person who waits.
      service.stop(signal === 'SIGTERM' ? config.shutdownDelayMs : 0).then(resolve, reject);
    },
  });
  logger.debug('connecting');
  await service.start().catch((error: unknown) => {
    // A start that was called off is no failure, whatever it ended with.
    if (!asked.aborted) throw error;
  });
  await stopped;
}

// Not left to the event loop: a connection that was still being opened when it was stopped would hold the process.
process.exit(await main());
