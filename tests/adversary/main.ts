import { parseArgs } from 'node:util';
import { playScenario } from './play-scenario.ts';
import { quickScenarios, scenarios } from './scenarios/index.ts';

// Plays the scenarios again and again, each time with other seeds, and stops at the first that fails.
const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '1' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    /** How many scenarios are played at once. */
    concurrency: { type: 'string', default: '4' },
    long: { type: 'boolean', default: false },
  },
});
const first = values.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(values.seed);
const chosen = (values.long ? scenarios : quickScenarios).filter(({ name }) => name.includes(values.only));
if (chosen.length === 0) throw new Error(`no scenario has "${values.only}" in its name`);

for (let time = 0; time < Number(values.times); time += 1) {
  const started = performance.now();
  const left = [...chosen];
  const playNext = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      await playScenario(next, { seed: first + time, long: values.long });
    }
  };
  await Promise.all(Array.from({ length: Number(values.concurrency) }, playNext));
  console.log(`${time + 1} of ${values.times}, seed ${first + time}: ${Math.round(performance.now() - started)} ms`);
}
process.exit(0);
