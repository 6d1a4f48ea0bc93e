import type { ContenderName } from '../../put/contenders/known-contenders.ts';
import { type PayloadSize, payloadSizes, shapes, shapeTitles } from '../../put/put-plan.ts';
import { samplePuts } from '../../put/run-put-bench.ts';
import { costRow } from '../cost-row.ts';
import type { Part } from '../part.ts';

const CONTENDERS: readonly ContenderName[] = ['bullmq', 'bee-queue', 'backend-bounded', 'sluice'];
/** What of ours has rows, and how they begin. */
const OURS = { sluice: 'put', 'backend-bounded': "BullMQ's add on our backend" } as const;

/** Bringing jobs into a queue, by Sluice's producer and by BullMQ's `Queue` on Sluice's backend with a capacity. */
export const putPart: Part = {
  name: 'put',
  scales: {
    quick: { rounds: 6, jobs: 4_000, timeLimitMs: 20_000 },
    whole: { rounds: 9, jobs: 5_000, timeLimitMs: 180_000 },
  },
  measure: async ({ redis, quick, scale, bunqueue, ...hooks }) => {
    const payloads: readonly PayloadSize[] = quick ? ['small'] : payloadSizes;
    const contenders: readonly ContenderName[] = bunqueue ? [...CONTENDERS, 'bunqueue-memory'] : CONTENDERS;
    const choice = { ...scale, contenders, payloads, ...(bunqueue && { bunqueue }) };
    const { samples } = await samplePuts(choice, redis, hooks);
    return payloads.flatMap((payload) =>
      Object.entries(OURS).flatMap(([ours, title]) =>
        shapes.map((shape) => {
          const size = payload === 'small' ? '' : `, ${payload}`;
          const runs = samples.filter((run) => run.payload === payload && run.shape === shape);
          return costRow(`${title}, ${shapeTitles[shape]}${size}`, ours, runs);
        }),
      ),
    );
  },
};
