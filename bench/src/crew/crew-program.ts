import { type CrewContender, crewContenders } from './crew-contender.ts';
import type { CrewAnswer, CrewRequest } from './crew-messages.ts';
import { CrewSeat } from './crew-seat.ts';
import { openSides } from './open-sides.ts';

// A producer's or a worker's process: nothing else runs in it.
const contender = crewContenders.find((known): known is CrewContender => known === process.argv[2]);
if (contender === undefined) throw new Error(`no such contender: ${process.argv[2]}`);

const seat = new CrewSeat(await openSides(contender));
process.once('disconnect', () => process.exit());
process.on('message', (request: CrewRequest) => {
  void answerTo(request).then((answer) => process.send?.(answer));
});
process.send?.('ready');

async function answerTo(request: CrewRequest): Promise<CrewAnswer> {
  try {
    return await seat.obey(request);
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? String(error.stack) : String(error) };
  }
}
