import process from 'node:process';
import { createLogger, exitCodeOf, exitCodes } from '@sluice/service';
import { readConfig, type ProducerConfig } from './config.ts';
import { ProducerService } from './service.ts';
import { stopOnSignals } from './stop-on-signals.ts';

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
  const { asked, stopped } = stopOnSignals(service, logger, config.shutdownDelayMs);
  logger.debug('connecting');
  await service.start().catch((error: unknown) => {
    // A start that was called off is no failure, whatever it ended with.
    if (!asked.aborted) throw error;
  });
  await stopped;
}

// Not left to the event loop: a connection that was still being opened when it was stopped would hold the process.
process.exit(await main());
