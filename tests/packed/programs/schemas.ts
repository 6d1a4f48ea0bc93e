// Contracts of other versions of zod than the one that is installed as `zod`.
import { defineJob, type Payload, type PayloadInput, type Result } from '@sluice/queue';
import { z as z3 } from 'zod-3';
import { z as z41 } from 'zod-4.1';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(equal: Same<A, B>): boolean => equal;

const older = defineJob({
  name: 'older',
  payload: z3.object({ text: z3.string().default('none') }),
  result: z3.object({ words: z3.number() }),
  timeoutMs: 5_000,
});
same<PayloadInput<typeof older>, { text?: string | undefined }>(true);
same<Payload<typeof older>, { text: string }>(true);
same<Result<typeof older>, { words: number }>(true);

const old = defineJob({
  name: 'old',
  payload: z41.object({ text: z41.string().default('none') }),
  result: z41.object({ words: z41.int() }),
  timeoutMs: 5_000,
});
same<PayloadInput<typeof old>, { text?: string | undefined }>(true);
same<Payload<typeof old>, { text: string }>(true);
same<Result<typeof old>, { words: number }>(true);
